"""A sink that writes a sound file."""

from __future__ import annotations

import errno
import os
import secrets
import stat
from contextlib import suppress
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from audiograph.errors import InvalidStateError, NotSupportedError
from audiograph.sinks.descriptor import WatchedFile, named, uninterrupted
from audiograph.sinks.encoded import EncodedWriter
from audiograph.sinks.encoding import RawEncoding
from audiograph.sinks.formats import RAW_FORMAT, WAVE_ENCODINGS, format_of
from audiograph.sinks.wave import WaveFileWriter
from audiograph.sinks.writer import RawWriter, Writer, check_block, warn_of_clipping


class FileSink:
    """Writes a file that appears under its name all at once, or is playable from the first moment.

    The file grows under a hidden name in the same directory. When it is complete it gets its own
    name, in one step; a recording gets it as soon as something is in it. So nobody ever sees half
    a file, and what was there before is replaced by a whole one or not at all. A symlink
    stays, and what it points to is written. Only ``kill -9`` leaves the hidden file behind.

    A recording is readable at any moment, after ``kill -9`` too. What is lost then: nothing in
    WAV, RF64, W64, AU, AIFF and CAF; a block of 4096 frames in FLAC; 0.1 s in MP3 (which is
    recorded at a constant bit rate for this); 0.2 s in Opus. Vorbis is written in pages of 4 KiB,
    which is 0.2 to 1 s of ordinary stereo sound, 2 s of a pure tone and up to 5 s of silence.
    Other formats are as good as their headers allow.

    16 and 24 bits are clipped and rounded to the nearest, without dither. A WAV file that grows
    beyond 4 GiB becomes RF64.

    Parameters
    ----------
    path : str or Path
        The file's name, whose extension chooses the format.
    sample_rate, channels : int
        Of what comes.
    format, subtype : str
        libsndfile's names of container and encoding, instead of the extension's.
    raw : RawEncoding
        Write samples of this encoding without a header, whatever the extension says.
    force : bool
        Whether to replace a file that is there.
    recording : bool
        Whether the file has its own name, and is readable, from the first samples on.

    Raises
    ------
    NotSupportedError
        The format is unknown, or does not take this rate, number of channels or a recording.
    FileExistsError
        There is such a file; from `close` if it came in the meantime.
    FileNotFoundError
        There is no such directory; from `close` if a recording was removed in the meantime.
    OSError
        The system does not let the file be written. After an error nothing is left, except of a
        recording what was written before.
    """

    def __init__(
        self,
        path: str | Path,
        *,
        sample_rate: int,
        channels: int,
        format: str | None = None,
        subtype: str | None = None,
        raw: RawEncoding | None = None,
        force: bool = False,
        recording: bool = False,
    ) -> None:
        self.path = Path(path)
        self.sample_rate = sample_rate
        self.channels = channels
        self._raw = raw
        self._force = force
        self._recording = recording
        with named(f"'{self.path}'"):
            self._target = _resolved(self.path)
            mode = _mode_of(self._target)
        self._check_target(mode)
        self.format = RAW_FORMAT if raw else format_of(self.path, format, subtype)
        self.format.check(sample_rate, channels)
        self._part: Path | None = self._target.with_name(f".audiograph-{secrets.token_hex(6)}.part")
        self._descriptor = self._create(self._part)
        self._writer: Writer | None = None
        try:
            with named(f"'{self.path}'"), uninterrupted():
                self._writer = self._open()
        except BaseException:
            self.abort()
            raise

    def write(self, samples: NDArray[np.float32]) -> None:
        check_block(samples, self.channels)
        if self._writer is None:
            raise InvalidStateError(f"'{self.path}' is closed and takes no more samples")
        try:
            with named(f"'{self.path}'"), uninterrupted():
                self._writer.write(samples)
            if self._recording and self._part is not None:
                self._publish()
        except OSError:
            self.abort()
            raise

    def close(self) -> None:
        writer, self._writer = self._writer, None
        if writer is None:
            return
        try:
            with named(f"'{self.path}'"), uninterrupted():
                writer.close()
            warn_of_clipping(f"'{self.path}'", writer)
            if self._part is not None:
                self._publish()
            elif self._is_lost():
                raise FileNotFoundError(
                    errno.ENOENT,
                    f"'{self.path}' was removed while it was recorded; nothing of it is left",
                )
        finally:
            self._release()

    def abort(self) -> None:
        writer, self._writer = self._writer, None
        if writer is not None:
            with suppress(OSError), uninterrupted():
                writer.close()
        self._release()

    def _release(self) -> None:
        """Close the file, and remove it if it has not got its name."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1
        if self._part is not None:
            self._part.unlink(missing_ok=True)
            self._part = None

    def _check_target(self, mode: int | None) -> None:
        """Raise now what would fail at the end anyway."""
        directory = self._target.parent
        if not directory.is_dir():
            raise FileNotFoundError(
                errno.ENOENT, f"no directory '{directory}' to write '{self.path}' in; make it first"
            )
        if mode is None:
            return
        if stat.S_ISDIR(mode):
            raise IsADirectoryError(
                errno.EISDIR, f"'{self.path}' is a directory; name a file to write in it"
            )
        if not stat.S_ISREG(mode):
            raise NotSupportedError(
                f"'{self.path}' is no ordinary file; write to '-' and redirect that"
            )
        if not self._force:
            raise self._exists()

    def _is_lost(self) -> bool:
        """Whether the file has no name any more, be it its own or another."""
        written = os.fstat(self._descriptor)
        if written.st_nlink:
            return False
        # NB: some file systems count no links at all.
        return not (self._target.exists() and os.path.samestat(written, self._target.stat()))

    def _exists(self) -> FileExistsError:
        return FileExistsError(errno.EEXIST, f"'{self.path}' is there already; --force replaces it")

    def _create(self, part: Path) -> int:
        with named(f"'{self.path}'"):
            descriptor = os.open(part, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666)
        if (mode := _mode_of(self._target)) is not None:
            os.fchmod(descriptor, stat.S_IMODE(mode))  # replacing a file keeps its permissions
        return descriptor

    def _open(self) -> Writer:
        if self._raw is not None:
            return RawWriter(self._descriptor, channels=self.channels, encoding=self._raw)
        encoding = WAVE_ENCODINGS.get(self.format.subtype)
        if self.format.container == "WAV" and encoding is not None:
            return WaveFileWriter(
                self._descriptor,
                sample_rate=self.sample_rate,
                channels=self.channels,
                encoding=encoding,
                keep_header=self._recording,
            )
        return EncodedWriter(
            WatchedFile(self._descriptor),
            self.format,
            sample_rate=self.sample_rate,
            channels=self.channels,
            recording=self._recording,
        )

    def _publish(self) -> None:
        """Give the file its name, in one step."""
        part = self._part
        assert part is not None
        try:
            with named(f"'{self.path}'"):
                if self._force:
                    part.replace(self._target)
                else:
                    _rename_to_new(part, self._target)
        except FileExistsError:
            raise self._exists() from None
        self._part = None


def _resolved(path: Path) -> Path:
    try:
        return path.resolve()
    except RuntimeError as error:  # Python 3.11 and 3.12 say so of a symlink to itself
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP)) from error


def _mode_of(path: Path) -> int | None:
    """Return the mode of what is at `path`, None for nothing."""
    try:
        return path.stat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        return None


def _rename_to_new(part: Path, target: Path) -> None:
    """Rename without replacing. Raises FileExistsError, also when the file came just now."""
    try:
        target.hardlink_to(part)
    except FileExistsError:
        raise
    except OSError:
        # A file system without hard links: an empty file takes the name first.
        os.close(os.open(target, os.O_CREAT | os.O_EXCL))
        part.replace(target)
    else:
        part.unlink()

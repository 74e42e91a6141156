"""Sound from a pipe: streamed where the format allows it, else taken in to its end first.

WAV and raw samples are read as they come; so are AU, W64, MP3 and OGG, by libsndfile, which takes
OGG 16 KiB at a time (about a second). Everything else (FLAC above all) needs to be gone back in: it
is copied to a file without a name, which means that nothing sounds before the pipe ends. What
cannot be sound is refused before that: a pipe may have no end.
"""

from __future__ import annotations

import os
import stat
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import soundfile

from audiograph import sndfile
from audiograph.errors import EncodingError, NotReadableError
from audiograph.media.aside import aside
from audiograph.media.raw import RawFormat
from audiograph.media.reader import Reader
from audiograph.media.riff import BITS, read_wave_header
from audiograph.media.sound import SoundReader, known_frames, open_sound
from audiograph.sinks.descriptor import write_all

_CHUNK = 65536

# A header that has not come by then is none. A picture in it may have 16 MiB.
_LONGEST_HEADER = 1 << 26


def open_pipe(
    descriptor: int,
    label: str,
    *,
    raw: RawFormat | None = None,
    release: Callable[[], None] = lambda: None,
) -> Reader:
    """Return a reader of what comes out of the pipe `descriptor`, or of the rest of a file.

    Waits for the first bytes. `release` is called when the reader is closed. Raises EncodingError
    for what is no sound, NotReadableError for what cannot be read.
    """
    os.set_blocking(descriptor, True)  # whoever shares our stdin may have made it wait for nothing
    if raw is not None:
        return _samples(
            descriptor, label, raw.subtype, raw.sample_rate, raw.channels, None, release
        )
    source = _Source(descriptor, label)
    header = read_wave_header(source.read)
    if header is not None and header.subtype is not None:
        return _samples(
            descriptor,
            label,
            header.subtype,
            header.sample_rate,
            header.channels,
            header.frames,
            release,
        )
    start = source.start()
    if not start:
        raise EncodingError(f"{label} is empty; a sound file should come out of it")
    return _pumped(source, label, release) if _streams(start) else _spooled(source, label, release)


class _Source:
    """A pipe whose beginning is looked at and then read again."""

    _MOST = 1 << 20  # bytes to keep in memory, whatever a header claims

    def __init__(self, descriptor: int, label: str) -> None:
        self._descriptor = descriptor
        self._label = label
        self._taken = bytearray()

    def read(self, size: int) -> bytes:
        """Return the next `size` bytes and keep them; fewer at the end or where it is too much."""
        at = len(self._taken)
        end = at + size
        while len(self._taken) < end <= self._MOST and (data := self._more(end - len(self._taken))):
            self._taken += data
        return bytes(self._taken[at:])

    def start(self) -> bytes:
        """Return the first bytes, enough to tell a format."""
        self.read(max(64 - len(self._taken), 0))
        return bytes(self._taken[:64])

    def everything(self) -> Iterator[bytes]:
        """Yield all that there is, from the beginning."""
        yield bytes(self._taken)
        while data := self._more(_CHUNK):
            yield data

    def keep_open(self) -> None:
        """Go on with a descriptor of our own, whatever becomes of the caller's."""
        self._descriptor = os.dup(self._descriptor)

    def close(self) -> None:
        """Close the descriptor that `keep_open` made."""
        os.close(self._descriptor)

    def _more(self, size: int) -> bytes:
        try:
            return os.read(self._descriptor, min(size, _CHUNK))
        except OSError as error:
            raise NotReadableError(f"{self._label} cannot be read: {error.strerror}") from error


def _streams(start: bytes) -> bool:
    """Whether libsndfile reads a file that begins like this without going back in it."""
    is_mp3 = start[:3] == b"ID3" or (start[0] == 0xFF and start[1:2] >= b"\xe0")
    is_ogg = start[:4] == b"OggS" and b"FLAC" not in start
    return is_mp3 or is_ogg or start[:4] in (b".snd", b"riff")


def _samples(
    descriptor: int,
    label: str,
    subtype: str,
    sample_rate: int,
    channels: int,
    limit: int | None,
    release: Callable[[], None],
) -> Reader:
    """Read samples from where the pipe is now."""
    form = {
        "samplerate": sample_rate,
        "channels": channels,
        "subtype": subtype,
        "format": "RAW",
        "endian": "LITTLE",
    }
    status = os.fstat(descriptor)
    if stat.S_ISCHR(status.st_mode):  # NB: libsndfile takes a device for an empty file
        return _pumped(_Source(descriptor, label), label, release, limit, **form)
    if not stat.S_ISREG(status.st_mode):
        sound = open_sound(descriptor, label, **form)
        return SoundReader(sound, label, frames=None, limit=limit, is_stream=True, release=release)
    start = os.lseek(descriptor, 0, os.SEEK_CUR)
    os.lseek(descriptor, 0, os.SEEK_SET)
    sound = open_sound(descriptor, label, **form)
    sndfile.start_at(sound, start)
    there = max(status.st_size - start, 0) // (channels * BITS[subtype] // 8)
    frames = there if limit is None else min(there, limit)
    return SoundReader(sound, label, frames=frames, limit=frames, release=release)


def _pumped(
    source: _Source,
    label: str,
    release: Callable[[], None],
    limit: int | None = None,
    **form: Any,
) -> Reader:
    """Put the beginning back in front of the rest, through a pipe of our own."""
    reading, writing = os.pipe()
    source.keep_open()

    def pump() -> None:
        # A fault of the source ends the sound; the reader's going away ends the pump.
        try:
            with suppress(NotReadableError, BrokenPipeError):
                for data in source.everything():
                    write_all(writing, data)
        finally:
            source.close()
            os.close(writing)

    def close() -> None:
        os.close(reading)
        release()

    def open() -> soundfile.SoundFile:
        try:
            return open_sound(reading, label, **form)
        except BaseException:
            os.close(reading)
            raise

    # NB: daemon, because nothing can wake it from a read of a pipe that stays silent.
    threading.Thread(target=pump, name=f"pump of {label}", daemon=True).start()
    sound = aside(open)
    return SoundReader(sound, label, frames=None, limit=limit, is_stream=True, release=close)


def _spooled(source: _Source, label: str, release: Callable[[], None]) -> Reader:
    """Copy everything to a file without a name, and read that."""
    file = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115 - the reader closes it

    def close() -> None:
        file.close()
        release()

    try:
        _keep(source, file.fileno(), label)
        sound = open_sound(file.fileno(), label)
    except BaseException:
        file.close()
        raise
    return SoundReader(sound, label, frames=known_frames(sound), release=close)


def _keep(source: _Source, descriptor: int, label: str) -> None:
    """Copy everything to a file, from which it is to be read; raise once it can be no sound."""
    size, checks = 0, [0, _LONGEST_HEADER]
    for data in source.everything():
        try:
            write_all(descriptor, data)
        except OSError as error:
            raise NotReadableError(
                f"{label} is kept while it is decoded, and {tempfile.gettempdir()} does not take "
                f"it: {error.strerror}; save it to a file first"
            ) from error
        size += len(data)
        while checks and size >= checks[0]:
            _check_start(descriptor, label, is_whole=checks.pop(0) > 0)
    os.lseek(descriptor, 0, os.SEEK_SET)


def _check_start(descriptor: int, label: str, *, is_whole: bool) -> None:
    """Raise EncodingError where no sound begins like this.

    Where the header `is_whole`, it must be understood.
    """
    os.lseek(descriptor, 0, os.SEEK_SET)
    try:
        open_sound(descriptor, label).close()
    except EncodingError as error:
        is_unknown = getattr(error.__cause__, "code", None) == sndfile.UNRECOGNISED
        # NB: what is in a CAF file may stand at its end.
        if is_unknown or (is_whole and os.pread(descriptor, 4, 0) != b"caff"):
            raise
    os.lseek(descriptor, 0, os.SEEK_END)

"""Readers of files and of standard input."""

from __future__ import annotations

import errno
import os
import stat
import struct
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from audiograph.errors import EncodingError, NotReadableError
from audiograph.media.pipe import open_pipe
from audiograph.media.raw import RawFormat
from audiograph.media.reader import Reader
from audiograph.media.sound import SoundReader, known_frames, open_sound
from audiograph.values import path as path_of


def open_file(path: str | Path, *, raw: RawFormat | None = None) -> Reader:
    """Return a reader of the sound file at `path`, or of the named pipe there.

    Parameters
    ----------
    path : str or Path
        Any format that libsndfile reads; it is told by what is in the file.
    raw : RawFormat
        Read samples without a header, whatever the file looks like.

    Raises
    ------
    FileNotFoundError, IsADirectoryError, PermissionError, OSError
        The file cannot be opened.
    EncodingError
        It is empty, or in no format that can be decoded.
    TypeError, ValueError
        It is no path.
    """
    path = path_of("path", path)
    name = Path(path).name
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError as error:
        reason = os.strerror(error.errno or errno.EIO)
        cure = "; check the name" if error.errno == errno.ENOENT else ""
        raise OSError(error.errno, f"cannot read '{path}': {reason}{cure}") from error
    release = partial(os.close, descriptor)
    try:
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise IsADirectoryError(
                errno.EISDIR, f"cannot read '{path}': it is a directory; name a file in it"
            )
        return _open(descriptor, name, raw, release)
    except BaseException:
        release()
        raise


def open_stdin(*, raw: RawFormat | None = None) -> Reader:
    """Return a reader of the sound that comes in at standard input.

    Raises NotReadableError where there is none, EncodingError for what cannot be decoded.
    """
    try:
        if os.isatty(0):
            raise NotReadableError("stdin is a terminal; pipe or redirect a sound file into it")
        return _open(0, "stdin", raw, lambda: None)
    except OSError as error:
        raise NotReadableError(f"stdin cannot be read: {error.strerror}") from error


def _open(
    descriptor: int, label: str, raw: RawFormat | None, release: Callable[[], None]
) -> Reader:
    status = os.fstat(descriptor)
    # A file that another program has begun to read goes on from there, as a pipe would.
    if not stat.S_ISREG(status.st_mode) or os.lseek(descriptor, 0, os.SEEK_CUR) > 0:
        return open_pipe(descriptor, label, raw=raw, release=release)
    if status.st_size == 0:
        raise EncodingError(f"{label} is empty; a sound file should be in it")
    options: dict[str, Any] = {}
    if raw is not None:
        options = {
            "samplerate": raw.sample_rate,
            "channels": raw.channels,
            "subtype": raw.subtype,
            "format": "RAW",
            "endian": "LITTLE",
        }
    sound = open_sound(descriptor, label, **options)
    if sound.frames == 0 and _was_left_open(descriptor, status.st_size):
        sound.close()
        return open_pipe(descriptor, label, release=release)
    return SoundReader(sound, label, frames=known_frames(sound), release=release)


def _was_left_open(descriptor: int, size: int) -> bool:
    """Return whether it is a WAV file whose sizes nobody wrote; goes back to its beginning."""
    os.lseek(descriptor, 0, os.SEEK_SET)
    start = os.pread(descriptor, 8, 0)
    return start[:4] in (b"RIFF", b"RF64") and struct.unpack("<I", start[4:8])[0] + 8 != size

"""What audiograph takes from libsndfile beside what soundfile offers.

soundfile opens and closes; samples go past it, for three reasons. It seeks after every read, which
changes what an Opus file gives in short reads and makes FLAC thirty times slower there. It loses
the frames that came before a fault, so the end of a broken file would be cut by a block. And it
takes an MP3 on a pipe to be seekable, which then fails. The commands are those of
https://libsndfile.github.io/libsndfile/command.html.
"""

from __future__ import annotations

import errno
import os
from typing import Any

import soundfile
from numpy.typing import NDArray

ENDLESS = 2**63 - 1
"""The count of frames that libsndfile gives where it knows none."""

UNRECOGNISED = 1
"""The code of the error that no format begins like this."""

_SYSTEM_ERROR = 2
_NO_MPEG_FRAME = 7  # libsndfile calls it a file that does not exist
_UPDATE_HEADER_AUTO = 0x1061
_SET_RAW_START_OFFSET = 0x1090
_OGG_PAGE_LATENCY_MS = 0x1302

_TYPES = {"int16": "short", "int32": "int", "float32": "float"}

_library = soundfile._snd
_ffi = soundfile._ffi


def read_into(sound: soundfile.SoundFile, out: NDArray[Any]) -> int:
    """Fill `out`, contiguous of shape (frames, channels), and return how many frames there were.

    Fewer than asked means the end, or a place that cannot be decoded. Raises OSError where the
    system fails to deliver.
    """
    frames = _transfer("read", sound, out)
    if frames < len(out) and _library.sf_error(sound._file) == _SYSTEM_ERROR:
        raise _system_error(sound)
    return frames


def write(sound: soundfile.SoundFile, samples: NDArray[Any]) -> None:
    """Write `samples`, contiguous of shape (frames, channels); OSError where not all got out."""
    frames = _transfer("write", sound, samples)
    if frames < len(samples) or _library.sf_error(sound._file):
        raise _system_error(sound)


def takes(container: str, subtype: str, sample_rate: int, channels: int) -> bool:
    """Whether a file like this can be written."""
    info = _ffi.new("SF_INFO *")
    info.format = soundfile._format_int(container, subtype, "FILE")
    info.samplerate = sample_rate
    info.channels = channels
    return bool(_library.sf_format_check(info))


def keep_header(sound: soundfile.SoundFile) -> None:
    """Let the header tell the true length after every write (never for OGG, which breaks)."""
    _library.sf_command(sound._file, _UPDATE_HEADER_AUTO, _ffi.NULL, 1)


def set_page_latency(sound: soundfile.SoundFile, milliseconds: float) -> None:
    """Let an Opus stream put out a page at least this often."""
    value = _ffi.new("double *", milliseconds)
    _library.sf_command(sound._file, _OGG_PAGE_LATENCY_MS, value, _ffi.sizeof("double"))


def start_at(sound: soundfile.SoundFile, offset: int) -> None:
    """Let the samples of a file without a header begin `offset` bytes into it."""
    value = _ffi.new("sf_count_t *", offset)
    _library.sf_command(sound._file, _SET_RAW_START_OFFSET, value, _ffi.sizeof("sf_count_t"))


def reason(error: soundfile.LibsndfileError) -> str:
    """Return what libsndfile says, as the end of a sentence."""
    if error.code == _NO_MPEG_FRAME:
        return "no frame of MPEG audio is found in it"
    text: str = error.error_string
    return text.removeprefix("Error : ").rstrip(".") or f"libsndfile's error {error.code}"


def _transfer(action: str, sound: soundfile.SoundFile, samples: NDArray[Any]) -> int:
    kind = _TYPES[samples.dtype.name]
    call = getattr(_library, f"sf_{action}f_{kind}")
    return int(call(sound._file, _ffi.cast(f"{kind} *", samples.ctypes.data), len(samples)))


def _system_error(sound: soundfile.SoundFile) -> OSError:
    text = _ffi.string(_library.sf_strerror(sound._file)).decode("utf-8", "replace")
    text = text.removeprefix("System error : ").rstrip(".")
    # libsndfile keeps the system's text and drops its number.
    number = next((n for n in errno.errorcode if os.strerror(n) == text), errno.EIO)
    return OSError(number, text)

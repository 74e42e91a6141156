"""The header of a WAV stream, read by ourselves because a pipe's sizes are not to be trusted.

libsndfile believes them, and on a pipe it loses its place in RF64.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass

from audiograph.media.raw import HIGHEST_RATE

_SUBTYPES = {
    (1, 8): "PCM_U8",
    (1, 16): "PCM_16",
    (1, 24): "PCM_24",
    (1, 32): "PCM_32",
    (3, 32): "FLOAT",
    (3, 64): "DOUBLE",
    (6, 8): "ALAW",
    (7, 8): "ULAW",
}
_EXTENSIBLE = 0xFFFE

BITS = {subtype: bits for (_, bits), subtype in _SUBTYPES.items()}
"""Width of a sample, by libsndfile's name of its encoding."""

# Programs that cannot know the size yet write 0, the largest number, or the largest that still
# leaves room for the header: 2 GiB where they count with a sign.
_LARGEST = 0x7FFFF000
_SIZE_UNKNOWN = 0xFFFFFFFF


@dataclass(frozen=True)
class WaveHeader:
    """What stands in front of the samples of a WAV or RF64 stream."""

    sample_rate: int
    channels: int
    subtype: str | None
    """libsndfile's name of the encoding, None for one that needs more than its name."""

    frames: int | None
    """How many frames the header claims, None where it claims nothing."""


def read_wave_header(read: Callable[[int], bytes]) -> WaveHeader | None:
    """Read up to the first sample; None for what is no WAV, or broken.

    `read` returns that many bytes, fewer only at the end.
    """
    start = read(12)
    if start[:4] not in (b"RIFF", b"RF64") or start[8:] != b"WAVE":
        return None
    format_chunk = b""
    long_size: int | None = None
    while len(head := read(8)) == 8:
        name, size = struct.unpack("<4sI", head)
        if name == b"data":
            if size == _SIZE_UNKNOWN and long_size is not None:
                return _header(format_chunk, long_size)
            return _header(format_chunk, size if 0 < size < _LARGEST else None)
        chunk = _chunk(read, size)
        if name == b"fmt ":
            format_chunk = chunk
        elif name == b"ds64" and len(chunk) >= 16:
            long_size = struct.unpack_from("<Q", chunk, 8)[0] or None
    return None


def _chunk(read: Callable[[int], bytes], size: int) -> bytes:
    """Return the beginning of a chunk of `size` bytes, and read all of it."""
    kept = read(min(size, 64))
    rest = size + size % 2 - len(kept)
    while rest > 0 and (piece := read(min(rest, 65536))):
        rest -= len(piece)
    return kept


def _header(format_chunk: bytes, size: int | None) -> WaveHeader | None:
    if len(format_chunk) < 16:
        return None
    tag, channels, rate, _, frame, bits = struct.unpack_from("<HHIIHH", format_chunk)
    if tag == _EXTENSIBLE and len(format_chunk) >= 26:
        tag = struct.unpack_from("<H", format_chunk, 24)[0]
    subtype = _SUBTYPES.get((tag, bits))
    if not channels or not 0 < rate <= HIGHEST_RATE or frame != channels * bits // 8:
        subtype = None
    frames = size // frame if size is not None and subtype is not None else None
    return WaveHeader(rate, channels, subtype, frames)

"""WAV written by ourselves: to a pipe, which libsndfile refuses, and fast to a file.

A file begins with room for the 64-bit sizes of RF64 in a chunk that every reader skips. It stays
a plain WAV file as long as its sizes fit into 32 bits, and becomes RF64 in place when they do not.
https://tech.ebu.ch/docs/tech/tech3306v1_0.pdf
"""

from __future__ import annotations

import os
import struct

import numpy as np
from numpy.typing import NDArray

from audiograph.sinks.descriptor import rewritable_offset, write_all
from audiograph.sinks.encoding import RAW_BITS, RawEncoder, RawEncoding

UNKNOWN_SIZE = 0xFFFFFFFF
"""What stands for a size that a stream cannot know, and for one that RF64 gives elsewhere."""

_LARGEST = 0xFFFFFFFF  # of 32 bits

_INTEGER, _FLOAT = 1, 3  # format tags


def stream_header(sample_rate: int, channels: int, encoding: RawEncoding) -> bytes:
    """Return the 44 bytes in front of samples whose number nobody knows yet."""
    return b"".join(
        (
            struct.pack("<4sI4s", b"RIFF", UNKNOWN_SIZE, b"WAVE"),
            _format_chunk(sample_rate, channels, encoding, extended=False),
            struct.pack("<4sI", b"data", UNKNOWN_SIZE),
        )
    )


def file_header(sample_rate: int, channels: int, encoding: RawEncoding, frames: int) -> bytes:
    """Return the header of a file that holds `frames` frames; its length never changes."""
    chunk = _format_chunk(sample_rate, channels, encoding, extended=RAW_BITS[encoding] is None)
    size = frames * struct.unpack_from("<H", chunk, 20)[0]
    # WAVE, the 64-bit chunk's 36 bytes, the format, the data's head, the data and its padding
    whole = 4 + 36 + len(chunk) + 8 + size + size % 2
    if whole < UNKNOWN_SIZE:
        start = struct.pack("<4sI4s4sI28x", b"RIFF", whole, b"WAVE", b"JUNK", 28)
    else:
        start = struct.pack("<4sI4s4sI", b"RF64", UNKNOWN_SIZE, b"WAVE", b"ds64", 28)
        start += struct.pack("<QQQI", whole, size, frames, 0)
        size = UNKNOWN_SIZE
    return start + chunk + struct.pack("<4sI", b"data", size)


class WaveStreamWriter:
    """WAV to a pipe, sizes unknown. A real file behind it gets its sizes when it is complete."""

    def __init__(
        self, descriptor: int, *, sample_rate: int, channels: int, encoding: RawEncoding
    ) -> None:
        self._descriptor = descriptor
        self._encoder = RawEncoder(channels, encoding)
        self._bytes = 0
        self._header = bytearray(stream_header(sample_rate, channels, encoding))
        self._start = rewritable_offset(descriptor)
        write_all(descriptor, self._header)

    @property
    def clipped(self) -> int:
        return self._encoder.clipped

    def write(self, samples: NDArray[np.float32]) -> None:
        for data in self._encoder.encode(samples):
            write_all(self._descriptor, data)
            self._bytes += len(data)

    def close(self) -> None:
        padded = self._bytes + self._bytes % 2
        if self._start is None or len(self._header) + padded > UNKNOWN_SIZE:
            return
        write_all(self._descriptor, bytes(self._bytes % 2))
        struct.pack_into("<I", self._header, 4, len(self._header) - 8 + padded)
        struct.pack_into("<I", self._header, len(self._header) - 4, self._bytes)
        os.pwrite(self._descriptor, self._header, self._start)


class WaveFileWriter:
    """WAV to a file of our own, RF64 beyond 4 GiB.

    Parameters
    ----------
    descriptor : int
        An empty file, open for writing.
    sample_rate, channels : int
        What the header says.
    encoding : RawEncoding
        How the samples are held.
    keep_header : bool
        Whether the header tells the true length after every write, not only at the end.
    """

    def __init__(
        self,
        descriptor: int,
        *,
        sample_rate: int,
        channels: int,
        encoding: RawEncoding,
        keep_header: bool,
    ) -> None:
        self._descriptor = descriptor
        self._format = (sample_rate, channels, encoding)
        self._encoder = RawEncoder(channels, encoding)
        self._keep_header = keep_header
        self._frames = 0
        write_all(descriptor, file_header(*self._format, 0))

    @property
    def clipped(self) -> int:
        return self._encoder.clipped

    def write(self, samples: NDArray[np.float32]) -> None:
        for data in self._encoder.encode(samples):
            write_all(self._descriptor, data)
            self._frames += len(data) // self._encoder.frame_bytes
        if self._keep_header:
            self._write_header()

    def close(self) -> None:
        write_all(self._descriptor, bytes(self._frames * self._encoder.frame_bytes % 2))
        self._write_header()

    def _write_header(self) -> None:
        # In one call, so that no kill leaves half a header.
        os.pwrite(self._descriptor, file_header(*self._format, self._frames), 0)


def _format_chunk(
    sample_rate: int, channels: int, encoding: RawEncoding, *, extended: bool
) -> bytes:
    bits = RAW_BITS[encoding]
    tag, width = (_FLOAT, 32) if bits is None else (_INTEGER, bits)
    frame = channels * width // 8
    # By the book all but whole numbers say how long their extension is: 0.
    extension = bytes(2) if extended else b""
    head = struct.pack("<4sI", b"fmt ", 16 + len(extension))
    # NB: at the highest rates more than there is room for; readers do without it.
    rate = min(sample_rate * frame, _LARGEST)
    body = struct.pack("<HHIIHH", tag, channels, sample_rate, rate, frame, width)
    return head + body + extension

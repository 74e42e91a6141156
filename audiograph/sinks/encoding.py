"""Samples as files and pipes hold them: interleaved, and in whole numbers where they want those.

Whole numbers are clipped to full scale and rounded to the nearest (ties to even), without dither.
Full scale is 2**(bits - 1), as in every reader here, so what was read from a file of the same width
is written back bit for bit. NaN becomes silence.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

RawEncoding = Literal["f32le", "s16le", "s24le"]
"""Samples without a header: 32-bit float, or 16 or 24 bits signed; all little-endian."""

RAW_BITS: dict[RawEncoding, int | None] = {"f32le": None, "s16le": 16, "s24le": 24}
"""Bits of a whole number in each raw encoding, None for floats."""

_STEP = 16384  # frames at a time: small enough for the cache, large enough for numpy


class Encoder:
    """Turns float32 of shape (channels, frames) into interleaved float32, int16 or int32.

    Parameters
    ----------
    channels : int
        Channels of every block.
    bits : int or None
        Width to round to, None for floats. Up to 16 bits come as int16, more as int32, in the
        upper bits of it: what libsndfile takes.

    Attributes
    ----------
    clipped : int
        Samples so far that were beyond -1 or 1 and lost that; none of floats are.
    """

    def __init__(self, channels: int, bits: int | None) -> None:
        self.clipped = 0
        self._bits = bits
        self._work = np.empty((channels, _STEP), np.float32)
        width = None if bits is None else 16 if bits <= 16 else 32
        dtype = np.float32 if width is None else np.int16 if width == 16 else np.int32
        self._out: NDArray[Any] = np.empty((_STEP, channels), dtype)
        if bits is not None and width is not None:
            full = np.float32(2 ** (bits - 1))
            self._full = full
            # NB: 2**31 - 1 is no float32; the next one below full scale is.
            self._top = full - np.float32(1) if bits <= 24 else np.nextafter(full, np.float32(0))
            self._shift = np.float32(2 ** (width - bits))

    def encode(self, samples: NDArray[np.float32]) -> Iterator[NDArray[Any]]:
        """Yield `samples` in pieces of shape (frames, channels), each valid until the next."""
        for start in range(0, samples.shape[1], _STEP):
            yield self._piece(samples[:, start : start + _STEP])

    def _piece(self, samples: NDArray[np.float32]) -> NDArray[Any]:
        frames = samples.shape[1]
        if self._bits is not None:
            samples = self._rounded(samples)
        out = self._out[:frames]
        # One channel at a time: numpy copies a transposed array three times slower.
        for channel, row in enumerate(samples):
            out[:, channel] = row
        return out

    def _rounded(self, samples: NDArray[np.float32]) -> NDArray[np.float32]:
        work = self._work[:, : samples.shape[1]]
        # NB: so written because of NaN, which is beyond nothing.
        if not (samples.max() <= 1 and samples.min() >= -1):
            self.clipped += int(np.count_nonzero(np.abs(samples) > 1))
        # NB: clipped first, since the loudest numbers would overflow.
        np.clip(samples, -1, 1, out=work)
        work *= self._full
        np.rint(work, out=work)
        np.minimum(work, self._top, out=work)
        if (lost := np.isnan(work)).any():
            work[lost] = 0
        if self._shift != 1:
            work *= self._shift
        return work


class RawEncoder:
    """Turns float32 of shape (channels, frames) into the bytes of a raw encoding."""

    def __init__(self, channels: int, encoding: RawEncoding) -> None:
        bits = RAW_BITS[encoding]
        self._encoder = Encoder(channels, bits)
        self._is_packed = bits == 24
        self.frame_bytes = channels * (4 if bits is None else bits // 8)

    @property
    def clipped(self) -> int:
        """Samples so far that were beyond full scale."""
        return self._encoder.clipped

    def encode(self, samples: NDArray[np.float32]) -> Iterator[memoryview]:
        """Yield the bytes of `samples` in pieces, each valid until the next."""
        for piece in self._encoder.encode(samples):
            little = piece.astype(piece.dtype.newbyteorder("<"), copy=False)
            if self._is_packed:
                octets = little.view(np.uint8).reshape(-1, 4)
                little = np.ascontiguousarray(octets[:, 1:])
            yield little.data.cast("B")

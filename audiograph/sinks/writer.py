"""What a file or a pipe writes through: the encoding of samples, without names or promises."""

from __future__ import annotations

import logging
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from audiograph.sinks.descriptor import write_all
from audiograph.sinks.encoding import RawEncoder, RawEncoding

_log = logging.getLogger("audiograph")


class Writer(Protocol):
    """Encodes samples into a descriptor that somebody else closes."""

    @property
    def clipped(self) -> int:
        """Samples so far that were beyond full scale, and are not any more."""

    def write(self, samples: NDArray[np.float32]) -> None:
        """Encode `samples`, float32 of shape (channels, frames). Raises OSError."""

    def close(self) -> None:
        """Write what is still held back and what stands at the end or in the header."""


class RawWriter:
    """Samples and nothing else."""

    def __init__(self, descriptor: int, *, channels: int, encoding: RawEncoding) -> None:
        self._descriptor = descriptor
        self._encoder = RawEncoder(channels, encoding)

    @property
    def clipped(self) -> int:
        return self._encoder.clipped

    def write(self, samples: NDArray[np.float32]) -> None:
        for data in self._encoder.encode(samples):
            write_all(self._descriptor, data)

    def close(self) -> None:
        pass


def warn_of_clipping(name: str, writer: Writer) -> None:
    """Log how many samples a writer has clipped, if any."""
    if writer.clipped:
        _log.warning(
            "%s: %d samples beyond full scale are clipped; lower the gain, or write floats",
            name,
            writer.clipped,
        )


def check_block(samples: NDArray[np.float32], channels: int) -> None:
    """Raise ValueError unless `samples` has the shape (channels, frames)."""
    if samples.ndim != 2 or samples.shape[0] != channels:
        raise ValueError(f"samples of shape {samples.shape} where ({channels}, frames) belong")

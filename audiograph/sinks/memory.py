"""A sink that writes nothing to the outside."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from audiograph.errors import InvalidStateError
from audiograph.sinks.writer import check_block


class MemorySink:
    """Keeps what it is given, for tests and for programs that go on with the samples."""

    def __init__(self, *, sample_rate: int, channels: int) -> None:
        self.sample_rate = sample_rate
        self.channels = channels
        self.closed = False
        self._blocks: list[NDArray[np.float32]] = []

    @property
    def samples(self) -> NDArray[np.float32]:
        """All that has been written, float32 of shape (channels, frames)."""
        self._blocks = [
            np.concatenate([np.empty((self.channels, 0), np.float32), *self._blocks], 1)
        ]
        return self._blocks[0]

    def write(self, samples: NDArray[np.float32]) -> None:
        check_block(samples, self.channels)
        if self.closed:
            raise InvalidStateError("the memory sink is closed and takes no more samples")
        self._blocks.append(np.array(samples, np.float32))

    def close(self) -> None:
        self.closed = True

    def abort(self) -> None:
        self.closed = True
        self._blocks.clear()

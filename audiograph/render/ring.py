"""A ring of audio frames between one writing and one reading thread."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


class Ring:
    """A fixed number of frames that one thread writes and another reads.

    Neither side waits: a write takes what fits, a read takes what is there. Each of the two
    counters is changed by one side alone, so no lock is needed (under the interpreter lock an int
    is read and written whole).

    Parameters
    ----------
    channels : int
        Channels of every frame.
    capacity : int
        Frames that the ring can hold.
    """

    def __init__(self, channels: int, capacity: int) -> None:
        self._samples = np.zeros((channels, capacity), np.float32)
        self._capacity = capacity
        self._written = 0
        self._read = 0

    @property
    def channels(self) -> int:
        """Channels of every frame."""
        return self._samples.shape[0]

    @property
    def capacity(self) -> int:
        """Frames that the ring can hold."""
        return self._capacity

    @property
    def available(self) -> int:
        """Frames that can be read now."""
        return self._written - self._read

    @property
    def space(self) -> int:
        """Frames that can be written now."""
        return self._capacity - (self._written - self._read)

    def write(self, samples: NDArray[np.float32]) -> int:
        """Copy `samples`, shape (channels, frames), in; return how many frames fitted."""
        frames = min(int(samples.shape[1]), self.space)
        at = self._written % self._capacity
        first = min(frames, self._capacity - at)
        self._samples[:, at : at + first] = samples[:, :first]
        self._samples[:, : frames - first] = samples[:, first:frames]
        self._written += frames
        return frames

    def read_into(self, out: NDArray[np.float32]) -> int:
        """Copy frames out into `out`, shape (channels, frames); return how many there were."""
        frames = min(int(out.shape[1]), self.available)
        at = self._read % self._capacity
        first = min(frames, self._capacity - at)
        out[:, :first] = self._samples[:, at : at + first]
        out[:, first:frames] = self._samples[:, : frames - first]
        self._read += frames
        return frames

    def read(self, frames: int) -> NDArray[np.float32]:
        """Return up to `frames` frames, shape (channels, frames)."""
        out = np.empty((self.channels, min(frames, self.available)), np.float32)
        self.read_into(out)
        return out

    def skip(self, frames: int) -> int:
        """Drop up to `frames` of the oldest frames (reader's side); return how many."""
        frames = min(frames, self.available)
        self._read += frames
        return frames

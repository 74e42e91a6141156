"""Readers and tracks of samples in memory, for tests, and waiting for what another thread does."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from rendered import RATE

from audiograph import MediaStream, MediaStreamTrack
from audiograph.media.source import PulledSource


class MemoryReader:
    """Reads an array; at frame `fails_at` reading raises."""

    def __init__(
        self,
        samples: ArrayLike,
        sample_rate: int = RATE,
        *,
        label: str = "memory",
        fails_at: int | None = None,
    ) -> None:
        self._samples: NDArray[np.float32] = np.atleast_2d(np.asarray(samples, np.float32))
        self._position = 0
        self._fails_at = fails_at
        self.label = label
        self.sample_rate = sample_rate
        self.channels, frames = self._samples.shape
        self.is_stream = False
        self.frames: int | None = frames
        self.closed = 0

    def read(self, frames: int) -> NDArray[np.float32]:
        assert not self.closed, "read after close"
        if self._fails_at is not None and self._position + frames > self._fails_at:
            raise OSError("the memory is gone")
        block = self._samples[:, self._position : self._position + frames]
        self._position += block.shape[1]
        return block

    def seek(self, frame: int) -> int:
        self._position = min(frame, self._samples.shape[1])
        return self._position

    def close(self) -> None:
        self.closed += 1


def track_of(samples: ArrayLike, rate: int = RATE, *, id: str | None = None, **options: Any):
    """Return a track that plays `samples`, shape (frames,) or (channels, frames)."""
    return MediaStreamTrack(PulledSource(MemoryReader(samples, rate, **options)), id=id)


def stream_of(samples: ArrayLike, rate: int = RATE, **options: Any) -> MediaStream:
    """Return a stream of one such track."""
    return MediaStream([track_of(samples, rate, **options)])


def until(condition: Callable[[], object], seconds: float = 20) -> None:
    """Wait for a condition; fail when it does not come true in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come true in time"
        threading.Event().wait(0.001)

"""A tap: what one consumer takes from a source of audio, at the consumer's own rate."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from math import inf

import numpy as np

from audiograph.media.resample import Resampler
from audiograph.render.processor import SILENCE, Samples, Signal


class Tap:
    """A queue between a source, which pushes, and a consumer, which reads; neither ever waits.

    The two may be different threads: chunks go through a deque, and each of the two counters is
    changed by one side alone.

    Parameters
    ----------
    channels : int
        Channels of what is pushed.
    source_rate, sample_rate : float
        Frames per second of what is pushed and of what is read.
    limit : float
        Frames that may wait while nobody reads; what is pushed when there are so many is lost.
    """

    def __init__(
        self, channels: int, source_rate: float, sample_rate: float, limit: float = inf
    ) -> None:
        self.channels = channels
        self.sample_rate = sample_rate
        self.enabled = True
        """Set by the control side: whether what is read is heard."""
        self.is_read: Callable[[], bool] = lambda: True
        """Set by the control side: tells whether the consumer reads, which may stand still."""
        self.lost = 0
        """Frames that were pushed while the queue was full and nobody read."""
        self.missed = 0
        """Frames of silence that were read because the queue was empty."""
        self.ended = False
        """Whether nothing more will be pushed."""
        self._resampler = (
            None if source_rate == sample_rate else Resampler(source_rate, sample_rate, channels)
        )
        self._limit = limit
        self._chunks: deque[Samples] = deque()
        self._head: Samples = np.zeros((channels, 0), np.float32)
        self._pushed = 0
        self._read = 0
        self._pull: Callable[[int], None] | None = None
        self._cut = False

    @property
    def available(self) -> int:
        """Frames that can be read now."""
        return self._pushed - self._read

    @property
    def drained(self) -> bool:
        """Whether everything was read and nothing more will come."""
        return self._cut or (self.ended and not self.available)

    def push(self, samples: Samples) -> None:
        """Let `samples`, shape (channels, frames), be read next; they must not change any more."""
        resampler = self._resampler
        self._append(samples if resampler is None else resampler.process(samples))

    def end(self) -> None:
        """Take note that nothing more will be pushed."""
        if not self.ended:
            if self._resampler is not None:
                self._append(self._resampler.flush())
            self.ended = True
            self._resampler = None

    def cut(self) -> None:
        """End at once, with what waits to be read."""
        self._cut = True
        self.ended = True
        # NB: soxr complains on stderr about what is still there when Python ends.
        self._resampler = None

    def pull_from(self, pull: Callable[[int], None]) -> None:
        """Have `pull(frames)`, which pushes or ends, called whenever too little can be read.

        `frames` counts what is missing at the tap's rate.
        """
        self._pull = pull

    def fill(self, frames: int) -> int:
        """Return how many of the next `frames` frames there are, pulling them where possible."""
        while self._pull is not None and self.available < frames and not self.ended:
            self._pull(frames - self.available)
        return min(frames, self.available)

    def read(self, frames: int) -> Signal:
        """Return the next `frames` frames; where there are too few, silence follows them."""
        count = 0 if self._cut else self.fill(frames)
        samples = self.take(count) if count else None
        if count < frames and not self.ended:
            self.missed += frames - count
        if samples is None or not self.enabled:
            return SILENCE
        if count == frames:
            return samples
        padded = np.zeros((samples.shape[0], frames), np.float32)
        padded[:, :count] = samples
        return padded

    def take(self, frames: int) -> Samples:
        """Return up to `frames` frames of what can be read now, shape (channels, frames)."""
        frames = min(frames, self.available)
        if not self._head.shape[1] and frames:
            self._head = self._chunks.popleft()
        if self._head.shape[1] >= frames:
            samples, self._head = self._head[:, :frames], self._head[:, frames:]
        else:
            parts, count = [self._head], self._head.shape[1]
            while count < frames:
                parts.append(self._chunks.popleft())
                count += parts[-1].shape[1]
            last = parts[-1].shape[1] - (count - frames)
            parts[-1], self._head = parts[-1][:, :last], parts[-1][:, last:]
            samples = np.concatenate(parts, axis=1)
        self._read += frames
        return samples

    def _append(self, samples: Samples) -> None:
        if self.available >= self._limit and not self.is_read():
            self.lost += samples.shape[1]
        elif samples.shape[1]:
            self._chunks.append(samples)
            self._pushed += samples.shape[1]

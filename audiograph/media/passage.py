"""A stretch of a file, from where it was sought on: one thread reads it, another plays it."""

from __future__ import annotations

from collections import deque
from math import ceil, floor, inf, log2

import numpy as np

from audiograph.portaudio.interpolation import AFTER, BEFORE, interpolate_at
from audiograph.render.processor import Samples

_CUTOFFS_PER_OCTAVE = 8

_HAIR = 1e-6  # frames


class Passage:
    """Frames that were read and not yet played, and the position that playing has come to.

    Frames are counted from the file's beginning, and on through every lap of a loop: what is read
    behind the end is the beginning again. Whether that is played is found when playing comes there.

    Each frame is read at its own position, by interpolation, so the step between two may change at
    any time; positions that are whole copy the samples. One thread calls `append`, another `play`.

    Parameters
    ----------
    channels : int
        Channels of the file.
    start : int
        The frame that is played first, and the first that will be appended.
    length : int or None
        Frames in the file, where that is known.
    """

    def __init__(self, channels: int, start: int, length: int | None) -> None:
        self.length = length
        """Frames of one lap; set by the reading side, before it appends what lies behind."""
        self.complete = False
        """Whether nothing more will be appended."""
        self.read_to = start
        """The next frame to be appended."""
        self.lap = 0
        """How often the end was played across."""
        self._chunks: deque[Samples] = deque()
        self._window = np.zeros((channels, BEFORE), np.float32)
        self._window_start = start - BEFORE
        # An anchor, and how many steps behind it. NB: a product and not a sum, so that the position
        # is the same in blocks of any length; one tuple, so that any thread may read it.
        self._place = (float(start), 0, 1.0)

    @property
    def position(self) -> float:
        """The frame to be played next; between two frames, where steps are no whole ones."""
        anchor, steps, step = self._place
        return anchor + steps * step

    @property
    def ahead(self) -> float:
        """Frames that were read and not played."""
        return self.read_to - self.position

    def append(self, samples: Samples) -> None:
        """Let `samples`, shape (channels, frames), follow; they must not change any more."""
        self._chunks.append(samples)
        self.read_to += samples.shape[1]

    def has_ended(self, *, loop: bool) -> bool:
        """Return whether playing has come to the end, and does not go around."""
        return self._frames_left(1.0, loop=loop) <= 0

    def coming(self, frames: int, step: float, *, loop: bool) -> int:
        """Return how many of the next `frames` frames come before the end."""
        return int(min(frames, max(0, self._frames_left(step, loop=loop))))

    def lacks(self, frames: int, step: float, *, loop: bool) -> bool:
        """Return whether more must be read for the next `frames` frames."""
        coming = self.coming(frames, step, loop=loop)
        return not self.complete and coming > self._readable(step, self._end(loop=loop))

    def play(self, frames: int, step: float, *, loop: bool) -> Samples:
        """Return the next `frames` frames, each `step` above 0 behind the one before.

        Shape (channels, frames); fewer at the end, and where too little was read.
        """
        if step != self._place[2]:
            self._place = (self.position, 0, step)
        end = self._end(loop=loop)
        coming = self.coming(frames, step, loop=loop)
        count = int(min(coming, self._readable(step, end)))
        if count <= 0:
            return self._window[:, :0]
        first = floor(self.position)
        anchor, steps, _ = self._place
        if self._copies(step):
            out = self._take(first, first + count, end)[:, BEFORE:]
        else:
            positions = anchor + np.arange(steps, steps + count, dtype=np.float64) * step
            span = self._take(first, floor(positions[-1]) + AFTER + 1, end)
            out = interpolate_at(span, positions - (first - BEFORE), cutoff=cutoff_of(step))
        self._place = (anchor, steps + count, step)
        if end == inf and self.length:
            self.lap = floor(self.position / self.length)
        return out

    def _end(self, *, loop: bool) -> float:
        """Return the frame at which playing ends."""
        if self.complete and self.length is None:
            return self.read_to
        if self.length is None or (loop and self.length and not self.complete):
            return inf
        return (self.lap + 1) * self.length

    def _frames_left(self, step: float, *, loop: bool) -> float:
        left = self._end(loop=loop) - self.position
        # NB: positions are rounded, so a hair before the end is the end.
        if left < _HAIR:
            return 0
        return inf if left == inf else max(1, ceil(left / step - _HAIR))

    def _copies(self, step: float) -> bool:
        return step == 1 and self.position.is_integer()

    def _readable(self, step: float, end: float) -> float:
        """Return how many frames can be played with what was read."""
        if self.read_to >= end:
            return inf
        if self._copies(step):
            return self.ahead
        # NB: a frame to spare, for rounding.
        return floor((self.ahead - AFTER - 2) / step) + 1

    def _take(self, first: int, stop: int, end: float) -> Samples:
        """Return what lies from `BEFORE` frames before `first` up to `stop`; zeros from `end` on.

        What lies before that is forgotten.
        """
        there = int(min(stop, end))
        parts, reached = [self._window], self._window_start + self._window.shape[1]
        while reached < there:
            parts.append(self._chunks.popleft())
            reached += parts[-1].shape[1]
        window = parts[0] if len(parts) == 1 else np.concatenate(parts, axis=1)
        start = first - BEFORE
        self._window = window[:, start - self._window_start :]
        self._window_start = start
        span = self._window[:, : there - start]
        return span if there == stop else np.pad(span, ((0, 0), (0, stop - there)))


def cutoff_of(step: float) -> float:
    """Return where to cut, so that nothing is mirrored, relative to the file's Nyquist frequency.

    One of a few values, since each has a table of its own.
    """
    if step <= 1:
        return 1.0
    return float(2.0 ** (-ceil(log2(step) * _CUTOFFS_PER_OCTAVE) / _CUTOFFS_PER_OCTAVE))

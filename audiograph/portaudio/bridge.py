"""From one clock to another: what one device delivers, taken at the pace of a second.

Two devices never agree how long a second is: 50 parts in a million are usual, that is 3 ms
a minute. So one side's frames pile up, or run out. The bridge watches how many frames lie between
the two, by the smoothed times of either side's callbacks, and as soon as they wander reads a little
faster or slower than they come, by interpolation.

As long as they do not wander nothing is touched: on one clock (one sound server, one card) the
samples pass as they are. This needs no knowledge of who shares a clock with whom, and starting to
interpolate makes no seam, since interpolating at whole positions is copying.
"""

from __future__ import annotations

import math
from collections import deque

import numpy as np
from numpy.typing import NDArray

from audiograph.portaudio.clock import Clock
from audiograph.portaudio.interpolation import AFTER, BEFORE, interpolate, tap_table
from audiograph.portaudio.xruns import Xruns

SETTLE_SECONDS = 5.0
"""How long both clocks must have run before their word counts."""

STEER_SECONDS = 100.0
"""The time in which a deviation is made good: so slowly that nobody hears the pitch move."""

GLIDE_SECONDS = 5.0
"""The time in which the step follows what the clocks say: their last jitter stays inaudible."""

GENTLE = 15e-6
"""The most that is spent on making a small deviation good; a large one may need it quicker."""

WANDER = 0.25
"""The part of the latency by which the fill may wander before the bridge interpolates."""

SLACK_SECONDS = 0.05
"""What may lie in the buffer beyond twice the latency: devices come with several blocks at once."""

MOST = 0.005
"""The furthest from the nominal ratio that the bridge steers; real devices are within 0.001."""


class Bridge:
    """A buffer between a writing and a reading thread that keep different time.

    Neither side waits for the other. The reader hears silence until `latency` has been written, and
    again after the buffer has run dry or over, which `gaps` counts.

    Parameters
    ----------
    channels : int
        Channels of every frame.
    source_rate : float
        Frames per second that the writing side claims.
    sink_rate : float
        Frames per second that the reading side claims.
    latency : float
        Seconds that shall lie between both. It must hold a block of either side, and their jitter.
    shared_clock : bool
        Whether both sides are known to keep the same time, so that they never need steering.
    """

    def __init__(
        self,
        channels: int,
        *,
        source_rate: float,
        sink_rate: float,
        latency: float,
        shared_clock: bool = False,
    ) -> None:
        self.channels = channels
        self.gaps = Xruns()
        self._nominal = source_rate / sink_rate
        self._cutoff = min(1.0, sink_rate / source_rate)
        # For the moment in which interpolation begins.
        tap_table(self._cutoff)
        self._step = self._nominal
        self._steers = not shared_clock
        self._target = max(round(latency * source_rate), AFTER + 1)
        self._slack = self._target + round(SLACK_SECONDS * source_rate)
        self._capacity = 2 * self._slack + round(source_rate)
        self._source = Clock(source_rate)
        self._sink = Clock(sink_rate)
        # The writing side changes these:
        self._blocks: deque[NDArray[np.float32]] = deque()
        self._written = 0
        self._last_write = (0, math.nan, source_rate)
        self._finished = False
        # The reading side changes these; `_start` is what `_window` begins with.
        self._window = np.zeros((channels, BEFORE), np.float32)
        self._start = -BEFORE
        self._position = 0.0
        self._playing = False
        self._played = 0
        self._reference: float | None = None

    @property
    def fill(self) -> float:
        """Frames (of the source) that were written and not yet read."""
        return self._written - self._position

    @property
    def written(self) -> int:
        """Frames written so far."""
        return self._written

    @property
    def position(self) -> float:
        """The frame (of those written) that is read next."""
        return self._position

    @property
    def interpolating(self) -> bool:
        """Whether samples are computed, rather than passed on as they are."""
        return self._step != 1

    @property
    def drift(self) -> float:
        """How much faster than the sink the source's clock is: 1e-6 is one part in a million."""
        return self._source.rate / self._sink.rate / self._nominal - 1

    def write(self, samples: NDArray[np.float32], time: float) -> None:
        """Add `samples`, shape (channels, frames), which came at `time` of the monotonic clock.

        The writing side's thread. The array is kept, not copied. A reader that has stopped loses
        what is more than a second old.
        """
        self._source.update(time, samples.shape[1])
        if self._written - self._start > self._capacity:
            return
        self._blocks.append(samples)
        self._written += samples.shape[1]
        self._last_write = (self._written, self._source.time, self._source.rate)

    def finish(self) -> None:
        """Say that nothing more will be written: what was is read to its end, then silence.

        The writing side's thread. All is read when `position` has reached what `written` is now.
        """
        self._finished = True

    def read(self, frames: int, time: float) -> NDArray[np.float32]:
        """Return `frames` frames, shape (channels, frames): silence where there are too few.

        The reading side's thread, asking at `time` of the monotonic clock.
        """
        self._sink.update(time, frames)
        if self._steers:
            self._steer(frames)
        end = self._position + (frames - 1) * self._step + AFTER + 1
        if not self._ready(end):
            self._played += frames
            return np.zeros((self.channels, frames), np.float32)
        # NB: anew, since being ready may have moved the position.
        self._collect(math.ceil(self._position + (frames - 1) * self._step + AFTER + 1))
        offset = self._position - self._start
        if self._step == 1 and offset.is_integer():
            out = self._window[:, int(offset) : int(offset) + frames].copy()
        else:
            out = interpolate(self._window, offset, self._step, frames, cutoff=self._cutoff)
        self._position += frames * self._step
        self._played += frames
        return out

    def _ready(self, end: float) -> bool:
        """Tell whether there is something to play up to the frame `end`; take up or leave off."""
        if self._finished:
            self._pad(math.ceil(end))
            return True
        fill = self._written - self._position
        if self._playing and fill <= self._target + self._slack and end <= self._written:
            return True
        if self._playing:
            self.gaps.note(self._played)
            self._playing = False
        if fill < max(self._target, end - self._position):
            return False
        # From a whole position, so that what needs no interpolation gets none.
        self._position = float(self._written - max(self._target, math.ceil(end - self._position)))
        self._reference = None
        self._playing = True
        return True

    def _pad(self, end: int) -> None:
        """Add silence up to the frame `end`, now that the writing side is done."""
        if self._written < end:
            self._blocks.append(np.zeros((self.channels, end - self._written), np.float32))
            self._written = end

    def _collect(self, end: int) -> None:
        """Let `_window` reach from what interpolation needs before the position to `end`."""
        parts = [self._window]
        reached = self._start + self._window.shape[1]
        while reached < end:
            parts.append(self._blocks.popleft())
            reached += parts[-1].shape[1]
        self._window = np.concatenate(parts, axis=1)
        drop = int(self._position) - BEFORE - self._start
        self._window = self._window[:, drop:]
        self._start += drop

    def _steer(self, frames: int) -> None:
        """Set the step to the ratio of both clocks, and a little beyond to keep the fill."""
        if min(self._source.age, self._sink.age) < SETTLE_SECONDS or not self._playing:
            self._reference = None
            return
        written, since, rate = self._last_write
        fill = written + (self._sink.time - since) * rate - self._position
        if self._reference is None:
            self._reference = fill
        error = fill - self._reference
        if self._step == 1 and abs(error) <= WANDER * self._target:
            return
        limit = GENTLE if abs(error) < self._target / 2 else MOST
        correction = _clamped(error / (STEER_SECONDS * rate), limit)
        step = self._nominal * (1 + _clamped(self.drift + correction, MOST))
        self._step += (step - self._step) * min(1.0, frames / self._sink.rate / GLIDE_SECONDS)


def _clamped(value: float, limit: float) -> float:
    return min(max(value, -limit), limit)

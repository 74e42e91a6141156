"""When a source plays: from a start to a stop, both between frames as well as on them."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, inf

import numpy as np

from audiograph.render.processor import SILENCE, Block, Processor, Samples, Signal

# Where frames can't be told apart any more. Nobody waits for it.
_LAST_FRAME = 2.0**53


def frame_at(time: float, sample_rate: float) -> float:
    """Return the first frame at `time` (in seconds) or later; infinity for never.

    A time that misses a frame by less than a two-thousandth of one means that frame: k /
    sample_rate · sample_rate is not always k.
    """
    if time == inf:
        return inf
    return ceil(round(min(time * sample_rate, _LAST_FRAME) * 1024) / 1024)


class ScheduledProcessor(Processor):
    """A source that plays from its start to its stop; subclasses make the sound.

    https://webaudio.github.io/web-audio-api/#AudioScheduledSourceNode
    """

    def __init__(self, quantum: int) -> None:
        self._quantum = quantum
        self.start_time = inf
        self._start = inf
        self._stop = inf

    def schedule_start(self, time: float, sample_rate: float) -> None:
        """Take note of the start, in seconds."""
        self.start_time = time
        self._start = frame_at(time, sample_rate)

    def schedule_stop(self, time: float, sample_rate: float) -> None:
        """Take note of the stop, in seconds, unless it has ended."""
        self._stop = frame_at(time, sample_rate)

    def find_begin(self) -> int:
        """Tell before which frame there is nothing to do: it may stop before it starts."""
        frame = int(min(self._start, self._stop, _LAST_FRAME))
        self.begin_frame = frame // self._quantum * self._quantum
        return frame

    def process(self, block: Block) -> Sequence[Signal]:
        end = block.start + block.frames
        first = int(max(self._start, block.start)) if self._start < end else end
        last = int(min(self._stop, end))
        samples = None
        if first < last:
            samples = self.play(block, first - block.start, last - first)
        if self._stop <= end:
            self.finish(int(max(self._stop, block.start)))
        if samples is None:
            return (SILENCE,)
        at = first - block.start
        frames = at + samples.shape[1]
        # Nothing of a block is left out but whole quanta.
        quanta = -(-frames // self._quantum) * self._quantum
        if samples.shape[1] == quanta:
            return (samples,)
        out = np.zeros((samples.shape[0], quanta), np.float32)
        out[:, at:frames] = samples
        return (out,)

    def play(self, block: Block, offset: int, frames: int) -> Samples:
        """Return `frames` frames of sound for the block from its frame `offset` on.

        Fewer where it ends by itself (and calls `finish`).
        """
        raise NotImplementedError

    def finish(self, frame: int) -> None:
        """Take note that the source has ended at `frame` and will not sound again."""
        self.finished = True
        self.end_frame = frame

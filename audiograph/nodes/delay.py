"""DelayNode: the same, later."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import ceil, floor, frexp
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from audiograph.errors import NotSupportedError
from audiograph.host import NodeHost
from audiograph.node import AudioNode, AudioNodeOptions
from audiograph.param import Bound, Param
from audiograph.render.cycles import DelayLine
from audiograph.render.kernels import faint_quanta
from audiograph.render.loop import BLOCK_FRAMES
from audiograph.render.mixing import convert
from audiograph.render.processor import (
    SILENCE,
    Block,
    ParamValue,
    Processor,
    Samples,
    Signal,
    Silence,
)
from audiograph.render.scheduled import frame_at
from audiograph.render.vertex import ParamPort

MAX_DELAY_SECONDS = 180.0
"""`max_delay_time` must be below this."""

# "… when the absolute value of any output sample … is greater than or equal to 2^-126."
_AUDIBLE = 2.0**-126


@dataclass(frozen=True, kw_only=True)
class DelayOptions(AudioNodeOptions):
    """What a DelayNode is made from: the first values of its attributes.

    `max_delay_time` is the longest delay, in seconds: more than 0, less than 180.

    https://webaudio.github.io/web-audio-api/#DelayOptions
    """

    max_delay_time: float = 1.0
    delay_time: float = 0.0


class DelayNode(AudioNode[DelayOptions]):
    """Put out the input `delay_time` seconds later; between frames, linearly interpolated.

    In a loop the delay is at least one render quantum. Raises NotSupportedError unless
    0 < `max_delay_time` < 180.

    https://webaudio.github.io/web-audio-api/#DelayNode
    """

    delay_time = Param(
        "How much later the input comes out.",
        unit="seconds",
        minimum=0.0,
        maximum=Bound("max_delay_time", lambda _, options: options.max_delay_time),
    )

    def _check_options(self, context: NodeHost, options: DelayOptions) -> None:
        # "… MUST be greater than zero and less than three minutes …"
        if not 0 < options.max_delay_time < MAX_DELAY_SECONDS:
            raise NotSupportedError(
                f"max_delay_time {options.max_delay_time}: more than 0 and less than "
                f"{MAX_DELAY_SECONDS:g} seconds are offered"
            )

    def _make_processor(self, options: DelayOptions) -> Processor:
        return DelayProcessor(
            options.max_delay_time,
            self._context.sample_rate,
            self._context.render_quantum_size,
            self.delay_time._port,
        )


class _Place(NamedTuple):
    """What is read for a frame: that of so many frames back, and of the one after it a fraction."""

    back: int
    fraction: np.float32


class DelayProcessor(DelayLine):
    """A ring of the last frames, written at the back and read `delay_time` before it.

    Frame n is at n modulo the ring's length. Of each frame it is known how many channels the input
    had then, none for silence, of which nothing is written.
    """

    def __init__(
        self,
        max_delay_time: float,
        sample_rate: float,
        quantum: int,
        delay_time: ParamPort | None = None,
    ) -> None:
        self._delay_time = delay_time
        longest = ceil(max_delay_time * sample_rate) + 1
        # AD-HOC: where the delay is a-rate, a place between frames is a float32, counted from where
        # browsers' rings begin anew: for a ring of a second it is rounded to a 128th of a frame.
        # NB: beyond the longest delay there must be a frame to interpolate with, which a quantum of
        # one frame leaves no place for.
        self._lap = max(quantum, 2) + int(frame_at(max_delay_time, sample_rate))
        self._longest = longest
        self._length = longest + max(BLOCK_FRAMES, quantum)
        self._quantum = quantum
        self._ring = np.zeros((1, 0), np.float32)
        # (frame, channels): from which frame on the input had how many channels.
        self._runs: deque[tuple[int, int]] = deque([(-self._length, 0)])
        # How a lap is read, for a delay.
        self._plan: list[tuple[int, _Place]] = []
        self._planned_for: tuple[float, bool] | None = None

    def process(self, block: Block) -> Sequence[Signal]:
        self._note(block)
        delay = self._steady(block)
        self._write(block)
        return (self._read(block, delay),)

    def write(self, block: Block) -> None:
        self._note(block)
        self._write(block)

    def read(self, block: Block) -> Signal:
        return self._read(block, self._steady(block))

    def _write(self, block: Block) -> None:
        (signal,) = block.inputs
        if not isinstance(signal, Silence):
            self._put(block.start, signal)
        self.sounding = len(self._runs) > 1 or self._runs[-1][1] > 0

    def _read(self, block: Block, delay: ParamValue) -> Signal:
        start, frames = block.start, block.frames
        # "… stops actively processing when the input that was received … no longer affects the
        # output."
        longest = delay if isinstance(delay, float) else float(np.max(delay))
        oldest = floor(start - longest)
        if not any(self._runs_within(oldest, start + frames)):
            return SILENCE
        if isinstance(delay, float):
            out = self._read_steady(start, frames, delay)
        else:
            out = self._read_moving(start, delay)
        if not self.in_loop:
            return out
        # Each quantum that is too soft to be heard is silence.
        faint, alike = faint_quanta(out, self._quantum, _AUDIBLE)
        block.shorten(alike * self._quantum)
        return SILENCE if faint else out[:, : block.frames]

    def _note(self, block: Block) -> None:
        """Take note of how many channels come in now."""
        (signal,) = block.inputs
        channels = 0 if isinstance(signal, Silence) else signal.shape[0]
        if channels != self._runs[-1][1]:
            self._runs.append((block.start, channels))
        while len(self._runs) > 1 and self._runs[1][0] <= block.start - self._longest:
            self._runs.popleft()

    def _steady(self, block: Block) -> ParamValue:
        """Shorten the block so that the output keeps its channels; return the delay, in frames."""
        delay = self._delay_frames(block)
        if len(self._runs) > 1:
            block.shorten(self._steady_frames(block, delay))
        return delay if isinstance(delay, float) else delay[: block.frames]

    def _steady_frames(self, block: Block, delay: ParamValue) -> int:
        """Return for how many frames the output keeps its channels, in whole quanta."""
        quantum, start, frames = self._quantum, block.start, block.frames
        if not isinstance(delay, float):
            # What is heard in any quantum has been coming in all the time.
            oldest = floor(start - float(np.max(delay)))
            return frames if self._runs[-1][0] <= oldest - 1 else quantum
        for frame, _ in list(self._runs)[1:]:
            # A change is heard in the quantum that it comes out in or, where it is an end, in the
            # one after; between frames, it begins one earlier.
            last = ceil((frame + delay) / quantum) * quantum
            first = floor((frame + delay - 1) / quantum) * quantum
            if start <= last:
                return quantum if start >= first else min(frames, first - start)
        return frames

    def _delay_frames(self, block: Block) -> ParamValue:
        delay = block.params["delay_time"]
        # NB: a product of float32s, as browsers have it: 0.3 s at 48 kHz are 14400 frames, and not
        # 14400.0006 as the float32 next to 0.3 says.
        number = np.float64 if self._is_exact else np.float32
        rate = number(block.sample_rate)
        if isinstance(delay, float):
            frames = float(number(np.float32(delay)) * rate)
            # "If DelayNode is part of a cycle, then the value … is clamped to a minimum of one
            # render quantum."
            return max(frames, float(block.quantum)) if self.in_loop else frames
        frames_each = delay * rate
        return np.maximum(frames_each, block.quantum) if self.in_loop else frames_each

    @property
    def _is_exact(self) -> bool:
        """Whether the delay is k-rate, which browsers don't round."""
        return self._delay_time is not None and self._delay_time.k_rate

    def _read_steady(self, start: int, frames: int, delay: float) -> Samples:
        """Return what was written `delay` frames before, for the frames from `start` on."""
        parts = list(self._parts(start, start + frames, delay))
        width = max(
            self._width(first - place.back, last - place.back - (not place.fraction))
            for first, last, place in parts
        )
        outs = {}
        for place in {place for _, _, place in parts}:
            out = self._stretch(start - place.back, frames, width)
            if place.fraction:
                out += place.fraction * (self._stretch(start - place.back + 1, frames, width) - out)
            outs[place] = out
        if len(outs) == 1:
            return out
        joined = np.empty_like(out)
        for first, last, place in parts:
            here = slice(first - start, last - start)
            joined[:, here] = outs[place][:, here]
        return joined

    def _read_moving(self, start: int, delay: Samples) -> Samples:
        """Return what was written so many frames before each frame from `start` on."""
        numbers = np.arange(start, start + len(delay))
        if self._is_exact:
            back = np.ceil(delay)
            fraction = (back - delay).astype(np.float32)
            indexes = numbers - back.astype(np.int64)
        else:
            at = numbers % self._lap
            places = at.astype(np.float32) + (np.float32(self._lap) - delay)
            places[places >= self._lap] -= np.float32(self._lap)
            wholes = places.astype(np.int64)
            fraction = places - wholes.astype(np.float32)
            indexes = numbers - (at - wholes) % self._lap
        # NB: the frame after the newest one is not there yet, nor needed.
        after = indexes + (fraction > 0)
        width = self._width(int(indexes.min()), int(after.max()))
        out = self._scattered(indexes, width)
        if fraction.any():
            out = out + fraction * (self._scattered(after, width) - out)
        return out

    def _parts(self, start: int, end: int, delay: float) -> Iterator[tuple[int, int, _Place]]:
        """Yield (first, end, place) from `start` to `end`: which frames are read where."""
        wanted = (delay, self._is_exact)
        if self._planned_for != wanted:
            self._plan, self._planned_for = self._make_plan(*wanted), wanted
        if len(self._plan) == 1:
            yield start, end, self._plan[0][1]
            return
        for lap in range(start // self._lap * self._lap, end, self._lap):
            begin = lap
            for length, place in self._plan:
                first, begin = begin, begin + length
                if first < end and begin > start:
                    yield max(first, start), min(begin, end), place

    def _make_plan(self, delay: float, exact: bool) -> list[tuple[int, _Place]]:
        """Return how a lap is read: for so many frames, one after the other, at which place."""
        if exact:
            back = ceil(delay)
            return [(self._lap, _Place(back, np.float32(back - delay)))]
        plan: list[tuple[int, _Place]] = []
        ahead = np.float32(self._lap) - np.float32(delay)
        at = 0
        while at < self._lap:
            position = np.float32(at) + ahead
            whole = floor(position)
            place = _Place((at - whole) % self._lap, np.float32(position - whole))
            # From the next power of two on, positions are rounded otherwise.
            edge = ceil(2.0 ** frexp(position)[1] - float(ahead))
            count = min(self._lap, max(at + 1, edge)) - at
            at += count
            if plan and plan[-1][1] == place:
                count += plan.pop()[0]
            plan.append((count, place))
        return plan

    def _runs_within(self, first: int, last: int) -> Iterator[tuple[int, int, int]]:
        """Yield (first, end, channels) for what sounded from the frame `first` to `last`."""
        ends = [*[start for start, _ in self._runs][1:], last + 1]
        for (start, channels), end in zip(self._runs, ends, strict=True):
            begin, stop = max(start, first), min(end, last + 1)
            if channels and begin < stop:
                yield begin, stop, channels

    def _width(self, first: int, last: int) -> int:
        """Return the channels of the widest part from the frame `first` to `last`."""
        return max((channels for _, _, channels in self._runs_within(first, last)), default=1)

    def _stretch(self, first: int, frames: int, width: int) -> Samples:
        """Return the frames from `first` on, up-mixed to `width` channels."""
        runs = list(self._runs_within(first, first + frames - 1))
        if [(first, first + frames, width)] == runs:
            return self._take(first, frames, width)
        out = np.zeros((width, frames), np.float32)
        for begin, stop, channels in runs:
            part = self._take(begin, stop - begin, channels)
            out[:, begin - first : stop - first] = convert(part, width, "speakers")
        return out

    def _scattered(self, indexes: NDArray[np.int64], width: int) -> Samples:
        """Return the frames at `indexes`, up-mixed to `width` channels."""
        lowest, highest = int(indexes.min()), int(indexes.max())
        runs = list(self._runs_within(lowest, highest))
        if [(lowest, highest + 1, width)] == runs:
            return self._ring[:width, indexes % self._length]
        out = np.zeros((width, len(indexes)), np.float32)
        for begin, stop, channels in runs:
            chosen = (indexes >= begin) & (indexes < stop)
            part = self._ring[:channels, indexes[chosen] % self._length]
            out[:, chosen] = convert(part, width, "speakers")
        return out

    def _put(self, start: int, samples: Samples) -> None:
        """Write into the ring."""
        count, frames = samples.shape
        if count > self._ring.shape[0] or not self._ring.shape[1]:
            wider = np.zeros((max(count, self._ring.shape[0]), self._length), np.float32)
            wider[: self._ring.shape[0], : self._ring.shape[1]] = self._ring
            self._ring = wider
        at = start % self._length
        first = min(frames, self._length - at)
        self._ring[:count, at : at + first] = samples[:, :first]
        self._ring[:count, : frames - first] = samples[:, first:]

    def _take(self, start: int, frames: int, channels: int) -> Samples:
        """Return a copy of what the ring holds from the frame `start` on."""
        ring = self._ring[:channels]
        at = start % self._length
        first = min(frames, self._length - at)
        if first == frames:
            return ring[:, at : at + frames].copy()
        return np.concatenate((ring[:, at:], ring[:, : frames - first]), axis=1)

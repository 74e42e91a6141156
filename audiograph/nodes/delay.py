"""DelayNode: the same, later."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, inf

import numpy as np
from numpy.typing import NDArray

from audiograph.errors import NotSupportedError
from audiograph.host import NodeHost
from audiograph.node import AudioNode, AudioNodeOptions
from audiograph.param import Param
from audiograph.render.cycles import DelayLine
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

MAX_DELAY_SECONDS = 180.0
"""`max_delay_time` must be below this."""

# "… when the absolute value of any output sample … is greater than or equal to 2^-126."
_AUDIBLE = 2.0**-126


@dataclass(frozen=True, kw_only=True)
class DelayOptions(AudioNodeOptions):
    """What a DelayNode is made from.

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
        unit="seconds", minimum=0.0, maximum=lambda context, options: options.max_delay_time
    )

    def check_options(self, context: NodeHost, options: DelayOptions) -> None:
        # "… MUST be greater than zero and less than three minutes …"
        if not 0 < options.max_delay_time < MAX_DELAY_SECONDS:
            raise NotSupportedError(
                f"max_delay_time {options.max_delay_time}: more than 0 and less than "
                f"{MAX_DELAY_SECONDS:g} seconds are offered"
            )

    def make_processor(self, options: DelayOptions) -> Processor:
        return DelayProcessor(options.max_delay_time, self._context.sample_rate)


class DelayProcessor(DelayLine):
    """A ring of the last frames, written at the back and read `delay_time` before it.

    Frame n of the ring is at n modulo its length.
    """

    def __init__(self, max_delay_time: float, sample_rate: float) -> None:
        longest = ceil(max_delay_time * sample_rate) + 1
        self._longest = longest
        self._length = longest + BLOCK_FRAMES
        self._ring = np.zeros((1, 0), np.float32)
        self._last_sound = -longest
        # (frame, channels): from which frame on the ring holds how many channels.
        self._widths: deque[tuple[int, int]] = deque([(-1, 1)])
        self._delay: float | None = 0.0
        self._quantum = 0

    def process(self, block: Block) -> Sequence[Signal]:
        self.write(block)
        return (self.read(block),)

    def write(self, block: Block) -> None:
        (signal,) = block.inputs
        self._quantum = block.quantum
        if isinstance(signal, Silence):
            self._note_width(block.start, 1)
            if self._ring.shape[1]:
                self._put(block.start, np.zeros((1, block.frames), np.float32))
        else:
            self._note_width(block.start, signal.shape[0])
            self._put(block.start, signal)
            self._last_sound = block.start + block.frames - 1
        self.sounding = block.start + block.frames - 1 - self._last_sound <= self._longest

    def read(self, block: Block) -> Signal:
        delay = self._delay_frames(block)
        self._delay = delay if isinstance(delay, float) else None
        start, frames = block.start, block.frames
        if start - float(np.max(delay)) > self._last_sound:
            return SILENCE
        if isinstance(delay, float):
            # One position for all: a slice, and its neighbour where it lies between frames.
            position = float(start - delay)
            first = int(np.floor(position))
            fraction = np.float32(position - first)
            out = self._take(first, frames)
            if fraction:
                out = out + fraction * (self._take(first + 1, frames) - out)
            positions = position + np.arange(frames, dtype=np.float64)
        else:
            positions = np.arange(start, start + frames, dtype=np.float64) - delay
            indexes = np.floor(positions).astype(np.int64)
            fractions = (positions - indexes).astype(np.float32)
            out = self._ring[:, indexes % self._length]
            out = out + fractions * (self._ring[:, (indexes + 1) % self._length] - out)
        if self.in_loop and float(np.max(np.abs(out))) < _AUDIBLE:
            return SILENCE
        return self._up_mix(out, positions)

    def steady_frames(self, start: int, frames: int, *, settled: bool) -> int:
        changes = [frame for frame, _ in self._widths if frame >= 0]
        if not changes:
            return frames
        quantum = self._quantum
        if self._delay is None or not settled:
            return quantum
        # A widening is heard in the quantum that it comes out in, a narrowing in the one after.
        edges = [int(frame + self._delay) // quantum * quantum for frame in changes]
        following = [edge + n for edge in edges for n in (0, quantum) if edge + n > start]
        return min(frames, min(following, default=start + frames) - start)

    def _delay_frames(self, block: Block) -> ParamValue:
        delay = block.params["delay_time"]
        # NB: a product of float32s, as browsers have it: 0.3 s at 48 kHz are 14400 frames, and not
        # 14400.0006 as the float32 next to 0.3 says.
        rate = np.float32(block.sample_rate)
        if isinstance(delay, float):
            frames = float(np.float32(delay) * rate)
            # "If DelayNode is part of a cycle, then the value … is clamped to a minimum of one
            # render quantum."
            return max(frames, float(block.quantum)) if self.in_loop else frames
        frames_each = delay * rate
        return np.maximum(frames_each, block.quantum) if self.in_loop else frames_each

    def _note_width(self, frame: int, channels: int) -> None:
        if self._widths[-1][1] != channels:
            self._widths.append((frame, channels))
        while len(self._widths) > 1 and self._widths[1][0] <= frame - self._longest:
            self._widths.popleft()
        if len(self._widths) == 1:
            self._ring = self._ring[:channels]

    def _up_mix(self, out: Samples, positions: NDArray[np.float64]) -> Samples:
        """Give what was read the channels of its widest part, by loudspeaker layout."""
        if len(self._widths) == 1:
            return out[: self._widths[0][1]]
        ends = [*[float(frame) for frame, _ in self._widths][1:], inf]
        runs = [
            (count, (positions >= first) & (positions < end))
            for (first, count), end in zip(self._widths, ends, strict=True)
        ]
        runs = [(count, chosen) for count, chosen in runs if chosen.any()]
        width = max((count for count, _ in runs), default=1)
        mixed = np.zeros((width, out.shape[1]), np.float32)
        for count, chosen in runs:
            mixed[:, chosen] = convert(out[:count, chosen], width, "speakers")
        return mixed

    def _put(self, start: int, samples: Samples) -> None:
        """Write into the ring; channels that the input has not got stay zero."""
        count, frames = samples.shape
        if count > self._ring.shape[0] or not self._ring.shape[1]:
            wider = np.zeros((max(count, self._ring.shape[0]), self._length), np.float32)
            if self._ring.shape[1]:
                wider[: self._ring.shape[0]] = self._ring
            self._ring = wider
        at = start % self._length
        first = min(frames, self._length - at)
        for part, place in (
            (samples[:, :first], slice(at, at + first)),
            (samples[:, first:], slice(0, frames - first)),
        ):
            self._ring[:count, place] = part
            self._ring[count:, place] = 0.0

    def _take(self, start: int, frames: int) -> Samples:
        at = start % self._length
        first = min(frames, self._length - at)
        if first == frames:
            return self._ring[:, at : at + frames].copy()
        return np.concatenate((self._ring[:, at:], self._ring[:, : frames - first]), axis=1)

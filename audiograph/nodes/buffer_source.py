"""AudioBufferSourceNode: audio from memory."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, floor, inf
from typing import Any

import numpy as np

from audiograph.buffer import AudioBuffer
from audiograph.errors import InvalidStateError
from audiograph.host import NodeHost
from audiograph.nodes.scheduled_source import AudioScheduledSourceNode
from audiograph.param import Param, check_time
from audiograph.render.kernels import play_linear
from audiograph.render.processor import Block, Samples
from audiograph.render.scheduled import ScheduledProcessor

# AD-HOC: beyond a million frames of the buffer for one of the context, positions would soon be more
# than a number holds.
_FASTEST = 2.0**20
_HIGHEST_OCTAVE = 1000.0


@dataclass(frozen=True, kw_only=True)
class AudioBufferSourceOptions:
    """What an AudioBufferSourceNode is made from.

    https://webaudio.github.io/web-audio-api/#AudioBufferSourceOptions
    """

    buffer: AudioBuffer | None = None
    detune: float = 0.0
    loop: bool = False
    loop_end: float = 0.0
    loop_start: float = 0.0
    playback_rate: float = 1.0


class AudioBufferSourceNode(AudioScheduledSourceNode[AudioBufferSourceOptions]):
    """Play a buffer, at playback_rate · 2^(detune / 1200) times its speed, once or in a loop.

    https://webaudio.github.io/web-audio-api/#AudioBufferSourceNode
    """

    playback_rate = Param(unit="times the speed", rate="k-rate", fixed_rate=True)
    detune = Param(unit="cents", rate="k-rate", fixed_rate=True)
    _processor: BufferSourceProcessor

    def __init__(
        self,
        context: NodeHost,
        options: AudioBufferSourceOptions | None = None,
        /,
        **fields: Any,
    ) -> None:
        self._buffer: AudioBuffer | None = None
        self._buffer_set = False
        super().__init__(context, options, **fields)

    def make_processor(self, options: AudioBufferSourceOptions) -> BufferSourceProcessor:
        processor = BufferSourceProcessor(
            self._context.sample_rate, self._context.render_quantum_size
        )
        self._processor = processor
        self._loop, self._loop_start, self._loop_end = (
            options.loop,
            options.loop_start,
            options.loop_end,
        )
        self._loop_anew()
        self._started = False
        self.buffer = options.buffer
        return processor

    @property
    def buffer(self) -> AudioBuffer | None:
        """The audio to be played. Raises InvalidStateError when a second one is set.

        https://webaudio.github.io/web-audio-api/#dom-audiobuffersourcenode-buffer
        """
        return self._buffer

    @buffer.setter
    def buffer(self, buffer: AudioBuffer | None) -> None:
        if buffer is not None and not isinstance(buffer, AudioBuffer):
            raise TypeError(f"buffer is an AudioBuffer or None, not {type(buffer).__name__}")
        # By the text: "If new buffer is not null and [[buffer set]] is true, throw …"
        if buffer is not None and self._buffer_set:
            raise InvalidStateError("the buffer of an AudioBufferSourceNode can be set only once")
        self._buffer_set = self._buffer_set or buffer is not None
        self._buffer = buffer
        # By the text: "If start() has previously been called on this node, … acquire the content …"
        if self._started:
            self._acquire()

    @property
    def loop(self) -> bool:
        """Whether the part from `loop_start` to `loop_end` is played again and again."""
        return self._loop

    @loop.setter
    def loop(self, loop: bool) -> None:
        self._loop = bool(loop)
        self._loop_anew()

    @property
    def loop_start(self) -> float:
        """Where the loop begins, in seconds of the buffer."""
        return self._loop_start

    @loop_start.setter
    def loop_start(self, loop_start: float) -> None:
        self._loop_start = float(loop_start)
        self._loop_anew()

    @property
    def loop_end(self) -> float:
        """Where the loop ends, in seconds of the buffer; 0 is the buffer's end."""
        return self._loop_end

    @loop_end.setter
    def loop_end(self, loop_end: float) -> None:
        self._loop_end = float(loop_end)
        self._loop_anew()

    def start(
        self, when: float = 0, offset: float | None = None, duration: float | None = None
    ) -> None:
        """Play from `when` on, from `offset` seconds in the buffer, for `duration` seconds of it.

        Raises InvalidStateError when called twice, ValueError for a time that is negative or not
        finite.

        https://webaudio.github.io/web-audio-api/#dom-audiobuffersourcenode-start
        """
        when = check_time("when", when)
        offset = 0.0 if offset is None else check_time("offset", offset)
        duration = inf if duration is None else check_time("duration", duration)
        with self._context._lock:
            self._check_not_started()
            # NB: before the start, since the render thread may read its messages in between.
            self._context._post(self._processor.choose, offset, duration)
            self._acquire()
            self._start(when)

    def _acquire(self) -> None:
        """Hand the buffer's content, as it is now, to the render side."""
        if self._buffer is None:
            self._context._post(self._processor.set_samples, None, 1.0)
        else:
            self._context._post(
                self._processor.set_samples, self._buffer._acquire(), self._buffer.sample_rate
            )
        self._context._post(self._context._renderer.graph.renew)

    def _loop_anew(self) -> None:
        self._context._post(self._processor.set_loop, self._loop, self._loop_start, self._loop_end)


class BufferSourceProcessor(ScheduledProcessor):
    """Reads the buffer at a position that moves by the computed rate, frame by frame.

    The position is counted in frames of the buffer: `_anchor` and `_steps` steps of `_rate`, a
    product and not a sum, so that it is the same in blocks of any length.

    https://webaudio.github.io/web-audio-api/#playback-AudioBufferSourceNode
    """

    def __init__(self, sample_rate: float, quantum: int) -> None:
        super().__init__(quantum)
        self._sample_rate = sample_rate
        self._samples: Samples | None = None
        self._buffer_rate = sample_rate
        self._loop = (False, 0.0, 0.0)
        self._offset = 0.0
        self._duration = inf
        self._playing = False
        self._anchor = 0.0
        self._steps = 0
        self._rate = 1.0
        self._played = 0.0

    def choose(self, offset: float, duration: float) -> None:
        """Play from `offset` on for `duration`, both in seconds of the buffer."""
        self._offset, self._duration = offset, duration

    def set_samples(self, samples: Samples | None, sample_rate: float) -> None:
        """Play `samples`, shape (channels, frames); None is silence."""
        self._samples = samples
        self._buffer_rate = sample_rate
        self.channels = 1 if samples is None else samples.shape[0]

    def set_loop(self, loop: bool, start: float, end: float) -> None:
        """Loop, or not, from `start` to `end`, in seconds of the buffer."""
        if self._playing:
            self._rebase()
        self._loop = (loop, start, end)

    def steady_frames(self, start: int, frames: int, *, settled: bool) -> int:
        frames = super().steady_frames(start, frames, settled=settled)
        endless = self._loop[0] and self._duration == inf
        if self._samples is None or endless or self._start >= start + self._quantum:
            return frames
        if not settled or not self._playing:
            return self._quantum
        return self.within(start, frames, start + self._frames_left(self._rate))

    def play(self, block: Block, offset: int, frames: int) -> Samples | None:
        if self._samples is None:
            return None
        steady = all(isinstance(value, float) for value in block.params.values())
        parts: list[Samples] = []
        at, end = offset, offset + frames
        while at < end and not self.finished:
            # The parameters are k-rate: they change with the quantum.
            last = end if steady else min(end, (at // block.quantum + 1) * block.quantum)
            out, ended = self._play(block.start + at, self._rate_at(block, at), last - at)
            parts.append(out)
            at += out.shape[1]
            if ended:
                self.finish(block.start + at)
        return parts[0] if len(parts) == 1 else np.concatenate(parts, axis=1)

    def _rate_at(self, block: Block, frame: int) -> float:
        """Return the steps in the buffer for a frame of the block."""
        rate, detune = (
            value if isinstance(value, float) else float(value[frame])
            for value in (block.params["playback_rate"], block.params["detune"])
        )
        # By the text: "computedPlaybackRate(t) = playbackRate(t) * pow(2, detune(t) / 1200)"
        steps = rate * 2.0 ** min(detune / 1200, _HIGHEST_OCTAVE)
        steps *= self._buffer_rate / self._sample_rate
        return float(min(max(steps, -_FASTEST), _FASTEST))

    def _play(self, start: int, rate: float, frames: int) -> tuple[Samples, bool]:
        """Return up to `frames` frames at one rate, and whether the source ended with them."""
        assert self._samples is not None
        if not self._playing:
            self._begin(start, rate)
        elif rate != self._rate:
            self._rebase()
            self._rate = rate
        left = self._frames_left(rate)
        count = frames if left >= frames else int(left)
        out = self._read(count)
        self._steps += count
        self._played += abs(rate) * count
        return out, left <= frames

    def _begin(self, start: int, rate: float) -> None:
        assert self._samples is not None
        length = self._samples.shape[1]
        position = min(self._offset * self._buffer_rate, length)
        first, last = self._loop_range()
        # By the text: "if (… computedPlaybackRate >= 0 && offset >= actualLoopEnd) offset = …"
        if last > first and rate >= 0:
            position = min(position, last)
        # By the text: "if (computedPlaybackRate < 0 && … offset < actualLoopStart) offset = …"
        if last > first and rate < 0:
            position = max(position, first)
        # A start between frames: at the first frame, the buffer has played for a fraction of one.
        # (Not where there was no buffer before: then it plays from its beginning.)
        early = start - self.start_time * self._sample_rate if start == self._start else 0.0
        if early < 1 / 1024:
            early = 0.0
        self._anchor = position + early * rate
        self._played = early * abs(rate)
        self._steps, self._rate, self._playing = 0, rate, True

    def _rebase(self) -> None:
        """Count the position anew from where it is."""
        position = self._anchor + self._steps * self._rate
        first, last = self._loop_range()
        if last > first and self._rate >= 0 and position >= last:
            position -= (last - first) * floor((position - first) / (last - first))
        elif last > first and self._rate < 0 and position < first:
            position += (last - first) * ceil((first - position) / (last - first))
        self._anchor, self._steps = position, 0

    def _loop_range(self) -> tuple[float, float]:
        """Return the loop's start and end in frames of the buffer; (0, 0) is no loop."""
        assert self._samples is not None
        loop, start, end = self._loop
        length = float(self._samples.shape[1])
        if not loop:
            return 0.0, 0.0
        # By the text: "if (loopStart >= 0 && loopEnd > 0 && loopStart < loopEnd) …"
        if start >= 0 and end > 0 and start < end and start * self._buffer_rate < length:
            return start * self._buffer_rate, min(end * self._buffer_rate, length)
        return 0.0, length

    def _frames_left(self, rate: float) -> float:
        """Return how many frames sound before the source ends by itself."""
        assert self._samples is not None
        left: float = inf
        if self._duration < inf and rate:
            content = self._duration * self._buffer_rate - self._played
            left = max(0.0, ceil(round(content / abs(rate) * 1024) / 1024))
        first, last = self._loop_range()
        if last > first or not rate:
            return left
        position = self._anchor + self._steps * self._rate
        if rate > 0:
            to_end = ceil(round((self._samples.shape[1] - position) / rate * 1024) / 1024)
            return min(left, float(max(0, to_end)))
        return min(left, float(max(0, floor(position / -rate) + 1)))

    def _read(self, frames: int) -> Samples:
        assert self._samples is not None
        first, last = self._loop_range()
        position = self._anchor + self._steps * self._rate
        if self._rate == 1.0 and position % 1 == first % 1 == last % 1 == 0:
            return self._copy(int(position), frames, int(first), int(last))
        out = np.empty((self._samples.shape[0], frames), np.float32)
        play_linear(self._samples, out, self._anchor, self._rate, first, last, self._steps)
        return out

    def _copy(self, position: int, frames: int, first: int, last: int) -> Samples:
        """Return the frames as they are in the buffer: where they lie together, without a copy."""
        assert self._samples is not None
        if last <= first:
            return self._samples[:, position : position + frames]
        if position >= last:
            position = first + (position - first) % (last - first)
        if position + frames <= last:
            return self._samples[:, position : position + frames]
        out = np.empty((self._samples.shape[0], frames), np.float32)
        at = 0
        while at < frames:
            count = min(frames - at, last - position)
            out[:, at : at + count] = self._samples[:, position : position + count]
            at += count
            position = first
        return out

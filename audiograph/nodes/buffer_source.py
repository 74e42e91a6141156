"""AudioBufferSourceNode: audio from memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, floor, inf

import numpy as np

from audiograph.buffer import AudioBuffer
from audiograph.errors import InvalidStateError
from audiograph.nodes.scheduled_source import AudioScheduledSourceNode
from audiograph.param import Param, check_time
from audiograph.render.kernels import play_linear
from audiograph.render.processor import Block, Samples, Signal
from audiograph.render.scheduled import ScheduledProcessor
from audiograph.values import finite, truth

# AD-HOC: at most a million frames of the buffer for one of the context, so that positions stay
# numbers, whatever the parameters are.
_FASTEST = 2.0**20
_HIGHEST_OCTAVE = 1000.0
# NB: a float32, since that decides about the last bits of the rate.
_OCTAVE = np.float32(1200)

# Times are seconds, and k / rate · rate is not always k: what misses a frame by no more than this
# part of its number means the frame.
_ROUNDING = 2e-15
# In frames.
_INAUDIBLE = 1e-7


@dataclass(frozen=True, kw_only=True)
class AudioBufferSourceOptions:
    """What an AudioBufferSourceNode is made from: the first values of its attributes.

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

    playback_rate = Param(
        "How fast the buffer is played; backwards where it is negative.",
        unit="times its own speed",
        rate="k-rate",
        fixed_rate=True,
    )
    detune = Param(
        "How much higher it is played, and faster; 1200 are an octave.",
        unit="cents",
        rate="k-rate",
        fixed_rate=True,
    )
    _processor: BufferSourceProcessor
    _buffer: AudioBuffer | None = None
    _buffer_set = False

    def _make_processor(self, options: AudioBufferSourceOptions) -> BufferSourceProcessor:
        processor = BufferSourceProcessor(
            self._context.sample_rate, self._context.render_quantum_size
        )
        self._processor = processor
        self._loop, self._loop_start, self._loop_end = (
            options.loop,
            options.loop_start,
            options.loop_end,
        )
        processor.set_loop(self._loop, self._loop_start, self._loop_end)
        self.buffer = options.buffer
        return processor

    @property
    def buffer(self) -> AudioBuffer | None:
        """The audio to be played. Raises InvalidStateError when a second one is set.

        A source that has been started and is rendered without one has ended.

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
        """Whether the part from `loop_start` to `loop_end` is played again and again; not at first.

        https://webaudio.github.io/web-audio-api/#dom-audiobuffersourcenode-loop
        """
        return self._loop

    @loop.setter
    def loop(self, loop: bool) -> None:
        self._loop = truth("loop", loop)
        self._loop_anew()

    @property
    def loop_start(self) -> float:
        """Where the loop begins, in seconds of the buffer: a finite number, else TypeError.

        https://webaudio.github.io/web-audio-api/#dom-audiobuffersourcenode-loopstart
        """
        return self._loop_start

    @loop_start.setter
    def loop_start(self, loop_start: float) -> None:
        self._loop_start = finite("loop_start", loop_start)
        self._loop_anew()

    @property
    def loop_end(self) -> float:
        """Where the loop ends, in seconds of the buffer; 0, as at first, is the buffer's end.

        Raises TypeError for what is no finite number.

        https://webaudio.github.io/web-audio-api/#dom-audiobuffersourcenode-loopend
        """
        return self._loop_end

    @loop_end.setter
    def loop_end(self, loop_end: float) -> None:
        self._loop_end = finite("loop_end", loop_end)
        self._loop_anew()

    def start(
        self, when: float = 0, offset: float | None = None, duration: float | None = None
    ) -> None:
        """Play from `when` on, from `offset` seconds in the buffer, for `duration` seconds of it.

        Raises InvalidStateError when called twice, ValueError for a time that is negative or not
        finite.

        https://webaudio.github.io/web-audio-api/#dom-audiobuffersourcenode-start
        """
        with self._context._lock:
            self._check_not_started()
            when = check_time("when", when)
            offset = 0.0 if offset is None else check_time("offset", offset)
            duration = inf if duration is None else check_time("duration", duration)
            # AD-HOC: at its own speed it begins on a frame, as in browsers, and so sounds as it is.
            whole = self.playback_rate.value == 1 and self.detune.value == 0
            # NB: before the start, since the render thread may read its messages in between.
            self._context._post(self._processor.choose, offset, duration, whole)
            self._acquire()
            self._start(when)

    def _acquire(self) -> None:
        """Hand the buffer's content, as it is now, to the render side."""
        if self._buffer is None:
            self._context._post(self._acquire_rendered, None, 1.0)
        else:
            self._context._post(
                self._acquire_rendered, self._buffer._acquire(), self._buffer.sample_rate
            )

    def _acquire_rendered(self, samples: Samples | None, sample_rate: float) -> None:
        """Take over the content on the render side."""
        self._processor.set_samples(samples, sample_rate)
        self._wake_rendered()

    def _loop_anew(self) -> None:
        self._context._post(self._processor.set_loop, self._loop, self._loop_start, self._loop_end)


class BufferSourceProcessor(ScheduledProcessor):
    """Reads the buffer at a position that moves by the computed rate, frame by frame.

    Where the text leaves a choice, or its steps say something else than its words on `loop_start`,
    `loop_end` and `duration`, it is as in Chromium: how frames are interpolated, how positions are
    added up and rounded, where a loop begins and ends, what uses up the duration.

    https://webaudio.github.io/web-audio-api/#playback-AudioBufferSourceNode
    """

    def __init__(self, sample_rate: float, quantum: int) -> None:
        super().__init__(quantum)
        self._sample_rate = sample_rate
        self._samples: Samples | None = None
        self._buffer_rate = sample_rate
        self._loop = (False, 0.0, 0.0)
        # The loop's start and end in frames of the buffer; (0, 0) is no loop.
        self._range = (0.0, 0.0)
        self._offset = 0.0
        self._duration = inf
        self._whole = False
        self._playing = False
        # In frames of the buffer: where it is read next, and how much has been played.
        self._position = 0.0
        self._played = 0.0
        self._rate = 1.0

    def choose(self, offset: float, duration: float, whole: bool) -> None:
        """Play from `offset` on for `duration`, both in seconds of the buffer.

        With `whole`, from the frame that is nearest to `offset`.
        """
        self._offset, self._duration, self._whole = offset, duration, whole

    def set_samples(self, samples: Samples | None, sample_rate: float) -> None:
        """Play `samples`, shape (channels, frames); None is the end, once it is rendered."""
        self._samples = samples if samples is None else np.ascontiguousarray(samples)
        self._buffer_rate = sample_rate
        self._range = self._loop_range()

    def set_loop(self, loop: bool, start: float, end: float) -> None:
        """Loop, or not, from `start` to `end`, in seconds of the buffer."""
        self._loop = (loop, start, end)
        self._range = self._loop_range()

    def find_begin(self) -> int:
        if self._samples is not None:
            return super().find_begin()
        self.begin_frame = 0
        return 0

    def process(self, block: Block) -> Sequence[Signal]:
        # By the text, for a null buffer: "force zero output for all time"
        if self._samples is None:
            self._stop = block.start
        return super().process(block)

    def play(self, block: Block, offset: int, frames: int) -> Samples:
        rate, detune = block.params["playback_rate"], block.params["detune"]
        steady = isinstance(rate, float) and isinstance(detune, float)
        parts: list[Samples] = []
        at, end = offset, offset + frames
        while at < end and not self.finished:
            # The parameters are k-rate: they change with the quantum.
            last = end if steady else min(end, (at // block.quantum + 1) * block.quantum)
            step = self._step(
                rate if isinstance(rate, float) else float(rate[at]),
                detune if isinstance(detune, float) else float(detune[at]),
            )
            out, ended = self._play(block.start + at, step, last - at)
            parts.append(out)
            at += out.shape[1]
            if ended:
                self.finish(block.start + at)
        return parts[0] if len(parts) == 1 else np.concatenate(parts, axis=1)

    def _step(self, playback_rate: float, detune: float) -> float:
        """Return how far a frame of the context is in the buffer, in frames of that."""
        # By the text: "computedPlaybackRate(t) = playbackRate(t) * pow(2, detune(t) / 1200)"
        step = self._buffer_rate / self._sample_rate * playback_rate
        if detune:
            step *= 2.0 ** min(float(np.float32(detune) / _OCTAVE), _HIGHEST_OCTAVE)
        return min(max(step, -_FASTEST), _FASTEST)

    def _play(self, start: int, rate: float, frames: int) -> tuple[Samples, bool]:
        """Return up to `frames` frames at one rate, and whether the source ended with them."""
        assert self._samples is not None
        if not self._playing:
            self._begin(start, rate)
        self._rate = rate
        count, self._played = self._count_content(start, rate, frames)
        first, last = self._range
        if rate == 1.0 and self._position % 1 == first % 1 == last % 1 == 0:
            out = self._copy(count)
        else:
            out = np.empty((self._samples.shape[0], count), np.float32)
            count, self._position = self._read(out, rate)
            out = out[:, :count]
        return out, count < frames or self._is_over()

    def _begin(self, start: int, rate: float) -> None:
        assert self._samples is not None
        # By the text: "offset is silently clamped to [0, duration]"
        length = self._samples.shape[1]
        position = min(self._offset, length / self._buffer_rate) * self._buffer_rate
        if self._whole:
            position = float(floor(round(position * 1024) / 1024 + 0.5))
        first, last = self._range
        # By the text: "if (… computedPlaybackRate >= 0 && offset >= actualLoopEnd) offset = …", and
        # there the loop begins.
        if last > first and rate >= 0 and position >= last:
            position = first
        # By the text: "if (computedPlaybackRate < 0 && … offset < actualLoopStart) offset = …"
        if last > first and rate < 0:
            position = max(position, first)
        # A start between frames: at the first frame, the buffer has played for a fraction of one.
        early = start - self.start_time * self._sample_rate
        self._played = max(0.0, early) * abs(rate)
        # NB: less could not be heard, but would cost the interpolation of every frame.
        self._position = position + early * rate if early > _INAUDIBLE else position
        self._playing = True

    def _loop_range(self) -> tuple[float, float]:
        """Return the loop's start and end in frames of the buffer; (0, 0) is no loop."""
        loop, start, end = self._loop
        if not loop or self._samples is None:
            return 0.0, 0.0
        length = float(self._samples.shape[1])
        # "If loopStart is less than 0, looping will begin at 0. … a loopEnd value of zero is
        # equivalent to the length of the buffer"
        first = max(self._frames(start), 0.0)
        last = min(self._frames(end), length) if end else length
        # "If any of these constraints are violated, the loop is considered to include the entire
        # buffer contents."
        return (first, last) if first < last else (0.0, length)

    def _frames(self, seconds: float) -> float:
        """Return a time of the buffer in frames."""
        frames = seconds * self._buffer_rate
        nearest = float(np.rint(frames))
        return nearest if abs(frames - nearest) <= _ROUNDING * nearest else frames

    def _count_content(self, start: int, rate: float, frames: int) -> tuple[int, float]:
        """Return how many of the next frames the duration leaves, and what has been played then.

        It is added up quantum by quantum, since rounding can decide about a frame.
        """
        if self._duration == inf:
            return frames, self._played
        played, content = self._played, self._duration * self._buffer_rate
        if content <= played:
            return 0, played
        step = abs(rate)
        if not step:
            return frames, played
        quantum = self._quantum
        whole = quantum * step
        # What begins earlier needs no division.
        latest_frame, most_played = frames - quantum, content - whole
        count, following = 0, min(quantum - start % quantum, frames)
        while count < frames:
            left = (content - played) / step
            if left <= following - 1:
                return count + max(0, ceil(left)), content
            played += following * step
            count += following
            while count <= latest_frame and played < most_played:
                played += whole
                count += quantum
            following = min(quantum, frames - count)
        return count, played

    def _is_over(self) -> bool:
        """Return whether nothing is left to be played."""
        assert self._samples is not None
        if self._played >= self._duration * self._buffer_rate:
            return True
        if self._range[1] > 0:
            return False
        return self._position >= self._samples.shape[1] if self._rate >= 0 else self._position < 0

    def _read(self, out: Samples, rate: float) -> tuple[int, float]:
        """Fill `out`; return how many frames there were, and the position after them."""
        assert self._samples is not None
        return play_linear(self._samples, out, self._position, rate, *self._range)

    def _copy(self, frames: int) -> Samples:
        """Return the frames as they are in the buffer: where they lie together, without a copy."""
        assert self._samples is not None
        position, (first, last) = int(self._position), map(int, self._range)
        if last <= first:
            out = self._samples[:, position : position + frames]
            self._position = float(position + out.shape[1])
            return out
        period = last - first
        if position >= last:
            position = first + (position - first) % period
        ahead = last - position
        if frames < ahead:
            self._position = float(position + frames)
            return self._samples[:, position : position + frames]
        self._position = float(first + (frames - ahead) % period)
        out = np.empty((self._samples.shape[0], frames), np.float32)
        out[:, :ahead] = self._samples[:, position:last]
        # The loop, and then all that is there already, so that a short one takes few steps.
        at, source = ahead, self._samples[:, first:last]
        while at < frames:
            count = min(frames - at, source.shape[1])
            out[:, at : at + count] = source[:, :count]
            at += count
            source = out[:, ahead:at]
        return out

"""OscillatorNode: a periodic wave."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Final, Literal, NamedTuple, get_args

import numpy as np

from audiograph.errors import InvalidAccessError, InvalidStateError
from audiograph.host import NodeHost
from audiograph.node import AudioNodeOptions
from audiograph.nodes.scheduled_source import AudioScheduledSourceNode
from audiograph.param import MOST_CENTS, MOST_POSITIVE, NYQUIST, Bound, Param
from audiograph.periodic_wave import PeriodicWave
from audiograph.render.processor import Block, ParamValue, Samples
from audiograph.render.scheduled import ScheduledProcessor
from audiograph.render.wavetable import BasicShape, Wavetable, basic_wavetable, period_frames
from audiograph.render.wavetable_kernels import read_steady, read_swept
from audiograph.values import choice

OscillatorType = BasicShape | Literal["custom"]

TYPES: Final[tuple[OscillatorType, ...]] = (*get_args(BasicShape), "custom")


@dataclass(frozen=True, kw_only=True)
class OscillatorOptions(AudioNodeOptions):
    """What an OscillatorNode is made from; with a `periodic_wave`, its type is "custom".

    https://webaudio.github.io/web-audio-api/#OscillatorOptions
    """

    type: OscillatorType = "sine"
    frequency: float = 440.0
    detune: float = 0.0
    periodic_wave: PeriodicWave | None = None


class OscillatorNode(AudioScheduledSourceNode[OscillatorOptions]):
    """Put out a periodic wave of one channel: frequency · 2^(detune / 1200) Hz.

    The phase is 0 at the exact start. Partials at the Nyquist frequency and above are left out;
    those in the third of an octave below it fade away. A negative frequency runs backwards.

    Raises InvalidStateError for the type "custom" without a `periodic_wave`, InvalidAccessError for
    a PeriodicWave of another context.

    https://webaudio.github.io/web-audio-api/#OscillatorNode
    """

    frequency = Param(
        "How often the wave recurs; backwards where it is negative.",
        unit="Hz",
        minimum=Bound("-sample_rate / 2", lambda context, _: -context.sample_rate / 2),
        maximum=NYQUIST,
    )
    detune = Param(
        "How far `frequency` is moved; 1200 are an octave.",
        unit="cents",
        minimum=-MOST_CENTS,
        maximum=MOST_CENTS,
    )
    _processor: OscillatorProcessor

    def _check_options(self, context: NodeHost, options: OscillatorOptions) -> None:
        # By the text: "If this is set to "custom" without also specifying a periodicWave, then an
        # InvalidStateError exception MUST be thrown."
        if options.periodic_wave is not None:
            _check_wave(context, options.periodic_wave)
        elif options.type == "custom":
            raise InvalidStateError("an oscillator of type 'custom' needs a periodic_wave")

    def _make_processor(self, options: OscillatorOptions) -> OscillatorProcessor:
        wave = options.periodic_wave
        self._type: OscillatorType = options.type if wave is None else "custom"
        return OscillatorProcessor(
            self._context.render_quantum_size,
            self._wavetable(self._type) if wave is None else wave._wavetable,
        )

    @property
    def type(self) -> OscillatorType:
        """The wave: "sine", "square", "sawtooth" or "triangle"; "custom" if a PeriodicWave was set.

        A change conserves the phase. Raises InvalidStateError when set to "custom", TypeError for
        anything else.

        https://webaudio.github.io/web-audio-api/#dom-oscillatornode-type
        """
        return self._type

    @type.setter
    def type(self, type: OscillatorType) -> None:
        choice("type", type, TYPES)
        if type == "custom":
            raise InvalidStateError("the type becomes 'custom' by set_periodic_wave alone")
        self._set_wave(type, self._wavetable(type))

    def set_periodic_wave(self, periodic_wave: PeriodicWave) -> None:
        """Put out a wave of one's own; the type becomes "custom".

        Raises InvalidAccessError for a PeriodicWave of another context.

        https://webaudio.github.io/web-audio-api/#dom-oscillatornode-setperiodicwave
        """
        _check_wave(self._context, periodic_wave)
        self._set_wave("custom", periodic_wave._wavetable)

    def _wavetable(self, shape: OscillatorType) -> Wavetable:
        assert shape != "custom"
        return basic_wavetable(shape, period_frames(self._context.sample_rate))

    def _set_wave(self, type: OscillatorType, wave: Wavetable) -> None:
        self._type = type
        self._context._post(self._processor.set_wave, wave)


class _Stretch(NamedTuple):
    """Frames of a block, from `first` to `end`, in which the same parameters move.

    What does not move stays as it is throughout.
    """

    first: int
    end: int
    frequency_moves: bool
    detune_moves: bool

    def values(self, param: ParamValue, *, moves: bool) -> Samples:
        """Return a parameter's value, of shape (1,), or (frames,) where it moves."""
        if isinstance(param, float):
            return np.array([param], np.float32)
        return param[self.first : self.end if moves else self.first + 1]


class OscillatorProcessor(ScheduledProcessor):
    """Reads a wavetable at a phase that moves on by a step, as the frequency says, every frame.

    NB: numbers are rounded to float32s where they are in Chromium, and that depends on what moves.
    A phase adds the rounding of the step up, to a thousandth of a radian in a second, so that
    rounded otherwise no two waves would agree.
    """

    def __init__(self, quantum: int, wave: Wavetable) -> None:
        super().__init__(quantum)
        # In frames of the table.
        self._phase: float | None = None
        self._cells = np.empty(quantum, np.int32)
        # What holds while frequency and detune stay what they are.
        self._held: tuple[float, float] | None = None
        self._row = 0
        self._fade = self._step = np.float32(0)
        self._exact_step = 0.0
        self.set_wave(wave)

    def set_wave(self, wave: Wavetable) -> None:
        """Go on with another wave, of as many frames."""
        self._wave = wave

    def play(self, block: Block, offset: int, frames: int) -> Samples:
        out = np.empty((1, frames), np.float32)
        first, end = offset, offset + frames
        if self._phase is None and self._early(block, first) < 0:
            # NB: rounding has put the start on the frame before it.
            out[0, 0] = 0
            first += 1
        for stretch in _stretches(block, first, end) if first < end else ():
            play = self._sweep if stretch.frequency_moves or stretch.detune_moves else self._hold
            play(block, stretch, out[0, stretch.first - offset : stretch.end - offset])
        return out

    def _hold(self, block: Block, stretch: _Stretch, out: Samples) -> None:
        """Fill `out` where both parameters stay as they are."""
        frequency, detune = (
            value if isinstance(value, float) else float(value[stretch.first])
            for value in (block.params["frequency"], block.params["detune"])
        )
        if self._held != (frequency, detune):
            self._held = frequency, detune
            # By the text: "computedOscFrequency(t) = frequency(t) * pow(2, detune(t) / 1200)"
            factor = _exp2(np.array([detune], np.float32) / np.float32(1200))
            hertz = _clamp(np.float32(frequency) * factor, block.sample_rate / 2)
            scale = np.float32(self._wave.frames / block.sample_rate)
            position = self._wave.positions(hertz * scale)[0]
            self._row, self._fade = int(position), position - int(position)
            self._step, self._exact_step = hertz[0] * scale, float(hertz[0]) * float(scale)
        self._phase = read_steady(
            self._wave.rows,
            self._row,
            self._fade,
            self._step,
            out,
            self._phase_at(block, stretch.first, self._exact_step),
            stretch.first % block.quantum,
            block.quantum,
            self._cells,
        )

    def _sweep(self, block: Block, stretch: _Stretch, out: Samples) -> None:
        """Fill `out` where one of the parameters moves, or both."""
        first, _, frequency_moves, detune_moves = stretch
        steps = frequency = stretch.values(block.params["frequency"], moves=frequency_moves)
        detune = stretch.values(block.params["detune"], moves=detune_moves)
        factor = np.array([self._wave.frames / block.sample_rate], np.float32)
        # NB: what moves is multiplied first, and then by what does not, which is one number.
        if detune_moves:
            steps = _exp2(detune * np.float32(1 / 1200))
        if not frequency_moves:
            factor *= frequency
        elif detune_moves:
            steps = steps * frequency
        if not detune_moves:
            factor *= _exp2(detune / np.float32(1200))
        steps = steps * factor
        # NB: the frequency alone is never beyond its range.
        if detune_moves or detune[0] > 0:
            steps = _clamp(steps, self._wave.frames / 2)
        if len(steps) < len(out):
            steps = steps.repeat(len(out))
        self._phase = read_swept(
            self._wave.rows,
            self._wave.positions(steps),
            steps,
            out,
            self._phase_at(block, first, float(steps[0])),
            first % block.quantum,
            block.quantum,
        )

    def _phase_at(self, block: Block, frame: int, step: float) -> float:
        """Return the phase at a frame of the block, which takes `step` frames of the table."""
        if self._phase is not None:
            return self._phase
        # By the text: "… assuming a phase angle of zero at the node's exact start time."
        phase = self._early(block, frame) * step % self._wave.frames
        # NB: a hair below zero is rounded to a whole period, where the table has ended.
        return phase if phase < self._wave.frames else 0.0

    def _early(self, block: Block, frame: int) -> float:
        """Return how many frames before a frame of the block the exact start is."""
        return block.start + frame - self.start_time * block.sample_rate


def _stretches(block: Block, first: int, end: int) -> Iterator[_Stretch]:
    """Yield what is between two frames of the block, in the order of time."""
    quantum = block.quantum
    begin = first // quantum
    count = -(-end // quantum) - begin
    # The first frames of the first quantum and of the last.
    start, last = block.start + begin * quantum, block.start + (begin + count - 1) * quantum
    names = ("frequency", "detune")
    params = [block.params[name] for name in names]
    busy = [block.busy_frames(name) for name in names]
    whole = [any(since <= start and last <= until for since, until in times) for times in busy]
    if all(
        whole[i]
        or (
            isinstance(params[i], float)
            and all(until < start or last < since for since, until in times)
        )
        for i, times in enumerate(busy)
    ):
        yield _Stretch(first, end, *whole)
        return
    starts = np.arange(start, last + 1, quantum)
    changes = np.zeros(count, np.bool_)
    moving = []
    for param, times in zip(params, busy, strict=True):
        moves = np.zeros(count, np.bool_)
        for since, until in times:
            moves |= (since <= starts) & (starts <= until)
        if not isinstance(param, float):
            values = param[begin * quantum : (begin + count) * quantum].reshape(count, quantum)
            moves |= (values != values[:, :1]).any(axis=1)
            held = np.where(moves, 0, values[:, 0])
            changes[1:] |= held[1:] != held[:-1]
        changes[1:] |= moves[1:] != moves[:-1]
        moving.append(moves)
    changes[0] = True
    for i, j in pairwise([*np.flatnonzero(changes).tolist(), count]):
        frame, stop = max(first, (begin + i) * quantum), min(end, (begin + j) * quantum)
        yield _Stretch(frame, stop, *(bool(moves[i]) for moves in moving))


def _clamp(values: Samples, highest: float) -> Samples:
    # By the text: "Its nominal range is [-Nyquist frequency, Nyquist frequency]."
    return np.clip(values, -highest, highest, out=values)


def _exp2(octaves: Samples) -> Samples:
    """Return 2^octaves."""
    return np.minimum(np.exp2(octaves, dtype=np.float64), MOST_POSITIVE).astype(np.float32)


def _check_wave(context: NodeHost, wave: object) -> None:
    if not isinstance(wave, PeriodicWave):
        raise TypeError(f"a periodic wave is a PeriodicWave, not {type(wave).__name__}")
    # By the text: "Unlike AudioBuffer, PeriodicWaves can't be shared … It is associated with a
    # particular BaseAudioContext."
    if wave._context is not context:
        raise InvalidAccessError("the PeriodicWave belongs to another context")

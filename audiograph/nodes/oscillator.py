"""OscillatorNode: a periodic wave."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from audiograph.errors import InvalidAccessError, InvalidStateError
from audiograph.host import NodeHost
from audiograph.node import AudioNodeOptions
from audiograph.nodes.scheduled_source import AudioScheduledSourceNode
from audiograph.param import NYQUIST, Bound, Param
from audiograph.periodic_wave import PeriodicWave
from audiograph.render.processor import Block, Samples
from audiograph.render.scheduled import ScheduledProcessor
from audiograph.render.wavetable import BasicShape, Wavetable, basic_wavetable, period_frames
from audiograph.render.wavetable_kernels import FRACTION_BITS, LINEAR_STEP, read_row, read_rows
from audiograph.values import choice

OscillatorType = BasicShape | Literal["custom"]

_MOST = np.finfo(np.float32).max

# 2^(detune / 1200) is finite in a float32 up to here.
_DETUNE_LIMIT = 1200 * np.log2(_MOST)


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
        minimum=-_DETUNE_LIMIT,
        maximum=_DETUNE_LIMIT,
    )
    _processor: OscillatorProcessor

    def _check_options(self, context: NodeHost, options: OscillatorOptions) -> None:
        _check_type(options.type)
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
        _check_type(type)
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


class OscillatorProcessor(ScheduledProcessor):
    """Reads a wavetable at a phase that moves on by a step, as the frequency says, every frame.

    While the frequency stays, the two rows of the table are mixed once, beforehand.
    """

    def __init__(self, quantum: int, wave: Wavetable) -> None:
        super().__init__(quantum)
        self._phase: int | None = None
        # What holds while frequency and detune stay what they are.
        self._tuning: tuple[float, float] | None = None
        self._steps = np.zeros(1, np.float32)
        self.set_wave(wave)

    def set_wave(self, wave: Wavetable) -> None:
        """Go on with another wave, of as many frames."""
        self._wave = wave
        self._row: Samples | None = None

    def play(self, block: Block, offset: int, frames: int) -> Samples:
        steps = self._steps_in(block, offset, frames)
        step = float(steps[0])
        if self._phase is None:
            # By the text: "… assuming a phase angle of zero at the node's exact start time."
            early = block.start + offset - self.start_time * block.sample_rate
            self._phase = self._whole(early * step)
        out = np.empty((1, frames), np.float32)
        if len(steps) == 1 and abs(step) >= LINEAR_STEP:
            if self._row is None:
                self._row = self._wave.row_at(self._wave.positions(steps)[0])
            whole = self._whole(step)
            read_row(self._row, out[0], self._phase, whole)
            self._phase = self._wrap(self._phase + frames * whole)
        else:
            positions = self._wave.positions(steps)
            if len(steps) == 1:
                positions, steps = positions.repeat(frames), steps.repeat(frames)
            self._phase = read_rows(self._wave.rows, positions, steps, out[0], self._phase)
        return out

    def _steps_in(self, block: Block, offset: int, frames: int) -> Samples:
        """Return how many frames of the table each frame takes; one number where it is constant."""
        frequency, detune = block.params["frequency"], block.params["detune"]
        scale = self._wave.frames / block.sample_rate
        highest = block.sample_rate / 2
        if isinstance(frequency, float) and isinstance(detune, float):
            if self._tuning != (frequency, detune):
                self._tuning = (frequency, detune)
                self._steps = _steps(_array(frequency), _array(detune), highest, scale)
                self._row = None
            return self._steps
        frequency, detune = (
            _array(value) if isinstance(value, float) else value[offset : offset + frames]
            for value in (frequency, detune)
        )
        return _steps(frequency, detune, highest, scale)

    def _whole(self, table_frames: float) -> int:
        """Return a stretch of the table as a phase."""
        return self._wrap(int(table_frames * 2**FRACTION_BITS))

    def _wrap(self, phase: int) -> int:
        return phase % (self._wave.frames << FRACTION_BITS)


def _array(value: float) -> Samples:
    return np.array([value], np.float32)


def _steps(frequency: Samples, detune: Samples, highest: float, scale: float) -> Samples:
    """Return the computed frequency, which ends at `highest`, times `scale`.

    NB: rounded to a float32 at every turn, as in Chromium. A phase adds the rounding of the step
    up, to a thousandth of a radian in a second, so that rounded otherwise no two waves would agree.
    """
    # By the text: "computedOscFrequency(t) = frequency(t) * pow(2, detune(t) / 1200)", of which
    # "the nominal range … is [-Nyquist frequency, Nyquist frequency]".
    factor = np.exp2(detune / np.float32(1200), dtype=np.float64)
    hertz = frequency * np.minimum(factor, _MOST).astype(np.float32)
    steps: Samples = np.clip(hertz, -np.float32(highest), np.float32(highest))
    return steps * np.float32(scale)


def _check_type(type: str) -> None:
    choice("an oscillator's type", type, [*get_args(BasicShape), "custom"])


def _check_wave(context: NodeHost, wave: object) -> None:
    if not isinstance(wave, PeriodicWave):
        raise TypeError(f"a periodic wave is a PeriodicWave, not {type(wave).__name__}")
    # By the text: "Unlike AudioBuffer, PeriodicWaves can't be shared … It is associated with a
    # particular BaseAudioContext."
    if wave._context is not context:
        raise InvalidAccessError("the PeriodicWave belongs to another context")

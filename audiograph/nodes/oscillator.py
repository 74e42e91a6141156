"""OscillatorNode: a periodic wave."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from audiograph.errors import NotSupportedError
from audiograph.host import NodeHost
from audiograph.node import AudioNodeOptions
from audiograph.nodes.scheduled_source import AudioScheduledSourceNode
from audiograph.param import Param
from audiograph.render.processor import Block, Samples
from audiograph.render.scheduled import ScheduledProcessor

OscillatorType = Literal["sine", "square", "sawtooth", "triangle", "custom"]

# 2^(detune / 1200) is finite in a float32 up to here.
_DETUNE_LIMIT = 1200 * np.log2(np.finfo(np.float32).max)


@dataclass(frozen=True, kw_only=True)
class OscillatorOptions(AudioNodeOptions):
    """What an OscillatorNode is made from.

    https://webaudio.github.io/web-audio-api/#OscillatorOptions
    """

    type: OscillatorType = "sine"
    frequency: float = 440.0
    detune: float = 0.0


def _nyquist(context: NodeHost, options: OscillatorOptions) -> float:
    return context.sample_rate / 2


class OscillatorNode(AudioScheduledSourceNode[OscillatorOptions]):
    """Put out a periodic wave of one channel: frequency · 2^(detune / 1200) Hz.

    Only sines so far: other types raise NotSupportedError.

    https://webaudio.github.io/web-audio-api/#OscillatorNode
    """

    frequency = Param(
        unit="Hz", minimum=lambda context, options: -_nyquist(context, options), maximum=_nyquist
    )
    detune = Param(unit="cents", minimum=-_DETUNE_LIMIT, maximum=_DETUNE_LIMIT)

    def check_options(self, context: NodeHost, options: OscillatorOptions) -> None:
        _check_type(options.type)

    def make_processor(self, options: OscillatorOptions) -> ScheduledProcessor:
        return OscillatorProcessor(self._context.render_quantum_size)

    @property
    def type(self) -> OscillatorType:
        """The shape of the wave."""
        return "sine"

    @type.setter
    def type(self, type: OscillatorType) -> None:
        _check_type(type)


class OscillatorProcessor(ScheduledProcessor):
    """A sine, by its phase: counted in periods from the exact start.

    While the frequency stays, the phase is the product of frames and frequency, so that it is the
    same in blocks of any length.
    """

    def __init__(self, quantum: int) -> None:
        super().__init__(quantum)
        self._anchor: int | None = None
        self._phase = 0.0
        self._periods = 0.0

    def play(self, block: Block, offset: int, frames: int) -> Samples:
        start = block.start + offset
        periods = self._periods_per_frame(block, offset, frames)
        first = periods if isinstance(periods, float) else float(periods[0])
        if self._anchor is None:
            # Between frames, the wave starts where it would be after that fraction of a frame.
            early = start - self.start_time * block.sample_rate
            self._anchor, self._phase, self._periods = start, early * first, first
        if not isinstance(periods, float):
            phase = np.empty(frames + 1)
            phase[0] = self._phase + (start - self._anchor) * self._periods
            phase[1:] = periods
            np.cumsum(phase, out=phase)
            self._anchor, self._phase, self._periods = start + frames, float(phase[-1]) % 1.0, 0.0
            phase = phase[:-1]
        else:
            if periods != self._periods:
                self._phase = (self._phase + (start - self._anchor) * self._periods) % 1.0
                self._anchor, self._periods = start, periods
            passed = start - self._anchor
            phase = self._phase + np.arange(passed, passed + frames, dtype=np.float64) * periods
        phase -= np.floor(phase)
        wave: Samples = np.sin(2 * np.pi * phase).astype(np.float32)
        # At the Nyquist frequency a wave has no partial that could be heard.
        np.copyto(wave, 0.0, where=np.abs(periods) >= 0.5)
        return wave[np.newaxis]

    @staticmethod
    def _periods_per_frame(block: Block, offset: int, frames: int) -> float | NDArray[np.float64]:
        """Return the part of a period that each frame takes: one number where it is constant."""
        frequency, detune = (
            value if isinstance(value, float) else value[offset : offset + frames]
            for value in (block.params["frequency"], block.params["detune"])
        )
        # By the text: "computedOscFrequency(t) = frequency(t) * pow(2, detune(t) / 1200)", of which
        # "the nominal range … is [-Nyquist frequency, Nyquist frequency]".
        highest = block.sample_rate / 2
        if isinstance(frequency, float) and isinstance(detune, float):
            hertz = frequency * 2.0 ** (detune / 1200)
            return float(min(max(hertz, -highest), highest) / block.sample_rate)
        factor = np.exp2(np.divide(detune, 1200, dtype=np.float64))
        each: NDArray[np.float64] = np.multiply(frequency, factor)
        return np.clip(each, -highest, highest) / block.sample_rate


def _check_type(type: str) -> None:
    if type not in ("sine", "square", "sawtooth", "triangle", "custom"):
        raise TypeError(f"an oscillator's type is 'sine', 'square', …, not {type!r}")
    if type != "sine":
        raise NotSupportedError(f"an oscillator of type {type!r}: only 'sine' is offered so far")

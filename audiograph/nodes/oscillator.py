"""OscillatorNode: a periodic wave."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

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
        frequency, detune = block.params["frequency"], block.params["detune"]
        start = block.start + offset
        # By the text: "computedOscFrequency(t) = frequency(t) * pow(2, detune(t) / 1200)"
        periods = np.multiply(frequency, np.exp2(np.divide(detune, 1200.0, dtype=np.float64)))
        periods = np.divide(periods, block.sample_rate, dtype=np.float64)
        constant = periods.ndim == 0
        if not constant:
            periods = periods[offset : offset + frames]
        if self._anchor is None:
            # Between frames, the wave starts where it would be after that fraction of a frame.
            first = float(periods if constant else periods[0])
            early = start / block.sample_rate - self.start_time
            self._anchor, self._phase = start, early * block.sample_rate * first
            self._periods = first
        if constant:
            if float(periods) != self._periods:
                self._phase += (start - self._anchor) * self._periods
                self._anchor, self._periods = start, float(periods)
            phase = self._phase + np.arange(start - self._anchor, start - self._anchor + frames) * (
                self._periods
            )
        else:
            phase = np.empty(frames + 1)
            phase[0] = self._phase + (start - self._anchor) * self._periods
            phase[1:] = periods
            np.cumsum(phase, out=phase)
            self._anchor, self._phase, self._periods = start + frames, float(phase[-1]), 0.0
            phase = phase[:-1]
        phase -= np.floor(phase)
        wave: Samples = np.sin(2 * np.pi * phase).astype(np.float32)
        return wave[np.newaxis]


def _check_type(type: str) -> None:
    if type not in ("sine", "square", "sawtooth", "triangle", "custom"):
        raise TypeError(f"an oscillator's type is 'sine', 'square', …, not {type!r}")
    if type != "sine":
        raise NotSupportedError(f"an oscillator of type {type!r}: only 'sine' is offered so far")

"""DynamicsCompressorNode: the loud softer, and then all of it louder."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from audiograph.node import AudioNode, AudioNodeOptions, ChannelRules
from audiograph.nodes.delay import DelayProcessor
from audiograph.param import Param
from audiograph.render.compression import LOUDEST, CompressionCurve
from audiograph.render.dynamics_kernels import follow
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

# AD-HOC: the text does not tell how many channels come out; in Chromium, of one two that are alike.
OUTPUT_CHANNELS = 2

LOOK_AHEAD_SECONDS = 0.006
"""How much later the signal comes out than its loudness is known."""

# The detector gets over what it is behind, at least these dB, and the meter over a peak in so long.
_DETECTOR_SECONDS = 0.0025
_SLOWEST_DETECTOR = 2.0
_METER_SECONDS = 0.325
# For how long the envelope follows silence: until the meter shows next to nothing.
_TAIL_SECONDS = 5 * _METER_SECONDS

_SHORTEST_ATTACK = 0.001
_HALF_PI = np.float32(np.pi / 2)


@dataclass(frozen=True, kw_only=True)
class DynamicsCompressorOptions(AudioNodeOptions):
    """What a DynamicsCompressorNode is made from: the first values of its attributes.

    https://webaudio.github.io/web-audio-api/#DynamicsCompressorOptions
    """

    attack: float = 0.003
    knee: float = 30.0
    ratio: float = 12.0
    release: float = 0.25
    threshold: float = -24.0


class DynamicsCompressorNode(AudioNode[DynamicsCompressorOptions]):
    """Turn down what is louder than `threshold`, and all of it up by a gain that makes up for it.

    Above `threshold` + `knee` the output rises by 1 dB for `ratio` dB of the input. The output is
    6 ms late, so that the gain is down when a peak comes. Takes one or two channels and puts out
    two: a `channel_count` above two and the mode "max" raise NotSupportedError.

    https://webaudio.github.io/web-audio-api/#DynamicsCompressorNode
    """

    _channel_rules = ChannelRules(mode="clamped-max", largest=2, modes=("clamped-max", "explicit"))

    threshold = Param(
        "The level from which on it is turned down.",
        unit="dB",
        minimum=-100.0,
        maximum=0.0,
        rate="k-rate",
        fixed_rate=True,
    )
    knee = Param(
        "Over how many dB above `threshold` the curve bends smoothly.",
        unit="dB",
        minimum=0.0,
        maximum=40.0,
        rate="k-rate",
        fixed_rate=True,
    )
    ratio = Param(
        "How many dB more of input make 1 dB more of output, above the knee.",
        unit="dB for 1 dB",
        minimum=1.0,
        maximum=20.0,
        rate="k-rate",
        fixed_rate=True,
    )
    attack = Param(
        "How long it takes to turn down by 10 dB.",
        unit="seconds",
        minimum=0.0,
        maximum=1.0,
        rate="k-rate",
        fixed_rate=True,
    )
    release = Param(
        "How long it takes to turn up again by 10 dB.",
        unit="seconds",
        minimum=0.0,
        maximum=1.0,
        rate="k-rate",
        fixed_rate=True,
    )
    _processor: DynamicsCompressorProcessor

    def _make_processor(self, options: DynamicsCompressorOptions) -> DynamicsCompressorProcessor:
        return DynamicsCompressorProcessor(
            self._context.sample_rate,
            self._context.render_quantum_size,
            self._context._renderer.frame,
        )

    @property
    def reduction(self) -> float:
        """How far the signal is turned down now, in dB: 0 or less.

        https://webaudio.github.io/web-audio-api/#dom-dynamicscompressornode-reduction
        """
        return self._processor.reduction


class DynamicsCompressorProcessor(Processor):
    """A delay of the signal, times a gain that follows the loudest channel.

    The text leaves the curve of the knee and the shapes of attack and release open. They are those
    of browsers, which all have the same: the knee is an exponential, the release is faster the
    more there is to release, and both are computed anew every 32 frames of a quantum.

    Parameters
    ----------
    sample_rate : float
        Frames per second.
    quantum : int
        Frames of a render quantum.
    start : int
        The frame at which the node is made; before it there was silence.

    Attributes
    ----------
    reduction : float
        The gain, in dB, without what makes up for it. The control side may read it.
    """

    def __init__(self, sample_rate: float, quantum: int, start: int) -> None:
        self.reduction = 0.0
        # AD-HOC: a DelayNode of 0.006 s would interpolate where these are no whole frames.
        frames = int(np.float32(LOOK_AHEAD_SECONDS) * np.float32(sample_rate))
        self._delay = _WholeFrames(frames, sample_rate, quantum)
        self._curve = CompressionCurve()
        # Attack and release in frames, and which parameters it all belongs to, where these are
        # constant.
        self._times = np.empty((1, 2), np.float32)
        self._settings: list[ParamValue] = []
        self._detector_frames = _DETECTOR_SECONDS * sample_rate
        rate = np.float32(10 ** (_SLOWEST_DETECTOR / 20 / self._detector_frames))
        self._slowest_rate = float(rate - np.float32(1))
        self._meter_frames = _METER_SECONDS * sample_rate
        self._tail = _TAIL_SECONDS * sample_rate
        self._quiet = start
        # By the text: "Let [[detector average]] be a floating point number, initialized to 0.0. Let
        # [[compressor gain]] be a floating point number, initialized to 1.0."
        self._state = np.array([0, 1, -1, 0, 0], np.float32)
        # Levels and gains, used anew for every block.
        self._scratch = np.empty((2, 0), np.float32)
        self.sounding = start <= self._tail

    def process(self, block: Block) -> Sequence[Signal]:
        # By the text: "input.connect(delay).connect(gain).connect(output);
        # input.connect(compression).connect(gain.gain);"
        (delayed,) = self._delay.process(block)
        gains = self._follow(block)
        self.sounding = self._delay.sounding or self._quiet <= self._tail
        if isinstance(delayed, Silence):
            return (SILENCE,)
        np.multiply(delayed, gains, out=delayed)
        return (convert(delayed, OUTPUT_CHANNELS, "speakers"),)

    def _follow(self, block: Block) -> Samples:
        """Return the gain for each frame, shape (frames,)."""
        quantum = block.quantum
        self._heed(block)
        if self._scratch.shape[1] < block.frames:
            self._scratch = np.empty((2, block.frames), np.float32)
        levels: Samples = self._scratch[0, : block.frames]
        gains: Samples = self._scratch[1, : block.frames]
        _measure(block.inputs[0], levels, gains)
        curve = self._curve
        self._quiet = follow(
            levels,
            levels.view(np.int32),
            gains,
            curve.shapes,
            curve.versions,
            curve.cells,
            curve.filled,
            self._times,
            self._state,
            self._detector_frames,
            self._slowest_rate,
            self._meter_frames,
            quantum,
            self._quiet,
            self._tail,
        )
        # AD-HOC: by the text it is the "reduction gain, converted to decibel", makeup included, but
        # also "if fed no signal the value will be 0". As in browsers, it falls at once and rises
        # slowly; while nothing was ever heard, it is 0.
        if self._quiet < block.start + block.frames:
            self.reduction = float(self._state[3])
        np.sin(np.multiply(gains, _HALF_PI, out=gains), out=gains)
        # "Compute reduction gain to be compressor gain multiplied by … the makeup gain."
        each = gains.reshape(-1, quantum)
        np.multiply(each, curve.makeup[:, np.newaxis], out=each)
        return gains

    def _heed(self, block: Block) -> None:
        """Have the curve and the times be those of the block's parameters."""
        values = [
            block.params[name] for name in ("threshold", "knee", "ratio", "attack", "release")
        ]
        constant = all(isinstance(value, float) for value in values)
        if constant and values == self._settings:
            return
        self._settings = values if constant else []
        threshold, knee, ratio, attack, release = (
            _each_quantum(value, block.quantum) for value in values
        )
        self._curve.choose(_rows(threshold, knee, ratio))
        # By the text: "… the values of attack and release, …, multiplied by the sample-rate".
        times = _rows(np.maximum(attack, _SHORTEST_ATTACK), release)
        self._times = times * np.float32(block.sample_rate)


class _WholeFrames(DelayProcessor):
    """A delay that has no parameter."""

    def __init__(self, frames: int, sample_rate: float, quantum: int) -> None:
        super().__init__(frames / sample_rate, sample_rate, quantum)
        self._frames = float(frames)

    def _delay_frames(self, block: Block) -> ParamValue:
        return self._frames


def _each_quantum(value: ParamValue, quantum: int) -> Samples:
    """Return a k-rate parameter's values, one for each quantum or one for all."""
    values: Samples = (
        np.atleast_1d(np.float32(value)) if isinstance(value, float) else value[::quantum]
    )
    return values


def _rows(*columns: Samples) -> Samples:
    """Return an array with these columns, each given whole or as one number for all rows."""
    rows = np.empty((max(map(len, columns)), len(columns)), np.float32)
    for k, column in enumerate(columns):
        rows[:, k] = column
    return rows


def _measure(signal: Signal, levels: Samples, spare: Samples) -> None:
    """Fill `levels` with the magnitude of the loudest channel; both are of shape (frames,)."""
    if isinstance(signal, Silence):
        levels[:] = 0
        return
    np.abs(signal[0], out=levels)
    for channel in signal[1:]:
        # NB: what is no number has no loudness, unless all channels are none.
        np.fmax(levels, np.abs(channel, out=spare), out=levels)
    np.fmin(levels, LOUDEST, out=levels)

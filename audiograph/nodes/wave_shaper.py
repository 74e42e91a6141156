"""WaveShaperNode: distortion by a curve."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from audiograph.arrays import finite_floats, floats
from audiograph.errors import InvalidStateError
from audiograph.node import AudioNode, AudioNodeOptions
from audiograph.render.mixing import channel_count, convert
from audiograph.render.oversampling import Oversampler
from audiograph.render.processor import (
    SILENCE,
    Block,
    Processor,
    Samples,
    Signal,
    Silence,
)
from audiograph.render.shaping_kernels import shape
from audiograph.render.vertex import InputPort
from audiograph.values import choice

OverSampleType = Literal["none", "2x", "4x"]

_FACTORS: Final[dict[OverSampleType, int]] = {"none": 1, "2x": 2, "4x": 4}

# Frames that are looked up at a time.
_STRETCH = 128


@dataclass(frozen=True, kw_only=True)
class WaveShaperOptions(AudioNodeOptions):
    """What a WaveShaperNode is made from: the first values of its attributes.

    https://webaudio.github.io/web-audio-api/#WaveShaperOptions
    """

    curve: ArrayLike | None = None
    oversample: OverSampleType = "none"


class WaveShaperNode(AudioNode[WaveShaperOptions]):
    """Distort each channel: put out what `curve` has for each sample, from -1 to 1.

    Without a curve, the input goes through as it is. With one that is not 0 in the middle, there is
    sound even where nothing is connected.

    https://webaudio.github.io/web-audio-api/#WaveShaperNode
    """

    _processor: WaveShaperProcessor

    def _make_processor(self, options: WaveShaperOptions) -> WaveShaperProcessor:
        # NB: as a sequence of floats, which in Web IDL are finite; not so the attribute's array.
        self._curve = (
            None if options.curve is None else _copy(finite_floats("curve", options.curve))
        )
        # By the text: "If options is given and specifies a curve, set [[curve set]] to true."
        self._curve_set = self._curve is not None
        self._oversample = options.oversample
        processor = WaveShaperProcessor(self._ports[0], self._context.render_quantum_size)
        processor.set_curve(self._curve)
        processor.set_factor(_FACTORS[options.oversample])
        return processor

    @property
    def curve(self) -> NDArray[np.float32] | None:
        """A copy of the curve, shape (values,): the outputs for inputs spread evenly over -1 … 1.

        Between them the output is linearly interpolated, beyond -1 and 1 it is that at the end. Can
        be set once, and to None. Raises InvalidStateError for a second curve or for one of less
        than two values, TypeError for what is no sequence of numbers; as an option, of finite ones.

        https://webaudio.github.io/web-audio-api/#dom-waveshapernode-curve
        """
        return None if self._curve is None else self._curve.copy()

    @curve.setter
    def curve(self, curve: ArrayLike | None) -> None:
        new = None if curve is None else _copy(floats("curve", curve))
        # By the text: "If new curve is not null and [[curve set]] is true, throw …"
        if new is not None and self._curve_set:
            raise InvalidStateError("the curve of a WaveShaperNode can be set only once")
        self._curve_set = self._curve_set or new is not None
        self._curve = new
        graph = self._context._renderer.graph
        self._context._post(self._processor.set_curve, new)
        self._context._post(graph.rouse, self._vertex)

    @property
    def oversample(self) -> OverSampleType:
        """How many times as fast the signal is made for the curve: "none", "2x" or "4x".

        That keeps harmonics above half the sample rate from folding back, and makes the output
        late: by 128 frames for "2x", by 192 for "4x". Raises TypeError for anything else.

        https://webaudio.github.io/web-audio-api/#dom-waveshapernode-oversample
        """
        return self._oversample

    @oversample.setter
    def oversample(self, oversample: OverSampleType) -> None:
        self._oversample = choice("oversample", oversample, _FACTORS)
        self._context._post(self._processor.set_factor, _FACTORS[oversample])


class WaveShaperProcessor(Processor):
    """Looks every sample up in the curve, at a higher rate if that is wanted."""

    def __init__(self, port: InputPort, quantum: int) -> None:
        self._port = port
        self._quantum = quantum
        self._cells = np.empty(_STRETCH, np.int32)
        # The curve with its last value twice, as the kernel takes it.
        self._curve: NDArray[np.float32] | None = None
        # What comes out for silence.
        self._rest = 0.0
        self._factor = 1
        self._oversampler: Oversampler | None = None
        # For how many frames an input that was wider than it is now can still be heard.
        self._wide_frames = 0

    def set_curve(self, curve: NDArray[np.float32] | None) -> None:
        """Apply that curve, or none."""
        self._curve = None if curve is None else np.append(curve, curve[-1])
        self._rest = 0.0
        if curve is not None:
            self._rest = float(self._shaped(np.zeros((1, 1), np.float32))[0, 0])
        self.set_factor(self._factor)

    def set_factor(self, factor: int) -> None:
        """Make the signal that many times as fast for the curve."""
        self._factor = factor
        # NB: also without a curve, "pass its input to its output without modification".
        over = factor > 1 and self._curve is not None
        self._oversampler = Oversampler(factor) if over else None
        self.sounding = self._rest != 0

    def process(self, block: Block) -> Sequence[Signal]:
        (signal,) = block.inputs
        if self._curve is None:
            self.sounding = False
            return (signal,)
        if self._oversampler is not None:
            return (self._process_fast(self._oversampler, block),)
        if not isinstance(signal, Silence):
            return (self._shaped(signal),)
        channels = self._channels(signal)
        if not channels:
            return (SILENCE,)
        return (np.full((channels, block.frames), self._rest, np.float32),)

    def _channels(self, signal: Signal) -> int:
        """Return how many channels come out for a signal: of silence that stays silent none."""
        if not isinstance(signal, Silence):
            return len(signal)
        # By the text: "The number of channels of the output always equals the number of channels of
        # the input", silent or not.
        return channel_count([], self._port.channel_count, self._port.mode) if self._rest else 0

    def _shaped(self, samples: Samples) -> Samples:
        out = samples.copy()
        self._shape(out)
        return out

    def _shape(self, samples: Samples) -> None:
        assert self._curve is not None
        shape(samples, self._curve, self._cells)

    def _process_fast(self, oversampler: Oversampler, block: Block) -> Signal:
        (signal,) = block.inputs
        given = self._channels(signal)
        # By the text: "… the number of output channels MUST increase immediately", and decrease
        # "when the input … with greater channel count no longer affects the output."
        if given > oversampler.channels:
            oversampler.remember(given, self._rest)
        width = oversampler.channels
        narrower = given < width
        self._wide_frames = (self._wide_frames or oversampler.frames) if narrower else 0
        if narrower:
            block.shorten(-(-self._wide_frames // self._quantum) * self._quantum)
            self._wide_frames -= block.frames
        (signal,) = block.inputs
        if isinstance(signal, Silence):
            samples = np.zeros((width, block.frames), np.float32)
        else:
            samples = convert(signal, width, "speakers")
        out = oversampler.process(samples, self._shape)
        if narrower and self._wide_frames <= 0:
            self._wide_frames = 0
            oversampler.remember(given, self._rest)
        self.sounding = oversampler.channels > 0
        return out


def _copy(curve: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return a copy of a curve; raise InvalidStateError for one that is too short."""
    # By the text: "An InvalidStateError MUST be thrown if … length less than 2."
    if len(curve) < 2:
        raise InvalidStateError(f"a curve of {len(curve)} values: at least two are needed")
    return curve.copy()

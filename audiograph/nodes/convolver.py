"""ConvolverNode: what comes in, as it would sound in another room."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, isfinite, sqrt

import numpy as np
from numpy.typing import NDArray

from audiograph.buffer import AudioBuffer
from audiograph.errors import NotSupportedError
from audiograph.host import NodeHost
from audiograph.node import AudioNode, AudioNodeOptions, ChannelRules
from audiograph.render.convolution import Convolution, Response
from audiograph.render.mixing import convert
from audiograph.render.processor import (
    SILENCE,
    Block,
    Processor,
    Signal,
    Silence,
)
from audiograph.render.vertex import InputPort
from audiograph.values import truth

# AD-HOC: -58 dB, as browsers have it. The text rounds that to 0.00125, which is 0.7 % less.
_GAIN_CALIBRATION = 10 ** (-58 / 20)
_GAIN_CALIBRATION_SAMPLE_RATE = 44100
_MIN_POWER = 0.000125


@dataclass(frozen=True, kw_only=True)
class ConvolverOptions(AudioNodeOptions):
    """What a ConvolverNode is made from: the first values of its attributes.

    `disable_normalization` is the opposite of the node's `normalize`.

    https://webaudio.github.io/web-audio-api/#ConvolverOptions
    """

    buffer: AudioBuffer | None = None
    disable_normalization: bool = False


class ConvolverNode(AudioNode[ConvolverOptions]):
    """Convolve the input, mono or stereo, with a response: the sound of a room, a speaker, a plate.

    `buffer` is the response. With one channel it is that of every channel of the input; with two,
    that of the left and of the right output; with four, those from left to left, left to right,
    right to left and right to right. The output is mono where the input and the response are, else
    stereo. There is no latency, however long the response is, and the output sounds on for the
    length of the response.

    Wider inputs are mixed down: `channel_count` is 1 or 2 and `channel_count_mode` not "max", else
    NotSupportedError.

    https://webaudio.github.io/web-audio-api/#ConvolverNode
    """

    _channel_rules = ChannelRules(mode="clamped-max", largest=2, modes=("clamped-max", "explicit"))
    _processor: ConvolverProcessor

    def _make_processor(self, options: ConvolverOptions) -> ConvolverProcessor:
        self._processor = ConvolverProcessor(self._ports[0], self._context.render_quantum_size)
        # By the text: "Set the attributes normalize to the inverse of the value of
        # disableNormalization. If buffer exists, set the buffer attribute to its value."
        self.normalize = not options.disable_normalization
        self.buffer = options.buffer
        return self._processor

    @property
    def buffer(self) -> AudioBuffer | None:
        """The response; None for none, which is silent.

        It is taken as it is when it is set, and scaled if `normalize` is true then; what sounded
        is cut off. Raises NotSupportedError unless it has 1, 2 or 4 channels and the context's
        sample rate.

        https://webaudio.github.io/web-audio-api/#dom-convolvernode-buffer
        """
        return self._buffer

    @buffer.setter
    def buffer(self, buffer: AudioBuffer | None) -> None:
        _check_buffer(self._context, buffer)
        convolution = None
        if buffer is not None:
            taps = buffer._acquire().astype(np.float64)
            if self._normalize:
                taps *= _normalization_scale(taps, buffer.sample_rate)
            convolution = Convolution(Response(taps))
        with self._context._lock:
            self._buffer = buffer
            self._context._post(self._processor.convolve_with, convolution)

    @property
    def normalize(self) -> bool:
        """Whether the next `buffer` that is set is scaled to about the loudness of the input.

        https://webaudio.github.io/web-audio-api/#dom-convolvernode-normalize
        """
        return self._normalize

    @normalize.setter
    def normalize(self, normalize: bool) -> None:
        self._normalize = truth("normalize", normalize)


class ConvolverProcessor(Processor):
    """Convolves, and knows for how long the output sounds on and is stereo.

    Parameters
    ----------
    port : InputPort
        The node's input: its channel interpretation tells how mono input is up-mixed next to stereo
        input that still sounds.
    quantum : int
        Frames of a render quantum.
    """

    def __init__(self, port: InputPort, quantum: int) -> None:
        self._port = port
        self._quantum = quantum
        self._convolution: Convolution | None = None
        # The frames with which the output ends to sound, and to be stereo for the input's sake.
        self._sound_end = 0
        self._stereo_end = 0

    def convolve_with(self, convolution: Convolution | None) -> None:
        """Begin anew with another response; None is silence."""
        self._convolution = convolution
        self._sound_end = self._stereo_end = 0
        self.sounding = False

    def process(self, block: Block) -> Sequence[Signal]:
        convolution = self._convolution
        if convolution is None:
            return (SILENCE,)
        if convolution.end != block.start:
            convolution.restart(block.start)
        for end in self._ends(block.inputs[0]):
            # A quantum that begins before it is as the ones before.
            if block.start < end:
                block.shorten(ceil((end - block.start) / self._quantum) * self._quantum)
        (signal,) = block.inputs
        end = block.start + block.frames
        samples = None
        if not isinstance(signal, Silence):
            samples = signal
            self._sound_end = end + convolution.tail_frames
            if signal.shape[0] == 2:
                self._stereo_end = self._sound_end
        # "The ConvolverNode produces a mono output only in the single case where there is a single
        # input channel and a single-channel buffer." What was stereo counts as long as it sounds.
        if block.start < self._stereo_end:
            alike = convolution.response.channels > 1 or self._port.interpretation == "speakers"
            if convolution.inputs == 1:
                convolution.widen(alike=alike)
            if samples is not None:
                samples = convert(samples, 2, "speakers" if alike else "discrete")
        elif convolution.inputs == 2:
            convolution.narrow()
        self.sounding = end < self._sound_end
        return (convolution.convolve(samples, block.frames),)

    def _ends(self, signal: Signal) -> Sequence[int]:
        """Return which ends this input does not put off."""
        if isinstance(signal, Silence):
            return self._stereo_end, self._sound_end
        return [self._stereo_end] if signal.shape[0] == 1 else []


def _check_buffer(context: NodeHost, buffer: object) -> None:
    if buffer is None:
        return
    if not isinstance(buffer, AudioBuffer):
        raise TypeError(f"buffer is an AudioBuffer or None, not {type(buffer).__name__}")
    # By the text: "If the buffer number of channels is not 1, 2, 4, or if the sample-rate of the
    # buffer is not the same as the sample-rate of its associated BaseAudioContext, a
    # NotSupportedError MUST be thrown."
    if buffer.number_of_channels not in (1, 2, 4):
        raise NotSupportedError(
            f"a response of {buffer.number_of_channels} channels: 1, 2 or 4 are offered"
        )
    if buffer.sample_rate != context.sample_rate:
        raise NotSupportedError(
            f"a response at {buffer.sample_rate:g} Hz in a context at {context.sample_rate:g} Hz"
        )


def _normalization_scale(taps: NDArray[np.float64], sample_rate: float) -> float:
    """Return the factor for a response, shape (channels, frames), that is to be normalized."""
    # By the text: "Normalize by RMS power."
    power = sqrt(float(np.mean(np.square(taps))))
    # "Protect against accidental overload."
    if not isfinite(power) or power < _MIN_POWER:
        power = _MIN_POWER
    # "Calibrate to make perceived volume same as unprocessed. Scale depends on sample-rate."
    scale = _GAIN_CALIBRATION / power * (_GAIN_CALIBRATION_SAMPLE_RATE / sample_rate)
    # "True-stereo compensation."
    return scale * 0.5 if len(taps) == 4 else scale

"""BaseAudioContext: what the live and the offline context have in common.

Nodes are imported where they are made: a program pays at its start for what it uses alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

from audiograph.arrays import finite_floats
from audiograph.buffer import AudioBuffer
from audiograph.errors import NotSupportedError
from audiograph.events import Event, EventHandler
from audiograph.host import NodeHost
from audiograph.nodes.destination import AudioDestinationNode, DestinationOptions
from audiograph.values import whole

if TYPE_CHECKING:
    from audiograph.context.decoding import (
        AudioData,
        DecodeErrorCallback,
        DecodeSuccessCallback,
    )
    from audiograph.listener import AudioListener
    from audiograph.nodes.analyser import AnalyserNode
    from audiograph.nodes.biquad_filter import BiquadFilterNode
    from audiograph.nodes.buffer_source import AudioBufferSourceNode
    from audiograph.nodes.channel_merger import ChannelMergerNode
    from audiograph.nodes.channel_splitter import ChannelSplitterNode
    from audiograph.nodes.constant_source import ConstantSourceNode
    from audiograph.nodes.convolver import ConvolverNode
    from audiograph.nodes.delay import DelayNode
    from audiograph.nodes.dynamics_compressor import DynamicsCompressorNode
    from audiograph.nodes.gain import GainNode
    from audiograph.nodes.iir_filter import IIRFilterNode
    from audiograph.nodes.oscillator import OscillatorNode
    from audiograph.nodes.panner import PannerNode
    from audiograph.nodes.script_processor import ScriptProcessorNode
    from audiograph.nodes.stereo_panner import StereoPannerNode
    from audiograph.nodes.wave_shaper import WaveShaperNode
    from audiograph.periodic_wave import PeriodicWave, Terms
    from audiograph.worklet import AudioWorklet

AudioContextState = Literal["suspended", "running", "closed", "interrupted"]
AudioContextRenderSizeCategory = Literal["default", "hardware"]

DEFAULT_QUANTUM = 128
"""Frames of a render quantum where nothing else is asked for."""

LONGEST_QUANTUM_SECONDS = 6
"""The longest render quantum that can be asked for."""


class BaseAudioContext(NodeHost):
    """A graph of nodes and the clock that it is rendered by.

    https://webaudio.github.io/web-audio-api/#BaseAudioContext
    """

    onstatechange = EventHandler(
        "Fired when `state` has changed.\n\n"
        "https://webaudio.github.io/web-audio-api/#dom-baseaudiocontext-onstatechange"
    )

    def __init__(
        self, sample_rate: float, render_quantum_size: int, destination: DestinationOptions
    ) -> None:
        super().__init__(sample_rate, render_quantum_size)
        self._state: AudioContextState = "suspended"
        self._audio_worklet: AudioWorklet | None = None
        self._destination = AudioDestinationNode(self, destination)
        self._listener: AudioListener | None = None

    @property
    def destination(self) -> AudioDestinationNode:
        """Where the graph ends: connect to it what is to be heard.

        https://webaudio.github.io/web-audio-api/#dom-baseaudiocontext-destination
        """
        return self._destination

    @property
    def audio_worklet(self) -> AudioWorklet:
        """Where processors in Python are registered, for AudioWorkletNodes.

        https://webaudio.github.io/web-audio-api/#dom-baseaudiocontext-audioworklet
        """
        from audiograph.worklet import AudioWorklet

        with self._lock:
            if self._audio_worklet is None:
                self._audio_worklet = AudioWorklet(self)
            return self._audio_worklet

    @property
    def listener(self) -> AudioListener:
        """Who hears what the context's panners place in space.

        https://webaudio.github.io/web-audio-api/#dom-baseaudiocontext-listener
        """
        # NB: made when somebody asks, since it takes part in every block from then on.
        with self._lock:
            if self._listener is None:
                from audiograph.listener import AudioListener

                self._listener = AudioListener(self)
            return self._listener

    @property
    def state(self) -> AudioContextState:
        """The state: "suspended", "running", "closed" or "interrupted".

        https://webaudio.github.io/web-audio-api/#dom-baseaudiocontext-state
        """
        return self._state

    def create_analyser(self) -> AnalyserNode:
        """Return a node that tells what passes through it, over time and over frequency.

        https://webaudio.github.io/web-audio-api/#dom-baseaudiocontext-createanalyser
        """
        from audiograph.nodes.analyser import AnalyserNode

        return AnalyserNode(self)

    def create_biquad_filter(self) -> BiquadFilterNode:
        """Return a filter of the second order: a lowpass, until its `type` is set.

        https://webaudio.github.io/web-audio-api/#dom-baseaudiocontext-createbiquadfilter
        """
        from audiograph.nodes.biquad_filter import BiquadFilterNode

        return BiquadFilterNode(self)

    def create_buffer(
        self, number_of_channels: int, length: int, sample_rate: float
    ) -> AudioBuffer:
        """Return a buffer of silence, `length` in frames.

        Raises NotSupportedError for a shape or a rate that is not offered.

        https://webaudio.github.io/web-audio-api/#dom-baseaudiocontext-createbuffer
        """
        return AudioBuffer(
            number_of_channels=number_of_channels, length=length, sample_rate=sample_rate
        )

    def create_buffer_source(self) -> AudioBufferSourceNode:
        """Return a node that plays a buffer.

        https://webaudio.github.io/web-audio-api/#dom-baseaudiocontext-createbuffersource
        """
        from audiograph.nodes.buffer_source import AudioBufferSourceNode

        return AudioBufferSourceNode(self)

    def create_channel_merger(self, number_of_inputs: int = 6) -> ChannelMergerNode:
        """Return a node that makes each input a channel; IndexSizeError unless 1 to 32.

        https://webaudio.github.io/web-audio-api/#dom-baseaudiocontext-createchannelmerger
        """
        from audiograph.nodes.channel_merger import ChannelMergerNode

        return ChannelMergerNode(self, number_of_inputs=number_of_inputs)

    def create_channel_splitter(self, number_of_outputs: int = 6) -> ChannelSplitterNode:
        """Return a node that makes each channel an output; IndexSizeError unless 1 to 32.

        https://webaudio.github.io/web-audio-api/#dom-baseaudiocontext-createchannelsplitter
        """
        from audiograph.nodes.channel_splitter import ChannelSplitterNode

        return ChannelSplitterNode(self, number_of_outputs=number_of_outputs)

    def create_constant_source(self) -> ConstantSourceNode:
        """Return a node that puts out a parameter.

        https://webaudio.github.io/web-audio-api/#dom-baseaudiocontext-createconstantsource
        """
        from audiograph.nodes.constant_source import ConstantSourceNode

        return ConstantSourceNode(self)

    def create_convolver(self) -> ConvolverNode:
        """Return a node that convolves with a response, once its `buffer` is set.

        https://webaudio.github.io/web-audio-api/#dom-baseaudiocontext-createconvolver
        """
        from audiograph.nodes.convolver import ConvolverNode

        return ConvolverNode(self)

    def create_delay(self, max_delay_time: float = 1.0) -> DelayNode:
        """Return a delay of up to `max_delay_time` seconds, below 180, or NotSupportedError.

        https://webaudio.github.io/web-audio-api/#dom-baseaudiocontext-createdelay
        """
        from audiograph.nodes.delay import DelayNode

        return DelayNode(self, max_delay_time=max_delay_time)

    def create_dynamics_compressor(self) -> DynamicsCompressorNode:
        """Return a node that makes the loud softer.

        https://webaudio.github.io/web-audio-api/#dom-baseaudiocontext-createdynamicscompressor
        """
        from audiograph.nodes.dynamics_compressor import DynamicsCompressorNode

        return DynamicsCompressorNode(self)

    def create_gain(self) -> GainNode:
        """Return a node that makes louder or softer.

        https://webaudio.github.io/web-audio-api/#dom-baseaudiocontext-creategain
        """
        from audiograph.nodes.gain import GainNode

        return GainNode(self)

    def create_iir_filter(
        self, feedforward: Sequence[float], feedback: Sequence[float]
    ) -> IIRFilterNode:
        """Return a filter with these coefficients, 1 to 20 of each.

        Raises NotSupportedError for another number of them, InvalidStateError where the first of
        `feedback` or all of `feedforward` are zero.

        https://webaudio.github.io/web-audio-api/#dom-baseaudiocontext-createiirfilter
        """
        from audiograph.nodes.iir_filter import IIRFilterNode

        return IIRFilterNode(self, feedforward=feedforward, feedback=feedback)

    def create_oscillator(self) -> OscillatorNode:
        """Return a node that puts out a periodic wave.

        https://webaudio.github.io/web-audio-api/#dom-baseaudiocontext-createoscillator
        """
        from audiograph.nodes.oscillator import OscillatorNode

        return OscillatorNode(self)

    def create_panner(self) -> PannerNode:
        """Return a node that places sound in space, in relation to `listener`.

        https://webaudio.github.io/web-audio-api/#dom-baseaudiocontext-createpanner
        """
        from audiograph.nodes.panner import PannerNode

        return PannerNode(self)

    def create_periodic_wave(
        self, real: Terms, imag: Terms, *, disable_normalization: bool = False
    ) -> PeriodicWave:
        """Return a wave for oscillators, by its cosine terms, `real`, and sine terms, `imag`.

        Raises IndexSizeError unless both have the same length of 2 or more, TypeError for what is
        no sequence of finite numbers.

        https://webaudio.github.io/web-audio-api/#dom-baseaudiocontext-createperiodicwave
        """
        from audiograph.periodic_wave import PeriodicWave

        return PeriodicWave(
            self,
            # NB: here none can be left out.
            real=finite_floats("real", real),
            imag=finite_floats("imag", imag),
            disable_normalization=disable_normalization,
        )

    def create_script_processor(
        self,
        buffer_size: int = 0,
        number_of_input_channels: int = 2,
        number_of_output_channels: int = 2,
    ) -> ScriptProcessorNode:
        """Return a node whose listeners process audio, `buffer_size` frames at a time.

        Deprecated: see AudioWorkletNode. With `buffer_size` 0 the context chooses one. Raises
        IndexSizeError unless it is 0 or a power of two, 256 to 16384, and there are 0 to 32
        channels in and out, but not 0 of both.

        https://webaudio.github.io/web-audio-api/#dom-baseaudiocontext-createscriptprocessor
        """
        from audiograph.nodes.script_processor import ScriptProcessorNode

        return ScriptProcessorNode(
            self,
            buffer_size=buffer_size,
            number_of_input_channels=number_of_input_channels,
            number_of_output_channels=number_of_output_channels,
        )

    def decode_audio_data(
        self,
        audio_data: AudioData,
        success_callback: DecodeSuccessCallback | None = None,
        error_callback: DecodeErrorCallback | None = None,
    ) -> AudioBuffer:
        """Return the audio of a whole sound file, at the context's sample rate.

        Blocks until it is decoded, in the calling thread. Where the data breaks off, what came
        before is returned.

        Parameters
        ----------
        audio_data : bytes
            The file's content, in any format that libsndfile reads.
        success_callback : callable, optional
            Called with the buffer before it is returned.
        error_callback : callable, optional
            Called with the error before it is raised.

        Raises
        ------
        EncodingError
            The format is not known, or there is no audio in it, or a rate or a number of channels
            that no buffer can have.
        DataCloneError
            `audio_data` is a memoryview that was released.

        https://webaudio.github.io/web-audio-api/#dom-baseaudiocontext-decodeaudiodata
        """
        from audiograph.context.decoding import decode_audio_data

        return decode_audio_data(audio_data, self.sample_rate, success_callback, error_callback)

    def create_stereo_panner(self) -> StereoPannerNode:
        """Return a node that places sound between left and right.

        https://webaudio.github.io/web-audio-api/#dom-baseaudiocontext-createstereopanner
        """
        from audiograph.nodes.stereo_panner import StereoPannerNode

        return StereoPannerNode(self)

    def create_wave_shaper(self) -> WaveShaperNode:
        """Return a node that distorts by a curve.

        https://webaudio.github.io/web-audio-api/#dom-baseaudiocontext-createwaveshaper
        """
        from audiograph.nodes.wave_shaper import WaveShaperNode

        return WaveShaperNode(self)

    def _set_state(self, state: AudioContextState) -> None:
        """Change the state and fire statechange, unless it is that already."""
        if self._state != state:
            self._state = state
            self.dispatch_event(Event("statechange"))


def choose_quantum(hint: AudioContextRenderSizeCategory | int, sample_rate: float) -> int:
    """Return the render quantum size for a render_size_hint.

    Raises NotSupportedError for a number of frames that is not offered.

    https://webaudio.github.io/web-audio-api/#render-quantum-sizes
    """
    # NB: "hardware" leaves the choice to us. A device chooses the length of its blocks anew when it
    # is opened, and all that a quantum of that length would save is part of one.
    if hint in ("default", "hardware"):
        return DEFAULT_QUANTUM
    if isinstance(hint, str):
        raise TypeError(f"render_size_hint is 'default', 'hardware' or frames, not {hint!r}")
    hint = whole("render_size_hint", hint)
    # By the text: "Implementations MUST support [[render quantum size]] between 1 sample frame and
    # 6 times the context sample rate, inclusive, rounding down …"
    longest = int(LONGEST_QUANTUM_SECONDS * sample_rate)
    if not 1 <= hint <= longest:
        raise NotSupportedError(
            f"a render quantum of {hint} frames: at {sample_rate:g} Hz, 1 to {longest} are offered"
        )
    return hint

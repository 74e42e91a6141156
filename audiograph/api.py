"""Everything that the package exports; `audiograph.NAME` comes from here."""

from audiograph.buffer import AudioBuffer, AudioBufferOptions
from audiograph.context.base import BaseAudioContext
from audiograph.context.live import AudioContext, AudioContextOptions
from audiograph.context.offline import (
    OfflineAudioCompletionEvent,
    OfflineAudioCompletionEventInit,
    OfflineAudioContext,
    OfflineAudioContextOptions,
)
from audiograph.context.playback_stats import AudioPlaybackStats
from audiograph.context.playhead import AudioTimestamp
from audiograph.context.sink import AudioSinkInfo, AudioSinkOptions
from audiograph.errors import (
    AbortError,
    DataCloneError,
    DOMException,
    EncodingError,
    IndexSizeError,
    InvalidAccessError,
    InvalidModificationError,
    InvalidStateError,
    NotAllowedError,
    NotFoundError,
    NotReadableError,
    NotSupportedError,
    OperationError,
    OverconstrainedError,
    SecurityError,
    UnknownError,
)
from audiograph.events import ErrorEvent, Event, EventTarget
from audiograph.listener import AudioListener
from audiograph.media.constraints import (
    ConstrainBooleanOrDOMStringParameters,
    ConstrainBooleanParameters,
    ConstrainDOMStringParameters,
    ConstrainDoubleRange,
    ConstrainULongRange,
    DoubleRange,
    MediaStreamConstraints,
    MediaTrackCapabilities,
    MediaTrackConstraints,
    MediaTrackConstraintSet,
    MediaTrackSettings,
    MediaTrackSupportedConstraints,
    ULongRange,
)
from audiograph.media.devices import (
    DeviceChangeEvent,
    DeviceChangeEventInit,
    InputDeviceInfo,
    MediaDeviceInfo,
    MediaDevices,
    media_devices,
)
from audiograph.media.element import MediaElement
from audiograph.media.stream import (
    MediaStream,
    MediaStreamTrackEvent,
    MediaStreamTrackEventInit,
)
from audiograph.media.streams import file_stream, stdin_stream, tone_stream
from audiograph.media.track import MediaStreamTrack
from audiograph.messages import MessageEvent, MessagePort
from audiograph.node import AudioNode, AudioNodeOptions
from audiograph.nodes.analyser import AnalyserNode, AnalyserOptions
from audiograph.nodes.audio_worklet import (
    AudioParamMap,
    AudioWorkletNode,
    AudioWorkletNodeOptions,
)
from audiograph.nodes.biquad_filter import BiquadFilterNode, BiquadFilterOptions
from audiograph.nodes.buffer_source import AudioBufferSourceNode, AudioBufferSourceOptions
from audiograph.nodes.channel_merger import ChannelMergerNode, ChannelMergerOptions
from audiograph.nodes.channel_splitter import ChannelSplitterNode, ChannelSplitterOptions
from audiograph.nodes.constant_source import ConstantSourceNode, ConstantSourceOptions
from audiograph.nodes.convolver import ConvolverNode, ConvolverOptions
from audiograph.nodes.delay import DelayNode, DelayOptions
from audiograph.nodes.destination import AudioDestinationNode
from audiograph.nodes.dynamics_compressor import (
    DynamicsCompressorNode,
    DynamicsCompressorOptions,
)
from audiograph.nodes.gain import GainNode, GainOptions
from audiograph.nodes.iir_filter import IIRFilterNode, IIRFilterOptions
from audiograph.nodes.media_element_source import (
    MediaElementAudioSourceNode,
    MediaElementAudioSourceOptions,
)
from audiograph.nodes.oscillator import OscillatorNode, OscillatorOptions
from audiograph.nodes.panner import PannerNode, PannerOptions
from audiograph.nodes.scheduled_source import AudioScheduledSourceNode
from audiograph.nodes.script_processor import (
    AudioProcessingEvent,
    AudioProcessingEventInit,
    ScriptProcessorNode,
)
from audiograph.nodes.stereo_panner import StereoPannerNode, StereoPannerOptions
from audiograph.nodes.stream_destination import MediaStreamAudioDestinationNode
from audiograph.nodes.stream_source import (
    MediaStreamAudioSourceNode,
    MediaStreamAudioSourceOptions,
)
from audiograph.nodes.track_source import (
    MediaStreamTrackAudioSourceNode,
    MediaStreamTrackAudioSourceOptions,
)
from audiograph.nodes.wave_shaper import WaveShaperNode, WaveShaperOptions
from audiograph.param import AudioParam
from audiograph.periodic_wave import PeriodicWave, PeriodicWaveConstraints, PeriodicWaveOptions
from audiograph.worklet import (
    AudioParamDescriptor,
    AudioWorklet,
    AudioWorkletGlobalScope,
    AudioWorkletProcessor,
)

__all__ = [
    "AbortError",
    "AnalyserNode",
    "AnalyserOptions",
    "AudioBuffer",
    "AudioBufferOptions",
    "AudioBufferSourceNode",
    "AudioBufferSourceOptions",
    "AudioContext",
    "AudioContextOptions",
    "AudioDestinationNode",
    "AudioListener",
    "AudioNode",
    "AudioNodeOptions",
    "AudioParam",
    "AudioParamDescriptor",
    "AudioParamMap",
    "AudioPlaybackStats",
    "AudioProcessingEvent",
    "AudioProcessingEventInit",
    "AudioScheduledSourceNode",
    "AudioSinkInfo",
    "AudioSinkOptions",
    "AudioTimestamp",
    "AudioWorklet",
    "AudioWorkletGlobalScope",
    "AudioWorkletNode",
    "AudioWorkletNodeOptions",
    "AudioWorkletProcessor",
    "BaseAudioContext",
    "BiquadFilterNode",
    "BiquadFilterOptions",
    "ChannelMergerNode",
    "ChannelMergerOptions",
    "ChannelSplitterNode",
    "ChannelSplitterOptions",
    "ConstantSourceNode",
    "ConstantSourceOptions",
    "ConstrainBooleanOrDOMStringParameters",
    "ConstrainBooleanParameters",
    "ConstrainDOMStringParameters",
    "ConstrainDoubleRange",
    "ConstrainULongRange",
    "ConvolverNode",
    "ConvolverOptions",
    "DOMException",
    "DataCloneError",
    "DelayNode",
    "DelayOptions",
    "DeviceChangeEvent",
    "DeviceChangeEventInit",
    "DoubleRange",
    "DynamicsCompressorNode",
    "DynamicsCompressorOptions",
    "EncodingError",
    "ErrorEvent",
    "Event",
    "EventTarget",
    "GainNode",
    "GainOptions",
    "IIRFilterNode",
    "IIRFilterOptions",
    "IndexSizeError",
    "InputDeviceInfo",
    "InvalidAccessError",
    "InvalidModificationError",
    "InvalidStateError",
    "MediaDeviceInfo",
    "MediaDevices",
    "MediaElement",
    "MediaElementAudioSourceNode",
    "MediaElementAudioSourceOptions",
    "MediaStream",
    "MediaStreamAudioDestinationNode",
    "MediaStreamAudioSourceNode",
    "MediaStreamAudioSourceOptions",
    "MediaStreamConstraints",
    "MediaStreamTrack",
    "MediaStreamTrackAudioSourceNode",
    "MediaStreamTrackAudioSourceOptions",
    "MediaStreamTrackEvent",
    "MediaStreamTrackEventInit",
    "MediaTrackCapabilities",
    "MediaTrackConstraintSet",
    "MediaTrackConstraints",
    "MediaTrackSettings",
    "MediaTrackSupportedConstraints",
    "MessageEvent",
    "MessagePort",
    "NotAllowedError",
    "NotFoundError",
    "NotReadableError",
    "NotSupportedError",
    "OfflineAudioCompletionEvent",
    "OfflineAudioCompletionEventInit",
    "OfflineAudioContext",
    "OfflineAudioContextOptions",
    "OperationError",
    "OscillatorNode",
    "OscillatorOptions",
    "OverconstrainedError",
    "PannerNode",
    "PannerOptions",
    "PeriodicWave",
    "PeriodicWaveConstraints",
    "PeriodicWaveOptions",
    "ScriptProcessorNode",
    "SecurityError",
    "StereoPannerNode",
    "StereoPannerOptions",
    "ULongRange",
    "UnknownError",
    "WaveShaperNode",
    "WaveShaperOptions",
    "file_stream",
    "media_devices",
    "stdin_stream",
    "tone_stream",
]

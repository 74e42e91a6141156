"""Everything that the package exports; `audiograph.NAME` comes from here."""

from audiograph.buffer import AudioBuffer, AudioBufferOptions
from audiograph.context.base import BaseAudioContext
from audiograph.context.live import (
    AudioContext,
    AudioContextOptions,
    AudioSinkInfo,
    AudioSinkOptions,
    ErrorEvent,
)
from audiograph.context.offline import (
    OfflineAudioCompletionEvent,
    OfflineAudioContext,
    OfflineAudioContextOptions,
)
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
from audiograph.events import Event, EventTarget
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
    InputDeviceInfo,
    MediaDeviceInfo,
    MediaDevices,
    media_devices,
)
from audiograph.media.stream import MediaStream, MediaStreamTrackEvent
from audiograph.media.streams import file_stream, stdin_stream, tone_stream
from audiograph.media.track import MediaStreamTrack
from audiograph.node import AudioNode, AudioNodeOptions
from audiograph.nodes.buffer_source import AudioBufferSourceNode, AudioBufferSourceOptions
from audiograph.nodes.channel_merger import ChannelMergerNode, ChannelMergerOptions
from audiograph.nodes.channel_splitter import ChannelSplitterNode, ChannelSplitterOptions
from audiograph.nodes.constant_source import ConstantSourceNode, ConstantSourceOptions
from audiograph.nodes.delay import DelayNode, DelayOptions
from audiograph.nodes.destination import AudioDestinationNode
from audiograph.nodes.gain import GainNode, GainOptions
from audiograph.nodes.oscillator import OscillatorNode, OscillatorOptions
from audiograph.nodes.scheduled_source import AudioScheduledSourceNode
from audiograph.nodes.stream_destination import MediaStreamAudioDestinationNode
from audiograph.nodes.stream_source import (
    MediaStreamAudioSourceNode,
    MediaStreamAudioSourceOptions,
)
from audiograph.nodes.track_source import (
    MediaStreamTrackAudioSourceNode,
    MediaStreamTrackAudioSourceOptions,
)
from audiograph.param import AudioParam

__all__ = [
    "AbortError",
    "AudioBuffer",
    "AudioBufferOptions",
    "AudioBufferSourceNode",
    "AudioBufferSourceOptions",
    "AudioContext",
    "AudioContextOptions",
    "AudioDestinationNode",
    "AudioNode",
    "AudioNodeOptions",
    "AudioParam",
    "AudioScheduledSourceNode",
    "AudioSinkInfo",
    "AudioSinkOptions",
    "BaseAudioContext",
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
    "DOMException",
    "DataCloneError",
    "DelayNode",
    "DelayOptions",
    "DeviceChangeEvent",
    "DoubleRange",
    "EncodingError",
    "ErrorEvent",
    "Event",
    "EventTarget",
    "GainNode",
    "GainOptions",
    "IndexSizeError",
    "InputDeviceInfo",
    "InvalidAccessError",
    "InvalidModificationError",
    "InvalidStateError",
    "MediaDeviceInfo",
    "MediaDevices",
    "MediaStream",
    "MediaStreamAudioDestinationNode",
    "MediaStreamAudioSourceNode",
    "MediaStreamAudioSourceOptions",
    "MediaStreamConstraints",
    "MediaStreamTrack",
    "MediaStreamTrackAudioSourceNode",
    "MediaStreamTrackAudioSourceOptions",
    "MediaStreamTrackEvent",
    "MediaTrackCapabilities",
    "MediaTrackConstraintSet",
    "MediaTrackConstraints",
    "MediaTrackSettings",
    "MediaTrackSupportedConstraints",
    "NotAllowedError",
    "NotFoundError",
    "NotReadableError",
    "NotSupportedError",
    "OfflineAudioCompletionEvent",
    "OfflineAudioContext",
    "OfflineAudioContextOptions",
    "OperationError",
    "OscillatorNode",
    "OscillatorOptions",
    "OverconstrainedError",
    "SecurityError",
    "ULongRange",
    "UnknownError",
    "file_stream",
    "media_devices",
    "stdin_stream",
    "tone_stream",
]

"""BaseAudioContext: what the live and the offline context have in common."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from audiograph.buffer import AudioBuffer
from audiograph.errors import NotSupportedError
from audiograph.events import Event, EventHandler
from audiograph.host import NodeHost
from audiograph.nodes.buffer_source import AudioBufferSourceNode
from audiograph.nodes.channel_merger import ChannelMergerNode
from audiograph.nodes.channel_splitter import ChannelSplitterNode
from audiograph.nodes.constant_source import ConstantSourceNode
from audiograph.nodes.delay import DelayNode
from audiograph.nodes.destination import AudioDestinationNode, DestinationOptions
from audiograph.nodes.gain import GainNode
from audiograph.nodes.oscillator import OscillatorNode

AudioContextState = Literal["suspended", "running", "closed", "interrupted"]
AudioContextRenderSizeCategory = Literal["default", "hardware"]

DEFAULT_QUANTUM = 128
"""Frames of a render quantum where nothing else is asked for."""

LONGEST_QUANTUM = 4096
"""The longest render quantum that can be asked for, in frames."""


class BaseAudioContext(NodeHost):
    """A graph of nodes and the clock that it is rendered by.

    https://webaudio.github.io/web-audio-api/#BaseAudioContext
    """

    onstatechange = EventHandler()

    def __init__(
        self, sample_rate: float, render_quantum_size: int, destination: DestinationOptions
    ) -> None:
        super().__init__(sample_rate, render_quantum_size)
        self._state: AudioContextState = "suspended"
        self._destination = AudioDestinationNode(self, destination)

    @property
    def destination(self) -> AudioDestinationNode:
        """Where the graph ends: connect to it what is to be heard."""
        return self._destination

    @property
    def state(self) -> AudioContextState:
        """The state: "suspended", "running", "closed" or "interrupted"."""
        return self._state

    def create_buffer(
        self, number_of_channels: int, length: int, sample_rate: float
    ) -> AudioBuffer:
        """Return a buffer of silence, `length` in frames.

        Raises NotSupportedError for a shape or a rate that is not offered.
        """
        return AudioBuffer(
            number_of_channels=number_of_channels, length=length, sample_rate=sample_rate
        )

    def create_buffer_source(self) -> AudioBufferSourceNode:
        """Return a node that plays a buffer."""
        return AudioBufferSourceNode(self)

    def create_channel_merger(self, number_of_inputs: int = 6) -> ChannelMergerNode:
        """Return a node that makes each input a channel; IndexSizeError unless 1 to 32."""
        return ChannelMergerNode(self, number_of_inputs=number_of_inputs)

    def create_channel_splitter(self, number_of_outputs: int = 6) -> ChannelSplitterNode:
        """Return a node that makes each channel an output; IndexSizeError unless 1 to 32."""
        return ChannelSplitterNode(self, number_of_outputs=number_of_outputs)

    def create_constant_source(self) -> ConstantSourceNode:
        """Return a node that puts out a parameter."""
        return ConstantSourceNode(self)

    def create_delay(self, max_delay_time: float = 1.0) -> DelayNode:
        """Return a delay of up to `max_delay_time` seconds, below 180, or NotSupportedError."""
        return DelayNode(self, max_delay_time=max_delay_time)

    def create_gain(self) -> GainNode:
        """Return a node that makes louder or softer."""
        return GainNode(self)

    def create_oscillator(self) -> OscillatorNode:
        """Return a node that puts out a periodic wave."""
        return OscillatorNode(self)

    def _set_state(self, state: AudioContextState) -> None:
        """Change the state and fire statechange, unless it is that already."""
        if self._state != state:
            self._state = state
            self.dispatch_event(Event("statechange"))


def choose_quantum(hint: AudioContextRenderSizeCategory | int, hardware: Callable[[], int]) -> int:
    """Return the render quantum size for a render_size_hint.

    Raises NotSupportedError for a number of frames that is not offered.

    https://webaudio.github.io/web-audio-api/#render-quantum-sizes
    """
    if hint == "default":
        return DEFAULT_QUANTUM
    if hint == "hardware":
        return hardware()
    if isinstance(hint, bool) or not isinstance(hint, int):
        raise TypeError(f"render_size_hint is 'default', 'hardware' or frames, not {hint!r}")
    if not 1 <= hint <= LONGEST_QUANTUM:
        raise NotSupportedError(
            f"a render quantum of {hint} frames: 1 to {LONGEST_QUANTUM} are offered"
        )
    return hint

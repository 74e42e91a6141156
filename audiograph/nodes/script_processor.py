"""ScriptProcessorNode: audio processing in an event listener. Deprecated: see AudioWorkletNode."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from math import ceil
from typing import Any

import numpy as np

from audiograph.buffer import MAX_CHANNELS, AudioBuffer
from audiograph.errors import IndexSizeError, NotSupportedError
from audiograph.events import Event, EventHandler, Listener
from audiograph.host import NodeHost
from audiograph.node import AudioNode, ChannelRules
from audiograph.options import read_options
from audiograph.render.processor import (
    SILENCE,
    Block,
    Processor,
    Samples,
    Signal,
    Silence,
)
from audiograph.render.vertex import Vertex

BUFFER_SIZES = (256, 512, 1024, 2048, 4096, 8192, 16384)
"""The buffer sizes that can be asked for, in frames."""


@dataclass(frozen=True, kw_only=True)
class AudioProcessingEventInit:
    """What an AudioProcessingEvent is made from.

    https://webaudio.github.io/web-audio-api/#AudioProcessingEventInit
    """

    playback_time: float
    input_buffer: AudioBuffer
    output_buffer: AudioBuffer


class AudioProcessingEvent(Event):
    """Fired as "audioprocess": `input_buffer` is to be processed into `output_buffer`.

    The buffers count while the listeners run.

    https://webaudio.github.io/web-audio-api/#AudioProcessingEvent
    """

    def __init__(
        self,
        type: str,
        event_init_dict: AudioProcessingEventInit | None = None,
        **fields: Any,
    ) -> None:
        super().__init__(type)
        self._init = read_options(AudioProcessingEventInit, event_init_dict, fields)

    @property
    def playback_time(self) -> float:
        """When the output will be played, in seconds of the context.

        https://webaudio.github.io/web-audio-api/#dom-audioprocessingevent-playbacktime
        """
        return self._init.playback_time

    @property
    def input_buffer(self) -> AudioBuffer:
        """What came in; as many channels as `create_script_processor` was told.

        https://webaudio.github.io/web-audio-api/#dom-audioprocessingevent-inputbuffer
        """
        return self._init.input_buffer

    @property
    def output_buffer(self) -> AudioBuffer:
        """What goes out: silence, to be written into.

        https://webaudio.github.io/web-audio-api/#dom-audioprocessingevent-outputbuffer
        """
        return self._init.output_buffer


@dataclass(frozen=True, kw_only=True)
class ScriptOptions:
    """What `create_script_processor` makes a node from."""

    buffer_size: int = 0
    number_of_input_channels: int = 2
    number_of_output_channels: int = 2


class ScriptProcessorNode(AudioNode[ScriptOptions]):
    """Process audio in listeners for "audioprocess", a buffer of `buffer_size` frames at a time.

    What the listeners write is played two buffers after the input came. Offline they are called in
    the thread that renders. Live they are called in the thread for events, which the rendering
    never waits for: what they give too late is not heard, and where the buffers are shorter than
    the context's latency, the output is played as much later. Made by `create_script_processor`.

    Raises IndexSizeError for a buffer size or a number of channels that is not offered.

    https://webaudio.github.io/web-audio-api/#ScriptProcessorNode
    """

    onaudioprocess = EventHandler(
        "Fired with an AudioProcessingEvent for every buffer.\n\n"
        "https://webaudio.github.io/web-audio-api/#dom-scriptprocessornode-onaudioprocess"
    )
    _processor: ScriptProcessor

    def __init__(
        self,
        context: NodeHost,
        options: ScriptOptions | None = None,
        **fields: Any,
    ) -> None:
        super().__init__(context, options, **fields)
        self._processor.vertex = self._vertex

    def _check_options(self, context: NodeHost, options: ScriptOptions) -> None:
        size = options.buffer_size
        # By the text: "If the value of this parameter is not one of the allowed power-of-2 values
        # listed above, an IndexSizeError MUST be thrown."
        if size and size not in BUFFER_SIZES:
            raise IndexSizeError(
                f"buffer_size {size}: 0 or {', '.join(map(str, BUFFER_SIZES))} are offered"
            )
        counts = (options.number_of_input_channels, options.number_of_output_channels)
        # By the text: "An IndexSizeError exception MUST be thrown if … numberOfInputChannels or
        # numberOfOutputChannels are outside the valid range."
        for name, count in zip(("input", "output"), counts, strict=True):
            if not 0 <= count <= MAX_CHANNELS:
                raise IndexSizeError(
                    f"number_of_{name}_channels {count}: 0 to {MAX_CHANNELS} are offered"
                )
        # By the text: "It is invalid for both … to be zero."
        if counts == (0, 0):
            raise IndexSizeError("a ScriptProcessorNode needs channels in or out")

    def _rules_for(self, options: ScriptOptions) -> ChannelRules:
        return ChannelRules(
            count=options.number_of_input_channels,
            mode="explicit",
            fixed=("channel_count", "channel_count_mode"),
            error=NotSupportedError,
        )

    def _make_processor(self, options: ScriptOptions) -> ScriptProcessor:
        context = self._context
        latency = context._latency_seconds * context.sample_rate
        self._buffer_size = options.buffer_size or next(
            (size for size in BUFFER_SIZES if size >= latency), BUFFER_SIZES[-1]
        )
        self._output_channels = options.number_of_output_channels
        ask = _asker(weakref.ref(self))
        return ScriptProcessor(
            self._buffer_size,
            options.number_of_input_channels,
            options.number_of_output_channels,
            context.render_quantum_size,
            # While the listeners run, a device asks for no more than its latency.
            lag=1 + max(1, ceil(latency / self._buffer_size)),
            ask=partial(context._tell, ask) if context._clocked else ask,
            at_once=not context._clocked,
        )

    @property
    def buffer_size(self) -> int:
        """Frames of a buffer: a power of two, 256 to 16384.

        https://webaudio.github.io/web-audio-api/#dom-scriptprocessornode-buffersize
        """
        return self._buffer_size

    def _ask(self, number: int, samples: Samples, playback_time: float) -> None:
        """Have the listeners process a buffer, and hand over what they wrote."""
        if not self._has_listeners("audioprocess"):
            return
        rate = self._context.sample_rate
        written = np.zeros((self._output_channels, self._buffer_size), np.float32)
        event = AudioProcessingEvent(
            "audioprocess",
            playback_time=playback_time,
            input_buffer=AudioBuffer._wrap(samples, rate),
            output_buffer=AudioBuffer._wrap(written, rate),
        )
        self.dispatch_event(event)
        # By the text: "Any script modifications to this AudioBuffer outside of this scope will not
        # produce any audible effects."
        written = event.output_buffer._acquire()
        if self._context._clocked:
            self._context._post(self._processor.take, number, written)
        else:
            self._processor.take(number, written)

    def _add(self, type: str, listener: Listener | EventHandler) -> None:
        super()._add(type, listener)
        self._hold()

    def _remove(self, type: str, listener: Listener | EventHandler) -> None:
        super()._remove(type, listener)
        self._hold()

    def _hold(self) -> None:
        # NB: as in browsers, who listens is called though nobody holds the node.
        if self._has_listeners("audioprocess"):
            self._context._playing.add(self)
        else:
            self._context._playing.discard(self)


class ScriptProcessor(Processor):
    """Collects the input in buffers, has them processed, and plays what came of them.

    Parameters
    ----------
    size : int
        Frames of a buffer.
    inputs, outputs : int
        Channels of the input and of the output.
    quantum : int
        Frames of a render quantum.
    lag : int
        How many buffers later the output is played.
    ask : callable
        Called with (number, samples, playback time) of a buffer; `take` gets what came of it.
    at_once : bool
        Whether `ask` takes the time that it needs, and its output is there when it returns.
    """

    # By the text: "A ScriptProcessorNode is actively processing when its input or output is
    # connected."
    sounding = True
    has_effects = True

    def __init__(
        self,
        size: int,
        inputs: int,
        outputs: int,
        quantum: int,
        *,
        lag: int,
        ask: Callable[[int, Samples, float], object],
        at_once: bool,
    ) -> None:
        self.vertex: Vertex | None = None
        # What the listeners change is to be heard in the next quantum, and not in the next block.
        self.keeps_time = at_once
        self._size = size
        self._outputs = outputs
        self._quantum = quantum
        self._lag = lag
        self._ask = ask
        self._sources: set[Vertex] = set()
        self._outlived = False
        # Frames that came so far.
        self._count = 0
        self._input = np.zeros((inputs, size), np.float32)
        self._written: dict[int, Samples] = {}

    def take(self, number: int, samples: Samples) -> None:
        """Play `samples`, what came of the buffer of that number, unless it is too late."""
        if number + self._lag >= self._count // self._size:
            self._written[number] = samples

    def process(self, block: Block) -> Sequence[Signal]:
        if not self._is_connected():
            return (SILENCE,)
        (signal,) = block.inputs
        out = np.zeros((self._outputs, block.frames), np.float32)
        at = 0
        while at < block.frames:
            number, within = divmod(self._count, self._size)
            frames = min(block.frames - at, self._size - within)
            if not isinstance(signal, Silence):
                self._input[:, within : within + frames] = signal[:, at : at + frames]
            playing = self._written.get(number - self._lag)
            if playing is not None:
                out[:, at : at + frames] = playing[:, within : within + frames]
            at += frames
            self._count += frames
            if within + frames == self._size:
                self._written.pop(number - self._lag, None)
                self._hand_over(number, (block.start + at) / block.sample_rate, block.sample_rate)
        return (out if self._outputs else SILENCE,)

    def limit(self, frames: int) -> int:
        if not self._is_connected():
            return frames
        # NB: the quantum in which a buffer is full is a block by itself, so that the listeners find
        # the same current_time, however long blocks are.
        left = self._size - self._count % self._size
        before = (left - 1) // self._quantum * self._quantum
        return min(frames, before or self._quantum)

    def _hand_over(self, number: int, time: float, sample_rate: float) -> None:
        """Have a full buffer processed; `time` is when its last frame is over."""
        samples, self._input = self._input, np.zeros_like(self._input)
        self._ask(number, samples, time + (self._lag - 1) * self._size / sample_rate)

    def _is_connected(self) -> bool:
        vertex = self.vertex
        if vertex is None:
            return False
        sources = {source for port in vertex.inputs for source, _ in port.wires}
        # NB: what has ended takes its wires out of the graph, but has not been disconnected: a last
        # buffer that it filled in part is to be processed.
        self._outlived = self._outlived or any(
            source.processor.finished or source.released for source in self._sources - sources
        )
        self._sources = sources
        # Without wires or a listener, nothing can come of it any more.
        self.sounding = not vertex.released or bool(vertex.targets or sources)
        return bool(vertex.targets or sources or self._outlived)


def _asker(
    reference: weakref.ref[ScriptProcessorNode],
) -> Callable[[int, Samples, float], None]:
    def ask(number: int, samples: Samples, playback_time: float) -> None:
        node = reference()
        if node is not None:
            node._ask(number, samples, playback_time)

    return ask

"""AudioWorkletNode: audio processing of one's own, in Python."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from audiograph.buffer import MAX_CHANNELS
from audiograph.errors import IndexSizeError, InvalidStateError, NotSupportedError
from audiograph.events import ErrorEvent, EventHandler, Listener
from audiograph.host import NodeHost
from audiograph.messages import MessagePort, open_channel
from audiograph.node import AudioNode, AudioNodeOptions, log_failure
from audiograph.param import AudioParam
from audiograph.render.mixing import channel_count
from audiograph.render.processor import (
    SILENCE,
    Block,
    ParamValue,
    Processor,
    Samples,
    Signal,
    Silence,
)
from audiograph.render.vertex import InputPort
from audiograph.values import whole
from audiograph.worklet import AudioWorklet, AudioWorkletGlobalScope, AudioWorkletProcessor

T = TypeVar("T")

# AD-HOC: the text sets no limit; more would take all of the memory before they are heard.
_MOST_PORTS = 4096


@dataclass(frozen=True, kw_only=True)
class AudioWorkletNodeOptions(AudioNodeOptions):
    """What an AudioWorkletNode is made from, and what its processor's constructor gets.

    `output_channel_count` has a number for each output. `parameter_data` are first values of
    parameters by name. `processor_options` is whatever the processor takes, handed through as it
    is: leave it alone from then on.

    https://webaudio.github.io/web-audio-api/#AudioWorkletNodeOptions
    """

    number_of_inputs: int = 1
    number_of_outputs: int = 1
    output_channel_count: Sequence[int] | None = None
    parameter_data: Mapping[str, float] | None = None
    processor_options: Any = None


class AudioParamMap(Mapping[str, AudioParam]):
    """The parameters of an AudioWorkletNode by name, in the order of the descriptors.

    https://webaudio.github.io/web-audio-api/#AudioParamMap
    """

    def __init__(self, params: Mapping[str, AudioParam]) -> None:
        self._params = params

    def __getitem__(self, name: str) -> AudioParam:
        return self._params[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._params)

    def __len__(self) -> int:
        return len(self._params)


class AudioWorkletNode(AudioNode[AudioWorkletNodeOptions]):
    """Process audio with the AudioWorkletProcessor class that is registered as `name`.

    The processor is made with the node, in the same thread, and called by the rendering thread, a
    quantum at a time. Once its constructor or `process` raises, the node is silent, and
    "processorerror" is fired.

    With one input and one output, the output has the channels that the input is mixed to, else one;
    `output_channel_count` sets other numbers.

    Raises InvalidStateError for a name that is not registered, NotSupportedError for no input and
    no output and for an impossible number of channels, IndexSizeError where `output_channel_count`
    does not have a number for each output, TypeError for a parameter value that is no number.

    https://webaudio.github.io/web-audio-api/#AudioWorkletNode
    """

    onprocessorerror = EventHandler(
        "Fired with the `error` that the processor raised; the node is silent from then on.\n\n"
        "https://webaudio.github.io/web-audio-api/#dom-audioworkletnode-onprocessorerror"
    )
    _processor: WorkletProcessor

    def __init__(
        self,
        context: NodeHost,
        name: str,
        options: AudioWorkletNodeOptions | None = None,
        **fields: Any,
    ) -> None:
        if not isinstance(name, str):
            raise TypeError(f"the name of a processor is text, not {name!r}")
        self._name = name
        self._untold: Exception | None = None
        super().__init__(context, options, **fields)
        self._construct()

    def _check_options(self, context: Any, options: AudioWorkletNodeOptions) -> None:
        # By the text: "If nodeName does not exist as a key in the … map, throw an
        # InvalidStateError exception and abort these steps."
        worklet: AudioWorklet = context.audio_worklet
        registered = worklet.global_scope._descriptors
        if self._name not in registered:
            names = ", ".join(map(repr, registered)) or "none"
            raise InvalidStateError(
                f"no processor is registered as {self._name!r}; there are: {names}"
            )
        self._scope = worklet.global_scope
        self._descriptors = registered[self._name]
        self._options = options
        _check_channels(options)

    def _count_ports(self, options: AudioWorkletNodeOptions) -> tuple[int, int]:
        return options.number_of_inputs, options.number_of_outputs

    def _make_params(self, options: AudioWorkletNodeOptions) -> dict[str, AudioParam]:
        data = {} if options.parameter_data is None else options.parameter_data
        if not isinstance(data, Mapping):
            raise TypeError(f"parameter_data is a mapping of names to numbers, not {data!r}")
        return {
            each.name: AudioParam(
                self._context,
                each.name,
                data.get(each.name, each.default_value),
                default=each.default_value,
                minimum=each.min_value,
                maximum=each.max_value,
                rate=each.automation_rate,
                rate_error=None,
            )
            for each in self._descriptors
        }

    def _make_processor(self, options: AudioWorkletNodeOptions) -> WorkletProcessor:
        channels = _output_channels(options)
        return WorkletProcessor(self._scope, self._ports, options.number_of_outputs, channels)

    @property
    def parameters(self) -> AudioParamMap:
        """The parameters that the processor's class describes, by name.

        https://webaudio.github.io/web-audio-api/#dom-audioworkletnode-parameters
        """
        return AudioParamMap(self._params)

    @property
    def port(self) -> MessagePort:
        """The end of the channel to the processor's `port`.

        https://webaudio.github.io/web-audio-api/#dom-audioworkletnode-port
        """
        return self._port

    def _construct(self) -> None:
        """Make the processor.

        https://webaudio.github.io/web-audio-api/#invoking-processor-constructor
        """
        context = self._context
        self._port, processor_port = open_channel(context._tell, context._post)
        # AD-HOC: the text has the rendering thread call the constructor. There, one that takes long
        # would be heard as a gap.
        try:
            user = self._scope._construct(self._name, self._options, processor_port)
        except Exception as error:  # noqa: BLE001 - as in the render loop: the rest plays
            log_failure(type(self).__name__, error, traceback=True)
            self._untold = error
            context._post(self._processor.fail)
            return
        # By the text: the active source flag "causes the node to be retained in memory".
        context._playing.add(self)
        hold = partial(context._tell, _holder(weakref.ref(self)))
        report = partial(context._tell, self._vertex.report)
        context._post(self._processor.begin, user, hold, report)

    def _add(self, type: str, listener: Listener | EventHandler) -> None:
        super()._add(type, listener)
        # NB: in a browser the event for a constructor that raised comes after the script that made
        # the node. Here it comes to the first who listens.
        if type == "processorerror" and self._untold is not None:
            error, self._untold = self._untold, None
            self._context._tell(self._fire, error)

    def _report(self, error: Exception | None) -> None:
        if error is not None:
            log_failure(type(self).__name__, error, traceback=True)
            self._context._playing.discard(self)
            self._fire(error)

    def _fire(self, error: Exception) -> None:
        self.dispatch_event(ErrorEvent("processorerror", error=error))


class WorkletProcessor(Processor):
    """Calls the user's processor for quantum after quantum of a block.

    Parameters
    ----------
    scope : AudioWorkletGlobalScope
        Told which quantum it is.
    ports : sequence of InputPort
        The node's inputs.
    outputs : int
        How many outputs there are.
    channels : sequence of int or None
        Channels of each output; None is as the text has it.
    """

    # By the text: "Every AudioWorkletProcessor has an associated active source flag, initially
    # true."
    sounding = True
    has_effects = True

    def __init__(
        self,
        scope: AudioWorkletGlobalScope,
        ports: Sequence[InputPort],
        outputs: int,
        channels: Sequence[int] | None,
    ) -> None:
        self._scope = scope
        self._quantum = scope.render_quantum_size
        self._outputs = outputs
        self._channels = channels
        # "… both numberOfInputs and numberOfOutputs are 1 …": the channels follow the input.
        self._followed = ports[0] if channels is None and len(ports) == outputs == 1 else None
        self._user: AudioWorkletProcessor | None = None
        self._failed = False
        self._fed = False
        self._held = True

    def begin(
        self,
        user: AudioWorkletProcessor,
        hold: Callable[[bool], object],
        report: Callable[[Exception], object],
    ) -> None:
        """Call `user` from now on; tell whether it is active of itself, and what it raises."""
        self._user, self._hold, self._report = user, hold, report

    def fail(self) -> None:
        """Be silent from now on."""
        self._failed, self.sounding = True, False

    def process(self, block: Block) -> Sequence[Signal]:
        if self._user is None or self._failed:
            return (SILENCE,) * self._outputs
        self._fed = any(not isinstance(signal, Silence) for signal in block.inputs)
        outputs = [
            np.zeros((count, block.frames), np.float32) for count in self._output_channels(block)
        ]
        frames = self._run(self._user, block, outputs) * block.quantum
        if self.sounding is not self._held:
            self._held = self.sounding
            self._hold(self.sounding)
        if frames < block.frames:
            block.shorten(frames)
            return [output[:, :frames] for output in outputs]
        return outputs

    def _output_channels(self, block: Block) -> Sequence[int]:
        if self._followed is None:
            return self._channels or [1] * self._outputs
        signals = [signal for signal in block.inputs if not isinstance(signal, Silence)]
        # By the text: "… the output channel count will change to computedNumberOfChannels …" A
        # signal that is there has been mixed to them.
        if signals:
            return [signals[0].shape[0]]
        return [channel_count([], self._followed.channel_count, self._followed.mode)]

    def _run(self, user: AudioWorkletProcessor, block: Block, outputs: Sequence[Samples]) -> int:
        """Have `user` fill the outputs, quantum by quantum; return how many it was called for."""
        quantum = block.quantum
        count = block.frames // quantum
        inputs = [_copy(signal, block.frames) for signal in block.inputs]
        calls = zip(
            _turn([_cut(each, count) for each in inputs], count),
            _turn([_cut(each, count) for each in outputs], count),
            _turn([_cut_values(value, count) for value in block.params.values()], count),
            strict=True,
        )
        names = list(block.params)
        for number, (ins, outs, values) in enumerate(calls):
            # By the text: actively processing when "either its active source flag is true or any
            # AudioNode connected to one of its inputs is actively processing".
            if not (self.sounding or self._fed):
                return number
            self._scope._frame = block.start + number * quantum
            try:
                # By the text: "Set processor's active source flag to ToBoolean(callResult)."
                self.sounding = bool(user.process(ins, outs, dict(zip(names, values, strict=True))))
            except Exception as error:  # noqa: BLE001 - the edge, as in the render loop
                # By the text: "Make a silent output buffer available for reading."
                for output in outputs:
                    output[:, number * quantum :] = 0.0
                self.fail()
                self._report(error)
                return number + 1
        return count


def _turn(columns: Sequence[Sequence[T]], count: int) -> list[tuple[T, ...]]:
    """Return a row for each of `count` quanta from columns over all of them."""
    return list(zip(*columns, strict=True)) if columns else [()] * count


def _copy(signal: Signal, frames: int) -> Samples:
    """Return a copy, which the user may write into; no channels for silence."""
    if isinstance(signal, Silence):
        return np.empty((0, frames), np.float32)
    return np.array(signal, order="C")


def _cut(channels: Samples, count: int) -> list[tuple[NDArray[np.float32], ...]]:
    """Return the channels of each of `count` quanta: views."""
    return _turn([list(channel.reshape(count, -1)) for channel in channels], count)


def _cut_values(value: ParamValue, count: int) -> list[NDArray[np.float32]]:
    """Return a parameter's values in each of `count` quanta."""
    if isinstance(value, float):
        return list(np.full((count, 1), value, np.float32))
    rows = np.array(value).reshape(count, -1)
    # By the text: "… if no automation is scheduled during this render quantum, the array MAY have
    # length 1 …" NB: told by the values, since how long they are constant must not depend on how
    # long the block is.
    constant = (rows == rows[:, :1]).all(axis=1)
    return [row[:1] if one else row for row, one in zip(rows, constant, strict=True)]


def _holder(reference: weakref.ref[AudioWorkletNode]) -> Callable[[bool], None]:
    """Return what keeps a node alive, or no longer."""

    def hold(active: bool) -> None:
        node = reference()
        if node is not None:
            playing = node._context._playing
            playing.add(node) if active else playing.discard(node)

    return hold


def _output_channels(options: AudioWorkletNodeOptions) -> list[int] | None:
    counts: object = options.output_channel_count
    if counts is None:
        return None
    if isinstance(counts, np.ndarray):
        counts = counts.tolist()
    if not isinstance(counts, Sequence):
        raise TypeError(f"output_channel_count is a sequence of numbers, not {counts!r}")
    return [whole("output_channel_count", count) for count in counts]


def _check_channels(options: AudioWorkletNodeOptions) -> None:
    """Raise for numbers of inputs, outputs and channels that cannot be.

    https://webaudio.github.io/web-audio-api/#configuring-channels-with-audioworkletnodeoptions
    """
    inputs, outputs = options.number_of_inputs, options.number_of_outputs
    # By the text: "If both numberOfInputs and numberOfOutputs are zero, throw a NotSupportedError".
    if min(inputs, outputs) < 0 or inputs == outputs == 0:
        raise NotSupportedError(
            f"{inputs} inputs and {outputs} outputs: an AudioWorkletNode has one or the other"
        )
    if max(inputs, outputs) > _MOST_PORTS:
        raise NotSupportedError(
            f"{inputs} inputs and {outputs} outputs: an AudioWorkletNode has up to {_MOST_PORTS}"
        )
    counts = _output_channels(options)
    if counts is None:
        return
    for count in counts:
        # By the text: "If any value in outputChannelCount is zero or greater than the …
        # maximum number of channels, throw a NotSupportedError".
        if not 1 <= count <= MAX_CHANNELS:
            raise NotSupportedError(
                f"output_channel_count {count}: an output has 1 to {MAX_CHANNELS} channels"
            )
    # By the text: "If the length … does not equal numberOfOutputs, throw an IndexSizeError".
    if len(counts) != outputs:
        raise IndexSizeError(
            f"output_channel_count has {len(counts)} numbers, and there are {outputs} outputs"
        )

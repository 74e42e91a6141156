"""AudioNode: what every node is, and the registry of all of them.

https://webaudio.github.io/web-audio-api/#AudioNode
"""

from __future__ import annotations

import logging
import weakref
from collections.abc import Callable
from dataclasses import MISSING, dataclass, fields
from inspect import Parameter, Signature, signature
from operator import index
from typing import Any, ClassVar, Generic, TypeVar, get_args, overload

from audiograph.buffer import MAX_CHANNELS
from audiograph.errors import (
    DOMException,
    IndexSizeError,
    InvalidAccessError,
    InvalidStateError,
    NotSupportedError,
)
from audiograph.events import EventTarget
from audiograph.host import NodeHost
from audiograph.options import read_options
from audiograph.param import AudioParam, Param
from audiograph.render.loop import Renderer
from audiograph.render.mixing import ChannelCountMode, ChannelInterpretation
from audiograph.render.processor import Processor
from audiograph.render.vertex import InputPort, Vertex

_log = logging.getLogger("audiograph")


@dataclass(frozen=True, kw_only=True)
class AudioNodeOptions:
    """How a node's inputs are mixed; None is the node's own default.

    https://webaudio.github.io/web-audio-api/#AudioNodeOptions
    """

    channel_count: int | None = None
    channel_count_mode: ChannelCountMode | None = None
    channel_interpretation: ChannelInterpretation | None = None


@dataclass(frozen=True, kw_only=True)
class ChannelRules:
    """A node class's channel settings: the defaults, and what may be changed.

    Attributes
    ----------
    fixed : tuple of str
        The attributes that cannot be changed.
    largest : int
        The largest channel count allowed.
    modes : tuple of str
        The channel count modes allowed.
    error : type
        What is raised for a change of a fixed one.
    """

    count: int = 2
    mode: ChannelCountMode = "max"
    interpretation: ChannelInterpretation = "speakers"
    fixed: tuple[str, ...] = ()
    largest: int = MAX_CHANNELS
    modes: tuple[ChannelCountMode, ...] = ("max", "clamped-max", "explicit")
    error: type[DOMException] = InvalidStateError


OptionsT = TypeVar("OptionsT")
Wire = tuple[int, "AudioNode[Any] | AudioParam", int | str]
"""A connection: the output, the node or parameter it goes to, and the input or parameter there."""

NODES: dict[str, type[AudioNode[Any]]] = {}
"""Every node class by name: what the command line, the graph text and the help read."""


class AudioNode(EventTarget, Generic[OptionsT]):
    """A node of the graph. Made as `SomeNode(context, options)` or `SomeNode(context, gain=0.5)`.

    https://webaudio.github.io/web-audio-api/#AudioNode
    """

    options_type: ClassVar[type[Any]]
    param_declarations: ClassVar[tuple[Param, ...]] = ()
    channel_rules: ClassVar[ChannelRules] = ChannelRules()
    inputs: ClassVar[int] = 1
    outputs: ClassVar[int] = 1

    def __init_subclass__(cls, *, abstract: bool = False) -> None:
        super().__init_subclass__()
        cls.param_declarations = tuple(
            value
            for base in reversed(cls.__mro__)
            for value in vars(base).values()
            if isinstance(value, Param)
        )
        if abstract:
            return
        for base in cls.__orig_bases__:  # type: ignore[attr-defined]
            cls.options_type = get_args(base)[0]
        cls.__signature__ = _signature(cls)  # type: ignore[attr-defined]
        NODES[cls.__name__] = cls

    def __init__(
        self,
        context: NodeHost,
        options: OptionsT | None = None,
        /,
        **fields: Any,
    ) -> None:
        if not isinstance(context, NodeHost):
            raise TypeError(
                f"{type(self).__name__} needs a context first, not {type(context).__name__}"
            )
        given: OptionsT = read_options(self.options_type, options, fields)
        self.check_options(context, given)
        self._context = context
        self._number_of_inputs, self._number_of_outputs = self.count_ports(given)
        self._wires: list[Wire] = []
        rules = self.rules_for(given)
        self._rules = rules
        self._channel_count = rules.count
        self._channel_count_mode = rules.mode
        self._channel_interpretation = rules.interpretation
        self._ports = [
            InputPort(rules.count, rules.mode, rules.interpretation)
            for _ in range(self._number_of_inputs)
        ]
        for name in ("channel_count", "channel_count_mode", "channel_interpretation"):
            value = getattr(given, name, None)
            if value is not None:
                setattr(self, name, value)
        self._params = self.make_params(given)
        self._processor = self.make_processor(given)
        self._vertex = Vertex(
            self._processor,
            self._ports,
            {name: param._port for name, param in self._params.items()},
            self._number_of_outputs,
            _reporter(weakref.ref(self)),
        )
        for param in self._params.values():
            param._attach(self._vertex)
        if self._processor.sounding:
            context._post(context._renderer.graph.rouse, self._vertex)
        # When nobody holds the node any longer, its vertex goes as soon as it can't be heard.
        renderer = weakref.ref(context._renderer)
        weakref.finalize(self, _release, renderer, self._vertex).atexit = False

    def check_options(self, context: NodeHost, options: OptionsT) -> None:
        """Raise for options that the node cannot be made with."""

    def count_ports(self, options: OptionsT) -> tuple[int, int]:
        """Return how many inputs and outputs the node has."""
        return self.inputs, self.outputs

    def rules_for(self, options: OptionsT) -> ChannelRules:
        """Return the channel settings of a node made with `options`."""
        return self.channel_rules

    def make_params(self, options: OptionsT) -> dict[str, AudioParam]:
        """Return the node's parameters by name."""
        return {
            declaration.name: declaration.make(self._context, type(self).__name__, options)
            for declaration in self.param_declarations
        }

    def make_processor(self, options: OptionsT) -> Processor:
        """Return what does the node's signal processing."""
        raise NotImplementedError

    @property
    def context(self) -> Any:
        """The BaseAudioContext that the node belongs to."""
        return self._context

    @property
    def number_of_inputs(self) -> int:
        """How many inputs there are; none for a source."""
        return self._number_of_inputs

    @property
    def number_of_outputs(self) -> int:
        """How many outputs there are."""
        return self._number_of_outputs

    @property
    def channel_count(self) -> int:
        """Channels that inputs are mixed to, as `channel_count_mode` says.

        Raises NotSupportedError for a count that is not offered, and what the node's own rule says.
        """
        return self._channel_count

    @channel_count.setter
    def channel_count(self, count: int) -> None:
        count = index(count)
        if count != self._channel_count:
            self._check_fixed("channel_count", count)
        self.check_channel_count(count)
        self._channel_count = count
        self._mix_anew("channel_count", count)

    def check_channel_count(self, count: int) -> None:
        """Raise where the node cannot have that `channel_count`."""
        if not 1 <= count <= self._rules.largest:
            raise NotSupportedError(
                f"channel_count {count}: {type(self).__name__} has 1 to {self._rules.largest}"
            )

    @property
    def channel_count_mode(self) -> ChannelCountMode:
        """How many channels inputs are mixed to.

        "max": as many as the widest connection has; "clamped-max": that, but at most
        `channel_count`; "explicit": `channel_count`.
        """
        return self._channel_count_mode

    @channel_count_mode.setter
    def channel_count_mode(self, mode: ChannelCountMode) -> None:
        _check_choice("channel_count_mode", mode, ("max", "clamped-max", "explicit"))
        if mode != self._channel_count_mode:
            self._check_fixed("channel_count_mode", mode)
        if mode not in self._rules.modes:
            raise NotSupportedError(f"channel_count_mode {mode!r} of {type(self).__name__}")
        self._channel_count_mode = mode
        self._mix_anew("mode", mode)

    @property
    def channel_interpretation(self) -> ChannelInterpretation:
        """How channels are matched: "speakers" by loudspeaker layout, "discrete" by number."""
        return self._channel_interpretation

    @channel_interpretation.setter
    def channel_interpretation(self, interpretation: ChannelInterpretation) -> None:
        _check_choice("channel_interpretation", interpretation, ("speakers", "discrete"))
        if interpretation != self._channel_interpretation:
            self._check_fixed("channel_interpretation", interpretation)
        self._channel_interpretation = interpretation
        self._mix_anew("interpretation", interpretation)

    def _check_fixed(self, name: str, value: object) -> None:
        if name in self._rules.fixed:
            raise self._rules.error(
                f"{name} of {type(self).__name__} is {getattr(self, name)!r} "
                f"and cannot be changed to {value!r}"
            )

    def _mix_anew(self, setting: str, value: object) -> None:
        for port in self._ports:
            self._context._post(setattr, port, setting, value)
        self._context._post(self._context._renderer.graph.renew)

    @overload
    def connect(
        self, destination: AudioNode[Any], output: int = 0, input: int = 0
    ) -> AudioNode[Any]: ...
    @overload
    def connect(self, destination: AudioParam, output: int = 0) -> None: ...
    def connect(
        self,
        destination: AudioNode[Any] | AudioParam,
        output: int = 0,
        input: int = 0,
    ) -> AudioNode[Any] | None:
        """Connect an output to another node's input, or to a parameter; return that node.

        Connecting twice changes nothing. Raises IndexSizeError for an output or input that is not
        there, InvalidAccessError for a node of another context.

        https://webaudio.github.io/web-audio-api/#dom-audionode-connect
        """
        output, input = index(output), index(input)
        self._check_output(output)
        wire = self._wire(destination, output, input)
        host = destination._host if isinstance(destination, AudioParam) else destination._context
        if host is not self._context:
            raise InvalidAccessError(
                f"{type(self).__name__} and what it is connected to belong to different contexts"
            )
        with self._context._lock:
            if wire not in self._wires:
                self._wires.append(wire)
                _, target, port = self._render_wire(wire)
                self._context._post(
                    self._context._renderer.graph.connect, self._vertex, output, target, port
                )
        return None if isinstance(destination, AudioParam) else destination

    @overload
    def disconnect(self) -> None: ...
    @overload
    def disconnect(self, output: int, /) -> None: ...
    @overload
    def disconnect(
        self, destination: AudioNode[Any], output: int | None = None, input: int | None = None
    ) -> None: ...
    @overload
    def disconnect(self, destination: AudioParam, output: int | None = None) -> None: ...
    def disconnect(
        self,
        destination: AudioNode[Any] | AudioParam | int | None = None,
        output: int | None = None,
        input: int | None = None,
    ) -> None:
        """Take connections away: all, those of an output, or those to a node or parameter.

        Raises IndexSizeError for an output or input that is not there, InvalidAccessError where
        nothing of the kind is connected.

        https://webaudio.github.io/web-audio-api/#dom-audionode-disconnect
        """
        if isinstance(destination, int):
            output, destination = destination, None
        if output is not None:
            self._check_output(output)
        if destination is not None:
            self._wire(destination, output or 0, input or 0)
        with self._context._lock:
            gone = [
                wire
                for wire in self._wires
                if (destination is None or wire[1] is destination)
                and (output is None or wire[0] == output)
                and (input is None or wire[2] == input)
            ]
            if destination is not None and not gone:
                raise InvalidAccessError(
                    f"{type(self).__name__} has no such connection"
                    + ("" if output is None else f" from output {output}")
                    + ("" if input is None else f" to input {input}")
                    + f" to the given {type(destination).__name__}"
                )
            self._wires = [wire for wire in self._wires if wire not in gone]
            self._context._post(
                self._context._renderer.graph.disconnect,
                self._vertex,
                [self._render_wire(wire) for wire in gone],
            )

    def _check_output(self, output: int) -> None:
        if not 0 <= output < self._number_of_outputs:
            raise IndexSizeError(
                f"output {output} of {self._number_of_outputs} of {type(self).__name__}"
            )

    @staticmethod
    def _wire(destination: object, output: int, input: int) -> Wire:
        if isinstance(destination, AudioParam):
            return output, destination, destination._name
        if not isinstance(destination, AudioNode):
            raise TypeError(f"connections go to an AudioNode or an AudioParam, not {destination!r}")
        if not 0 <= input < destination.number_of_inputs:
            raise IndexSizeError(
                f"input {input} of {destination.number_of_inputs} of {type(destination).__name__}"
            )
        return output, destination, input

    @staticmethod
    def _render_wire(wire: Wire) -> tuple[int, Vertex, int | str]:
        output, destination, port = wire
        assert destination._vertex is not None
        return output, destination._vertex, port

    def _report(self, error: Exception | None) -> None:
        """Hear from the render side: the processor ended (None) or failed."""
        if error is not None:
            _log.error(
                "%s failed and is mute from now on: %s: %s",
                type(self).__name__,
                type(error).__name__,
                error,
            )


def _reporter(
    reference: weakref.ref[AudioNode[Any]],
) -> Callable[[Exception | None], None]:
    def report(error: Exception | None) -> None:
        node = reference()
        if node is not None:
            node._report(error)

    return report


def _release(reference: weakref.ref[Renderer], vertex: Vertex) -> None:
    # NB: weak, since what waits to be called when a node goes would else keep its context alive.
    renderer = reference()
    if renderer is not None:
        renderer.post(renderer.graph.release, vertex)


def _check_choice(name: str, value: object, choices: tuple[str, ...]) -> None:
    if value not in choices:
        raise TypeError(f"{name} is one of {', '.join(map(repr, choices))}, not {value!r}")


def _signature(cls: type[AudioNode[Any]]) -> Signature:
    """Return what `help` shows for a node's constructor: the context and the options' fields."""
    _, *positional = [
        parameter.replace(annotation=Parameter.empty)
        for parameter in signature(cls.__init__).parameters.values()
        if parameter.kind is Parameter.POSITIONAL_ONLY
    ]
    keywords = [
        Parameter(
            field.name,
            Parameter.KEYWORD_ONLY,
            default=Parameter.empty if field.default is MISSING else field.default,
            annotation=field.type,
        )
        for field in fields(cls.options_type)
    ]
    return Signature([*positional, *keywords])

"""AudioNode: what every node is, and the registry of all of them.

https://webaudio.github.io/web-audio-api/#AudioNode
"""

from __future__ import annotations

import logging
import weakref
from collections.abc import Callable
from dataclasses import dataclass
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
from audiograph.options import constructor_signature, read_options
from audiograph.param import AudioParam, Param
from audiograph.render.loop import Renderer
from audiograph.render.mixing import ChannelCountMode, ChannelInterpretation
from audiograph.render.processor import Processor
from audiograph.render.vertex import InputPort, Vertex
from audiograph.values import choice, whole

_log = logging.getLogger("audiograph")


@dataclass(frozen=True, kw_only=True)
class AudioNodeOptions:
    """How a node's inputs are mixed; None is the node's own default.

    The fields are the first values of the attributes of the same name.

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
Wire = tuple[int, int | str]
"""A connection to a target: the output, and the target's input or name."""

NODES: dict[str, type[AudioNode[Any]]] = {}
"""Every node class of the package by name; what a user derives from one is no other kind."""


class AudioNode(EventTarget, Generic[OptionsT]):
    """A node of the graph. Made as `SomeNode(context, options)` or `SomeNode(context, gain=0.5)`.

    https://webaudio.github.io/web-audio-api/#AudioNode
    """

    _options_type: ClassVar[type[Any]]
    _param_declarations: ClassVar[tuple[Param, ...]] = ()
    _channel_rules: ClassVar[ChannelRules] = ChannelRules()
    _inputs: ClassVar[int] = 1
    _outputs: ClassVar[int] = 1

    def __init_subclass__(cls, *, abstract: bool = False) -> None:
        super().__init_subclass__()
        cls._param_declarations = tuple(
            value
            for base in reversed(cls.__mro__)
            for value in vars(base).values()
            if isinstance(value, Param)
        )
        if abstract:
            return
        if hasattr(cls, "_options_type"):
            # A user's own, of a node's kind; its constructor may take what it likes.
            if "__init__" in vars(cls):
                cls.__signature__ = None  # type: ignore[attr-defined]
            return
        for base in cls.__orig_bases__:  # type: ignore[attr-defined]
            cls._options_type = get_args(base)[0]
        for declared in vars(cls).values():
            if isinstance(declared, Param):
                declared.describe(
                    cls, cls._options_type.__dataclass_fields__[declared.name].default
                )
        cls.__signature__ = constructor_signature(cls.__init__, cls._options_type)  # type: ignore[attr-defined]
        NODES[cls.__name__] = cls

    def __init__(
        self,
        context: NodeHost,
        options: OptionsT | None = None,
        **fields: Any,
    ) -> None:
        if not hasattr(self, "_options_type"):
            raise TypeError(f"{type(self).__name__} is abstract: make a node that derives from it")
        if not isinstance(context, NodeHost):
            raise TypeError(
                f"{type(self).__name__} needs a context first, not {type(context).__name__}"
            )
        given: OptionsT = read_options(self._options_type, options, fields)
        self._check_options(context, given)
        self._context = context
        self._number_of_inputs, self._number_of_outputs = self._count_ports(given)
        # NB: weak: what nobody holds any longer goes on in the graph, as long as it can be heard.
        self._wires: weakref.WeakKeyDictionary[AudioNode[Any] | AudioParam, set[Wire]] = (
            weakref.WeakKeyDictionary()
        )
        rules = self._rules_for(given)
        self._rules = rules
        self._channel_count = rules.count
        self._channel_count_mode = rules.mode
        self._channel_interpretation = rules.interpretation
        self._ports: list[InputPort] = []
        for name in ("channel_count", "channel_count_mode", "channel_interpretation"):
            value = getattr(given, name, None)
            if value is not None:
                setattr(self, name, value)
        self._ports = [
            InputPort(self._channel_count, self._channel_count_mode, self._channel_interpretation)
            for _ in range(self._number_of_inputs)
        ]
        self._params = self._make_params(given)
        self._processor = self._make_processor(given)
        self._vertex = Vertex(
            self._processor,
            self._ports,
            {name: param._port for name, param in self._params.items()},
            self._number_of_outputs,
            _reporter(type(self).__name__, weakref.ref(self)),
        )
        for param in self._params.values():
            param._attach(self._vertex)
        if self._processor.sounding:
            context._post(context._renderer.graph.rouse, self._vertex)
        # When nobody holds the node any longer, its vertex goes as soon as it can't be heard.
        renderer, vertex = weakref.ref(context._renderer), weakref.ref(self._vertex)
        weakref.finalize(self, _release, renderer, vertex).atexit = False

    def _check_options(self, context: NodeHost, options: OptionsT) -> None:
        """Raise for options that the node cannot be made with."""

    def _count_ports(self, options: OptionsT) -> tuple[int, int]:
        """Return how many inputs and outputs the node has."""
        return self._inputs, self._outputs

    def _rules_for(self, options: OptionsT) -> ChannelRules:
        """Return the channel settings of a node made with `options`."""
        return self._channel_rules

    def _make_params(self, options: OptionsT) -> dict[str, AudioParam]:
        """Return the node's parameters by name."""
        return {
            declaration.name: declaration.make(self._context, type(self).__name__, options)
            for declaration in self._param_declarations
        }

    def _make_processor(self, options: OptionsT) -> Processor:
        """Return what does the node's signal processing."""
        raise NotImplementedError

    @property
    def context(self) -> Any:
        """The BaseAudioContext that the node belongs to.

        https://webaudio.github.io/web-audio-api/#dom-audionode-context
        """
        return self._context

    @property
    def number_of_inputs(self) -> int:
        """How many inputs there are; none for a source.

        https://webaudio.github.io/web-audio-api/#dom-audionode-numberofinputs
        """
        return self._number_of_inputs

    @property
    def number_of_outputs(self) -> int:
        """How many outputs there are.

        https://webaudio.github.io/web-audio-api/#dom-audionode-numberofoutputs
        """
        return self._number_of_outputs

    @property
    def channel_count(self) -> int:
        """Channels that inputs are mixed to, as `channel_count_mode` says.

        1 to 32; 2 at first, unless the node's page says something else. Raises NotSupportedError
        for a count that is not offered, InvalidStateError where the node does not allow a change,
        TypeError for what is no whole number.

        https://webaudio.github.io/web-audio-api/#dom-audionode-channelcount
        """
        return self._channel_count

    @channel_count.setter
    def channel_count(self, count: int) -> None:
        count = whole("channel_count", count)
        if count != self._channel_count:
            self._check_fixed("channel_count", count)
        self._check_channel_count(count)
        self._channel_count = count
        self._mix_anew("channel_count", count)

    def _check_channel_count(self, count: int) -> None:
        """Raise where the node cannot have that `channel_count`."""
        if not 1 <= count <= self._rules.largest:
            raise NotSupportedError(
                f"channel_count {count}: {type(self).__name__} has 1 to {self._rules.largest}"
            )

    @property
    def channel_count_mode(self) -> ChannelCountMode:
        """How many channels inputs are mixed to.

        "max": as many as the widest connection has; "clamped-max": that, but at most
        `channel_count`; "explicit": `channel_count`. "max" at first, unless the node's page says
        something else. Raises TypeError for another mode, NotSupportedError for one that the node
        does not offer, InvalidStateError where it does not allow a change.

        https://webaudio.github.io/web-audio-api/#dom-audionode-channelcountmode
        """
        return self._channel_count_mode

    @channel_count_mode.setter
    def channel_count_mode(self, mode: ChannelCountMode) -> None:
        choice("channel_count_mode", mode, get_args(ChannelCountMode))
        if mode != self._channel_count_mode:
            self._check_fixed("channel_count_mode", mode)
        if mode not in self._rules.modes:
            raise NotSupportedError(
                f"channel_count_mode {mode!r}: {type(self).__name__} has "
                f"{' and '.join(map(repr, self._rules.modes))}"
            )
        self._channel_count_mode = mode
        self._mix_anew("mode", mode)

    @property
    def channel_interpretation(self) -> ChannelInterpretation:
        """How channels are matched: "speakers" by loudspeaker layout, "discrete" by number.

        "speakers" at first, but for a ChannelSplitterNode. Raises TypeError for anything else,
        InvalidStateError where the node does not allow a change.

        https://webaudio.github.io/web-audio-api/#dom-audionode-channelinterpretation
        """
        return self._channel_interpretation

    @channel_interpretation.setter
    def channel_interpretation(self, interpretation: ChannelInterpretation) -> None:
        choice("channel_interpretation", interpretation, get_args(ChannelInterpretation))
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

    @overload
    def connect(
        self, destination_node: AudioNode[Any], output: int = 0, input: int = 0
    ) -> AudioNode[Any]: ...
    @overload
    def connect(self, destination_param: AudioParam, /, output: int = 0) -> None: ...
    @overload
    def connect(self, *, destination_param: AudioParam, output: int = 0) -> None: ...
    def connect(
        self,
        destination_node: AudioNode[Any] | AudioParam | None = None,
        output: int = 0,
        input: int = 0,
        *,
        destination_param: AudioParam | None = None,
    ) -> AudioNode[Any] | None:
        """Connect an output to another node's input, or to a parameter; return that node.

        Outputs and inputs are counted from 0; connecting twice changes nothing. Raises
        IndexSizeError for an output or input that is not there, InvalidAccessError for a node of
        another context, TypeError for what is no node and no parameter, and for an input of a
        parameter.

        https://webaudio.github.io/web-audio-api/#dom-audionode-connect
        """
        destination = _one_of(destination_node, destination_param)
        output, input = whole("output", output), whole("input", input)
        self._check_output(output)
        port = self._key_of(destination, input)
        assert isinstance(destination, AudioNode | AudioParam)
        host = destination._host if isinstance(destination, AudioParam) else destination._context
        if host is not self._context:
            raise InvalidAccessError(
                f"{type(self).__name__} and what it is connected to belong to different contexts"
            )
        with self._context._lock:
            wires = self._wires.setdefault(destination, set())
            if (output, port) not in wires:
                wires.add((output, port))
                self._context._post(
                    self._context._renderer.graph.connect,
                    self._vertex,
                    output,
                    destination._vertex,
                    port,
                )
        return None if isinstance(destination, AudioParam) else destination

    @overload
    def disconnect(self) -> None: ...
    @overload
    def disconnect(self, output: int, /) -> None: ...
    @overload
    def disconnect(
        self, destination_node: AudioNode[Any], output: int | None = None, input: int | None = None
    ) -> None: ...
    @overload
    def disconnect(self, destination_param: AudioParam, /, output: int | None = None) -> None: ...
    @overload
    def disconnect(self, *, destination_param: AudioParam, output: int | None = None) -> None: ...
    def disconnect(
        self,
        destination_node: AudioNode[Any] | AudioParam | int | None = None,
        output: int | None = None,
        input: int | None = None,
        *,
        destination_param: AudioParam | None = None,
    ) -> None:
        """Take connections away: all, those of an output, or those to a node or parameter.

        Raises IndexSizeError for an output or input that is not there, InvalidAccessError where
        nothing of the kind is connected, TypeError for what is none of these and for an input
        without its node.

        https://webaudio.github.io/web-audio-api/#dom-audionode-disconnect
        """
        destination = _one_of(destination_node, destination_param)
        if destination is not None and not isinstance(destination, AudioNode | AudioParam):
            if output is not None:
                raise TypeError(f"output {output}: the node or parameter it goes to comes first")
            output, destination = destination, None
        if destination is None and input is not None:
            raise TypeError(f"input {input}: the node that it belongs to is needed as well")
        if output is not None:
            output = whole("output", output)
            self._check_output(output)
        if input is not None:
            input = whole("input", input)
        graph = self._context._renderer.graph
        if destination is None:
            with self._context._lock:
                for wires in self._wires.values():
                    wires -= {wire for wire in wires if output in (None, wire[0])}
                self._context._post(graph.disconnect_output, self._vertex, output)
            return
        self._key_of(destination, input or 0)
        with self._context._lock:
            wires = self._wires.get(destination, set())
            gone = {
                (out, port)
                for out, port in wires
                if output in (None, out) and (input is None or input == port)
            }
            if not gone:
                raise InvalidAccessError(
                    f"{type(self).__name__} has no such connection"
                    + ("" if output is None else f" from output {output}")
                    + ("" if input is None else f" to input {input}")
                    + f" to the given {type(destination).__name__}"
                )
            wires -= gone
            self._context._post(
                graph.disconnect,
                self._vertex,
                [(out, destination._vertex, port) for out, port in gone],
            )

    def _check_output(self, output: int) -> None:
        if not 0 <= output < self._number_of_outputs:
            raise IndexSizeError(
                f"output {output} of {self._number_of_outputs} of {type(self).__name__}"
            )

    @staticmethod
    def _key_of(destination: object, input: int) -> int | str:
        """Return by which key the graph knows what is connected to; raise for what can't be."""
        if isinstance(destination, AudioParam):
            if input:
                raise TypeError(f"input {input}: a parameter has none")
            return destination._name
        if not isinstance(destination, AudioNode):
            raise TypeError(f"connections go to an AudioNode or an AudioParam, not {destination!r}")
        if not 0 <= input < destination.number_of_inputs:
            raise IndexSizeError(
                f"input {input} of {destination.number_of_inputs} of {type(destination).__name__}"
            )
        return input

    def _report(self, error: Exception | None) -> None:
        """Hear from the render side: the processor ended (None) or failed."""
        if error is not None:
            log_failure(type(self).__name__, error)

    def _context_ended(self) -> None:
        """Hear that nothing will be rendered any more, while the context kept the node alive."""


def _one_of(
    destination_node: AudioNode[Any] | AudioParam | int | None,
    destination_param: AudioParam | None,
) -> AudioNode[Any] | AudioParam | int | None:
    """Return the destination, by whichever name it was given."""
    if destination_param is None:
        return destination_node
    if destination_node is not None:
        raise TypeError("give either a destination_node or a destination_param, not both")
    return destination_param


def _reporter(
    name: str, reference: weakref.ref[AudioNode[Any]]
) -> Callable[[Exception | None], None]:
    def report(error: Exception | None) -> None:
        node = reference()
        if node is not None:
            node._report(error)
        elif error is not None:
            log_failure(name, error)

    return report


def log_failure(name: str, error: Exception, *, traceback: bool = False) -> None:
    """Report a node whose processor raised, with a traceback where a user's code may have."""
    _log.error(
        "%s failed and is mute from now on: %s: %s",
        name,
        type(error).__name__,
        error,
        exc_info=error if traceback else None,
    )


def _release(reference: weakref.ref[Renderer], released: weakref.ref[Vertex]) -> None:
    # NB: weak, since what waits to be called when a node goes would else keep its context alive.
    renderer, vertex = reference(), released()
    if renderer is not None and vertex is not None:
        renderer.post(renderer.graph.release, vertex)

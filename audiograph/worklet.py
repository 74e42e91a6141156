"""AudioWorklet: processors in Python, and the scope that they live in.

https://webaudio.github.io/web-audio-api/#AudioWorklet
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from contextvars import ContextVar
from dataclasses import dataclass, replace
from importlib.util import module_from_spec, spec_from_file_location
from inspect import signature
from os import PathLike
from os.path import realpath
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from audiograph.errors import AbortError, InvalidStateError, NotSupportedError
from audiograph.host import NodeHost
from audiograph.messages import MessagePort, open_channel
from audiograph.options import read_options
from audiograph.param import MOST_NEGATIVE, MOST_POSITIVE, AutomationRate, check_value
from audiograph.values import path as path_of

Channels = Sequence[NDArray[np.float32]]
"""One input or output over a quantum: an array of shape (frames,) for each channel."""


@dataclass(frozen=True, kw_only=True)
class AudioParamDescriptor:
    """A parameter of a processor: its name, first value, nominal range and automation rate.

    https://webaudio.github.io/web-audio-api/#AudioParamDescriptor
    """

    name: str
    default_value: float = 0.0
    min_value: float = MOST_NEGATIVE
    max_value: float = MOST_POSITIVE
    automation_rate: AutomationRate = "a-rate"


class AudioWorkletProcessor:
    """Audio processing of one's own: subclass it, register the class, and make nodes of its name.

    A subclass overrides `process`, and may have `parameter_descriptors` and a constructor:
    `__init__(self, options)` is called with the node's `AudioWorkletNodeOptions`, and
    `__init__(self)` without; neither need call that of this class. An instance comes into being
    with its AudioWorkletNode alone; else TypeError.

    https://webaudio.github.io/web-audio-api/#AudioWorkletProcessor
    """

    parameter_descriptors: ClassVar[Iterable[AudioParamDescriptor | Mapping[str, Any]]] = ()
    """The parameters of its nodes; a dict with the same keys does as well."""

    _port: MessagePort
    _global_scope: AudioWorkletGlobalScope

    def __new__(cls, *_: object, **__: object) -> AudioWorkletProcessor:
        pending = _pending.get()
        # By the text: "Throw a TypeError exception if the slot is empty."
        if pending is None:
            raise TypeError(f"{cls.__name__} is made by an AudioWorkletNode, not by hand")
        # By the text: "Empty the pending processor construction data slot."
        _pending.set(None)
        processor = super().__new__(cls)
        processor._global_scope, processor._port = pending
        return processor

    def __init__(self, options: object = None) -> None:
        pass

    @property
    def port(self) -> MessagePort:
        """The end of the channel to the node's `port`; events come in the rendering thread.

        https://webaudio.github.io/web-audio-api/#dom-audioworkletprocessor-port
        """
        return self._port

    @property
    def global_scope(self) -> AudioWorkletGlobalScope:
        """What is global in a browser: the clock, the sample rate, the scope's own port."""
        # AD-HOC: a Python module can't have globals of its own for every context.
        return self._global_scope

    def process(
        self,
        inputs: Sequence[Channels],
        outputs: Sequence[Channels],
        parameters: Mapping[str, NDArray[np.float32]],
    ) -> object:
        """Process one render quantum; called in the rendering thread.

        Parameters
        ----------
        inputs : sequence of sequence of array
            `inputs[n][m]` is channel m of input n, float32 of shape (frames,). An input that
            nothing active is connected to has no channels.
        outputs : sequence of sequence of array
            `outputs[n][m]` is channel m of output n, zeros of shape (frames,), to be written into.
        parameters : mapping of str to array
            Each parameter's values, float32 of shape (frames,), or (1,) where the value stays the
            same for the quantum.

        Returns
        -------
        object
            True to be called again although nothing active is connected: a source, a tail. Else it
            is called only while an input sounds.

        https://webaudio.github.io/web-audio-api/#dom-audioworkletprocesscallback
        """
        raise NotImplementedError(f"{type(self).__name__} has no method process")


class AudioWorkletGlobalScope:
    """Where the processors of a context live: its clock, and the classes that are registered.

    https://webaudio.github.io/web-audio-api/#AudioWorkletGlobalScope
    """

    def __init__(self, host: NodeHost, port: MessagePort) -> None:
        self._host = host
        self._port = port
        self._processors: dict[str, type[AudioWorkletProcessor]] = {}
        self._descriptors: dict[str, tuple[AudioParamDescriptor, ...]] = {}
        # The quantum that a processor is called for, within a block of many.
        self._frame = 0

    @property
    def current_frame(self) -> int:
        """The first frame of the quantum that is being rendered, else of the next one.

        https://webaudio.github.io/web-audio-api/#dom-audioworkletglobalscope-currentframe
        """
        return max(self._frame, self._host._renderer.frame)

    @property
    def current_time(self) -> float:
        """The time of `current_frame`, in seconds of the context.

        https://webaudio.github.io/web-audio-api/#dom-audioworkletglobalscope-currenttime
        """
        return self.current_frame / self._host.sample_rate

    @property
    def sample_rate(self) -> float:
        """Frames per second.

        https://webaudio.github.io/web-audio-api/#dom-audioworkletglobalscope-samplerate
        """
        return self._host.sample_rate

    @property
    def render_quantum_size(self) -> int:
        """Frames of a render quantum.

        https://webaudio.github.io/web-audio-api/#dom-audioworkletglobalscope-renderquantumsize
        """
        return self._host.render_quantum_size

    @property
    def port(self) -> MessagePort:
        """The end of the channel to the AudioWorklet's `port`.

        https://webaudio.github.io/web-audio-api/#dom-audioworkletglobalscope-port
        """
        return self._port

    def register_processor(self, name: str, processor_ctor: type[AudioWorkletProcessor]) -> None:
        """Let `AudioWorkletNode(context, name)` make a processor of the given class.

        Raises NotSupportedError for an empty name, one that is taken or two parameters of the same
        name, TypeError for what is no subclass of AudioWorkletProcessor or no descriptor, and
        InvalidStateError for a parameter whose default is outside of its range.

        https://webaudio.github.io/web-audio-api/#dom-audioworkletglobalscope-registerprocessor
        """
        if not isinstance(name, str):
            raise TypeError(f"the name of a processor is text, not {name!r}")
        # By the text: "If name is an empty string, throw a NotSupportedError."
        if not name:
            raise NotSupportedError("the name of a processor is empty")
        # By the text: "If name already exists as a key in the … map, throw a NotSupportedError."
        if name in self._processors:
            raise NotSupportedError(f"a processor {name!r} is registered already")
        # By the text: "If the result of IsConstructor … is false, throw a TypeError."
        if not (
            isinstance(processor_ctor, type) and issubclass(processor_ctor, AudioWorkletProcessor)
        ):
            raise TypeError(
                f"a processor is a subclass of AudioWorkletProcessor, not {processor_ctor!r}"
            )
        given = processor_ctor.parameter_descriptors
        if not isinstance(given, Iterable):
            raise TypeError(
                f"{processor_ctor.__name__}.parameter_descriptors is a sequence, not {given!r}"
            )
        descriptors = tuple(map(_read_descriptor, given))
        names = [descriptor.name for descriptor in descriptors]
        for each in names:
            # By the text: "Throw a NotSupportedError if paramNames already contains paramName …"
            if names.count(each) > 1:
                raise NotSupportedError(f"{processor_ctor.__name__} has two parameters {each!r}")
        self._descriptors[name] = descriptors
        self._processors[name] = processor_ctor

    def _construct(self, name: str, options: object, port: MessagePort) -> AudioWorkletProcessor:
        """Return a new processor of a registered name; raises what its constructor raises."""
        constructor = self._processors[name]
        arguments = _arguments(constructor, options)
        token = _pending.set((self, port))
        try:
            return constructor(*arguments)
        finally:
            _pending.reset(token)


class AudioWorklet:
    """A context's processors in Python: register the classes here.

    https://webaudio.github.io/web-audio-api/#AudioWorklet
    """

    def __init__(self, host: NodeHost) -> None:
        self._port, scope_port = open_channel(host._tell, host._post)
        self._global_scope = AudioWorkletGlobalScope(host, scope_port)
        self._modules: set[Path] = set()

    @property
    def port(self) -> MessagePort:
        """The end of the channel to the global scope's `port`.

        https://webaudio.github.io/web-audio-api/#dom-audioworklet-port
        """
        return self._port

    @property
    def global_scope(self) -> AudioWorkletGlobalScope:
        """The scope that modules are called with."""
        return self._global_scope

    def register_processor(self, name: str, processor_ctor: type[AudioWorkletProcessor]) -> None:
        """Register a class without a module: see AudioWorkletGlobalScope.register_processor."""
        self._global_scope.register_processor(name, processor_ctor)

    def add_module(
        self, module: str | PathLike[str] | Callable[[AudioWorkletGlobalScope], object]
    ) -> None:
        """Run a module that registers processors.

        Parameters
        ----------
        module : str, path or callable
            A function is called with the global scope. The Python file at a path is run, once, with
            `scope` and its `register_processor` as global names.

        Raises
        ------
        AbortError
            The file cannot be read.
        NotSupportedError
            It is the address of a page: nothing is fetched.
        TypeError
            It is neither a path nor a function.

        What the module itself raises comes through.

        https://html.spec.whatwg.org/#dom-worklet-addmodule
        """
        if callable(module):
            module(self._global_scope)
            return
        if isinstance(module, str) and "://" in module:
            raise NotSupportedError(
                f"'{module}' is an address, and modules come from files: fetch it, add the file"
            )
        path = Path(realpath(path_of("module", module)))
        if path in self._modules:
            return
        spec = spec_from_file_location(path.stem, path)
        if spec is None or spec.loader is None:
            raise AbortError(f"cannot load '{module}': it is no Python file")
        python_module = module_from_spec(spec)
        vars(python_module).update(
            scope=self._global_scope, register_processor=self._global_scope.register_processor
        )
        try:
            spec.loader.exec_module(python_module)
        except OSError as error:
            if path.is_file():
                raise
            raise AbortError(f"cannot load '{module}': {error.strerror}; check the name") from error
        self._modules.add(path)


_pending: ContextVar[tuple[AudioWorkletGlobalScope, MessagePort] | None] = ContextVar(
    "pending", default=None
)
"""The "pending processor construction data" of the text."""


def _arguments(constructor: type[AudioWorkletProcessor], options: object) -> tuple[object, ...]:
    """Return what a processor's constructor is called with: the options, unless it takes nothing.

    A function in JavaScript ignores the arguments that it does not declare; one in Python refuses.
    """
    taken = signature(constructor.__init__)
    for arguments in ((options,), ()):
        with suppress(TypeError):
            taken.bind(None, *arguments)
            return arguments
    raise TypeError(
        f"{constructor.__name__}.__init__{taken} can't be called: it gets the node's options, or "
        "nothing where it takes nothing; what else it needs goes into processor_options"
    )


def _read_descriptor(given: AudioParamDescriptor | Mapping[str, Any]) -> AudioParamDescriptor:
    """Return a descriptor with float32 values; raise for what is none."""
    if not isinstance(given, AudioParamDescriptor | Mapping):
        raise TypeError(f"a parameter is an AudioParamDescriptor or a dict, not {given!r}")
    whole, fields = (None, given) if isinstance(given, Mapping) else (given, {})
    read = read_options(AudioParamDescriptor, whole, fields)
    low, default, high = (
        check_value(f"{name} of {read.name!r}", getattr(read, name))
        for name in ("min_value", "default_value", "max_value")
    )
    # By the text: "If … minValue <= defaultValue <= maxValue is false, throw an InvalidStateError."
    if not low <= default <= high:
        raise InvalidStateError(
            f"default_value {default:g} of {read.name!r} is not within {low:g} to {high:g}"
        )
    return replace(read, min_value=low, default_value=default, max_value=high)

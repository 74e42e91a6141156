"""What nodes and parameters need of their context: the clock, and the way to the render side."""

from __future__ import annotations

from collections.abc import Callable
from queue import Empty, SimpleQueue
from threading import RLock
from typing import TYPE_CHECKING, Any
from weakref import WeakSet

from audiograph.events import EventTarget
from audiograph.render.loop import Renderer

if TYPE_CHECKING:
    from audiograph.media.source import Source
    from audiograph.node import AudioNode


class NodeHost(EventTarget):
    """The part of a context that its nodes are made on.

    The control side changes under `_lock`, which the render thread never takes; what it wants of
    the render side it posts there. What the render side has to tell comes back through a queue,
    as a function that the control side calls.
    """

    _clocked = True
    """Whether time passes by itself here, so that rendering must never wait for anything."""

    _latency_seconds = 0.0
    """What lies between this clock and that of a device that delivers to it."""

    _rendering = False
    """Whether somebody renders, and so reads what is posted."""

    _leader: object = None
    """The device whose time is the context's, if it follows one."""

    def __init__(self, sample_rate: float, render_quantum_size: int) -> None:
        self._lock = RLock()
        self._told: SimpleQueue[tuple[Callable[..., None], tuple[Any, ...]]] = SimpleQueue()
        self._renderer = Renderer(sample_rate, render_quantum_size, self._tell)
        self._sample_rate = sample_rate
        self._quantum = render_quantum_size
        self._held: set[AudioNode[Any]] = set()
        # What the graph delivers to others, which ends with it.
        self._outlets: WeakSet[Source] = WeakSet()

    @property
    def sample_rate(self) -> float:
        """Frames per second.

        https://webaudio.github.io/web-audio-api/#dom-baseaudiocontext-samplerate
        """
        return self._sample_rate

    @property
    def render_quantum_size(self) -> int:
        """Frames of a render quantum.

        https://webaudio.github.io/web-audio-api/#dom-baseaudiocontext-renderquantumsize
        """
        return self._quantum

    @property
    def current_time(self) -> float:
        """Seconds that have been rendered: the time of the next block's first frame.

        https://webaudio.github.io/web-audio-api/#dom-baseaudiocontext-currenttime
        """
        return self._renderer.frame / self._sample_rate

    @property
    def _playing(self) -> set[AudioNode[Any]]:
        """Nodes that are kept alive: sources until they have ended. None once it is closed."""
        return set() if self._renderer.closed else self._held

    def _post(self, function: Callable[..., object], *arguments: object) -> None:
        """Have the render side call `function` at the start of the next block, if one comes."""
        self._renderer.post(function, *arguments)

    def _end(self) -> None:
        """Let go of everything, for nothing will be rendered any more."""
        self._renderer.close()
        held, self._held = self._held, set()
        for node in held:
            node._context_ended()
        for source in self._outlets:
            self._tell(source.end)

    def _tell(self, function: Callable[..., None], *arguments: object) -> None:
        """Have the control side call `function`; what the render thread uses to report."""
        self._told.put((function, arguments))

    def _hear(self) -> None:
        """Do what the render side has told so far."""
        while True:
            try:
                function, arguments = self._told.get_nowait()
            except Empty:
                return
            function(*arguments)

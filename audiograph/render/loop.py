"""The render loop: one for the offline and the live context."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from threading import Lock
from typing import Any

import numpy as np

from audiograph.render.graph import Graph
from audiograph.render.mixing import convert
from audiograph.render.processor import Samples, Silence
from audiograph.render.vertex import Vertex

BLOCK_FRAMES = 32768
"""The longest block: beyond it, the signals leave the processor's cache and little is gained."""

# NB: from 128 KiB on, or from as much as was freed once, the C library of Linux gives what is freed
# back to the system at once, which clears it when it is asked for again. A block's arrays are so
# large; this one is never written to, and costs nothing.
np.empty(4 << 20, np.uint8)


class Renderer:
    """Renders a graph, block after block, whenever it is asked for frames.

    The control side posts functions; they run at the start of a block, in the order in which they
    were posted, and are the only way in. What the render side has to tell goes out through
    `notify`, which is called in the render thread and must not wait.

    Parameters
    ----------
    sample_rate : float
        Frames per second.
    quantum : int
        Frames of a render quantum.
    notify : callable
        Called with (function, *arguments) that the control side is to run.
    """

    def __init__(self, sample_rate: float, quantum: int, notify: Callable[..., None]) -> None:
        self._inbox: deque[tuple[Callable[..., object], tuple[Any, ...]]] = deque()
        self.closed = False
        """Whether nothing will be rendered any more, so that messages are in vain."""
        # Held by who is at the graph. The render thread of a device never waits for it.
        self._turn = Lock()
        self._notify = notify
        self.graph = Graph(sample_rate, quantum, self._report_failure)
        self.frame = 0
        """The next frame to be rendered. The control side may read it."""
        self.block_frames = max(1, BLOCK_FRAMES // quantum) * quantum
        """The longest block to be rendered at once: a whole number of quanta."""

    @property
    def waiting(self) -> int:
        """How many messages wait for the next block."""
        return len(self._inbox)

    @property
    def busy(self) -> bool:
        """Whether somebody is at the graph in this moment."""
        return self._turn.locked()

    def post(self, function: Callable[..., object], *arguments: object) -> None:
        """Have the render side call `function` at the start of the next block."""
        if not self.closed:
            self._inbox.append((function, arguments))

    def close(self) -> None:
        """Take no more messages: nothing will be rendered any more."""
        self.closed = True
        self._inbox.clear()

    def read_messages(self) -> None:
        """Do what the control side has posted."""
        # NB: as many as there are now; what these post, or another thread does meanwhile, waits.
        for _ in range(len(self._inbox)):
            function, arguments = self._inbox.popleft()
            function(*arguments)

    def settle(self) -> None:
        """Do what was posted, in the calling thread, for no block may come for long.

        Where somebody else is at the graph it is left to them.
        """
        # NB: asked again afterwards, since what comes meanwhile has been left to this thread.
        while self._inbox and self._turn.acquire(blocking=False):
            try:
                with np.errstate(all="ignore"):
                    self.read_messages()
            finally:
                self._turn.release()

    def render(self, destination: Vertex, out: Samples, *, wait: bool = True) -> None:
        """Fill `out`, shape (channels, frames), with what reaches `destination`.

        `frames` is a whole number of quanta, and `channels` what the destination mixes to; where it
        is about to change that, its signal is up- or down-mixed. Where somebody else is at the
        graph, they are waited for; or else, without `wait`, it is silence, and no time passes.
        """
        if not self._turn.acquire(blocking=wait):
            out.fill(0.0)
            return
        try:
            # NB: a loop that grows without bound is for the ears to notice, not for warnings.
            with np.errstate(all="ignore"):
                self._render(destination, out)
        finally:
            self._turn.release()

    def _render(self, destination: Vertex, out: Samples) -> None:
        done, total = 0, out.shape[1]
        while done < total:
            self.read_messages()
            frames, ended = self.graph.render(self.frame, min(total - done, self.block_frames))
            (signal,) = destination.excerpt(self.frame, self.frame + frames)
            out[:, done : done + frames] = (
                0.0 if isinstance(signal, Silence) else convert(signal, out.shape[0], "speakers")
            )
            done += frames
            self.frame += frames
            for vertex in ended:
                self._notify(vertex.report, None)

    def _report_failure(self, vertex: Vertex, error: Exception) -> None:
        self._notify(vertex.report, error)

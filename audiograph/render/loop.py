"""The render loop: one for the offline and the live context."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any

import numpy as np

from audiograph.render.graph import Graph
from audiograph.render.mixing import convert
from audiograph.render.processor import Samples, Silence
from audiograph.render.vertex import Vertex

BLOCK_FRAMES = 16384
"""The longest block: beyond it, the signals leave the processor's cache and nothing is gained."""


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
        self._notify = notify
        self.graph = Graph(sample_rate, quantum, self._report_failure)
        self.frame = 0
        """The next frame to be rendered. The control side may read it."""
        self.block_frames = max(1, BLOCK_FRAMES // quantum) * quantum
        """The longest block to be rendered at once: a whole number of quanta."""

    def post(self, function: Callable[..., object], *arguments: object) -> None:
        """Have the render side call `function` at the start of the next block."""
        self._inbox.append((function, arguments))

    def read_messages(self) -> None:
        """Do what the control side has posted."""
        # NB: as many as there are now; what these post, or another thread does meanwhile, waits.
        for _ in range(len(self._inbox)):
            function, arguments = self._inbox.popleft()
            function(*arguments)

    def render(self, destination: Vertex, out: Samples) -> None:
        """Fill `out`, shape (channels, frames), with what reaches `destination`.

        `frames` is a whole number of quanta, and `channels` what the destination mixes to; where it
        is about to change that, its signal is up- or down-mixed.
        """
        # NB: a loop that grows without bound is for the ears to notice, not for warnings.
        with np.errstate(all="ignore"):
            self._render(destination, out)

    def _render(self, destination: Vertex, out: Samples) -> None:
        done, total = 0, out.shape[1]
        while done < total:
            self.read_messages()
            frames, ended = self.graph.render(self.frame, min(total - done, self.block_frames))
            signal = destination.results[0]
            out[:, done : done + frames] = (
                0.0 if isinstance(signal, Silence) else convert(signal, out.shape[0], "speakers")
            )
            done += frames
            self.frame += frames
            for vertex in ended:
                self._notify(vertex.report, None)

    def _report_failure(self, vertex: Vertex, error: Exception) -> None:
        self._notify(vertex.report, error)

"""The render side's graph: vertices, their wires, and the order in which they are called.

Work is proportional to what sounds. Vertices that sound of their own accord are roots; a block
calls the roots and what hangs on them, in an order in which every vertex comes after all that
feed it. Sources that have not started sleep until their frame comes.

https://webaudio.github.io/web-audio-api/#rendering-loop
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from heapq import heappop, heappush
from itertools import count

from audiograph.render.cycles import Step, make_steps
from audiograph.render.processor import Block
from audiograph.render.vertex import Vertex


class Graph:
    """Everything that one context renders.

    Parameters
    ----------
    sample_rate : float
        Frames per second.
    quantum : int
        Frames of a render quantum.
    report_failure : callable
        Called with (vertex, exception) when a processor raised; the vertex is mute from then on.
    """

    def __init__(
        self,
        sample_rate: float,
        quantum: int,
        report_failure: Callable[[Vertex, Exception], None],
    ) -> None:
        self._block = Block(sample_rate, quantum)
        self._quantum = quantum
        self._report_failure = report_failure
        self._roots: dict[Vertex, None] = {}
        self._asleep: list[tuple[int, int, Vertex]] = []
        self._tick = count()
        self._steps: list[Step] = []
        self._stale = True

    def connect(self, source: Vertex, output: int, target: Vertex, port: int | str) -> None:
        """Wire an output to an input (a number) or a parameter (a name)."""
        wires = target.port(port).wires
        if (source, output) not in wires:
            wires.append((source, output))
            source.targets.append((output, target, port))
            self._stale = True

    def disconnect(self, source: Vertex, wires: Iterable[tuple[int, Vertex, int | str]]) -> None:
        """Take away the given wires of `source`, each (output, target, port)."""
        for output, target, port in wires:
            if (output, target, port) in source.targets:
                source.targets.remove((output, target, port))
                target.port(port).wires.remove((source, output))
                self._stale = True
        self._bury(source)

    def release(self, vertex: Vertex) -> None:
        """Note that the control side has let go of the vertex: it goes when it can't sound."""
        vertex.released = True
        self._bury(vertex)

    def wake(self, vertex: Vertex, frame: int) -> None:
        """Let a sleeping source sound from the block on in which `frame` lies."""
        vertex.asleep = True
        heappush(self._asleep, (frame, next(self._tick), vertex))

    def rouse(self, vertex: Vertex) -> None:
        """Take note that the vertex's processor may sound by itself from now on."""
        if vertex.processor.sounding and vertex not in self._roots:
            self._roots[vertex] = None
            self._stale = True

    def render(self, start: int, frames: int) -> tuple[int, list[Vertex]]:
        """Render from frame `start` on, `frames` frames or fewer.

        Return how many (a whole number of quanta) and which sources ended, first ended first. The
        signals are then in the vertices' `results`.
        """
        frames = self._wake(start, frames)
        for vertex in self._roots:
            frames = min(frames, vertex.steady_frames(start, frames))
        if self._stale:
            self._order()
        block = self._block
        block.start, block.frames = start, frames
        for step in self._steps:
            try:
                step.run(block)
            except Exception as error:  # noqa: BLE001 - the edge: one node is muted, the rest plays
                self._mute(step, error)
        return frames, self._settle()

    def _order(self) -> None:
        dropped = {vertex for step in self._steps for vertex in step.members}
        self._steps = make_steps(self._roots)
        dropped.difference_update(vertex for step in self._steps for vertex in step.members)
        for vertex in dropped:
            vertex.silence()
        self._stale = False

    def _wake(self, start: int, frames: int) -> int:
        """Wake what starts in the block; return the block's length, ended where channels change."""
        while self._asleep and self._asleep[0][0] < start + frames:
            frame, _, vertex = self._asleep[0]
            lead = max(0, frame - start) // self._quantum * self._quantum
            if lead > 0 and vertex.processor.channels > 1:
                return lead
            heappop(self._asleep)
            vertex.asleep = False
            if not vertex.processor.finished:
                vertex.processor.sounding = True
                self.rouse(vertex)
        return frames

    def _settle(self) -> list[Vertex]:
        """Bring the roots up to date after a block; return the sources that ended in it."""
        ended = []
        for step in self._steps:
            for vertex in step.members:
                processor = vertex.processor
                if processor.finished:
                    ended.append(vertex)
                elif processor.sounding is not (vertex in self._roots):
                    self._stale = True
                    if processor.sounding:
                        self._roots[vertex] = None
                    else:
                        del self._roots[vertex]
                        self._bury(vertex)
        for vertex in ended:
            self._finish(vertex)
        ended.sort(key=lambda vertex: vertex.processor.end_frame)
        return ended

    def _finish(self, vertex: Vertex) -> None:
        """Take a source that has ended out of the graph; nothing of it is left behind."""
        vertex.processor.sounding = False
        self._roots.pop(vertex, None)
        self._stale = True
        self._drop(vertex)

    def _mute(self, step: Step, error: Exception) -> None:
        culprit = step if isinstance(step, Vertex) else step.current
        self._report_failure(culprit, error)
        culprit.mute()
        for member in step.members:
            member.silence()

    def _bury(self, vertex: Vertex) -> None:
        """Drop a vertex that nobody holds, that nothing feeds and that can no longer sound."""
        # FIXME: a released loop feeds itself, so it stays until its context goes.
        if _is_dead(vertex):
            self._roots.pop(vertex, None)
            self._drop(vertex)

    def _drop(self, vertex: Vertex) -> None:
        # NB: not recursive: a chain of nodes may be longer than Python's stack.
        grave = [vertex]
        while grave:
            dropped = grave.pop()
            targets, dropped.targets = dropped.targets, []
            for output, target, port in targets:
                target.port(port).wires.remove((dropped, output))
                if _is_dead(target):
                    grave.append(target)


def _is_dead(vertex: Vertex) -> bool:
    return (
        vertex.released
        and not vertex.asleep
        and not vertex.processor.sounding
        and not vertex.is_fed()
    )

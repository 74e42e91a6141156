# cython: language_level=3, annotation_typing=False
"""The render side's graph: vertices, their wires, and the order in which they are called.

Work is proportional to what sounds. Vertices that sound of their own accord are roots; a block
calls the roots and what hangs on them, in an order in which every vertex comes after all that
feed it. Sources that have not started sleep until the block in which their frame lies.

What is here runs for every node and block. So it is compiled where it can be, as it stands.

https://webaudio.github.io/web-audio-api/#rendering-loop
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from heapq import heappop, heappush
from itertools import count

from audiograph.render.cycles import Step, make_steps
from audiograph.render.processor import Block
from audiograph.render.vertex import Vertex

_LEAST_SWEPT = 64

# How many frames all vertices together may put out in a block: 64 MiB, if of one channel each.
_MOST_FRAMES = 1 << 24


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
        # What is rendered, and in which step.
        self._members: dict[Vertex, Step] = {}
        self._stale = True
        self._keeping_time: list[Vertex] = []
        # What nobody holds, but something still feeds or sounds in.
        self._released: dict[Vertex, None] = {}
        self._sweep_at = _LEAST_SWEPT

    def connect(self, source: Vertex, output: int, target: Vertex, port: int | str) -> None:
        """Wire an output to an input (a number) or a parameter (a name)."""
        wires = target.port(port).wires
        if (source, output) not in wires:
            wires[source, output] = next(self._tick)
            source.targets[output, target, port] = None
            if isinstance(port, str):
                target.unsettle(port)
            self.renew()

    def disconnect(self, source: Vertex, wires: Iterable[tuple[int, Vertex, int | str]]) -> None:
        """Take away the given wires of `source`, each (output, target, port)."""
        for output, target, port in wires:
            if (output, target, port) in source.targets:
                del source.targets[output, target, port]
                del target.port(port).wires[source, output]
                self.renew()
                self._bury(target)
        self._bury(source)

    def disconnect_output(self, source: Vertex, output: int | None) -> None:
        """Take away all wires of an output of `source`, or of all outputs."""
        self.disconnect(source, [wire for wire in source.targets if output in (None, wire[0])])

    def release(self, vertex: Vertex) -> None:
        """Note that the control side has let go of the vertex: it goes when it can't sound."""
        vertex.released = True
        self._released[vertex] = None
        self._bury(vertex)
        if len(self._released) >= self._sweep_at:
            self._sweep()

    def renew(self) -> None:
        """Note that wires have changed."""
        self._stale = True

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
        signals are then in the vertices' `runs`.
        """
        self._wake(start + frames)
        if self._stale:
            self._order()
        share = max(1, _MOST_FRAMES // max(1, len(self._members)) // self._quantum)
        frames = self._limit(min(frames, share * self._quantum))
        block = self._block
        block.start, block.frames = start, frames
        for step in self._steps:
            step.run(block, self._mute)
        return frames, self._settle()

    def _wake(self, end: int) -> None:
        """Wake what starts before the frame `end`."""
        while self._asleep and self._asleep[0][0] < end:
            _, _, vertex = heappop(self._asleep)
            vertex.asleep = False
            if not vertex.processor.finished:
                vertex.processor.sounding = True
                self.rouse(vertex)

    def _order(self) -> None:
        before = self._members.keys()
        self._steps = make_steps(self._roots, self._members)
        self._members = {vertex: step for step in self._steps for vertex in step.members}
        for vertex in before - self._members.keys():
            vertex.silence()
            # NB: else it would hold what was heard there last, until something is again.
            for port in vertex.ports:
                port.live.clear()
        self._keeping_time = [vertex for vertex in self._members if vertex.processor.keeps_time]
        self._stale = False

    def _limit(self, frames: int) -> int:
        """Return how long the block may be for those who keep the time."""
        for vertex in self._keeping_time:
            try:
                frames = min(frames, vertex.processor.limit(frames))
            except Exception as error:  # noqa: BLE001 - the edge, as in `attempt`
                self._mute(vertex, error)
        return frames

    def _settle(self) -> list[Vertex]:
        """Bring the roots up to date after a block; return the sources that ended in it."""
        ended = []
        for vertex, step in self._members.items():
            processor = vertex.processor
            if processor.finished:
                processor.sounding = False
            if processor.sounding is (vertex in self._roots):
                continue
            self._stale = True
            if processor.sounding:
                self._roots[vertex] = None
                continue
            del self._roots[vertex]
            if not processor.finished:
                self._bury(vertex)
                continue
            ended.append(vertex)
            if vertex is step:
                self._drop(vertex)
        ended.sort(key=lambda vertex: vertex.processor.end_frame)
        return ended

    def _mute(self, vertex: Vertex, error: Exception) -> None:
        self._report_failure(vertex, error)
        vertex.mute()
        self.renew()

    def _bury(self, vertex: Vertex) -> None:
        """Drop a vertex that nobody holds and that has nothing to do any more."""
        if _is_dead(vertex) and not self._keeps_place(vertex):
            self._drop(vertex)

    def _keeps_place(self, vertex: Vertex) -> bool:
        """Return whether it is in a loop that is heard: without it, a delay might be in none."""
        step = self._members.get(vertex, vertex)
        return step is not vertex and _leads_out(step, vertex)

    def _drop(self, vertex: Vertex) -> None:
        """Take a vertex out of the graph, and what then has nothing to do any more."""
        # NB: not recursive: a chain of nodes may be longer than Python's stack.
        grave = [vertex]
        while grave:
            dropped = grave.pop()
            self._stale = True
            self._released.pop(dropped, None)
            self._roots.pop(dropped, None)
            dropped.processor.sounding = False
            targets, dropped.targets = dropped.targets, {}
            for output, target, port in targets:
                target.port(port).wires.pop((dropped, output), None)
                if _is_dead(target):
                    grave.append(target)
            for key, fed in dropped.keyed_ports():
                for source, output in fed.wires:
                    source.targets.pop((output, dropped, key), None)
                    if _is_dead(source):
                        grave.append(source)
                fed.wires.clear()

    def _sweep(self) -> None:
        """Drop the loops that nobody holds: each feeds itself, and would stay for ever."""
        alive = [v for v in self._released if v.asleep or v.processor.sounding or _is_held(v)]
        kept = set(alive)
        while alive:
            for _, target, port in alive.pop().targets:
                if target.released and target not in kept and isinstance(port, int):
                    kept.add(target)
                    alive.append(target)
        gone = [vertex for vertex in self._released if vertex not in kept]
        living = {
            step
            for step in {self._members.get(vertex, vertex) for vertex in gone}
            if any(member in kept or not member.released for member in step.members)
        }
        for vertex in gone:
            if self._members.get(vertex) not in living or not self._keeps_place(vertex):
                self._drop(vertex)
        # Twice what is left, so that the work is in proportion to what is released.
        self._sweep_at = max(_LEAST_SWEPT, 2 * len(self._released))


def _is_dead(vertex: Vertex) -> bool:
    """Return whether nobody holds the vertex, and either nobody hears it or it has no sound."""
    if not vertex.released or vertex.asleep:
        return False
    processor = vertex.processor
    if not vertex.targets and not processor.has_effects:
        return True
    return not processor.sounding and not vertex.is_fed()


def _leads_out(loop: Step, vertex: Vertex) -> bool:
    """Return whether anything of a loop but the vertex has a target outside of it."""
    inside = set(loop.members)
    others = inside - {vertex}
    return any(target not in inside for other in others for _, target, _ in other.targets)


def _is_held(vertex: Vertex) -> bool:
    """Return whether what feeds the vertex is held by somebody."""
    return any(not source.released for port in vertex.inputs for source, _ in port.wires)

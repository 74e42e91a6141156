"""The order of a graph's vertices, and the loops in it.

A loop must lead through a delay line. Its delay lines are taken apart into a reader, which needs
nothing of what the loop renders now, and a writer; then the rest has an order. Only the loop's own
vertices are rendered in shorter steps, as long as its shortest delay; the rest of the graph keeps
the long block.

https://webaudio.github.io/web-audio-api/#rendering-a-graph
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import TypeVar

import numpy as np

from audiograph.render.mixing import convert
from audiograph.render.processor import SILENCE, Block, Processor, Signal, Silence
from audiograph.render.vertex import Fail, Vertex, attempt

T = TypeVar("T", bound=Hashable)


class DelayLine(Processor):
    """A processor that can stand in a loop, because what it puts out now came in before.

    Outside of a loop its `process` is called as everyone's; in a loop, `read` is called before
    what the loop renders and `write` after it. Its parameter "delay_time" is in seconds, and in a
    loop not shorter than a quantum.
    """

    remembers = True
    in_loop = False

    def read(self, block: Block) -> Signal:
        """Return the output for the block, from what was written before it."""
        raise NotImplementedError

    def write(self, block: Block) -> None:
        """Take in the block's input."""
        raise NotImplementedError


class Cycle:
    """Vertices that feed each other: one step of the render loop.

    Without a delay line in every loop of it, the vertices of such a loop are mute.
    """

    def __init__(self, members: Sequence[Vertex]) -> None:
        self.members = tuple(members)
        inside = set(self.members)
        self._lines = [v for v in self.members if isinstance(v.processor, DelayLine)]
        # By the text: "Let cycle breakers be … all the DelayNodes that are part of a cycle."
        for vertex in self._lines:
            _line(vertex).in_loop = True
        self._feeders = {
            source
            for vertex in self.members
            for port in vertex.ports
            for source, _ in port.live
            if source not in inside
        }
        self._feeders.update(
            v.heeds for v in self.members if v.heeds is not None and v.heeds not in inside
        )
        self._modulated = any(
            source in inside
            for vertex in self._lines
            for source, _ in vertex.params["delay_time"].live
        )
        # "If nodes contains cycles, mute all the AudioNodes that are part of this cycle …"
        followers = _followers(inside)
        groups = components(_operations(self.members), followers)
        self._operations = [
            group[0]
            for group in reversed(groups)
            if len(group) == 1 and group[0] not in followers(group[0])
        ]
        for vertex in self.members:
            vertex.silence()

    def run(self, block: Block, fail: Fail) -> None:
        """Render the block in steps as long as the shortest delay."""
        start, frames = block.start, block.frames
        step = self._step(block)
        whole = {vertex: vertex.results for vertex in self._feeders}
        parts: dict[Vertex, list[Sequence[Signal]]] = {v: [] for v in self.members}
        try:
            for first in range(0, frames, step):
                block.start = start + first
                block.frames = min(step, frames - first)
                for vertex, results in whole.items():
                    vertex.results = [_part(s, first, block.frames) for s in results]
                for vertex, operation in self._operations:
                    if not vertex.is_mute:
                        attempt(operation, vertex, block, fail)
                for vertex in self.members:
                    parts[vertex].append(vertex.results)
        finally:
            block.start, block.frames = start, frames
            for vertex, results in whole.items():
                vertex.results = results
        for vertex in self.members:
            vertex.results = [
                _join(signals, frames, step) for signals in zip(*parts[vertex], strict=True)
            ]

    def _step(self, block: Block) -> int:
        """Return the frames of a step: a whole number of quanta within the shortest delay."""
        if self._modulated or not self._lines:
            return block.quantum
        shortest = min(float(np.min(vertex.values(block)["delay_time"])) for vertex in self._lines)
        # NB: rounded down a little more, since a delay of n frames in seconds may round to below n.
        frames = int(shortest * block.sample_rate * (1 - 1e-9))
        return max(1, frames // block.quantum) * block.quantum


Step = Vertex | Cycle
"""What the render loop runs through: vertices in order, loops as a whole."""


def make_steps(roots: Iterable[Vertex]) -> list[Step]:
    """Return what hangs on `roots`, in an order in which everything comes after what feeds it."""
    groups = components(roots, _targets)
    vertices = [vertex for group in groups for vertex in group]
    _enliven(vertices)
    heeders = _heeders(vertices)
    if heeders:
        groups = components(roots, lambda vertex: _targets(vertex) + heeders.get(vertex, []))
    steps: list[Step] = []
    for group in reversed(groups):
        if len(group) > 1 or any(target is group[0] for _, target, _ in group[0].targets):
            steps.append(Cycle(group))
        else:
            if isinstance(group[0].processor, DelayLine):
                group[0].processor.in_loop = False
            steps.append(group[0])
    return steps


def _targets(vertex: Vertex) -> list[Vertex]:
    return [target for _, target, _ in vertex.targets]


def _heeders(vertices: Iterable[Vertex]) -> dict[Vertex, list[Vertex]]:
    """Return which of `vertices` heed which."""
    found: dict[Vertex, list[Vertex]] = {}
    for vertex in vertices:
        if vertex.heeds is not None:
            found.setdefault(vertex.heeds, []).append(vertex)
    return found


def _enliven(vertices: Sequence[Vertex]) -> None:
    """Tell every port of `vertices`, which are all that is rendered, what of its wires is."""
    for vertex in vertices:
        for port in vertex.ports:
            port.live.clear()
    for vertex in vertices:
        for output, target, key in vertex.targets:
            target.port(key).live.append((vertex, output))
    for vertex in vertices:
        for port in vertex.ports:
            # NB: sums depend on their order, and that must not depend on what began to sound when.
            port.live.sort(key=port.wires.__getitem__)


def components(roots: Iterable[T], followers: Callable[[T], Sequence[T]]) -> list[list[T]]:
    """Return the strongly connected components reachable from `roots`, each before its feeders.

    R. Tarjan: Depth-first search and linear graph algorithms. SIAM J. Comput. 1 (1972) 146-160;
    without recursion, since a chain of nodes may be longer than Python's stack.
    """
    found: list[list[T]] = []
    index: dict[T, int] = {}
    low: dict[T, int] = {}
    stack: list[T] = []
    waiting: set[T] = set()
    for root in roots:
        if root in index:
            continue
        index[root] = low[root] = len(index)
        stack.append(root)
        waiting.add(root)
        path = [(root, iter(followers(root)))]
        while path:
            vertex, rest = path[-1]
            for follower in rest:
                if follower not in index:
                    index[follower] = low[follower] = len(index)
                    stack.append(follower)
                    waiting.add(follower)
                    path.append((follower, iter(followers(follower))))
                    break
                if follower in waiting:
                    low[vertex] = min(low[vertex], index[follower])
            else:
                path.pop()
                if path:
                    parent = path[-1][0]
                    low[parent] = min(low[parent], low[vertex])
                if low[vertex] == index[vertex]:
                    group = [stack.pop()]
                    while group[-1] != vertex:
                        group.append(stack.pop())
                    waiting.difference_update(group)
                    found.append(group)
    return found


Operation = tuple[Vertex, Callable[[Vertex, Block], None]]
"""What is called for a vertex of a loop: all of it, or a delay line's reader or writer."""


def _read(vertex: Vertex, block: Block) -> None:
    block.params = vertex.values(block)
    vertex.results = (_line(vertex).read(block),)


def _write(vertex: Vertex, block: Block) -> None:
    block.inputs = [port.gather() for port in vertex.inputs]
    _line(vertex).write(block)


def _line(vertex: Vertex) -> DelayLine:
    assert isinstance(vertex.processor, DelayLine)
    return vertex.processor


def _operations(members: Iterable[Vertex]) -> list[Operation]:
    operations: list[Operation] = []
    for vertex in members:
        if isinstance(vertex.processor, DelayLine):
            operations += [(vertex, _read), (vertex, _write)]
        else:
            operations.append((vertex, Vertex.process))
    return operations


def _followers(inside: set[Vertex]) -> Callable[[Operation], list[Operation]]:
    """Return the function that tells which operations of a loop need the result of one of them."""
    heeders = _heeders(inside)

    def followers(operation: Operation) -> list[Operation]:
        vertex, call = operation
        if call is _write:
            return []
        needing: list[Operation] = [(each, Vertex.process) for each in heeders.get(vertex, [])]
        for _, target, port in vertex.targets:
            if target not in inside:
                continue
            if not isinstance(target.processor, DelayLine):
                needing.append((target, Vertex.process))
            else:
                needing.append((target, _write if isinstance(port, int) else _read))
        return needing

    return followers


def _part(signal: Signal, first: int, frames: int) -> Signal:
    return signal if isinstance(signal, Silence) else signal[:, first : first + frames]


def _join(signals: Sequence[Signal], frames: int, step: int) -> Signal:
    """Put the steps' signals one after the other, with the channels of the widest."""
    if len(signals) == 1:
        return signals[0]
    channels = max((s.shape[0] for s in signals if not isinstance(s, Silence)), default=0)
    if channels == 0:
        return SILENCE
    out = np.zeros((channels, frames), np.float32)
    at = 0
    for signal in signals:
        if isinstance(signal, Silence):
            at += step
        else:
            out[:, at : at + signal.shape[1]] = convert(signal, channels, "speakers")
            at += signal.shape[1]
    return out

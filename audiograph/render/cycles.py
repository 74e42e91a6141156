# cython: language_level=3, annotation_typing=False
"""The order of a graph's vertices, and the loops in it.

A loop must lead through a delay line. Its delay lines are taken apart into a reader, which needs
nothing of what the loop renders now, and a writer; then the rest has an order. Only the loop's own
vertices are rendered in shorter steps, as long as its shortest delay; the rest of the graph keeps
the long block.

What is here runs for every change of the graph. So it is compiled where it can be, as it stands.

https://webaudio.github.io/web-audio-api/#rendering-a-graph
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from typing import TypeVar

import numpy as np

from audiograph.render.processor import Block, Processor, Signal, Silence
from audiograph.render.vertex import Fail, Run, Vertex, attempt, joined, rest

T = TypeVar("T", bound=Hashable)


class DelayLine(Processor):
    """A processor that can stand in a loop, because what it puts out now came in before.

    Outside of a loop its `process` is called as everyone's; in a loop, `read` is called before
    what the loop renders and `write` after it. Its parameter "delay_time" is in seconds, and in a
    loop not shorter than a quantum.
    """

    in_loop = False

    def read(self, block: Block) -> Signal:
        """Return the output for the block, from what was written before it.

        As `process` it may shorten the block.
        """
        raise NotImplementedError

    def write(self, block: Block) -> None:
        """Take in the block's input."""
        raise NotImplementedError


class Cycle:
    """Vertices that feed each other: one step of the render loop.

    Without a delay line in every loop of it, the vertices of such a loop are mute: they put out
    silence, and what they remember fades as if they heard silence.
    """

    def __init__(self, members: Sequence[Vertex]) -> None:
        self.members = tuple(members)
        self._form = _form(members)
        inside = set(self.members)
        self._lines = [v for v in self.members if isinstance(v.processor, DelayLine)]
        # By the text: "Let cycle breakers be … all the DelayNodes that are part of a cycle."
        for vertex in self._lines:
            _line(vertex).in_loop = True
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
        # NB: else, once the loop is undone, they would go on with what sounded before it was made.
        # Those with effects are not called, as the text has it for all.
        called = {vertex for vertex, _ in self._operations}
        self._operations += [
            (vertex, Vertex.fade)
            for vertex in self.members
            if vertex not in called and vertex.inputs and not vertex.processor.has_effects
        ]
        for vertex in self.members:
            vertex.silence()

    def is_of(self, members: Sequence[Vertex]) -> bool:
        """Return whether it is what would be made of these members, as they are now."""
        return self._form == _form(members)

    def run(self, block: Block, fail: Fail) -> None:
        """Render the block in steps as long as the shortest delay."""
        start, frames = block.start, block.frames
        step = self._step(block)
        rendered: dict[Vertex, list[Run]] = {vertex: [] for vertex in self.members}
        try:
            for first in range(start, start + frames, step):
                for vertex, operation in self._operations:
                    block.start = first
                    block.frames = min(step, start + frames - first)
                    if not vertex.is_mute:
                        attempt(operation, vertex, block, fail)
                for vertex in self.members:
                    rendered[vertex] += vertex.runs
        finally:
            block.start, block.frames = start, frames
        for vertex in self.members:
            vertex.runs = joined(rendered[vertex])

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


def make_steps(roots: Iterable[Vertex], before: Mapping[Vertex, Step]) -> list[Step]:
    """Return what hangs on `roots`, in an order in which everything comes after what feeds it.

    Each of their ports is told what of its wires is rendered. Loops that are as they were `before`,
    when each vertex was in that step, are kept.
    """
    followers = _reach(roots)
    order = without_loops(followers)
    steps: list[Step] = [*order]
    if len(order) < len(followers):
        done = set(order)
        rest = [vertex for vertex in followers if vertex not in done]
        for group in reversed(components(rest, followers.__getitem__)):
            former = before.get(group[0])
            if len(group) == 1 and group[0] not in followers[group[0]]:
                steps.append(group[0])
            elif isinstance(former, Cycle) and former.is_of(group):
                steps.append(former)
            else:
                steps.append(Cycle(group))
    for step in steps:
        if isinstance(step, Vertex) and isinstance(step.processor, DelayLine):
            step.processor.in_loop = False
    return steps


def _reach(roots: Iterable[Vertex]) -> dict[Vertex, list[Vertex]]:
    """Return who is rendered, and what needs its result; tell every port what it gets."""
    followers: dict[Vertex, list[Vertex]] = {}
    waiting = list(roots)
    while waiting:
        vertex = waiting.pop()
        if vertex not in followers:
            followers[vertex] = needing = [target for _, target, _ in vertex.targets]
            waiting += needing
            for port in vertex.ports:
                port.live.clear()
    for vertex in followers:
        for output, target, key in vertex.targets:
            target.port(key).live.append((vertex, output))
    for vertex in followers:
        if vertex.heeds in followers:
            followers[vertex.heeds].append(vertex)
        for port in vertex.ports:
            # NB: sums depend on their order, and that must not depend on what began to sound when.
            if len(port.live) > 1:
                port.live.sort(key=port.wires.__getitem__)
    return followers


def without_loops(followers: Mapping[T, Sequence[T]]) -> list[T]:
    """Return what does not hang on a loop, each before its followers.

    A. B. Kahn: Topological sorting of large networks. Comm. ACM 5 (1962) 558-562.
    """
    feeders = dict.fromkeys(followers, 0)
    for each in followers.values():
        for follower in each:
            feeders[follower] += 1
    ready = [one for one, count in feeders.items() if count == 0]
    order: list[T] = []
    while ready:
        # NB: the latest, so that a signal is used while it is in the processor's cache.
        order.append(one := ready.pop())
        for follower in followers[one]:
            feeders[follower] -= 1
            if feeders[follower] == 0:
                ready.append(follower)
    return order


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


def _form(members: Iterable[Vertex]) -> dict[Vertex, tuple[object, ...]]:
    """Return all that a loop depends on: who is in it, and where it leads."""
    return {vertex: (vertex.processor, vertex.heeds, *vertex.targets) for vertex in members}


def _read(vertex: Vertex, block: Block) -> None:
    line, start, end = _line(vertex), block.start, block.start + block.frames
    values = vertex.values(block)
    vertex.runs = []
    at = start
    while at < end:
        block.start, block.frames, block.params = at, end - at, rest(values, at - start)
        signal = line.read(block)
        if not isinstance(signal, Silence):
            vertex.runs.append((at, at + block.frames, (signal,)))
        at += block.frames


def _write(vertex: Vertex, block: Block) -> None:
    line, start, end = _line(vertex), block.start, block.start + block.frames
    for first, last, heard in vertex.stretches(start, end):
        block.start, block.frames = first, last - first
        block.inputs = [
            port.mix(parts, first, last) for port, parts in zip(vertex.inputs, heard, strict=True)
        ]
        line.write(block)


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

    def followers(operation: Operation) -> list[Operation]:
        vertex, call = operation
        if call is _write:
            return []
        needing: list[Operation] = [(v, Vertex.process) for v in inside if v.heeds is vertex]
        if call is _read:
            # NB: though it needs nothing of it, a delay line is not written before it is read.
            needing.append((vertex, _write))
        for _, target, port in vertex.targets:
            if target not in inside:
                continue
            if not isinstance(target.processor, DelayLine):
                needing.append((target, Vertex.process))
            else:
                needing.append((target, _write if isinstance(port, int) else _read))
        return needing

    return followers

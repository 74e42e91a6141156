"""Where a change of channel count is heard, so that a block has to end with it.

A node puts out one channel while nothing sounds there, and as many as it has while something does.
In a block that holds both, its signal has the channels of the widest part throughout. Mostly that
changes nothing: zeros are zeros in any number of channels. It does where

- an input whose channel count follows its connections adds signals of different widths, since the
  narrower ones are up-mixed only while the wider ones sound;
- a node remembers, and so may put out signals of different widths one after the other;
- a node lets the user's code see how many channels come in, none for silence.

Only there, and only for what can make the difference, blocks end with the quantum of a change. What
is wider than mono also does so where a node remembers it, since narrower signals may come later.

https://webaudio.github.io/web-audio-api/#channel-up-mixing-and-down-mixing
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from audiograph.render.cycles import DelayLine, Step
from audiograph.render.processor import ChannelCounts
from audiograph.render.vertex import Vertex

_MONO = frozenset([1])


def find_decisive(steps: Sequence[Step]) -> dict[Vertex, None]:
    """Return the vertices with whose changes a block has to end."""
    counts = _channel_counts(steps)
    decisive: list[Vertex] = []
    noted: list[Vertex] = []
    several: list[Vertex] = []
    for vertex, own in counts.items():
        processor = vertex.processor
        if len(own) > 1 or processor.keeps_time:
            several.append(vertex)
        for port in vertex.inputs:
            sources = [source for source, _ in port.live]
            if processor.hears_silence:
                decisive += sources
            # NB: where all are as wide, as mostly, there is nothing to be found out.
            widths = own.union(*[counts[source] for source in sources])
            if len(widths) > 1 and port.mode != "explicit":
                # Next to a narrower one, or to a narrower one that the vertex remembers.
                given = {source: port.clamp(counts[source]) for source in sources}
                decisive += _wider(given, than=min(own.union(*given.values())))
            if processor.remembers and widths != _MONO:
                noted += _wider({source: counts[source] for source in sources}, than=1)
    # NB: what comes and goes in a loop at less than 2^-126 is not worth short blocks.
    steady = (vertex for vertex in _with_feeders(noted) if not _in_loop(vertex))
    return {**_with_feeders(decisive), **dict.fromkeys(several), **dict.fromkeys(steady)}


def _wider(given: Mapping[Vertex, ChannelCounts], *, than: int) -> list[Vertex]:
    return [vertex for vertex, counts in given.items() if max(counts, default=0) > than]


def _in_loop(vertex: Vertex) -> bool:
    return isinstance(vertex.processor, DelayLine) and vertex.processor.in_loop


def _channel_counts(steps: Iterable[Step]) -> dict[Vertex, ChannelCounts]:
    """Return how many channels each vertex may put out while it sounds."""
    counts: dict[Vertex, ChannelCounts] = {}
    for step in steps:
        if isinstance(step, Vertex):
            counts[step] = _given(step, counts)
            continue
        counts.update(dict.fromkeys(step.members, frozenset()))
        before = None
        # What comes around in a loop can add to what was found before.
        while before != (before := {vertex: counts[vertex] for vertex in step.members}):
            for vertex in step.members:
                counts[vertex] = _given(vertex, counts)
    return counts


def _given(vertex: Vertex, counts: Mapping[Vertex, ChannelCounts]) -> ChannelCounts:
    """Return how many channels the vertex may put out, when others put out `counts`."""
    return vertex.processor.channel_counts([port.channel_counts(counts) for port in vertex.inputs])


def _with_feeders(vertices: Iterable[Vertex]) -> dict[Vertex, None]:
    found = dict.fromkeys(vertices)
    waiting = list(found)
    while waiting:
        for port in waiting.pop().inputs:
            for source, _ in port.live:
                if source not in found:
                    found[source] = None
                    waiting.append(source)
    return found

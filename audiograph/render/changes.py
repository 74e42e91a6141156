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


def find_decisive(steps: Sequence[Step]) -> dict[Vertex, None]:
    """Return the vertices with whose changes a block has to end."""
    counts = _channel_counts(steps)
    decisive: list[Vertex] = []
    noted: list[Vertex] = []
    for vertex, own in counts.items():
        for port in vertex.inputs:
            if vertex.processor.hears_silence:
                decisive += [source for source, _ in port.live]
            if port.mode != "explicit":
                # Next to a narrower one, or to a narrower one that the vertex remembers.
                given = {source: port.clamp(counts[source]) for source, _ in port.live}
                decisive += _wider(given, than=min(own.union(*given.values()), default=0))
            if vertex.processor.remembers:
                noted += _wider({source: counts[source] for source, _ in port.live}, than=1)
    several = (
        vertex for vertex, own in counts.items() if len(own) > 1 or vertex.processor.keeps_time
    )
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
        counts.update(dict.fromkeys(step.members, frozenset()))
        growing = True
        while growing:
            growing = False
            for vertex in step.members:
                inputs = [port.channel_counts(counts) for port in vertex.inputs]
                given = vertex.processor.channel_counts(inputs)
                # What comes around in a loop can add to what was found before.
                growing = growing or (len(step.members) > 1 and given != counts[vertex])
                counts[vertex] = given
    return counts


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

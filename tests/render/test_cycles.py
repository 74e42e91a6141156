from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from rendered import RATE, noise, play

from audiograph import AudioNode, DelayNode, GainNode, OfflineAudioContext
from audiograph.render.cycles import Cycle, components, without_loops

edges = st.dictionaries(st.integers(0, 9), st.lists(st.integers(0, 9), max_size=4), max_size=10)


def reachable(graph: dict[int, list[int]], start: int) -> set[int]:
    found, waiting = set(), [start]
    while waiting:
        for follower in graph.get(waiting.pop(), []):
            if follower not in found:
                found.add(follower)
                waiting.append(follower)
    return found


@given(graph=edges, roots=st.lists(st.integers(0, 9), unique=True))
def test_components_are_what_reaches_each_other(graph: dict, roots: list[int]) -> None:
    groups = components(roots, lambda vertex: graph.get(vertex, []))
    members = [vertex for group in groups for vertex in group]
    expected = set(roots).union(*(reachable(graph, root) for root in roots))
    assert sorted(members) == sorted(expected)
    for group in groups:
        for vertex in group:
            mutual = {v for v in expected if v in reachable(graph, vertex)} & {
                v for v in expected if vertex in reachable(graph, v)
            }
            assert mutual | {vertex} == set(group)


@given(graph=edges, roots=st.lists(st.integers(0, 9), unique=True))
def test_components_come_before_those_that_feed_them(graph: dict, roots: list[int]) -> None:
    groups = components(roots, lambda vertex: graph.get(vertex, []))
    place = {vertex: i for i, group in enumerate(groups) for vertex in group}
    for vertex in place:
        for follower in graph.get(vertex, []):
            assert place[follower] <= place[vertex]


def test_a_long_chain_needs_no_stack() -> None:
    groups = components([0], lambda vertex: [vertex + 1] if vertex < 100_000 else [])
    assert len(groups) == 100_001


@given(graph=edges)
def test_without_loops_is_all_that_hangs_on_none_in_order(graph: dict) -> None:
    followers = {vertex: graph.get(vertex, []) for vertex in range(10)}
    order = without_loops(followers)
    looped = {vertex for vertex in followers if vertex in reachable(followers, vertex)}
    behind = looped.union(*(reachable(followers, vertex) for vertex in looped))
    assert sorted(order) == sorted(followers.keys() - behind)
    place = {vertex: i for i, vertex in enumerate(order)}
    for vertex in order:
        for follower in followers[vertex]:
            assert place.get(follower, len(order)) > place[vertex]


def test_only_loops_that_change_are_made_anew() -> None:
    context = OfflineAudioContext(sample_rate=RATE)

    def echo() -> tuple[AudioNode, AudioNode]:
        delay, gain = DelayNode(context, delay_time=0.01), GainNode(context, gain=0.9)
        play(context, noise(1, 100), context.current_time).connect(delay)
        delay.connect(gain).connect(delay).connect(context.destination)
        return delay, gain

    def loop_of(node: AudioNode) -> Cycle:
        context.start_rendering(128)
        return context._renderer.graph._members[node._vertex]

    one, other = echo(), echo()
    first, second = loop_of(one[0]), loop_of(other[0])
    assert isinstance(first, Cycle)
    assert first is loop_of(one[1])
    assert first is not second
    third = echo()
    assert loop_of(third[0]) not in (first, second)
    assert loop_of(one[0]) is first
    # A shorter way around, and a way out.
    one[0].connect(one[0])
    assert loop_of(one[0]) is not first
    assert loop_of(other[0]) is second
    other[1].disconnect(other[0])
    assert loop_of(other[0]) is other[0]._vertex
    assert not other[0]._vertex.processor.in_loop

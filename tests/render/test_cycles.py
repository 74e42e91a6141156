from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rendered import RATE, Make, buffer_of, noise, play, render

from audiograph import (
    AudioNode,
    BiquadFilterNode,
    ConvolverNode,
    DelayNode,
    DynamicsCompressorNode,
    GainNode,
    IIRFilterNode,
    OfflineAudioContext,
    PannerNode,
    WaveShaperNode,
)
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


def convolver(context: OfflineAudioContext) -> ConvolverNode:
    return ConvolverNode(context, buffer=buffer_of(noise(1, 700), context.sample_rate))


def compressor(context: OfflineAudioContext) -> DynamicsCompressorNode:
    return DynamicsCompressorNode(context, threshold=-50)


def biquad_filter(context: OfflineAudioContext) -> BiquadFilterNode:
    return BiquadFilterNode(context, frequency=300, q=20)


def iir_filter(context: OfflineAudioContext) -> IIRFilterNode:
    return IIRFilterNode(context, feedforward=[1], feedback=[1, -0.999])


def wave_shaper(context: OfflineAudioContext) -> WaveShaperNode:
    return WaveShaperNode(context, curve=[-1, 0.3, 0.5], oversample="4x")


def panner(context: OfflineAudioContext) -> PannerNode:
    return PannerNode(context, panning_model="HRTF", position_x=1)


@pytest.mark.parametrize("block", [128, 16384])
@pytest.mark.parametrize("undone", [384, 1024])
@pytest.mark.parametrize(
    "make", [convolver, compressor, biquad_filter, iir_filter, wave_shaper, panner]
)
def test_in_a_loop_without_a_delay_what_is_remembered_fades_as_in_silence(
    make: Make, undone: int, block: int
) -> None:
    # So that 128 frames are less than any tail.
    rate = 192000

    def mute(context: OfflineAudioContext) -> list[AudioNode]:
        node, back = make(context), GainNode(context)
        play(context, noise(1, 4096), rate=rate).connect(node).connect(back)
        node.connect(context.destination)
        context.suspend(256 / rate, lambda _: back.connect(node))
        context.suspend(undone / rate, lambda _: back.disconnect())
        return [node, back]

    def fed_silence(context: OfflineAudioContext) -> list[AudioNode]:
        node, before, behind = make(context), GainNode(context), GainNode(context)
        source = play(context, noise(1, 4096), rate=rate)
        source.connect(before).connect(node).connect(behind).connect(context.destination)

        def cut(_: object) -> None:
            source.disconnect()
            behind.gain.value = 0

        def restore(_: object) -> None:
            source.connect(before)
            behind.gain.value = 1

        context.suspend(256 / rate, cut)
        context.suspend(undone / rate, restore)
        return [source, node, before, behind]

    out = render(mute, 4096, channels=2, rate=rate, block=block)
    expected = render(fed_silence, 4096, channels=2, rate=rate, block=128)
    assert not out[:, 256:undone].any()
    np.testing.assert_allclose(out, expected, rtol=0, atol=1e-6)

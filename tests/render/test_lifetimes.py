"""What is let go of leaves nothing behind, and what sounds is kept."""

from __future__ import annotations

import gc
import tracemalloc
import weakref
from collections.abc import Callable, Sequence

import numpy as np
import pytest
from rendered import RATE, buffer_of, noise, play, render, samples_of

from audiograph import (
    AudioBufferSourceNode,
    AudioNode,
    BiquadFilterNode,
    ConstantSourceNode,
    DelayNode,
    GainNode,
    OfflineAudioContext,
    OscillatorNode,
)
from audiograph.render.processor import Block, Processor, Signal
from audiograph.render.vertex import Vertex


def vertices() -> int:
    # NB: twice, since the first lets go of what the second finds.
    gc.collect()
    gc.collect()
    return sum(isinstance(each, Vertex) for each in gc.get_objects())


def nodes() -> int:
    gc.collect()
    return sum(isinstance(each, AudioNode) for each in gc.get_objects())


def note(
    context: OfflineAudioContext,
    target: AudioNode,
    start: float,
    ended: Callable[[object], None] | None = None,
) -> None:
    source = ConstantSourceNode(context, offset=0.1)
    if ended is not None:
        source.onended = ended
    source.connect(GainNode(context, gain=0.5)).connect(target)
    source.start(start)
    source.stop(start + 0.001)


def test_ten_thousand_sources_one_after_the_other_leave_nothing_behind() -> None:
    context, ended = OfflineAudioContext(sample_rate=8000), [0]
    bus = GainNode(context)
    bus.connect(context.destination)

    def count(_: object) -> None:
        ended[0] += 1

    def play_thousand() -> None:
        for _ in range(1000):
            note(context, bus, context.current_time, count)
            context.start_rendering(128)

    play_thousand()
    context.start_rendering(128)
    before = nodes(), vertices()
    for _ in range(7):
        play_thousand()
    tracemalloc.start()
    play_thousand()
    gc.collect()
    memory = tracemalloc.get_traced_memory()[0]
    play_thousand()
    gc.collect()
    grown = tracemalloc.get_traced_memory()[0] - memory
    tracemalloc.stop()
    assert ended[0] == 10_000
    context.start_rendering(128)
    assert (nodes(), vertices()) == before
    assert grown < 20_000
    assert not context._playing
    graph = context._renderer.graph
    assert len(graph._roots) == len(graph._asleep) == len(graph._released) == 0
    assert len(bus._ports[0].wires) == 0


def test_ten_thousand_notes_of_a_score_play_and_go() -> None:
    before = vertices()
    context = OfflineAudioContext(sample_rate=8000)
    bus = GainNode(context)
    bus.connect(context.destination)
    for i in range(10_000):
        note(context, bus, i * 0.001)
    out = samples_of(context.start_rendering(81_000))[0]
    context.start_rendering(128)
    np.testing.assert_allclose(out[:80_000], 0.05, rtol=1e-6)
    assert not out[80_000:].any()
    assert len(bus._ports[0].wires) == 0
    del context, bus
    assert vertices() == before


def test_sources_that_end_together_leave_nothing_behind() -> None:
    context = OfflineAudioContext(sample_rate=8000)
    bus = GainNode(context)
    bus.connect(context.destination)
    context.start_rendering(128)
    before = vertices()
    for _ in range(100):
        note(context, bus, context.current_time)
    context.start_rendering(128)
    gc.collect()
    context.start_rendering(128)
    assert vertices() == before


def test_what_sways_ten_thousand_sources_in_turn_keeps_none_of_them() -> None:
    context = OfflineAudioContext(sample_rate=8000)
    slow = ConstantSourceNode(context)
    slow.start()

    def play_thousand() -> None:
        for _ in range(1000):
            source = OscillatorNode(context)
            slow.connect(source.frequency)
            slow.connect(GainNode(context, gain=10)).connect(source.detune)
            source.connect(context.destination)
            source.start(context.current_time)
            source.stop(context.current_time + 0.001)
            context.start_rendering(128)

    play_thousand()
    context.start_rendering(128)
    before = nodes(), vertices()
    for _ in range(7):
        play_thousand()
    tracemalloc.start()
    play_thousand()
    gc.collect()
    memory = tracemalloc.get_traced_memory()[0]
    play_thousand()
    gc.collect()
    grown = tracemalloc.get_traced_memory()[0] - memory
    tracemalloc.stop()
    context.start_rendering(128)
    assert (nodes(), vertices()) == before
    assert grown < 20_000
    assert not slow._vertex.targets
    assert not slow._wires
    assert len(context._renderer.graph._steps) <= 1


@pytest.mark.parametrize("effect", [GainNode, BiquadFilterNode, DelayNode])
def test_what_sways_an_effect_does_not_keep_it(effect: type[AudioNode]) -> None:
    context = OfflineAudioContext(sample_rate=RATE)
    slow = ConstantSourceNode(context, offset=0.001)
    slow.start()
    for _ in range(20):
        node = effect(context)
        for param in node._params.values():
            slow.connect(param)
        play(context, [1, 1]).connect(node).connect(context.destination)
        del node, param
        gc.collect()
        context.start_rendering(2 * RATE)
    assert not slow._vertex.targets
    assert not context.destination._ports[0].wires


def test_what_sways_a_loop_does_not_keep_it() -> None:
    context = OfflineAudioContext(sample_rate=RATE)
    slow = ConstantSourceNode(context, offset=0.001)
    slow.start()
    before = vertices()

    def echo() -> None:
        delay, gain = DelayNode(context, max_delay_time=0.01), GainNode(context, gain=0)
        slow.connect(gain.gain)
        play(context, [1, 1]).connect(delay)
        delay.connect(gain).connect(delay).connect(context.destination)

    for _ in range(200):
        echo()
        context.start_rendering(16 * 128)
    assert vertices() < before + 200


def test_what_nobody_hears_is_dropped_though_it_is_fed() -> None:
    context = OfflineAudioContext(sample_rate=RATE)
    source = ConstantSourceNode(context)
    source.start()
    source.connect(GainNode(context)).connect(DelayNode(context)).connect(GainNode(context))
    gc.collect()
    context.start_rendering(128)
    assert not source._vertex.targets
    assert len(context._renderer.graph._steps) == 1


def test_what_is_dropped_and_heard_is_disconnected_with_all_the_rest() -> None:
    for arguments in ((), (0,)):
        context = OfflineAudioContext(1, 256, RATE)
        source = ConstantSourceNode(context)
        source.start()
        source.connect(GainNode(context)).connect(context.destination)
        swayed = GainNode(context)
        swayed.connect(context.destination)
        ConstantSourceNode(context).connect(swayed)
        source.connect(swayed.gain)
        del swayed
        gc.collect()
        context.suspend(128 / RATE, lambda _, s=source, a=arguments: s.disconnect(*a))
        out = samples_of(context.start_rendering())[0]
        np.testing.assert_array_equal(out, np.arange(256) < 128)


def test_what_is_wired_to_a_source_that_ended_forgets_it() -> None:
    context = OfflineAudioContext(sample_rate=RATE)
    slow = ConstantSourceNode(context)
    slow.start()
    for _ in range(50):
        source = ConstantSourceNode(context)
        slow.connect(source.offset)
        source.connect(context.destination)
        source.start(context.current_time)
        source.stop(context.current_time + 0.001)
        context.start_rendering(128)
    assert len(slow._vertex.targets) == 0


def test_what_sounds_goes_on_although_nobody_holds_it() -> None:
    context = OfflineAudioContext(1, 1000, RATE)
    kept = weakref.ref(play(context, np.ones(600)))

    def connect() -> None:
        delay = DelayNode(context, delay_time=100 / RATE)
        kept().connect(GainNode(context, gain=0.5)).connect(delay).connect(context.destination)

    connect()
    gc.collect()
    assert kept() is not None
    n = np.arange(1000)
    expected = 0.5 * ((n >= 100) & (n < 700))
    np.testing.assert_allclose(samples_of(context.start_rendering())[0], expected, atol=1e-4)
    gc.collect()
    assert kept() is None


@pytest.mark.parametrize("block", [128, 1024])
def test_a_source_that_ended_in_a_loop_keeps_it_a_loop_although_nobody_holds_it(block: int) -> None:
    def graph(context: OfflineAudioContext) -> None:
        source = ConstantSourceNode(context, offset=0.5)
        # In a loop, this is a quantum.
        delay = DelayNode(context, delay_time=1 / RATE)
        source.connect(delay).connect(GainNode(context, gain=0)).connect(source.offset)
        delay.connect(context.destination)
        source.start()
        source.stop(26 / RATE)

    out = render(graph, 1024, block=block)[0]
    np.testing.assert_array_equal(np.flatnonzero(out), np.arange(128, 128 + 26))


def test_a_source_that_ended_keeps_its_place_in_a_loop_when_many_are_let_go_of() -> None:
    before = vertices()

    def graph(context: OfflineAudioContext) -> None:
        source = ConstantSourceNode(context, offset=0.5)
        # In a loop, this is a quantum.
        delay = DelayNode(context, delay_time=1 / RATE)
        source.connect(delay).connect(GainNode(context, gain=0)).connect(source.offset)
        delay.connect(context.destination)
        source.start()
        source.stop(26 / RATE)

        def let_go_of_many(_: object) -> None:
            gc.collect()
            for _ in range(50):
                gain = GainNode(context)
                gain.connect(GainNode(context)).connect(gain)
            del gain
            gc.collect()

        context.suspend(128 / RATE, let_go_of_many)

    out = render(graph, 1024)[0]
    np.testing.assert_array_equal(np.flatnonzero(out), np.arange(128, 128 + 26))
    assert vertices() == before


def test_what_cannot_be_heard_is_freed() -> None:
    context = OfflineAudioContext(sample_rate=RATE)
    before = vertices()

    def drop() -> None:
        source, gain = ConstantSourceNode(context), GainNode(context)
        source.connect(gain).connect(context.destination)
        DelayNode(context).connect(context.destination)
        source.connect(gain.gain)

    for _ in range(100):
        drop()
    context.start_rendering(128)
    assert vertices() == before
    assert not context.destination._ports[0].wires


def test_a_released_loop_goes_in_the_end() -> None:
    context = OfflineAudioContext(sample_rate=RATE)
    before = vertices()

    def echo() -> None:
        delay, gain = DelayNode(context, max_delay_time=0.01), GainNode(context, gain=0.1)
        play(context, [1, 1]).connect(delay)
        delay.connect(gain).connect(delay).connect(context.destination)

    for _ in range(500):
        echo()
        context.start_rendering(4 * 128)
    gc.collect()
    context.start_rendering(128)
    assert vertices() < before + 200


def test_a_loop_that_somebody_feeds_stays() -> None:
    def graph(context: OfflineAudioContext) -> AudioNode:
        source = ConstantSourceNode(context)
        source.start(0.01)

        def echo() -> None:
            delay = DelayNode(context)
            source.connect(delay).connect(GainNode(context, gain=0)).connect(delay)
            delay.connect(context.destination)

        echo()
        for _ in range(300):
            GainNode(context).connect(GainNode(context))
        gc.collect()
        return source

    out = render(graph, 1024)[0]
    np.testing.assert_array_equal(out, np.arange(1024) >= 480 + 128)


def test_a_target_that_loses_its_source_is_freed_too() -> None:
    context = OfflineAudioContext(sample_rate=RATE)
    source = ConstantSourceNode(context)
    source.start()
    for _ in range(10):
        source.connect(GainNode(context)).connect(context.destination)
        source.disconnect()
    gc.collect()
    context.start_rendering(128)
    assert not context.destination._ports[0].wires


def test_a_chain_longer_than_the_stack_renders_and_goes() -> None:
    length = 5000
    before = vertices()
    context = OfflineAudioContext(1, 200, RATE)
    last: AudioNode = play(context, np.ones(128))
    for _ in range(length):
        last = last.connect(GainNode(context))
    last.connect(context.destination)
    out = samples_of(context.start_rendering())[0]
    np.testing.assert_array_equal(out, np.arange(200) < 128)
    del last, context
    assert vertices() == before


def test_a_context_goes_with_everything_in_it() -> None:
    def use() -> weakref.ref[OfflineAudioContext]:
        context = OfflineAudioContext(1, 1000, RATE)
        delay = DelayNode(context)
        play(context, noise(1, 100), loop=True).connect(delay).connect(delay)
        delay.connect(context.destination)
        context.start_rendering()
        return weakref.ref(context)

    before = vertices()
    reference = use()
    assert vertices() == before
    assert reference() is None


class Failing(Processor):
    """Passes its input on until it fails, at a frame."""

    def __init__(self, frame: int) -> None:
        self._frame = frame

    def process(self, block: Block) -> Sequence[Signal]:
        if block.start + block.frames > self._frame:
            raise ZeroDivisionError("a fault of its own")
        return block.inputs


def failing(context: OfflineAudioContext, frame: int) -> GainNode:
    node = GainNode(context)
    node._vertex.processor = Failing(frame)
    return node


def test_a_processor_that_raises_is_mute_and_reported_and_the_rest_plays(caplog) -> None:
    def graph(context: OfflineAudioContext) -> AudioNode:
        source, bad = ConstantSourceNode(context), failing(context, 300)
        source.start()
        source.connect(bad).connect(context.destination)
        source.connect(context.destination)
        return bad

    out = render(graph, 512, block=128)[0]
    np.testing.assert_array_equal(out, np.repeat([2, 1], 256))
    assert [record.message for record in caplog.records] == [
        "GainNode failed and is mute from now on: ZeroDivisionError: a fault of its own"
    ]


def test_one_that_raises_is_reported_though_nobody_holds_it(caplog) -> None:
    def graph(context: OfflineAudioContext) -> AudioNode:
        source = ConstantSourceNode(context)
        source.start()
        source.connect(failing(context, 300)).connect(context.destination)
        return source

    assert not render(graph, 512, block=128)[0][384:].any()
    assert len(caplog.records) == 1


def test_one_that_raises_in_a_loop_is_mute_and_the_rest_of_the_graph_plays(caplog) -> None:
    def graph(context: OfflineAudioContext) -> AudioNode:
        source, bad, delay = ConstantSourceNode(context), failing(context, 300), DelayNode(context)
        source.start()
        source.connect(delay).connect(bad).connect(delay).connect(context.destination)
        source.connect(context.destination)
        return bad

    out = render(graph, 1024, block=128)[0]
    assert out[200] == 2
    np.testing.assert_array_equal(out[384:], 2)
    assert len(caplog.records) == 1


def test_a_delay_that_raises_in_a_loop_is_mute_for_good(caplog) -> None:
    def graph(context: OfflineAudioContext) -> AudioNode:
        source, delay = ConstantSourceNode(context), DelayNode(context)
        source.start()
        source.connect(delay).connect(GainNode(context)).connect(delay)
        delay.connect(context.destination)
        source.connect(context.destination)
        delay._vertex.processor._put = None
        return delay

    np.testing.assert_array_equal(render(graph, 1024, block=128)[0][128:], 1)
    assert len(caplog.records) == 1


def test_a_source_that_fails_ends(caplog) -> None:
    ended: list[object] = []

    def graph(context: OfflineAudioContext) -> AudioNode:
        source = AudioBufferSourceNode(context, buffer=buffer_of(np.ones(1000)))
        source.onended = ended.append
        source.start()
        source.connect(context.destination)
        source._vertex.processor._copy = None
        return source

    assert not render(graph, 512, block=128).any()
    assert len(ended) == 1
    assert len(caplog.records) == 1


@pytest.mark.parametrize("kind", [KeyError, AttributeError, ValueError, MemoryError])
def test_a_fault_when_asked_for_the_length_of_a_block_is_a_fault_like_others(kind, caplog) -> None:
    def graph(context: OfflineAudioContext) -> AudioNode:
        bad = play(context, np.ones(500))
        bad.connect(context.destination)
        play(context, np.ones(500)).connect(context.destination)

        def fail(frames: int) -> int:
            raise kind

        bad._vertex.processor.keeps_time = True
        bad._vertex.processor.limit = fail
        return bad

    assert (render(graph, 500) == 1).all()
    assert len(caplog.records) == 1

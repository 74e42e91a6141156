"""Rendering in blocks of any length gives what rendering quantum by quantum gives."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from rendered import RATE, Build, buffer_of, noise, play, render

from audiograph import (
    AudioBufferSourceNode,
    AudioNode,
    BiquadFilterNode,
    ChannelMergerNode,
    ChannelSplitterNode,
    ConstantSourceNode,
    ConvolverNode,
    DelayNode,
    DynamicsCompressorNode,
    GainNode,
    IIRFilterNode,
    OfflineAudioContext,
    OscillatorNode,
    PannerNode,
    StereoPannerNode,
    WaveShaperNode,
)
from audiograph.render.processor import Silence
from audiograph.render.vertex import Vertex

from .graphs import RandomGraph

FRAMES = 20000
BLOCKS = (128, 256, 1024, 16384)


def at(frame: float) -> float:
    return frame / RATE


def constant(
    context: OfflineAudioContext, value: float, start: float = 0, stop: float | None = None
) -> ConstantSourceNode:
    source = ConstantSourceNode(context, offset=value)
    source.start(at(start))
    if stop is not None:
        source.stop(at(stop))
    return source


def loop(
    context: OfflineAudioContext, source: AudioNode, frames: float, gain: float = 0.5
) -> DelayNode:
    delay = DelayNode(context, delay_time=at(frames), max_delay_time=0.5)
    source.connect(delay)
    delay.connect(GainNode(context, gain=gain)).connect(delay)
    delay.connect(context.destination)
    return delay


def swept_gain(context: OfflineAudioContext, rate: str) -> None:
    gain = GainNode(context, gain=0.1)
    gain.gain.automation_rate = rate
    gain.gain.set_value_at_time(0.9, at(300)).linear_ramp_to_value_at_time(-1, at(5000.5))
    gain.gain.set_value_at_time(0.3, at(5555)).set_value_at_time(0.2, at(17000.7))
    gain.gain.linear_ramp_to_value_at_time(1, at(30000))
    play(context, noise(2, FRAMES)).connect(gain).connect(context.destination)


def automation_at_audio_rate(context: OfflineAudioContext) -> None:
    swept_gain(context, "a-rate")


def automation_at_control_rate(context: OfflineAudioContext) -> None:
    swept_gain(context, "k-rate")


def nodes_connected_to_parameters(context: OfflineAudioContext) -> None:
    gain = GainNode(context, gain=0.5)
    gain.gain.linear_ramp_to_value_at_time(0.1, at(7777))
    slow, fast = OscillatorNode(context, frequency=3), OscillatorNode(context, frequency=900)
    slow.start(at(100.5))
    fast.start(at(2000.25))
    slow.stop(at(9000.5))
    fast.connect(gain.gain)
    slow.connect(gain.gain)
    play(context, noise(2, 400), 0, loop=True).connect(gain).connect(context.destination)
    source = play(context, noise(1, 9000), at(50), playback_rate=0.7)
    slow.connect(source.playback_rate)
    source.connect(context.destination)


def a_loop_shorter_than_every_block(context: OfflineAudioContext) -> None:
    loop(context, play(context, noise(1, 1000), at(77)), 5)


def a_loop_between_frames(context: OfflineAudioContext) -> None:
    loop(context, play(context, noise(1, 1000), at(77)), 300.4, -0.9)


def a_loop_longer_than_every_block(context: OfflineAudioContext) -> None:
    loop(context, play(context, noise(2, 1000), at(77)), 18000)


def nested_loops_with_several_delays(context: OfflineAudioContext) -> None:
    inner = loop(context, play(context, noise(2, 3000)), 700, 0.4)
    outer = DelayNode(context, delay_time=at(1500))
    inner.connect(outer).connect(GainNode(context, gain=-0.5)).connect(inner)
    outer.connect(context.destination)
    loop(context, outer, 260.5, 0.3)


def a_loop_whose_delay_time_is_modulated_from_outside(context: OfflineAudioContext) -> None:
    delay = loop(context, play(context, noise(2, 3000)), 700, 0.4)
    depth = GainNode(context, gain=0.01)
    constant(context, 1, 4000.5, 9000).connect(depth).connect(delay.delay_time)
    delay.delay_time.linear_ramp_to_value_at_time(0.001, at(15000))


def a_loop_whose_delay_time_is_modulated_from_inside(context: OfflineAudioContext) -> None:
    delay = loop(context, play(context, noise(2, 3000)), 700, 0.4)
    other = DelayNode(context, delay_time=at(333.5))
    delay.connect(other).connect(GainNode(context, gain=0.002)).connect(delay.delay_time)


def a_source_in_a_loop_through_its_own_frequency(context: OfflineAudioContext) -> None:
    source = OscillatorNode(context, frequency=500)
    source.start(at(33))
    source.stop(at(12345))
    delay = DelayNode(context, delay_time=0)
    source.connect(delay).connect(GainNode(context, gain=400)).connect(source.frequency)
    source.connect(context.destination)


def starts_and_stops_within_a_block(context: OfflineAudioContext) -> None:
    for start, stop in ((0, 1), (5.5, 300), (128, 256), (1000, 1001), (4000.3, 9000.9), (7, 6)):
        constant(context, 0.25, start, stop).connect(context.destination)
        oscillator = OscillatorNode(context, frequency=1234.5)
        oscillator.start(at(start))
        oscillator.stop(at(stop))
        oscillator.connect(context.destination)


def sources_of_one_to_six_channels_mixed(context: OfflineAudioContext) -> None:
    bus = GainNode(context)
    for i, channels in enumerate((1, 2, 4, 6, 2, 1)):
        source = play(context, noise(channels, 3000 - 250 * i, i), at(450 * i + i / 3))
        source.connect(bus)
    bus.connect(ChannelSplitterNode(context)).connect(context.destination, 1)
    bus.connect(context.destination)


def a_stereo_source_ends_while_a_mono_one_goes_on(context: OfflineAudioContext) -> None:
    bus = GainNode(context)
    play(context, noise(2, 700), at(300)).connect(bus)
    play(context, noise(1, 999), loop=True).connect(bus)
    splitter = ChannelSplitterNode(context, number_of_outputs=2)
    bus.connect(splitter)
    splitter.connect(context.destination, 1)


def a_mono_source_begins_that_a_merger_makes_stereo(context: OfflineAudioContext) -> None:
    bus, merger = GainNode(context), ChannelMergerNode(context, number_of_inputs=2)
    constant(context, 0.5, 1000.5, 2000).connect(merger)
    merger.connect(bus)
    constant(context, 1).connect(bus)
    splitter = ChannelSplitterNode(context, number_of_outputs=2)
    bus.connect(splitter)
    splitter.connect(context.destination, 1)


def a_mono_source_begins_that_an_explicit_count_makes_quad(context: OfflineAudioContext) -> None:
    bus = GainNode(context)
    wide = GainNode(context, channel_count=4, channel_count_mode="explicit")
    constant(context, 0.5, 3000, 4100).connect(wide).connect(bus)
    play(context, noise(2, 6000), at(2000)).connect(bus)
    splitter = ChannelSplitterNode(context, number_of_outputs=4)
    bus.connect(splitter)
    splitter.connect(context.destination, 1)
    splitter.connect(context.destination, 3)


def a_delay_whose_input_changes_its_width(context: OfflineAudioContext) -> None:
    for frames in (0.5, 100, 128, 1000.25, 5000):
        delay = DelayNode(context, delay_time=at(frames))
        play(context, noise(1, 5000), at(1)).connect(delay)
        play(context, noise(2, 500), at(2000)).connect(delay)
        play(context, noise(4, 100, 7), at(2500.5)).connect(delay)
        splitter = ChannelSplitterNode(context, number_of_outputs=4)
        delay.connect(splitter)
        for output in range(4):
            gain = GainNode(context, gain=0.1 + output)
            splitter.connect(gain, output).connect(context.destination)


def delays_one_after_the_other_with_a_change_of_width(context: OfflineAudioContext) -> None:
    first, second = DelayNode(context, delay_time=at(500)), DelayNode(context, delay_time=at(63.5))
    play(context, noise(2, 500), at(2000)).connect(first).connect(second)
    bus = GainNode(context)
    second.connect(bus)
    constant(context, 0.5).connect(bus)
    splitter = ChannelSplitterNode(context, number_of_outputs=2)
    bus.connect(splitter)
    splitter.connect(context.destination, 1)


def silence_after_sound_in_a_delay(context: OfflineAudioContext) -> None:
    delay = DelayNode(context, delay_time=at(5000), max_delay_time=at(5001))
    for start in (0, 600, 15000):
        play(context, noise(1, 300), at(start)).connect(delay)
    delay.connect(context.destination)


def a_fraction_of_a_frame_after_the_end(context: OfflineAudioContext) -> None:
    delay = DelayNode(context, delay_time=at(0.5))
    constant(context, 1, 0, 128).connect(delay).connect(context.destination)


def buffers_at_other_rates_and_speeds(context: OfflineAudioContext) -> None:
    for i, speed in enumerate((0.3, 1, -1, 2.5, -0.77, 0)):
        source = play(
            context,
            noise(2, 4000, i),
            at(100.5 * i),
            0.02,
            rate=(RATE, 44100, 8000)[i % 3],
            playback_rate=speed,
            loop=i % 2 == 0,
            loop_start=0.011,
            loop_end=0.0305,
        )
        source.detune.set_value_at_time(300, at(4000)).linear_ramp_to_value_at_time(0, at(9000))
        source.connect(context.destination)


def a_graph_that_changes_when_suspended(context: OfflineAudioContext) -> None:
    bus, tone = GainNode(context), constant(context, 0.5)
    tone.connect(bus).connect(context.destination)

    def widen(context: OfflineAudioContext) -> None:
        play(context, noise(2, 500), context.current_time).connect(bus)
        bus.gain.value = 0.25

    def cross(context: OfflineAudioContext) -> None:
        tone.disconnect()
        tone.connect(context.destination)
        tone.connect(bus.gain)

    context.suspend(at(1000), widen)
    context.suspend(at(5000), cross)
    context.suspend(at(1280), lambda context: bus.gain.linear_ramp_to_value_at_time(1, at(3000)))
    context.suspend(at(9000), lambda context: tone.offset.set_value_at_time(0.1, at(9500)))


def a_shower_of_grains(context: OfflineAudioContext) -> None:
    for i in range(60):
        gain = GainNode(context, **({} if i % 7 else {"channel_count": 1 + i % 3}))
        begin = at(290.3 * i)
        gain.gain.set_value_at_time(0, begin).linear_ramp_to_value_at_time(0.5, begin + at(100))
        gain.gain.set_target_at_time(0, begin + at(200.5), 0.001)
        grain = play(
            context,
            noise(1 + (i % 5 == 0), 2000, i),
            begin,
            at(10.5 * i),
            at(400),
            playback_rate=(1, 0.7)[i % 2],
        )
        grain.connect(gain).connect(context.destination)


def short_sounds_through_what_sounds_on(context: OfflineAudioContext) -> None:
    for i, effect in enumerate(
        (
            BiquadFilterNode(context, q=20),
            IIRFilterNode(context, feedforward=[0.1, 0.2], feedback=[1, -0.5]),
            WaveShaperNode(context, curve=[-1, 0, 0.5], oversample="2x"),
            DynamicsCompressorNode(context),
            PannerNode(context, panning_model="HRTF", position_x=1),
            DelayNode(context, delay_time=at(500.5)),
        )
    ):
        for start in (1000 + 300 * i, 7000, 7100.5 + 300 * i, 18000):
            play(context, noise(1, 150 + 30 * i, i), at(start)).connect(effect)
        effect.connect(GainNode(context, gain=0.7)).connect(context.destination)


def short_sounds_that_move_parameters(context: OfflineAudioContext) -> None:
    tone = constant(context, 0.7)
    for i, rate in enumerate(("a-rate", "k-rate")):
        gain, panner = GainNode(context, gain=0.1), StereoPannerNode(context)
        gain.gain.automation_rate = panner.pan.automation_rate = rate
        tone.connect(gain).connect(panner).connect(context.destination)
        play(context, noise(1, 3000, i), at(500 * i + 100)).connect(gain)
        for start, frames in ((200.5, 300), (2999, 1), (9000, 4000)):
            mover = constant(context, 0.2, start + i, start + i + frames)
            mover.connect(gain.gain)
            mover.connect(panner.pan)


def two_delays_in_a_loop_whose_input_widens(context: OfflineAudioContext) -> None:
    first, second = (DelayNode(context, delay_time=at(0.5)) for _ in range(2))
    gain = GainNode(context, gain=0.4)
    first.connect(gain).connect(second).connect(GainNode(context, gain=0.3)).connect(first)
    for channels, start in ((1, 0), (6, 3200.5), (2, 9000)):
        play(context, noise(channels, 1500, channels), at(start)).connect(first)
    for node in (first, second):
        splitter = ChannelSplitterNode(context)
        node.connect(splitter)
        for output in (0, 2):
            splitter.connect(context.destination, output)


def a_source_in_a_loop_that_begins_and_ends_within_it(context: OfflineAudioContext) -> None:
    delay, bus = DelayNode(context, delay_time=at(300)), GainNode(context, gain=0.8)
    for start, stop in ((1000, 1100.5), (5000.3, 9000), (12345, 12346)):
        source = constant(context, 0.5, start, stop)
        delay.connect(source.offset)
        source.connect(bus)
    bus.connect(delay).connect(context.destination)


def come_and_go(context: OfflineAudioContext, target: AudioNode) -> None:
    """Let sources of one and two channels begin and end within blocks, apart and together."""
    for i, (channels, start, frames) in enumerate(
        (
            (2, 300.5, 900),
            (1, 3000, 2500),
            (2, 3500, 700),
            (2, 11000, 130),
            (1, 11050, 1),
            (2, 19500, 9),
        )
    ):
        play(context, noise(channels, frames, i), at(start)).connect(target)


def heard_beside_mono(context: OfflineAudioContext, node: AudioNode) -> None:
    """Let it be heard how many channels a node puts out: a mono signal is as wide beside it."""
    bus, splitter = GainNode(context), ChannelSplitterNode(context, number_of_outputs=2)
    node.connect(bus).connect(splitter)
    constant(context, 0.25).connect(bus)
    splitter.connect(context.destination, 1)
    node.connect(StereoPannerNode(context, pan=0.4)).connect(context.destination)


def filters_one_after_the_other(context: OfflineAudioContext) -> None:
    first = BiquadFilterNode(context, type="peaking", frequency=2000, q=3, gain=6)
    second = BiquadFilterNode(context, type="highpass", frequency=3000)
    third = IIRFilterNode(context, feedforward=[0.1, 0.2], feedback=[1, -0.5, 0.1, 0.02])
    second.frequency.linear_ramp_to_value_at_time(5000, at(15000))
    come_and_go(context, first)
    first.connect(second).connect(third)
    for node in (first, second, third):
        heard_beside_mono(context, node)


def a_filter_a_compressor_and_delays(context: OfflineAudioContext) -> None:
    equaliser = BiquadFilterNode(context, type="highshelf", frequency=5000, gain=6)
    compressor = DynamicsCompressorNode(context)
    first, second = DelayNode(context, delay_time=at(700)), DelayNode(context, delay_time=at(64.5))
    second.delay_time.linear_ramp_to_value_at_time(at(300), at(9000))
    come_and_go(context, equaliser)
    equaliser.connect(compressor).connect(first).connect(second)
    for node in (compressor, first, second):
        heard_beside_mono(context, node)


def a_chain_with_a_room_and_a_head(context: OfflineAudioContext) -> None:
    equaliser = BiquadFilterNode(context, type="peaking", frequency=4000, gain=-6)
    room = ConvolverNode(context, buffer=buffer_of(noise(1, 1500, 8)))
    shaper = WaveShaperNode(context, curve=[-1, 0, 0.7], oversample="4x")
    panner = PannerNode(context, panning_model="HRTF", position_x=2)
    come_and_go(context, equaliser)
    equaliser.connect(room).connect(shaper)
    equaliser.connect(panner)
    for node in (room, shaper, panner):
        heard_beside_mono(context, node)


def a_chain_in_a_loop(context: OfflineAudioContext) -> None:
    equaliser = BiquadFilterNode(context, frequency=5000)
    delay = loop(context, equaliser, 1000.5, 0.01)
    delay.connect(IIRFilterNode(context, feedforward=[0.02], feedback=[1, 0.1])).connect(equaliser)
    come_and_go(context, equaliser)
    for node in (equaliser, delay):
        heard_beside_mono(context, node)


GRAPHS: list[Build] = [
    automation_at_audio_rate,
    automation_at_control_rate,
    nodes_connected_to_parameters,
    a_loop_shorter_than_every_block,
    a_loop_between_frames,
    a_loop_longer_than_every_block,
    nested_loops_with_several_delays,
    a_loop_whose_delay_time_is_modulated_from_outside,
    a_loop_whose_delay_time_is_modulated_from_inside,
    a_source_in_a_loop_through_its_own_frequency,
    starts_and_stops_within_a_block,
    sources_of_one_to_six_channels_mixed,
    a_stereo_source_ends_while_a_mono_one_goes_on,
    a_mono_source_begins_that_a_merger_makes_stereo,
    a_mono_source_begins_that_an_explicit_count_makes_quad,
    a_delay_whose_input_changes_its_width,
    delays_one_after_the_other_with_a_change_of_width,
    silence_after_sound_in_a_delay,
    a_fraction_of_a_frame_after_the_end,
    buffers_at_other_rates_and_speeds,
    a_graph_that_changes_when_suspended,
    a_shower_of_grains,
    short_sounds_through_what_sounds_on,
    short_sounds_that_move_parameters,
    a_source_in_a_loop_that_begins_and_ends_within_it,
    two_delays_in_a_loop_whose_input_widens,
    filters_one_after_the_other,
    a_filter_a_compressor_and_delays,
    a_chain_with_a_room_and_a_head,
    a_chain_in_a_loop,
]

# A phase is a product in one partition and a sum in another, and a response is convolved in others.
SUMMED = {
    a_chain_with_a_room_and_a_head,
    nodes_connected_to_parameters,
    a_source_in_a_loop_through_its_own_frequency,
    short_sounds_through_what_sounds_on,
}


@pytest.mark.parametrize("graph", GRAPHS, ids=lambda graph: graph.__name__)
def test_blocks_of_any_length_give_the_same_samples(graph: Build) -> None:
    quanta = render(graph, FRAMES, channels=2, block=128)
    assert np.abs(quanta).max() > 0.01
    for block in BLOCKS[1:]:
        same(render(graph, FRAMES, channels=2, block=block), quanta, exact=graph not in SUMMED)


@pytest.mark.parametrize("graph", GRAPHS, ids=lambda graph: graph.__name__)
def test_chunks_of_any_length_give_the_same_samples(graph: Build) -> None:
    whole = render(graph, FRAMES, channels=2)
    for chunk in (100, 128, 7777):
        taken = render(graph, FRAMES, channels=2, chunk=chunk)
        same(taken, whole, exact=graph not in SUMMED)


@settings(max_examples=100)
@given(
    seed=st.integers(0, 2**32 - 1),
    block=st.sampled_from(BLOCKS[1:]),
    transforming=st.booleans(),
)
def test_blocks_of_any_length_give_the_same_samples_for_any_graph(
    seed: int, block: int, transforming: bool
) -> None:
    graph = RandomGraph(seed, 5000, transforming=transforming)
    quanta = render(graph.build, 5000, channels=2, block=128)
    same(render(graph.build, 5000, channels=2, block=block), quanta, exact=False)


@pytest.mark.parametrize("quantum", [1, 100, 441, 3000, 4096])
def test_a_quantum_of_any_length_fills_the_blocks(quantum: int) -> None:
    def graph(context: OfflineAudioContext) -> None:
        gain = GainNode(context)
        gain.gain.automation_rate = "k-rate"
        gain.gain.linear_ramp_to_value_at_time(0, at(18000))
        constant(context, 1, 10.5, 17000).connect(gain).connect(context.destination)

    frames = 600 if quantum == 1 else FRAMES
    out = render(graph, frames, quantum=quantum)[0]
    n = np.arange(frames)
    steps = 1 - np.minimum(n // quantum * quantum / 18000, 1)
    expected = np.where((n >= 11) & (n < 17000), steps, 0)
    np.testing.assert_allclose(out, expected, atol=1e-6)


def test_mixing_is_linear() -> None:
    def graph(levels: tuple[float, float]) -> Build:
        def build(context: OfflineAudioContext) -> None:
            bus = GainNode(context, channel_count=3, channel_count_mode="clamped-max")
            delay = loop(context, bus, 300.5, 0.4)
            for channels, level in zip((2, 4), levels, strict=True):
                source = play(context, level * noise(channels, 3000, channels), loop=True)
                source.connect(bus).connect(delay)

        return build

    first, second = (render(graph(levels), 5000, channels=2) for levels in ((1, 0), (0, 1)))
    both = render(graph((0.5, -2)), 5000, channels=2)
    np.testing.assert_allclose(both, 0.5 * first - 2 * second, atol=1e-5)


@given(order=st.permutations(range(5)))
@settings(max_examples=20)
def test_the_order_of_wires_is_irrelevant(order: list[int]) -> None:
    def graph(order: list[int]) -> Build:
        def build(context: OfflineAudioContext) -> None:
            bus = GainNode(context)
            sources = [play(context, noise(i % 2 + 1, 900, i), at(i * 50.5)) for i in range(5)]
            delay = DelayNode(context, delay_time=at(200))
            for wire in [(sources[i], bus) for i in order]:
                wire[0].connect(wire[1])
            bus.connect(delay).connect(bus)
            delay.connect(context.destination)

        return build

    out = render(graph(order), 1200, channels=2)
    np.testing.assert_allclose(out, render(graph(list(range(5))), 1200, channels=2), atol=1e-5)


def test_zeros_that_sound_change_nothing_where_they_are_as_wide_as_the_rest() -> None:
    def graph(zeros: bool) -> Build:
        def build(context: OfflineAudioContext) -> None:
            bus = GainNode(context)
            delay = loop(context, bus, 400.5)
            play(context, noise(2, 300), at(777)).connect(bus)
            if zeros:
                for target in (bus, delay):
                    play(context, np.zeros((2, 10)), loop=True).connect(target)

        return build

    np.testing.assert_array_equal(
        render(graph(True), 5000, channels=2), render(graph(False), 5000, channels=2)
    )


def test_sources_that_have_not_started_do_not_shorten_blocks() -> None:
    calls = lengths_of_blocks(
        lambda context: [
            play(context, noise(channels, 100), at(start)).connect(context.destination)
            for channels, start in ((1, 3000), (1, 4000.5), (2, 5000), (2, 9000))
        ]
    )
    assert calls == [16384]


@pytest.mark.parametrize("graph", [a_shower_of_grains, *GRAPHS[-4:]], ids=lambda g: g.__name__)
def test_what_begins_ends_and_dies_away_does_not_shorten_blocks(graph: Build) -> None:
    assert lengths_of_blocks(graph) == [16384]


@settings(max_examples=100)
@given(seed=st.integers(0, 2**32 - 1), block=st.sampled_from(BLOCKS[1:]))
def test_in_blocks_of_any_length_outputs_have_the_same_channels(seed: int, block: int) -> None:
    graph = RandomGraph(seed, 3000)
    quanta = channels_of_outputs(graph, 128)
    assert channels_of_outputs(graph, block) == quanta


def channels_of_outputs(graph: RandomGraph, block: int) -> dict[tuple[int, int, int], int]:
    """Return how many channels (node, output, quantum) has, where it is not silent."""
    context = OfflineAudioContext(2, 3000, RATE)
    context._renderer.block_frames = block
    nodes, found = graph.build(context), {}
    plain = context._renderer.graph.render

    def watched(start: int, frames: int) -> tuple[int, list[Vertex]]:
        frames, ended = plain(start, frames)
        for number, node in enumerate(nodes):
            for first, last, signals in node._vertex.runs:
                for output, signal in enumerate(signals):
                    if start <= first < start + frames and not isinstance(signal, Silence):
                        assert signal.shape[1] == last - first
                        for quantum in range(first // 128, last // 128):
                            found[number, output, quantum] = len(signal)
        return frames, ended

    context._renderer.graph.render = watched  # type: ignore[method-assign]
    context.start_rendering()
    return found


def lengths_of_blocks(build: Build) -> list[int]:
    context = OfflineAudioContext(2, 16384, RATE)
    kept = build(context)
    graph, lengths = context._renderer.graph, []
    plain: Callable[..., tuple[int, list[object]]] = graph.render

    def counted(start: int, frames: int) -> tuple[int, list[object]]:
        result = plain(start, frames)
        lengths.append(result[0])
        return result

    graph.render = counted  # type: ignore[method-assign, assignment]
    context.start_rendering()
    del kept
    return lengths


def same(out: NDArray[np.float32], expected: NDArray[np.float32], *, exact: bool) -> None:
    if exact:
        np.testing.assert_array_equal(out, expected)
    else:
        np.testing.assert_allclose(out, expected, rtol=0, atol=1e-6)


def test_a_buffer_that_is_shared_plays_in_every_node_alike() -> None:
    buffer = buffer_of(noise(2, 500))

    def build(context: OfflineAudioContext) -> None:
        for start in (0, 100.5, 300):
            source = AudioBufferSourceNode(context, buffer=buffer)
            source.start(at(start))
            source.connect(context.destination)

    same(render(build, channels=2, block=128), render(build, channels=2), exact=True)

"""How much memory nodes and renderings take."""

from __future__ import annotations

import gc
import tracemalloc
from collections.abc import Iterator
from typing import Any

import pytest
from rendered import RATE, noise, play

from audiograph import (
    AnalyserNode,
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
from audiograph.render.loop import BLOCK_FRAMES

COUNT = 100


@pytest.fixture(autouse=True)
def _traced() -> Iterator[None]:
    tracemalloc.start()
    yield
    tracemalloc.stop()


def held() -> int:
    """Return the bytes that are in use, those of arrays included."""
    gc.collect()
    return tracemalloc.get_traced_memory()[0]


def make(kind: type[AudioNode], context: OfflineAudioContext, options: dict[str, Any]) -> AudioNode:
    node = kind(context, **options)
    if isinstance(node, ConstantSourceNode | OscillatorNode):
        node.start()
    return node


def bytes_for_each(kind: type[AudioNode], **options: Any) -> float:
    """Return what a node takes that has sounded, its connections included."""
    context = OfflineAudioContext(number_of_channels=2, sample_rate=RATE)
    source = play(context, noise(2, RATE), loop=True)

    def add(count: int) -> list[AudioNode]:
        nodes = [make(kind, context, options) for _ in range(count)]
        for node in nodes:
            if node.number_of_inputs:
                source.connect(node)
            node.connect(context.destination)
        context.start_rendering(256)
        return nodes

    # What all of a kind share comes with the first.
    kept = add(1)
    before = held()
    kept += add(COUNT)
    return (held() - before) / COUNT


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        (BiquadFilterNode, {}),
        (ChannelMergerNode, {}),
        (ChannelSplitterNode, {}),
        (ConstantSourceNode, {}),
        (ConvolverNode, {}),
        (GainNode, {}),
        (IIRFilterNode, {"feedforward": [1], "feedback": [1, 0.5]}),
        (OscillatorNode, {}),
        (PannerNode, {}),
        (StereoPannerNode, {}),
        (WaveShaperNode, {}),
    ],
)
def test_a_node_takes_less_than_32_kb(kind: type[AudioNode], options: dict[str, Any]) -> None:
    assert bytes_for_each(kind, **options) < 32_000


@pytest.mark.parametrize("seconds", [0.1, 1, 2])
def test_a_delay_takes_what_it_delays_and_a_block(seconds: float) -> None:
    # The source has two channels, and each frame of one takes 4 bytes.
    most = 2 * 4 * (seconds * RATE + BLOCK_FRAMES)
    assert bytes_for_each(DelayNode, max_delay_time=seconds) < most + 16_000


@pytest.mark.parametrize("kind", [AnalyserNode, DynamicsCompressorNode])
def test_what_looks_back_or_keeps_a_table_takes_less_than_1_mb(kind: type[AudioNode]) -> None:
    assert bytes_for_each(kind) < 1_000_000


def effects(context: OfflineAudioContext) -> AudioNode:
    gain = GainNode(context, gain=0)
    gain.gain.set_value_at_time(0, 1).linear_ramp_to_value_at_time(1, 3600)
    source = play(context, noise(2, 2 * RATE), loop=True)
    source.connect(BiquadFilterNode(context)).connect(gain).connect(DelayNode(context)).connect(
        context.destination
    )
    return source


def test_a_minute_takes_its_own_23_mb_and_3_mb_for_everything_else() -> None:
    context = OfflineAudioContext(2, 60 * RATE, RATE)
    effects(context)
    before = held()
    rendered = context.start_rendering()
    _, most = tracemalloc.get_traced_memory()
    assert most - before < rendered.length * 2 * 4 + 3_000_000


def test_however_many_sound_together_their_signals_take_64_mb() -> None:
    context = OfflineAudioContext(1, BLOCK_FRAMES, RATE)
    nodes = [make(OscillatorNode, context, {}) for _ in range(2000)]
    for node in nodes:
        node.connect(context.destination)
    before = held()
    context.start_rendering()
    _, most = tracemalloc.get_traced_memory()
    assert most - before < (1 << 26) + 20_000_000


def test_what_is_taken_in_chunks_takes_no_more_memory_in_the_end_than_at_first() -> None:
    context = OfflineAudioContext(number_of_channels=2, sample_rate=RATE)
    effects(context)

    def play_a_minute() -> int:
        tracemalloc.reset_peak()
        for _ in range(60):
            context.start_rendering(RATE)
        return tracemalloc.get_traced_memory()[1]

    first = play_a_minute()
    for _ in range(15):
        last = play_a_minute()
    assert context.current_time == 16 * 60
    # What awaits the garbage collector comes and goes.
    assert last < first + 200_000

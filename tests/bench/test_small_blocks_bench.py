"""What graphs of 20 nodes cost in the small blocks of live audio."""

from __future__ import annotations

import time
from collections.abc import Callable
from itertools import pairwise

import pytest
from rendered import RATE, noise, play

from audiograph import (
    AnalyserNode,
    AudioNode,
    BiquadFilterNode,
    DelayNode,
    DynamicsCompressorNode,
    GainNode,
    OfflineAudioContext,
    OscillatorNode,
    PannerNode,
    StereoPannerNode,
    WaveShaperNode,
)

SECONDS = 0.5


def gains(context: OfflineAudioContext) -> None:
    chain: list[AudioNode] = [play(context, noise(2, RATE), loop=True)]
    chain += [GainNode(context, gain=0.9) for _ in range(19)]
    connect(*chain, context.destination)


def effects(context: OfflineAudioContext) -> None:
    connect(
        play(context, noise(2, RATE), loop=True),
        *(BiquadFilterNode(context, type="peaking", frequency=hz) for hz in (60, 250, 1000, 4000)),
        WaveShaperNode(context, curve=[-1, 0, 0.5]),
        *(DelayNode(context, delay_time=seconds / 100) for seconds in range(1, 5)),
        DynamicsCompressorNode(context),
        *(PannerNode(context, position_x=x) for x in range(3)),
        AnalyserNode(context),
        *(GainNode(context, gain=0.9) for _ in range(5)),
        context.destination,
    )


def synthesizer(context: OfflineAudioContext) -> None:
    """Build three voices, each with a filter that an oscillator sweeps, into a compressor."""
    bus = GainNode(context)
    connect(bus, DynamicsCompressorNode(context), context.destination)
    for pitch in (110, 165, 220):
        voice = OscillatorNode(context, type="sawtooth", frequency=pitch)
        sweep = OscillatorNode(context, frequency=0.5)
        lowpass, depth = BiquadFilterNode(context, frequency=800), GainNode(context, gain=400)
        connect(voice, lowpass, StereoPannerNode(context, pan=0.3), GainNode(context), bus)
        connect(sweep, depth)
        depth.connect(lowpass.frequency)
        voice.start()
        sweep.start()


def connect(*nodes: AudioNode) -> None:
    for node, following in pairwise(nodes):
        node.connect(following)


@pytest.mark.parametrize(("block", "share"), [(128, 0.15), (512, 0.06)])
@pytest.mark.parametrize("build", [gains, effects, synthesizer])
def test_twenty_nodes_take_a_small_share_of_the_time_that_a_block_lasts(
    build: Callable[[OfflineAudioContext], None], block: int, share: float
) -> None:
    taken = []
    for _ in range(5):
        context = OfflineAudioContext(2, round(SECONDS * RATE), RATE)
        context._renderer.block_frames = block
        build(context)
        # Of a processor, which others on the machine take no part in.
        before = time.process_time()
        context.start_rendering()
        taken.append(time.process_time() - before)
    assert min(taken) < share * SECONDS

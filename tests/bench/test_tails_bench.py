"""What a sound costs that dies away, beside the same while it sounds.

A number below 2^-126 takes many processors a hundred times as long as another, and what decays
by a factor a frame gets there and stays there.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray
from rendered import RATE, buffer_of, noise, play, samples_of

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
    StereoPannerNode,
)

CHUNK = 4800
SOUNDING, DECAYING = 10, 60
"""How many chunks."""

Effect = Callable[[OfflineAudioContext, AudioNode], AudioNode]


def biquad(context: OfflineAudioContext, source: AudioNode) -> AudioNode:
    return source.connect(BiquadFilterNode(context, type="bandpass", frequency=200, q=30))


def moving_biquad(context: OfflineAudioContext, source: AudioNode) -> AudioNode:
    node = BiquadFilterNode(context, type="bandpass", q=30)
    node.frequency.set_value_at_time(100, 0).linear_ramp_to_value_at_time(300, 7)
    return source.connect(node)


def iir(context: OfflineAudioContext, source: AudioNode) -> AudioNode:
    return source.connect(IIRFilterNode(context, feedforward=[0.01], feedback=[1, -0.999]))


def long_iir(context: OfflineAudioContext, source: AudioNode) -> AudioNode:
    feedback = np.poly([0.999, 0.99, 0.9, -0.5]).tolist()
    return source.connect(IIRFilterNode(context, feedforward=[1e-5], feedback=feedback))


def echo(context: OfflineAudioContext, source: AudioNode) -> AudioNode:
    delay = DelayNode(context, delay_time=0.01)
    source.connect(delay).connect(GainNode(context, gain=0.7)).connect(delay)
    return delay


def compressor(context: OfflineAudioContext, source: AudioNode) -> AudioNode:
    return iir(context, source).connect(DynamicsCompressorNode(context, release=1))


def convolver(context: OfflineAudioContext, source: AudioNode) -> AudioNode:
    response = noise(2, 5 * RATE) * np.exp(-np.arange(5 * RATE) / 2500).astype(np.float32)
    return source.connect(ConvolverNode(context, buffer=buffer_of(response)))


def head(context: OfflineAudioContext, source: AudioNode) -> AudioNode:
    panner = PannerNode(context, panning_model="HRTF", position_x=1)
    return iir(context, source).connect(panner)


def gains(context: OfflineAudioContext, source: AudioNode) -> AudioNode:
    softer, panner = GainNode(context, gain=0.5), StereoPannerNode(context, pan=0.3)
    return echo(context, source).connect(softer).connect(panner)


def envelope(context: OfflineAudioContext, source: AudioNode) -> AudioNode:
    play(context, noise(1, RATE), loop=True).connect(source)
    gain = GainNode(context)
    gain.gain.set_target_at_time(0, 1, 0.03)
    return source.connect(gain).connect(GainNode(context, gain=0.1))


def strip(context: OfflineAudioContext, source: AudioNode) -> AudioNode:
    play(context, noise(2, SOUNDING * CHUNK)).connect(source)
    first = BiquadFilterNode(context, type="peaking", frequency=300, q=30, gain=12)
    second = BiquadFilterNode(context, type="highpass", frequency=80)
    compressor, delay = DynamicsCompressorNode(context), DelayNode(context, delay_time=0.1)
    source.connect(first).connect(second).connect(compressor).connect(delay)
    response = noise(2, RATE) * np.exp(-np.arange(RATE) / 2500).astype(np.float32)
    return delay.connect(ConvolverNode(context, buffer=buffer_of(response)))


def played(effect: Effect) -> tuple[NDArray[np.float64], NDArray[np.float32]]:
    """Return the processor's seconds for each chunk, and the samples, shape (2, frames)."""
    context = OfflineAudioContext(number_of_channels=2, sample_rate=RATE)
    bus = GainNode(context)
    play(context, noise(1, SOUNDING * CHUNK)).connect(bus)
    effect(context, bus).connect(context.destination)
    seconds, chunks = [], []
    for _ in range(SOUNDING + DECAYING):
        before = time.process_time()
        chunk = context.start_rendering(CHUNK)
        seconds.append(time.process_time() - before)
        chunks.append(samples_of(chunk))
    return np.array(seconds), np.concatenate(chunks, axis=1)


@pytest.mark.parametrize(
    "effect",
    [
        *(biquad, moving_biquad, iir, long_iir, echo, compressor, convolver, head, gains, envelope),
        strip,
    ],
)
def test_what_dies_away_costs_no_more_than_what_sounds(effect: Effect) -> None:
    runs, outs = zip(*(played(effect) for _ in range(3)), strict=True)
    seconds, out = np.min(runs, axis=0), outs[0]
    last = np.flatnonzero(out.any(axis=0))[-1]
    assert SOUNDING * CHUNK < last < out.shape[1] - CHUNK
    decaying = seconds[SOUNDING : last // CHUNK + 1]
    assert np.mean(decaying) < 2 * np.mean(seconds[1:SOUNDING])
    # What is next to nothing is nothing before long.
    tiny = (out != 0) & (np.abs(out) < 2.0**-126)
    assert np.count_nonzero(tiny.any(axis=0)) < CHUNK

"""How fast convolution is, in long blocks and in those of live audio."""

from __future__ import annotations

import time

import numpy as np
import pytest

pytest.importorskip("pytest_benchmark")

from rendered import RATE, buffer_of, noise, play

from audiograph import AnalyserNode, ConvolverNode, OfflineAudioContext

QUANTUM_SECONDS = 128 / RATE

# Of a processor, which others on the machine take no part in.
pytestmark = pytest.mark.benchmark(timer=time.process_time)


def reverb(seconds: float, response_seconds: float = 4) -> OfflineAudioContext:
    context = OfflineAudioContext(2, round(seconds * RATE), RATE)
    frames = round(response_seconds * RATE)
    response = noise(2, frames) * np.linspace(1, 0, frames, dtype=np.float32) ** 10
    node = ConvolverNode(context, buffer=buffer_of(response))
    play(context, noise(1, 2 * RATE), loop=True).connect(node).connect(context.destination)
    return context


def test_four_seconds_of_stereo_response_render_100_times_faster_than_they_play(benchmark) -> None:
    benchmark.pedantic(
        lambda context: context.start_rendering(), setup=lambda: ((reverb(15),), {}), rounds=5
    )
    speed = 15 / benchmark.stats.stats.min
    benchmark.extra_info["times real time"] = round(speed)
    assert speed >= 100


def test_in_blocks_of_a_quantum_no_block_takes_as_long_as_it_plays() -> None:
    context = reverb(8)
    context._renderer.block_frames = 128
    taken = []
    for frame in range(128, 8 * RATE, 128):
        context.suspend(frame / RATE, lambda _: taken.append(time.thread_time()))
    context.start_rendering()
    each = np.diff(taken)
    assert each.mean() < 0.15 * QUANTUM_SECONDS
    assert each.max() < QUANTUM_SECONDS


def test_an_analyser_renders_3000_times_faster_than_it_plays(benchmark) -> None:
    def make() -> OfflineAudioContext:
        context = OfflineAudioContext(2, 60 * RATE, RATE)
        source = play(context, noise(2, 2 * RATE), loop=True)
        source.connect(AnalyserNode(context)).connect(context.destination)
        return context

    benchmark.pedantic(
        lambda context: context.start_rendering(), setup=lambda: ((make(),), {}), rounds=5
    )
    speed = 60 / benchmark.stats.stats.min
    benchmark.extra_info["times real time"] = round(speed)
    assert speed >= 3000

"""How fast the engine renders, and in how much memory."""

from __future__ import annotations

import resource
from collections.abc import Callable

import pytest

pytest.importorskip("pytest_benchmark")

from rendered import RATE, noise, play

from audiograph import ConstantSourceNode, DelayNode, GainNode, OfflineAudioContext


def looped_stereo(seconds: int) -> OfflineAudioContext:
    context = OfflineAudioContext(2, seconds * RATE, RATE)
    source = play(context, noise(2, 2 * RATE), loop=True)
    source.connect(GainNode(context, gain=0.5)).connect(context.destination)
    return context


def times_real_time(
    benchmark, make: Callable[[int], OfflineAudioContext], seconds: int, rounds: int = 5
) -> float:
    benchmark.pedantic(
        lambda context: context.start_rendering(),
        setup=lambda: ((make(seconds),), {}),
        rounds=rounds,
    )
    speed = seconds / benchmark.stats.stats.min
    benchmark.extra_info["times real time"] = round(speed)
    return speed


def test_a_looped_stereo_buffer_through_a_gain_renders_3000_times_faster_than_it_plays(
    benchmark,
) -> None:
    assert times_real_time(benchmark, looped_stereo, 60) >= 3000


def test_twenty_gains_in_blocks_of_a_quantum_take_15_percent_of_its_time(benchmark) -> None:
    def make(seconds: int) -> OfflineAudioContext:
        context = OfflineAudioContext(2, seconds * RATE, RATE)
        last = play(context, noise(2, 2 * RATE), loop=True)
        for _ in range(19):
            last = last.connect(GainNode(context, gain=0.9))
        last.connect(context.destination)
        context._renderer.block_frames = 128
        return context

    assert times_real_time(benchmark, make, 2) >= 1 / 0.15


def test_a_feedback_delay(benchmark) -> None:
    def make(seconds: int) -> OfflineAudioContext:
        context = OfflineAudioContext(2, seconds * RATE, RATE)
        delay = DelayNode(context, delay_time=0.25)
        play(context, noise(2, 2 * RATE), loop=True).connect(delay)
        delay.connect(GainNode(context, gain=0.5)).connect(delay).connect(context.destination)
        return context

    assert times_real_time(benchmark, make, 60) >= 1000


def test_a_score_of_ten_thousand_notes(benchmark) -> None:
    def make(seconds: int) -> OfflineAudioContext:
        context = OfflineAudioContext(1, seconds * RATE, RATE)
        bus = GainNode(context)
        bus.connect(context.destination)
        for i in range(10_000):
            source = ConstantSourceNode(context, offset=0.1)
            source.connect(GainNode(context)).connect(bus)
            source.start(i * seconds / 10_000)
            source.stop((i + 5) * seconds / 10_000)
        return context

    assert times_real_time(benchmark, make, 60, rounds=1) >= 10


def test_an_hour_in_chunks_takes_no_more_memory_than_a_minute() -> None:
    context = OfflineAudioContext(number_of_channels=2, sample_rate=RATE)
    source = play(context, noise(2, 2 * RATE), loop=True)
    gain, delay = GainNode(context, gain=0.5), DelayNode(context)
    gain.gain.set_value_at_time(0, 1).linear_ramp_to_value_at_time(1, 3600)
    source.connect(gain).connect(delay).connect(context.destination)
    for _ in range(60):
        context.start_rendering(RATE)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for _ in range(59 * 60):
        context.start_rendering(RATE)
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert context.current_time >= 3600
    assert grown < 4096  # KiB

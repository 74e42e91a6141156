"""How fast the engine renders."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

pytest.importorskip("pytest_benchmark")

from rendered import RATE, buffer_of, noise, play, samples_of

from audiograph import (
    AudioBuffer,
    AudioBufferSourceNode,
    ConstantSourceNode,
    DelayNode,
    GainNode,
    OfflineAudioContext,
)

# Of a processor, which others on the machine take no part in.
pytestmark = pytest.mark.benchmark(timer=time.process_time)


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


GRAINS = 600
# In frames, each a whole number of 128ths of a second, so that no time is rounded.
STEP_FRAMES, GRAIN_FRAMES = 375, 4500
POINTS, LEVELS = (0, 375, 2250, 4500), (0, 0.5, 0.5, 0)


def grains(samples: AudioBuffer) -> OfflineAudioContext:
    context = OfflineAudioContext(1, GRAINS * STEP_FRAMES, RATE)
    for i in range(GRAINS):
        begin, gain = i * STEP_FRAMES / RATE, GainNode(context)
        gain.gain.set_value_at_time(0, begin)
        for point, level in zip(POINTS[1:], LEVELS[1:], strict=True):
            gain.gain.linear_ramp_to_value_at_time(level, begin + point / RATE)
        source = AudioBufferSourceNode(context, buffer=samples)
        source.connect(gain).connect(context.destination)
        source.start(begin, i / 128, GRAIN_FRAMES / RATE)
    return context


def plain_grains(samples: NDArray[np.float32]) -> NDArray[np.float64]:
    out = np.zeros(GRAINS * STEP_FRAMES + GRAIN_FRAMES)
    for i in range(GRAINS):
        begin, first = i * STEP_FRAMES, i * RATE // 128
        level = np.interp(np.arange(GRAIN_FRAMES), POINTS, LEVELS)
        out[begin : begin + GRAIN_FRAMES] += samples[first : first + GRAIN_FRAMES] * level
    return out


def test_a_shower_of_grains_takes_no_more_than_seven_times_as_long_as_their_plain_sum() -> None:
    samples = noise(1, 7 * RATE)
    taken, plain = [], []
    for _ in range(5):
        context = grains(buffer_of(samples))
        times = [time.process_time()]
        out = context.start_rendering()
        times.append(time.process_time())
        expected = plain_grains(samples[0])
        times.append(time.process_time())
        taken.append(times[1] - times[0])
        plain.append(times[2] - times[1])
    np.testing.assert_allclose(samples_of(out)[0], expected[: out.length], atol=1e-4)
    assert min(taken) < 7 * min(plain)

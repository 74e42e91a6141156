"""The clock of a device, fed with simulated callbacks."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audiograph.portaudio.clock import Clock


def callbacks(
    *, rate: float, frames: int, seconds: float, jitter: float, seed: int, start: float = 1000.0
) -> np.ndarray:
    """Return when callbacks of `frames` frames come, each late by up to `jitter` or more."""
    due = start + np.arange(1, round(seconds * rate / frames) + 1) * frames / rate
    late = np.abs(np.random.default_rng(seed).normal(0, jitter, len(due)))
    return np.maximum.accumulate(due + late)


@settings(max_examples=25, deadline=None)
@given(
    deviation=st.floats(-500e-6, 500e-6),
    jitter=st.floats(0, 0.002),
    frames=st.sampled_from([128, 240, 512, 1024]),
    seed=st.integers(0, 1000),
)
def test_the_rate_is_found_under_jitter(
    deviation: float, jitter: float, frames: int, seed: int
) -> None:
    clock = Clock(48000)
    rate = 48000 * (1 + deviation)
    for time in callbacks(rate=rate, frames=frames, seconds=60, jitter=jitter, seed=seed):
        clock.update(time, frames)
    assert clock.rate == pytest.approx(rate, rel=10e-6)
    assert clock.jumps == 0


def test_the_smoothed_time_is_far_steadier_than_the_callbacks() -> None:
    clock = Clock(48000)
    times = callbacks(rate=48000, frames=240, seconds=60, jitter=0.001, seed=1)
    smoothed = np.array([clock.update(time, 240) for time in times])
    due = np.arange(len(times)) * 240 / 48000
    tail = slice(len(times) // 2, None)
    assert np.std((times - due)[tail]) > 500e-6
    assert np.std((smoothed - due)[tail]) < 10e-6


def test_without_jitter_the_smoothed_time_is_the_time() -> None:
    clock = Clock(48000)
    for time in callbacks(rate=48000, frames=256, seconds=5, jitter=0, seed=0):
        assert clock.update(time, 256) == pytest.approx(time, abs=1e-9)


def test_blocks_may_differ_in_size() -> None:
    clock = Clock(44100)
    sizes = np.random.default_rng(1).integers(200, 240, 10000)
    for time, frames in zip(np.cumsum(sizes) / 44100, sizes, strict=True):
        clock.update(time, int(frames))
    assert clock.rate == pytest.approx(44100, rel=1e-6)
    assert clock.frames == sizes.sum()


def test_a_pause_starts_it_anew_and_keeps_the_rate() -> None:
    clock = Clock(48000)
    for time in callbacks(rate=48010, frames=240, seconds=60, jitter=0, seed=0):
        clock.update(time, 240)
    for time in callbacks(rate=48010, frames=240, seconds=1, jitter=0, seed=0, start=1062):
        clock.update(time, 240)
    assert clock.jumps == 1
    assert clock.age < 1
    assert clock.time == pytest.approx(1063, abs=0.006)
    assert clock.rate == pytest.approx(48010, rel=1e-6)


def test_a_single_late_callback_is_no_pause() -> None:
    clock = Clock(48000)
    times = callbacks(rate=48000, frames=240, seconds=20, jitter=0, seed=0)
    times[2000:2003] = times[2003] + 0.15
    for time in np.maximum.accumulate(times):
        clock.update(time, 240)
    assert clock.jumps == 0
    assert clock.rate == pytest.approx(48000, rel=1e-4)


def test_before_the_first_callback_it_has_the_rate_claimed_and_no_time() -> None:
    clock = Clock(96000)
    assert clock.rate == pytest.approx(96000)
    assert math.isnan(clock.time)

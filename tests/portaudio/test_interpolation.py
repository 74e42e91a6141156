"""Values between samples."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from audiograph.portaudio.interpolation import (
    AFTER,
    BEFORE,
    interpolate,
    interpolate_as_arrays,
    interpolate_at,
)


def decibels(error: np.ndarray, signal: np.ndarray) -> float:
    return float(20 * np.log10(np.std(error) / np.std(signal)))


@pytest.mark.parametrize(
    ("frequency", "noise"), [(100, -110), (1000, -110), (10000, -110), (18000, -100), (20000, -95)]
)
def test_a_tone_is_read_at_any_position(frequency: float, noise: float) -> None:
    frames = np.arange(48200)
    tone = np.sin(2 * np.pi * frequency / 48000 * frames).astype(np.float32)[np.newaxis]
    positions = 40.25 + 1.0002 * np.arange(48000)
    expected = np.sin(2 * np.pi * frequency / 48000 * positions)
    result = interpolate(tone, 40.25, 1.0002, 48000)[0]
    assert decibels(result - expected, expected) < noise


def test_a_tone_above_the_cutoff_is_held_back() -> None:
    frames = np.arange(48200)
    tone = np.sin(2 * np.pi * 23500 / 48000 * frames).astype(np.float32)[np.newaxis]
    result = interpolate(tone, 40.0, 48000 / 32000, 32000, cutoff=32000 / 48000)
    assert decibels(result, tone) < -90


@given(
    position=st.floats(BEFORE, BEFORE + 50),
    step=st.floats(0.99, 1.01),
    split=st.integers(0, 200),
)
def test_reading_in_parts_is_reading_at_once(position: float, step: float, split: int) -> None:
    noise = np.random.default_rng(1).uniform(-1, 1, (2, 400)).astype(np.float32)
    whole = interpolate(noise, position, step, 200)
    parts = [
        interpolate(noise, position, step, split),
        interpolate(noise, position + split * step, step, 200 - split),
    ]
    np.testing.assert_allclose(np.concatenate(parts, axis=1), whole, atol=1e-5)


@given(offset=st.integers(0, 50))
def test_at_whole_positions_it_copies(offset: int) -> None:
    noise = np.random.default_rng(1).uniform(-1, 1, (2, 400)).astype(np.float32)
    result = interpolate(noise, float(BEFORE + offset), 1.0, 200)
    expected = noise[:, BEFORE + offset : BEFORE + offset + 200]
    np.testing.assert_allclose(result, expected, atol=1e-7)


def test_it_needs_no_more_than_it_says() -> None:
    noise = np.random.default_rng(1).uniform(-1, 1, (1, BEFORE + 1 + AFTER)).astype(np.float32)
    assert interpolate(noise, float(BEFORE), 1.0, 1)[0, 0] == pytest.approx(noise[0, BEFORE])


def test_positions_need_not_be_equally_far_apart() -> None:
    frames = np.arange(400)
    tone = np.sin(2 * np.pi * 1000 / 48000 * frames).astype(np.float32)[np.newaxis]
    positions = np.sort(np.random.default_rng(1).uniform(BEFORE, 400 - AFTER - 1, 100))
    expected = np.sin(2 * np.pi * 1000 / 48000 * positions)
    np.testing.assert_allclose(interpolate_at(tone, positions)[0], expected, atol=1e-5)


@given(
    positions=st.lists(st.floats(BEFORE, 300 - AFTER - 1), max_size=1500).map(sorted),
    channels=st.integers(1, 3),
)
def test_what_is_compiled_gives_the_same_as_what_is_not(
    positions: list[float], channels: int
) -> None:
    kernels = pytest.importorskip("audiograph.portaudio.interpolation_kernels")
    random = np.random.default_rng(1)
    samples = random.uniform(-1, 1, (channels, 300)).astype(np.float32)
    table = random.uniform(-1, 1, (9, 64)).astype(np.float32)
    compiled, plain = (np.empty((channels, len(positions)), np.float32) for _ in range(2))
    kernels.interpolate_into(samples, np.array(positions), table, compiled)
    interpolate_as_arrays(samples, np.array(positions), table, plain)
    np.testing.assert_array_equal(compiled, plain)

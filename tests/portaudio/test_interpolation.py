"""Values between samples."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from audiograph.portaudio.interpolation import AFTER, BEFORE, interpolate


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

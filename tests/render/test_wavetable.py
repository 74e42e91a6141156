from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from audiograph.render.wavetable import basic_wavetable, make_wavetable, period_frames

SHAPES = ["sine", "square", "sawtooth", "triangle"]


@pytest.mark.parametrize(
    ("sample_rate", "frames"),
    [(3000, 2048), (24000, 2048), (24001, 4096), (48000, 4096), (88200, 4096), (96000, 16384)],
)
def test_a_period_has_more_frames_at_higher_rates(sample_rate: float, frames: int) -> None:
    assert period_frames(sample_rate) == frames


@pytest.mark.parametrize("frames", [2048, 4096, 16384])
def test_each_row_has_the_partials_of_a_third_of_an_octave(frames: int) -> None:
    every = np.ones(frames, np.float32)
    rows = make_wavetable(every, np.zeros_like(every), frames, normalize=False).rows
    counts = np.rint(rows[:, 0].astype(np.float64)).astype(int)
    expected = np.floor(frames / 2 * 2 ** (-np.arange(len(rows)) / 3)).astype(int)
    # The Nyquist frequency itself is no partial.
    expected[0] -= 1
    np.testing.assert_array_equal(counts, expected)
    np.testing.assert_array_equal(counts[-2:], 0)


@pytest.mark.parametrize("shape", SHAPES)
def test_no_partial_of_the_two_rows_that_a_step_reads_reaches_half_the_rate(shape: Any) -> None:
    table = basic_wavetable(shape, 4096)
    spectra = np.abs(np.fft.rfft(table.rows)) / 2048
    highest = np.array([np.flatnonzero(row > 1e-6).max(initial=0) for row in spectra])
    steps = np.geomspace(0.01, 2047, 500).astype(np.float32)
    fuller = table.positions(steps).astype(int)
    assert np.all(highest[fuller] * steps <= 2048)
    assert np.all(highest[fuller + 1] * steps <= 2048)


def test_any_step_has_a_position_and_a_row_after_it() -> None:
    table = basic_wavetable("sine", 4096)
    positions = table.positions(np.array([0, -8, 8, 1, 2048, 1e30], np.float32))
    np.testing.assert_array_equal(positions, np.array([0, 10, 10, 1, 34, 35], np.float32))
    assert positions.dtype == np.float32
    assert len(table.rows) == 37


def test_there_is_one_table_of_each_shape() -> None:
    assert basic_wavetable("square", 4096) is basic_wavetable("square", 4096)

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from numpy.typing import NDArray

from audiograph.render.head import HeadFilter, Response, head


def spectra(response: Response) -> NDArray[np.float64]:
    """Return the levels in dB, shape (2, frequencies)."""
    return 20 * np.log10(np.abs(np.fft.rfft(response.taps, 1024)))


def arrivals(response: Response) -> NDArray[np.float64]:
    """Return when the middle of the energy arrives in each ear, in frames."""
    energy = response.taps[:, ::-1].astype(float) ** 2
    return np.array(response.delays) + energy @ np.arange(energy.shape[1]) / energy.sum(axis=1)


def test_the_mean_power_over_all_directions_is_that_without_a_head() -> None:
    powers, weights = [], []
    for elevation in range(-40, 91, 10):
        for azimuth in range(0, 360, 15):
            taps = head(48000.0).response(azimuth, elevation, 1.0).taps
            powers.append(np.abs(np.fft.rfft(taps, 512)) ** 2)
            weights.append(np.cos(np.radians(elevation)) * (2.5 if elevation == -40 else 1))
    mean = np.average(np.sum(powers, axis=1), axis=0, weights=weights)
    hertz = np.fft.rfftfreq(512, 1 / 48000)
    np.testing.assert_allclose(mean[(hertz > 100) & (hertz < 15000)], 1, atol=0.15)


def test_left_and_right_mirror_each_other() -> None:
    for azimuth, elevation in ((40, 0), (130, 25), (-77, -35)):
        one, other = (head(48000.0).response(sign * azimuth, elevation, 1.0) for sign in (1, -1))
        np.testing.assert_array_equal(one.taps, other.taps[::-1])
        assert one.delays == other.delays[::-1]


def test_the_gain_scales_it() -> None:
    one, other = (head(48000.0).response(10, 10, gain) for gain in (1.0, 0.25))
    np.testing.assert_allclose(other.taps, one.taps / 4, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("rate", [8000.0, 44100.0, 48000.0, 96000.0])
def test_the_ears_hear_apart_as_far_as_they_are(rate: float) -> None:
    here = [arrivals(head(rate).response(azimuth, 0, 1.0)) / rate for azimuth in (0, 45, 90)]
    between = [left - right for left, right in here]
    assert between[0] == pytest.approx(0, abs=1e-9)
    assert 0.0002 < between[1] < 0.0006
    assert 0.0004 < between[2] < 0.0011


def test_it_changes_little_from_one_direction_to_the_next() -> None:
    here = head(48000.0)
    for elevation in (-55, -40, -3, 40, 88):
        near = [here.response(azimuth / 4, elevation, 1.0) for azimuth in range(-720, 721)]
        for one, other in pairwise(near):
            assert np.abs(spectra(one) - spectra(other))[:, 4:300].max() < 6
            assert np.abs(arrivals(one) - arrivals(other)).max() < 1.5


def test_beyond_the_measured_elevations_it_is_as_at_the_last() -> None:
    here = head(48000.0)
    one, other = here.response(20, -40, 1.0), here.response(20, -90, 1.0)
    np.testing.assert_array_equal(one.taps, other.taps)
    overhead = [here.response(azimuth, 90, 1.0).taps for azimuth in (0, 77, -140)]
    np.testing.assert_allclose(overhead, overhead[:1] * 3, atol=1e-6)


@pytest.mark.parametrize("rate", [8000.0, 48000.0, 192000.0])
@pytest.mark.parametrize("channels", [(1, 1), (2, 2), (1, 2), (2, 1)])
def test_long_stretches_sound_as_short_ones(rate: float, channels: tuple[int, int]) -> None:
    """Sums over the taps, and transforms, of a sound that has so many channels and then so many."""
    signals = [np.random.default_rng(1).uniform(-1, 1, (c, 16384)) for c in channels]
    outs = []
    for frames in (16384, 2048):
        ears, out = HeadFilter(head(rate), 128), []
        for start in range(0, 2 * 16384, frames):
            signal = signals[start // 16384].astype(np.float32)
            part = signal[:, start % 16384 : start % 16384 + frames]
            out.append(ears.process(part, start, frames, lambda _: np.array([[50.0], [20], [1]])))
        outs.append(np.concatenate(out, axis=1))
    assert np.abs(outs[0]).max() > 0.5
    np.testing.assert_allclose(*outs, atol=1e-6)

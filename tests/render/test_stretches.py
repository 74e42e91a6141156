from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from audiograph.render.stretches import analyse, extend, synthesise, transform_filters


@given(
    seed=st.integers(0, 999),
    channels=st.integers(1, 3),
    frames=st.integers(1, 300),
    taps=st.integers(1, 20),
    spare=st.integers(0, 12),
    size=st.sampled_from([32, 50, 64]),
)
def test_stretches_are_convolved_with_what_was_before_them(
    seed: int, channels: int, frames: int, taps: int, spare: int, size: int
) -> None:
    random, overlap = np.random.default_rng(seed), taps - 1 + spare
    signal = random.uniform(-1, 1, (channels, overlap + frames)).astype(np.float32)
    response = random.uniform(-1, 1, taps)
    extended = extend(signal[:, :overlap], signal[:, overlap:], size)
    spectra = analyse(extended, overlap, size) * transform_filters(response, size)
    out = synthesise(spectra, overlap, size, frames)
    expected = [np.convolve(each, response)[overlap : overlap + frames] for each in signal]
    assert out.dtype == np.float32
    np.testing.assert_allclose(out, expected, atol=1e-5)


@given(size=st.sampled_from([32, 64]), filters=st.integers(1, 3))
def test_several_filters_share_one_analysis(size: int, filters: int) -> None:
    random = np.random.default_rng(size)
    signal = random.uniform(-1, 1, (1, 107)).astype(np.float32)
    responses = random.uniform(-1, 1, (filters, 8))
    spectra = analyse(extend(signal[:, :7], signal[:, 7:], size), 7, size)
    out = synthesise(spectra * transform_filters(responses, size), 7, size, 100)
    expected = [np.convolve(signal[0], response, mode="valid") for response in responses]
    np.testing.assert_allclose(out, expected, atol=1e-5)

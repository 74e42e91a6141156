from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from rendered import noise

from audiograph.media.resample import Resampler


@given(
    rates=st.sampled_from([(44100, 48000), (48000, 44100), (48000, 16000), (11025, 48000)]),
    sizes=st.lists(st.integers(0, 3000), min_size=1, max_size=6),
)
@settings(max_examples=30)
def test_how_the_stream_is_cut_changes_nothing(rates: tuple[int, int], sizes: list[int]) -> None:
    samples = noise(2, sum(sizes))
    whole = Resampler(*rates, 2)
    expected = np.concatenate([whole.process(samples), whole.flush()], axis=1)
    cut = Resampler(*rates, 2)
    at, parts = 0, []
    for size in sizes:
        parts.append(cut.process(samples[:, at : at + size]))
        at += size
    out = np.concatenate([*parts, cut.flush()], axis=1)
    assert out.shape == expected.shape
    np.testing.assert_allclose(out, expected, atol=1e-6)


def test_every_channel_is_resampled_by_itself() -> None:
    resampler = Resampler(24000, 48000, 3)
    constant = np.array([[0.5], [-0.25], [0]]) * np.ones((3, 4000))
    out = np.concatenate([resampler.process(constant.astype(np.float32)), resampler.flush()], 1)
    assert out.flags.c_contiguous
    assert abs(out.shape[1] - 8000) <= 1
    np.testing.assert_allclose(out[:, 2000:6000], constant[:, :1] * np.ones((3, 4000)), atol=1e-4)

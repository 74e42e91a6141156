from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from audiograph.sinks.encoding import Encoder

SAMPLES = arrays(
    np.float32,
    st.tuples(st.just(2), st.integers(0, 40)),
    elements=st.sampled_from([0, 0.5, 1, -1, 1.0000001, -1.0000001, 3e38, np.inf, -np.inf, np.nan]),
)


@given(blocks=st.lists(SAMPLES, max_size=4), bits=st.sampled_from([8, 16, 24, 32]))
def test_what_is_beyond_full_scale_is_counted(blocks: list[np.ndarray], bits: int) -> None:
    encoder = Encoder(2, bits)
    expected = 0
    for block in blocks:
        for _ in encoder.encode(block):
            pass
        expected += sum(abs(sample) > 1 for sample in block.ravel().tolist())
    assert encoder.clipped == expected


@pytest.mark.parametrize("frames", [1, 16384, 40000])
def test_floats_are_not_clipped(frames: int) -> None:
    encoder = Encoder(1, None)
    (largest, *_) = (piece.max() for piece in encoder.encode(np.full((1, frames), 9, np.float32)))
    assert (largest, encoder.clipped) == (9, 0)

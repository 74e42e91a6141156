from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import audiograph.render
from audiograph.render import panning_kernels

SOURCE = Path(audiograph.render.__file__).with_name("panning_kernels.py")

with pytest.MonkeyPatch.context() as patch:
    patch.setitem(sys.modules, "cython", None)  # type: ignore[arg-type]
    spec = importlib.util.spec_from_file_location("panning_kernels_interpreted", SOURCE)
    assert spec is not None
    assert spec.loader is not None
    interpreted = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(interpreted)
assert not interpreted.COMPILED


@pytest.mark.parametrize("convolve", [panning_kernels.convolve, interpreted.convolve])
@given(
    seed=st.integers(0, 999),
    frames=st.integers(0, 70),
    eights=st.integers(1, 4),
    stretch=st.integers(1, 40),
)
def test_it_convolves(convolve, seed: int, frames: int, eights: int, stretch: int) -> None:
    chance = np.random.default_rng(seed)
    signal = chance.random(frames + 8 * eights - 1, np.float32)
    taps, out = chance.random(8 * eights, np.float32), np.full(frames, np.nan, np.float32)
    convolve(signal, taps, np.empty(stretch, np.float32), out)
    expected = [signal[k : k + len(taps)] @ taps for k in range(frames)]
    np.testing.assert_allclose(out, expected, rtol=1e-5)


@given(seed=st.integers(0, 999), frames=st.integers(1, 90), stretch=st.integers(1, 40))
def test_compiled_and_interpreted_give_the_same_samples(
    seed: int, frames: int, stretch: int
) -> None:
    chance = np.random.default_rng(seed)
    signal, taps = chance.random(frames + 15, np.float32), chance.random(16, np.float32)
    outs = []
    for form in (panning_kernels, interpreted):
        outs.append(np.empty(frames, np.float32))
        form.convolve(signal, taps, np.empty(stretch, np.float32), outs[-1])
    np.testing.assert_array_equal(*outs)

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import audiograph.render
from audiograph.render import ramp_kernels

SOURCE = Path(audiograph.render.__file__).with_name("ramp_kernels.py")


def interpreted() -> ModuleType:
    """Return the kernels as a module of their own that runs the source, without Cython."""
    spec = importlib.util.spec_from_file_location("ramp_kernels_without_cython", SOURCE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, "cython", None)  # type: ignore[arg-type]
        spec.loader.exec_module(module)
    assert not module.COMPILED
    return module


FORMS = (ramp_kernels, interpreted())
forms = pytest.mark.parametrize("kernels", FORMS, ids=["imported", "interpreted"])
numbers = st.floats(-1e3, 1e3)


@given(
    seed=st.integers(0, 2**32 - 1),
    offset=numbers,
    slope=numbers,
    first=st.integers(0, 10**9),
    step=st.sampled_from([1, 128]),
    frames=st.integers(1, 70),
)
def test_compiled_and_interpreted_give_the_same_values(
    seed: int, offset: float, slope: float, first: int, step: int, frames: int
) -> None:
    rng = np.random.default_rng(seed)
    spacing = int(rng.integers(1, 20))
    begin = int(rng.integers(0, spacing))
    coarse, fine = rng.random((begin + frames - 1) // spacing + 1), rng.random(spacing)
    points = rng.random(9).astype(np.float32)
    outs = np.full((2, 3, frames), np.nan, np.float32)
    for module, out in zip(FORMS, outs, strict=True):
        module.fill_line(out[0], offset, slope, 1 / 700, first, step)
        module.fill_exponential(out[1], offset, coarse, fine, begin)
        module.fill_curve(out[2], points, 1.5, 6.5 / (frames * step), 0, step)
    assert np.isfinite(outs).all()
    np.testing.assert_array_equal(*outs)


@forms
def test_a_line_is_one(kernels: ModuleType) -> None:
    out = np.empty(5, np.float32)
    kernels.fill_line(out, 1.0, 2.0, 0.25, 4, 2)
    np.testing.assert_array_equal(out, [3, 4, 5, 6, 7])


@forms
def test_every_step_to_a_line_is_rounded(kernels: ModuleType) -> None:
    out = np.empty(1000, np.float32)
    offset, rise = np.float32(1.1), np.float32(-0.7)
    kernels.fill_line(out, float(offset), float(rise), 1 / 700, 3, 128)
    part = ((3 + 128 * np.arange(1000)) / 700).astype(np.float32)
    np.testing.assert_array_equal(out, offset + rise * part)


@forms
@pytest.mark.parametrize(("first", "frames"), [(0, 1), (0, 9), (2, 1), (2, 7), (3, 6)])
def test_an_exponential_is_near_and_far_values_together(
    kernels: ModuleType, first: int, frames: int
) -> None:
    out = np.empty(frames, np.float32)
    fine = 2.0 ** np.arange(4)
    coarse = 16.0 ** np.arange((first + frames - 1) // 4 + 1)
    kernels.fill_exponential(out, 1.0, coarse, fine, first)
    np.testing.assert_array_equal(out, 1 + 2.0 ** np.arange(first, first + frames))


@forms
def test_a_curve_is_straight_between_its_points(kernels: ModuleType) -> None:
    out = np.empty(5, np.float32)
    kernels.fill_curve(out, np.array([0, 4, 2], np.float32), 0.0, 0.5, 0, 1)
    np.testing.assert_array_equal(out, [0, 2, 4, 3, 2])

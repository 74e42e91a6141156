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
    outs = np.full((2, 5, frames), np.nan, np.float32)
    for module, out in zip(FORMS, outs, strict=True):
        module.fill_line(out[0], offset, slope, 1 / 700, first, step)
        module.fill_exponential(out[1], offset, coarse, fine, begin)
        numbers = np.arange(-(-(frames + 3) // 8))
        module.fill_curve(out[2], points, 1.5 + 0.7 * numbers, 6.5 / frames, 3, 8)
        module.sum_line(out[3], first, 8, 700, 1.1, offset, slope, 0.25)
        module.multiply_up(out[4], 1 + numbers.astype(np.float32), 1.01, 3, 8)
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
    points = np.array([0, 4, 2], np.float32)
    for first, begins in ((0, [0.0]), (3, [0.0, 0.5]), (7, [0.0, 0.5])):
        kernels.fill_curve(out, points, np.array(begins), 0.5, first, 8)
        np.testing.assert_array_equal(out, [0, 2, 4, 3, 2])


@forms
@pytest.mark.parametrize("start", [0, 3, 1000])
def test_a_line_is_four_sums_of_float32s_in_a_quantum(kernels: ModuleType, start: int) -> None:
    f32 = np.float32
    value, rise, speed = f32(1.1), f32(-0.7), f32(3.3)
    out = np.empty(45, f32)
    kernels.sum_line(out, start, 10, 700, 1.7, float(value), float(rise), float(speed))
    stride = f32(4 / 700 * float(speed) * float(rise))
    expected: list[np.float32] = []
    while len(expected) < len(out):
        frame = start + len(expected)
        count = min(10 - frame % 10, len(out) - len(expected))
        since = f32(frame / 700 - 1.7)
        lanes = [value + rise * speed * (f32(k) * f32(1 / 700) + since) for k in range(4)]
        for k in range(count // 4 * 4):
            expected.append(lanes[k % 4])
            lanes[k % 4] += stride
        for k in range(count // 4 * 4, count):
            part = f32(((frame + k) / 700 - 1.7) * float(speed))
            expected.append(value + rise * part)
    np.testing.assert_array_equal(out, expected)
    np.testing.assert_allclose(out, 1.1 - 0.7 * 3.3 * ((start + np.arange(45)) / 700 - 1.7), 1e-5)


@forms
def test_a_power_goes_on_from_the_level_of_each_quantum(kernels: ModuleType) -> None:
    out = np.empty(6, np.float32)
    kernels.multiply_up(out, np.array([1, 10, 100], np.float32), 2.0, 2, 4)
    np.testing.assert_array_equal(out, [1, 2, 10, 20, 40, 80])

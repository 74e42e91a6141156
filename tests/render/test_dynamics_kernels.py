from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import audiograph.render
from audiograph.render import dynamics_kernels, shaping_kernels
from audiograph.render.compression import CompressionCurve


def interpreted(module: ModuleType, suffix: str) -> ModuleType:
    """Return a module of its own that runs the source of kernels."""
    stem = module.__name__.rpartition(".")[2]
    source = Path(audiograph.render.__file__).with_name(f"{stem}.py")
    spec = importlib.util.spec_from_file_location(f"{stem}_{suffix}", source)
    assert spec is not None
    assert spec.loader is not None
    copy = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(copy)
    assert not copy.COMPILED
    return copy


def forms(module: ModuleType) -> list[ModuleType]:
    """Return the module as it is, interpreted without Cython, and with it if it is there."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, "cython", None)  # type: ignore[arg-type]
        without = interpreted(module, "without_cython")
    return [module, without, interpreted(module, "as_it_comes")]


DYNAMICS = forms(dynamics_kernels)
SHAPING = forms(shaping_kernels)


@settings(max_examples=25)
@given(
    seed=st.integers(0, 2**32 - 1),
    quantum=st.sampled_from([128, 100, 7]),
    attack=st.sampled_from([48.0, 144.0, 48000.0]),
    release=st.sampled_from([0.0, 12000.0, 48000.0]),
    detector_frames=st.sampled_from([7.5, 120.0]),
)
def test_compiled_and_interpreted_follow_the_same_envelope(
    seed: int, quantum: int, attack: float, release: float, detector_frames: float
) -> None:
    random = np.random.default_rng(seed)
    quanta = 6
    levels = np.exp(random.uniform(-12, 3, (quanta, quantum))).astype(np.float32)
    levels[random.integers(0, quanta, 3)] = 0
    levels = levels.ravel()
    rows = random.choice([1, quanta])
    low, high = [-80, 0, 1], [-1, 40, 20]
    settings_each = random.uniform(low, high, (rows, 3)).astype(np.float32)
    outs = np.full((3, len(levels)), np.nan, np.float32)
    ends = []
    for module, gains in zip(DYNAMICS, outs, strict=True):
        curve = CompressionCurve()
        curve.choose(settings_each)
        state = np.array([0, 1, -1, 0, 0], np.float32)
        quiet = module.follow(
            levels,
            levels.view(np.int32),
            gains,
            curve.shapes,
            curve.versions,
            curve.cells,
            curve.filled,
            np.array([[attack, release]], np.float32),
            state,
            detector_frames,
            float(np.float32(10 ** (0.1 / detector_frames)) - np.float32(1)),
            15600.0,
            quantum,
            3,
            1.5 * quantum,
        )
        ends.append((quiet, *state.tolist()))
    assert np.isfinite(outs).all()
    np.testing.assert_array_equal(outs[0], outs[1])
    np.testing.assert_array_equal(outs[0], outs[2])
    assert ends[0] == ends[1] == ends[2]


@settings(max_examples=30)
@given(
    seed=st.integers(0, 2**32 - 1),
    values=st.integers(2, 40),
    channels=st.integers(1, 3),
    stretch=st.integers(1, 40),
)
def test_compiled_and_interpreted_look_up_the_same(
    seed: int, values: int, channels: int, stretch: int
) -> None:
    random = np.random.default_rng(seed)
    curve = random.uniform(-1, 1, values).astype(np.float32)
    samples = random.uniform(-1.5, 1.5, (channels, 30)).astype(np.float32)
    samples[0, :3] = [np.nan, np.inf, -np.inf]
    outs = np.stack([samples] * 3)
    with np.errstate(all="ignore"):
        for module, out in zip(SHAPING, outs, strict=True):
            module.shape(out, np.append(curve, curve[-1]), np.empty(stretch, np.int32))
    expected = np.interp(samples, np.linspace(-1, 1, values), curve)
    expected[0, 0] = curve[0]
    np.testing.assert_allclose(outs[0], expected, atol=1e-5)
    np.testing.assert_array_equal(outs[0], outs[1])
    np.testing.assert_array_equal(outs[0], outs[2])


@pytest.mark.parametrize("values", [2**24 + 2, 2**25 + 7, 2**26 + 13])
def test_the_ends_of_a_curve_are_its_ends_however_long_it_is(values: int) -> None:
    # NB: untouched zeros take no memory.
    room = np.zeros(values + 9, np.float32)
    room[values + 1 :] = np.nan
    curve = room[: values + 1]
    curve[0], curve[-9:] = 0.25, 0.5
    out = np.array([[-2, -1, 0, 1, 2]], np.float32)
    for module in SHAPING:
        samples = out.copy()
        module.shape(samples, curve, np.empty(4, np.int32))
        assert samples.tolist() == [[0.25, 0.25, 0, 0.5, 0.5]]

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
from audiograph.render import filter_kernels

SOURCE = Path(audiograph.render.__file__).with_name("filter_kernels.py")


def interpreted() -> ModuleType:
    """Return the kernels as a module of their own that runs the source, without Cython."""
    spec = importlib.util.spec_from_file_location("filter_kernels_without_cython", SOURCE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, "cython", None)  # type: ignore[arg-type]
        spec.loader.exec_module(module)
    assert not module.COMPILED
    return module


FORMS = (filter_kernels, interpreted())
forms = pytest.mark.parametrize("kernels", FORMS, ids=["imported", "interpreted"])
seeds = st.integers(0, 2**32 - 1)


@settings(max_examples=30)
@given(
    seed=seeds,
    angles=st.lists(st.sampled_from([0.0, np.pi]) | st.floats(0, np.pi), min_size=1, max_size=9),
    endless=st.booleans(),
    mixed=st.booleans(),
    damped=st.booleans(),
)
def test_coefficients_are_the_same_compiled_and_interpreted(
    seed: int, angles: list[float], endless: bool, mixed: bool, damped: bool
) -> None:
    rng, frames = np.random.default_rng(seed), len(angles)
    mix = rng.uniform(0.5, 1, (frames if mixed else 1, 10)) * [1, 1, 1, 1, 1, 3, 1, 1, 1, 1]
    damping = rng.uniform(0, 5, frames if damped else 1)
    damping[0] = np.inf if endless else damping[0]
    outs = np.full((2, 5, frames), np.nan)
    for module, out in zip(FORMS, outs, strict=True):
        module.biquad_coefficients(mix, np.array(angles), damping, out)
    assert np.isfinite(outs).all()
    np.testing.assert_array_equal(*outs)


@settings(max_examples=30)
@given(seed=seeds, channels=st.integers(1, 5), quanta=st.integers(1, 4), varying=st.booleans())
def test_biquads_are_the_same_compiled_and_interpreted(
    seed: int, channels: int, quanta: int, varying: bool
) -> None:
    rng, frames = np.random.default_rng(seed), 8 * quanta
    signal = rng.uniform(-1, 1, (channels, frames)).astype(np.float32)
    coefficients = rng.uniform(-0.5, 0.5, (5, frames if varying else 1))
    states = np.repeat(rng.uniform(-1, 1, (1, channels, 4)), 2, axis=0)
    outs = np.full((2, channels, frames), np.nan, np.float32)
    for module, state, out in zip(FORMS, states, outs, strict=True):
        module.biquad(signal, coefficients, 8, state, out)
    np.testing.assert_array_equal(*outs)
    np.testing.assert_array_equal(*states)


@settings(max_examples=30)
@given(seed=seeds, channels=st.integers(1, 3), quanta=st.integers(1, 4), order=st.integers(1, 19))
def test_other_filters_are_the_same_compiled_and_interpreted(
    seed: int, channels: int, quanta: int, order: int
) -> None:
    rng, frames = np.random.default_rng(seed), 8 * quanta
    signal = rng.uniform(-1, 1, (channels, frames)).astype(np.float32)
    feedforward, feedback = rng.uniform(-0.2, 0.2, (2, order + 1))
    states = np.repeat(rng.uniform(-1, 1, (1, channels, order)), 2, axis=0)
    outs = np.full((2, channels, frames), np.nan, np.float32)
    for module, state, out in zip(FORMS, states, outs, strict=True):
        module.iir(signal, feedforward, feedback, 8, state, out)
    np.testing.assert_array_equal(*outs)
    np.testing.assert_array_equal(*states)


@forms
def test_sine_and_cosine_are_exact_to_the_last_digits(kernels: ModuleType) -> None:
    angle = np.linspace(0, np.pi, 2001)[1:-1]
    out = np.empty((5, len(angle)))
    # A mix whose b0 is cos ω, and whose a0 is 1.
    kernels.biquad_coefficients(
        np.array([[0, 1, 0, 0, 0, 1, 0, 0, 0, 0]], np.float64), angle, np.ones(1), out
    )
    np.testing.assert_allclose(out[0], np.cos(angle), atol=4e-16)
    # Now b0 is α.
    kernels.biquad_coefficients(
        np.array([[0, 0, 1, 0, 0, 1, 0, 0, 0, 0]], np.float64), angle, np.ones(1), out
    )
    np.testing.assert_allclose(out[0], np.sin(angle), atol=4e-16)


@forms
def test_the_signal_may_be_a_view_that_nobody_may_write_into(kernels: ModuleType) -> None:
    signal = np.broadcast_to(np.ones(16, np.float32), (2, 16))
    signal.flags.writeable = False
    out = np.empty((2, 16), np.float32)
    kernels.biquad(signal, np.array([[0.5], [0], [0], [0], [0]]), 8, np.zeros((2, 4)), out)
    assert (out == 0.5).all()
    kernels.iir(signal, np.array([0.25, 0]), np.array([1.0, 0]), 8, np.zeros((2, 1)), out)
    assert (out == 0.25).all()


@forms
def test_what_decays_ends_in_zero_and_not_in_denormal_numbers(kernels: ModuleType) -> None:
    silence, out = np.zeros((1, 4096), np.float32), np.empty((1, 4096), np.float32)
    state = np.array([[0, 0, 1.0, 1.0]])
    kernels.biquad(silence, np.array([[1.0], [0], [0], [-1.8], [0.9]]), 128, state, out)
    assert not state.any()
    state = np.array([[1.0, 1.0]])
    kernels.iir(silence, np.array([1.0, 0, 0]), np.array([1, -1.8, 0.9]), 128, state, out)
    assert not state.any()

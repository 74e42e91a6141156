from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

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


NYQUIST = 24000.0

Characteristics = tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]


def characteristics(
    seed: int, hertz: list[float], *, endless: bool, mixed: bool, damped: bool
) -> Characteristics:
    """Return a mix, dampings and frequencies that make filters whose a0 is never zero."""
    rng, frames = np.random.default_rng(seed), len(hertz)
    mix = rng.uniform(0.5, 1, (10, frames if mixed else 1))
    mix[5] *= 3
    damping = rng.uniform(0, 5, frames if damped else 1)
    damping[0] = np.inf if endless else damping[0]
    return mix, damping, np.array(hertz)


@settings(max_examples=30)
@given(
    seed=seeds,
    hertz=st.lists(
        st.sampled_from([-1.0, 0.0, NYQUIST, 1e5]) | st.floats(0, NYQUIST), min_size=1, max_size=9
    ),
    endless=st.booleans(),
    mixed=st.booleans(),
    damped=st.booleans(),
)
def test_coefficients_are_the_same_compiled_and_interpreted(
    seed: int, hertz: list[float], endless: bool, mixed: bool, damped: bool
) -> None:
    given = characteristics(seed, hertz, endless=endless, mixed=mixed, damped=damped)
    outs = np.full((2, 5, len(hertz)), np.nan)
    for module, out in zip(FORMS, outs, strict=True):
        with np.errstate(all="ignore"):
            module.biquad_coefficients(*given, NYQUIST, out)
    assert np.isfinite(outs).all()
    np.testing.assert_array_equal(*outs)


@settings(max_examples=30)
@given(
    seed=seeds,
    channels=st.integers(1, 3),
    quanta=st.integers(1, 9),
    room=st.integers(1, 4),
    mixed=st.booleans(),
    damped=st.booleans(),
)
def test_swept_biquads_are_biquads_with_each_frames_coefficients(
    seed: int, channels: int, quanta: int, room: int, mixed: bool, damped: bool
) -> None:
    rng, frames = np.random.default_rng(seed), 4 * quanta
    signal = rng.uniform(-1, 1, (channels, frames)).astype(np.float32)
    hertz = rng.uniform(0, NYQUIST, frames).tolist()
    given = characteristics(seed, hertz, endless=False, mixed=mixed, damped=damped)
    # So small that nothing grows beyond all bounds.
    given[0][8:] *= 0.1
    start = rng.uniform(-1, 1, (channels, 4))
    all_at_once = np.empty((5, frames))
    filter_kernels.biquad_coefficients(*given, NYQUIST, all_at_once)
    wanted, state = np.empty((channels, frames), np.float32), start.copy()
    for k in range(frames):
        # One frame at a time, as a quantum of its own.
        frame = np.empty((channels, 1), np.float32)
        each = all_at_once[:, k : k + 1].copy()
        filter_kernels.biquad(signal[:, k : k + 1], each, 1, state, frame)
        wanted[:, k] = frame[:, 0]
    for module in FORMS:
        out, state = np.full_like(wanted, np.nan), start.copy()
        module.swept_biquad(signal, *given, NYQUIST, np.empty((5, 4 * room)), 4, state, out)
        np.testing.assert_array_equal(out, wanted)


@settings(max_examples=30)
@given(seed=seeds, channels=st.integers(1, 5), quanta=st.integers(1, 4))
def test_biquads_are_the_same_compiled_and_interpreted(
    seed: int, channels: int, quanta: int
) -> None:
    rng, frames = np.random.default_rng(seed), 8 * quanta
    signal = rng.uniform(-1, 1, (channels, frames)).astype(np.float32)
    coefficients = rng.uniform(-0.5, 0.5, (5, 1))
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
    hertz = np.linspace(0, NYQUIST, 2001)[1:-1]
    angle = hertz * (np.pi / NYQUIST)
    out = np.empty((5, len(hertz)))
    # A mix whose b0 is cos ω, and whose a0 is 1.
    mix = np.array([[0.0, 1, 0, 0, 0, 1, 0, 0, 0, 0]]).T.copy()
    kernels.biquad_coefficients(mix, np.ones(1), hertz, NYQUIST, out)
    np.testing.assert_allclose(out[0], np.cos(angle), atol=6e-16)
    # Now b0 is α.
    mix = np.array([[0.0, 0, 1, 0, 0, 1, 0, 0, 0, 0]]).T.copy()
    kernels.biquad_coefficients(mix, np.ones(1), hertz, NYQUIST, out)
    np.testing.assert_allclose(out[0], np.sin(angle), atol=6e-16)


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


@forms
@pytest.mark.parametrize("moving", [False, True])
def test_a_filter_tells_how_long_it_remembered_something(kernels: ModuleType, moving: bool) -> None:
    signal = np.zeros((3, 2048), np.float32)
    signal[1, 300] = 1
    decaying = [1.0, 0, 0, -1.2, 0.5]
    # The same filter, as a mix of coefficients.
    mix = np.array([[1.0, 0, 0, 0, 0, 1, 0, 0, -1.2, 0]]).T.copy()
    hertz = np.full(2048, 5000.0)

    def filtered(first: int, frames: int, state: NDArray[np.float64]) -> int:
        out, part = np.empty((3, frames), np.float32), signal[:, first : first + frames]
        if moving:
            room, here = np.empty((5, 24)), hertz[:frames]
            return kernels.swept_biquad(part, mix, np.ones(1), here, NYQUIST, room, 8, state, out)
        return kernels.biquad(part, np.array([decaying]).T.copy(), 8, state, out)

    if moving:
        mix[7], mix[5] = 0.2, 1.3
    state, last = np.zeros((3, 4)), 0
    for first in range(0, 2048, 8):
        filtered(first, 8, state)
        last = first + 8 if state.any() else last
    assert 304 < last < 2048
    assert filtered(0, 2048, np.zeros((3, 4))) == last
    assert filtered(0, 296, np.zeros((3, 4))) == 0
    assert filtered(0, 320, np.zeros((3, 4))) == 320


@forms
def test_other_filters_tell_how_long_they_remembered_something(kernels: ModuleType) -> None:
    signal = np.zeros((2, 2048), np.float32)
    signal[1, 300] = 1
    feedforward, feedback = np.array([1.0, 0.5, 0]), np.array([1, -1.2, 0.5])

    def filtered(first: int, frames: int, state: NDArray[np.float64]) -> int:
        out, part = np.empty((2, frames), np.float32), signal[:, first : first + frames]
        return kernels.iir(part, feedforward, feedback, 8, state, out)

    state, last = np.zeros((2, 2)), 0
    for first in range(0, 2048, 8):
        filtered(first, 8, state)
        last = first + 8 if state.any() else last
    assert 304 < last < 2048
    assert filtered(0, 2048, np.zeros((2, 2))) == last
    assert filtered(0, 296, np.zeros((2, 2))) == 0

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from rendered import RATE, render

from audiograph import (
    IndexSizeError,
    OfflineAudioContext,
    OscillatorNode,
    PeriodicWave,
    PeriodicWaveOptions,
)

FREQUENCY = 93.75
"""Eight frames of a table for each frame: no interpolation."""


def heard(frames: int = 512, **options: Any) -> NDArray[np.float32]:
    """Return what an oscillator makes of the wave, one period of it by default."""

    def graph(context: OfflineAudioContext) -> None:
        source = OscillatorNode(
            context, frequency=FREQUENCY, periodic_wave=PeriodicWave(context, **options)
        )
        source.start()
        source.connect(context.destination)

    return render(graph, frames)[0]


def series(real: Any, imag: Any, frames: int = 512, of: int = 512) -> NDArray[np.float64]:
    """Return the sum of the terms, but for the first one, over a period of `of` frames."""
    angles = 2 * np.pi * np.outer(np.arange(len(real)), np.arange(frames) / of)
    a, b = (np.concatenate([[0], np.asarray(terms)[1:]]) for terms in (real, imag))
    return np.asarray(a @ np.cos(angles) + b @ np.sin(angles))


terms = st.lists(
    st.tuples(st.floats(-1, 1, width=32), st.floats(-1, 1, width=32)), min_size=2, max_size=20
)


@given(terms)
def test_it_is_the_sum_of_its_terms(pairs: list[tuple[float, float]]) -> None:
    real, imag = zip(*pairs, strict=True)
    out = heard(real=real, imag=imag, disable_normalization=True)
    np.testing.assert_allclose(out, series(real, imag), atol=1e-5)


@given(terms)
def test_normalized_it_has_a_peak_of_one(pairs: list[tuple[float, float]]) -> None:
    real, imag = zip(*pairs, strict=True)
    peak = np.abs(series(real, imag, 4096, 4096)).max()
    expected = series(real, imag) / peak if peak > 1e-30 else np.zeros(512)
    np.testing.assert_allclose(heard(real=real, imag=imag), expected, atol=1e-5)


def test_one_part_alone_leaves_the_other_zero() -> None:
    zeros = [0.0, 0, 0]
    np.testing.assert_array_equal(heard(real=[0, 1, 2]), heard(real=[0, 1, 2], imag=zeros))
    np.testing.assert_array_equal(heard(imag=[0, 1, 2]), heard(real=zeros, imag=[0, 1, 2]))


def test_without_terms_it_is_a_sine() -> None:
    def graph(context: OfflineAudioContext) -> None:
        source = OscillatorNode(context, frequency=FREQUENCY)
        source.start()
        source.connect(context.destination)

    for options in ({}, {"disable_normalization": True}):
        np.testing.assert_allclose(heard(**options), render(graph, 512)[0], atol=1e-7)


def test_the_first_terms_do_not_count() -> None:
    np.testing.assert_array_equal(heard(real=[5, 1], imag=[-7, 0]), heard(real=[0, 1]))


def test_terms_that_are_all_zero_are_silence() -> None:
    np.testing.assert_array_equal(heard(real=[3, 0], imag=[3, 0]), 0)


def test_it_may_have_more_terms_than_can_be_heard() -> None:
    imag = np.zeros(8192)
    imag[[1, 8191]] = 1
    np.testing.assert_array_equal(heard(imag=imag), heard(imag=[0, 1]))


def test_it_does_not_change_with_the_arrays_that_it_was_made_from() -> None:
    def graph(context: OfflineAudioContext) -> None:
        imag = np.array([0, 1], np.float32)
        wave = PeriodicWave(context, imag=imag)
        imag[:] = 0
        source = OscillatorNode(context, frequency=FREQUENCY, periodic_wave=wave)
        source.start()
        source.connect(context.destination)

    np.testing.assert_array_equal(render(graph, 512)[0], heard())


def test_every_way_to_make_one_is_the_same() -> None:
    def graph(make: Any) -> NDArray[np.float32]:
        def build(context: OfflineAudioContext) -> None:
            source = OscillatorNode(context, frequency=FREQUENCY)
            source.set_periodic_wave(make(context))
            source.start()
            source.connect(context.destination)

        return render(build, 512)[0]

    real, imag = (0, 0.5, 0.1), (0, 0.1, 2)
    expected = heard(real=real, imag=imag, disable_normalization=True)
    options = PeriodicWaveOptions(real=real, imag=imag, disable_normalization=True)
    made = graph(lambda c: PeriodicWave(c, options))
    np.testing.assert_array_equal(made, expected)
    made = graph(lambda c: c.create_periodic_wave(real, imag, disable_normalization=True))
    np.testing.assert_array_equal(made, expected)
    made = graph(lambda c: c.create_periodic_wave(list(real), np.array(imag)))
    np.testing.assert_array_equal(made, heard(real=real, imag=imag))


@pytest.mark.parametrize(
    "options",
    [
        {"real": [0, 1], "imag": [0, 1, 2]},
        {"real": [0, 1, 2], "imag": [0]},
        {"real": [0], "imag": [0]},
        {"real": [0]},
        {"imag": [1]},
        {"imag": []},
    ],
)
def test_fewer_than_two_terms_or_unequal_numbers_are_refused(options: dict[str, Any]) -> None:
    context = OfflineAudioContext(1, 1, RATE)
    with pytest.raises(IndexSizeError):
        PeriodicWave(context, **options)
    if len(options) == 2:
        with pytest.raises(IndexSizeError):
            context.create_periodic_wave(**options)


@pytest.mark.parametrize(
    "wrong",
    [
        [0, np.inf],
        [0, np.nan],
        [0, 1e39],
        [[0, 1], [1, 0]],
        3,
        ["a", "b"],
        [0, None],
        [0, 10**400],
        {},
        [0, [1]],
    ],
)
def test_what_is_no_sequence_of_finite_numbers_is_refused(wrong: Any) -> None:
    context = OfflineAudioContext(1, 1, RATE)
    for name in ("real", "imag"):
        with pytest.raises(TypeError, match=name):
            PeriodicWave(context, **{name: wrong})


def test_the_method_takes_both_sequences() -> None:
    context = OfflineAudioContext(1, 1, RATE)
    for real, imag, name in (([0, 1], None, "imag"), (None, [0, 1], "real"), (None, None, "real")):
        with pytest.raises(TypeError, match=f"^{name} is a sequence"):
            context.create_periodic_wave(real, imag)  # type: ignore[arg-type]


def test_it_needs_a_context_and_options_of_its_own() -> None:
    context = OfflineAudioContext(1, 1, RATE)
    with pytest.raises(TypeError, match="context"):
        PeriodicWave(None)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="imaginary"):
        PeriodicWave(context, imaginary=[0, 1])  # type: ignore[call-overload]


def test_terms_at_the_end_of_the_range_do_no_harm() -> None:
    most = float(np.finfo(np.float32).max)
    context = OfflineAudioContext(1, 1, RATE)
    PeriodicWave(context, real=[0, most, most], disable_normalization=True)
    np.testing.assert_allclose(heard(imag=[0, most]), heard(), atol=1e-6)

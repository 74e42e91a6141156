from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from math import inf, nan
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rendered import RATE

import audiograph as ag
from audiograph import AudioBuffer, OfflineAudioContext
from audiograph.arrays import check_fillable, finite_floats, floats

NO_SEQUENCES: list[Any] = [
    None, 1, "12", ["1", "2"], [b"1"], {}, {1, 2}, iter([1]), [None], [1, None], [1, "2"], [[1, 2]],
    [[1], [1, 2]], [1j, 2], np.ones(2, np.complex64), np.ones((1, 2)), [{}], object(),
    np.array([None, 1.0]), AudioBuffer(length=2, sample_rate=RATE),
]  # fmt: skip


@given(st.lists(st.floats(width=32, allow_nan=False)))
def test_numbers_are_read_in_whatever_sequence_they_come(numbers: list[float]) -> None:
    expected = np.array(numbers, np.float32)
    for form in (numbers, tuple(numbers), expected, expected.astype(">f8"), expected[::-1][::-1]):
        read = floats("curve", form)
        assert read.dtype == np.float32
        assert read.dtype.isnative
        np.testing.assert_array_equal(read, expected)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([], []),
        (range(3), [0, 1, 2]),
        ([True, 0], [1, 0]),
        ([Fraction(1, 8), 1], [0.125, 1]),
        ([10**400, 0], [inf, 0]),
        ([1e39, nan], [inf, nan]),
        ([np.array(0.5)], [0.5]),
    ],
)
def test_numbers_of_any_kind_become_floats(values: Any, expected: list[float]) -> None:
    np.testing.assert_array_equal(floats("curve", values), np.array(expected, np.float32))


def test_an_array_is_not_copied_and_double_precision_is_kept() -> None:
    samples = np.ones(3, np.float32)
    assert floats("source", samples) is samples
    assert finite_floats("feedback", [0.1, 1e39], np.float64).tolist() == [0.1, 1e39]


@pytest.mark.parametrize("wrong", NO_SEQUENCES)
def test_what_is_no_sequence_of_numbers_is_told(wrong: Any) -> None:
    for read in (floats, finite_floats):
        with pytest.raises(TypeError, match=r"^curve is a sequence of numbers, shape \(values,\)"):
            read("curve", wrong)


def test_the_number_that_is_not_finite_is_told_in_a_line() -> None:
    for wrong, said in ((nan, "nan"), (inf, "inf"), (1e39, "inf")):
        with pytest.raises(
            TypeError, match=rf"^curve is a .*, and number 2000 is {said} as a floa"
        ):
            finite_floats("curve", [*range(2000), wrong, -inf])
    with pytest.raises(TypeError) as raised:
        floats("curve", [str(number) for number in range(2000)])
    assert len(str(raised.value)) < 100


def test_an_array_to_be_filled_is_of_its_kind_and_writable() -> None:
    for array in (np.zeros(2, np.float32), np.zeros(4, np.float32)[::2], np.zeros(2, ">f4")):
        check_fillable("array", array, np.float32)
    for wrong in (None, [0.0], np.zeros(2), np.zeros((1, 2), np.float32), np.float32(1)):
        with pytest.raises(TypeError, match=r"^array is a numpy array of float32, .*, not "):
            check_fillable("array", wrong, np.float32)
    constant = np.zeros(2, np.float32)
    constant.flags.writeable = False
    with pytest.raises(TypeError, match="array is read-only: a copy of it can be filled"):
        check_fillable("array", constant, np.float32)


CONTEXT = OfflineAudioContext(1, 1, RATE)


def schedule(values: Any) -> None:
    ag.GainNode(CONTEXT).gain.set_value_curve_at_time(values, 0, 1)


def respond(frequency_hz: Any) -> None:
    out = np.zeros(2, np.float32)
    ag.BiquadFilterNode(CONTEXT).get_frequency_response(frequency_hz, out, out.copy())


READERS: list[tuple[str, Callable[[Any], object], bool]] = [
    ("source", lambda x: AudioBuffer(length=2, sample_rate=RATE).copy_to_channel(x, 0), False),
    ("values", schedule, True),
    ("real", lambda x: ag.PeriodicWave(CONTEXT, real=x), True),
    ("imag", lambda x: ag.PeriodicWave(CONTEXT, imag=x), True),
    ("curve", lambda x: ag.WaveShaperNode(CONTEXT, curve=x), True),
    ("curve", lambda x: setattr(ag.WaveShaperNode(CONTEXT), "curve", x), False),
    ("feedforward", lambda x: CONTEXT.create_iir_filter(x, [1.0]), True),
    ("feedback", lambda x: CONTEXT.create_iir_filter([1.0], x), True),
    ("frequency_hz", respond, False),
]
"""What reads a sequence of numbers: its name, the call, and whether they have to be finite."""


@pytest.mark.parametrize(("name", "read", "finite"), READERS)
@pytest.mark.parametrize("wrong", NO_SEQUENCES[1:])
def test_every_reader_of_numbers_refuses_what_is_none(
    name: str, read: Callable[[Any], object], finite: bool, wrong: Any
) -> None:
    with pytest.raises(TypeError, match=f"^{name} is a sequence of numbers"):
        read(wrong)


@pytest.mark.parametrize(("name", "read", "finite"), READERS)
def test_sequences_are_of_finite_numbers_and_arrays_of_any(
    name: str, read: Callable[[Any], object], finite: bool
) -> None:
    for wrong in ([0.5, nan], np.array([0.5, inf], np.float32), [0.5, 10**400]):
        if finite:
            with pytest.raises(TypeError, match=f"^{name} is a sequence of finite numbers"):
                read(wrong)
        else:
            read(wrong)

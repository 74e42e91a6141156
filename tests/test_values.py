from __future__ import annotations

from fractions import Fraction
from math import inf, isnan, nan
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from audiograph.values import choice, finite, instance, path, to_float, truth, whole

NO_NUMBERS: list[Any] = [None, "1", b"1", [1], {}, object(), 1j, np.zeros(2), np.zeros((1, 2)), len]


@given(st.integers(-(2**70), 2**70))
def test_a_whole_number_is_taken_in_any_form_that_holds_it(number: int) -> None:
    assert whole("length", number) == number
    assert type(whole("length", number)) is int
    if float(number) == number:
        assert whole("length", float(number)) == number
        assert whole("length", np.float64(number)) == number
    if abs(number) < 2**63:
        assert whole("length", np.int64(number)) == number


@pytest.mark.parametrize("wrong", [*NO_NUMBERS, 1.5, nan, inf, -inf, np.float32(0.5)])
def test_what_is_no_whole_number_is_told(wrong: Any) -> None:
    with pytest.raises(TypeError, match=r"^length is a whole number, not "):
        whole("length", wrong)


@pytest.mark.parametrize(
    ("value", "number"),
    [
        (2, 2.0),
        (True, 1.0),
        (np.float32(0.5), 0.5),
        (np.array(0.25), 0.25),
        (Fraction(1, 8), 0.125),
        (10**400, inf),
        (inf, inf),
    ],
)
def test_numbers_become_floats(value: Any, number: float) -> None:
    assert to_float(value) == number
    assert type(to_float(value)) is float


@pytest.mark.parametrize("wrong", NO_NUMBERS)
def test_what_is_no_number_becomes_nan(wrong: Any) -> None:
    assert isnan(to_float(wrong))


@pytest.mark.parametrize("wrong", [*NO_NUMBERS, nan, inf, -inf, 10**400])
def test_what_is_not_finite_is_told(wrong: Any) -> None:
    assert finite("gain", 3) == 3.0
    with pytest.raises(TypeError, match=r"^gain is a finite number, not "):
        finite("gain", wrong)


def test_truth_is_python_s_where_there_is_one() -> None:
    assert [truth("loop", value) for value in (True, 0, "no", None, [])] == [
        True, False, True, False, False,
    ]  # fmt: skip
    with pytest.raises(TypeError, match="loop is True or False, not array"):
        truth("loop", np.zeros(2))


def test_a_choice_is_one_of_those_that_there_are() -> None:
    assert choice("oversample", "2x", ("none", "2x")) == "2x"
    for wrong in ("8x", "", None, 2, np.zeros(2), ["2x"]):
        with pytest.raises(TypeError, match="oversample is one of 'none', '2x', not "):
            choice("oversample", wrong, ("none", "2x"))


def test_an_object_is_of_its_class() -> None:
    assert instance("buffer", True, int) is True
    with pytest.raises(TypeError, match="buffer must be int, not str"):
        instance("buffer", "1", int)


def test_a_path_becomes_text() -> None:
    assert path("src", "a/b.wav") == path("src", Path("a/b.wav")) == "a/b.wav"
    for wrong in (5, None, b"a", [], True):
        with pytest.raises(TypeError, match=r"^src is the path of a file, not "):
            path("src", wrong)
    with pytest.raises(ValueError, match=r"^src 'a\\x00b' has a null character"):
        path("src", "a\0b")


@pytest.mark.parametrize("check", [finite, whole])
def test_a_long_list_in_the_place_of_a_number_is_told_in_short(check: Any) -> None:
    with pytest.raises(TypeError) as raised:
        check("gain", [0.5] * 100_000)
    assert len(str(raised.value)) < 100

from __future__ import annotations

import inspect
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import pytest

from audiograph.options import read_options, takes


@dataclass(frozen=True, kw_only=True)
class SpoonOptions:
    length: int
    metal: str = "silver"


def test_the_object_is_taken_as_it_is() -> None:
    options = SpoonOptions(length=5)
    assert read_options(SpoonOptions, options, {}) is options


def test_fields_make_the_object() -> None:
    assert read_options(SpoonOptions, None, {"length": 5}) == SpoonOptions(length=5)


@pytest.mark.parametrize(
    ("options", "given", "message"),
    [
        (SpoonOptions(length=5), {"length": 5}, "not both"),
        ({"length": 5}, {}, "must be SpoonOptions, not dict; or give its fields as keywords"),
        (None, {}, "needs 'length'"),
        (None, {"metal": "gold"}, "needs 'length'"),
        (None, {"lengths": 5}, "did you mean 'length'"),
        (None, {"colour": 5}, "it has length, metal"),
    ],
)
def test_what_is_wrong_is_told(options, given, message: str) -> None:
    with pytest.raises(TypeError, match=message):
        read_options(SpoonOptions, options, given)


@dataclass(frozen=True, kw_only=True)
class DrawerOptions:
    spoons: int = 0
    width: float | None = None
    locked: bool = False
    wood: Literal["oak", "pine"] | None = None
    best: SpoonOptions | None = None
    label: str | int = ""
    content: Any = None
    own: int = field(default=0, metadata={"convert": None})


@pytest.mark.parametrize(
    ("name", "value", "converted"),
    [
        ("spoons", 3.0, 3),
        ("spoons", np.int64(3), 3),
        ("width", 2, 2.0),
        ("width", None, None),
        ("locked", "yes", True),
        ("wood", "oak", "oak"),
        ("wood", None, None),
        ("best", None, None),
        ("label", 1.5, 1.5),
        ("content", print, print),
        ("own", 1.5, 1.5),
    ],
)
def test_a_field_holds_what_it_is_declared_as(name: str, value: Any, converted: Any) -> None:
    options = DrawerOptions(**{name: value})
    for read in (
        read_options(DrawerOptions, None, {name: value}),
        read_options(DrawerOptions, options, {}),
    ):
        assert getattr(read, name) == converted
        assert type(getattr(read, name)) is type(converted)
    # What was given stays as it was.
    assert getattr(options, name) is value


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("spoons", 1.5, "spoons is a whole number, not 1.5"),
        ("spoons", None, "spoons is a whole number, not None"),
        ("width", "2", "width is a finite number, not '2'"),
        ("locked", np.zeros(2), "locked is True or False"),
        ("wood", "ash", "wood is one of 'oak', 'pine', not 'ash'"),
        ("best", {"length": 1}, "best must be SpoonOptions, not dict"),
    ],
)
def test_a_value_of_the_wrong_type_is_told(name: str, value: Any, message: str) -> None:
    for options, given in (
        (None, {name: value}),
        (DrawerOptions(**{name: value}), {}),
    ):
        with pytest.raises(TypeError, match=message):
            read_options(DrawerOptions, options, given)


def test_help_shows_the_fields_of_what_a_constructor_takes() -> None:
    @takes(SpoonOptions)
    class Spoon:
        def __init__(self, maker: str, options: SpoonOptions | None = None, **fields: Any):
            self.options = read_options(SpoonOptions, options, fields)

    assert str(inspect.signature(Spoon)) == "(maker, options=None, *, length, metal='silver')"
    assert Spoon("me", length=5).options == SpoonOptions(length=5)

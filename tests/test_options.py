from __future__ import annotations

from dataclasses import dataclass

import pytest

from audiograph.options import read_options


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
        ({"length": 5}, {}, "must be SpoonOptions, not dict"),
        (None, {}, "needs 'length'"),
        (None, {"metal": "gold"}, "needs 'length'"),
        (None, {"lengths": 5}, "did you mean 'length'"),
        (None, {"colour": 5}, "it has length, metal"),
    ],
)
def test_what_is_wrong_is_told(options, given, message: str) -> None:
    with pytest.raises(TypeError, match=message):
        read_options(SpoonOptions, options, given)

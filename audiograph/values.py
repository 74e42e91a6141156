"""Values as Web IDL takes them: of the right kind, or a TypeError that names what is not.

https://webidl.spec.whatwg.org/#js-type-mapping
"""

from __future__ import annotations

from collections.abc import Collection
from math import inf, isfinite, nan
from operator import index
from os import fspath
from reprlib import repr as short
from typing import Any, SupportsFloat, TypeVar

T = TypeVar("T")


def to_float(value: object) -> float:
    """Return a number as a float: infinity for one that is too large, NaN for what is none."""
    # NB: text is none, though `float` would read it; and asking for the type first is faster.
    if not isinstance(value, float | int) and not isinstance(value, SupportsFloat):
        return nan
    try:
        return float(value)
    except OverflowError:
        return inf
    except (TypeError, ValueError):  # an array of several numbers
        return nan


def finite(name: str, value: object) -> float:
    """Return a finite number as a float; raise TypeError for anything else."""
    number = to_float(value)
    if not isfinite(number):
        raise TypeError(f"{name} is a finite number, not {short(value)}")
    return number


def whole(name: str, value: Any) -> int:
    """Return a whole number as an int, be it 480 or 480.0; raise TypeError for anything else."""
    try:
        return int(index(value))
    except TypeError:
        number = to_float(value)
    if not number.is_integer():
        raise TypeError(f"{name} is a whole number, not {short(value)}")
    return int(number)


def path(name: str, value: Any) -> str:
    """Return a path as text; raise TypeError for what is none, ValueError for one of no file."""
    try:
        text = fspath(value)
    except TypeError:
        text = None
    if not isinstance(text, str):
        raise TypeError(f"{name} is the path of a file, not {value!r}")
    if "\0" in text:
        raise ValueError(f"{name} {text!r} has a null character, which no file's name has")
    return text


def truth(name: str, value: object) -> bool:
    """Return whether `value` counts as true; raise TypeError where that is not to be told."""
    try:
        return bool(value)
    except ValueError:  # an array of several numbers
        raise TypeError(f"{name} is True or False, not {short(value)}") from None


def instance(name: str, value: object, kind: type[T]) -> T:
    """Return an object of class `kind`; raise TypeError for any other."""
    if not isinstance(value, kind):
        raise TypeError(f"{name} must be {kind.__name__}, not {type(value).__name__}")
    return value


def choice(name: str, value: T, choices: Collection[str]) -> T:
    """Return one of `choices`; raise TypeError for anything else, with what there is."""
    if not isinstance(value, str) or value not in choices:
        raise TypeError(f"{name} is one of {', '.join(map(repr, choices))}, not {short(value)}")
    return value

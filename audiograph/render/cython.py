"""Stands in for Cython's own module where the kernels run interpreted.

Only what `kernels` uses is here, and types mean nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from typing import Any, TypeVar

F = TypeVar("F", bound=Callable[..., None])

compiled = False


class _Type:
    def __init__(self, convert: type) -> None:
        self.convert = convert

    def __getitem__(self, shape: object) -> _Type:
        return self


const = double = float_ = _Type(float)
longlong = Py_ssize_t = bint = _Type(int)
void = None


def __getattr__(name: str) -> _Type:
    if name == "float":
        return float_
    if name == "int":
        return longlong
    raise AttributeError(name)


def cast(type: _Type, value: Any) -> Any:
    """Return `value` as a C cast would."""
    return type.convert(value)


def declare(type: _Type, value: Any) -> Any:
    """Return `value` as a C variable would hold it."""
    return type.convert(value)


def cfunc(function: F) -> F:
    """Return a function that is for other kernels alone as it is."""
    return function


inline = cfunc


def exceptval(*, check: bool) -> Callable[[F], F]:
    """Return what decorates a function that raises nothing."""
    return cfunc


class _NoLock(nullcontext[None]):
    def __call__(self, function: F) -> F:
        return function


nogil = _NoLock()

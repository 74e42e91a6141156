"""Stands in for Cython's own module where the kernels run interpreted.

Only what `kernels` uses is here, and types mean nothing.
"""

from __future__ import annotations

from contextlib import nullcontext
from typing import Any

compiled = False


class _Type:
    def __init__(self, convert: type) -> None:
        self.convert = convert

    def __getitem__(self, shape: object) -> _Type:
        return self


const = double = float_ = _Type(float)
longlong = Py_ssize_t = bint = _Type(int)


def __getattr__(name: str) -> _Type:
    if name == "float":
        return float_
    if name == "int":
        return longlong
    raise AttributeError(name)


def cast(type: _Type, value: Any) -> Any:
    """Return `value` as a C cast would."""
    return type.convert(value)


nogil = nullcontext()

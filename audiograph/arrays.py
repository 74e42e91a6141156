"""Sequences of numbers as Web IDL takes them: arrays, or a TypeError that names what is not.

https://webidl.spec.whatwg.org/#js-sequence
"""

from __future__ import annotations

from reprlib import repr as short
from typing import Any, SupportsFloat

import numpy as np
from numpy.typing import NDArray

from audiograph.values import to_float


def floats(name: str, given: object, kind: type[np.floating[Any]] = np.float32) -> NDArray[Any]:
    """Return a sequence of numbers as an array of `kind`, shape (values,); maybe `given` itself.

    What is too large for `kind` becomes infinite. Raises TypeError for anything else.
    """
    try:
        values = np.asarray(given)
    except ValueError:  # sequences of unequal lengths
        values = np.asarray(None)
    # Fractions and the like, and integers that are too large for numpy's own.
    if (
        values.dtype == object
        and values.ndim == 1
        and all(isinstance(each, SupportsFloat) for each in values)
    ):
        values = np.array([to_float(each) for each in values])
    # NB: numpy would read text as numbers, and take the real part of complex ones.
    if values.ndim != 1 or values.dtype.kind not in "biuf":
        raise TypeError(f"{name} is a sequence of numbers, shape (values,), not {short(given)}")
    with np.errstate(over="ignore"):
        return values.astype(kind, copy=False)


def finite_floats(
    name: str, given: object, kind: type[np.floating[Any]] = np.float32
) -> NDArray[Any]:
    """Return what `floats` does; raise TypeError where a number is not finite as well."""
    values = floats(name, given, kind)
    finite = np.isfinite(values)
    if not finite.all():
        at = int(finite.argmin())
        raise TypeError(
            f"{name} is a sequence of finite numbers, and number {at} is {values[at]} as a "
            f"{kind.__name__}"
        )
    return values


def check_fillable(name: str, array: object, kind: type[np.generic]) -> None:
    """Raise TypeError unless `array` is a numpy array of `kind`, shape (values,), to be filled."""
    if not (isinstance(array, np.ndarray) and np.issubdtype(array.dtype, kind) and array.ndim == 1):
        got = f"{array.dtype} {array.shape}" if isinstance(array, np.ndarray) else short(array)
        raise TypeError(
            f"{name} is a numpy array of {kind.__name__}, shape (values,), to be filled, not {got}"
        )
    if not array.flags.writeable:
        raise TypeError(f"{name} is read-only: a copy of it can be filled")

"""The compression curve: how loud a compressor lets something be, by how loud it is.

https://webaudio.github.io/web-audio-api/#compression-curve
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float32]

LOUDEST = 2.0**15
"""Louder levels count as this one."""

# For an octave of levels from 2^-14 up to twice the loudest.
_CELLS = 30 * 1024

# Where the knee's steepness is looked for, where first, and how often the rest is halved.
_FLATTEST, _FIRST, _STEEPEST = np.float32(0.1), np.float32(5), np.float32(10000)
_HALVINGS = 15

# The decimal logarithms of 2, in two parts, and of e.
_TWO_HIGH, _TWO_LOW = np.float32(0.30102921), np.float32(np.log10(2) - 0.30102920532226562)
_PER_NEPER = np.float32(np.log10(np.e))

# A decibel.
_NEPERS = np.log(10) / 20


class CompressionCurve:
    """A curve that changes with the quantum, as the kernel takes it.

    Attributes
    ----------
    shapes : array of shape (quanta, 5)
        What `fit` returns; one row where the curve is constant.
    makeup : array of shape (quanta,)
        The gain that makes up for each.
    versions : array of shape (quanta,)
        Numbers that change with the shape.
    cells, filled : array
        What the kernel has found out about a version.
    """

    def __init__(self) -> None:
        self._settings = np.zeros((1, 3), np.float32)
        self.shapes = np.empty((1, 5))
        self.makeup = np.empty(1, np.float32)
        self.versions = np.zeros(1, np.int32)
        self.cells = np.empty((_CELLS, 4), np.float32)
        self.filled = np.zeros(_CELLS, np.int32)

    def choose(self, settings: Floats) -> None:
        """Be the curve for threshold (dB), knee (dB) and ratio, shape (quanta, 3) or (1, 3)."""
        if len(settings) == len(self._settings) == 1 and np.array_equal(settings, self._settings):
            return
        before = np.concatenate((self._settings[-1:], settings[:-1]))
        changes = np.any(settings != before, axis=1)
        self.versions = self.versions[-1] + np.cumsum(changes, dtype=np.int32)
        self._settings = settings
        self.shapes, self.makeup = fit(settings)


def fit(settings: Floats) -> tuple[NDArray[np.float64], Floats]:
    """Return curves, shape (quanta, 5), as the kernel takes them, and the makeup gain of each.

    Up to the threshold T, the curve is the identity. In the knee, which the text leaves open, it is
    that of browsers: T + (1 - e^(k (T - x))) / k, with k so that its slope in decibels has come
    down to 1 / ratio at the end. There it goes on as a straight line in decibels.

    NB: it is computed in float32, since how that is rounded decides which k is found.
    """
    low, knee, ratio = settings.T
    # "Let threshold and knee have the values … converted to linear units …"
    threshold = _linear(low)
    # "Let knee end threshold have the value of this sum converted to linear units."
    end_decibels = low + knee
    end = _linear(end_decibels)
    slope = 1 / ratio
    steepness = _steepness(threshold, end, slope)
    out_decibels = _decibels(_knee(end, threshold, steepness))
    # What "the compression curve" makes of "the value 1.0": the "full range gain".
    full_range_gain = np.where(
        end > 1, _knee(1, threshold, steepness), _linear(out_decibels - slope * end_decibels)
    )
    # "Return the result of taking the 0.6 power of" its inverse, "full range makeup gain."
    makeup = _narrow(np.power(np.divide(1, full_range_gain, dtype=np.float64), 0.6))
    curves = np.empty((len(settings), 5))
    offset = (out_decibels - slope * end_decibels) * _NEPERS
    curves.T[:] = threshold, steepness, end, offset, slope
    return curves, makeup


def _steepness(threshold: Floats, end: Floats, slope: Floats) -> Floats:
    """Return the k with which a knee has come down to a slope, by halving an interval."""
    flattest, steepness, steepest = (
        np.full_like(slope, value) for value in (_FLATTEST, _FIRST, _STEEPEST)
    )
    beyond = _narrow(end * 1.001)
    width = _decibels(beyond) - _decibels(end)
    for _ in range(_HALVINGS):
        rise = _decibels(_knee(beyond, threshold, steepness)) - _decibels(
            _knee(end, threshold, steepness)
        )
        too_steep = rise / width < slope
        steepest = np.where(too_steep, steepness, steepest)
        flattest = np.where(too_steep, flattest, steepness)
        steepness = np.sqrt(flattest * steepest)
    return steepness


def _knee(x: Floats | float, threshold: Floats, steepness: Floats) -> Floats:
    exponent = steepness * (threshold - x)
    return threshold + (1 - _narrow(np.exp(exponent, dtype=np.float64))) / steepness


def _linear(decibels: Floats) -> Floats:
    return _narrow(np.power(10.0, np.float32(0.05) * decibels, dtype=np.float64))


def _decibels(linear: Floats) -> Floats:
    mantissa, exponent = np.frexp(linear)
    # x = 2^n r, with r from 1 to 2 for n >= 0, from 1/2 to 1 below: log x = n log 2 + log r.
    below = exponent < 1
    octaves = _narrow(exponent - 1 + below)
    rest = _narrow(np.log(np.ldexp(mantissa, 1 - below), dtype=np.float64))
    decimal: Floats = octaves * _TWO_LOW + rest * _PER_NEPER + octaves * _TWO_HIGH
    return np.float32(20) * decimal


def _narrow(values: ArrayLike) -> Floats:
    return np.asarray(values, np.float32)

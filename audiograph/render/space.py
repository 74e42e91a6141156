"""Where a sound is, as its listener hears it: direction, distance and the cone that it fills.

Vectors are float64 of shape (3, frames), or (3, 1) where they stay the same.

https://webaudio.github.io/web-audio-api/#Spatialization
"""

from __future__ import annotations

from collections.abc import Sequence
from math import pi
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from audiograph.render.processor import ParamValue

DistanceModelType = Literal["linear", "inverse", "exponential"]

Numbers = NDArray[np.float64]


def vector(values: Sequence[ParamValue]) -> Numbers:
    """Return three parameters over a block as a vector."""
    return np.array(np.broadcast_arrays(*map(np.atleast_1d, values)), np.float64)


def bearings(offset: Numbers, forward: Numbers, up: Numbers) -> Numbers:
    """Return how far to the right, to the front and above of the listener the sound is.

    `offset` leads from the listener to the sound. Where `forward` and `up` are parallel, there is
    no right, and all is straight ahead.
    """
    # By the text: "listenerRight = listenerForward.cross(listenerUp);"
    right = _unit(_cross(forward, up))
    forward = _unit(forward)
    # "Determine a unit vector orthogonal to listener's right, forward"
    above = _cross(right, forward)
    # By the text: "Handle the case where listener's 'up' and 'forward' vectors are linearly
    # dependent, in which case 'right' cannot be determined": straight ahead.
    ahead = np.where(right.any(axis=0), _dot(offset, forward), length(offset))
    return np.array(np.broadcast_arrays(_dot(offset, right), ahead, _dot(offset, above)))


def angles(bearings: Numbers) -> tuple[Numbers, Numbers]:
    """Return azimuth, to the right up to 180, and elevation, up to 90, in degrees."""
    right, front, above = bearings
    flat = np.sqrt(right * right + front * front)
    return np.degrees(np.arctan2(right, front)), np.degrees(np.arctan2(above, flat))


def length(offset: Numbers) -> Numbers:
    """Return a vector's length."""
    size: Numbers = np.sqrt(_dot(offset, offset))
    return size


def distance_gain(
    distance: Numbers, model: DistanceModelType, nearest: float, farthest: float, rolloff: float
) -> Numbers:
    """Return how loud a sound is at a distance; `nearest` and `farthest` are d_ref and d_max.

    https://webaudio.github.io/web-audio-api/#enumdef-distancemodeltype
    """
    if model == "linear":
        # By the text: "1 - f (max[min(d, d'max), d'ref] - d'ref) / (d'max - d'ref)", where "the
        # nominal range [of f] is [0, 1]"; "where d'ref = d'max, the value … is … 1 - f".
        rolloff = min(rolloff, 1.0)
        low, high = min(nearest, farthest), max(nearest, farthest)
        if low == high:
            return np.full_like(distance, 1 - rolloff)
        return 1 - rolloff * ((np.clip(distance, low, high) - low) / (high - low))
    # By the text: "If d_ref = 0, the value of the … model is taken to be 0 …", for both others.
    if nearest == 0:
        return np.zeros_like(distance)
    distance = np.maximum(distance, nearest)
    if model == "inverse":
        # By the text: "d_ref / (d_ref + f [max(d, d_ref) - d_ref])"
        return nearest / (nearest + rolloff * (distance - nearest))
    # By the text: "[max(d, d_ref) / d_ref]^-f"
    return np.power(distance / nearest, -rolloff)


def cone_gain(
    offset: Numbers, orientation: Numbers, inner: float, outer: float, outer_gain: float
) -> Numbers | float:
    """Return how loud a sound is for who stands off the direction that it is sent in.

    `inner` and `outer` are the full angles of the cones, in degrees.

    https://webaudio.github.io/web-audio-api/#Spatialization-sound-cones
    """
    # By the text: "no cone specified - unity gain"
    if inner == outer == 360:
        return 1.0
    # AD-HOC: from the sound to the listener, as browsers have it, and as it is meant: a sound that
    # points at the listener is loud. The text has the opposite direction here.
    facing = _dot(_unit(-offset), _unit(orientation))
    # AD-HOC: where the two are in the same place, the text has a right angle, browsers have none.
    facing = np.where(offset.any(axis=0), facing, 1.0)
    angle = np.arccos(np.clip(facing, -1, 1)) * (180 / pi)
    # By the text: "Divide by 2 here since API is entire angle (not half-angle)"
    inner, outer = abs(inner) / 2, abs(outer) / 2
    # By the text: "Between inner and outer cones: inner -> outer, x goes from 0 -> 1"
    between = outer > inner
    x = (angle - inner) / (outer - inner) if between else np.zeros_like(angle)
    gain = np.where(angle >= outer, outer_gain, (1 - x) + outer_gain * x)
    return np.where((angle <= inner) | ~orientation.any(axis=0), 1.0, gain)


def _dot(a: Numbers, b: Numbers) -> Numbers:
    product: Numbers = a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
    return product


def _cross(a: Numbers, b: Numbers) -> Numbers:
    return np.array(
        [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]
    )


def _unit(a: Numbers) -> Numbers:
    """Return a vector of the same direction and of length 1, or the zero vector of the zero one."""
    size = length(a)
    unit: Numbers = a / np.where(size > 0, size, 1)
    return unit

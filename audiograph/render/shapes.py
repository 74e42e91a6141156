# cython: language_level=3, annotation_typing=False
"""What the value of a parameter does between two events: it stays, or follows a formula.

Times are in seconds of the context; frame n is at time n / sample_rate.

As `audiograph.render.timeline` is, it is compiled where it can be.

https://webaudio.github.io/web-audio-api/#AudioParam-methods
"""

from __future__ import annotations

from math import ceil, copysign, exp, inf, log
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from audiograph.render.ramp_kernels import (
    fill_curve,
    fill_exponential,
    fill_line,
    multiply_up,
    sum_line,
)

Values = NDArray[np.float32]

# Frames between the values of an exponential function that are not a product of two others.
_SPACING = 64
_NEXT_FRAMES = np.arange(float(_SPACING))
_LARGEST_EXPONENT = 700.0

# How near to its target, in relation to itself, a value has reached it; where the target is zero,
# it is an absolute distance. Or in how many time constants. AD-HOC: by the text it never quite gets
# there; these are the bounds of Chromium, which looks at the start of every quantum.
_NEAR = exp(-10)
_LONGEST_APPROACH = 10.0

_LAST_FRAME = 2.0**53
_LARGEST = 2.0**127


class Shape(Protocol):
    """A value over a stretch of time, the same for a frame whatever it is asked together with."""

    def at(self, time: float) -> float:
        """Return the value at a time within the stretch or at its end."""
        ...

    def fill(self, out: Values, start: int, step: int, sample_rate: float, quantum: int) -> None:
        """Fill `out` with the values at the frames start, start + step, … of the stretch."""
        ...

    def settled_at(self) -> float:
        """Return the time from which on the value is that at the stretch's end."""
        ...


class Constant(NamedTuple):
    """The value stays."""

    value: float

    def at(self, time: float) -> float:
        return self.value

    def fill(self, out: Values, start: int, step: int, sample_rate: float, quantum: int) -> None:
        out.fill(self.value)

    def settled_at(self) -> float:
        return -inf


class Line(NamedTuple):
    """From one value to another in a straight line."""

    start_time: float
    start_value: float
    end_time: float
    end_value: float

    def at(self, time: float) -> float:
        # By the text: "v(t) = V0 + (V1 - V0) (t - T0) / (T1 - T0)"
        part = (time - self.start_time) / (self.end_time - self.start_time)
        return self.start_value + (self.end_value - self.start_value) * part

    def fill(self, out: Values, start: int, step: int, sample_rate: float, quantum: int) -> None:
        rise = self.end_value - self.start_value
        speed = 1 / (self.end_time - self.start_time)
        # NB: as in browsers, they are float32s, where these can hold them.
        if max(abs(rise), speed, abs(rise * speed)) < _LARGEST:
            rise, speed = float(np.float32(rise)), float(np.float32(speed))
            if step == 1:
                value = float(np.float32(self.start_value))
                sum_line(out, start, quantum, sample_rate, self.start_time, value, rise, speed)
                return
        first = start - self.start_time * sample_rate
        fill_line(out, self.start_value, rise, speed / sample_rate, first, step)

    def settled_at(self) -> float:
        return self.end_time


class Power(NamedTuple):
    """From one value to another of the same sign in equal ratios."""

    start_time: float
    start_value: float
    end_time: float
    end_value: float

    def at(self, time: float) -> float:
        # By the text: "v(t) = V0 (V1 / V0) ^ ((t - T0) / (T1 - T0))"
        part = (time - self.start_time) / (self.end_time - self.start_time)
        return self.start_value * exp(log(self.end_value / self.start_value) * part)

    def fill(self, out: Values, start: int, step: int, sample_rate: float, quantum: int) -> None:
        speed = log(self.end_value / self.start_value) / (self.end_time - self.start_time)
        begins = _begins(start, len(out), step, quantum)
        levels = self.start_value * np.exp(speed * (begins / sample_rate - self.start_time))
        # NB: a ramp of less than a frame may be so steep that its next value would be no number.
        factor = exp(min(speed / sample_rate, _LARGEST_EXPONENT))
        # As in browsers, a quantum goes on from a float32.
        if step == 1:
            multiply_up(out, levels.astype(np.float32), factor, start % quantum, quantum)
        else:
            out[:] = levels

    def settled_at(self) -> float:
        return self.end_time


class Approach(NamedTuple):
    """Towards a target, by the same part of the distance in equal times."""

    start_time: float
    start_value: float
    target: float
    time_constant: float

    def at(self, time: float) -> float:
        # By the text: "v(t) = V1 + (V0 - V1) e ^ -((t - T0) / τ)"
        distance = self.start_value - self.target
        return self.target + distance * exp((self.start_time - time) / self.time_constant)

    def fill(self, out: Values, start: int, step: int, sample_rate: float, quantum: int) -> None:
        origin = frame_at(self.start_time, sample_rate)
        if start < origin:
            # NB: so it is where a quantum begins; reckoned back from the origin it may overflow.
            out[0] = self.at(start / sample_rate)
            out, start = out[1:], start + step
        distance = self.at(origin / sample_rate) - self.target
        speed = -1.0 / (self.time_constant * sample_rate)
        _fill_exponential(out, self.target, distance, speed, start - origin, step)

    def settled_at(self) -> float:
        distance = self.start_value - self.target
        near = _NEAR * abs(self.target) if self.target else _NEAR
        # In relation to the value, which is larger than the target, or smaller.
        near /= 1 - copysign(_NEAR, distance * self.target) if self.target else 1
        if abs(distance) <= near:
            return self.start_time
        constants = min(log(abs(distance) / near), _LONGEST_APPROACH)
        return self.start_time + self.time_constant * constants


class Curve(NamedTuple):
    """Along points in equal distances, in straight lines; it may end before the last of them."""

    start_time: float
    duration: float
    end_time: float
    points: Values

    def at(self, time: float) -> float:
        # By the text: "k = ⌊(N - 1) / T_D · (t - T0)⌋ … linearly interpolating between V[k] and
        # V[k + 1]"
        last = len(self.points) - 1
        position = min(last / self.duration * (time - self.start_time), last)
        k = min(int(position), last - 1)
        low, high = float(self.points[k]), float(self.points[k + 1])
        return low + (high - low) * (position - k)

    def fill(self, out: Values, start: int, step: int, sample_rate: float, quantum: int) -> None:
        slope = (len(self.points) - 1) / self.duration / sample_rate
        begins = _begins(start, len(out), step, quantum)
        places = np.maximum(slope * (begins - self.start_time * sample_rate), 0)
        if step == 1:
            fill_curve(out, self.points, places, slope, start % quantum, quantum)
        else:
            fill_curve(out, self.points, places, slope, 0, 1)

    def settled_at(self) -> float:
        return self.end_time


def frame_at(time: float, sample_rate: float) -> float:
    """Return the first frame at `time` or later, a whole number or an infinity.

    As in browsers it is told by time · sample_rate, which is rounded: where that comes out a hair
    above n, though `time` is n / sample_rate, it is frame n + 1.
    """
    near = time * sample_rate
    if not -_LAST_FRAME < near < _LAST_FRAME:
        return inf if near > 0 else -inf
    return ceil(near)


def _begins(start: int, count: int, step: int, quantum: int) -> NDArray[np.float64]:
    """Return the frames start, start + step, …; of every frame, those where a quantum begins.

    The first is `start` in any case.
    """
    if step > 1:
        return start + step * np.arange(float(count))
    begins = quantum * np.arange(start // quantum, (start + count - 1) // quantum + 1.0)
    begins[0] = start
    return begins


def _fill_exponential(
    out: Values, offset: float, level: float, speed: float, first: float, step: int
) -> None:
    """Fill `out` with offset + level · e^(speed · x), where x = first + step · k in its frame k."""
    if step > 1:
        np.add(offset, level * np.exp(speed * (first + step * np.arange(len(out)))), out=out)
        return
    begin, end = int(first) // _SPACING, (int(first) + len(out) - 1) // _SPACING + 1
    coarse = level * np.exp(speed * _SPACING * np.arange(begin, end))
    # NB: a ramp of a few frames may be so steep that it would not end at a number.
    fine = np.exp(np.minimum(speed * _NEXT_FRAMES, _LARGEST_EXPONENT))
    fill_exponential(out, offset, coarse, fine, int(first) - begin * _SPACING)

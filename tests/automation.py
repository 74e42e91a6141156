"""The automation of a parameter as the specification's text has it: plain, slow, value by value."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, exp, floor
from typing import NamedTuple

import numpy as np


class Scheduled(NamedTuple):
    """An automation event; `kind` is what the method that made it is called, without its end."""

    kind: str
    time: float
    value: float = 0.0
    constant: float = 0.0
    points: tuple[float, ...] = ()
    duration: float = 0.0
    end: float = 0.0
    origin: tuple[float, float] | None = None
    """At which time and value a ramp begins behind a target that is being approached."""


class OverlapError(Exception):
    """What the text calls NotSupportedError."""


class Automation:
    """A list of events, in the order in which they take effect.

    As in browsers, an event takes effect at the first frame that is not below time · rate, which is
    a rounded product; the first event, at the start of a quantum, as soon as its time has come.
    """

    def __init__(self, initial: float, rate: float, quantum: int) -> None:
        self.initial = initial
        self.rate = rate
        self.quantum = quantum
        self.current = initial
        """What the attribute reads."""
        self.events: list[Scheduled] = []
        self.directly = Scheduled("value", -1.0)
        """What was set last without a time."""

    def schedule(self, event: Scheduled, now: float) -> None:
        event = event._replace(time=max(event.time, now), origin=None)
        if event.kind == "curve":
            event = event._replace(end=event.time + event.duration)
            if any(event.time < other.time < event.end for other in self.events):
                raise OverlapError
        for other in self.events:
            if other.kind == "curve" and other.time <= event.time < other.end:
                raise OverlapError
        if event.kind == "target" and event.constant == 0:
            event = event._replace(kind="value")
        if event.kind in ("linear", "exponential"):
            before = [other for other in self.events if other.time <= event.time]
            if not before:
                self._insert(Scheduled("value", now, self.current))
            elif before[-1].kind == "target" and before[-1].time < now:
                event = event._replace(origin=(now, rounded(self.value_at(now))))
        index = self._insert(event)
        if event.kind == "curve":
            self.events.insert(index + 1, Scheduled("value", event.end, event.points[-1]))

    def cancel(self, time: float) -> None:
        self.events = [
            event
            for event in self.events
            if event.time < time and not (event.kind == "curve" and time <= event.end)
        ]
        if self.directly.time >= time:
            self.initial, self.events = self.directly.value, []

    def cancel_and_hold(self, time: float) -> None:
        value = rounded(self.value_at(time))
        kept = [event for event in self.events if event.time <= time]
        after = [event for event in self.events if event.time > time]
        if after and after[0].kind in ("linear", "exponential"):
            kept.append(after[0]._replace(time=time, value=value))
        elif kept and kept[-1].kind == "target":
            kept.append(Scheduled("value", time, value))
        elif kept and kept[-1].kind == "curve":
            curve = kept.pop()
            if curve.time < time:
                kept += [curve._replace(end=time), Scheduled("value", time, value)]
        self.events = kept

    def set(self, value: float, now: float) -> None:
        event = Scheduled("value", now, value)
        self.schedule(event, now)
        self.directly = event
        self.current = value

    def value_at(self, time: float) -> float:
        count = sum(event.time <= time for event in self.events)
        return self._value(count, time)

    def value_of(self, frame: int) -> float:
        count = sum(self.frame_of(event.time) <= frame for event in self.events)
        if count == 0 and self.events and frame % self.quantum == 0:
            count += self.events[0].time <= frame / self.rate
        return self._value(count, frame / self.rate)

    def frame_of(self, time: float) -> int:
        return ceil(time * self.rate)

    def _insert(self, event: Scheduled) -> int:
        index = sum(other.time <= event.time for other in self.events)
        self.events.insert(index, event)
        return index

    def _value(self, count: int, time: float) -> float:
        """Return the value when the first `count` events have had their time."""
        if count == 0:
            return self.initial
        event = self.events[count - 1]
        before = self._before(count - 1, event.time) if event.kind == "target" else 0.0
        following = self.events[count] if count < len(self.events) else None
        if following is not None and following.kind in ("linear", "exponential"):
            return ramp(following, *self._start(event, before, following), time)
        if event.kind == "target":
            arrived = self._arrived(event, before, time)
            return event.value if arrived else approach(event, before, time)
        if event.kind == "curve":
            return interpolate(event.points, (time - event.time) / event.duration)
        return event.value

    def _start(self, event: Scheduled, before: float, ramp: Scheduled) -> tuple[float, float]:
        """Return at which time and value the ramp begins that follows an event."""
        if event.kind != "target":
            return event.time, event.value
        if ramp.origin is not None and ramp.origin[0] > event.time:
            return ramp.origin
        # As in browsers, it begins at a frame.
        start = self.frame_of(event.time) / self.rate
        if event.time < start < ramp.time:
            return start, approach(event, before, start)
        return event.time, before

    def _arrived(self, event: Scheduled, first: float, time: float) -> bool:
        """Return whether a target was reached by a time, which browsers see as a quantum begins."""
        start, last = self.frame_of(event.time), floor(time * self.rate)
        looks = {start, *range(-(-start // self.quantum) * self.quantum, last + 1, self.quantum)}
        return any(self._near(event, first, look / self.rate) for look in looks if look <= last)

    def _near(self, event: Scheduled, first: float, time: float) -> bool:
        value = approach(event, first, time)
        near = exp(-10) * (abs(value) if event.value else 1)
        return time >= event.time + 10 * event.constant or abs(event.value - value) <= near

    def _before(self, count: int, time: float) -> float:
        """Return the value with which a target that is due at a time begins to be approached."""
        if count == 0:
            return self.initial
        # As in browsers, often that of the last frame.
        event, frame = self.events[count - 1], self.frame_of(time)
        last, late = (frame - 1) / self.rate, time * self.rate < frame
        begins = frame % self.quantum == 0
        if event.kind == "target" and (late or not begins):
            time = max(event.time, last)
        ramp_is_left = event.kind == "linear" or (event.kind == "exponential" and begins)
        if ramp_is_left and late and count > 1 and last < event.time:
            previous = self.events[count - 2]
            if self._start(previous, 0.0, event)[0] <= last:
                return self._value(count - 1, last)
        return self._value(count, time)


def approach(event: Scheduled, first: float, time: float) -> float:
    if time <= event.time:
        return first
    return event.value + (first - event.value) * exp((event.time - time) / event.constant)


def ramp(event: Scheduled, start: float, first: float, time: float) -> float:
    if event.time == start:
        return first
    part = (time - start) / (event.time - start)
    if event.kind == "linear":
        return first + (event.value - first) * part
    if first == 0 or (first > 0) != (event.value > 0) or event.value == 0:
        return first
    return first * float((event.value / first) ** part)


def interpolate(points: Sequence[float], part: float) -> float:
    position = (len(points) - 1) * part
    k = floor(position)
    if k >= len(points) - 1:
        return points[-1]
    return points[k] + (points[k + 1] - points[k]) * (position - k)


def rounded(value: float) -> float:
    return float(np.float32(value))

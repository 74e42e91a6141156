"""The automation timeline of a parameter: events in order of time, and their values as arrays.

Between two events the value is a closed form of time, so a block of any length is evaluated as a
few array expressions, and in blocks of any length the values are the same.

https://webaudio.github.io/web-audio-api/#AudioParam-methods
"""

from __future__ import annotations

from bisect import insort_right
from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil, inf

import numpy as np
from numpy.typing import NDArray

Times = NDArray[np.float64]


@dataclass(frozen=True)
class Event:
    """Something that is scheduled at `time`, in seconds of the context."""

    time: float

    def curve(self, times: Times, entry: float) -> Times | float:
        """Return the values from this event on, until the next one takes over.

        `entry` is the timeline's value when the event's time came.
        """
        raise NotImplementedError

    def approach(self, times: Times, start: float, entry: float) -> Times | float | None:
        """Return the values on the way to this event from `entry` at `start`, if it has a say."""
        return None


@dataclass(frozen=True)
class SetValue(Event):
    """The value jumps to `value`."""

    value: float

    def curve(self, times: Times, entry: float) -> float:
        return self.value


@dataclass(frozen=True)
class LinearRamp(Event):
    """The value runs in a straight line from the previous event to `value` at `time`."""

    value: float

    def curve(self, times: Times, entry: float) -> float:
        return self.value

    def approach(self, times: Times, start: float, entry: float) -> Times:
        # v(t) = V0 + (V1 - V0) (t - T0) / (T1 - T0)
        return entry + (self.value - entry) * ((times - start) / (self.time - start))


class Timeline:
    """What a parameter's value is, when; `initial` until the first event."""

    def __init__(self, initial: float) -> None:
        self._events: list[Event] = []
        # The value when the time of the first event came (before it: the constant value).
        self._entry = initial

    def insert(self, event: Event) -> None:
        """Add `event`, behind those of the same time."""
        # "If one of these events is added at a time where there is already one or more events, then
        # it will be placed in the list after them, but before events whose times are after …"
        insort_right(self._events, event, key=lambda each: each.time)

    def is_empty(self) -> bool:
        """Return whether nothing was ever scheduled."""
        return not self._events

    def has_event_until(self, time: float) -> bool:
        """Return whether something is scheduled for `time` or earlier."""
        return bool(self._events) and self._events[0].time <= time

    def is_constant_from(self, time: float) -> bool:
        """Return whether the value no longer changes from `time` on."""
        if not self._events:
            return True
        last = self._events[-1]
        return last.time <= time and isinstance(last.curve(np.empty(0), 0.0), float)

    def forget_before(self, time: float) -> None:
        """Drop the events that no value from `time` on depends on."""
        while len(self._events) > 1 and self._events[1].time <= time:
            self._entry = _leave(self._events[0], self._events[1], self._entry)
            del self._events[0]

    def value_at(self, frame: int, sample_rate: float) -> float:
        """Return the value at `frame`."""
        return float(np.ravel(self.values(frame, 1, 1, sample_rate))[0])

    def values(self, start: int, count: int, step: int, sample_rate: float) -> Times | float:
        """Return the values at the frames start, start + step, …, shape (count,), float64.

        One number where the same event holds its value over all of them.
        """
        out = np.empty(count)
        for first, last, event, following, entry in self._stretches(
            start, count, step, sample_rate
        ):
            times = (start + step * np.arange(first, last)) / sample_rate
            part = entry if event is None else _between(event, following, times, entry)
            if last - first == count and isinstance(part, float):
                return part
            out[first:last] = part
        return out

    def _stretches(
        self, start: int, count: int, step: int, sample_rate: float
    ) -> Iterator[tuple[int, int, Event | None, Event | None, float]]:
        """Yield (first, last, event, following, entry): which event rules which part of a block."""
        first = 0
        entry = self._entry
        event: Event | None = None
        for following in (*self._events, None):
            until = inf if following is None else following.time
            last = _index_at(until, start, count, step, sample_rate)
            if last > first:
                yield first, last, event, following, entry
                first = last
            if first == count or following is None:
                return
            if event is not None:
                entry = _leave(event, following, entry)
            event = following


def _between(event: Event, following: Event | None, times: Times, entry: float) -> Times | float:
    """Return the values at `times`, all of them after `event` and before `following`."""
    if following is not None and following.time > event.time:
        origin = event.curve(np.array([event.time]), entry)
        ramp = following.approach(times, event.time, float(np.ravel(origin)[0]))
        if ramp is not None:
            return ramp
    return event.curve(times, entry)


def _leave(event: Event, following: Event, entry: float) -> float:
    """Return the value when the time of `following` comes."""
    return float(np.ravel(_between(event, following, np.array([following.time]), entry))[0])


def _index_at(time: float, start: int, count: int, step: int, sample_rate: float) -> int:
    """Return the smallest k in 0…count whose frame, start + k·step, is at `time` or later."""
    if time * sample_rate > start + count * step:
        return count
    k = ceil((time * sample_rate - start) / step)
    # NB: the product is rounded; a frame n is at time n / sample_rate and nothing else.
    while k > 0 and (start + (k - 1) * step) / sample_rate >= time:
        k -= 1
    while (start + k * step) / sample_rate < time:
        k += 1
    return min(max(k, 0), count)

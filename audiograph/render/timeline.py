# cython: language_level=3, annotation_typing=False
"""The automation timeline of a parameter: events in order of time, and the values they make.

Between two events the value is a closed form of time (see `audiograph.render.shapes`), so a block
of any length is evaluated as a few array operations, and in blocks of any length the values are
the same.

What is here runs for every parameter that moves. So it is compiled where it can be, as it stands.

https://webaudio.github.io/web-audio-api/#AudioParam-methods
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, replace
from math import ceil, inf
from operator import attrgetter
from typing import NamedTuple

import numpy as np

from audiograph.render.shapes import (
    Approach,
    Constant,
    Curve,
    Line,
    Power,
    Shape,
    Values,
    frame_at,
)

# Seconds in which nothing can change: a slope would be more than a number holds.
_INSTANT = 1e-100

_time = attrgetter("time")


@dataclass(frozen=True)
class Event:
    """Something that is scheduled at `time`, in seconds of the context."""

    time: float

    def level(self, entry: float) -> float:
        """Return the value with which it begins; `entry` is the value when its time comes."""
        raise NotImplementedError

    def shape(self, entry: float) -> Shape:
        """Return what the value does from then on, until another event takes over."""
        return Constant(self.level(entry))


@dataclass(frozen=True)
class SetValue(Event):
    """The value jumps to `value`."""

    value: float

    def level(self, entry: float) -> float:
        return self.value


@dataclass(frozen=True)
class Ramp(SetValue):
    """The value runs from that of the previous event to `value`, and is there at `time`.

    `origin`, a time and a value, is where it begins behind a SetTarget that had begun by then.
    """

    origin: tuple[float, float] | None = None

    def approach(self, start: float, value: float) -> Shape:
        """Return the way to it from `value` at the time `start`."""
        raise NotImplementedError


@dataclass(frozen=True)
class LinearRamp(Ramp):
    """The value runs in a straight line."""

    def approach(self, start: float, value: float) -> Shape:
        return Line(start, value, self.time, self.value)


@dataclass(frozen=True)
class ExponentialRamp(Ramp):
    """The value runs in equal ratios."""

    def approach(self, start: float, value: float) -> Shape:
        # By the text: "If V0 and V1 have opposite signs or if V0 is zero, then v(t) = V0"
        if value * self.value <= 0:
            return Constant(value)
        return Power(start, value, self.time, self.value)


@dataclass(frozen=True)
class SetTarget(Event):
    """The value begins to approach `target`, with `time_constant` in seconds."""

    target: float
    time_constant: float

    # NB: a ramp that follows begins at this: by the text, "if the SetTarget event has not started,
    # T0 is the start time of the event, and V0 is the value just before".
    def level(self, entry: float) -> float:
        return entry

    def shape(self, entry: float) -> Shape:
        return Approach(self.time, entry, self.target, self.time_constant)


@dataclass(frozen=True, eq=False)
class ValueCurve(Event):
    """The value follows `points`, spread over `duration` seconds, until `end`."""

    duration: float
    end: float
    points: Values

    def level(self, entry: float) -> float:
        return float(self.points[0])

    def shape(self, entry: float) -> Shape:
        return Curve(self.time, self.duration, self.end, self.points)


class State(NamedTuple):
    """All that a timeline knows."""

    entry: float
    events: tuple[Event, ...]


class _Stretch(NamedTuple):
    """What is between two events."""

    shape: Shape
    last_value: float
    settled: float
    """The frame from which on the value is the last."""
    end: float
    """The frame from which on the next event rules."""


class Timeline:
    """What a parameter's value is, when.

    Parameters
    ----------
    initial : float
        The value until the first event.
    sample_rate : float
        Frames per second.
    quantum : int
        Frames of a render quantum.
    """

    def __init__(self, initial: float, sample_rate: float, quantum: int) -> None:
        self._sample_rate = sample_rate
        self._quantum = quantum
        self._events: list[Event] = []
        # The value until the first event, and when its time comes.
        self._entry = initial
        self._directly: SetValue | None = None
        # What follows each event, as far as it was asked for.
        self._stretches: list[_Stretch] = []
        self._has_forgotten = False

    @property
    def state(self) -> State:
        """All that the timeline knows, for another one to become the same."""
        return State(self._entry, tuple(self._events))

    def become(self, state: State) -> None:
        """Take over the state of another timeline."""
        self._entry = state.entry
        self._events = list(state.events)
        self._stretches.clear()

    def set_value(self, event: SetValue) -> None:
        """Add the event of a value that is set directly, and remains if that is removed."""
        self.insert(event)
        self._directly = event

    def insert(self, event: Event, *implied: Event) -> None:
        """Add `event`, behind those of the same time, and directly behind it what it implies."""
        # By the text: "If one of these events is added at a time where there is already one or more
        # events, then it will be placed in the list after them, but before events whose times are
        # after the event."
        first = at = self._count_until(event.time)
        # NB: what it leaves no time is not kept; while no time passes, many values may be set.
        if type(event) is SetValue and at and self._events[at - 1].time == event.time:
            first -= not isinstance(self._events[at - 1], Ramp)
        self._events[first:at] = [event, *implied]
        self._change_after(first)

    def cancel(self, time: float) -> None:
        """Remove what is scheduled for `time` or later, and a value curve that runs then."""
        if self._directly is not None and time <= self._directly.time:
            # AD-HOC: by the text, the event of a value that was set directly is removed as any
            # other; yet "… the paramIntrinsicValue value will remain unchanged and stay at its
            # previous value …", and so it does in browsers.
            self.become(State(self._directly.value, ()))
            return
        events = self._events
        first = bisect_left(events, time, key=_time)
        # By the text: "if cancelTime is in the range [T0, T0 + TD], the event is removed"
        if first and isinstance(curve := events[first - 1], ValueCurve) and time <= curve.end:
            first -= 1
        # AD-HOC: a SetTarget from before goes on. The text has it cancelled, too, and the value
        # from before restored; no browser does that.
        del events[first:]
        self._change_after(first)

    def cancel_and_hold(self, time: float) -> None:
        """Remove what is scheduled for later than `time`, and have the value stay as it is then.

        https://webaudio.github.io/web-audio-api/#dom-audioparam-cancelandholdattime
        """
        # By the text: "Let E1 be the event (if any) at time t1 where t1 is the largest number
        # satisfying t1 <= tc. Let E2 be the event (if any) at time t2 where t2 is the smallest
        # number satisfying tc < t2."
        previous, following = self.last_until(time), self.first_after(time)
        value = float(np.float32(self.value_at(time)))
        first = self._count_until(time)
        held: list[Event] = []
        if isinstance(following, Ramp):
            # By the text: "Effectively rewrite E2 to be the same kind of ramp ending at time tc
            # with an end value that would be the value of the original ramp at time tc."
            held = [replace(following, time=time, value=value)]
        elif isinstance(previous, SetTarget):
            # By the text: "Implicitly insert a setValueAtTime event at time tc with the value that
            # the setTarget would have at time tc."
            held = [SetValue(time, value)]
        elif isinstance(previous, ValueCurve):
            # By the text: "Effectively replace this event with a setValueCurve event with a start
            # time of t3 and a new duration of tc - t3. However, … this automation MUST take care
            # to produce the same output as the original"
            first -= 1
            # NB: of a curve that begins at tc nothing remains.
            if previous.time < time:
                held = [replace(previous, end=time), SetValue(time, value)]
        # By the text: "Remove all events with time greater than tc."
        self._events[first:] = held
        self._change_after(first)

    def forget_before(self, time: float) -> None:
        """Drop the events that no value from `time` on depends on, whatever is cancelled then."""
        if len(self._events) > 1 and self._events[1].time < time:
            count = bisect_left(self._events, time, key=_time) - 1
            # NB: a value curve may be cancelled while it runs, and what was before goes on.
            count -= isinstance(self._events[count], ValueCurve)
            if count == 0:
                return
            self._entry = self._stretch(count - 1).last_value
            self._has_forgotten = True
            del self._events[:count]
            del self._stretches[:count]

    def last_until(self, time: float) -> Event | None:
        """Return the last event at `time` or earlier."""
        count = self._count_until(time)
        return self._events[count - 1] if count else None

    def first_after(self, time: float) -> Event | None:
        """Return the first event later than `time`."""
        count = self._count_until(time)
        return self._events[count] if count < len(self._events) else None

    def is_constant_from(self, frame: int) -> bool:
        """Return whether the value no longer changes from `frame` on."""
        if not self._events:
            return True
        if frame_at(self._events[-1].time, self._sample_rate) > frame:
            return False
        return self._stretch(len(self._events) - 1).settled <= frame

    def busy_frames(self) -> tuple[float, float]:
        """Return from which to which frame a quantum begins in which events are under way.

        AD-HOC: by the text a value is the same however it comes about. Browsers, though, round an
        oscillator's phase in another way for a parameter whose events they have not dropped yet:
        single ones once they are past, several a quantum later.
        """
        if not self._events:
            return inf, -inf
        first, last = self._events[0], self._events[-1]
        begin, end = first.time * self._sample_rate - self._quantum, last.time * self._sample_rate
        if isinstance(last, SetTarget):
            settled = self._stretch(len(self._events) - 1).settled
            end = max(end + 1.5 * self._quantum, settled)
        elif self._has_forgotten or len(self._events) > 1:
            end += self._quantum
        return begin, end

    def value_at(self, time: float) -> float:
        """Return the value at `time`."""
        count = self._count_until(time)
        if count == 0:
            return self._entry
        shape, last_value, settled, _ = self._stretch(count - 1)
        return last_value if time * self._sample_rate >= settled else shape.at(time)

    def values(self, start: int, count: int, step: int) -> Values | float:
        """Return the values at the frames start, start + step, …, shape (count,).

        One number where the value stays the same over all of them.
        """
        if not self._events:
            return self._entry
        out: Values | None = None
        done = 0
        for shape, end in self._runs():
            # How many of the frames are before the end.
            until = (
                count if end > start + (count - 1) * step else int((end - start - 1) // step + 1)
            )
            if until <= done:
                continue
            if out is None:
                if until == count and isinstance(shape, Constant):
                    return shape.value
                out = np.empty(count, np.float32)
            shape.fill(out[done:until], start + done * step, step, self._sample_rate, self._quantum)
            done = until
            if done == count:
                break
        assert out is not None
        return out

    def _runs(self) -> Iterator[tuple[Shape, float]]:
        """Yield (shape, end): what the value does, up to which frame, from the beginning on."""
        events = self._events
        yield Constant(self._entry), self._first_frame(events[0].time)
        for i in range(len(events)):
            shape, last_value, settled, end = self._stretch(i)
            if settled > -inf:
                yield shape, min(settled, end)
            if settled < end:
                yield Constant(last_value), end

    def _first_frame(self, time: float) -> float:
        """Return from which frame on the first event rules."""
        frame = frame_at(time, self._sample_rate)
        # NB: where a quantum begins, browsers compare that one's time in seconds.
        before = frame - 1
        at_start = before % self._quantum == 0 and before / self._sample_rate >= time
        return before if at_start else frame

    def _stretch(self, index: int) -> _Stretch:
        """Return what follows an event."""
        while len(self._stretches) <= index:
            self._stretches.append(self._make_stretch(len(self._stretches)))
        return self._stretches[index]

    def _make_stretch(self, index: int) -> _Stretch:
        event = self._events[index]
        following = self._events[index + 1] if index + 1 < len(self._events) else None
        entry = self._stretches[index - 1].last_value if index else self._entry
        until = inf if following is None else following.time
        if until - event.time < _INSTANT:
            shape: Shape = Constant(event.level(entry))
        elif isinstance(following, Ramp):
            start, value = self._start(event, entry, following)
            instant = until - start < _INSTANT
            shape = Constant(value) if instant else following.approach(start, value)
        else:
            shape = event.shape(entry)
        end = frame_at(until, self._sample_rate)
        settled = min(self._settled_frame(event, shape), end)
        if settled < end and isinstance(shape, Approach):
            return _Stretch(shape, shape.target, settled, end)
        if isinstance(following, SetTarget):
            return _Stretch(shape, self._left_value(index, shape, until, end), settled, end)
        return _Stretch(shape, shape.at(until), settled, end)

    def _left_value(self, index: int, shape: Shape, until: float, end: float) -> float:
        """Return the value from which a target is approached that is due at a time and a frame.

        AD-HOC: by the text it is the value at that time. Browsers go on from the last frame's where
        that was the last that they have computed.
        """
        event = self._events[index]
        last = (end - 1) / self._sample_rate
        begins = end % self._quantum == 0
        late = until * self._sample_rate < end
        if isinstance(event, SetTarget) and (late or not begins):
            return shape.at(max(event.time, last))
        # NB: where an exponential ramp ends within a quantum, browsers put it right.
        has_ended = isinstance(event, Ramp if begins else LinearRamp) and last < event.time
        if has_ended and late and index:
            way = self._stretches[index - 1].shape
            if isinstance(way, Line | Power) and way.start_time <= last:
                return way.at(last)
        return shape.at(until)

    def _settled_frame(self, event: Event, shape: Shape) -> float:
        """Return from which frame on a value is settled."""
        frame = frame_at(shape.settled_at(), self._sample_rate)
        if isinstance(shape, Approach) and frame_at(event.time, self._sample_rate) < frame < inf:
            return ceil(frame / self._quantum) * self._quantum
        return frame

    def _start(self, event: Event, entry: float, ramp: Ramp) -> tuple[float, float]:
        """Return at which time and value the ramp begins that follows an event."""
        if isinstance(event, SetTarget):
            # By the text: "If the SetTarget event has already started, T0 is the current context
            # time, and V0 is the current SetTarget automation value at time T0."
            if ramp.origin is not None and ramp.origin[0] > event.time:
                return ramp.origin
            first = frame_at(event.time, self._sample_rate) / self._sample_rate
            # AD-HOC: by the text it begins at the event's time, with the value just before; in
            # browsers, at the first frame and with what the event has made of the value until then.
            if event.time < first < ramp.time:
                return first, event.shape(entry).at(first)
        return event.time, event.level(entry)

    def _count_until(self, time: float) -> int:
        """Return how many events are at `time` or earlier."""
        events = self._events
        if not events or events[-1].time <= time:
            return len(events)
        return bisect_right(events, time, key=_time)

    def _change_after(self, first: int) -> None:
        """Note that the events from number `first` on are others than before."""
        del self._stretches[max(0, first - 1) :]

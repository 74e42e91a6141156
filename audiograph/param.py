"""AudioParam: a value that changes in time.

https://webaudio.github.io/web-audio-api/#AudioParam
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from math import copysign, inf, isfinite, isnan, log2
from struct import Struct
from typing import TYPE_CHECKING, Any, Final, Literal, get_args, overload

import numpy as np
from numpy.typing import NDArray

from audiograph.arrays import finite_floats
from audiograph.errors import InvalidStateError, NotSupportedError
from audiograph.host import NodeHost
from audiograph.render.shapes import Values
from audiograph.render.timeline import (
    Event,
    ExponentialRamp,
    LinearRamp,
    Ramp,
    SetTarget,
    SetValue,
    Timeline,
    ValueCurve,
)
from audiograph.render.vertex import ParamPort, Vertex
from audiograph.values import choice, to_float

if TYPE_CHECKING:
    from audiograph.listener import AudioListener
    from audiograph.node import AudioNode

AutomationRate = Literal["a-rate", "k-rate"]

MOST_POSITIVE: Final = float(np.finfo(np.float32).max)
MOST_NEGATIVE: Final = -MOST_POSITIVE

MOST_CENTS: Final = 1200 * log2(MOST_POSITIVE)
"""2^(detune / 1200) is finite in a float32 up to here."""

_FLOAT32 = Struct("f")


@dataclass(frozen=True)
class Bound:
    """A bound of a nominal range, told from the context and the node's options; `text` says how."""

    text: str
    tell: Callable[[NodeHost, Any], float]


NYQUIST: Final = Bound("sample_rate / 2", lambda context, _: context.sample_rate / 2)


class AudioParam:
    """A parameter of a node: a number that can be set, automated, and added to by other nodes.

    The value over time is what is scheduled on its timeline plus the sum, mixed down to mono, of
    what is connected to it; it is clamped to `min_value` … `max_value` where it is used.

    https://webaudio.github.io/web-audio-api/#AudioParam
    """

    def __init__(
        self,
        host: NodeHost,
        name: str,
        value: float,
        *,
        default: float,
        minimum: float,
        maximum: float,
        rate: AutomationRate,
        rate_error: str | None,
    ) -> None:
        self._host = host
        self._name = name
        self._default = float(np.float32(default))
        self._minimum = float(np.float32(minimum))
        self._maximum = float(np.float32(maximum))
        self._rate: AutomationRate = rate
        self._rate_error = rate_error
        first = check_value(name, value)
        self._timeline = Timeline(first, host.sample_rate, host.render_quantum_size)
        # The value at the start of the last rendered quantum, and the frame after that quantum.
        self._current = first
        self._noted_at = 0
        self._port = ParamPort(
            Timeline(first, host.sample_rate, host.render_quantum_size),
            self._default,
            self._minimum,
            self._maximum,
            k_rate=rate == "k-rate",
        )
        self._vertex: Vertex | None = None

    def _attach(self, vertex: Vertex) -> None:
        """Take note of the vertex that the parameter belongs to."""
        self._vertex = vertex

    def __repr__(self) -> str:
        return f"<AudioParam {self._name}: {self.value:g}>"

    @property
    def value(self) -> float:
        """The value at the start of the last rendered quantum, without what is connected.

        It is read within the nominal range, though automation runs as if there were none. Setting
        it is `set_value_at_time(value, context.current_time)`. Raises TypeError for what is no
        finite number, NotSupportedError while a value curve runs.

        https://webaudio.github.io/web-audio-api/#dom-audioparam-value
        """
        with self._host._lock:
            self._note_value(self._host._renderer.frame)
            # By the text: "In effect, value of the parameter is clamped to the range …"
            return min(max(self._current, self._minimum), self._maximum)

    @value.setter
    def value(self, value: float) -> None:
        value = check_value(self._name, value)
        with self._host._lock:
            now = self._prepare()
            event = SetValue(now, value)
            self._check_free(event)
            self._timeline.set_value(event)
            self._post(now, Timeline.insert, event)
            self._current = value

    @property
    def automation_rate(self) -> AutomationRate:
        """How often the value is computed: "a-rate" for every frame, "k-rate" once a quantum.

        Raises InvalidStateError where the node does not allow the change.

        https://webaudio.github.io/web-audio-api/#dom-audioparam-automationrate
        """
        return self._rate

    @automation_rate.setter
    def automation_rate(self, rate: AutomationRate) -> None:
        choice("automation_rate", rate, get_args(AutomationRate))
        if rate != self._rate and self._rate_error is not None:
            raise InvalidStateError(self._rate_error)
        self._rate = rate
        self._host._post(self._set_rate, rate == "k-rate")

    def _set_rate(self, k_rate: bool) -> None:
        assert self._vertex is not None
        self._port.k_rate = k_rate
        self._vertex.unsettle(self._name)

    @property
    def default_value(self) -> float:
        """The value at first.

        https://webaudio.github.io/web-audio-api/#dom-audioparam-defaultvalue
        """
        return self._default

    @property
    def min_value(self) -> float:
        """The lower end of the nominal range.

        https://webaudio.github.io/web-audio-api/#dom-audioparam-minvalue
        """
        return self._minimum

    @property
    def max_value(self) -> float:
        """The upper end of the nominal range.

        https://webaudio.github.io/web-audio-api/#dom-audioparam-maxvalue
        """
        return self._maximum

    def set_value_at_time(self, value: float, start_time: float) -> AudioParam:
        """Have the value jump to `value` at `start_time`, in seconds of the context.

        A time that has passed counts as now. Raises ValueError for a time that is negative or not
        finite, TypeError for a value that is no finite number, NotSupportedError for a time within
        a value curve.

        https://webaudio.github.io/web-audio-api/#dom-audioparam-setvalueattime
        """
        time, value = check_time("start_time", start_time), check_value(self._name, value)
        with self._host._lock:
            now = self._prepare()
            self._schedule(SetValue(max(time, now), value), now)
        return self

    def linear_ramp_to_value_at_time(self, value: float, end_time: float) -> AudioParam:
        """Have the value run in a straight line from the previous event to `value` at `end_time`.

        Without a previous event the line begins now, at the current value, as it does where the
        previous event is a `set_target_at_time` that has begun; where that has not, the line begins
        in its place. Times and errors are those of `set_value_at_time`.

        https://webaudio.github.io/web-audio-api/#dom-audioparam-linearramptovalueattime
        """
        time, value = check_time("end_time", end_time), check_value(self._name, value)
        with self._host._lock:
            now = self._prepare()
            self._schedule_ramp(LinearRamp(max(time, now), value), now)
        return self

    def exponential_ramp_to_value_at_time(self, value: float, end_time: float) -> AudioParam:
        """Have the value run from the previous event to `value`, by the same ratio in equal times.

        It stays and then jumps where it would have to cross zero. It begins as
        `linear_ramp_to_value_at_time` does. Times and errors are those of `set_value_at_time`; a
        `value` of 0 is a ValueError.

        https://webaudio.github.io/web-audio-api/#dom-audioparam-exponentialramptovalueattime
        """
        time, rounded = check_time("end_time", end_time), check_value(self._name, value)
        # By the text: "A RangeError exception MUST be thrown if this value is equal to 0."
        if rounded == 0:
            raise ValueError(f"value is {value}: an exponential ramp never gets to 0")
        with self._host._lock:
            now = self._prepare()
            self._schedule_ramp(ExponentialRamp(max(time, now), rounded), now)
        return self

    def set_target_at_time(
        self, target: float, start_time: float, time_constant: float
    ) -> AudioParam:
        """Have the value approach `target` from `start_time` on, fast at first, then slower.

        After each `time_constant` (in seconds, 0 or more; 0 is a jump) what is left of the way is
        1/e of what it was before, until the next event. Times and errors are those of
        `set_value_at_time`; a `time_constant` that is negative or not finite is a ValueError.

        https://webaudio.github.io/web-audio-api/#dom-audioparam-settargetattime
        """
        time, target = check_time("start_time", start_time), check_value(self._name, target)
        constant = _round(check_time("time_constant", time_constant))
        if constant == inf:
            raise ValueError(f"time_constant is {time_constant}: it is more than a float32 holds")
        with self._host._lock:
            now = self._prepare()
            time = max(time, now)
            # By the text: "If timeConstant is zero, the output value jumps immediately to the final
            # value."
            jump = constant == 0
            event = SetValue(time, target) if jump else SetTarget(time, target, constant)
            self._schedule(event, now)
        return self

    def set_value_curve_at_time(
        self, values: Sequence[float] | NDArray[Any], start_time: float, duration: float
    ) -> AudioParam:
        """Have the value follow `values`, two or more, from `start_time` on for `duration` seconds.

        They are spread evenly, with straight lines between them; after the last one the value
        stays. Nothing else can be scheduled for the time in between. Raises ValueError for a time
        that is negative or not finite and a duration that is not positive, InvalidStateError for
        fewer than two values, TypeError for values that are no finite numbers, NotSupportedError
        where something is scheduled in between or another curve runs.

        https://webaudio.github.io/web-audio-api/#dom-audioparam-setvaluecurveattime
        """
        points, time = _points(values), check_time("start_time", start_time)
        duration = check_time("duration", duration)
        if duration == 0:
            raise ValueError("duration is 0: a value curve takes time")
        with self._host._lock:
            now = self._prepare()
            time = max(time, now)
            end = time + duration
            # By the text: "… if setValueCurveAtTime() is called for time T and duration D and there
            # are any events having a time strictly greater than T, but strictly less than T + D,
            # then a NotSupportedError exception MUST be thrown."
            following = self._timeline.first_after(time)
            if following is not None and following.time < end:
                raise NotSupportedError(
                    f"a value curve from {time} to {end} s: something is scheduled for "
                    f"{following.time} s"
                )
            # By the text: "An implicit call to setValueAtTime() is made at time T0 + TD with value
            # V[N-1] so that following automations will start from the end …"
            last = SetValue(end, float(points[-1]))
            # NB: what was scheduled for that time before follows as well.
            self._schedule(ValueCurve(time, duration, end, points), now, last)
        return self

    def cancel_scheduled_values(self, cancel_time: float) -> AudioParam:
        """Remove what is scheduled for `cancel_time` or later, in seconds of the context.

        Ramps that end there or later and value curves that run then are removed altogether. A time
        that has passed counts as now. Raises ValueError for a time that is negative or not finite.

        https://webaudio.github.io/web-audio-api/#dom-audioparam-cancelscheduledvalues
        """
        return self._cancel(Timeline.cancel, cancel_time)

    def cancel_and_hold_at_time(self, cancel_time: float) -> AudioParam:
        """Remove what is scheduled for later than `cancel_time`, and stay at the value of then.

        What runs at that time runs until then. A time that has passed counts as now. Raises
        ValueError for a time that is negative or not finite.

        https://webaudio.github.io/web-audio-api/#dom-audioparam-cancelandholdattime
        """
        return self._cancel(Timeline.cancel_and_hold, cancel_time)

    def _cancel(self, cancel: Callable[[Timeline, float], None], time: float) -> AudioParam:
        time = check_time("cancel_time", time)
        with self._host._lock:
            now = self._prepare()
            cancel(self._timeline, max(time, now))
            # NB: not the call itself: when the render side gets there, it may have passed that time
            # and have forgotten what was before.
            self._post(now, Timeline.become, self._timeline.state)
        return self

    def _schedule_ramp(self, ramp: Ramp, now: float) -> None:
        """Schedule a ramp, and what it begins at where no event before it tells."""
        previous = self._timeline.last_until(ramp.time)
        # By the text: "If there is no event preceding this event, the … ramp behaves as if
        # setValueAtTime(value, currentTime) were called where value is the current value …"
        if previous is None:
            self._schedule(SetValue(now, self.value), now)
        elif isinstance(previous, SetTarget) and previous.time < now:
            # NB: no event of its own, for where the ramp is removed again the target remains.
            ramp = replace(ramp, origin=(now, _round(self._timeline.value_at(now))))
        self._schedule(ramp, now)

    def _schedule(self, event: Event, now: float, *implied: Event) -> None:
        self._check_free(event)
        self._timeline.insert(event, *implied)
        self._post(now, Timeline.insert, event, *implied)

    def _check_free(self, event: Event) -> None:
        previous = self._timeline.last_until(event.time)
        # By the text: "… a NotSupportedError exception MUST be thrown if any automation method is
        # called at a time which is contained in [T, T+D), T being the time of the curve …"
        if isinstance(previous, ValueCurve) and event.time < previous.end:
            raise NotSupportedError(
                f"{event.time} s is within a value curve, from {previous.time} to {previous.end} s"
            )

    def _prepare(self) -> float:
        """Get the timeline ready for a change, and return the current time."""
        frame = self._host._renderer.frame
        # NB: what is scheduled now can change what the value was, but not what it was heard as.
        self._note_value(frame)
        now = frame / self._host.sample_rate
        self._timeline.forget_before(now)
        return now

    def _post(self, now: float, change: Callable[..., None], *arguments: object) -> None:
        """Have the render side's timeline changed as this side's was."""
        assert self._vertex is not None
        self._host._post(self._vertex.automate, self._name, now, change, *arguments)

    def _note_value(self, frame: int) -> None:
        """Take note of the value as it was when `frame` was the next to be rendered."""
        if self._noted_at != frame:
            last = (frame - self._host.render_quantum_size) / self._host.sample_rate
            self._current = _round(self._timeline.value_at(last))
            self._noted_at = frame


class Param:
    """Declares a parameter of a node class; its default is the option of the same name.

    Parameters
    ----------
    meaning : str
        What it does, in a sentence.
    unit : str
        What the number counts.
    minimum, maximum : float or Bound
        The nominal range.
    rate : str
        The automation rate at first.
    fixed_rate : bool
        Whether the node forbids another one.
    """

    def __init__(
        self,
        meaning: str,
        *,
        unit: str,
        minimum: float | Bound = MOST_NEGATIVE,
        maximum: float | Bound = MOST_POSITIVE,
        rate: AutomationRate = "a-rate",
        fixed_rate: bool = False,
    ) -> None:
        self.meaning = meaning
        self.unit = unit
        self.minimum = minimum
        self.maximum = maximum
        self.rate: AutomationRate = rate
        self.fixed_rate = fixed_rate
        self.name = ""

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def describe(self, owner: type, default: float) -> None:
        """Write the docstring, once the default is known."""
        low, high = self.minimum, self.maximum
        if low == MOST_NEGATIVE:
            nominal = "any number" if high == MOST_POSITIVE else f"at most {_bound_text(high)}"
        else:
            nominal = f"{_bound_text(low)} to {_bound_text(high)}"
        self.__doc__ = (
            f"{self.meaning}\n\n"
            f"An AudioParam, in {self.unit}: {default:g} by default, "
            f"{nominal}, {self.rate}{' and nothing else' if self.fixed_rate else ''}.\n\n"
            "https://webaudio.github.io/web-audio-api/#dom-"
            f"{owner.__name__.lower()}-{self.name.replace('_', '')}"
        )

    @overload
    def __get__(self, node: None, owner: type) -> Param: ...
    @overload
    def __get__(self, node: AudioNode[Any] | AudioListener, owner: type) -> AudioParam: ...
    def __get__(
        self, node: AudioNode[Any] | AudioListener | None, owner: type
    ) -> Param | AudioParam:
        return self if node is None else node._params[self.name]

    def __set__(self, node: AudioNode[Any] | AudioListener, value: object) -> None:
        raise AttributeError(
            f"{type(node).__name__}.{self.name} is an AudioParam: set {self.name}.value"
        )

    def make(self, host: NodeHost, owner: str, options: Any) -> AudioParam:
        """Return the parameter for a node made with `options`."""
        error = f"{owner}.{self.name} is {self.rate} and cannot be changed"
        return AudioParam(
            host,
            self.name,
            getattr(options, self.name),
            default=type(options).__dataclass_fields__[self.name].default,
            minimum=_bound(self.minimum, host, options),
            maximum=_bound(self.maximum, host, options),
            rate=self.rate,
            rate_error=error if self.fixed_rate else None,
        )


def axes(meaning: str, *, unit: str) -> tuple[Param, Param, Param]:
    """Declare the parameters of a place or a direction; `{}` in `meaning` is x, y or z."""
    x, y, z = (Param(meaning.format(axis), unit=unit) for axis in "xyz")
    return x, y, z


def _bound(bound: float | Bound, host: NodeHost, options: object) -> float:
    return bound.tell(host, options) if isinstance(bound, Bound) else bound


def _bound_text(bound: float | Bound) -> str:
    return bound.text if isinstance(bound, Bound) else f"{bound:g}"


def set_values(params: Sequence[AudioParam], values: Sequence[float]) -> None:
    """Set the `value` of several parameters of a node, or of none where one raises."""
    numbers = [check_value(param._name, value) for param, value in zip(params, values, strict=True)]
    with params[0]._host._lock:
        for param, number in zip(params, numbers, strict=True):
            param._check_free(SetValue(param._prepare(), number))
        for param, number in zip(params, numbers, strict=True):
            param.value = number


def check_time(name: str, time: float) -> float:
    """Return `time` as a float.

    Raises ValueError where it is negative or not finite, TypeError for what is no number.
    """
    seconds = to_float(time)
    if 0 <= seconds < inf:
        return seconds
    if isnan(seconds) and not isinstance(time, float | np.floating):
        raise TypeError(f"{name} is a time in seconds, not {time!r}")
    raise ValueError(f"{name} is {seconds}: a finite time of 0 seconds or more is needed")


def check_value(name: str, value: float) -> float:
    """Round to what a float32 holds; raise TypeError for what is no finite number."""
    rounded = _round(to_float(value))
    if not isfinite(rounded):
        raise TypeError(f"{name} is a finite number that a float32 holds, not {value!r}")
    return rounded


def _round(value: float) -> float:
    """Round to what a float32 holds, infinity for what is too large."""
    # NB: numpy does it as well, and takes ten times as long: every value that is scheduled does it.
    try:
        rounded: float = _FLOAT32.unpack(_FLOAT32.pack(value))[0]
    except OverflowError:
        return copysign(inf, value)
    return rounded


def _points(values: Sequence[float] | NDArray[Any]) -> Values:
    """Return a copy of a value curve; raise for one that is none."""
    points: Values = finite_floats("values", values).copy()
    # By the text: "An InvalidStateError MUST be thrown if this … has a length less than 2."
    if len(points) < 2:
        raise InvalidStateError(f"a value curve of {len(points)} values: at least 2 are needed")
    return points

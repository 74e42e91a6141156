"""AudioParam: a value that changes in time.

https://webaudio.github.io/web-audio-api/#AudioParam
"""

from __future__ import annotations

from collections.abc import Callable
from math import isfinite
from typing import TYPE_CHECKING, Any, Final, Literal, SupportsFloat, overload

import numpy as np

from audiograph.errors import InvalidStateError
from audiograph.host import NodeHost
from audiograph.render.timeline import Event, LinearRamp, SetValue, Timeline
from audiograph.render.vertex import ParamPort, Vertex

if TYPE_CHECKING:
    from audiograph.node import AudioNode

AutomationRate = Literal["a-rate", "k-rate"]

MOST_POSITIVE: Final = float(np.finfo(np.float32).max)
MOST_NEGATIVE: Final = -MOST_POSITIVE

Limit = float | Callable[[NodeHost, Any], float]
"""A bound of a nominal range, or how to tell it from the context and the node's options."""


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
        self._timeline = Timeline(self._default)
        self._current = self._default
        self._set_at: int | None = None
        self._port = ParamPort(
            self._default, self._default, self._minimum, self._maximum, k_rate=rate == "k-rate"
        )
        self._vertex: Vertex | None = None
        self._initial = value

    def _attach(self, vertex: Vertex) -> None:
        """Take note of the vertex that the parameter belongs to, and set its first value."""
        self._vertex = vertex
        if self._initial != self._default:
            self.value = self._initial

    @property
    def value(self) -> float:
        """The value at the start of the last rendered quantum, without what is connected.

        Setting it is `set_value_at_time(value, context.current_time)`. Raises TypeError for what is
        no finite number.
        """
        host = self._host
        with host._lock:
            frame = host._renderer.frame
            if frame and self._set_at != frame and not self._timeline.is_empty():
                last = frame - host.render_quantum_size
                value = self._timeline.value_at(last, host.sample_rate)
                self._current = float(np.float32(value))
                self._set_at = frame
            return self._current

    @value.setter
    def value(self, value: float) -> None:
        value = _finite(value)
        with self._host._lock:
            self.set_value_at_time(value, self._host.current_time)
            self._current = value
            self._set_at = self._host._renderer.frame

    @property
    def automation_rate(self) -> AutomationRate:
        """How often the value is computed: "a-rate" for every frame, "k-rate" once a quantum.

        Raises InvalidStateError where the node does not allow the change.
        """
        return self._rate

    @automation_rate.setter
    def automation_rate(self, rate: AutomationRate) -> None:
        if rate not in ("a-rate", "k-rate"):
            raise TypeError(f"automation_rate is 'a-rate' or 'k-rate', not {rate!r}")
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
        """The value at first."""
        return self._default

    @property
    def min_value(self) -> float:
        """The lower end of the nominal range."""
        return self._minimum

    @property
    def max_value(self) -> float:
        """The upper end of the nominal range."""
        return self._maximum

    def set_value_at_time(self, value: float, start_time: float) -> AudioParam:
        """Have the value jump to `value` at `start_time`, in seconds of the context.

        A time that has passed counts as now. Raises ValueError for a time that is negative or not
        finite, TypeError for a value that is no finite number.

        https://webaudio.github.io/web-audio-api/#dom-audioparam-setvalueattime
        """
        return self._schedule(SetValue(self._time("start_time", start_time), _finite(value)))

    def linear_ramp_to_value_at_time(self, value: float, end_time: float) -> AudioParam:
        """Have the value run in a straight line from the previous event to `value` at `end_time`.

        Without a previous event the line begins now, at the current value. A time that has passed
        counts as now. Raises as `set_value_at_time` does.

        https://webaudio.github.io/web-audio-api/#dom-audioparam-linearramptovalueattime
        """
        with self._host._lock:
            time = self._time("end_time", end_time)
            value = _finite(value)
            # "If there is no event preceding this event, the linear ramp behaves as if
            # setValueAtTime(value, currentTime) were called …"
            if not self._timeline.has_event_until(time):
                self._schedule(SetValue(self._host.current_time, self.value))
            return self._schedule(LinearRamp(time, value))

    def _schedule(self, event: Event) -> AudioParam:
        assert self._vertex is not None
        host = self._host
        with host._lock:
            self._timeline.forget_before(
                max(0, host._renderer.frame - host.render_quantum_size) / host.sample_rate
            )
            self._timeline.insert(event)
            self._set_at = self._set_at if self._set_at == host._renderer.frame else None
            host._post(self._vertex.automate, self._name, event, host.current_time)
        return self

    def _time(self, name: str, time: float) -> float:
        """Check a time and move it to now where it has passed."""
        if not isfinite(time) or time < 0:
            raise ValueError(f"{name} is {time}: a finite time of 0 seconds or more is needed")
        return max(float(time), self._host.current_time)


class Param:
    """Declares a parameter of a node class; its default is the option of the same name.

    Parameters
    ----------
    unit : str
        What the number counts.
    minimum, maximum : float or callable
        The nominal range, or a function of (context, options) that tells it.
    rate : str
        The automation rate at first.
    fixed_rate : bool
        Whether the node forbids another one.
    """

    def __init__(
        self,
        *,
        unit: str,
        minimum: Limit = MOST_NEGATIVE,
        maximum: Limit = MOST_POSITIVE,
        rate: AutomationRate = "a-rate",
        fixed_rate: bool = False,
    ) -> None:
        self.unit = unit
        self.minimum = minimum
        self.maximum = maximum
        self.rate: AutomationRate = rate
        self.fixed_rate = fixed_rate
        self.name = ""

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name
        self.__doc__ = f"AudioParam, in {self.unit}."

    @overload
    def __get__(self, node: None, owner: type) -> Param: ...
    @overload
    def __get__(self, node: AudioNode[Any], owner: type) -> AudioParam: ...
    def __get__(self, node: AudioNode[Any] | None, owner: type) -> Param | AudioParam:
        return self if node is None else node._params[self.name]

    def __set__(self, node: AudioNode[Any], value: object) -> None:
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
            minimum=_limit(self.minimum, host, options),
            maximum=_limit(self.maximum, host, options),
            rate=self.rate,
            rate_error=error if self.fixed_rate else None,
        )


def _limit(limit: Limit, host: NodeHost, options: object) -> float:
    return limit(host, options) if callable(limit) else limit


def _finite(value: float) -> float:
    """Round to what a float32 holds; raise TypeError for what is no finite number."""
    if isinstance(value, SupportsFloat):
        with np.errstate(over="ignore"):
            rounded = float(np.float32(value))
        if isfinite(rounded):
            return rounded
    raise TypeError(f"the value of a parameter is a finite number, not {value!r}")

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from audiograph.render.timeline import LinearRamp, SetValue, Timeline

RATE = 1000.0


class Scheduled(NamedTuple):
    ramp: bool
    time: float
    value: float

    def event(self) -> SetValue | LinearRamp:
        return (LinearRamp if self.ramp else SetValue)(self.time, self.value)


def value_at(events: list[Scheduled], initial: float, time: float) -> float:
    """The value at one time, from the specification's text and nothing else."""
    ordered = sorted(events, key=lambda event: event.time)  # equal times in the order of the calls
    before = [event for event in ordered if event.time <= time]
    after = [event for event in ordered if event.time > time]
    if not before:
        return initial
    # SetValue: the value; a ramp that is over: "for t >= T1, v(t) = V1".
    last = before[-1]
    if not after or not after[0].ramp:
        return last.value
    # A ramp to come: in a straight line from the event before.
    ramp = after[0]
    part = (time - last.time) / (ramp.time - last.time)
    return last.value + (ramp.value - last.value) * part


times = st.one_of(
    st.integers(0, 300).map(lambda frame: frame / RATE), st.floats(0, 0.3, allow_nan=False)
)
schedules = st.lists(
    st.builds(Scheduled, st.booleans(), times, st.floats(-10, 10, allow_nan=False)), max_size=8
)


@given(events=schedules, start=st.integers(0, 300), step=st.sampled_from([1, 1, 7, 128]))
def test_the_timeline_equals_its_pointwise_definition(
    events: list[Scheduled], start: int, step: int
) -> None:
    timeline = Timeline(0.5)
    for event in events:
        timeline.insert(event.event())
    expected = [value_at(events, 0.5, (start + step * k) / RATE) for k in range(100)]
    values = np.broadcast_to(timeline.values(start, 100, step, RATE), 100)
    np.testing.assert_allclose(values, expected, rtol=1e-12, atol=1e-9)


@given(events=schedules, cut=st.integers(0, 300))
def test_forgetting_the_past_leaves_the_future_as_it_was(events: list[Scheduled], cut: int) -> None:
    whole, short = Timeline(0.5), Timeline(0.5)
    for event in events:
        whole.insert(event.event())
        short.insert(event.event())
    short.forget_before(cut / RATE)
    np.testing.assert_array_equal(
        np.broadcast_to(whole.values(cut, 50, 1, RATE), 50),
        np.broadcast_to(short.values(cut, 50, 1, RATE), 50),
    )


@given(events=schedules, cut=st.integers(0, 300))
def test_a_timeline_that_says_it_is_constant_is(events: list[Scheduled], cut: int) -> None:
    timeline = Timeline(0.5)
    for event in events:
        timeline.insert(event.event())
    if timeline.is_constant_from(cut / RATE):
        values = np.broadcast_to(timeline.values(cut, 400, 1, RATE), 400)
        assert set(values.tolist()) == {timeline.value_at(cut, RATE)}
    else:
        assert any(event.time > cut / RATE for event in events)


def test_a_block_in_which_nothing_changes_is_a_number() -> None:
    timeline = Timeline(0.5)
    assert timeline.values(0, 100, 1, RATE) == 0.5
    timeline.insert(SetValue(1.0, 2.0))
    timeline.insert(SetValue(3.0, 4.0))
    assert timeline.values(0, 1000, 1, RATE) == 0.5
    assert timeline.values(1000, 2000, 1, RATE) == 2.0
    assert isinstance(timeline.values(500, 1000, 1, RATE), np.ndarray)
    assert timeline.values(3000, 10, 128, RATE) == 4.0


def test_events_of_the_same_time_take_effect_in_the_order_of_the_calls() -> None:
    timeline = Timeline(0.0)
    for event in (SetValue(0.1, 1.0), LinearRamp(0.1, 2.0), SetValue(0.1, 3.0)):
        timeline.insert(event)
    assert timeline.value_at(100, RATE) == 3.0


def test_what_has_passed_is_forgotten() -> None:
    timeline = Timeline(0.0)
    for frame in range(10_000):
        timeline.insert(SetValue(frame / RATE, float(frame)))
        timeline.forget_before(frame / RATE)
    assert len(timeline._events) == 1
    assert timeline.value_at(10_000, RATE) == 9999.0

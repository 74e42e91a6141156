from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

import numpy as np
import pytest
from automation import Automation, OverlapError, Scheduled
from hypothesis import given
from hypothesis import strategies as st

from audiograph.render.timeline import (
    Event,
    ExponentialRamp,
    LinearRamp,
    SetTarget,
    SetValue,
    Timeline,
    ValueCurve,
)

RATE = 1000.0
QUANTUM = 4


def event_of(told: Scheduled) -> tuple[Event, ...]:
    """Return the events that the timeline is told for one of the plain automation."""
    time, value = told.time, told.value
    if told.kind == "linear":
        return (LinearRamp(time, value),)
    if told.kind == "exponential":
        return (ExponentialRamp(time, value),)
    if told.kind == "target" and told.constant:
        return (SetTarget(time, value, told.constant),)
    if told.kind == "curve":
        end = time + told.duration
        points = np.array(told.points, np.float32)
        return ValueCurve(time, told.duration, end, points), SetValue(end, told.points[-1])
    return (SetValue(time, value),)


def quanta(most: int) -> st.SearchStrategy[int]:
    """Return the first frames of the first quanta."""
    return st.integers(0, most).map(lambda number: number * QUANTUM)


times = st.one_of(
    st.integers(0, 300).map(lambda frame: frame / RATE), st.floats(0, 0.3, allow_nan=False)
)
values = st.floats(-10, 10, width=32, allow_nan=False)
durations = st.one_of(
    st.integers(1, 100).map(lambda frames: frames / RATE), st.floats(1e-6, 0.1, allow_nan=False)
)
curves = st.lists(values, min_size=2, max_size=9).map(tuple)
constants = st.one_of(st.just(0.0), st.floats(2.0**-20, 1, width=32))
told_events = st.one_of(
    st.builds(Scheduled, st.sampled_from(["value", "linear"]), times, values),
    st.builds(Scheduled, st.just("exponential"), times, values.filter(bool)),
    st.builds(Scheduled, st.just("target"), times, values, constants),
    st.builds(
        lambda time, points, duration: Scheduled("curve", time, 0, 0, points, duration),
        times,
        curves,
        durations,
    ),
)
schedules = st.lists(told_events, max_size=10)


def make(told: Iterable[Scheduled]) -> tuple[Timeline, Automation]:
    """Return a timeline, and its plain definition, with those events that don't overlap."""
    timeline, plain = Timeline(0.5, RATE, QUANTUM), Automation(0.5, RATE, QUANTUM)
    if told := list(told):
        # What precedes every ramp.
        told.insert(0, Scheduled("value", 0.0, 0.5))
    for each in told:
        try:
            plain.schedule(each, 0.0)
        except OverlapError:
            continue
        timeline.insert(*event_of(each))
    return timeline, plain


def spread(got: np.ndarray | float, count: int) -> np.ndarray:
    return np.broadcast_to(np.asarray(got, np.float32), count)


@given(told=schedules, start=st.integers(0, 300), step=st.sampled_from([1, 1, 7, 128]))
def test_the_timeline_equals_its_pointwise_definition(
    told: list[Scheduled], start: int, step: int
) -> None:
    timeline, plain = make(told)
    at = start + step * np.arange(100)
    got = spread(timeline.values(start, 100, step), 100)
    expected = [plain.value_of(int(frame)) for frame in at]
    np.testing.assert_allclose(got, expected, rtol=3e-6, atol=1e-5)
    np.testing.assert_allclose(
        [timeline.value_at(float(time)) for time in at / RATE],
        [plain.value_at(float(time)) for time in at / RATE],
        rtol=1e-7,
        atol=1e-7,
    )


@given(told=schedules, start=quanta(75), cuts=st.sets(quanta(99), max_size=6))
def test_blocks_of_any_length_hold_the_same_values(
    told: list[Scheduled], start: int, cuts: set[int]
) -> None:
    timeline, _ = make(told)
    whole = spread(timeline.values(start, 400, 1), 400)
    ends = [0, *sorted(cuts - {0}), 400]
    for first, last in pairwise(ends):
        timeline.forget_before((start + first) / RATE)
        got = spread(timeline.values(start + first, last - first, 1), last - first)
        np.testing.assert_array_equal(got, whole[first:last])


@given(told=schedules, cut=st.integers(0, 300), step=st.sampled_from([1, 16]))
def test_a_timeline_that_says_it_is_constant_is(told: list[Scheduled], cut: int, step: int) -> None:
    timeline, _ = make(told)
    got = timeline.values(cut, 100, step)
    if timeline.is_constant_from(cut):
        assert isinstance(got, float)
        assert got == timeline.value_at(cut / RATE) == timeline.value_at(cut / RATE + 9)


@given(
    told=schedules,
    more=told_events,
    hold=st.booleans(),
    time=times,
    asked=st.integers(0, 300),
    start=st.integers(0, 300),
)
def test_what_is_cancelled_is_gone_and_what_is_held_stays(
    told: list[Scheduled], more: Scheduled, hold: bool, time: float, asked: int, start: int
) -> None:
    timeline, plain = make(told)
    # Nothing that was computed before may stay behind.
    timeline.values(asked, 50, 1)
    for each in (timeline, plain):
        (each.cancel_and_hold if hold else each.cancel)(time)  # type: ignore[attr-defined]
    if plain.events:
        try:
            plain.schedule(more, 0.0)
        except OverlapError:
            pass
        else:
            timeline.insert(*event_of(more))
    expected = [plain.value_of(start + k) for k in range(100)]
    got = spread(timeline.values(start, 100, 1), 100)
    np.testing.assert_allclose(got, expected, rtol=3e-6, atol=1e-5)


@given(told=schedules, start=st.integers(0, 300))
def test_a_timeline_becomes_what_another_one_is(told: list[Scheduled], start: int) -> None:
    timeline, _ = make(told)
    timeline.forget_before(start / RATE)
    other = Timeline(-1.0, RATE, QUANTUM)
    other.insert(SetValue(0.0, 3.0))
    other.values(0, 100, 1)
    other.become(timeline.state)
    np.testing.assert_array_equal(
        spread(other.values(start, 100, 1), 100), spread(timeline.values(start, 100, 1), 100)
    )


def test_a_block_in_which_nothing_changes_is_a_number() -> None:
    timeline = Timeline(0.5, RATE, QUANTUM)
    assert timeline.values(0, 100, 1) == 0.5
    timeline.insert(SetValue(1.0, 2.0))
    timeline.insert(SetValue(3.0, 4.0))
    assert timeline.values(0, 1000, 1) == 0.5
    assert timeline.values(1000, 2000, 1) == 2.0
    assert isinstance(timeline.values(500, 1000, 1), np.ndarray)
    assert timeline.values(3000, 10, 128) == 4.0


@pytest.mark.parametrize(
    ("kind", "frame", "left"),
    [
        # Within a quantum, and where one begins; on a frame, and between two of them.
        ("linear", 10, 10),
        ("linear", 10.4, 10),
        ("linear", 12, 12),
        ("linear", 11.5, 11),
        ("exponential", 10.4, 10.4),
        ("exponential", 12, 12),
        ("exponential", 11.5, 11),
        ("target", 9, 8),
        ("target", 9.5, 9),
        ("target", 8, 8),
        ("target", 7.5, 7),
        ("value", 10.4, 10.4),
    ],
)
def test_a_target_is_approached_from_what_browsers_have_computed_last(
    kind: str, frame: float, left: float
) -> None:
    time = frame / RATE
    before, first = {
        "linear": (LinearRamp(time, 0.5), 2 - 1.5 * left / frame),
        "exponential": (ExponentialRamp(time, 0.5), 2 * 0.25 ** (left / frame)),
        "target": (SetTarget(0.0, 0.5, 0.01), 0.5 + 1.5 * np.exp(-left / 10)),
        "value": (SetValue(time, 0.5), 0.5),
    }[kind]
    timeline = Timeline(2.0, RATE, QUANTUM)
    for event in (SetValue(0.0, 2.0), before, SetTarget(time, 3.0, 0.005)):
        timeline.insert(event)
    n = np.arange(np.ceil(frame), 40)
    np.testing.assert_allclose(
        spread(timeline.values(int(n[0]), len(n), 1), len(n)),
        3 + (first - 3) * np.exp(-(n - frame) / 5),
        rtol=1e-6,
    )


def test_a_target_that_rounding_has_begin_before_its_frame_begins_between_frames() -> None:
    rate = 22050.0
    frame = next(n for n in range(1, 2000) if n / rate * rate < n)
    timeline = Timeline(2.0, rate, 1024)
    end = frame / rate
    for event in (SetValue(0.0, 2.0), LinearRamp(end, 0.5), SetTarget(end, 3.0, 0.005)):
        timeline.insert(event)
    assert timeline.values(frame, 1, 1) == pytest.approx(2 - 1.5 * (frame - 1) / frame)


@pytest.mark.parametrize("target", [0.0, 1e-6, 3.0, -0.99, 1.00001])
def test_a_target_is_reached_at_the_start_of_a_quantum(target: float) -> None:
    timeline = Timeline(1.0, RATE, QUANTUM)
    timeline.insert(SetTarget(0.0, target, 0.1))
    plain = target + (1 - target) * np.exp(-np.arange(2000) / (0.1 * RATE))
    near = np.exp(-10) * (abs(plain) if target else np.ones(2000))
    # In ten time constants at the latest.
    near[1000:] = np.inf
    arrived = -(-int(np.argmax(abs(plain - target) <= near)) // QUANTUM) * QUANTUM
    got = spread(timeline.values(0, 2000, 1), 2000)
    np.testing.assert_allclose(got[:arrived], plain[:arrived], rtol=1e-6)
    assert (got[arrived:] == np.float32(target)).all()
    assert timeline.is_constant_from(arrived)
    assert not arrived or not timeline.is_constant_from(arrived - 1)
    assert timeline.values(arrived, 100, 1) == target


@pytest.mark.parametrize("seconds", [1e-300, 1e-45, 1e-20, 1e-9, 3e38, 1e300])
@pytest.mark.parametrize("kind", [LinearRamp, ExponentialRamp])
def test_the_steepest_and_the_longest_ramps_are_numbers(kind, seconds: float) -> None:
    largest = float(np.finfo(np.float32).max)
    timeline = Timeline(1.0, RATE, QUANTUM)
    timeline.insert(SetValue(0.0, 1e-45))
    timeline.insert(kind(seconds, largest))
    got = spread(timeline.values(0, 10, 1), 10)
    assert got[0] == pytest.approx(0, abs=1e-44)
    assert (got[1:] == largest).all() if seconds < 1 else np.isfinite(got).all()


@pytest.mark.parametrize("constant", [1e-45, 1e-30, 3e38])
def test_the_shortest_and_the_longest_time_constants_are_numbers(constant: float) -> None:
    timeline = Timeline(1.0, RATE, QUANTUM)
    timeline.insert(SetTarget(0.0005, 2.0, constant))
    got = spread(timeline.values(0, 10, 1), 10)
    np.testing.assert_allclose(got, [1.0, *[2.0 if constant < 1 else 1.0] * 9])


@pytest.mark.parametrize("step", [1, QUANTUM])
@pytest.mark.parametrize("constant", [1e-45, 1e-30, 1e-9, 1e-6, 1e-5, 1e-3, 0.1])
def test_a_target_is_approached_from_a_quantum_s_start_that_is_rounded_to_behind_it(
    constant: float, step: int
) -> None:
    rate = 48000.0
    frame = next(frame for frame in range(0, 4000, QUANTUM) if frame / rate * rate > frame)
    timeline = Timeline(1.0, rate, QUANTUM)
    timeline.insert(SetTarget(frame / rate, 2.0, constant))
    got = spread(timeline.values(frame, 40, step), 40)
    seconds = step / rate * np.arange(40)
    np.testing.assert_allclose(got, 2 - np.exp(-seconds / constant), rtol=1e-4)


def test_a_curve_without_end_never_leaves_its_beginning() -> None:
    timeline = Timeline(0.0, RATE, QUANTUM)
    timeline.insert(ValueCurve(0.0, 1e308, 1e308, np.array([1, 2], np.float32)))
    np.testing.assert_array_equal(spread(timeline.values(0, 10, 1), 10), 1)


def test_events_of_the_same_time_take_effect_in_the_order_of_the_calls() -> None:
    timeline = Timeline(0.0, RATE, QUANTUM)
    for event in (SetValue(0.1, 1.0), LinearRamp(0.1, 2.0), SetValue(0.1, 3.0)):
        timeline.insert(event)
    assert timeline.values(100, 1, 1) == 3.0


def test_what_has_passed_is_forgotten() -> None:
    timeline = Timeline(0.0, RATE, QUANTUM)
    for frame in range(10_000):
        timeline.insert(SetValue(frame / RATE, float(frame)))
        timeline.forget_before(frame / RATE)
    assert len(timeline._events) == 2
    assert timeline.value_at(10_000 / RATE) == 9999.0


def test_events_are_busy_until_they_are_dropped() -> None:
    def busy(*events: Event) -> tuple[float, float]:
        timeline = Timeline(0.0, RATE, QUANTUM)
        for event in events:
            timeline.insert(event)
        return timeline.busy_frames()

    assert busy() == (np.inf, -np.inf)
    assert busy(SetValue(0.1, 1.0)) == (100 - QUANTUM, 100)
    assert busy(SetValue(0.1, 1.0), LinearRamp(0.2, 2.0)) == (100 - QUANTUM, 200 + QUANTUM)
    # Ten time constants, in whole quanta.
    assert busy(SetTarget(0.1, 1.0, 0.01)) == (100 - QUANTUM, 200)


def test_what_is_forgotten_still_counts_as_busy() -> None:
    timeline = Timeline(0.0, RATE, QUANTUM)
    for event in (SetValue(0.1, 1.0), SetValue(0.2, 2.0)):
        timeline.insert(event)
    before = timeline.busy_frames()
    timeline.forget_before(0.3)
    assert len(timeline.state.events) == 1
    _, end = timeline.busy_frames()
    assert end == before[1]

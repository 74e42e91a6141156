from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from automation import Automation, OverlapError, Scheduled, rounded
from hypothesis import given
from hypothesis import strategies as st
from rendered import RATE, render, samples_of

from audiograph import (
    AudioParam,
    ConstantSourceNode,
    GainNode,
    InvalidStateError,
    NotSupportedError,
    OfflineAudioContext,
    StereoPannerNode,
)


@pytest.fixture
def context() -> OfflineAudioContext:
    return OfflineAudioContext(sample_rate=RATE)


@pytest.fixture
def param(context: OfflineAudioContext) -> AudioParam:
    source = ConstantSourceNode(context)
    source.start()
    source.connect(context.destination)
    context.kept = source  # type: ignore[attr-defined]
    return source.offset


def heard(context: OfflineAudioContext, frames: int = 128) -> np.ndarray:
    return samples_of(context.start_rendering(frames))[0]


def test_it_shows_its_name_and_value(context) -> None:
    assert repr(GainNode(context, gain=0.25).gain) == "<AudioParam gain: 0.25>"


def test_the_value_is_rounded_to_a_float32(param: AudioParam) -> None:
    param.value = 0.1
    assert param.value == float(np.float32(0.1))
    param.value = 3.4028235e38
    assert param.value == param.max_value


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 1e39, "1", None, [1]])
def test_what_is_no_finite_number_changes_nothing(context, param: AudioParam, value) -> None:
    with pytest.raises(TypeError, match=r"^offset is a finite number"):
        param.value = value
    with pytest.raises(TypeError, match=r"^offset is a finite number"):
        param.set_value_at_time(value, 0)
    with pytest.raises(TypeError, match=r"^offset is a finite number"):
        param.linear_ramp_to_value_at_time(value, 1)
    with pytest.raises(TypeError, match=r"^offset is a finite number"):
        param.exponential_ramp_to_value_at_time(value, 1)
    with pytest.raises(TypeError, match=r"^offset is a finite number"):
        param.set_target_at_time(value, 0, 1)
    with pytest.raises(TypeError, match=r"^values is "):
        param.set_value_curve_at_time([1, value], 0, 1)
    assert param.value == 1
    assert (heard(context) == 1).all()


@pytest.mark.parametrize("time", [-1e-9, -1, np.nan, np.inf])
def test_a_time_that_is_none_changes_nothing(context, param: AudioParam, time: float) -> None:
    calls: list[Callable[[], object]] = [
        lambda: param.set_value_at_time(5, time),
        lambda: param.linear_ramp_to_value_at_time(5, time),
        lambda: param.exponential_ramp_to_value_at_time(5, time),
        lambda: param.set_target_at_time(5, time, 1),
        lambda: param.set_target_at_time(5, 0, time),
        lambda: param.set_value_curve_at_time([5, 6], time, 1),
        lambda: param.set_value_curve_at_time([5, 6], 0, time),
        lambda: param.cancel_scheduled_values(time),
        lambda: param.cancel_and_hold_at_time(time),
    ]
    for call in calls:
        with pytest.raises(ValueError, match="finite time"):
            call()
    assert (heard(context) == 1).all()


@pytest.mark.parametrize("value", [0, -0.0, 1e-100, -1e-50])
def test_no_exponential_ramp_ends_at_zero(context, param: AudioParam, value: float) -> None:
    with pytest.raises(ValueError, match="exponential"):
        param.exponential_ramp_to_value_at_time(value, 0)
    assert (heard(context) == 1).all()


def test_a_time_constant_is_a_float32(context, param: AudioParam) -> None:
    with pytest.raises(ValueError, match="float32"):
        param.set_target_at_time(2, 0, 1e39)
    param.set_target_at_time(2, 0, 1e-50)
    assert (heard(context) == 2).all()


def test_a_value_curve_takes_time_and_two_values(context, param: AudioParam) -> None:
    with pytest.raises(ValueError, match="duration"):
        param.set_value_curve_at_time([5, 6], 0, 0)
    for values in ([], [5], np.array([5.0])):
        with pytest.raises(InvalidStateError, match="at least 2"):
            param.set_value_curve_at_time(values, 0, 1)
    for values in ([[5, 6], [7, 8]], [5, [6]], 5, "56", ["5", "6"], [5, 6j], [5, None]):
        with pytest.raises(TypeError):
            param.set_value_curve_at_time(values, 0, 1)
    assert (heard(context) == 1).all()


def test_methods_return_the_parameter(param: AudioParam) -> None:
    assert param.set_value_at_time(1, 0) is param
    assert param.linear_ramp_to_value_at_time(1, 1) is param
    assert param.exponential_ramp_to_value_at_time(1, 1) is param
    assert param.set_target_at_time(1, 1, 1) is param
    assert param.set_value_curve_at_time([1, 2], 1, 1) is param
    assert param.cancel_scheduled_values(1) is param
    assert param.cancel_and_hold_at_time(1) is param


def test_setting_the_value_takes_effect_with_the_next_quantum(context, param: AudioParam) -> None:
    param.value = 0.5
    assert (heard(context) == 0.5).all()
    param.value = 0.25
    assert param.value == 0.25
    assert (heard(context) == 0.25).all()


def test_the_value_is_that_at_the_start_of_the_last_quantum(context, param: AudioParam) -> None:
    param.linear_ramp_to_value_at_time(11, 1280 / RATE)
    assert param.value == 1
    heard(context, 128)
    assert param.value == 1
    heard(context, 128)
    assert param.value == 2
    heard(context, 12800)
    assert param.value == 11


def test_what_is_scheduled_for_now_is_not_the_value_before_it_is_rendered(
    context, param: AudioParam
) -> None:
    param.set_value_at_time(7, 0)
    assert param.value == 1
    heard(context)
    assert param.value == 7


def test_what_is_connected_is_not_part_of_the_value(context, param: AudioParam) -> None:
    other = ConstantSourceNode(context)
    other.start()
    other.connect(param)
    assert (heard(context) == 2).all()
    assert param.value == 1


def test_a_ramp_begins_at_the_event_before(context, param: AudioParam) -> None:
    param.set_value_at_time(2, 64 / RATE).linear_ramp_to_value_at_time(3, 128 / RATE)
    out = heard(context)
    np.testing.assert_allclose(out[:64], 1)
    np.testing.assert_allclose(out[64:], 2 + np.arange(64) / 64, rtol=1e-6)


def test_a_ramp_without_an_event_before_begins_now(context, param: AudioParam) -> None:
    heard(context)
    param.linear_ramp_to_value_at_time(2, 256 / RATE)
    np.testing.assert_allclose(heard(context), 1 + np.arange(128) / 128, rtol=1e-6)
    assert (heard(context) == 2).all()


def test_an_event_before_the_ramp_may_be_added_later(context, param: AudioParam) -> None:
    param.set_value_at_time(0, 0).linear_ramp_to_value_at_time(1, 128 / RATE)
    param.set_value_at_time(5, 64 / RATE)
    out = heard(context)
    np.testing.assert_allclose(out[:64], 0)
    np.testing.assert_allclose(out[64:], 5 - 4 * np.arange(64) / 64, rtol=1e-6)


def test_a_time_that_has_passed_is_now(context, param: AudioParam) -> None:
    heard(context)
    param.set_value_at_time(3, 0.0001)
    assert (heard(context) == 3).all()


def test_a_ramp_to_a_time_that_has_passed_is_a_jump(context, param: AudioParam) -> None:
    heard(context)
    param.linear_ramp_to_value_at_time(3, 0)
    assert (heard(context) == 3).all()


def test_the_sum_is_clamped_where_it_is_used(context: OfflineAudioContext) -> None:
    delay = context.create_delay(128 / RATE)
    assert (delay.delay_time.min_value, delay.delay_time.default_value) == (0, 0)
    delay.delay_time.value = 99
    assert delay.delay_time.value == delay.delay_time.max_value
    delay.delay_time.value = -5
    assert delay.delay_time.value == 0
    source = ConstantSourceNode(context)
    source.start()
    source.connect(delay).connect(context.destination)
    assert (heard(context) == 1).all()


def test_a_sum_without_bounds_is_the_largest_number(context, param: AudioParam) -> None:
    other = ConstantSourceNode(context, offset=3e38)
    other.start()
    other.connect(param)
    param.set_value_at_time(3e38, 64 / RATE)
    out = heard(context)
    assert (out[:64] == np.float32(3e38)).all()
    assert (out[64:] == param.max_value).all()


def test_automation_that_is_no_number_is_the_default(context: OfflineAudioContext) -> None:
    # From one end of the range to the other is more than a float32 holds.
    largest = float(np.finfo(np.float32).max)
    points = [-largest, largest, -largest, largest]
    source, delay = ConstantSourceNode(context), context.create_delay(0.001)
    gain = GainNode(context)
    for param in (delay.delay_time, gain.gain):
        param.set_value_curve_at_time(points, 0, 0.01)
    source.start()
    source.connect(delay).connect(context.destination)
    source.connect(gain).connect(context.destination)
    assert not np.isnan(heard(context, 1024)).any()
    gain.disconnect()
    delay.delay_time.cancel_scheduled_values(0)
    assert (heard(context) == 1).all()


def test_the_automation_runs_as_if_there_were_no_clamping() -> None:
    def graph(context: OfflineAudioContext) -> None:
        source, delay = ConstantSourceNode(context), context.create_delay(256 / RATE)
        source.offset.set_value_at_time(0, 0).linear_ramp_to_value_at_time(1, 1024 / RATE)
        delay.delay_time.set_value_at_time(0, 0)
        delay.delay_time.linear_ramp_to_value_at_time(1024 / RATE, 1024 / RATE)
        source.start()
        source.connect(delay).connect(context.destination)

    n = np.arange(1024)
    expected = np.maximum(0, (n - np.minimum(n, 256)) / 1024)
    np.testing.assert_allclose(render(graph, 1024)[0], expected, atol=1e-5)


def test_values_set_again_and_again_are_not_all_remembered(context, param: AudioParam) -> None:
    for i in range(1000):
        param.value = i
        heard(context)
    context._renderer.read_messages()
    assert len(param._timeline._events) < 5
    assert len(param._port.timeline._events) < 5


def test_values_of_a_silent_node_are_not_all_remembered(context) -> None:
    gain = GainNode(context)
    gain.connect(context.destination)
    for i in range(1000):
        gain.gain.value = i
        heard(context)
    context._renderer.read_messages()
    assert len(gain.gain._port.timeline._events) < 5


N = np.arange(128)


def test_an_exponential_ramp_runs_in_equal_ratios(context, param: AudioParam) -> None:
    param.set_value_at_time(2, 0).exponential_ramp_to_value_at_time(8, 64 / RATE)
    out = heard(context)
    np.testing.assert_allclose(out[:64], 2 * 4 ** (N[:64] / 64), rtol=1e-6)
    assert (out[64:] == 8).all()


@pytest.mark.parametrize("first", [0, -1])
def test_an_exponential_ramp_that_would_cross_zero_is_a_jump(
    context, param: AudioParam, first: float
) -> None:
    param.set_value_at_time(first, 0).exponential_ramp_to_value_at_time(8, 64 / RATE)
    out = heard(context)
    assert (out[:64] == first).all()
    assert (out[64:] == 8).all()


def test_a_target_is_approached_until_the_next_event(context, param: AudioParam) -> None:
    param.set_target_at_time(3, 32 / RATE, 16 / RATE).set_value_at_time(5, 96 / RATE)
    out = heard(context)
    assert (out[:32] == 1).all()
    np.testing.assert_allclose(out[32:96], 3 - 2 * np.exp(-N[:64] / 16), rtol=1e-6)
    assert (out[96:] == 5).all()


def test_a_time_constant_of_zero_is_a_jump(context, param: AudioParam) -> None:
    param.set_target_at_time(3, 32 / RATE, 0).linear_ramp_to_value_at_time(4, 96 / RATE)
    out = heard(context)
    assert (out[:32] == 1).all()
    np.testing.assert_allclose(out[32:96], 3 + N[:64] / 64, rtol=1e-6)


def test_a_ramp_replaces_a_target_that_has_not_begun(context, param: AudioParam) -> None:
    param.set_target_at_time(3, 32 / RATE, 16 / RATE).linear_ramp_to_value_at_time(2, 96 / RATE)
    out = heard(context)
    assert (out[:32] == 1).all()
    np.testing.assert_allclose(out[32:96], 1 + N[:64] / 64, rtol=1e-6)
    assert (out[96:] == 2).all()


def test_a_ramp_begins_now_where_a_target_is_being_approached(context, param: AudioParam) -> None:
    param.set_target_at_time(3, 0, 256 / RATE)
    np.testing.assert_allclose(heard(context), 3 - 2 * np.exp(-N / 256), rtol=1e-6)
    now = 3 - 2 * np.exp(-0.5)
    param.linear_ramp_to_value_at_time(0, 256 / RATE)
    np.testing.assert_allclose(heard(context), now * (1 - N / 128), rtol=1e-5, atol=1e-6)


def test_a_curve_is_spread_over_its_time_and_leaves_its_last_value(
    context, param: AudioParam
) -> None:
    param.set_value_curve_at_time([1, 3, 2], 0, 64 / RATE)
    param.linear_ramp_to_value_at_time(4, 128 / RATE)
    out = heard(context)
    np.testing.assert_allclose(out[:64], np.interp(N[:64], [0, 32, 64], [1, 3, 2]), rtol=1e-6)
    np.testing.assert_allclose(out[64:], 2 + 2 * N[:64] / 64, rtol=1e-6)


def test_a_curve_is_copied(context, param: AudioParam) -> None:
    curve = np.full(4, 2, np.float32)
    param.set_value_curve_at_time(curve, 0, 1)
    curve[:] = 9
    assert (heard(context) == 2).all()


def test_nothing_is_scheduled_within_a_curve(context, param: AudioParam) -> None:
    param.set_value_curve_at_time([2, 2], 1, 1)
    calls: list[Callable[[float], object]] = [
        lambda time: param.set_value_at_time(5, time),
        lambda time: param.linear_ramp_to_value_at_time(5, time),
        lambda time: param.exponential_ramp_to_value_at_time(5, time),
        lambda time: param.set_target_at_time(5, time, 1),
        lambda time: param.set_value_curve_at_time([5, 5], time, 0.1),
    ]
    for call in calls:
        for time in (1, 1.5, 2 - 1e-9):
            with pytest.raises(NotSupportedError, match="curve"):
                call(time)
    for call in calls:
        call(2)
        param.cancel_scheduled_values(2 + 1e-9)
        param.cancel_scheduled_values(2)
        param.set_value_curve_at_time([2, 2], 1, 1)


def test_no_curve_is_scheduled_around_an_event(param: AudioParam) -> None:
    param.set_value_at_time(5, 1)
    with pytest.raises(NotSupportedError, match="scheduled for 1"):
        param.set_value_curve_at_time([2, 2], 0.5, 1)
    param.set_value_curve_at_time([2, 2], 0, 1)
    param.set_value_curve_at_time([2, 2], 1, 1)


def test_curves_may_follow_one_another_in_any_order(context, param: AudioParam) -> None:
    param.set_value_curve_at_time([3, 4], 64 / RATE, 64 / RATE)
    param.set_value_curve_at_time([1, 2], 0, 64 / RATE)
    out = heard(context)
    np.testing.assert_allclose(out[:64], 1 + N[:64] / 64, rtol=1e-6)
    np.testing.assert_allclose(out[64:], 3 + N[:64] / 64, rtol=1e-6)


def test_the_value_cannot_be_set_while_a_curve_runs(context, param: AudioParam) -> None:
    param.set_value_curve_at_time([2, 2], 0, 256 / RATE)
    with pytest.raises(NotSupportedError):
        param.value = 7
    assert param.value == 1
    heard(context)
    with pytest.raises(NotSupportedError):
        param.value = 7
    assert param.value == 2
    heard(context)
    param.value = 7
    assert (heard(context) == 7).all()


def test_a_cancelled_ramp_leaves_what_was_before(context, param: AudioParam) -> None:
    param.set_value_at_time(2, 0).linear_ramp_to_value_at_time(3, 256 / RATE)
    np.testing.assert_allclose(heard(context), 2 + N / 256, rtol=1e-6)
    param.cancel_scheduled_values(0)
    assert (heard(context) == 2).all()


def test_what_is_cancelled_before_it_was_heard_leaves_what_was_before(
    context, param: AudioParam
) -> None:
    param.set_value_at_time(2, 0).set_target_at_time(4, 0, 1).cancel_scheduled_values(0)
    assert (heard(context) == 1).all()


def test_a_value_that_was_set_stays_where_all_that_is_scheduled_is_removed() -> None:
    # "If automation events are removed …, then the paramIntrinsicValue value will remain unchanged"
    def graph(context: OfflineAudioContext) -> None:
        source = ConstantSourceNode(context, offset=3)
        source.start()
        source.connect(context.destination)
        source.offset.set_value_at_time(4, 0.001).cancel_scheduled_values(0)

        def change(_: object) -> None:
            source.offset.value = 5
            source.offset.cancel_scheduled_values(0)

        context.suspend(256 / RATE, change)

    np.testing.assert_array_equal(render(graph, 512)[0], np.repeat([3, 5], 256))


def test_a_value_that_was_set_now_stays_whatever_was_before_and_is_removed() -> None:
    def graph(context: OfflineAudioContext) -> None:
        source = ConstantSourceNode(context, offset=3)
        source.start()
        source.connect(context.destination)
        offset = source.offset
        offset.set_value_at_time(4, 0.001).linear_ramp_to_value_at_time(9, 1)

        def change(_: object) -> None:
            offset.value = 5
            offset.set_value_at_time(6, context.current_time)
            offset.cancel_scheduled_values(context.current_time)

        def cancel(_: object) -> None:
            # By now it is an event from before, which is not removed.
            offset.set_value_at_time(6, context.current_time)
            offset.cancel_scheduled_values(0)

        context.suspend(256 / RATE, change)
        context.suspend(384 / RATE, cancel)

    assert (render(graph, 512)[0, 256:] == 5).all()


@pytest.mark.parametrize("moved", [False, True])
def test_a_target_remains_where_the_ramp_behind_it_is_removed_or_moved_away(moved: bool) -> None:
    def graph(context: OfflineAudioContext) -> None:
        source = ConstantSourceNode(context)
        source.start()
        source.connect(context.destination)
        source.offset.set_target_at_time(3, 0, 256 / RATE)

        def change(_: object) -> None:
            source.offset.linear_ramp_to_value_at_time(1, 700 / RATE)
            if moved:
                source.offset.set_value_at_time(9, 512 / RATE)
            else:
                source.offset.cancel_scheduled_values(600 / RATE)

        context.suspend(256 / RATE, change)

    expected = 3 - 2 * np.exp(-np.arange(512) / 256)
    np.testing.assert_allclose(render(graph, 640)[0, :512], expected, rtol=1e-6)


def test_a_first_ramp_begins_at_the_value_that_is_read() -> None:
    # "value is the current value of the attribute", which is within the nominal range.
    def graph(context: OfflineAudioContext) -> None:
        source, panner = ConstantSourceNode(context), StereoPannerNode(context, pan=9)
        assert panner.pan.value == 1
        panner.pan.linear_ramp_to_value_at_time(0, 256 / RATE)
        source.start()
        source.connect(panner).connect(context.destination)

    x = 1 - np.arange(256) / 512
    np.testing.assert_allclose(render(graph, 256, channels=2)[1], np.sin(x * np.pi / 2), atol=1e-6)


@pytest.mark.parametrize("first", [True, False])
def test_an_event_is_due_at_the_frame_that_browsers_round_it_to(
    context, param: AudioParam, first: bool
) -> None:
    # 7 / 48000 · 48000 is rounded to more than 7, 9 / 48000 · 48000 is not.
    assert 7 / RATE * RATE > 7
    assert 9 / RATE * RATE == 9
    if not first:
        param.set_value_at_time(1, 0)
    param.set_value_at_time(7, 7 / RATE).set_value_at_time(9, 9 / RATE)
    np.testing.assert_array_equal(heard(context)[:10], [1] * 8 + [7, 9])


def test_the_first_event_is_due_on_time_where_a_quantum_begins(context, param: AudioParam) -> None:
    frame = next(n for n in range(128, 2**20, 128) if n / RATE * RATE > n)
    param.set_value_at_time(7, frame / RATE)
    np.testing.assert_array_equal(heard(context, frame + 128), [1] * frame + [7] * 128)


def test_values_set_while_no_time_passes_are_not_all_remembered(context, param: AudioParam) -> None:
    for value in range(1000):
        param.value = value
    context._renderer.read_messages()
    assert len(param._timeline._events) == len(param._port.timeline._events) == 1
    assert (heard(context) == 999).all()


def test_what_is_cancelled_is_not_part_of_the_value_that_was(context, param: AudioParam) -> None:
    param.set_value_at_time(2, 0).linear_ramp_to_value_at_time(4, 256 / RATE)
    heard(context, 256)
    param.linear_ramp_to_value_at_time(40, 512 / RATE)
    assert param.value == 3


@pytest.mark.parametrize("when", [0, 192 / RATE])
def test_a_value_is_held(context, param: AudioParam, when: float) -> None:
    param.set_value_at_time(2, 0).linear_ramp_to_value_at_time(4, 256 / RATE)
    heard(context)
    param.cancel_and_hold_at_time(when)
    last = max(0, int(when * RATE) - 128)
    out = heard(context)
    np.testing.assert_allclose(out[:last], 3 + N[:last] / 128, rtol=1e-6)
    np.testing.assert_allclose(out[last:], 3 + last / 128, rtol=1e-6)


quanta = st.integers(0, 40).map(lambda count: count * 4 / RATE)
moments = st.one_of(quanta, st.floats(0, 0.004, allow_nan=False))
levels = st.floats(-10, 10, width=32, allow_nan=False)
spans = st.one_of(quanta.filter(bool), st.floats(1e-6, 0.002))
calls = st.one_of(
    st.builds(Scheduled, st.sampled_from(["value", "linear"]), moments, levels),
    st.builds(Scheduled, st.just("exponential"), moments, levels.filter(bool)),
    st.builds(
        Scheduled, st.just("target"), moments, levels, st.floats(2.0**-20, 2.0**-7, width=32)
    ),
    st.builds(
        lambda time, points, span: Scheduled("curve", time, 0, 0, points, span),
        moments,
        st.lists(levels, min_size=2, max_size=5).map(tuple),
        spans,
    ),
    st.builds(Scheduled, st.sampled_from(["cancel", "hold", "set"]), moments, levels),
)


def call(param: AudioParam, told: Scheduled) -> None:
    time, value = told.time, told.value
    methods: dict[str, Callable[[], Any]] = {
        "value": lambda: param.set_value_at_time(value, time),
        "linear": lambda: param.linear_ramp_to_value_at_time(value, time),
        "exponential": lambda: param.exponential_ramp_to_value_at_time(value, time),
        "target": lambda: param.set_target_at_time(value, time, told.constant),
        "curve": lambda: param.set_value_curve_at_time(told.points, time, told.duration),
        "cancel": lambda: param.cancel_scheduled_values(time),
        "hold": lambda: param.cancel_and_hold_at_time(time),
        "set": lambda: setattr(param, "value", value),
    }
    methods[told.kind]()


def note(plain: Automation, told: Scheduled, now: float) -> None:
    if told.kind == "cancel":
        plain.cancel(max(now, told.time))
    elif told.kind == "hold":
        plain.cancel_and_hold(max(now, told.time))
    elif told.kind == "set":
        plain.set(told.value, now)
    else:
        plain.schedule(told, now)


@given(
    steps=st.lists(st.tuples(st.sampled_from([0, 0, 0, 1, 2, 9]), calls), min_size=1, max_size=8),
    rate=st.sampled_from(["a-rate", "k-rate"]),
)
def test_whatever_is_called_when_both_sides_do_as_the_plain_definition_does(
    steps: list[tuple[int, Scheduled]], rate: Any
) -> None:
    quantum = 4
    context = OfflineAudioContext(sample_rate=RATE, render_size_hint=quantum)
    source = ConstantSourceNode(context)
    source.start()
    source.connect(context.destination)
    source.offset.automation_rate = rate
    plain, frame = Automation(1, RATE, quantum), 0
    for count, told in (*steps, (9, Scheduled("set", 0, 0))):
        if count:
            at = frame + np.arange(count * quantum)
            if rate == "k-rate":
                at -= at % quantum
            expected = [plain.value_of(int(each)) for each in at]
            got = heard(context, count * quantum)
            np.testing.assert_allclose(got, expected, rtol=3e-7, atol=3e-6)
            frame += count * quantum
            plain.current = rounded(plain.value_at((frame - quantum) / RATE))
            np.testing.assert_allclose(source.offset.value, plain.current, rtol=3e-7, atol=3e-6)
        try:
            note(plain, told, frame / RATE)
        except OverlapError:
            with pytest.raises(NotSupportedError):
                call(source.offset, told)
        else:
            call(source.offset, told)

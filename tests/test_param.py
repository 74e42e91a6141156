from __future__ import annotations

import numpy as np
import pytest
from rendered import RATE, render, samples_of

from audiograph import AudioParam, ConstantSourceNode, GainNode, OfflineAudioContext


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


def test_the_value_is_rounded_to_a_float32(param: AudioParam) -> None:
    param.value = 0.1
    assert param.value == float(np.float32(0.1))
    param.value = 3.4028235e38
    assert param.value == param.max_value


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 1e39, "1", None, [1]])
def test_what_is_no_finite_number_changes_nothing(context, param: AudioParam, value) -> None:
    with pytest.raises(TypeError):
        param.value = value
    with pytest.raises(TypeError):
        param.set_value_at_time(value, 0)
    with pytest.raises(TypeError):
        param.linear_ramp_to_value_at_time(value, 1)
    assert param.value == 1
    assert (heard(context) == 1).all()


@pytest.mark.parametrize("time", [-1e-9, -1, np.nan, np.inf])
def test_a_time_that_is_none_changes_nothing(context, param: AudioParam, time: float) -> None:
    for schedule in (param.set_value_at_time, param.linear_ramp_to_value_at_time):
        with pytest.raises(ValueError, match="finite time"):
            schedule(5, time)
    assert (heard(context) == 1).all()


def test_methods_return_the_parameter(param: AudioParam) -> None:
    assert param.set_value_at_time(1, 0) is param
    assert param.linear_ramp_to_value_at_time(1, 1) is param


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
    assert delay.delay_time.value == 99
    delay.delay_time.value = -5
    assert delay.delay_time.value == -5
    source = ConstantSourceNode(context)
    source.start()
    source.connect(delay).connect(context.destination)
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

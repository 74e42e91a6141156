from __future__ import annotations

import numpy as np
import pytest
from rendered import RATE

from audiograph import (
    AudioListener,
    AudioNode,
    AudioParam,
    ConstantSourceNode,
    GainNode,
    InvalidAccessError,
    NotSupportedError,
    OfflineAudioContext,
)

DEFAULTS = {
    "position_x": 0, "position_y": 0, "position_z": 0,
    "forward_x": 0, "forward_y": 0, "forward_z": -1,
    "up_x": 0, "up_y": 1, "up_z": 0,
}  # fmt: skip
MOST = np.finfo(np.float32).max


def test_a_context_has_one_listener_that_is_no_node() -> None:
    context = OfflineAudioContext(1, 1, RATE)
    assert isinstance(context.listener, AudioListener)
    assert not isinstance(context.listener, AudioNode)
    assert context.listener is context.listener
    with pytest.raises(AttributeError):
        context.listener = AudioListener(context)


@pytest.mark.parametrize(("name", "default"), DEFAULTS.items())
def test_its_parameters_are_those_of_the_specification(name: str, default: float) -> None:
    listener = OfflineAudioContext(1, 1, RATE).listener
    param = getattr(listener, name)
    assert isinstance(param, AudioParam)
    assert param is getattr(listener, name)
    assert param.value == param.default_value == default
    assert (param.min_value, param.max_value) == (-MOST, MOST)
    assert param.automation_rate == "a-rate"
    param.automation_rate = "k-rate"
    assert param.automation_rate == "k-rate"
    with pytest.raises(AttributeError):
        setattr(listener, name, 1)


def test_the_deprecated_setters_set_the_values() -> None:
    listener = OfflineAudioContext(1, 1, RATE).listener
    listener.set_position(1, 2, 3)
    listener.set_orientation(4, 5, 6, 7, 8, 9)
    assert [getattr(listener, name).value for name in DEFAULTS] == [1, 2, 3, 4, 5, 6, 7, 8, 9]


def test_the_deprecated_setters_set_all_values_or_none() -> None:
    listener = OfflineAudioContext(1, 1, RATE).listener
    with pytest.raises(TypeError):
        listener.set_position(1, 1e39, 0)
    with pytest.raises(TypeError):
        listener.set_orientation(1, 1, 1, 1, 1, np.inf)
    listener.position_z.set_value_curve_at_time([0, 0], 0, 1)
    with pytest.raises(NotSupportedError):
        listener.set_position(1, 1, 1)
    listener.up_z.set_value_curve_at_time([0, 0], 0, 1)
    with pytest.raises(NotSupportedError):
        listener.set_orientation(1, 1, 1, 1, 1, 1)
    assert [getattr(listener, name).value for name in DEFAULTS] == list(DEFAULTS.values())


def test_nodes_are_connected_to_it_and_disconnected() -> None:
    context = OfflineAudioContext(1, 1, RATE)
    source, other = ConstantSourceNode(context), GainNode(OfflineAudioContext(1, 1, RATE))
    assert source.connect(context.listener.up_x) is None
    source.disconnect(context.listener.up_x)
    with pytest.raises(InvalidAccessError):
        source.disconnect(context.listener.up_x)
    with pytest.raises(InvalidAccessError):
        other.connect(context.listener.up_x)


def test_its_value_follows_its_automation_without_a_panner() -> None:
    context = OfflineAudioContext(1, 1280, RATE)
    context.listener.position_x.linear_ramp_to_value_at_time(10, 1000 / RATE)
    seen: list[float] = []
    context.suspend(512 / RATE, lambda _: seen.append(context.listener.position_x.value))
    context.start_rendering()
    assert seen == [pytest.approx(3.84)]
    assert context.listener.position_x.value == 10

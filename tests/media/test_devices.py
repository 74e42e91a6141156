from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from audiograph.errors import NotFoundError, OverconstrainedError
from audiograph.media.constraints import MediaTrackConstraints
from audiograph.media.device_choice import choose_device, possible_settings
from audiograph.media.devices import (
    DeviceChangeEvent,
    InputDeviceInfo,
    MediaDeviceInfo,
    MediaDevices,
    device_infos,
    media_devices,
)
from audiograph.portaudio import Device

from .test_constraints import constraints_as_dicts, every_selection

RATES = [8000, 16000, 44100, 48000]


def device(id: str, **given: Any) -> Device:
    values = {
        "id": id,
        "label": f"the {id}",
        "kind": "audioinput",
        "host_api": "ALSA",
        "index": 0,
        "channels": 2,
        "default_sample_rate": 48000.0,
        "low_latency": 0.01,
        "high_latency": 0.03,
        "is_default": False,
        "group_id": f"group of {id}",
    }
    return Device(**{**values, **given})


inputs = st.lists(
    st.builds(
        device,
        st.sampled_from("abc"),
        channels=st.integers(1, 3),
        default_sample_rate=st.sampled_from([44100.0, 48000.0]),
        low_latency=st.sampled_from([0.005, 0.02]),
        is_default=st.booleans(),
    ),
    min_size=1,
    max_size=3,
    unique_by=lambda each: each.id,
)
rates = st.fixed_dictionaries({id: st.lists(st.sampled_from(RATES), max_size=3) for id in "abc"})


@given(devices=inputs, rates=rates, constraints=constraints_as_dicts)
def test_the_device_chosen_is_the_best_of_all_and_the_settings_too(
    devices: list[Device], rates: dict[str, list[int]], constraints: dict[str, Any]
) -> None:
    wanted = MediaTrackConstraints.read(constraints)
    dictionaries = {
        each.id: [
            {**dict(zip(possible, values, strict=True)), "latency": latency}
            for possible in [{**possible_settings(each, wanted, rates[each.id]), "latency": [0]}]
            for values in product(*possible.values())
            # A grid, and the values next to which the grid would miss the best one.
            for latency in [*np.linspace(each.low_latency, 1, 5), *LATENCIES]
            if each.low_latency <= latency <= 1
        ]
        for each in devices
    }
    everything = [settings for settings in dictionaries.values() for settings in settings]
    best = every_selection(everything, constraints)
    try:
        chosen, selection = choose_device(devices, wanted, lambda each: rates[each.id])
    except OverconstrainedError:
        assert best is None
        return
    assert best is not None
    assert (selection.ignored, selection.distance) == (best[0], pytest.approx(best[1]))
    assert every_selection([selection.settings], constraints) == (best[0], pytest.approx(best[1]))
    ranks = {id: every_selection(settings, constraints) for id, settings in dictionaries.items()}
    defaults = {each.id for each in devices if each.is_default}
    if any(ranks[id] == ranks[chosen.id] for id in defaults):
        assert chosen.is_default


LATENCIES = [0.01, 0.02, 0.04, 0.1]


def opened_for(constraints: dict[str, Any], *devices: Device) -> list[str]:
    """Return the ids of the devices whose rates had to be found out."""
    opened = []

    def rates_of(each: Device) -> list[int]:
        opened.append(each.id)
        return [16000]

    choose_device(devices, MediaTrackConstraints.read(constraints), rates_of)
    return opened


def test_a_device_is_opened_only_where_its_rates_decide() -> None:
    usual, other = device("a", is_default=True), device("b")
    assert opened_for({}, other, usual) == []
    assert opened_for({"sample_rate": 48000}, other, usual) == []
    assert opened_for({"sample_rate": {"max": 60000}}, other, usual) == []
    assert opened_for({"sample_rate": 16000}, other, usual) == ["a"]
    assert opened_for({"sample_rate": {"exact": 16000}}, other, usual) == ["a"]
    assert opened_for({"sample_rate": 32000}, other, usual) == ["a", "b"]
    assert opened_for({"sample_rate": 32000, "device_id": {"exact": "b"}}, other, usual) == ["b"]


@pytest.mark.parametrize(
    ("constraints", "name", "words"),
    [
        ({"device_id": {"exact": "c"}, "latency": {"min": 5}}, "device_id", "there is a, b, def"),
        ({"device_id": {"exact": "b"}, "channel_count": {"exact": 4}}, "channel_count", "is 1, 2$"),
        ({"group_id": {"exact": ["x", "y"]}}, "group_id", "there is group of a, group of b"),
        ({"sample_rate": {"exact": 8000}}, "sample_rate", "exact 8000: there is 16000, 48000"),
        ({"sample_rate": {"min": 9, "max": 8}}, "sample_rate", "no number is a .* max 8, min 9"),
        ({"channel_count": {"min": 17, "ideal": 20}}, "channel_count", "min 17: there is 1 … 16"),
        ({"latency": {"max": 0.001}}, "latency", r"max 0.001: there is 0.008 … 1.0$"),
        ({"echo_cancellation": {"exact": True}}, "echo_cancellation", "there is False"),
        ({"sample_size": {"exact": 16}}, "sample_size", "there is 32"),
        ({"channel_count": {"min": 3}, "latency": {"max": 0.009}}, "", "all at once"),
    ],
)
def test_the_error_names_a_required_constraint_that_no_device_meets(
    constraints: dict[str, Any], name: str, words: str
) -> None:
    devices = [device("a", is_default=True, channels=16), device("b", low_latency=0.008)]
    with pytest.raises(OverconstrainedError, match=words) as caught:
        choose_device(devices, MediaTrackConstraints.read(constraints), lambda each: [16000])
    assert caught.value.constraint == name


@pytest.mark.parametrize(
    ("device_id", "chosen"),
    [("b", "b"), ({"exact": "b"}, "b"), ("", "a"), ({"exact": ""}, "a"), ("default", "a")],
)
def test_a_device_is_chosen_by_its_id_or_by_default(device_id: Any, chosen: str) -> None:
    devices = [device("o", kind="audiooutput"), device("b"), device("a", is_default=True)]
    constraints = MediaTrackConstraints(device_id=device_id)
    assert choose_device(devices, constraints, lambda each: [])[0].id == chosen


def test_without_inputs_there_is_nothing_to_choose() -> None:
    with pytest.raises(NotFoundError, match="no microphone"):
        choose_device([device("o", kind="audiooutput")], MediaTrackConstraints(), lambda each: [])


def test_devices_are_listed_inputs_first_and_default_ones_before_others() -> None:
    infos = device_infos(
        [
            device("speakers", kind="audiooutput", group_id="card"),
            device("line"),
            device("phones", kind="audiooutput", is_default=True, group_id="usb"),
            device("mic", is_default=True, group_id="usb"),
        ]
    )
    assert [(info.kind, info.device_id, info.group_id) for info in infos] == [
        ("audioinput", "mic", "usb"),
        ("audioinput", "line", "group of line"),
        ("audiooutput", "default", "usb"),
        ("audiooutput", "speakers", "card"),
        ("audiooutput", "phones", "usb"),
    ]
    assert [isinstance(info, InputDeviceInfo) for info in infos] == [True, True, *[False] * 3]
    assert infos[2].label == "Default: the phones"
    assert infos[0].to_json() == {
        "device_id": "mic",
        "kind": "audioinput",
        "label": "the mic",
        "group_id": "usb",
    }


def test_a_change_of_devices_is_told_once_with_those_that_came() -> None:
    present = [device("mic", is_default=True)]
    here = MediaDevices(lambda: tuple(present))
    told: list[DeviceChangeEvent] = []
    here.ondevicechange = told.append
    assert here.enumerate_devices() == here.enumerate_devices()
    assert told == []
    present.append(device("line"))
    infos = here.enumerate_devices()
    here.enumerate_devices()
    (event,) = told
    assert event.type == "devicechange"
    assert event.target is here
    assert event.devices == tuple(infos)
    assert [info.device_id for info in event.user_inserted_devices] == ["line"]
    present[:] = [device("mic"), device("line", is_default=True)]
    here.enumerate_devices()
    assert [info.device_id for info in told[1].devices] == ["line", "mic"]
    assert told[1].user_inserted_devices == ()
    present.clear()
    with pytest.raises(NotFoundError):
        here.get_user_media(audio=True)
    assert told[2].devices == ()


def test_what_is_asked_for_is_checked_before_devices_are_looked_for() -> None:
    def look() -> tuple[Device, ...]:
        raise AssertionError

    here = MediaDevices(look)
    for nothing in ({}, {"constraints": {}}, {"audio": False, "video": False}):
        with pytest.raises(TypeError, match=r"get_user_media\(audio=True\)"):
            here.get_user_media(nothing.pop("constraints", None), **nothing)
    with pytest.raises(TypeError, match="sample_rate"):
        here.get_user_media(audio={"sample_rate": "fast"})
    with pytest.raises(TypeError, match="not both"):
        here.get_user_media({"audio": True}, audio=True)
    for video in (True, {}, {"width": 640}):
        with pytest.raises(NotFoundError, match="no camera"):
            here.get_user_media(audio=True, video=video)


def test_empty_constraints_do_ask_for_audio() -> None:
    here = MediaDevices(lambda: ())
    for audio in (True, {}, MediaTrackConstraints()):
        with pytest.raises(NotFoundError, match="no microphone"):
            here.get_user_media(audio=audio)


def test_the_event_is_made_of_devices() -> None:
    info = MediaDeviceInfo("a", "audiooutput", "the a", "b")
    assert DeviceChangeEvent("devicechange", devices=[info]).devices == (info,)
    assert DeviceChangeEvent("devicechange").devices == ()


def test_supported_constraints_are_told_without_devices() -> None:
    supported = media_devices.get_supported_constraints()
    assert supported.sample_rate
    assert "width" not in supported

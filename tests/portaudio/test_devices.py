"""Devices made of what PortAudio tells, without PortAudio."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audiograph.portaudio.devices import Device, described


def entry(name: str, inputs: int = 2, outputs: int = 2) -> dict[str, Any]:
    return {
        "name": name,
        "max_input_channels": inputs,
        "max_output_channels": outputs,
        "default_samplerate": 48000.0,
        "default_low_input_latency": 0.01,
        "default_low_output_latency": 0.01,
        "default_high_input_latency": 0.03,
        "default_high_output_latency": 0.03,
    }


def api(
    name: str, devices: list[int], default_input: int = -1, default_output: int = -1
) -> dict[str, Any]:
    return {
        "name": name,
        "devices": devices,
        "default_input_device": default_input,
        "default_output_device": default_output,
    }


def alsa(*entries: dict[str, Any], default: int = -1) -> tuple[Device, ...]:
    return described(entries, [api("ALSA", list(range(len(entries))), default, default)])


def test_a_device_with_both_directions_gives_one_of_each() -> None:
    found = alsa(entry("USB Audio: - (hw:1,0)"))
    assert [device.kind for device in found] == ["audioinput", "audiooutput"]
    assert found[0].group_id == found[1].group_id
    assert found[0].id != found[1].id


def test_a_direction_without_channels_gives_none() -> None:
    (device,) = alsa(entry("Microphone", inputs=1, outputs=0))
    assert device.kind == "audioinput"
    assert device.channels == 1


def test_no_devices_at_all_are_an_empty_tuple() -> None:
    assert described([], []) == ()
    assert described([], [api("ALSA", []), api("OSS", [])]) == ()


def test_an_id_does_not_depend_on_index_or_card_number() -> None:
    before = alsa(entry("Scarlett 2i2: USB Audio (hw:1,0)"), entry("Other: thing (hw:0,0)"))
    after = alsa(entry("Other: thing (hw:0,0)"), entry("Scarlett 2i2: USB Audio (hw:2,0)"))
    assert {device.id for device in before} == {device.id for device in after}


def test_devices_of_one_card_differ_and_share_a_group() -> None:
    analog, digital = alsa(entry("PCH: Analog (hw:0,0)", 0), entry("PCH: Digital (hw:0,1)", 0))
    assert analog.id != digital.id
    assert analog.group_id == digital.group_id


def test_two_of_the_same_name_get_ids_of_their_own() -> None:
    one, two = alsa(entry("USB Mic: Audio (hw:1,0)", 1, 0), entry("USB Mic: Audio (hw:2,0)", 1, 0))
    assert two.id == f"{one.id}-2"
    assert one.group_id != two.group_id


@given(st.lists(st.text(min_size=1, max_size=60), max_size=8))
def test_ids_are_short_unique_and_need_no_quoting(names: list[str]) -> None:
    found = alsa(*(entry(name) for name in names))
    ids = [device.id for device in found]
    assert len(set(ids)) == len(ids)
    for id in ids:
        assert re.fullmatch(r"alsa-(in|out)(-[a-z0-9]+)*", id)
        assert len(id) <= 45
    assert alsa(*(entry(name) for name in names)) == found


def test_names_in_any_script_get_ids_that_differ() -> None:
    ids = {device.id for device in alsa(entry("マイク", 1, 0), entry("スピーカー", 1, 0))}
    assert len(ids) == 2


def test_the_default_is_that_of_the_host_api_to_prefer() -> None:
    entries = [entry("mme"), entry("wasapi")]
    host_apis = [api("MME", [0], 0, 0), api("Windows WASAPI", [1], 1, 1)]
    found = described(entries, host_apis)
    assert [device.label for device in found if device.is_default] == ["wasapi", "wasapi"]
    assert found[0].label == "wasapi"


@pytest.mark.parametrize("name", ["ALSA", "Something New"])
def test_a_host_api_without_a_default_leaves_it_to_the_next(name: str) -> None:
    host_apis = [api(name, [0]), api("OSS", [1], 1, 1)]
    found = described([entry("a"), entry("b")], host_apis)
    assert {device.label for device in found if device.is_default} == {"b"}

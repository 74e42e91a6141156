"""Devices and their streams as a script sees them, against a real sound server."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from .conftest import Program
from .server import Server

pytestmark = pytest.mark.live

Start = Callable[..., Program]


def test_devices_are_listed_with_their_capabilities(server: Server, program: Start) -> None:
    told = program("media_devices", "listing", environment=server.environment).told()
    devices = told["devices"]
    assert [device["label"] for device in devices[:1]] == ["default"]
    kinds = [device["kind"] for device in devices]
    assert kinds == sorted(kinds)
    names = {(device["kind"], device["label"]) for device in devices}
    assert {("audioinput", "mic"), ("audiooutput", "speakers")} <= names
    default = next(device for device in devices if device["kind"] == "audiooutput")
    assert (default["device_id"], default["label"]) == ("default", "Default: default")
    assert len({(device["kind"], device["device_id"]) for device in devices}) == len(devices)
    mic = told["capabilities"]["mic"]
    assert mic["sample_rate"]["min"] <= 16000 < 48000 <= mic["sample_rate"]["max"]
    assert mic["channel_count"]["min"] == 1
    again = program("media_devices", "listing", environment=server.environment)
    assert again.told() == told
    assert again.ended() == (0, "")


def opened(server: Server, program: Start, *constraints: Any) -> list[Any]:
    """Return what the program tells of each attempt to open a microphone."""
    attempts = program(
        "media_devices", "open", json.dumps(constraints), environment=server.environment
    )
    told = [attempts.told() for _ in constraints]
    assert attempts.ended() == (0, "")
    return told


def test_a_microphone_opens_with_the_settings_asked_for(server: Server, program: Start) -> None:
    plain, asked, mono, exact = opened(
        server,
        program,
        {"audio": True},
        {"audio": {"sample_rate": 16000, "latency": {"exact": 0.011}, "echo_cancellation": True}},
        {"audio": {"channel_count": {"exact": 1}, "advanced": [{"sample_rate": 48000}]}},
        {"audio": {"device_id": {"exact": "default"}, "channel_count": 3}},
    )
    for told in (plain, asked, mono, exact):
        assert told["in_time"]
        assert told["label"] == "default"
        settings, capabilities = told["settings"], told["capabilities"]
        assert settings.keys() == capabilities.keys()
        assert settings["device_id"] == capabilities["device_id"]
        for name in ("sample_rate", "channel_count", "latency", "sample_size"):
            assert capabilities[name]["min"] <= settings[name] <= capabilities[name]["max"]
        assert told["channels"] == settings["channel_count"]
        assert told["ended"].keys() == {"device_id", "group_id"}
        assert not told["active"]
    assert plain["settings"]["channel_count"] == 2
    assert (asked["settings"]["sample_rate"], asked["settings"]["latency"]) == (16000, 0.011)
    assert not asked["settings"]["echo_cancellation"]
    assert (mono["settings"]["sample_rate"], mono["channels"]) == (48000, 1)
    assert exact["channels"] == 3


def test_what_cannot_be_had_is_an_error_that_says_why(server: Server, program: Start) -> None:
    rate, nobody, output = opened(
        server,
        program,
        {"audio": {"sample_rate": {"exact": 12345}}},
        {"audio": {"device_id": {"exact": "nobody"}}},
        # ALSA lists an input of that name too, which does not open.
        {"audio": {"device_id": {"exact": "alsa-in-speakers-e4ed"}}},
    )
    assert (rate["error"], rate["constraint"]) == ("OverconstrainedError", "sample_rate")
    assert "there is 8000, 11025, 16000" in rate["message"]
    assert (nobody["error"], nobody["constraint"]) == ("OverconstrainedError", "device_id")
    assert output["error"] == "NotReadableError"
    assert "'speakers' (ALSA)" in output["message"]


def test_a_device_that_comes_is_seen_unless_a_microphone_is_open(
    server: Server, program: Start, tmp_path: Path
) -> None:
    # A device more in ALSA's configuration is to PortAudio what a device plugged in is.
    plugged = tmp_path / "asound.conf"
    plugged.write_text(Path(server.environment["ALSA_CONFIG_PATH"]).read_text())

    def plug(name: str) -> None:
        with plugged.open("a") as file:
            file.write(f"pcm.{name} {{ type pulse device room.monitor hint {{ show on }} }}\n")

    watching = program(
        "media_devices",
        "changes",
        environment={**server.environment, "ALSA_CONFIG_PATH": str(plugged)},
    )
    assert watching.told() == {"came": []}
    watching.tell()
    assert watching.told() == {"came": []}
    plug("first")
    watching.tell()
    assert watching.told() == {"came": [["first", "first"]]}
    plug("second")
    watching.tell()
    assert watching.told() == {"came": []}
    watching.tell()
    assert watching.told() == {"came": [["second", "second"]]}
    assert watching.ended() == (0, "")


def test_without_a_sound_server_there_are_no_devices(own_server: Server, program: Start) -> None:
    own_server.kill()
    listing = program("media_devices", "listing", environment=own_server.environment)
    assert listing.told() == {"devices": [], "capabilities": {}}
    attempt = program(
        "media_devices", "open", '[{"audio": true}]', environment=own_server.environment
    )
    assert attempt.told()["error"] == "NotFoundError"


def test_without_portaudio_the_error_names_the_package(tmp_path: Path, program: Start) -> None:
    (tmp_path / "sitecustomize.py").write_text(
        "import ctypes.util\n"
        "find = ctypes.util.find_library\n"
        "ctypes.util.find_library = lambda name: None if name == 'portaudio' else find(name)\n"
    )
    paths = os.pathsep.join(filter(None, [str(tmp_path), os.environ.get("PYTHONPATH")]))
    attempt = program(
        "media_devices",
        "open",
        '[{"audio": true}]',
        environment={**os.environ, "PYTHONPATH": paths},
    )
    told = attempt.told()
    assert told["error"] == "NotFoundError"
    assert "libportaudio2" in told["message"]

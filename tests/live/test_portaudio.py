"""Our PortAudio layer against a real sound server."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from .conftest import Program
from .server import Server, placed

pytestmark = pytest.mark.live

Start = Callable[..., Program]


@pytest.mark.parametrize(("latency", "block_frames"), [(0.3, 0), (0.3, 512)])
def test_what_is_played_comes_back_sample_for_sample_and_to_the_end(
    server: Server, program: Start, tmp_path: Path, latency: float, block_frames: int
) -> None:
    noise = np.random.default_rng(1).uniform(-1, 1, (2, 96000)).astype(np.float32)
    np.save(tmp_path / "noise.npy", noise)
    echo = program(
        "echo", str(tmp_path), str(latency), str(block_frames), environment=server.environment
    )
    told = echo.told()
    assert echo.ended() == (0, "")
    heard = np.load(tmp_path / "heard.npy")
    start = placed(noise, heard)
    assert start is not None, told
    np.testing.assert_array_equal(heard[:, start : start + noise.shape[1]], noise)
    assert told["faults"] == []
    # A server that has to wait for the machine holds more.
    assert told["delay"] == pytest.approx(latency, abs=0.25)
    assert told["rate"] == pytest.approx(48000, rel=0.01)
    assert told["switch_seconds"] == pytest.approx(0.005)


def test_devices_carry_the_servers_names_and_ids_that_stay(server: Server, program: Start) -> None:
    def listing() -> dict[str, object]:
        return program("devices", "", "2", "48000", environment=server.environment).told()

    told = listing()
    assert "error" not in told
    assert 48000 in told["rates"]
    labels = {(device["label"], device["kind"]) for device in told["devices"]}
    assert {("speakers", "audiooutput"), ("mic", "audioinput"), ("default", "audioinput")} <= labels
    defaults = [device["label"] for device in told["devices"] if device["is_default"]]
    assert defaults == ["default", "default"]
    ids = [device["id"] for device in told["devices"]]
    assert len(set(ids)) == len(ids)
    assert listing()["devices"] == told["devices"]


@pytest.mark.parametrize(
    ("label", "channels", "rate", "error", "words"),
    [
        ("speakers", 99, 48000, "NotSupportedError", "99 channels: it has 32"),
        ("speakers", 2, 1e6, "NotSupportedError", "1e+06 Hz"),
        ("mic", 2, 48000, "NotReadableError", "output 'mic' (ALSA)"),
    ],
)
def test_a_device_that_cannot_be_opened_says_why_and_nothing_else(
    server: Server, program: Start, label: str, channels: int, rate: float, error: str, words: str
) -> None:
    devices = program("devices", label, str(channels), str(rate), environment=server.environment)
    told = devices.told()
    assert told["error"] == error
    assert words in told["message"]
    assert devices.ended() == (0, "")


def test_no_sound_system_is_an_empty_list(own_server: Server, program: Start) -> None:
    own_server.kill()
    devices = program("devices", "", "2", "48000", environment=own_server.environment)
    told = devices.told()
    assert told["devices"] == []
    assert told["error"] == "NotFoundError"
    assert devices.ended() == (0, "")


def test_a_frozen_server_is_reported_when_devices_are_asked_for(
    own_server: Server, program: Start
) -> None:
    own_server.freeze()
    devices = program("devices", "", "2", "48000", environment=own_server.environment)
    told = devices.told()
    assert told["error"] == "NotReadableError"
    assert "has not answered" in told["message"]
    assert devices.ended() == (0, "")


def test_a_killed_server_is_a_fault_of_each_stream_and_closing_returns(
    own_server: Server, program: Start
) -> None:
    fault = program("fault", environment=own_server.environment)
    assert fault.told() == {"step": "running"}
    own_server.kill()
    for _ in range(2):
        told = fault.told(seconds=2)
        assert told["error"] == "NotReadableError"
        assert "'default' (ALSA) has stopped" in told["message"]
    closed = fault.told()
    assert closed["closed"]
    assert closed["given_up"] == [False, False]
    assert closed["refreshed"]
    assert closed["switch_seconds"] == pytest.approx(0.005)
    assert closed["more_faults"] == 0
    assert fault.ended() == (0, "")


def test_a_frozen_server_is_a_fault_and_closing_gives_up(
    own_server: Server, program: Start
) -> None:
    fault = program("fault", environment=own_server.environment)
    assert fault.told() == {"step": "running"}
    own_server.freeze()
    for _ in range(2):
        told = fault.told()
        assert told["error"] == "NotReadableError"
        assert "'default' (ALSA) has not answered for" in told["message"]
    closed = fault.told()
    assert closed["closed"]
    assert closed["seconds"] < 3
    assert closed["given_up"] == [True, True]
    assert not closed["refreshed"]
    assert fault.ended(seconds=5) == (0, "")


def test_what_a_callback_raises_is_reported_once(server: Server, program: Start) -> None:
    fault = program("fault", "raising", environment=server.environment)
    assert fault.told() == {"step": "running"}
    told = fault.told()
    assert (told["error"], told["message"]) == ("ValueError", "a bug in the callback")
    assert fault.told()["more_faults"] == 0
    assert fault.ended() == (0, "")


def test_without_portaudio_the_error_names_the_package(tmp_path: Path, program: Start) -> None:
    # The child's Python looks for the library as sounddevice asks it to and finds none, as on
    # a machine without it. What happens then is real.
    (tmp_path / "sitecustomize.py").write_text(
        "import ctypes.util\n"
        "find = ctypes.util.find_library\n"
        "ctypes.util.find_library = lambda name: None if name == 'portaudio' else find(name)\n"
    )
    paths = os.pathsep.join(filter(None, [str(tmp_path), os.environ.get("PYTHONPATH")]))
    devices = program("devices", "", "2", "48000", environment={**os.environ, "PYTHONPATH": paths})
    told = devices.told()
    assert told["error"] == "NotFoundError"
    assert "libportaudio2" in told["message"]
    assert devices.ended() == (0, "")

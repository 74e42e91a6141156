from __future__ import annotations

import json

from .conftest import Run


def test_devices_stand_in_aligned_columns_with_inputs_first(run: Run, alsa: dict[str, str]) -> None:
    result = run("devices", env=alsa)
    assert (result.stderr, result.returncode) == ("", 0)
    header, *rows = result.stdout.splitlines()
    assert header.split() == ["ID", "LABEL", "KIND", "HOST", "API", "CHANNELS", "RATE", "LATENCY"]
    column = header.index("KIND")
    kinds = [row[column:].split()[0] for row in rows]
    assert kinds == sorted(kinds)
    assert set(kinds) == {"audioinput", "audiooutput"}
    assert [row.split()[2] for row in rows if row.startswith("*")] == ["default", "default"]
    assert rows[0][header.index("RATE") :].startswith("48 kHz")


def test_devices_for_a_script_have_the_keys_of_schema_1(run: Run, alsa: dict[str, str]) -> None:
    result = run("devices", "--json", env=alsa)
    assert (result.stderr, result.returncode) == ("", 0)
    document = json.loads(result.stdout)
    assert document["schema"] == 1
    by_label = {device["label"]: device for device in document["devices"]}
    assert by_label["scarlett"] == {
        "id": by_label["scarlett"]["id"],
        "label": "scarlett",
        "kind": "audiooutput",
        "host_api": "ALSA",
        "group_id": by_label["scarlett"]["group_id"],
        "channels": 128,
        "default_sample_rate": 48000.0,
        "low_latency": by_label["scarlett"]["low_latency"],
        "high_latency": by_label["scarlett"]["high_latency"],
        "is_default": False,
    }
    assert by_label["default"]["is_default"] is True


def test_inputs_and_outputs_are_listed_apart_or_together(run: Run, alsa: dict[str, str]) -> None:
    def kinds(*words: str) -> list[str]:
        devices = json.loads(run("devices", "--json", *words, env=alsa).stdout)["devices"]
        return sorted({device["kind"] for device in devices})

    assert kinds("--inputs") == ["audioinput"]
    assert kinds("--outputs") == ["audiooutput"]
    assert kinds("--inputs", "--outputs") == kinds() == ["audioinput", "audiooutput"]


def test_no_device_is_no_failure_but_is_said(run: Run, no_devices: dict[str, str]) -> None:
    advice = (
        "device; plug one in, or start a sound server (PulseAudio or PipeWire, with its ALSA "
        "plugin)\n"
    )
    result = run("devices", env=no_devices)
    assert (result.stdout, result.stderr) == ("", f"audiograph: no audio {advice}")
    assert result.returncode == 0
    result = run("devices", "--inputs", "--json", env=no_devices)
    assert json.loads(result.stdout) == {"schema": 1, "devices": []}
    assert (result.stderr, result.returncode) == (f"audiograph: no input {advice}", 0)
    assert run("-q", "devices", env=no_devices).stderr == ""

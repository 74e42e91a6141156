from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest
import soundfile

from .conftest import Run


@pytest.fixture
def take(tmp_path: Path) -> Path:
    """Half a second of two channels: a square wave at half scale, and silence."""
    path = tmp_path / "take.wav"
    square = np.where(np.arange(24000) % 2, 0.5, -0.5)
    with soundfile.SoundFile(path, "w", 48000, 2, "PCM_16") as file:
        file.title = "A take"
        file.write(np.column_stack([square, np.zeros(24000)]))
    return path


def test_a_file_is_told_with_levels_in_decibels_and_as_factors(run: Run, take: Path) -> None:
    result = run("inspect", "take.wav")
    assert (result.stderr, result.returncode) == ("", 0)
    assert result.stdout == (
        "file       take.wav\n"
        f"size       {take.stat().st_size:,} bytes\n"
        "container  WAV, WAV (Microsoft)\n"
        "encoding   PCM_16, Signed 16 bit PCM\n"
        "rate       48 kHz\n"
        "channels   2\n"
        "duration   0:00.500 (24,000 frames)\n"
        "title      A take\n"
        "\n"
        "CHANNEL  PEAK                   RMS                    DC\n"
        "1        -6.02 dBFS (0.500000)  -6.02 dBFS (0.500000)  -inf dBFS (0.000000)\n"
        "2        -inf dBFS (0.000000)   -inf dBFS (0.000000)   -inf dBFS (0.000000)\n"
    )


def test_a_file_for_a_script_has_the_keys_of_schema_1(run: Run, take: Path) -> None:
    result = run("inspect", "--json", str(take))
    assert (result.stderr, result.returncode) == ("", 0)
    silence = {"peak": 0, "peak_dbfs": None, "rms": 0, "rms_dbfs": None, "dc": 0, "not_finite": 0}
    half = {
        "peak": 0.5,
        "peak_dbfs": pytest.approx(-6.0206),
        "rms": pytest.approx(0.5),
        "rms_dbfs": pytest.approx(-6.0206),
        "dc": pytest.approx(0, abs=1e-9),
        "not_finite": 0,
    }
    document = json.loads(result.stdout)
    assert document == {
        "schema": 1,
        "file": {
            "path": str(take),
            "size": take.stat().st_size,
            "container": "WAV",
            "container_name": "WAV (Microsoft)",
            "subtype": "PCM_16",
            "subtype_name": "Signed 16 bit PCM",
            "bits": 16,
            "sample_rate": 48000,
            "channels": 2,
            "frames": 24000,
            "header_frames": 24000,
            "duration": 0.5,
            "tags": {"title": "A take"},
            "levels": [half, silence],
        },
    }


def test_a_header_that_is_wrong_and_samples_that_are_no_numbers_are_pointed_out(
    run: Run, tmp_path: Path
) -> None:
    path = tmp_path / "broken.wav"
    soundfile.write(path, np.array([0.25, np.nan, np.inf, -0.25]), 8000, "FLOAT")
    path.write_bytes(path.read_bytes()[:-4])
    result = run("inspect", "broken.wav")
    assert result.returncode == 0
    assert re.search(r"^header +says 4 frames, which is wrong$", result.stdout, re.MULTILINE)
    assert result.stdout.splitlines()[-2].endswith("  NOT FINITE")
    assert result.stdout.splitlines()[-1].endswith("  2")


def test_a_device_is_told_with_its_rates(run: Run, alsa: dict[str, str]) -> None:
    listed = json.loads(run("devices", "--outputs", "--json", env=alsa).stdout)["devices"]
    (id,) = (device["id"] for device in listed if device["label"] == "scarlett")
    result = run("inspect", id, env=alsa)
    assert (result.stderr, result.returncode) == ("", 0)
    fields = dict(line.split(maxsplit=1) for line in result.stdout.splitlines())
    assert fields["label"] == "scarlett"
    assert fields["kind"] == "audiooutput"
    assert "44.1 kHz, 48 kHz" in fields["rates"]


def test_a_name_that_means_an_input_and_an_output_shows_both(
    run: Run, alsa: dict[str, str]
) -> None:
    result = run("inspect", "Scar", "--json", env=alsa)
    devices = json.loads(result.stdout)["devices"]
    assert [device["kind"] for device in devices] == ["audioinput", "audiooutput"]
    assert {48000, 44100} < set(devices[0]["sample_rates"])
    listed = json.loads(run("devices", "--json", env=alsa).stdout)["devices"]
    for device in devices:
        del device["sample_rates"]
        assert device in listed


def test_a_file_wins_over_a_device(run: Run, alsa: dict[str, str], take: Path) -> None:
    take.rename(take.with_name("default"))
    assert run("inspect", "default", env=alsa).stdout.startswith("file ")


def test_what_is_neither_file_nor_device_gets_the_candidates(
    run: Run, alsa: dict[str, str]
) -> None:
    result = run("inspect", "scralett", env=alsa)
    assert (result.stdout, result.returncode) == ("", 3)
    assert result.stderr.startswith(
        "audiograph: no file or device matches 'scralett' (did you mean 'scarlett'?); there is "
    )
    assert " 'scarlett' (id alsa-in-" in result.stderr
    assert result.stderr.endswith(" (see 'audiograph devices')\n")
    assert result.stderr.count("\n") == 1


@pytest.mark.parametrize("name", ["take.wva.wav", "./scarlett"])
def test_a_path_to_nothing_is_taken_for_no_device(
    run: Run, alsa: dict[str, str], name: str
) -> None:
    result = run("inspect", name, env=alsa)
    assert (result.stdout, result.returncode) == ("", 3)
    assert result.stderr == f"audiograph: there is no file '{name}'; check the name\n"


def test_an_ambiguous_name_gets_the_candidates(run: Run, alsa: dict[str, str]) -> None:
    result = run("inspect", "alsa-in", env=alsa)
    assert (result.stdout, result.returncode) == ("", 3)
    assert result.stderr.startswith("audiograph: 'alsa-in' is more than one device: ")


def test_without_any_device_it_says_so(run: Run, no_devices: dict[str, str]) -> None:
    result = run("inspect", "mic", env=no_devices)
    line = "audiograph: there is no file 'mic', and no audio device at all\n"
    assert (result.stdout, result.stderr, result.returncode) == ("", line, 3)


@pytest.mark.parametrize(
    ("content", "word"), [(b"", "is empty"), (b"no sound" * 99, "text.wav"), (None, "directory")]
)
def test_a_file_without_sound_is_an_error(
    run: Run, tmp_path: Path, content: bytes | None, word: str
) -> None:
    path = tmp_path / "text.wav"
    if content is None:
        path.mkdir()
    else:
        path.write_bytes(content)
    result = run("inspect", "text.wav")
    assert (result.stdout, result.returncode) == ("", 1)
    assert re.fullmatch(rf"audiograph: .*{word}.*\n", result.stderr)


@pytest.mark.parametrize("name", ["", "-", "x" * 5000, "\x1b[2J\n", "a\udcff"])
def test_no_name_gives_a_traceback(run: Run, no_devices: dict[str, str], name: str) -> None:
    result = run("inspect", "--", name, env=no_devices)
    assert result.returncode in (1, 2, 3)
    assert re.fullmatch(r"audiograph: [ -~]+\n", result.stderr)
    assert "bug" not in result.stderr

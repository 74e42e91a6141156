from __future__ import annotations

import json
from pathlib import Path

import pytest
from sound_files import noise, write_file

from .conftest import Run


@pytest.fixture
def sounds(tmp_path: Path) -> None:
    """Three files to make a stream of."""
    write_file(tmp_path / "voice.wav", noise(100, channels=1), 16000)
    write_file(tmp_path / "music.flac", noise(100), 44100)
    write_file(tmp_path / "bell.aiff", noise(100), 8000)


@pytest.mark.usefixtures("sounds")
def test_tracks_stand_in_the_order_of_the_source_node(run: Run) -> None:
    done = run("tracks", "voice.wav", "music.flac", "bell.aiff", "--json")
    assert (done.returncode, done.stderr) == (0, "")
    document = json.loads(done.stdout)
    assert document["schema"] == 1
    tracks = document["tracks"]
    assert [track["id"] for track in tracks] == sorted(track["id"] for track in tracks)
    assert [track["is_first"] for track in tracks] == [True, False, False]
    by_label = {track["label"]: track for track in tracks}
    assert by_label.keys() == {"voice.wav", "music.flac", "bell.aiff"}
    voice = by_label["voice.wav"]
    assert (voice["kind"], voice["ready_state"]) == ("audio", "live")
    assert (voice["enabled"], voice["muted"]) == (True, False)
    assert voice["settings"] == {"sample_rate": 16000, "channel_count": 1}
    assert voice["capabilities"] == {
        "sample_rate": {"min": 16000, "max": 16000},
        "channel_count": {"min": 1, "max": 1},
    }


@pytest.mark.usefixtures("sounds")
def test_a_star_marks_the_track_that_is_taken_and_route_takes_it_by_its_id(
    run: Run, tmp_path: Path
) -> None:
    done = run("tracks", "voice.wav", "music.flac")
    header, first, second = done.stdout.splitlines()
    assert header.split()[:3] == ["ID", "KIND", "LABEL"]
    assert first.startswith("* ")
    assert second.startswith("  ")
    words = ["--file", "voice.wav", "--file", "music.flac", "--track", second.split()[0]]
    assert run("route", *words, "--to", "out.wav", "--channels", "1").returncode == 0
    told = json.loads(run("tracks", "out.wav", "--json").stdout)["tracks"][0]
    assert told["settings"]["channel_count"] == 1


def test_a_device_shows_what_it_could_be(run: Run, alsa: dict[str, str]) -> None:
    done = run("tracks", "default", "--json", env=alsa)
    assert (done.returncode, done.stderr) == (0, "")
    (track,) = json.loads(done.stdout)["tracks"]
    assert track["label"] == "default"
    assert track["settings"]["sample_rate"] == 48000
    capabilities = track["capabilities"]
    assert capabilities["sample_rate"]["min"] <= 8000
    assert capabilities["sample_rate"]["max"] >= 48000
    assert capabilities.keys() >= {"device_id", "group_id", "latency", "echo_cancellation"}


@pytest.mark.parametrize(
    ("words", "status", "text"),
    [
        ([], 2, "missing argument 'SOURCE...'"),
        (["missing.wav"], 1, "cannot read 'missing.wav'"),
        (["nobody"], 3, "no input device matches 'nobody'"),
        (["-", "-"], 2, "stdin can be used once only"),
        (["-"], 1, "stdin is empty"),
    ],
)
def test_what_cannot_be_shown_is_one_line(
    run: Run, alsa: dict[str, str], words: list[str], status: int, text: str
) -> None:
    done = run("tracks", *words, env=alsa)
    assert (done.returncode, text in done.stderr, done.stderr.count("\n")) == (status, True, 1)
    assert done.stdout == ""

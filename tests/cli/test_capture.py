"""`audiograph capture` on a machine whose devices are none; tests/live has real ones."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from sound_files import read_file

from .conftest import Run


def test_as_many_frames_are_recorded_as_asked_for(
    run: Run, alsa: dict[str, str], tmp_path: Path
) -> None:
    words = ["--duration", "1000s", "--subtype", "FLOAT", "--mic", "DEFAULT"]
    done = run("capture", "take.wav", *words, env=alsa)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    # What is in them is whatever was in memory.
    assert read_file(tmp_path / "take.wav").shape == (2, 1000)


def test_without_a_device_it_says_so(run: Run, no_devices: dict[str, str], tmp_path: Path) -> None:
    done = run("capture", "take.wav", env=no_devices)
    assert (done.returncode, done.stderr.count("\n")) == (3, 1)
    assert "no input device matches 'default': there is none at all" in done.stderr
    assert not (tmp_path / "take.wav").exists()


@pytest.mark.parametrize(
    ("words", "status", "text"),
    [
        ([], 2, "missing argument 'OUT'"),
        (["a.wav", "b.wav"], 2, "got unexpected extra argument (b.wav)"),
        (["take.wav", "--rate", "fast"], 2, "'fast' is no sample rate"),
        (["take.wav", "--mic", "scarlet fever"], 3, "no input device matches 'scarlet fever'"),
        (["take"], 1, "cannot tell the format of 'take'"),
        (["there.wav"], 1, "'there.wav' is there already; --force replaces it"),
    ],
)
def test_what_cannot_be_done_is_one_line(
    run: Run, alsa: dict[str, str], tmp_path: Path, words: list[str], status: int, text: str
) -> None:
    (tmp_path / "there.wav").write_text("precious")
    done = run("capture", *words, env=alsa)
    assert (done.returncode, text in done.stderr, done.stderr.count("\n")) == (status, True, 1)
    assert {path.name for path in tmp_path.iterdir()} == {"asound.conf", "there.wav"}
    assert (tmp_path / "there.wav").read_text() == "precious"


def test_audio_is_not_written_to_a_terminal(run: Run, alsa: dict[str, str]) -> None:
    ours, theirs = os.openpty()
    done = run("capture", "-", stdout=theirs, env=alsa)
    os.close(theirs)
    os.close(ours)
    assert done.returncode == 2
    assert "send it on with '> out.wav' or '| program'" in done.stderr

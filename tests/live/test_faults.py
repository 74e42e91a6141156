"""Whatever interrupts a run in real time: it ends soon, tells why, and keeps what it recorded."""

from __future__ import annotations

import os
import re
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from sound_files import noise, read_file, write_file

from .command import PATIENT, Command, recorded_whole
from .server import RATE, Server, placed, poll

pytestmark = pytest.mark.live

Start = Callable[..., Command]

RUNS = {
    "capture.wav": ["capture", "capture.wav"],
    "heard.wav": ["route", "--to", "speakers", "--to", "heard.wav"],
    "played.wav": ["route", "--file", "long.wav", "--to", "speakers", "--to", "played.wav"],
    "kept.flac": ["route", "--mic", "default", "--to", "kept.flac"],
}
"""Commands that record into the file named."""


def start_runs(
    server: Server, audiograph: Start, folder: Path, frames: int
) -> dict[str, tuple[Command, int]]:
    """Start all of `RUNS`; return each, with how many frames it has recorded: `frames` or more."""
    server.settle()
    write_file(folder / "long.wav", noise(60 * RATE))
    started = {name: audiograph(*words, on=server) for name, words in RUNS.items()}
    return {name: (run, run.recorded(name, frames).shape[1]) for name, run in started.items()}


def check_kept(run: Command, name: str, frames: int, errors: str) -> None:
    """Check that a line of errors tells how much of a recording was kept, and that it was."""
    line = rf"audiograph: .*; the first 0:(\d\d\.\d+) are kept in {name}\n"
    found = re.fullmatch(line, errors)
    assert found is not None, errors
    kept = read_file(run.folder / name).shape[1]
    assert kept >= frames
    assert kept == pytest.approx(float(found[1]) * RATE, abs=RATE / 1000)


def test_a_server_that_dies_is_told_within_two_seconds(
    own_server: Server, audiograph: Start, tmp_path: Path
) -> None:
    runs = start_runs(own_server, audiograph, tmp_path, RATE // 2)
    own_server.kill()
    died = time.monotonic()
    for name, (run, frames) in runs.items():
        status, errors = run.ended()
        assert status == 1
        assert time.monotonic() - died < 2
        check_kept(run, name, frames, errors)
        assert "the device or the sound server went away" in errors


def test_a_server_that_hangs_is_told_and_nothing_else_hangs(
    own_server: Server, audiograph: Start, tmp_path: Path
) -> None:
    # So long that a pause is no longer taken for a start.
    runs = start_runs(own_server, audiograph, tmp_path, 3 * RATE)
    own_server.freeze()
    frozen = time.monotonic()
    for name, (run, frames) in runs.items():
        poll(lambda: "\n" in run.errors, "an error")  # noqa: B023 - called here
        assert time.monotonic() - frozen < 2
        check_kept(run, name, frames, run.errors)
    for run, _ in runs.values():
        status, errors = run.ended()
        assert (status, errors.count("\n")) == (1, 1)
        assert time.monotonic() - frozen < 6
        assert "hangs; restart it" in errors


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_a_signal_completes_the_recording(
    server: Server, audiograph: Start, tmp_path: Path, name: str
) -> None:
    sound = noise(RATE // 4)
    started = {
        file: audiograph(*words, *PATIENT, on=server)
        for file, words in RUNS.items()
        if file != "played.wav"
    }
    for file, run in started.items():
        run.recorded(file)
    server.play(sound)
    for file, run in started.items():
        end = sound[:, -64:]
        poll(lambda: placed(end, read_file(tmp_path / file)), f"the sound in {file}")  # noqa: B023 - called here
        run.process.send_signal(getattr(signal, name))
        assert run.ended() == (0, "")
        recorded_whole(read_file(tmp_path / file), sound)


@pytest.mark.parametrize("name", ["heard.wav", "capture.wav"])
def test_more_interrupts_than_one_do_no_harm(
    server: Server, audiograph: Start, tmp_path: Path, name: str
) -> None:
    run = audiograph(*RUNS[name], on=server)
    frames = run.recorded(name, RATE // 4).shape[1]

    def has_ended() -> bool:
        run.interrupt()
        return run.process.poll() is not None

    poll(has_ended, "its end")
    assert run.ended() == (0, "")
    assert read_file(tmp_path / name).shape[1] >= frames


def test_an_interrupt_before_anything_was_recorded_is_130(
    own_server: Server, audiograph: Start, tmp_path: Path
) -> None:
    own_server.freeze()
    run = audiograph("capture", "take.wav", on=own_server)
    # Its second thread is the one that asks for devices.
    poll(lambda: len(list(Path(f"/proc/{run.process.pid}/task").iterdir())) > 1, "the question")
    # Where Python is not yet listening, the signal itself ends the process, without a word.
    status, errors = run.interrupted(seconds=5)
    assert status == 130
    assert errors in ("audiograph: interrupted\n", "")
    assert list(tmp_path.iterdir()) == []


def test_a_killed_recording_lacks_a_second_at_most(
    server: Server, audiograph: Start, tmp_path: Path
) -> None:
    sound = noise(20 * RATE)
    names = ["take.wav", "take.flac", "take.aiff"]
    captures = [audiograph("capture", name, on=server) for name in names]
    for name, capture in zip(names, captures, strict=True):
        capture.recorded(name)
    reference = server.record("room.monitor")
    server.play(sound)
    start = poll(lambda: placed(sound, reference.samples), "the sound")
    poll(lambda: reference.frames > start + 2 * RATE, "two seconds of it")
    for capture in captures:
        capture.process.kill()
    heard = reference.frames - start
    for name in names:
        take = read_file(tmp_path / name)
        begun = placed(sound, take)
        assert begun is not None
        assert take.shape[1] - begun > heard - RATE
        recorded_whole(take, sound[:, : take.shape[1] - begun])


def test_a_reader_that_stalls_does_not_keep_it_from_ending(
    server: Server, audiograph: Start
) -> None:
    reading, writing = os.pipe()
    capture = audiograph("capture", "-", on=server, stdout=writing)
    os.close(writing)
    poll(lambda: os.read(reading, 1), "the first sample")
    # A pipe holds 64 KiB, which is a sixth of a second.
    poll(lambda: is_stuck(capture), "a full pipe")
    assert capture.interrupted(seconds=10) == (0, "")
    os.close(reading)


def is_stuck(command: Command) -> bool:
    """Return whether a thread of a program waits for a pipe that is full."""
    tasks = Path(f"/proc/{command.process.pid}/task")
    return any("pipe_w" in (task / "wchan").read_text() for task in tasks.iterdir())


@pytest.fixture
def without_portaudio(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Return the environment of a machine on which PortAudio is not installed.

    Python looks for the library as sounddevice asks it to and finds none; what then happens is
    real.
    """
    folder = tmp_path_factory.mktemp("site")
    (folder / "sitecustomize.py").write_text(
        "import ctypes.util\n"
        "find = ctypes.util.find_library\n"
        "ctypes.util.find_library = lambda name: None if name == 'portaudio' else find(name)\n"
    )
    paths = [str(folder), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}


@pytest.mark.parametrize(
    "words",
    [
        ["route"],
        ["route", "--file", "in.wav", "--to", "speakers"],
        ["route", "--mic", "default", "--to", "take.wav"],
        ["capture", "take.wav"],
        ["tracks", "default"],
        ["devices"],
    ],
)
def test_without_portaudio_what_needs_a_device_names_the_package(
    audiograph: Start, without_portaudio: dict[str, str], tmp_path: Path, words: list[str]
) -> None:
    write_file(tmp_path / "in.wav", noise())
    status, errors = audiograph(*words, env=without_portaudio).ended()
    assert (status, errors.count("\n")) == (3, 1)
    assert "apt install libportaudio2" in errors
    assert not (tmp_path / "take.wav").exists()


@pytest.mark.parametrize(
    "words",
    [
        ["route", "--file", "in.wav", "--to", "out.flac"],
        ["route", "--file", "in.wav", "--to", "none", "--to", "out.wav"],
        ["tracks", "in.wav"],
        ["inspect", "in.wav"],
        ["route", "--tone", "440", "--duration", "1", "--to", "-"],
    ],
)
def test_without_portaudio_what_needs_no_device_works(
    audiograph: Start, without_portaudio: dict[str, str], tmp_path: Path, words: list[str]
) -> None:
    write_file(tmp_path / "in.wav", noise())
    assert audiograph(*words, env=without_portaudio).ended() == (0, "")

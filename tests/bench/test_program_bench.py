"""What the program as a whole costs, its start included, beside what others take for the same."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
import soundfile

ROUNDS = 5
FRAMES = 600 * 48000

PROGRAM = [sys.executable, "-m", "audiograph"]


# What a process forks begins with the forking one's memory, so a small one has to do it.
MEASURE = """
import resource, subprocess, sys
subprocess.run(sys.argv[1:], check=True)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024)
"""


def _seconds(command: Sequence[str | Path]) -> float:
    begun = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - begun


def _memory(command: Sequence[str | Path]) -> int:
    """Run a command; return the most memory that it had, in bytes."""
    return int(subprocess.check_output([sys.executable, "-c", MEASURE, *command]))


def _race(*commands: Sequence[str | Path]) -> list[float]:
    """Run everything in turn, several times over; return the least seconds that each took."""
    rounds = [[_seconds(command) for command in commands] for _ in range(ROUNDS)]
    return [min(seconds) for seconds in zip(*rounds, strict=True)]


@pytest.fixture(autouse=True)
def _bytecode(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let Python keep what it compiles, as it does for an installed program."""
    monkeypatch.delenv("PYTHONDONTWRITEBYTECODE", raising=False)
    monkeypatch.setenv("PYTHONPYCACHEPREFIX", str(tmp_path_factory.getbasetemp() / "bytecode"))


@pytest.fixture(scope="module")
def sox() -> str:
    path = shutil.which("sox")
    if path is None:
        (pytest.fail if os.environ.get("AUDIOGRAPH_REQUIRE_LIVE") == "1" else pytest.skip)("no sox")
        raise AssertionError
    return path


def _noise(frames: int) -> np.ndarray:
    return np.random.default_rng(1).normal(0, 0.1, (frames, 2))


def _tone(frames: int) -> np.ndarray:
    return np.tile(0.5 * np.sin(np.arange(frames)[:, np.newaxis] * 0.0576), 2)


@pytest.mark.parametrize("make", [_noise, _tone], ids=["noise", "tone"])
def test_ten_minutes_take_no_longer_than_with_sox_and_less_than_100_mb(
    make: Callable[[int], np.ndarray], sox: str, tmp_path: Path
) -> None:
    source = tmp_path / "in.wav"
    minute = make(FRAMES // 10)
    with soundfile.SoundFile(source, "w", 48000, 2, "PCM_16") as file:
        for _ in range(10):
            file.write(minute)

    ours, theirs = tmp_path / "ours.wav", tmp_path / "theirs.wav"
    route = [*PROGRAM, "route", "--file", source, "--to", ours, "--gain", "-3dB", "--force"]
    our_seconds, their_seconds = _race(route, [sox, source, theirs, "gain", "-3"])
    assert our_seconds <= their_seconds
    assert _memory(route) < 100e6
    ours_heard, theirs_heard = (
        soundfile.read(path, dtype="int16", frames=48000)[0] for path in (ours, theirs)
    )
    np.testing.assert_allclose(ours_heard, theirs_heard, atol=1)


def test_help_takes_at_most_twice_as_long_as_importing_click() -> None:
    ours, click = _race([*PROGRAM, "--help"], [sys.executable, "-c", "import click"])
    assert ours <= 2 * click

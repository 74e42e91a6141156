"""What the program as a whole costs, its start included, beside what others take for the same."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
import soundfile

ROUNDS = 5
FRAMES = 600 * 48000

PROGRAM = [sys.executable, "-m", "audiograph"]


# What a process forks begins with the forking one's memory, so a small one has to do it. Processor
# time, because it stays the same while others use the machine; none of these waits for anything.
MEASURE = """
import resource, subprocess, sys
subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL)
usage = resource.getrusage(resource.RUSAGE_CHILDREN)
print(usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024)
"""


def _cost(command: Sequence[str | Path]) -> tuple[float, float]:
    """Run a command; return the seconds of a processor that it took, and its memory in bytes."""
    told = subprocess.check_output([sys.executable, "-c", MEASURE, *command], text=True)
    seconds, memory = map(float, told.split())
    return seconds, memory


def _race(*commands: Sequence[str | Path]) -> list[tuple[float, float]]:
    """Run everything in turn, several times over; return the least that each took."""
    rounds = [[_cost(command) for command in commands] for _ in range(ROUNDS)]
    return [min(costs) for costs in zip(*rounds, strict=True)]


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
    (seconds, memory), (their_seconds, _) = _race(route, [sox, source, theirs, "gain", "-3"])
    assert seconds <= their_seconds
    assert memory < 100e6
    ours_heard, theirs_heard = (
        soundfile.read(path, dtype="int16", frames=48000)[0] for path in (ours, theirs)
    )
    np.testing.assert_allclose(ours_heard, theirs_heard, atol=1)


def test_help_takes_at_most_twice_as_long_as_importing_click() -> None:
    (ours, _), (click, _) = _race([*PROGRAM, "--help"], [sys.executable, "-c", "import click"])
    assert ours <= 2 * click

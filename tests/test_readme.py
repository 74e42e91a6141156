"""Every example of the README runs as it stands there."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import soundfile
from install.conftest import WITHOUT_COMPILER, copy_checkout
from live.conftest import _need_a_server
from live.server import Server, poll, running
from numpy.typing import NDArray
from rendered import RATE

from audiograph.cli import COMMANDS

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
FENCE = re.compile(
    r"(?:<!-- needs: ([\w ]+) -->\n)?^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL
)


@dataclass(frozen=True)
class Example:
    needs: str
    language: str
    text: str


EXAMPLES = [Example(*found.groups(default="")) for found in FENCE.finditer(README)]


def examples(language: str, needs: str = "") -> list[str]:
    return [e.text for e in EXAMPLES if (e.language, e.needs) == (language, needs)]


def commands(text: str) -> list[str]:
    """Return the commands of a shell example, each on one line."""
    return re.sub(r"(\||&&|\\)\n\s*", r"\1 ", text).strip().split("\n")


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """Return a directory with the one file that the examples do not make: two seconds of noise."""
    noise = np.random.default_rng(1).uniform(-0.5, 0.5, (96000, 2))
    soundfile.write(tmp_path / "voice.wav", noise, 48000, subtype="PCM_16")
    return tmp_path


@pytest.fixture
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Return an environment in which `audiograph` is what is tested."""
    folder = tmp_path_factory.mktemp("bin")
    program = folder / "audiograph"
    program.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m audiograph "$@"\n')
    program.chmod(0o755)
    return {**os.environ, "PATH": f"{folder}{os.pathsep}{os.environ['PATH']}"}


@pytest.fixture
def sound(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Return a sound server."""
    _need_a_server()
    with running(tmp_path_factory.mktemp("sound")) as server:
        server.settle()
        yield server


def reaching(server: Server, environment: dict[str, str]) -> dict[str, str]:
    """Return an environment with the programs of `environment` and the devices of a server."""
    return {**server.environment, "PATH": environment["PATH"]}


def run(
    command: str,
    directory: Path,
    environment: dict[str, str],
    runs: Callable[[], object] | None = None,
) -> None:
    """Run a command, which has to succeed; an endless one with Ctrl-C once `runs` returns."""
    with subprocess.Popen(
        ["bash", "-o", "pipefail", "-c", command],
        cwd=directory,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    ) as process:
        try:
            if runs is not None:
                runs()
                os.killpg(process.pid, signal.SIGINT)
            said, _ = process.communicate(timeout=60)
        except (TimeoutError, subprocess.TimeoutExpired) as error:
            os.killpg(process.pid, signal.SIGKILL)
            said, _ = process.communicate(timeout=20)
            error.add_note(said.decode(errors="replace"))
            raise
        assert process.returncode == 0, f"{command}\n{said.decode(errors='replace')}"


@pytest.mark.parametrize("text", examples("sh"))
def test_an_example_for_the_shell_runs(
    text: str, directory: Path, environment: dict[str, str]
) -> None:
    for command in commands(text):
        run(command, directory, environment)


@pytest.mark.live
@pytest.mark.parametrize("text", examples("sh", "sound"))
def test_an_example_with_sound_devices_runs(
    text: str, directory: Path, environment: dict[str, str], sound: Server
) -> None:
    def the_microphone_is_heard() -> None:
        heard = sound.record("speakers.monitor")
        said = sound.play(np.full((2, 30 * RATE), 0.25, np.float32))

        def is_heard() -> bool:
            # What was played before may still be on its way.
            last = heard.samples[:, -RATE // 100 :]
            return last.size > 0 and np.allclose(last, 0.25, atol=1e-3)

        poll(is_heard, "the microphone at the speakers")
        said.kill()
        heard.stop()

    for command in commands(text):
        endless = "--mic" in command and not {"--duration", "--file"} & set(command.split())
        runs = the_microphone_is_heard if endless else None
        run(command, directory, reaching(sound, environment), runs)


@pytest.mark.parametrize("text", examples("python"))
def test_an_example_in_python_runs(text: str, directory: Path, environment: dict[str, str]) -> None:
    (directory / "example.py").write_text(text)
    run(f"{shlex.quote(sys.executable)} -W error example.py", directory, environment)


Listen = Callable[[str], NDArray[np.float64]]


@pytest.fixture
def listen(directory: Path, environment: dict[str, str]) -> Listen:
    """Return what runs the example that writes a file, and returns its (channels, frames)."""

    def listen(name: str) -> NDArray[np.float64]:
        (text,) = (text for text in examples("python") if f'"{name}"' in text)
        test_an_example_in_python_runs(text, directory, environment)
        samples, rate = soundfile.read(directory / name, always_2d=True)
        assert rate == RATE
        return np.transpose(samples)

    return listen


def spectrum(samples: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the magnitude at each whole frequency, for a number of whole seconds."""
    seconds = samples.reshape(-1, RATE) * np.hanning(RATE)
    return np.sqrt(np.mean(np.abs(np.fft.rfft(seconds)) ** 2, axis=0))


def rms(samples: NDArray[np.float64]) -> float:
    return float(np.sqrt(np.mean(samples**2)))


def test_the_first_file_is_a_second_of_440_hz(listen: Listen) -> None:
    (tone,) = listen("a440.wav")
    expected = np.sin(2 * np.pi * 440 * np.arange(RATE) / RATE)
    np.testing.assert_allclose(tone, expected, atol=1e-3)


def test_the_synthesizer_plays_four_notes_that_grow_dull_and_fade(listen: Listen) -> None:
    (sound,) = listen("synth.wav")
    parts = [spectrum(np.pad(part, 18000)) for part in np.split(sound, 20)]
    assert [np.argmax(part) for part in parts[:4]] == [110, 165, 220, 330]
    bright, dull = (part[1000:].max() / part.max() for part in (parts[3], parts[10]))
    assert bright > 10 * dull
    # The time constant is half a second, and the filter has long come to rest.
    fading = [rms(sound[start : start + RATE]) for start in (3 * RATE, 4 * RATE)]
    assert fading[1] / fading[0] == pytest.approx(np.exp(-2), rel=0.02)


def test_the_reverb_sounds_on_and_fades_by_60_db_in_a_second_and_a_half(listen: Listen) -> None:
    hall = listen("hall.wav")
    tail = hall[:, 2 * RATE : 3 * RATE]
    levels = 20 * np.log10([rms(part) for part in np.split(tail, 20, axis=1)])
    slope, _ = np.polyfit(np.arange(20) / 20, levels, 1)
    assert slope == pytest.approx(-60 / 1.5, rel=0.05)
    assert abs(np.corrcoef(tail)[0, 1]) < 0.1


def test_the_worklet_crushes_to_fewer_and_fewer_bits(listen: Listen) -> None:
    (crushed,) = listen("crushed.wav")
    seconds = np.arange(2 * RATE) / RATE
    steps = 2 ** (8 - 3 * seconds - 1)
    expected = np.round(np.sin(2 * np.pi * 220 * seconds) * steps) / steps
    # Next to the border of two steps, what is written may be the other one.
    assert np.mean(np.abs(crushed - np.clip(expected, -1, 1)) < 1e-3) > 0.98


def test_the_strip_takes_rumble_away_lifts_3_khz_and_evens_levels(
    listen: Listen, directory: Path
) -> None:
    voice, _ = soundfile.read(directory / "voice.wav")
    voice[:RATE] *= 0.1
    soundfile.write(directory / "voice.wav", voice, RATE)
    strip = listen("strip.flac")
    assert strip.shape == (2, 2 * RATE)
    ends = slice(RATE // 2, RATE), slice(3 * RATE // 2, 2 * RATE)
    soft, loud = (rms(strip[:, end]) for end in ends)
    assert 0.1 < soft / loud < 0.5
    gain = spectrum(strip[0]) / spectrum(voice[:, 0])
    middle = gain[300:600].mean()
    assert gain[2900:3100].mean() / middle == pytest.approx(2, rel=0.1)
    assert gain[10:20].mean() / middle < 0.05


@pytest.mark.live
@pytest.mark.parametrize("text", examples("python", "sound"))
def test_an_example_in_python_with_sound_devices_runs(
    text: str, directory: Path, environment: dict[str, str], sound: Server
) -> None:
    test_an_example_in_python_runs(text, directory, reaching(sound, environment))


def test_the_command_that_installs_also_runs_the_program(
    tmp_path: Path, environment: dict[str, str]
) -> None:
    setuptools = pytest.importorskip("setuptools", "77", reason="building needs setuptools 77")
    pytest.importorskip("Cython", reason="building needs Cython")
    home, stubs = tmp_path / "home", tmp_path / "stubs"
    for path in (home, stubs):
        path.mkdir()
    (stubs / "apt-get").write_text(f'#!/bin/sh\necho "$@" >>{tmp_path}/installed\n')
    (stubs / "sudo").write_text('#!/bin/sh\nexec "$@"\n')
    for stub in stubs.iterdir():
        stub.chmod(0o755)
    checkout = copy_checkout(tmp_path / "checkout")
    (text,) = examples("sh", "to install")
    (command,) = commands(text)
    # What it would fetch is here already, beside setuptools.
    offline = command.replace("install .", "install --no-index --no-deps --no-build-isolation .")
    assert offline != command
    run(
        offline,
        checkout,
        {
            **environment,
            **WITHOUT_COMPILER,
            "HOME": str(home),
            "PATH": f"{stubs}{os.pathsep}{environment['PATH']}",
            "PYTHONPATH": str(Path(setuptools.__file__).parents[1]),
        },
    )
    assert soundfile.info(home / "first.wav").frames == 96000
    assert (home / "audiograph" / "share" / "man" / "man1" / "audiograph.1").is_file()
    packages = re.findall(r"^install -y (.*)$", (tmp_path / "installed").read_text(), re.MULTILINE)
    assert set(packages[0].split()) <= set((ROOT / "tests" / "run").read_text().split())


def test_the_gate_runs_the_command_that_the_readme_has_for_the_tests() -> None:
    (text,) = examples("sh", "no test")
    assert (ROOT / ".ci" / "run").read_text().splitlines()[-1] == f"exec {text.strip()}"
    assert os.access(ROOT / text.strip(), os.X_OK)


def test_every_command_is_in_an_example_or_in_the_text() -> None:
    assert [name for name in COMMANDS if f"audiograph {name}" not in README] == []


def test_every_program_that_an_example_calls_is_installed_for_the_tests() -> None:
    called = {
        part.split()[0]
        for text in (*examples("sh"), *examples("sh", "sound"))
        for command in commands(text)
        for part in re.split(r"\||&&", re.sub(r"'[^']*'", "", command))
    }
    missing = [name for name in called - {"audiograph"} if shutil.which(name) is None]
    assert missing == []
    assert called - {"audiograph"} <= set((ROOT / "tests" / "run").read_text().split())

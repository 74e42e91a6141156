"""The audiograph program itself, as a person runs it, and sounds to run it with."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import IO

import numpy as np
import soundfile
from sound_files import Samples, read_file

from .server import RATE, SECONDS, Recording, Server, placed, poll

ROOT = Path(__file__).parents[2]

PATIENT = ["--latency", "0.5"]
"""For what is compared sample by sample: a machine that has other work does not tear it."""


def program() -> list[str]:
    """Return the words that run the program: the installed one, if this Python has it."""
    installed = shutil.which("audiograph", path=str(Path(sys.executable).parent))
    return [installed] if installed else [sys.executable, "-m", "audiograph"]


def environment(given: dict[str, str]) -> dict[str, str]:
    """Return `given` with this checkout on Python's path, and without a taste of the tester's."""
    kept = {name: value for name, value in given.items() if name not in ("NO_COLOR", "COLUMNS")}
    paths = [*filter(None, given.get("PYTHONPATH", "").split(os.pathsep)), str(ROOT)]
    return {**kept, "PYTHONPATH": os.pathsep.join(paths), "PYTHONWARNINGS": "error"}


class Command:
    """A running audiograph in a folder. What it prints is gathered, unless it goes elsewhere."""

    def __init__(
        self,
        *words: object,
        folder: Path,
        environment: dict[str, str],
        stdin: int | IO[bytes] = subprocess.DEVNULL,
        stdout: int | IO[bytes] = subprocess.PIPE,
    ) -> None:
        self.folder = folder
        self.process = subprocess.Popen(
            [*program(), *map(str, words)],
            cwd=folder,
            env=environment,
            stdin=stdin,
            stdout=stdout,
            stderr=subprocess.PIPE,
        )
        self.output = bytearray()
        self._errors = bytearray()
        self._threads = []
        if stdout == subprocess.PIPE:
            self._gather(self.process.stdout, self.output)
        self._gather(self.process.stderr, self._errors)

    def _gather(self, stream: IO[bytes] | None, into: bytearray) -> None:
        assert stream is not None

        def gather() -> None:
            while data := os.read(stream.fileno(), 65536):
                into.extend(data)

        self._threads.append(threading.Thread(target=gather, daemon=True))
        self._threads[-1].start()

    @property
    def errors(self) -> str:
        """What it has written to stderr so far."""
        return self._errors.decode()

    def interrupt(self) -> None:
        """Press Ctrl-C."""
        self.process.send_signal(signal.SIGINT)

    def ended(self, seconds: float = SECONDS) -> tuple[int, str]:
        """Wait for its end; return its exit status and what it wrote to stderr."""
        status = self.process.wait(seconds)
        for thread in self._threads:
            thread.join(SECONDS)
        return status, self.errors

    def interrupted(self, seconds: float = SECONDS) -> tuple[int, str]:
        """Press Ctrl-C and wait for the end."""
        self.interrupt()
        return self.ended(seconds)

    def recorded(self, name: str, frames: int = 1) -> Samples:
        """Wait until so many frames can be read from a file that it writes, and return them all."""

        def read() -> Samples | None:
            if not (self.folder / name).exists():
                return None
            try:
                samples = read_file(self.folder / name)
            except soundfile.LibsndfileError:  # a FLAC without a block
                return None
            return samples if samples.shape[1] >= frames else None

        try:
            return poll(read, f"{frames} frames in {name}")
        except TimeoutError as error:
            error.add_note(f"stderr: {self.errors}")
            raise

    def stop(self) -> None:
        self.process.kill()
        self.ended()
        for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
            if stream is not None:
                stream.close()


def heard_whole(recording: Recording, sound: Samples) -> Samples:
    """Wait until `sound` has been heard, sample for sample; return what was heard around it.

    That is what came before, and a twentieth of a second after it.
    """
    start = poll(lambda: placed(sound, recording.samples), "the sound's beginning")
    end = start + sound.shape[1]
    poll(lambda: recording.frames >= end + RATE // 20, "the sound's end")
    heard = recording.stop()
    np.testing.assert_array_equal(heard[:, start:end], sound)
    return np.concatenate([heard[:, :start], heard[:, end:]], axis=1)


def heard_whole_at_last(server: Server, recording: Recording, sound: Samples) -> None:
    """Play `sound` into the microphone until it has been heard, sample for sample.

    For a way through a pipe, which holds too little for a machine that has much other work.
    """
    for _ in range(8):
        if (start := placed(sound, recording.samples)) is not None:
            poll(lambda: recording.frames >= start + sound.shape[1], "the sound's end")
            if np.array_equal(recording.samples[:, start : start + sound.shape[1]], sound):
                return
        recording.forget()
        end = sound.shape[1] + 2 * RATE
        server.play(sound)
        poll(lambda: recording.frames >= end, "a sound and two seconds")  # noqa: B023 - called here
    raise AssertionError("the sound was torn every time")


def recorded_whole(samples: Samples, sound: Samples) -> int:
    """Return the frame from which on `sound` is in `samples`, all of it."""
    start = placed(sound, samples)
    assert start is not None
    np.testing.assert_array_equal(samples[:, start : start + sound.shape[1]], sound)
    return start


def play_through(server: Server, recording: Recording, sound: Samples) -> None:
    """Play `sound` into the microphone, once what it hears is heard at `recording`."""
    pilot = server.play(np.full((2, 20 * RATE), 0.25, np.float32))
    poll(lambda: bool(recording.samples.any()), "the microphone at the speakers")
    pilot.kill()
    server.play(sound)


def clients(server: Server) -> int:
    """Return how many streams of ALSA programs the server has, such as ours."""
    listed = server.pactl("list", "sink-inputs") + server.pactl("list", "source-outputs")
    return len(re.findall(r'application\.name = "ALSA plug-in', listed))

"""A private sound server: PulseAudio with two sinks that play into nothing.

::

    program ──▶ "speakers" ──monitor──▶ "loopback"      what was played, to hear it
    test ─────▶ "room"     ──monitor──▶ "mic"           what the test says, to be heard

ALSA shows these to PortAudio as the devices `speakers`, `loopback` and `mic`; `default` plays to
the speakers and records from the mic. Samples pass as they are: float32, two channels, 48 kHz. The
server is reached through `environment` alone, which is for subprocesses; the environment of the
tests themselves is left as it is.
"""

from __future__ import annotations

import contextlib
import ctypes.util
import os
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

T = TypeVar("T")

RATE = 48000
CHANNELS = 2
SECONDS = 20.0
"""How long anything here may take on a slow machine before it counts as failed."""

_ALSA = """
</usr/share/alsa/alsa.conf>
pcm.!default { type pulse hint { show on description "Default (PulseAudio)" } }
ctl.!default { type pulse }
pcm.speakers { type pulse device speakers hint { show on description "virtual speakers" } }
pcm.mic { type pulse device room.monitor hint { show on description "virtual microphone" } }
pcm.loopback { type pulse device speakers.monitor hint { show on description "what is played" } }
"""

_FORMAT = ["--raw", "--format=float32le", f"--rate={RATE}", f"--channels={CHANNELS}"]


def missing() -> list[str]:
    """Return what a live test needs and this machine has not."""
    programs = ["pulseaudio", "pactl", "parec", "pacat"]
    lacking = [name for name in programs if shutil.which(name) is None]
    if not any(Path("/usr").glob("lib*/**/alsa-lib/libasound_module_pcm_pulse.so")):
        lacking.append("ALSA's PulseAudio plugin (libasound2-plugins)")
    if ctypes.util.find_library("portaudio") is None:
        lacking.append("PortAudio (libportaudio2)")
    return lacking


def poll(ask: Callable[[], T | None], what: str, seconds: float = SECONDS) -> T:
    """Ask again and again until there is an answer (not None, not False), and return it."""
    deadline = time.monotonic() + seconds
    while True:
        answer = ask()
        if answer is not None and answer is not False:
            return answer
        if time.monotonic() > deadline:
            raise TimeoutError(f"waited {seconds:g} s for {what}")
        time.sleep(0.01)


class Server:
    """A running PulseAudio; stopped, with all that it started, by `stop`."""

    def __init__(self, directory: Path) -> None:
        directory.chmod(0o700)
        self.directory = directory
        (directory / "asound.conf").write_text(_ALSA)
        (directory / "client.conf").write_text("autospawn = no\n")
        outside = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("PULSE_", "PIPEWIRE_", "JACK_", "ALSA_", "AUDIOGRAPH_"))
        }
        self.environment = {
            **outside,
            "HOME": str(directory),
            "XDG_RUNTIME_DIR": str(directory),
            "PULSE_STATE_PATH": str(directory / "state"),
            "PULSE_RUNTIME_PATH": str(directory / "run"),
            "PULSE_CLIENTCONFIG": str(directory / "client.conf"),
            "PULSE_SERVER": f"unix:{directory}/native",
            "ALSA_CONFIG_PATH": str(directory / "asound.conf"),
            "JACK_NO_START_SERVER": "1",
        }
        self._children: list[subprocess.Popen[bytes]] = []
        self._process = self._start_server()
        self._keep_pace()

    def _start_server(self) -> subprocess.Popen[bytes]:
        sink = f"module-null-sink format=float32le rate={RATE} channels={CHANNELS} sink_name="
        process = self._spawn(
            "pulseaudio", "-n", "--daemonize=no", "--use-pid-file=no", "--exit-idle-time=-1",
            "--disallow-exit", "--realtime=no", "--high-priority=no",
            # NB: with memory shared, PulseAudio 16.1 now and then dies (an assertion of
            # memblock_replace_import) after a client was killed.
            "--disable-shm=yes",
            "-L", f"module-native-protocol-unix socket={self.directory}/native auth-anonymous=1",
            "-L", sink + "speakers",
            "-L", sink + "room",
        )  # fmt: skip
        poll(lambda: self._answers(process), "PulseAudio to start")
        self.pactl("set-default-sink", "speakers")
        self.pactl("set-default-source", "room.monitor")
        return process

    def _answers(self, process: subprocess.Popen[bytes]) -> bool:
        if process.poll() is not None:
            raise RuntimeError(f"PulseAudio does not start:\n{self.log()}")
        return (
            subprocess.run(
                ["pactl", "info"], env=self.environment, capture_output=True, check=False
            ).returncode
            == 0
        )

    @property
    def alive(self) -> bool:
        """Whether the server runs."""
        return self._process.poll() is None

    def _keep_pace(self) -> None:
        """Let a reader with a short buffer listen to each sink.

        Without one a sink takes blocks of two seconds when it has nothing to do, and drains
        a client with a large buffer in bursts.
        """
        for sink in ("speakers", "room"):
            self._spawn(
                "parec", *_FORMAT, "--latency-msec=20", f"--device={sink}.monitor", "/dev/null"
            )
        self._own = len(self._children)

    def settle(self) -> None:
        """Wait until both sinks run; a fresh one sleeps for two seconds first."""
        for source in ("speakers.monitor", "room.monitor"):
            self.record(source)
        self.stop_clients()

    def _spawn(self, *command: str, **pipes: int) -> subprocess.Popen[bytes]:
        with (self.directory / "log").open("ab") as log:
            process = subprocess.Popen(
                command, env=self.environment, **{"stdout": log, "stderr": log, **pipes}
            )
        self._children.append(process)
        return process

    def log(self) -> str:
        """Return what the server and its clients have printed."""
        return (self.directory / "log").read_text(errors="replace")

    def pactl(self, *arguments: str) -> str:
        """Run pactl, and return what it prints."""
        return subprocess.run(
            ["pactl", *arguments],
            env=self.environment,
            check=True,
            capture_output=True,
            text=True,
            timeout=SECONDS,
        ).stdout

    def record(self, source: str = "speakers.monitor") -> Recording:
        """Start to listen to `source`, without our program; returns when the first frames came."""
        process = self._spawn(
            "parec", *_FORMAT, "--latency-msec=20", f"--device={source}", stdout=subprocess.PIPE
        )
        return Recording(process)

    def play(self, samples: NDArray[np.float32], sink: str = "room") -> subprocess.Popen[bytes]:
        """Start to play `samples`, shape (channels, frames), without our program.

        A tenth of a second of silence comes first: a new client is mixed into the block that its
        sink is playing already, so a monitor does not hear how it begins.
        """
        samples = np.pad(samples, ((0, 0), (RATE // 10, 0)))
        sound = self.directory / f"sound-{len(self._children)}.raw"
        sound.write_bytes(np.ascontiguousarray(samples.T, np.float32).tobytes())
        return self._spawn("pacat", *_FORMAT, "--latency-msec=500", f"--device={sink}", str(sound))

    def kill(self) -> None:
        """Let the server die without a word to its clients."""
        self._process.kill()
        self._process.wait(SECONDS)

    def freeze(self) -> None:
        """Let the server hang: it keeps its connections and does nothing."""
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let a frozen server go on."""
        self._process.send_signal(signal.SIGCONT)

    def stop_clients(self) -> None:
        """End what `record` and `play` started."""
        self._stop(self._children[self._own :])
        del self._children[self._own :]

    def stop(self) -> None:
        """End the server and everything that was started here."""
        self._stop(self._children)

    @staticmethod
    def _stop(children: list[subprocess.Popen[bytes]]) -> None:
        for process in reversed(children):
            process.kill()
        for process in children:
            process.wait(SECONDS)
            if process.stdout is not None:
                process.stdout.close()


class Recording:
    """What parec hears, gathered by a thread."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process
        self._heard = bytearray()
        self._thread = threading.Thread(target=self._gather, daemon=True)
        self._thread.start()
        poll(lambda: self.frames > 0, "the first recorded frames")

    def _gather(self) -> None:
        assert self._process.stdout is not None
        with contextlib.suppress(ValueError):  # closed by `Server.stop`
            while heard := os.read(self._process.stdout.fileno(), 65536):
                self._heard += heard

    @property
    def frames(self) -> int:
        """Frames heard so far."""
        return len(self._heard) // (4 * CHANNELS)

    @property
    def samples(self) -> NDArray[np.float32]:
        """What was heard so far, shape (channels, frames)."""
        heard = bytes(self._heard[: self.frames * 4 * CHANNELS])
        return np.frombuffer(heard, np.float32).reshape(-1, CHANNELS).T

    def forget(self) -> None:
        """Drop what was heard so far."""
        del self._heard[: self.frames * 4 * CHANNELS]

    def stop(self) -> NDArray[np.float32]:
        """Stop listening and return everything that was heard."""
        self._process.terminate()
        self._thread.join(SECONDS)
        return self.samples


@contextlib.contextmanager
def running(directory: Path) -> Iterator[Server]:
    """Run a server for the duration of a with statement."""
    server = Server(directory)
    try:
        yield server
    finally:
        server.stop()


def placed(signal: NDArray[np.float32], heard: NDArray[np.float32], probe: int = 64) -> int | None:
    """Return the frame of `heard` at which `signal` begins sample for sample, or None.

    Both of shape (channels, frames). Found by the first `probe` frames of `signal`, which should be
    unlike anything else in it: noise, not a tone.
    """
    for start in np.flatnonzero(heard[0, : max(0, heard.shape[1] - probe)] == signal[0, 0]):
        if np.array_equal(heard[:, start : start + probe], signal[:, :probe]):
            return int(start)
    return None

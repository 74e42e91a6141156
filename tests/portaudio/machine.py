"""Stands in for sounddevice: a machine with one microphone and one pair of speakers."""

from __future__ import annotations

import threading
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np

from audiograph.portaudio import Device, OutputStream, devices
from audiograph.portaudio.stream import OnFault


class PortAudioError(Exception):
    pass


class CallbackAbort(Exception):
    pass


class Flow:
    """A stream as sounddevice has it; `ask` is what its device does."""

    latency = 0.01
    active = True

    def __init__(self, machine: Machine, callback: Callable[..., None]) -> None:
        self.closed = False
        self.started = False
        self._machine = machine
        self._callback = callback
        machine.flows.append(self)

    def start(self) -> None:
        if self._machine.is_dead:
            raise PortAudioError("it does not start")
        self.started = True

    def abort(self) -> None:
        pass

    def close(self) -> None:
        self.closed = True

    def ask(self, frames: int, delay: float) -> np.ndarray:
        """Ask for a block that will be heard after `delay` seconds; return it."""
        times = SimpleNamespace(currentTime=1.0, outputBufferDacTime=1.0 + delay)
        out = np.full(2 * frames, np.nan, np.float32)
        # In a thread of its own, since who closes a stream in its callback does not wait.
        thread, errors = in_background(lambda: self._callback(out, frames, times, None))
        thread.join()
        assert errors == []
        return out


class Machine:
    """The module itself, as far as the package asks it."""

    PortAudioError = PortAudioError
    CallbackAbort = CallbackAbort
    _libname = None

    def __init__(self) -> None:
        self.flows: list[Flow] = []
        self.is_dead = False
        self.before_opening: Callable[[], object] = lambda: None

    def query_hostapis(self) -> list[dict[str, Any]]:
        return [
            {
                "name": "ALSA",
                "devices": [0],
                "default_input_device": 0,
                "default_output_device": 0,
            }
        ]

    def query_devices(self) -> list[dict[str, Any]]:
        ways = ("input", "output")
        return [
            {
                "name": "default",
                "default_samplerate": 48000.0,
                **{f"max_{way}_channels": 2 for way in ways},
                **{f"default_{how}_{way}_latency": 0.01 for way in ways for how in ("low", "high")},
            }
        ]

    def RawOutputStream(self, *, callback: Callable[..., None], **_: Any) -> Flow:  # noqa: N802 - the module's own name
        self.before_opening()
        return Flow(self, callback)


def speakers() -> Device:
    """Return the machine's output device."""
    (found,) = (each for each in devices() if each.kind == "audiooutput")
    return found


def opened(
    render: Callable[..., object] = lambda out, time: out.fill(1),
    on_fault: OnFault = lambda error: None,
) -> OutputStream:
    """Open the speakers."""
    return OutputStream(
        speakers(), sample_rate=1000, channels=2, latency=0.1, render=render, on_fault=on_fault
    )


def in_background(function: Callable[[], object]) -> tuple[threading.Thread, list[BaseException]]:
    """Call `function` in a thread; return that, and what is raised there."""
    errors: list[BaseException] = []

    def run() -> None:
        try:
            function()
        except BaseException as error:  # noqa: BLE001 - looked at by the test
            errors.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    return thread, errors

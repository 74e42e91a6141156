"""Output devices that are not there: what would be heard is kept."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from audiograph import NotReadableError, NotSupportedError
from audiograph.context import drivers, sink
from audiograph.portaudio import Clock, Device, Xruns


def device(name: str, *, channels: int = 2, rate: float = 48000, default: bool = False) -> Device:
    """Return an output device of the id `name`."""
    return Device(
        id=name, label=name, kind="audiooutput", host_api="Fake", index=0, channels=channels,
        default_sample_rate=rate, low_latency=0.01, high_latency=0.1, is_default=default,
        group_id=name,
    )  # fmt: skip


class Speaker:
    """Stands in for an OutputStream: `ask` is its callback, and `samples` what it played.

    It offers the device's default rate alone.
    Started, it asks for blocks by itself, unless it is `by_hand`.
    """

    by_hand = False
    broken: tuple[str, ...] = ()
    """Ids of devices that do not open."""

    opened: list[Speaker]

    def __init__(
        self,
        device: Device,
        *,
        sample_rate: float,
        channels: int,
        latency: float,
        render: Callable[[NDArray[np.float32], float], object],
        on_fault: Callable[[Exception], object],
    ) -> None:
        if device.id in self.broken:
            raise NotReadableError(f"{device.id} is in use")
        if sample_rate != device.default_sample_rate:
            raise NotSupportedError(f"{device.id} does not offer {sample_rate} Hz")
        self.device = device
        self.sample_rate = sample_rate
        self.channels = channels
        self.latency = self.delay = latency
        self.clock = Clock(sample_rate)
        self.underruns = Xruns()
        self._on_fault = on_fault
        self._render = render
        self._played = [np.zeros((channels, 0), np.float32)]
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self.opened.append(self)

    @property
    def samples(self) -> NDArray[np.float32]:
        """What was played so far, shape (channels, frames)."""
        return np.concatenate(self._played, axis=1)

    def ask(self, frames: int, at: float) -> NDArray[np.float32]:
        """Have a block rendered at a moment; return it."""
        self.clock.update(at, frames)
        out = np.full((self.channels, frames), np.nan, np.float32)
        self._render(out, at)
        self._played.append(out)
        return out

    def fail(self, error: Exception) -> None:
        """Fail, and close, as a stream does by itself."""
        self._on_fault(error)
        self._closed.set()

    def start(self) -> None:
        if not self.by_hand:
            self._thread.start()

    def drain(self) -> None:
        pass

    def close(self) -> None:
        self._closed.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        while not self._closed.wait(0.002):
            self.ask(100, time.monotonic())


@pytest.fixture
def plugged(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[Speaker]]:
    """Let these devices be all that there are; return the list of what will be opened."""

    def plug(*there: Device, broken: tuple[str, ...] = ()) -> list[Speaker]:
        opened: list[Speaker] = []
        kind: Any = type("Plugged", (Speaker,), {"opened": opened, "broken": broken})
        monkeypatch.setattr(drivers, "OutputStream", kind)
        monkeypatch.setattr(sink, "devices", lambda: there)
        monkeypatch.setattr(sink, "refresh", lambda: False)
        monkeypatch.setattr(
            sink, "default_device", lambda _: next(each for each in there if each.is_default)
        )
        return opened

    return plug

"""What makes a live context's time pass: an output device, or a clock and nothing else."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from math import ceil
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from audiograph.media.device_source import DeviceSource
from audiograph.portaudio import Device, OutputStream

Render = Callable[[NDArray[np.float32]], None]
"""Fills an array of shape (channels, a whole number of quanta)."""

LEAD_IN_SECONDS = 0.1
"""Silence before time begins. A sound server mixes a new client into the block that it is playing
already, so that its monitors miss how it begins; and a device that wakes up may swallow it."""

_LAST_BLOCK_SECONDS = 0.5
"""How long a device may take to ask for its last block."""

OnFault = Callable[[Exception], None]


class Driver(Protocol):
    """Asks for audio, block after block, in a thread of its own."""

    latency: float
    """Seconds from when a block is asked for until it is heard."""

    def start(self) -> None:
        """Begin to ask; raises NotReadableError where the device does not start."""

    def close(self, *, at_once: bool = False) -> None:
        """Ask no more, let what was rendered be heard, and let the device go; never hangs.

        `at_once`, because the device has failed, nothing more is heard.
        """


class QuantumFeed:
    """Cuts rendered quanta to the lengths that a device asks for."""

    def __init__(self, render: Render, channels: int, quantum: int) -> None:
        self._render = render
        self._quantum = quantum
        self._rest = np.zeros((channels, 0), np.float32)
        self._stopped = False
        self._empty = threading.Event()

    def stop(self, seconds: float) -> None:
        """Render no more; return when what was rendered has been taken, or after `seconds`."""
        self._stopped = True
        self._empty.wait(seconds)

    def fill(self, out: NDArray[np.float32]) -> None:
        """Fill `out`, shape (channels, frames), with the next frames; after `stop`, silence."""
        frames, kept = out.shape[1], self._rest.shape[1]
        if kept >= frames:
            out[:] = self._rest[:, :frames]
            self._rest = self._rest[:, frames:]
            return
        out[:, :kept] = self._rest
        if self._stopped:
            out[:, kept:] = 0.0
            self._rest = self._rest[:, kept:]
            self._empty.set()
            return
        fresh = np.empty(
            (out.shape[0], ceil((frames - kept) / self._quantum) * self._quantum), np.float32
        )
        self._render(fresh)
        out[:, kept:] = fresh[:, : frames - kept]
        self._rest = fresh[:, frames - kept :]


class DeviceDriver:
    """Renders in the callback of an output device."""

    def __init__(
        self,
        device: Device,
        feed: QuantumFeed,
        *,
        sample_rate: float,
        channels: int,
        latency: float,
        on_fault: OnFault,
    ) -> None:
        self._feed = feed
        self._on_fault = on_fault
        self._failed = False
        self._lead_in = round(LEAD_IN_SECONDS * sample_rate)
        self._stream = OutputStream(
            device,
            sample_rate=sample_rate,
            channels=channels,
            latency=latency,
            render=self._fill,
            on_fault=self._fail,
        )
        self.latency = self._stream.latency

    def start(self) -> None:
        self._stream.start()

    def close(self, *, at_once: bool = False) -> None:
        # NB: a stream that has failed closes by itself, which takes its time where a server hangs.
        if self._failed:
            return
        if not at_once:
            self._feed.stop(_LAST_BLOCK_SECONDS)
            self._stream.drain()
        self._stream.close()

    def _fail(self, error: Exception) -> None:
        self._failed = True
        self._on_fault(error)

    def _fill(self, out: NDArray[np.float32], time: float) -> None:
        lead_in = min(self._lead_in, out.shape[1])
        self._lead_in -= lead_in
        out[:, :lead_in] = 0.0
        if lead_in < out.shape[1]:
            self._feed.fill(out[:, lead_in:])


class FollowDriver:
    """Renders, to nowhere, whenever an input device has delivered: its time is the context's."""

    latency = 0.0

    def __init__(
        self, source: DeviceSource, render: Render, *, channels: int, quantum: int, rate: float
    ) -> None:
        self._source = source
        self._render = render
        self._channels = channels
        self._quantum = quantum
        self._ratio = rate / source.sample_rate
        self._due = 0.0

    def start(self) -> None:
        self._source.follow(self._delivered)

    def close(self, *, at_once: bool = False) -> None:
        self._source.unfollow(self._delivered)

    def _delivered(self, frames: int) -> None:
        self._due += frames * self._ratio
        count = int(self._due) // self._quantum * self._quantum
        if count:
            self._due -= count
            self._render(np.empty((self._channels, count), np.float32))


class ClockDriver:
    """Renders as time passes, to nowhere: the sink of type "none"."""

    latency = 0.0

    _BLOCK_SECONDS = 0.01
    _CATCH_UP_SECONDS = 0.5

    def __init__(
        self,
        feed: QuantumFeed,
        *,
        sample_rate: float,
        channels: int,
        on_fault: OnFault,
    ) -> None:
        self._feed = feed
        self._sample_rate = sample_rate
        self._out = np.empty((channels, ceil(self._BLOCK_SECONDS * sample_rate)), np.float32)
        self._on_fault = on_fault
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="audiograph clock", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def close(self, *, at_once: bool = False) -> None:
        self._stopped.set()
        if self._thread.is_alive() and self._thread is not threading.current_thread():
            self._thread.join()

    def _run(self) -> None:
        due = time.monotonic()
        try:
            while not self._stopped.wait(max(0.0, due - time.monotonic())):
                self._feed.fill(self._out)
                due += self._out.shape[1] / self._sample_rate
                # After a long pause of the machine, time goes on from where it is.
                due = max(due, time.monotonic() - self._CATCH_UP_SECONDS)
        except Exception as error:  # noqa: BLE001 - handed to the context, which reports it
            self._on_fault(error)

"""A media element that nobody has taken plays by itself, to the default output device."""

from __future__ import annotations

import logging
import threading
import time
from math import ceil
from typing import TYPE_CHECKING

import numpy as np

from audiograph.errors import DOMException
from audiograph.media.player import Player
from audiograph.render.mixing import convert
from audiograph.render.processor import Silence

if TYPE_CHECKING:
    from audiograph.sinks.device import DeviceSink

_log = logging.getLogger("audiograph")

_BLOCK_SECONDS = 0.01
_CATCH_UP_SECONDS = 0.5

LATENCY_SECONDS = 0.1
"""What lies between playing and the device."""


class Speaker:
    """Renders a player as time passes, at its file's own rate, and lets the device hear it.

    Without a device time passes all the same; a warning is logged. The device is taken while it
    plays and let go with every pause.
    """

    clocked = True

    def __init__(self, player: Player) -> None:
        self._player = player
        self._rendering = threading.Lock()
        self._stopped = threading.Event()
        self._stopped.set()

    @property
    def sample_rate(self) -> float:
        playback = self._player.playback
        return 0.0 if playback is None else playback.sample_rate

    def start(self) -> None:
        with self._rendering:
            if not self._stopped.is_set():
                return
            self._stopped = threading.Event()
        # NB: told now, since another file may take the place of this one before the thread runs.
        rate, channels = round(self.sample_rate), self._player.channels
        threading.Thread(
            target=self._run,
            args=(rate, channels, self._stopped),
            name="audiograph speaker",
            daemon=True,
        ).start()

    def stop(self) -> None:
        # NB: whoever comes next renders, and two at once must not.
        with self._rendering:
            self._stopped.set()

    def _run(self, rate: int, channels: int, stopped: threading.Event) -> None:
        sink = _open_sink(rate, channels)
        try:
            self._play(rate, channels, sink, stopped)
        finally:
            stopped.set()
            if sink is not None:
                sink.close()

    def _play(
        self, rate: int, channels: int, sink: DeviceSink | None, stopped: threading.Event
    ) -> None:
        frames = ceil(_BLOCK_SECONDS * rate)
        due = time.monotonic()
        while not stopped.wait(max(0.0, due - time.monotonic())):
            with self._rendering:
                if stopped.is_set():
                    return
                signal = self._player.render(frames, rate, wait=False)
                if self._player.has_ended:
                    stopped.set()
            if sink is not None:
                if isinstance(signal, Silence):
                    signal = np.zeros((channels, frames), np.float32)
                sink.write(convert(signal, sink.channels, "speakers"))
            due += frames / rate
            # After a long pause of the machine, time goes on from where it is.
            due = max(due, time.monotonic() - _CATCH_UP_SECONDS)


def _open_sink(sample_rate: int, channels: int) -> DeviceSink | None:
    """Return a sink of the default output device, or None where there is none to be had."""
    # NB: here, since what belongs to devices is loaded where one takes part.
    from audiograph.portaudio import default_device
    from audiograph.sinks.device import DeviceSink

    try:
        device = default_device("audiooutput")
        return DeviceSink(
            device,
            sample_rate=sample_rate,
            channels=min(channels, device.channels),
            latency=LATENCY_SECONDS,
            on_fault=lambda error: _log.warning("a media element is heard no more: %s", error),
        )
    except DOMException as error:
        _log.warning("a media element plays and is not heard: %s", error)
        return None

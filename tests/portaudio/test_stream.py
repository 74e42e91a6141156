"""A stream whose device does not answer."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest

from audiograph.errors import NotReadableError
from audiograph.portaudio import calls, stream
from audiograph.portaudio.devices import Device
from audiograph.portaudio.stream import Stream

SPEAKERS = Device("id", "Hall", "audiooutput", "ALSA", 0, 2, 44100.0, 0.01, 0.1, True, "group")


class FrozenServer:
    """What PortAudio's stream is while the sound server is frozen: starting it never returns."""

    latency = 0.02

    def __init__(self) -> None:
        self.thaws = threading.Event()
        self.started = threading.Event()
        self.closed_while_starting = False

    def start(self) -> None:
        self.thaws.wait()
        self.started.set()

    def close(self) -> None:
        self.closed_while_starting |= not self.started.is_set()


class StreamOf(Stream):
    """A stream over what the test hands in, instead of PortAudio's."""

    def __init__(self, inner: FrozenServer) -> None:
        self.inner = inner
        super().__init__(
            SPEAKERS,
            sample_rate=48000.0,
            channels=2,
            latency=0.02,
            block_frames=0,
            on_fault=lambda error: None,
        )

    def _make(self, sounddevice: Any, **settings: Any) -> Any:
        raise NotImplementedError

    def _open(self, latency: float, block_frames: int) -> float:
        self._stream = self.inner
        return self.inner.latency


@pytest.fixture
def frozen(monkeypatch: pytest.MonkeyPatch) -> Iterator[FrozenServer]:
    monkeypatch.setattr(calls, "_calls", calls._Calls())
    monkeypatch.setattr(stream, "call", partial(calls.call, limit=0.05))
    server = FrozenServer()
    yield server
    server.thaws.set()
    server.started.wait()


def test_a_stream_whose_start_hangs_is_given_up_and_not_closed(frozen: FrozenServer) -> None:
    playing = StreamOf(frozen)
    with pytest.raises(NotReadableError, match="not answered"):
        playing.start()
    playing.close()
    assert playing.given_up
    assert playing.closed
    assert not frozen.closed_while_starting

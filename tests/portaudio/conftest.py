"""A machine of the test's own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from audiograph.portaudio import calls, library

from .machine import Machine


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Iterator[Machine]:
    """Let this be the machine, with nothing called or opened so far."""
    machine = Machine()
    ours = library._Library()
    ours.module = machine  # type: ignore[assignment]
    monkeypatch.setattr(calls, "_calls", calls._Calls())
    monkeypatch.setattr(library, "_library", ours)
    yield machine
    for stream in list(ours.streams):
        stream.close()

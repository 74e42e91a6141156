"""How a stream is opened, drained and closed, whatever comes between."""

from __future__ import annotations

import gc
import sys
import threading
import weakref

import pytest

from audiograph.errors import NotReadableError
from audiograph.portaudio import calls, library, stream
from audiograph.portaudio.calls import call

from .machine import Machine, in_background, opened


def settled() -> None:
    """Wait until PortAudio's thread has done all that it was told."""
    call(lambda: None)


def test_a_stream_that_opens_too_late_is_closed(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    thawed = threading.Event()
    machine.before_opening = thawed.wait
    limited = calls.call
    monkeypatch.setattr(stream, "call", lambda function, **_: limited(function, limit=0.05))
    with pytest.raises(NotReadableError, match="has not answered"):
        opened()
    thawed.set()
    while not any(flow.closed for flow in machine.flows) or library._library.streams:
        pass


def test_a_stream_whose_opening_is_interrupted_is_closed(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(function: object, **_: object) -> None:
        call(function)  # type: ignore[arg-type]
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(stream, "call", interrupted)
        with pytest.raises(KeyboardInterrupt):
            opened()
    settled()
    assert [flow.closed for flow in machine.flows] == [True]
    assert not library._library.streams


def test_a_stream_that_does_not_start_is_closed(machine: Machine) -> None:
    output = opened()
    machine.is_dead = True
    switch_seconds = sys.getswitchinterval()
    with pytest.raises(NotReadableError, match="does not start"):
        output.start()
    assert output.closed
    assert [flow.closed for flow in machine.flows] == [True]
    assert not library._library.streams
    assert sys.getswitchinterval() == switch_seconds


def test_draining_waits_until_all_that_the_device_holds_is_silence(machine: Machine) -> None:
    with opened() as output:
        (flow,) = machine.flows
        # The buffer has nearly run dry when the last sound is asked for, and is filled up at once.
        flow.ask(90, delay=0.01)
        draining, errors = in_background(output.drain)
        while output._silent_frames is None:
            pass
        for _ in range(3):
            flow.ask(50, delay=0.1)
        draining.join(0.1)
        assert draining.is_alive()
        flow.ask(50, delay=0.1)
        draining.join()
        assert errors == []


def test_garbage_is_not_kept_by_a_stream_that_starts(machine: Machine) -> None:
    class Knot:
        def __init__(self) -> None:
            self.self = self

    gc.disable()
    try:
        garbage = weakref.ref(Knot())
        with opened():
            assert garbage() is None
            assert gc.get_freeze_count() > 0
    finally:
        gc.enable()
    assert gc.get_freeze_count() == 0


def test_at_the_processs_end_streams_are_closed_and_none_is_opened_or_started(
    machine: Machine,
) -> None:
    running, waiting = opened(), opened()
    running.start()
    library._shut_down()
    assert running.closed
    assert waiting.closed
    assert [flow.closed for flow in machine.flows] == [True, True]
    waiting.start()
    assert not machine.flows[1].started
    for late in (opened, lambda: call(lambda: None)):
        thread, errors = in_background(late)
        thread.join()
        assert [type(error) for error in errors] == [SystemExit]
    assert len(machine.flows) == 2


def test_at_the_processs_end_what_is_being_opened_is_waited_for_and_closed(
    machine: Machine,
) -> None:
    opening, open_now = threading.Event(), threading.Event()

    def hold() -> None:
        opening.set()
        open_now.wait()

    machine.before_opening = hold
    starting, errors = in_background(lambda: opened().start())
    opening.wait()
    ending, _ = in_background(library._shut_down)
    while not calls._calls.over:
        pass
    open_now.set()
    ending.join()
    starting.join()
    assert [type(error) for error in errors] in ([SystemExit], [])
    assert [flow.closed for flow in machine.flows] == [True]
    assert not library._library.streams

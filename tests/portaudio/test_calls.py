"""Calls that are made from one thread and never waited for too long."""

from __future__ import annotations

import signal
import threading
import time

import pytest

from audiograph.errors import NotReadableError
from audiograph.portaudio import calls
from audiograph.portaudio.calls import call
from audiograph.portaudio.held import Held


@pytest.fixture(autouse=True)
def fresh_calls(monkeypatch: pytest.MonkeyPatch) -> None:
    """A thread of the test's own, so that hanging it harms nobody."""
    monkeypatch.setattr(calls, "_calls", calls._Calls())


def test_calls_come_from_one_thread_which_is_not_the_callers() -> None:
    threads = {call(threading.get_ident) for _ in range(3)}
    assert len(threads) == 1
    assert threading.get_ident() not in threads


def test_what_a_call_raises_is_raised_to_the_caller() -> None:
    with pytest.raises(ZeroDivisionError):
        call(lambda: 1 // 0)
    assert call(lambda: 1) == 1


def test_a_call_that_hangs_is_given_up_and_the_next_one_works() -> None:
    ends = threading.Event()
    with pytest.raises(NotReadableError, match=r"not answered for 0\.05 s: restart"):
        call(ends.wait, limit=0.05)
    assert calls.hung()
    assert call(lambda: 1) == 1
    ends.set()


def test_a_call_that_waited_behind_a_hanging_one_is_made_all_the_same() -> None:
    ends = threading.Event()
    begun = threading.Event()
    answers = []

    def hang() -> None:
        begun.set()
        ends.wait()

    def give_up() -> None:
        with pytest.raises(NotReadableError):
            call(hang, limit=0.3)

    first = threading.Thread(target=give_up)
    first.start()
    begun.wait()
    answers.append(call(lambda: 1, limit=0.1))
    first.join()
    ends.set()
    assert answers == [1]


def test_an_interrupt_that_does_not_wake_the_waiting_thread_is_noticed_soon() -> None:
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    ends, begun = threading.Event(), threading.Event()

    def interrupt() -> None:
        begun.wait()
        signal.pthread_kill(threading.get_ident(), signal.SIGINT)

    def hang() -> None:
        begun.set()
        ends.wait()

    threading.Thread(target=interrupt).start()
    started = time.monotonic()
    try:
        with pytest.raises(KeyboardInterrupt):
            call(hang, limit=20)
    finally:
        signal.signal(signal.SIGINT, before)
        ends.set()
    assert time.monotonic() - started < 5


def test_a_state_lasts_from_the_first_holder_to_the_last() -> None:
    steps: list[str] = []
    held = Held(lambda: steps.append("begin"), lambda: steps.append("end"))
    held.take()
    held.take()
    held.release()
    assert steps == ["begin"]
    held.release()
    held.take()
    held.release()
    assert steps == ["begin", "end", "begin", "end"]

"""Calls into PortAudio: all from one thread, and none that waits for ever.

PortAudio may be called by one thread at a time, and on Windows by the thread that started it. And
a call can hang: everything does while a sound server is frozen, abort and close do after jackd
was killed. So one daemon thread makes the calls, and the caller waits for the answer as long as
`limit` says. A thread that hangs is left behind, with what it was closing; the next call gets
a new one.
"""

from __future__ import annotations

import atexit
import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from typing import Any, TypeVar

from audiograph.errors import NotReadableError
from audiograph.portaudio.quiet import hushed

T = TypeVar("T")

ANSWER_SECONDS = 5.0
"""How long a call may take. Opening takes milliseconds, a wireless headset a second or two."""

CLOSE_SECONDS = 2.0
"""How long closing may take. It takes milliseconds, or it hangs."""


class _Caller(threading.Thread):
    """The thread that calls."""

    def __init__(self) -> None:
        super().__init__(name="portaudio", daemon=True)
        self.tasks: queue.SimpleQueue[tuple[Future[Any], Callable[[], Any]]] = queue.SimpleQueue()

    def run(self) -> None:
        while True:
            future, function = self.tasks.get()
            if not future.set_running_or_notify_cancel():
                continue
            hushed.take()
            try:
                result = function()
            except Exception as error:  # noqa: BLE001 - raised again where the answer is awaited
                future.set_exception(error)
            else:
                future.set_result(result)
            finally:
                hushed.release()


class _Calls:
    """The thread in use, and whether one was left behind."""

    def __init__(self) -> None:
        self.caller: _Caller | None = None
        self.hung = False
        self._lock = threading.Lock()

    def post(self, function: Callable[[], T]) -> tuple[_Caller, Future[T]]:
        future: Future[T] = Future()
        with self._lock:
            if self.caller is None:
                if not self.hung:
                    atexit.register(_settle)
                self.caller = _Caller()
                self.caller.start()
            self.caller.tasks.put((future, function))
            return self.caller, future

    def leave_behind(self, caller: _Caller) -> None:
        with self._lock:
            self.hung = True
            if self.caller is caller:
                self.caller = None


_calls = _Calls()


def call(function: Callable[[], T], *, limit: float = ANSWER_SECONDS) -> T:
    """Run `function` on PortAudio's thread and return or raise what it does.

    Not to be used inside such a function, which is on that thread already.

    Raises
    ------
    NotReadableError
        When there is no answer after `limit` seconds.
    """
    caller, future = _calls.post(function)
    try:
        return future.result(limit)
    except TimeoutError:
        _calls.leave_behind(caller)
        if future.cancel():  # it never started: another call hangs
            return call(function, limit=limit)
        raise NotReadableError(
            f"the sound system has not answered for {limit:g} s: restart the sound server "
            "(PulseAudio, PipeWire, JACK) and try again"
        ) from None


def _settle() -> None:
    """Wait for the call under way: a library crashes that works on while the process ends."""
    if not hung():
        with suppress(NotReadableError):
            call(lambda: None, limit=CLOSE_SECONDS)


def hung() -> bool:
    """Whether a call never came back, so that PortAudio must not be shut down any more."""
    return _calls.hung

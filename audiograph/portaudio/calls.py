"""Calls into PortAudio: all from one thread, and none that waits for ever.

PortAudio may be called by one thread at a time, and on Windows by the thread that started it. And
a call can hang: everything does while a sound server is frozen, abort and close do after jackd
was killed. So one daemon thread makes the calls, and the caller waits for the answer as long as
`limit` says. A thread that hangs is left behind, with what it was closing; the next call gets
a new one.

When the process ends nothing but closing is called any more: a library crashes that works on while
the interpreter is taken down around it, and so does a callback that comes into it.
"""

from __future__ import annotations

import atexit
import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, TypeVar

from audiograph.errors import NotReadableError
from audiograph.portaudio.quiet import hushed

T = TypeVar("T")

ANSWER_SECONDS = 5.0
"""How long a call may take. Opening takes milliseconds, a wireless headset a second or two."""

CLOSE_SECONDS = 2.0
"""How long closing may take. It takes milliseconds, or it hangs."""

_STEP_SECONDS = 0.1


@dataclass(frozen=True)
class _Task:
    """A function to call, and what its answer goes to."""

    function: Callable[[], Any]
    at_exit: bool
    answer: Future[Any] = field(default_factory=Future)


class _Caller(threading.Thread):
    """The thread that calls."""

    def __init__(self, calls: _Calls) -> None:
        super().__init__(name="portaudio", daemon=True)
        self.tasks: queue.SimpleQueue[_Task] = queue.SimpleQueue()
        self._calls = calls

    def run(self) -> None:
        while True:
            task = self.tasks.get()
            if not task.answer.set_running_or_notify_cancel():
                continue
            if self._calls.over and not task.at_exit:
                # Ends the thread that waits, without a word, as the process is about to.
                task.answer.set_exception(SystemExit())
                continue
            hushed.take()
            try:
                result = task.function()
            except Exception as error:  # noqa: BLE001 - raised again where the answer is awaited
                task.answer.set_exception(error)
            else:
                task.answer.set_result(result)
            finally:
                hushed.release()


class _Calls:
    """The thread in use, whether one was left behind, and whether the process ends."""

    def __init__(self) -> None:
        self.caller: _Caller | None = None
        self.hung = False
        self.over = False
        self._lock = threading.Lock()

    def post(self, task: _Task) -> _Caller:
        with self._lock:
            if self.caller is None:
                if not self.hung:
                    atexit.register(end)
                self.caller = _Caller(self)
                self.caller.start()
            self.caller.tasks.put(task)
            return self.caller

    def leave_behind(self, caller: _Caller) -> None:
        with self._lock:
            self.hung = True
            if self.caller is caller:
                self.caller = None


_calls = _Calls()


def call(function: Callable[[], T], *, limit: float = ANSWER_SECONDS, at_exit: bool = False) -> T:
    """Run `function` on PortAudio's thread and return or raise what it does.

    Not to be used inside such a function, which is on that thread already. While the process ends,
    only what is to be called `at_exit` is; any other thread that asks ends.

    Raises
    ------
    NotReadableError
        When there is no answer after `limit` seconds.
    """
    task = _Task(function, at_exit)
    caller = _calls.post(task)
    try:
        answer: T = _awaited(task.answer, limit)
        return answer
    except TimeoutError:
        _calls.leave_behind(caller)
        if task.answer.cancel():  # it never started: another call hangs
            return call(function, limit=limit, at_exit=at_exit)
        raise NotReadableError(
            f"the sound system has not answered for {limit:g} s: restart the sound server "
            "(PulseAudio, PipeWire, JACK) and try again"
        ) from None


def _awaited(answer: Future[T], limit: float) -> T:
    """Return an answer, or raise TimeoutError; in short steps, so that Ctrl-C gets through.

    NB: one that comes just before a thread begins to wait, or in another thread, does not wake it.
    """
    steps = max(1, round(limit / _STEP_SECONDS))
    for _ in range(steps - 1):
        with suppress(TimeoutError):
            return answer.result(limit / steps)
    return answer.result(limit / steps)


def post(function: Callable[[], object]) -> None:
    """Have `function` run on PortAudio's thread soon, also at exit, and don't wait for it."""
    _calls.post(_Task(function, at_exit=True))


def end() -> None:
    """Call nothing but what closes from now on, since the process ends.

    Returns when the call under way has returned, unless that hangs.
    """
    _calls.over = True
    if not hung():
        with suppress(NotReadableError):
            call(lambda: None, limit=CLOSE_SECONDS, at_exit=True)


def forget() -> None:
    """Begin anew in a forked process, which has none of the threads."""
    global _calls
    _calls = _Calls()


def hung() -> bool:
    """Whether a call never came back, so that PortAudio must not be shut down any more."""
    return _calls.hung

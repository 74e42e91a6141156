"""Waiting in another thread."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def aside(function: Callable[[], T]) -> T:
    """Return what `function()` returns, or raise what it raises; it is called in another thread.

    What waits for a pipe in C takes no notice of Ctrl-C. Like this KeyboardInterrupt comes through,
    and the thread is left to itself, with all that it holds.
    """
    results: list[T] = []
    errors: list[BaseException] = []

    def call() -> None:
        try:
            results.append(function())
        except BaseException as error:  # noqa: BLE001 - raised again below
            errors.append(error)

    thread = threading.Thread(target=call, daemon=True)
    thread.start()
    thread.join()
    if errors:
        raise errors[0]
    return results[0]

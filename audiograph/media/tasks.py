"""A queue of what is to be done soon, one after the other, in a thread of its own."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import Any


class Tasks:
    """Calls functions in the order in which they were added; the thread lasts while there are any.

    https://html.spec.whatwg.org/multipage/media.html#media-element-event-task-source
    """

    def __init__(self) -> None:
        self._waiting: deque[tuple[Callable[..., object], tuple[Any, ...]]] = deque()
        self._lock = threading.Lock()
        self._running = False

    def add(self, function: Callable[..., object], *arguments: Any) -> None:
        """Have `function(*arguments)` called soon."""
        with self._lock:
            self._waiting.append((function, arguments))
            if self._running:
                return
            self._running = True
        threading.Thread(target=self._run, name="audiograph media events", daemon=True).start()

    def _run(self) -> None:
        while True:
            with self._lock:
                if not self._waiting:
                    self._running = False
                    return
                function, arguments = self._waiting.popleft()
            # NB: a listener that calls sys.exit() ends no more than its own call.
            with suppress(SystemExit):
                function(*arguments)

"""A state of the whole process that lasts as long as anyone holds it."""

from __future__ import annotations

import threading
from collections.abc import Callable


class Held:
    """Runs `begin` for the first holder and `end` after the last. Any thread may take or release.

    Parameters
    ----------
    begin : callable
        Puts the process into the state.
    end : callable
        Puts it back as it was.
    """

    def __init__(self, begin: Callable[[], None], end: Callable[[], None]) -> None:
        self._begin = begin
        self._end = end
        self._holders = 0
        self._lock = threading.Lock()

    def take(self) -> None:
        """Hold it, beside those who do already."""
        with self._lock:
            if not self._holders:
                self._begin()
            self._holders += 1

    def release(self) -> None:
        """Hold it no more, once for each `take`."""
        with self._lock:
            self._holders -= 1
            if not self._holders:
                self._end()

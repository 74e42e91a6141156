"""What holds for the whole process while a stream runs, so that its callbacks come in time."""

from __future__ import annotations

import gc
import sys

from audiograph.portaudio.held import Held

SWITCH_SECONDS = 0.0005
"""How long a busy thread may keep a callback waiting. Measured with a busy main thread, 256 frames
a block, 30 s: 948 faults at the interpreter's 5 ms, none at 0.5 ms."""


class _Settings:
    """The interpreter's settings as they were before the first stream ran."""

    def __init__(self) -> None:
        self.switch_seconds = 0.0
        self.froze = False

    def enter(self) -> None:
        self.switch_seconds = sys.getswitchinterval()
        sys.setswitchinterval(min(SWITCH_SECONDS, self.switch_seconds))
        # A full collection stops every thread: 5 ms with this program's imports, 172 ms with two
        # million objects. Frozen objects are not looked at. Where the application has frozen some
        # itself, unfreezing would take its own away, so it is left alone.
        self.froze = _nothing_is_frozen()
        if self.froze:
            gc.freeze()

    def leave(self) -> None:
        sys.setswitchinterval(self.switch_seconds)
        if self.froze:
            gc.unfreeze()


def sweep() -> None:
    """Take garbage away before it is frozen, which would keep it as long as streams come and go.

    To be called before `running` is taken, not within: what is taken away may close a stream.
    """
    if _nothing_is_frozen():
        gc.collect()


def _nothing_is_frozen() -> bool:
    return gc.get_freeze_count() == 0


_settings = _Settings()

running = Held(_settings.enter, _settings.leave)
"""Held by each stream from its start to its close."""

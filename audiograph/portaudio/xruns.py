"""Where a stream was interrupted."""

from __future__ import annotations

from collections import deque


class Xruns:
    """Interruptions: `count` times in all, lately before the frames `positions`."""

    def __init__(self) -> None:
        self.count = 0
        self.positions: deque[int] = deque(maxlen=1000)

    def note(self, position: int) -> None:
        """Count one before the frame `position`."""
        self.count += 1
        self.positions.append(position)

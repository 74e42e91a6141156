"""Where in the context's time the output device is: which frame is heard at which moment."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple


@dataclass(frozen=True, kw_only=True)
class AudioTimestamp:
    """A time of the context, and the moment at which it was heard.

    `context_time` is in seconds, as `current_time` is; `performance_time` in milliseconds, as
    `time.perf_counter() * 1000` is.

    https://webaudio.github.io/web-audio-api/#AudioTimestamp
    """

    context_time: float = 0.0
    performance_time: float = 0.0


class Playhead(NamedTuple):
    """A frame, the moment at which it is heard, and how fast those after it follow."""

    frame: int
    time: float
    """By `time.monotonic`."""
    rate: float
    """Frames per second of that clock."""

    def frame_at(self, time: float) -> float:
        """Return the frame that is heard at a moment."""
        return self.frame + (time - self.time) * self.rate

    def time_of(self, frame: float) -> float:
        """Return the moment at which a frame is heard."""
        return self.time + (frame - self.frame) / self.rate

"""AudioPlaybackStats: how well a context's audio reaches the device."""

from __future__ import annotations

import time
from math import inf

from audiograph.host import NodeHost

UPDATE_SECONDS = 1.0
"""How often what is told changes."""

_NAMES = (
    "underrun_duration",
    "underrun_events",
    "total_duration",
    "average_latency",
    "minimum_latency",
    "maximum_latency",
)


class AudioPlaybackStats:
    """Underruns and latency of a context's playback, in seconds; brought up to date once a second.

    An underrun is a gap: the device had to play something before the context delivered. How long
    it was is told by when the device asked for more. While the context does not run, nothing
    changes.

    https://webaudio.github.io/web-audio-api/#AudioPlaybackStats
    """

    def __init__(self, host: NodeHost) -> None:
        self._host = host
        # Counted by the render thread …
        self._gaps = 0
        self._gap_seconds = 0.0
        self._latency = 0.0
        self._due = inf
        # … and told: replaced, never changed.
        self._told = (0.0, 0, 0.0)
        self._interval = _Interval(0.0)

    @property
    def underrun_duration(self) -> float:
        """How long all underruns were together.

        https://webaudio.github.io/web-audio-api/#dom-audioplaybackstats-underrunduration
        """
        return self._told[0]

    @property
    def underrun_events(self) -> int:
        """How many underruns there were.

        https://webaudio.github.io/web-audio-api/#dom-audioplaybackstats-underrunevents
        """
        return self._told[1]

    @property
    def total_duration(self) -> float:
        """How long it has played: underruns and all.

        https://webaudio.github.io/web-audio-api/#dom-audioplaybackstats-totalduration
        """
        return self._told[2]

    @property
    def average_latency(self) -> float:
        """The output latency, on average since `reset_latency`.

        https://webaudio.github.io/web-audio-api/#dom-audioplaybackstats-averagelatency
        """
        return self._interval.told[0]

    @property
    def minimum_latency(self) -> float:
        """The least output latency since `reset_latency`.

        https://webaudio.github.io/web-audio-api/#dom-audioplaybackstats-minimumlatency
        """
        return self._interval.told[1]

    @property
    def maximum_latency(self) -> float:
        """The most output latency since `reset_latency`.

        https://webaudio.github.io/web-audio-api/#dom-audioplaybackstats-maximumlatency
        """
        return self._interval.told[2]

    def reset_latency(self) -> None:
        """Let the latencies be those from now on.

        https://webaudio.github.io/web-audio-api/#dom-audioplaybackstats-resetlatency
        """
        # 2. "Let currentLatency be the playback latency of the last frame played …, or 0 if no
        #    frames have been played out yet."
        # 3.-5. "Set [[average latency]] … [[minimum latency]] … [[maximum latency]] to
        #    currentLatency."
        self._interval = _Interval(self._latency)

    def to_json(self) -> dict[str, float]:
        """Return the attributes as a dict.

        https://webaudio.github.io/web-audio-api/#dom-audioplaybackstats-tojson
        """
        return {name: getattr(self, name) for name in _NAMES}

    def _note(self, frames: int, latency: float, gap: float | None) -> None:
        """Count a block that was rendered; called in the render thread.

        `latency` lies between it and the ear, `gap` before it, both in seconds; None is without an
        underrun.
        """
        if gap is not None:
            self._gaps += 1
            self._gap_seconds += gap
        self._latency = latency
        interval = self._interval
        interval.note(frames, latency)
        now = time.monotonic()
        self._due = min(self._due, now + UPDATE_SECONDS)
        if now >= self._due:
            self._due = now + UPDATE_SECONDS
            # By the text: "Set [[total duration]] to [[underrun duration]] + … currentTime."
            total = self._gap_seconds + self._host.current_time
            self._told = (self._gap_seconds, self._gaps, total)
            interval.tell()


class _Interval:
    """The latencies of the "currently tracked interval"."""

    def __init__(self, latency: float) -> None:
        self.told = (latency, latency, latency)
        self._frames = 0
        self._sum = 0.0
        self._least = inf
        self._most = 0.0

    def note(self, frames: int, latency: float) -> None:
        self._frames += frames
        self._sum += frames * latency
        self._least = min(self._least, latency)
        self._most = max(self._most, latency)

    def tell(self) -> None:
        self.told = (self._sum / self._frames, self._least, self._most)

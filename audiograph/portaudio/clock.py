"""A device's own time, smoothed out of the moments at which its callbacks come."""

from __future__ import annotations

import math

FIRST_HZ = 1.0
"""Bandwidth of the loop at the start: it settles within a second."""

LAST_HZ = 0.005
"""Bandwidth in the long run: jitter of milliseconds becomes microseconds."""

JUMP_SECONDS = 0.1
"""A callback that is further off than this is late by accident; for as long, it was a pause."""

DEVIATION = 0.01
"""How far from its claim a device's rate may be. The worst real ones are off by 0.001."""


class Clock:
    """A second-order delay-locked loop over callback times.

    After each callback it tells when that callback should have come, had all been punctual,
    and how many frames a second the device really takes by the monotonic clock. The bandwidth
    narrows from `FIRST_HZ` to `LAST_HZ` as the loop gets to know the device.

    Fons Adriaensen, "Using a DLL to filter time" (2005).

    Parameters
    ----------
    sample_rate : float
        Frames per second that the device claims.
    """

    def __init__(self, sample_rate: float) -> None:
        self._nominal = float(sample_rate)
        self._seconds_per_frame = 1 / self._nominal
        self._frames = 0
        self._time = math.nan
        self._age = 0.0
        self._jumps = 0
        self._doubted = math.nan
        self._least = self._seconds_per_frame / (1 + DEVIATION)
        self._most = self._seconds_per_frame * (1 + DEVIATION)

    @property
    def time(self) -> float:
        """The smoothed time of the last callback, in seconds of the monotonic clock."""
        return self._time

    @property
    def frames(self) -> int:
        """Frames counted up to the last callback."""
        return self._frames

    @property
    def rate(self) -> float:
        """Frames per second of the monotonic clock."""
        return 1 / self._seconds_per_frame

    @property
    def age(self) -> float:
        """Seconds that the loop has been following without a jump."""
        return self._age

    @property
    def jumps(self) -> int:
        """How often the device paused or lost time, so that the loop began anew."""
        return self._jumps

    def update(self, time: float, frames: int) -> float:
        """Note a callback at `time` that carried `frames` frames; return its smoothed time."""
        self._frames += frames
        if math.isnan(self._time):
            self._time = time
            return time
        span = frames * self._seconds_per_frame
        expected = self._time + span
        error = time - expected
        if abs(error) > JUMP_SECONDS:
            return self._doubt(time, expected)
        self._doubted = math.nan
        self._age += span
        # The gains of an optimal estimator of a constant rate fall with the time it has seen.
        bandwidth = max(LAST_HZ, min(FIRST_HZ, 0.4 / self._age))
        omega = 2 * math.pi * bandwidth * span
        self._time = expected + math.sqrt(2) * omega * error
        period = self._seconds_per_frame + omega * omega * error / frames
        self._seconds_per_frame = min(max(period, self._least), self._most)
        return self._time

    def _doubt(self, time: float, expected: float) -> float:
        """Take a far-off callback for late unless the next ones are: then the device has paused.

        Next by the clock and not by number, since those that a late one has held up come at once.
        """
        if math.isnan(self._doubted):
            self._doubted = time
        if time - self._doubted < JUMP_SECONDS:
            self._time = expected
        else:
            self._doubted = math.nan
            self._jumps += 1
            self._age = 0.0
            self._time = time
        return self._time

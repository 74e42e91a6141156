"""What a media element is to the thread that plays it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, Protocol

import numpy as np

from audiograph.media.capture import Capture
from audiograph.media.playback import Playback
from audiograph.render.processor import SILENCE, Signal

Happening = Literal["time", "lap", "end"]
"""Some time has passed; a loop has gone around; the end was reached."""

_TIME_UPDATE_SECONDS = 0.25


class Driver(Protocol):
    """Makes a player's time pass: the context of a node, or a clock of its own."""

    clocked: bool
    """Whether it never waits for what is to be read."""

    @property
    def sample_rate(self) -> float:
        """Frames per second that it renders."""

    def start(self) -> None:
        """Render from now on."""

    def stop(self) -> None:
        """Render no more, for now."""


class Player:
    """Renders what is played, whenever a driver asks for it.

    The control side sets `playback` and `gain`; a block takes each as it is.

    Parameters
    ----------
    capture : Capture
        Gets what is played, before the gain and at the driver's rate.
    report : callable
        Called as `report(playback, happening)` by the control side.
    tell : callable
        Called as `tell(function, *arguments)`: has the control side call the function, and does not
        wait for it.
    """

    def __init__(
        self,
        capture: Capture,
        report: Callable[[Playback, Happening], None],
        tell: Callable[..., None],
    ) -> None:
        self.playback: Playback | None = None
        self.gain = 1.0
        self.tell = tell
        self._capture = capture
        self._report = report
        self._untold = 0.0

    @property
    def channels(self) -> int:
        """Channels of what is played; 1 without any."""
        return 1 if self.playback is None else self.playback.channels

    @property
    def has_ended(self) -> bool:
        """Whether there is nothing to be played, or it was played to its end."""
        return self.playback is None or self.playback.has_ended

    def coming(self, frames: int, sample_rate: float, *, wait: bool) -> int:
        """Return how many of the next `frames` frames come before the end."""
        playback = self.playback
        return 0 if playback is None else playback.coming(frames, sample_rate, wait=wait)

    def render(self, frames: int, sample_rate: float, *, wait: bool) -> Signal:
        """Return the next `frames` frames; what is missing at their end is zeros.

        With `wait` what is needed is read, else what was not read in time is missing and comes
        later.
        """
        playback = self.playback
        if playback is None:
            return SILENCE
        laps = playback.laps
        samples = playback.play(frames, sample_rate, wait=wait)
        self._tell(playback, laps, frames / sample_rate)
        count = samples.shape[1]
        if not count:
            return SILENCE
        self._capture.push(samples)
        if self.gain != 1.0:
            samples = samples * np.float32(self.gain)
        return samples if count == frames else np.pad(samples, ((0, 0), (0, frames - count)))

    def _tell(self, playback: Playback, laps: int, seconds: float) -> None:
        self._untold += seconds
        if playback.laps > laps:
            self.tell(self._report, playback, "lap")
        if playback.has_ended:
            self.tell(self._report, playback, "end")
        elif self._untold >= _TIME_UPDATE_SECONDS:
            self._untold = 0.0
            self.tell(self._report, playback, "time")

"""A tap between two clocks: what a device delivers, read at the pace of another."""

from __future__ import annotations

import time

from audiograph.portaudio import Bridge
from audiograph.render.processor import SILENCE, Samples, Signal


class BridgeTap:
    """Like a `Tap`, for a consumer whose time is not the source's.

    Parameters
    ----------
    channels : int
        Channels of what is pushed.
    source_rate, sample_rate : float
        Frames per second of what is pushed and of what is read.
    latency : float
        Seconds that lie between both.
    """

    def __init__(
        self, channels: int, source_rate: float, sample_rate: float, latency: float
    ) -> None:
        self.channels = channels
        self.sample_rate = sample_rate
        self.enabled = True
        self.ended = False
        self.bridge = Bridge(
            channels, source_rate=source_rate, sink_rate=sample_rate, latency=latency
        )

    @property
    def available(self) -> int:
        """Frames that wait to be read, to about a block."""
        return max(0, int(self.bridge.fill))

    @property
    def drained(self) -> bool:
        """Whether nothing more will come."""
        return self.ended

    def push(self, samples: Samples) -> None:
        """Let `samples`, shape (channels, frames), be read next; they must not change any more."""
        self.bridge.write(samples, time.monotonic())

    def end(self) -> None:
        """Take note that nothing more will be pushed."""
        self.ended = True

    def cut(self) -> None:
        """End at once."""
        self.ended = True

    def fill(self, frames: int) -> int:
        """Return how many of the next `frames` frames there are: all, until the end."""
        return 0 if self.ended else frames

    def read(self, frames: int) -> Signal:
        """Return the next `frames` frames, silence included where none came in time."""
        if self.ended:
            return SILENCE
        samples = self.bridge.read(frames, time.monotonic())
        return samples if self.enabled else SILENCE

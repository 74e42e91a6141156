"""A reader of a sine tone."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from audiograph.media.raw import HIGHEST_RATE
from audiograph.values import to_float, whole


class ToneReader:
    """A sine that starts at phase 0, the same in every channel.

    Frame k holds ``amplitude * sin(2 pi frequency k / sample_rate)`` however the reads are cut.

    Parameters
    ----------
    frequency : float
        Hz, from 0 to half the sample rate.
    sample_rate : int
        Frames per second.
    channels : int
        Channels of every block.
    amplitude : float
        The sine's peak; by default half of full scale, which leaves room for a mix.
    frames : int or None
        Length, None for a tone without end.
    """

    def __init__(
        self,
        frequency: float,
        sample_rate: int = 48000,
        channels: int = 1,
        amplitude: float = 0.5,
        frames: int | None = None,
    ) -> None:
        sample_rate, channels = whole("sample_rate", sample_rate), whole("channels", channels)
        frequency = to_float(frequency)
        if sample_rate < 1 or channels < 1:
            raise ValueError(f"a tone of {channels} channels at {sample_rate} Hz; both start at 1")
        if sample_rate > HIGHEST_RATE:
            raise ValueError(f"a sample rate above {HIGHEST_RATE} Hz, which no file can have")
        if not 0 <= frequency <= sample_rate / 2:
            raise ValueError(
                f"a tone of {frequency:g} Hz where 0 to {sample_rate / 2:g} Hz can be sampled"
            )
        if not math.isfinite(amplitude):
            raise ValueError(f"an amplitude of {amplitude}; it is a finite number")
        if frames is not None and frames < 0:
            raise ValueError(f"a tone of {frames} frames; its length is 0 or more")
        self.label = f"{frequency:g} Hz tone"
        self.sample_rate = sample_rate
        self.channels = channels
        self.frames = frames
        self.is_stream = False
        self._frequency = frequency
        self._amplitude = amplitude
        self._position = 0

    def read(self, frames: int) -> NDArray[np.float32]:
        if self.frames is not None:
            frames = max(min(frames, self.frames - self._position), 0)
        index = np.arange(self._position, self._position + frames, dtype=np.float64)
        self._position += frames
        # The remainder is exact, so that a day into the tone the phase is as good as at its start.
        turns = np.fmod(index * self._frequency, self.sample_rate) / self.sample_rate
        sine = (self._amplitude * np.sin(2 * np.pi * turns)).astype(np.float32)
        return np.tile(sine, (self.channels, 1))

    def seek(self, frame: int) -> int:
        if frame < 0:
            raise ValueError(f"frame {frame}; a tone starts at frame 0")
        self._position = frame if self.frames is None else min(frame, self.frames)
        return self._position

    def close(self) -> None:
        pass

"""A microphone, or any other input device, as the source of tracks."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from audiograph.media.source import Source
from audiograph.portaudio import Device, InputStream

DEFAULT_LATENCY_SECONDS = 0.04
"""What is asked of an input device where nobody says otherwise."""

MOST_DEFAULT_CHANNELS = 2
"""Channels that are taken of a device that has more, where nobody says otherwise."""


class DeviceSource(Source):
    """Records a device from when it was made until it is stopped.

    Parameters
    ----------
    device : Device
        An "audioinput".
    sample_rate, channels : int or None
        What is wanted. It is asked for that rate, or by default its own; and for two channels
        at least, where it has them.
    latency : float
        Seconds of buffer to ask for.

    Raises
    ------
    NotFoundError, NotAllowedError, NotReadableError, NotSupportedError
        As `InputStream` has it.
    """

    def __init__(
        self,
        device: Device,
        *,
        sample_rate: float | None = None,
        channels: int | None = None,
        latency: float = DEFAULT_LATENCY_SECONDS,
    ) -> None:
        self.device = device
        rate = sample_rate or device.default_sample_rate
        # NB: a device that is asked for fewer channels than it has drops or mixes them as it likes.
        count = min(device.channels, max(channels or 0, MOST_DEFAULT_CHANNELS))
        self._followers: tuple[Callable[[int], None], ...] = ()
        self._stream = InputStream(
            device,
            sample_rate=rate,
            channels=count,
            latency=latency,
            on_block=self._receive,
            on_fault=self.end,
        )
        self.lost_blocks = self._stream.overruns
        super().__init__(
            device.label,
            count,
            rate,
            settings={
                "device_id": device.id,
                "group_id": device.group_id,
                "latency": self._stream.latency,
                "sample_size": 32,
                "echo_cancellation": False,
                "auto_gain_control": False,
                "noise_suppression": False,
            },
            capabilities={
                "device_id": device.id,
                "group_id": device.group_id,
                "channel_count": {"min": 1, "max": device.channels},
                "latency": {"min": device.low_latency, "max": device.high_latency},
                "sample_size": {"min": 32, "max": 32},
                "echo_cancellation": [False],
                "auto_gain_control": [False],
                "noise_suppression": [False],
            },
        )
        self._stream.start()

    def follow(self, follower: Callable[[int], None]) -> None:
        """Have `follower(frames)` called, in the device's thread, after every block."""
        self._followers = (*self._followers, follower)

    def unfollow(self, follower: Callable[[int], None]) -> None:
        """Call `follower` no longer."""
        self._followers = tuple(each for each in self._followers if each != follower)

    def stop(self) -> None:
        super().stop()
        self._stream.close()

    def _receive(self, samples: NDArray[np.float32], lost: bool, time: float) -> None:
        self.push(samples)
        for follower in self._followers:
            follower(samples.shape[1])

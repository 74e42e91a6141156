"""A microphone, or any other input device, as the source of tracks."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from audiograph.errors import DOMException
from audiograph.media.constraints import DoubleRange, MediaTrackCapabilities, ULongRange
from audiograph.media.selection import Possible
from audiograph.media.source import Source
from audiograph.portaudio import Device, InputStream, supported_rates
from audiograph.render.mixing import convert

DEFAULT_LATENCY_SECONDS = 0.04
"""What is asked of an input device where nobody says otherwise."""

MOST_DEFAULT_CHANNELS = 2
"""Channels that are taken of a device that has more, where nobody says otherwise."""

MOST_LATENCY_SECONDS = 1.0
"""What a device may be asked for, whatever latency it suggests."""

SAMPLE_BITS = 32


class DeviceSource(Source):
    """Records a device from when it was made until it is stopped.

    Parameters
    ----------
    device : Device
        An "audioinput".
    sample_rate, channels : int or None
        What is wanted, of the channels at most those that it has; by default its own rate, and
        two channels.
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
        # So two are asked for at least, and mixed to one here.
        opened = min(device.channels, max(channels or 0, MOST_DEFAULT_CHANNELS))
        count = min(opened, channels or opened)
        self._followers: tuple[Callable[[int], None], ...] = ()
        self._stream = InputStream(
            device,
            sample_rate=rate,
            channels=opened,
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
                # By the text: "The number is expected to be the target latency of the
                # configuration; the actual latency may show some variation from that."
                "latency": latency,
                "sample_size": SAMPLE_BITS,
                "echo_cancellation": False,
                "auto_gain_control": False,
                "noise_suppression": False,
            },
        )
        self._stream.start()

    def capabilities(self) -> MediaTrackCapabilities:
        return capabilities_of(
            self.device,
            sample_rates=(self.sample_rate, *self._rates),
            latencies=(self.settings["latency"],),
        )

    def possible_settings(self) -> Possible:
        return {**super().possible_settings(), "device_id": ids_of(self.device)}

    def follow(self, follower: Callable[[int], None]) -> None:
        """Have `follower(frames)` called, in the device's thread, after every block."""
        self._followers = (*self._followers, follower)

    def unfollow(self, follower: Callable[[int], None]) -> None:
        """Call `follower` no longer."""
        self._followers = tuple(each for each in self._followers if each != follower)

    def stop(self) -> None:
        # NB: a stream that has failed closes by itself, which takes its time where a server hangs.
        has_failed = self.error is not None
        super().stop()
        if not has_failed:
            self._stream.close()

    @cached_property
    def _rates(self) -> tuple[int, ...]:
        return rates_of(self.device)

    def _receive(self, samples: NDArray[np.float32], lost: bool, time: float) -> None:
        self.push(convert(samples, self.channels, "speakers"))
        for follower in self._followers:
            follower(samples.shape[1])


def capabilities_of(
    device: Device, *, sample_rates: Iterable[float] = (), latencies: Iterable[float] = ()
) -> MediaTrackCapabilities:
    """Return what a track of `device` could be, with the rates and latencies known besides."""
    rates = [round(rate) for rate in (device.default_sample_rate, *sample_rates)]
    seconds = [device.low_latency, device.high_latency, MOST_LATENCY_SECONDS, *latencies]
    return MediaTrackCapabilities(
        device_id=device.id,
        group_id=device.group_id,
        sample_rate=ULongRange(min=min(rates), max=max(rates)),
        channel_count=ULongRange(min=1, max=device.channels),
        latency=DoubleRange(min=min(seconds), max=max(seconds)),
        sample_size=ULongRange(min=SAMPLE_BITS, max=SAMPLE_BITS),
        echo_cancellation=[False],
        auto_gain_control=[False],
        noise_suppression=[False],
    )


def ids_of(device: Device) -> list[str]:
    """Return what a constraint on device_id may call `device`: its id, "" and maybe "default"."""
    # By the text: "If a string of length 0 is used as a deviceId value constraint …, it MAY be
    # interpreted as if the constraint is not specified."
    return [device.id, "", *(["default"] if device.is_default else [])]


def rates_of(device: Device) -> tuple[int, ...]:
    """Return the usual rates that `device` takes: none where it can't be asked for the moment."""
    try:
        return supported_rates(device)
    except DOMException:
        return ()

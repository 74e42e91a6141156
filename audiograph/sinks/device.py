"""A sound device that plays what somebody else renders at their own pace."""

from __future__ import annotations

import time

import numpy as np
from numpy.typing import NDArray

from audiograph.errors import NotSupportedError
from audiograph.portaudio import Bridge, Device, OutputStream, Xruns
from audiograph.portaudio.stream import OnFault

LEAD_IN_SECONDS = 0.1
"""Silence before what is written first. It adds no latency."""


class DeviceSink:
    """A second output: fed with blocks, played by its own clock, kept in step by a `Bridge`.

    It plays from its making on, silence at first: sound begins when `latency` has been written.
    As long as both clocks agree every sample is played as it was written.

    Parameters
    ----------
    device : Device
        An "audiooutput".
    sample_rate : int
        Frames per second that are written. A device that does not offer that rate runs at its own,
        and the bridge converts.
    channels : int
        Channels that are written.
    latency : float
        Seconds that lie between the writer and the device's own buffer, which has as much again.
        It must hold the writer's blocks and their jitter.
    on_fault : callable
        Called once, as `on_fault(error)` from another thread, when the device fails.

    Raises
    ------
    NotFoundError, NotAllowedError, NotReadableError, NotSupportedError
        As for `OutputStream`.
    """

    def __init__(
        self,
        device: Device,
        *,
        sample_rate: int,
        channels: int,
        latency: float,
        on_fault: OnFault,
    ) -> None:
        self.device = device
        self.sample_rate = sample_rate
        self.channels = channels

        def opened(rate: float) -> OutputStream:
            return OutputStream(
                device,
                sample_rate=rate,
                channels=channels,
                latency=latency,
                render=self._render,
                on_fault=on_fault,
            )

        try:
            self._stream = opened(sample_rate)
        except NotSupportedError:
            if device.default_sample_rate == sample_rate or channels > device.channels:
                raise
            self._stream = opened(device.default_sample_rate)
        self._bridge = Bridge(
            channels,
            source_rate=sample_rate,
            sink_rate=self._stream.sample_rate,
            latency=latency + self._stream.latency,
        )
        self._stream.start()

    @property
    def gaps(self) -> Xruns:
        """Where playing was interrupted because nothing, or far too much, had been written."""
        return self._bridge.gaps

    @property
    def underruns(self) -> Xruns:
        """Where the device itself was not served in time."""
        return self._stream.underruns

    @property
    def latency(self) -> float:
        """Seconds from writing a frame until it is heard, as far as the device tells."""
        return self._bridge.fill / self.sample_rate + self._stream.delay

    @property
    def drift(self) -> float:
        """How much faster than the device the writer is: 1e-6 is one part in a million."""
        return self._bridge.drift

    @property
    def interpolating(self) -> bool:
        """Whether the clocks have wandered so far that samples are computed."""
        return self._bridge.interpolating

    def write(self, samples: NDArray[np.float32], at: float | None = None) -> None:
        """Take `samples`, shape (channels, frames), to keep; never waits.

        `at` is the moment to which the block belongs by the writer's clock, such as the time of the
        callback that it was rendered in; without it now.
        """
        if not self._bridge.written:
            # NB: the bridge begins at its latency and drops what is older; let that be silence.
            samples = np.pad(samples, ((0, 0), (round(LEAD_IN_SECONDS * self.sample_rate), 0)))
        self._bridge.write(samples, time.monotonic() if at is None else at)

    def close(self) -> None:
        """Play what was written to its end, then let the device go. Safe to call twice.

        It waits about `latency`, and no longer than a second more.
        """
        end = self._bridge.written
        limit = time.monotonic() + self._bridge.fill / self.sample_rate + 1
        self._bridge.finish()
        while not self._stream.closed and self._bridge.position < end and time.monotonic() < limit:
            time.sleep(0.005)
        self._stream.drain()
        self._stream.close()

    def abort(self) -> None:
        """Let the device go at once."""
        self._stream.close()

    def _render(self, out: NDArray[np.float32], at: float) -> None:
        out[:] = self._bridge.read(out.shape[1], at)

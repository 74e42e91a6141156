"""What makes a live context's time pass: an output device, or a clock and nothing else."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from math import ceil
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from audiograph.context.playhead import Playhead
from audiograph.errors import NotSupportedError
from audiograph.media.device_source import DeviceSource
from audiograph.media.resample import Resampler
from audiograph.portaudio import Device, OutputStream

Render = Callable[[NDArray[np.float32]], None]
"""Fills an array of shape (channels, a whole number of quanta)."""

LEAD_IN_SECONDS = 0.1
"""Silence before time begins. A sound server mixes a new client into the block that it is playing
already, so that its monitors miss how it begins; and a device that wakes up may swallow it."""

_LAST_BLOCK_SECONDS = 0.5
"""How long a device may take to ask for its last block."""

OnFault = Callable[["Driver", Exception], None]

OnBlock = Callable[[int, float, float | None], None]
"""Told of every block: frames, seconds until it is heard, and of an underrun before it, if there
was one, how many seconds were missed."""


class Driver(Protocol):
    """Asks for audio, block after block, in a thread of its own."""

    playhead: Playhead | None
    """Where the device is, in frames since the start; None before the first block."""

    @property
    def latency(self) -> float:
        """Seconds from when a block is asked for until it is heard, as last told."""

    def start(self) -> None:
        """Begin to ask; raises NotReadableError where the device does not start."""

    def close(self, *, at_once: bool = False) -> None:
        """Ask no more, let what was rendered be heard, and let the device go; never hangs.

        `at_once`, because the device has failed, nothing more is heard.
        """


class QuantumFeed:
    """Cuts rendered quanta to the lengths that a device asks for."""

    def __init__(self, render: Render, channels: int, quantum: int) -> None:
        self._render = render
        self._quantum = quantum
        self._rest = np.zeros((channels, 0), np.float32)
        self.taken = 0
        """Frames that have been handed out."""
        self._stopped = False
        self._empty = threading.Event()

    def stop(self, seconds: float) -> None:
        """Render no more; return when what was rendered has been taken, or after `seconds`."""
        self._stopped = True
        self._empty.wait(seconds)

    def fill(self, out: NDArray[np.float32]) -> None:
        """Fill `out`, shape (channels, frames), with the next frames; after `stop`, silence."""
        frames, rest = out.shape[1], self._rest
        if not self._stopped:
            self.taken += frames
        while rest.shape[1] < frames and (fresh := self._next(frames - rest.shape[1])) is not None:
            rest = np.concatenate([rest, fresh], axis=1)
        count = min(frames, rest.shape[1])
        out[:, :count] = rest[:, :count]
        self._rest = rest[:, count:]
        if count < frames:
            out[:, count:] = 0.0
            self._empty.set()

    def _next(self, frames: int) -> NDArray[np.float32] | None:
        """Return about as many fresh frames; None after the end."""
        if self._stopped:
            return None
        fresh = np.empty(
            (self._rest.shape[0], ceil(frames / self._quantum) * self._quantum), np.float32
        )
        self._render(fresh)
        return fresh


class ResampledFeed(QuantumFeed):
    """A feed for a device that does not offer the rate at which is rendered."""

    def __init__(
        self,
        render: Render,
        channels: int,
        quantum: int,
        *,
        sample_rate: float,
        device_rate: float,
    ) -> None:
        super().__init__(render, channels, quantum)
        self._ratio = sample_rate / device_rate
        self._resampler: Resampler | None = Resampler(sample_rate, device_rate, channels)

    def _next(self, frames: int) -> NDArray[np.float32] | None:
        resampler = self._resampler
        if resampler is None:
            return None
        fresh = super()._next(ceil(frames * self._ratio))
        if fresh is None:
            self._resampler = None
            return resampler.flush()
        return resampler.process(fresh)


class DeviceDriver:
    """Renders in the callback of an output device.

    A device that does not offer the sample rate runs at its own, and what is rendered is resampled.
    """

    def __init__(
        self,
        device: Device,
        render: Render,
        *,
        sample_rate: float,
        channels: int,
        quantum: int,
        latency: float,
        on_block: OnBlock,
        on_fault: OnFault,
    ) -> None:
        self.playhead: Playhead | None = None
        self._on_block = on_block
        self._on_fault = on_fault
        self._failed = False
        self._underruns = 0
        # When what was rendered last has been heard.
        self._end = 0.0

        def opened(rate: float) -> OutputStream:
            return OutputStream(
                device,
                sample_rate=rate,
                channels=channels,
                latency=latency,
                render=self._fill,
                on_fault=self._fail,
            )

        own_rate = device.default_sample_rate
        try:
            self._stream = opened(sample_rate)
            self._feed = QuantumFeed(render, channels, quantum)
        except NotSupportedError:
            if own_rate == sample_rate:
                raise
            # By the text: "If … sampleRate differs from the sample rate of the output device, the
            # user agent MUST resample the audio output to match".
            self._stream = opened(own_rate)
            self._feed = ResampledFeed(
                render, channels, quantum, sample_rate=sample_rate, device_rate=own_rate
            )
        # Frames of the context for one of the device.
        self._ratio = sample_rate / self._stream.sample_rate
        self._lead_in = round(LEAD_IN_SECONDS * self._stream.sample_rate)

    @property
    def latency(self) -> float:
        return self._stream.delay

    def start(self) -> None:
        self._stream.start()

    def close(self, *, at_once: bool = False) -> None:
        # NB: also where the device hangs: it may ask again, when another one has taken its place.
        self._feed.stop(0.0 if self._failed or at_once else _LAST_BLOCK_SECONDS)
        # A stream that has failed closes by itself, which takes its time where a server hangs.
        if self._failed:
            return
        if not at_once:
            self._stream.drain()
        self._stream.close()

    def _fail(self, error: Exception) -> None:
        self._failed = True
        self._on_fault(self, error)

    def _fill(self, out: NDArray[np.float32], time: float) -> None:
        stream, frames = self._stream, out.shape[1]
        delay = stream.delay
        lead_in = min(self._lead_in, frames)
        self._lead_in -= lead_in
        out[:, :lead_in] = 0.0
        if lead_in < frames:
            self.playhead = Playhead(
                round(self._feed.taken * self._ratio),
                stream.clock.time + delay + lead_in / stream.sample_rate,
                stream.clock.rate * self._ratio,
            )
            self._feed.fill(out[:, lead_in:])
            self._on_block(frames - lead_in, delay, self._gap_before(time + delay))
        self._end = time + delay + frames / stream.sample_rate

    def _gap_before(self, start: float) -> float | None:
        """Return how long nothing was heard until `start`; None where PortAudio saw no underrun."""
        count = self._stream.underruns.count
        if count == self._underruns:
            return None
        self._underruns = count
        return max(0.0, start - self._end)


class FollowDriver:
    """Renders, to nowhere, whenever an input device has delivered: its time is the context's."""

    latency = 0.0

    def __init__(
        self,
        source: DeviceSource,
        render: Render,
        *,
        channels: int,
        quantum: int,
        rate: float,
        on_block: OnBlock,
    ) -> None:
        self.playhead: Playhead | None = None
        self._on_block = on_block
        self._rendered = 0
        self._rate = rate
        self._source = source
        self._render = render
        self._channels = channels
        self._quantum = quantum
        self._ratio = rate / source.sample_rate
        self._due = 0.0

    def start(self) -> None:
        self._source.follow(self._delivered)

    def close(self, *, at_once: bool = False) -> None:
        self._source.unfollow(self._delivered)

    def _delivered(self, frames: int) -> None:
        self._due += frames * self._ratio
        count = int(self._due) // self._quantum * self._quantum
        if count:
            self._due -= count
            self._render(np.empty((self._channels, count), np.float32))
            self._rendered += count
            self.playhead = Playhead(self._rendered, time.monotonic(), self._rate)
            self._on_block(count, 0.0, None)


class ClockDriver:
    """Renders as time passes, to nowhere: the sink of type "none"."""

    latency = 0.0

    _BLOCK_SECONDS = 0.01
    _CATCH_UP_SECONDS = 0.5

    def __init__(
        self,
        feed: QuantumFeed,
        *,
        sample_rate: float,
        channels: int,
        on_block: OnBlock,
        on_fault: OnFault,
    ) -> None:
        self.playhead: Playhead | None = None
        self._feed = feed
        self._on_block = on_block
        self._sample_rate = sample_rate
        self._out = np.empty((channels, ceil(self._BLOCK_SECONDS * sample_rate)), np.float32)
        self._on_fault = on_fault
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="audiograph clock", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def close(self, *, at_once: bool = False) -> None:
        self._stopped.set()
        if self._thread.is_alive() and self._thread is not threading.current_thread():
            self._thread.join()

    def _run(self) -> None:
        due, gap = time.monotonic(), None
        frames = self._out.shape[1]
        try:
            while not self._stopped.wait(max(0.0, due - time.monotonic())):
                self.playhead = Playhead(self._feed.taken, due, self._sample_rate)
                self._feed.fill(self._out)
                self._on_block(frames, 0.0, gap)
                due += frames / self._sample_rate
                # After a long pause of the machine, time goes on from where it is.
                late = time.monotonic() - self._CATCH_UP_SECONDS - due
                gap = late if late > 0 else None
                due += max(0.0, late)
        except Exception as error:  # noqa: BLE001 - handed to the context, which reports it
            self._on_fault(self, error)

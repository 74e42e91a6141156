"""Streams of a sound device: one direction each, block by block through a callback.

Two streams carry what goes in and out, never a duplex one: over PulseAudio that loses input
without telling. Let the device choose its blocks (`block_frames=0`) where nothing forbids it: with
a size asked for, PulseAudio's callbacks come two or three at a time.

The callbacks run in PortAudio's threads: they take no lock and do nothing that waits.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from audiograph.portaudio.devices import Device
from audiograph.portaudio.stream import OnFault, Stream
from audiograph.portaudio.xruns import Xruns

OnBlock = Callable[[NDArray[np.float32], bool, float], object]
Render = Callable[[NDArray[np.float32], float], object]

DRAIN_SECONDS = 0.05
"""What may lie behind the delay, which is told in whole blocks; a sound server's mixer adds one."""


class InputStream(Stream):
    """What a device records, handed over block by block.

    Parameters
    ----------
    device : Device
        An "audioinput".
    sample_rate : float
        Frames per second.
    channels : int
        Channels to record.
    latency : float
        Seconds of buffer to ask for; `latency` then tells what PortAudio reports.
    on_block : callable
        Called as `on_block(samples, lost, time)` from PortAudio's thread. `samples` is a float32
        array of shape (channels, frames) that is the callee's to keep; `lost` says that frames
        before it were lost; `time` is the moment of the callback by `time.monotonic`. It must not
        wait, and what it raises ends the stream.
    on_fault : callable
        Called once, as `on_fault(error)` from the watching thread, when the stream fails: with
        a NotReadableError, or with what `on_block` raised. The stream then closes by itself.
    block_frames : int
        Frames of a block, or 0 for what suits the device best; blocks may then differ.

    Raises
    ------
    NotFoundError
        The device, or PortAudio, is not there.
    NotAllowedError
        The system refuses.
    NotReadableError
        The device is in use, or does not work.
    NotSupportedError
        It has not that many channels, or not that rate.
    """

    def __init__(
        self,
        device: Device,
        *,
        sample_rate: float,
        channels: int,
        latency: float,
        on_block: OnBlock,
        on_fault: OnFault,
        block_frames: int = 0,
    ) -> None:
        self.overruns = Xruns()
        self._on_block = on_block
        super().__init__(
            device,
            sample_rate=sample_rate,
            channels=channels,
            latency=latency,
            block_frames=block_frames,
            on_fault=on_fault,
        )

    def _make(self, sounddevice: Any, **settings: Any) -> Any:
        return sounddevice.RawInputStream(callback=self._receive, **settings)

    def _receive(self, buffer: Any, frames: int, _: Any, flags: Any) -> None:
        now = time.monotonic()
        self._callbacks += 1
        self._callback_thread = threading.get_ident()
        try:
            lost = bool(flags) and flags.input_overflow
            if lost:
                self.overruns.note(self.frames)
            self.clock.update(now, frames)
            interleaved = np.frombuffer(buffer, np.float32).reshape(frames, self.channels)
            # A copy, since PortAudio's buffer is gone after the callback.
            self._on_block(interleaved.T.copy(), lost, now)
            self.frames += frames
        except Exception as error:  # noqa: BLE001 - reported by the watching thread
            self._fail(error)


class OutputStream(Stream):
    """What a device plays, asked for block by block.

    Parameters
    ----------
    device : Device
        An "audiooutput".
    sample_rate : float
        Frames per second.
    channels : int
        Channels to play.
    latency : float
        Seconds of buffer to ask for; `latency` then tells what PortAudio reports.
    render : callable
        Called as `render(out, time)` from PortAudio's thread to fill all of `out`, a float32
        array of shape (channels, frames) that is valid during the call alone. `time` is the moment
        of the callback by `time.monotonic`. It must not wait, and what it raises ends the stream.
    on_fault : callable
        As for `InputStream`.
    block_frames : int
        Frames of a block, or 0 for what suits the device best; blocks may then differ.

    Raises
    ------
    NotFoundError, NotAllowedError, NotReadableError, NotSupportedError
        As for `InputStream`.
    """

    def __init__(
        self,
        device: Device,
        *,
        sample_rate: float,
        channels: int,
        latency: float,
        render: Render,
        on_fault: OnFault,
        block_frames: int = 0,
    ) -> None:
        self.underruns = Xruns()
        self._render = render
        self._delay = 0.0
        self._silent_frames: int | None = None
        self._drained = False
        super().__init__(
            device,
            sample_rate=sample_rate,
            channels=channels,
            latency=latency,
            block_frames=block_frames,
            on_fault=on_fault,
        )

    @property
    def delay(self) -> float:
        """Seconds until what is rendered now is heard, as the device last told."""
        return self._delay if self._delay > 0 else self.latency

    def drain(self) -> None:
        """Play silence from now on, and wait until all that was rendered has been heard.

        Not for the callback's thread. It waits no longer than a second beyond `delay`; a stream
        that fails meanwhile ends it.
        """
        if self._watcher is None:
            return
        self._silent_frames = 0
        limit = time.monotonic() + self.delay + 1
        while not self._drained and not self._wake.wait(0.005):
            if time.monotonic() > limit:
                return

    def _make(self, sounddevice: Any, **settings: Any) -> Any:
        return sounddevice.RawOutputStream(callback=self._send, **settings)

    def _send(self, buffer: Any, frames: int, times: Any, flags: Any) -> None:
        now = time.monotonic()
        self._callbacks += 1
        self._callback_thread = threading.get_ident()
        out = np.frombuffer(buffer, np.float32).reshape(frames, self.channels).T
        try:
            if flags and flags.output_underflow:
                self.underruns.note(self.frames)
            self.clock.update(now, frames)
            self._delay = times.outputBufferDacTime - times.currentTime
            if self._silent_frames is None:
                self._render(out, now)
            else:
                # NB: by the delay of the moment, which is low in a buffer that has nearly run dry
                # and is filled up at once.
                due = round((self.delay + DRAIN_SECONDS) * self.sample_rate)
                self._drained = self._silent_frames >= due
                out.fill(0)
                self._silent_frames += frames
            self.frames += frames
        except Exception as error:  # noqa: BLE001 - reported by the watching thread
            out.fill(0)
            self._fail(error)

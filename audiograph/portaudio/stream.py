"""What input and output streams share: opening, the watch over the callbacks, closing."""

from __future__ import annotations

import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any, Self

from audiograph.errors import NotReadableError
from audiograph.portaudio import failures
from audiograph.portaudio.calls import ANSWER_SECONDS, CLOSE_SECONDS, call, post
from audiograph.portaudio.clock import Clock
from audiograph.portaudio.devices import Device, found
from audiograph.portaudio.library import loaded, note_closed, note_open
from audiograph.portaudio.quiet import hushed
from audiograph.portaudio.realtime import running, sweep

OnFault = Callable[[Exception], object]

TICK_SECONDS = 0.1

STALL_TICKS = 10
"""Ticks without a callback after which a stream has failed."""

SETTLE_TICKS = 30
"""Ticks in which a starting stream may pause: a sink that wakes up takes up to two seconds."""


class Stream(ABC):
    """One direction of a device, opened; a context manager that starts and closes it.

    Attributes
    ----------
    device : Device
        What it was opened on.
    latency : float
        Seconds, as PortAudio reports them: exact on JACK, a claim elsewhere.
    frames : int
        Frames that have passed.
    clock : Clock
        The device's time.
    given_up : bool
        Whether closing hung, so that the stream was left as it was. PortAudio cannot be started
        anew then (`refresh`).
    """

    def __init__(
        self,
        device: Device,
        *,
        sample_rate: float,
        channels: int,
        latency: float,
        block_frames: int,
        on_fault: OnFault,
    ) -> None:
        self.device = device
        self.sample_rate = sample_rate
        self.channels = channels
        self.clock = Clock(sample_rate)
        self.frames = 0
        self.given_up = False
        self._on_fault = on_fault
        self._callbacks = 0
        self._callback_thread = 0
        self._error: Exception | None = None
        self._finished = False
        self._starting = False
        self._closing = False
        self._stopping_since: float | None = None
        self._finishing = threading.Lock()
        self._wake = threading.Event()
        self._closed = threading.Event()
        self._watcher: threading.Thread | None = None
        self._stream: Any = None
        try:
            self.latency: float = call(lambda: self._open(latency, block_frames))
        except BaseException:
            # What is waited for no longer, after Ctrl-C or because it hangs, may open yet.
            self._closing = True
            post(self._close)
            raise

    @property
    def closed(self) -> bool:
        """Whether the stream has been closed, or given up."""
        return self._closed.is_set()

    def start(self) -> None:
        """Let the callbacks come.

        Raises
        ------
        NotReadableError
            When the device does not start; the stream is closed then.
        """
        if self._watcher is not None or self._closing:
            return
        sweep()
        running.take()
        hushed.take()
        try:
            call(self._start)
        except BaseException:
            hushed.release()
            running.release()
            self.close()
            raise
        self._watcher = threading.Thread(
            target=self._keep, name=f"watch over {failures.name_of(self.device)}", daemon=True
        )
        self._watcher.start()

    def close(self) -> None:
        """Stop and close the stream; harmless when it is closed already. Any thread may call it.

        It returns in milliseconds, or when the sound server has not answered for 2 s: then the
        stream is given up, together with the thread that waits for the answer. From inside
        a callback or `on_fault` it returns at once and the closing follows.
        """
        self._closing = True
        self._wake.set()
        if self._watcher is None:
            self._end(stop=False)
        elif threading.get_ident() not in (self._watcher.ident, self._callback_thread):
            # From when the stop began: several streams that hang are given up together.
            begun = self._stopping_since or time.monotonic()
            if not self._closed.wait(begun + CLOSE_SECONDS - time.monotonic()):
                self.given_up = True
                self._finish()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @abstractmethod
    def _make(self, sounddevice: Any, **settings: Any) -> Any:
        """Make the sounddevice stream of this direction."""

    def _open(self, latency: float, block_frames: int) -> float:
        sounddevice = loaded()
        present = found(self.device)
        try:
            self._stream = self._make(
                sounddevice,
                device=present.index,
                samplerate=self.sample_rate,
                channels=self.channels,
                dtype="float32",
                latency=latency,
                blocksize=block_frames,
                finished_callback=self._on_finished,
            )
        except sounddevice.PortAudioError as error:
            raise failures.explained(
                error, present, sample_rate=self.sample_rate, channels=self.channels
            ) from None
        note_open(self)
        latency = self._stream.latency
        if self._closing:
            self._close()
        return latency

    def _start(self) -> None:
        self._starting = True
        try:
            self._stream.start()
        except loaded().PortAudioError as error:
            raise failures.explained(
                error, self.device, sample_rate=self.sample_rate, channels=self.channels
            ) from None
        finally:
            self._starting = False

    def _on_finished(self) -> None:
        self._finished = True
        self._wake.set()

    def _fail(self, error: Exception) -> None:
        """Keep what a callback raised, and end the stream; called in the callback."""
        self._error = error
        raise loaded().CallbackAbort

    def _keep(self) -> None:
        """Watch, report, then stop and close: by one thread, so that these never overlap."""
        fault = self._watch()
        if fault is not None:
            self._on_fault(fault)
        self._end(stop=True)

    def _watch(self) -> Exception | None:
        """Wait for a failure, or for the order to close (None).

        Counted in ticks of this thread and not by the clock: a process that was suspended, or
        starved of processor time, must not take its own pause for the device's.
        """
        ticks = silent = seen = 0
        while not self._closing:
            if self._error is not None:
                return self._error
            if self._finished or not self._stream.active:
                return failures.stopped(self.device)
            silent = silent + 1 if self._callbacks == seen else 0
            seen = self._callbacks
            if silent >= STALL_TICKS and ticks >= SETTLE_TICKS:
                return failures.stalled(self.device, silent * TICK_SECONDS)
            ticks += 1
            self._wake.wait(TICK_SECONDS)
        return None

    def _end(self, *, stop: bool) -> None:
        if self._closed.is_set():
            return
        self._stopping_since = time.monotonic()
        if stop:
            # NB: this is what hangs when it hangs, so it has this thread to itself.
            self._stream.abort()
        try:
            call(self._close, limit=CLOSE_SECONDS, at_exit=True)
        except NotReadableError:
            self.given_up = True
        self._finish()

    def _close(self) -> None:
        if self._starting:
            # NB: a start that hangs holds a lock of the stream; PortAudio asserts that none is
            # held, and its assertion would end the process.
            raise failures.stalled(self.device, ANSWER_SECONDS)
        if self._stream is not None:
            self._stream.close()
            note_closed(self)

    def _finish(self) -> None:
        with self._finishing:
            if self._closed.is_set():
                return
            # NB: first, so that who waits for the end finds the process as it was.
            if self._watcher is not None:
                hushed.release()
                running.release()
            self._closed.set()

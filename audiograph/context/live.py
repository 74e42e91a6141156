"""AudioContext: renders in real time, to a device or to nowhere."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from audiograph.buffer import MAX_CHANNELS, check_sample_rate
from audiograph.context.base import (
    DEFAULT_QUANTUM,
    AudioContextRenderSizeCategory,
    AudioContextState,
    BaseAudioContext,
    choose_quantum,
)
from audiograph.context.defaults import DEFAULT_SAMPLE_RATE, LATENCY_SECONDS
from audiograph.context.drivers import (
    ClockDriver,
    DeviceDriver,
    Driver,
    FollowDriver,
    QuantumFeed,
)
from audiograph.errors import DOMException, InvalidStateError, NotFoundError
from audiograph.events import ErrorEvent, Event, EventHandler
from audiograph.media.device_source import DeviceSource
from audiograph.media.stream import MediaStream
from audiograph.media.track import MediaStreamTrack
from audiograph.nodes.destination import DestinationOptions
from audiograph.nodes.stream_destination import MediaStreamAudioDestinationNode
from audiograph.nodes.stream_source import MediaStreamAudioSourceNode
from audiograph.nodes.track_source import MediaStreamTrackAudioSourceNode
from audiograph.options import read_options
from audiograph.portaudio import Device, default_device, devices

AudioContextLatencyCategory = Literal["balanced", "interactive", "playback"]


@dataclass(frozen=True, kw_only=True)
class AudioSinkOptions:
    """A sink that is no device: of type "none", it plays to nowhere.

    https://webaudio.github.io/web-audio-api/#AudioSinkOptions
    """

    type: Literal["none"]


@dataclass(frozen=True)
class AudioSinkInfo:
    """What `AudioContext.sink_id` is for a sink that is no device.

    https://webaudio.github.io/web-audio-api/#AudioSinkInfo
    """

    type: Literal["none"]


@dataclass(frozen=True, kw_only=True)
class AudioContextOptions:
    """What an AudioContext is made from.

    `latency_hint` is a category or seconds, `sample_rate` in Hz (None: the device's), `sink_id`
    a device's id ("": the default one) or `AudioSinkOptions`, which may be a dict.

    https://webaudio.github.io/web-audio-api/#AudioContextOptions
    """

    latency_hint: AudioContextLatencyCategory | float = "interactive"
    sample_rate: float | None = None
    sink_id: str | AudioSinkOptions | Mapping[str, str] = ""
    render_size_hint: AudioContextRenderSizeCategory | int = "default"


class AudioContext(BaseAudioContext):
    """A context whose destination is heard: it renders in real time, from when it was made.

    It starts by itself, soon after it was made; where no device is to be had, an "error" event is
    fired and it stays suspended, and `resume` raises the reason.

    Takes `AudioContextOptions` or its fields as keywords. Raises NotSupportedError for a rate or
    a quantum that is not offered.

    https://webaudio.github.io/web-audio-api/#AudioContext
    """

    leader: DeviceSource | None = None
    onsinkchange = EventHandler()
    onerror = EventHandler()

    def __init__(
        self, context_options: AudioContextOptions | None = None, /, **fields: Any
    ) -> None:
        starts = fields.pop("_starts", True)
        options = read_options(AudioContextOptions, context_options, fields)
        self.latency_seconds = _latency_seconds(options.latency_hint)
        self._sink = _sink(options.sink_id)
        if options.sample_rate is not None:
            check_sample_rate(options.sample_rate)
        device = self._device_or_none()
        rate = options.sample_rate or (
            DEFAULT_SAMPLE_RATE if device is None else device.default_sample_rate
        )
        super().__init__(
            float(np.float32(rate)),
            choose_quantum(options.render_size_hint, lambda: DEFAULT_QUANTUM),
            DestinationOptions(
                max_channel_count=MAX_CHANNELS if device is None else device.channels,
                offline=False,
            ),
        )
        self._driver: Driver | None = None
        self._turn = threading.RLock()
        """Held while the state changes; never by the render thread."""
        self._suspended_by_user = not starts
        threading.Thread(target=self._attend, name="audiograph events", daemon=True).start()
        if starts:
            self._tell(self._start_by_itself)

    @classmethod
    def suspended(
        cls, context_options: AudioContextOptions | None = None, /, **fields: Any
    ) -> AudioContext:
        """Make a context that waits for `resume`, so that the graph is whole when time begins."""
        return cls(context_options, _starts=False, **fields)

    def follow(self, leader: DeviceSource) -> None:
        """Let an input device's time be the context's, from the next `resume` on.

        For a sink of type "none": what is recorded of the device is then exactly what it delivers.
        """
        self.leader = leader

    @property
    def base_latency(self) -> float:
        """Seconds between the destination node and the audio system: one render quantum.

        https://webaudio.github.io/web-audio-api/#dom-audiocontext-baselatency
        """
        return self.render_quantum_size / self.sample_rate

    @property
    def output_latency(self) -> float:
        """Seconds from the audio system to the ear, as the device reports; 0 while suspended.

        https://webaudio.github.io/web-audio-api/#dom-audiocontext-outputlatency
        """
        driver = self._driver
        return 0.0 if driver is None else driver.latency

    @property
    def sink_id(self) -> str | AudioSinkInfo:
        """The output device's id; "" is the default one, AudioSinkInfo is none.

        https://webaudio.github.io/web-audio-api/#dom-audiocontext-sinkid
        """
        return self._sink

    def resume(self) -> None:
        """Let time pass. Returns when it does.

        Raises InvalidStateError when the context is closed, and what the device says where it
        can't be had: NotFoundError, NotAllowedError, NotReadableError, NotSupportedError.

        https://webaudio.github.io/web-audio-api/#dom-audiocontext-resume
        """
        with self._turn:
            self._check_open()
            self._suspended_by_user = False
            self._run()

    def suspend(self) -> None:
        """Stop time and let the device go, until `resume`.

        Raises InvalidStateError when the context is closed.

        https://webaudio.github.io/web-audio-api/#dom-audiocontext-suspend
        """
        with self._turn:
            self._check_open()
            self._suspended_by_user = True
            self._halt("suspended")

    def close(self) -> None:
        """Stop for good and let the device go. Raises InvalidStateError the second time.

        https://webaudio.github.io/web-audio-api/#dom-audiocontext-close
        """
        with self._turn:
            self._check_open()
            self._halt("closed")
            self._tell(_leave)

    def create_media_stream_source(self, media_stream: MediaStream) -> MediaStreamAudioSourceNode:
        """Return a node that puts out the stream's first audio track."""
        return MediaStreamAudioSourceNode(self, media_stream=media_stream)

    def create_media_stream_track_source(
        self, media_stream_track: MediaStreamTrack
    ) -> MediaStreamTrackAudioSourceNode:
        """Return a node that puts out the track."""
        return MediaStreamTrackAudioSourceNode(self, media_stream_track=media_stream_track)

    def create_media_stream_destination(self) -> MediaStreamAudioDestinationNode:
        """Return a node whose input is a stream."""
        return MediaStreamAudioDestinationNode(self)

    def _check_open(self) -> None:
        if self._state == "closed":
            raise InvalidStateError("the context is closed")

    def _run(self) -> None:
        if self._driver is None:
            driver = self._make_driver()
            try:
                driver.start()
            except BaseException:
                driver.close(at_once=True)
                raise
            self._driver = driver
            self._change_state("running")

    def _halt(self, state: AudioContextState, *, at_once: bool = False) -> None:
        driver, self._driver = self._driver, None
        if driver is not None:
            driver.close(at_once=at_once)
        self._change_state(state)

    def _change_state(self, state: AudioContextState) -> None:
        if self._state != state:
            self._state = state
            self._tell(self.dispatch_event, Event("statechange"))

    def _make_driver(self) -> Driver:
        channels = self.destination.channel_count
        feed = QuantumFeed(self._render, channels, self.render_quantum_size)
        if self.leader is not None:
            return FollowDriver(
                self.leader,
                self._render,
                channels=channels,
                quantum=self.render_quantum_size,
                rate=self.sample_rate,
            )
        if isinstance(self._sink, AudioSinkInfo):
            return ClockDriver(
                feed, sample_rate=self.sample_rate, channels=channels, on_fault=self._fault
            )
        return DeviceDriver(
            self._device(),
            feed,
            sample_rate=self.sample_rate,
            channels=channels,
            latency=self.latency_seconds,
            on_fault=self._fault,
        )

    def _render(self, out: NDArray[np.float32]) -> None:
        self._renderer.render(self._destination._vertex, out)

    def _device(self) -> Device:
        """Return the sink's device. Raises NotFoundError where there is none."""
        # "default" is the id of the default output in enumerate_devices().
        if self._sink in ("", "default"):
            return default_device("audiooutput")
        for device in devices():
            if device.id == self._sink and device.kind == "audiooutput":
                return device
        raise NotFoundError(
            f"no output device has the id {self._sink!r}: enumerate_devices() tells which there are"
        )

    def _device_or_none(self) -> Device | None:
        if isinstance(self._sink, AudioSinkInfo):
            return None
        try:
            return self._device()
        except DOMException:
            return None

    def _fault(self, error: Exception) -> None:
        """Hear of a device that failed, in whichever thread noticed it."""
        self._tell(self._fail, error)

    def _fail(self, error: Exception) -> None:
        with self._turn:
            if self._state == "running":
                self._halt("suspended", at_once=True)
        self.dispatch_event(ErrorEvent("error", error=error))

    def _start_by_itself(self) -> None:
        with self._turn:
            if self._suspended_by_user or self._state != "suspended":
                return
            try:
                self._run()
            except DOMException as error:
                self.dispatch_event(ErrorEvent("error", error=error))

    def _attend(self) -> None:
        """Do what is told, event by event, until the context is closed."""
        while True:
            function, arguments = self._told.get()
            if function is _leave:
                return
            function(*arguments)


def _leave() -> None:
    """End the thread that attends to events: a mark in the queue."""


def _latency_seconds(hint: AudioContextLatencyCategory | float) -> float:
    if isinstance(hint, str):
        if hint not in LATENCY_SECONDS:
            raise TypeError(
                f"latency_hint is seconds or one of {', '.join(LATENCY_SECONDS)}, not {hint!r}"
            )
        return LATENCY_SECONDS[hint]
    if not hint >= 0:
        raise ValueError(f"latency_hint {hint}: seconds, 0 or more")
    return float(hint)


def _sink(sink_id: str | AudioSinkOptions | Mapping[str, str]) -> str | AudioSinkInfo:
    if isinstance(sink_id, str):
        return sink_id
    kind = sink_id.get("type") if isinstance(sink_id, Mapping) else sink_id.type
    if kind != "none":
        raise TypeError(f"sink_id is a device's id or {{'type': 'none'}}, not {sink_id!r}")
    return AudioSinkInfo("none")

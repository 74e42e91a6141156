"""AudioContext: renders in real time, to a device or to nowhere."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from audiograph.buffer import MAX_CHANNELS, check_sample_rate
from audiograph.context.base import (
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
from audiograph.context.playback_stats import AudioPlaybackStats
from audiograph.context.playhead import AudioTimestamp
from audiograph.context.sink import AudioSinkInfo, AudioSinkOptions, find_device, read_sink
from audiograph.errors import DOMException, InvalidAccessError, InvalidStateError
from audiograph.events import ErrorEvent, Event, EventHandler
from audiograph.media.device_source import DeviceSource
from audiograph.media.stream import MediaStream
from audiograph.media.track import MediaStreamTrack
from audiograph.nodes.destination import DestinationOptions
from audiograph.nodes.stream_destination import MediaStreamAudioDestinationNode
from audiograph.nodes.stream_source import MediaStreamAudioSourceNode
from audiograph.nodes.track_source import MediaStreamTrackAudioSourceNode
from audiograph.options import read_options, takes
from audiograph.portaudio import Device
from audiograph.values import finite

if TYPE_CHECKING:
    from audiograph.media.element import MediaElement
    from audiograph.nodes.media_element_source import MediaElementAudioSourceNode

_log = logging.getLogger("audiograph")

AudioContextLatencyCategory = Literal["balanced", "interactive", "playback"]


@dataclass(frozen=True, kw_only=True)
class AudioContextOptions:
    """What an AudioContext is made from.

    `latency_hint` is a category or seconds, `sample_rate` in Hz (None: the device's), `sink_id`
    a device's id ("": the default one) or `AudioSinkOptions`, which may be a dict, and
    `render_size_hint` the frames of a render quantum, up to 6 seconds of them ("default" and
    "hardware": 128).

    https://webaudio.github.io/web-audio-api/#AudioContextOptions
    """

    latency_hint: AudioContextLatencyCategory | float = "interactive"
    sample_rate: float | None = None
    sink_id: str | AudioSinkOptions | Mapping[str, str] = ""
    render_size_hint: AudioContextRenderSizeCategory | int = "default"


@takes(AudioContextOptions)
class AudioContext(BaseAudioContext):
    """A context whose destination is heard: it renders in real time, from when it was made.

    It starts by itself, soon after it was made; where no device is to be had, an "error" event is
    fired (logged, by "audiograph", where nobody listens) and it stays suspended, and `resume`
    raises the reason.

    Takes `AudioContextOptions` or its fields as keywords. Raises NotSupportedError for a rate or
    a quantum that is not offered.

    https://webaudio.github.io/web-audio-api/#AudioContext
    """

    _leader: DeviceSource | None = None
    onsinkchange = EventHandler(
        "Fired when `sink_id` has changed.\n\n"
        "https://webaudio.github.io/web-audio-api/#dom-audiocontext-onsinkchange"
    )
    onerror = EventHandler(
        "Fired with the `error` of a device that can't be had or has failed.\n\n"
        "https://webaudio.github.io/web-audio-api/#dom-audiocontext-onerror"
    )

    def __init__(self, context_options: AudioContextOptions | None = None, **fields: Any) -> None:
        starts = fields.pop("_starts", True)
        options = read_options(AudioContextOptions, context_options, fields)
        self._latency_seconds = _latency_seconds(options.latency_hint)
        # By the text: "Set [[sink ID]] to the value of [[sink ID at construction]]", not before the
        # device is there.
        self._sink: str | AudioSinkInfo = ""
        self._wanted_sink = read_sink(options.sink_id)
        if options.sample_rate is not None:
            check_sample_rate(options.sample_rate)
        # AD-HOC: by the text a sink of type "none" has the rate of the default device, which would
        # have to be looked for, and may not be there, for that alone.
        device = self._device_or_none()
        rate = options.sample_rate or (
            DEFAULT_SAMPLE_RATE if device is None else device.default_sample_rate
        )
        super().__init__(
            float(np.float32(rate)),
            choose_quantum(options.render_size_hint, float(np.float32(rate))),
            DestinationOptions(max_channel_count=_most_channels(device), offline=False),
        )
        self._driver: Driver | None = None
        # The frame with which the driver's time began, and what was told of it last.
        self._first_frame = 0
        self._timestamp = AudioTimestamp()
        self._playback_stats = AudioPlaybackStats(self)
        self._turn = threading.RLock()
        """Held while the state changes; never by the render thread."""
        self._suspended_by_user = not starts
        threading.Thread(target=self._attend, name="audiograph events", daemon=True).start()
        if starts:
            self._tell(self._start_by_itself)

    @classmethod
    def suspended(
        cls, context_options: AudioContextOptions | None = None, **fields: Any
    ) -> AudioContext:
        """Make a context that waits for `resume`, so that the graph is whole when time begins.

        Takes what the constructor takes, and raises what that raises.
        """
        return cls(context_options, _starts=False, **fields)

    def follow(self, leader: DeviceSource) -> None:
        """Let an input device's time be the context's, from the next `resume` on.

        For a sink of type "none": what is recorded of the device is then exactly what it delivers.
        """
        self._leader = leader

    @property
    def base_latency(self) -> float:
        """Seconds between the destination node and the audio system: one render quantum.

        https://webaudio.github.io/web-audio-api/#dom-audiocontext-baselatency
        """
        return self.render_quantum_size / self.sample_rate

    @property
    def output_latency(self) -> float:
        """Seconds from the audio system to the ear, as the device last told; 0 while suspended.

        https://webaudio.github.io/web-audio-api/#dom-audiocontext-outputlatency
        """
        driver = self._driver
        return 0.0 if driver is None else driver.latency

    @property
    def sink_id(self) -> str | AudioSinkInfo:
        """The output device's id; "" is the default one, AudioSinkInfo is none.

        It is "" until the context runs.

        https://webaudio.github.io/web-audio-api/#dom-audiocontext-sinkid
        """
        return self._sink

    @property
    def playback_stats(self) -> AudioPlaybackStats:
        """Underruns and latency so far.

        https://webaudio.github.io/web-audio-api/#dom-audiocontext-playbackstats
        """
        return self._playback_stats

    def get_output_timestamp(self) -> AudioTimestamp:
        """Return which time of the context is heard in this moment, as far as the device tells.

        It never runs backwards, nor ahead of what was rendered; while the context is suspended it
        stands still. Before anything is rendered both members are 0.

        https://webaudio.github.io/web-audio-api/#dom-audiocontext-getoutputtimestamp
        """
        with self._lock:
            driver, last = self._driver, self._timestamp
            head = None if driver is None else driver.playhead
            frame = self._renderer.frame
            # By the text: "If the context's rendering graph has not yet processed a block of audio,
            # then … both members containing zero."
            if head is None or frame == 0:
                return last
            head = head._replace(frame=head.frame + self._first_frame)
            now, performance_now = time.monotonic(), time.perf_counter()
            # By the text: "… currentTime attribute value always exceeds the contextTime value".
            heard = min(head.frame_at(now), frame - 1) / self.sample_rate
            context_time = max(heard, last.context_time)
            moment = performance_now + head.time_of(context_time * self.sample_rate) - now
            self._timestamp = AudioTimestamp(
                context_time=context_time,
                performance_time=max(moment * 1000, last.performance_time),
            )
            return self._timestamp

    def set_sink_id(self, sink_id: str | AudioSinkOptions | Mapping[str, str]) -> None:
        """Play on another device, or on none: {"type": "none"}. Returns when it does.

        The graph goes on where it was. A running context is suspended for the moment between; a
        suspended one takes the device with `resume`. "sinkchange" is fired, unless it is that sink
        already, when nothing happens.

        Raises
        ------
        TypeError
            It is no sink.
        NotFoundError
            There is no such device; nothing has changed.
        InvalidStateError
            The context is closed.
        InvalidAccessError
            The device is there, but cannot be had. The context is then suspended, and `resume` goes
            on with the sink that it had.

        https://webaudio.github.io/web-audio-api/#dom-audiocontext-setsinkid
        """
        sink = read_sink(sink_id)
        with self._turn:
            self._check_open()
            # 2. "If sinkId is equal to [[sink ID]], return a promise, resolve it immediately and
            #    abort these steps."
            if sink == self._wanted_sink:
                return
            # 3. "Let validationResult be the return value of sink identifier validation of sinkId."
            # AD-HOC: where it is false the text has a NotAllowedError, which as in browsers is left
            # to what the system refuses.
            device = None if isinstance(sink, AudioSinkInfo) else find_device(sink)
            before, self._wanted_sink = self._wanted_sink, sink
            # "Set wasRunning to false if the [[rendering thread state]] … is "suspended"."
            was_running = self._state == "running"
            if was_running:
                # "Pause the renderer after processing the current render quantum. Attempt to
                # release system resources. …"
                self._halt("suspended")
                try:
                    # "Attempt to acquire system resources to use a following audio output device …
                    # In case of failure, reject p with "InvalidAccessError"".
                    self._acquire()
                except DOMException as error:
                    self._wanted_sink = before
                    raise InvalidAccessError(
                        f"the context stays suspended, for {sink_id!r} cannot be had: {error}"
                    ) from error
            # "… set [[sink ID]] to sinkId. … Fire an event named sinkchange".
            self._sink = sink
            self._destination._max_channel_count = _most_channels(device)
            self._tell(self.dispatch_event, Event("sinkchange"))
            # "If wasRunning is true: Set the [[rendering thread state]] … to "running"."
            if was_running:
                self._change_state("running")

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

        What a microphone delivers meanwhile is lost, as is what another context plays of the same
        track; a file or a tone that nobody else plays waits.

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
            self._end()
            self._tell(_leave)

    def create_media_element_source(
        self, media_element: MediaElement
    ) -> MediaElementAudioSourceNode:
        """Return a node that puts out what the element plays, which is heard through it alone.

        Raises InvalidStateError for an element that has a node already.

        https://webaudio.github.io/web-audio-api/#dom-audiocontext-createmediaelementsource
        """
        # NB: here, so that a program pays at its start for what it uses alone.
        from audiograph.nodes.media_element_source import MediaElementAudioSourceNode

        return MediaElementAudioSourceNode(self, media_element=media_element)

    def create_media_stream_source(self, media_stream: MediaStream) -> MediaStreamAudioSourceNode:
        """Return a node that puts out the stream's first audio track.

        Raises InvalidStateError for a stream without one.

        https://webaudio.github.io/web-audio-api/#dom-audiocontext-createmediastreamsource
        """
        return MediaStreamAudioSourceNode(self, media_stream=media_stream)

    def create_media_stream_track_source(
        self, media_stream_track: MediaStreamTrack
    ) -> MediaStreamTrackAudioSourceNode:
        """Return a node that puts out the track; InvalidStateError unless its kind is "audio".

        https://webaudio.github.io/web-audio-api/#dom-audiocontext-createmediastreamtracksource
        """
        return MediaStreamTrackAudioSourceNode(self, media_stream_track=media_stream_track)

    def create_media_stream_destination(self) -> MediaStreamAudioDestinationNode:
        """Return a node whose input is a stream.

        https://webaudio.github.io/web-audio-api/#dom-audiocontext-createmediastreamdestination
        """
        return MediaStreamAudioDestinationNode(self)

    def _check_open(self) -> None:
        if self._state == "closed":
            raise InvalidStateError("the context is closed")

    def _post(self, function: Callable[..., object], *arguments: object) -> None:
        super()._post(function, *arguments)
        # By the text: "Process the control message queue. … If the [[rendering thread state]] … is
        # not running, return false", in this order: a suspended context renders nothing, but does
        # what it is told.
        if not self._rendering:
            self._renderer.settle()

    def _run(self) -> None:
        if self._driver is None:
            self._acquire()
            self._sink = self._wanted_sink
            self._change_state("running")

    def _acquire(self) -> None:
        """Have a device, or a clock, ask for audio."""
        driver = self._make_driver()
        self._first_frame = self._renderer.frame
        self._driver, self._rendering = driver, True
        try:
            driver.start()
        except BaseException:
            driver.close(at_once=True)
            self._driver, self._rendering = None, False
            raise

    def _halt(self, state: AudioContextState, *, at_once: bool = False) -> None:
        driver = self._driver
        if driver is not None:
            driver.close(at_once=at_once)
            # From here on it stands still.
            self.get_output_timestamp()
            self._driver, self._rendering = None, False
            self._renderer.settle()
        self._change_state(state)

    def _change_state(self, state: AudioContextState) -> None:
        if self._state != state:
            self._state = state
            self._tell(self.dispatch_event, Event("statechange"))

    def _make_driver(self) -> Driver:
        quantum, rate, stats = self.render_quantum_size, self.sample_rate, self._playback_stats
        channels = self.destination.channel_count
        if not isinstance(self._wanted_sink, AudioSinkInfo):
            device = find_device(self._wanted_sink)
            channels = min(channels, device.channels)
            return DeviceDriver(
                device,
                self._render,
                sample_rate=rate,
                channels=channels,
                quantum=quantum,
                latency=self._latency_seconds,
                on_block=stats._note,
                on_fault=self._fault,
            )
        if self._leader is not None:
            return FollowDriver(
                self._leader,
                self._render,
                channels=channels,
                quantum=quantum,
                rate=rate,
                on_block=stats._note,
            )
        return ClockDriver(
            QuantumFeed(self._render, channels, quantum),
            sample_rate=rate,
            channels=channels,
            on_block=stats._note,
            on_fault=self._fault,
        )

    def _render(self, out: NDArray[np.float32]) -> None:
        self._renderer.render(self._destination._vertex, out, wait=False)

    def _device_or_none(self) -> Device | None:
        if isinstance(self._wanted_sink, AudioSinkInfo):
            return None
        try:
            return find_device(self._wanted_sink)
        except DOMException:
            return None

    def _fault(self, driver: Driver, error: Exception) -> None:
        """Hear of a device that failed, in whichever thread noticed it."""
        self._tell(self._fail, driver, error)

    def _fail(self, driver: Driver, error: Exception) -> None:
        with self._turn:
            # NB: by now, another one may have taken its place.
            if self._driver is driver:
                self._halt("suspended", at_once=True)
        self._report(error, "an AudioContext has lost its device")

    def _start_by_itself(self) -> None:
        with self._turn:
            if self._suspended_by_user or self._state != "suspended":
                return
            try:
                self._run()
            except DOMException as error:
                self._report(error, "an AudioContext does not start")

    def _report(self, error: Exception, what: str) -> None:
        """Tell whoever listens; log it where nobody does, as silence tells nothing."""
        if not self._has_listeners("error"):
            _log.warning("%s: %s", what, error)
        self.dispatch_event(ErrorEvent("error", error=error))

    def _attend(self) -> None:
        """Do what is told, event by event, until the context is closed."""
        while True:
            function, arguments = self._told.get()
            if function is _leave:
                return
            # NB: a listener that calls sys.exit() ends no more than its own call.
            with suppress(SystemExit):
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
    seconds = finite("latency_hint", hint)
    if seconds < 0:
        raise ValueError(f"latency_hint {hint}: seconds, 0 or more")
    return seconds


def _most_channels(device: Device | None) -> int:
    """Return how many channels a destination may have that ends at `device`, or nowhere."""
    return MAX_CHANNELS if device is None else device.channels

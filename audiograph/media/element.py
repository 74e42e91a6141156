"""MediaElement: a player of a file, in the place of HTML's audio element.

https://html.spec.whatwg.org/multipage/media.html#media-elements
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from contextlib import suppress
from math import inf, nan
from pathlib import Path

from audiograph.errors import DOMException, IndexSizeError, InvalidStateError, NotSupportedError
from audiograph.events import Event, EventHandler, EventTarget
from audiograph.media.capture import Capture
from audiograph.media.playback import Playback
from audiograph.media.player import Driver, Happening, Player
from audiograph.media.reader import Reader
from audiograph.media.speaker import Speaker
from audiograph.media.stream import MediaStream
from audiograph.media.tasks import Tasks
from audiograph.values import finite, path, truth

_log = logging.getLogger("audiograph")

FASTEST = 16.0
"""The highest playback rate."""


def _handler(event: str, when: str) -> EventHandler:
    url = "https://html.spec.whatwg.org/multipage/media.html#event-media-"
    return EventHandler(f"Fired {when}.\n\n{url}{event}")


class MediaElement(EventTarget):
    """Plays a sound file of any length, which is read while it plays.

    By itself it is heard on the default output device, where there is one; once a
    MediaElementAudioSourceNode has taken it, it is heard through that alone, and its time is that
    of the node's context. The members are those of HTML's audio element, as far as they mean
    something for a file. A file is opened when `src` is set, so `duration` is known at once; events
    follow, in a thread of their own. The pitch goes along with `playback_rate`. A program that ends
    does not wait for what plays; `onended` tells when it has.

    Parameters
    ----------
    src : str or Path
        What to play; "" for nothing yet.

    Examples
    --------
    ::

        element = audiograph.MediaElement("voice.wav")
        source = context.create_media_element_source(element)
        source.connect(context.destination)
        element.play()

    https://html.spec.whatwg.org/multipage/media.html#htmlmediaelement
    """

    onabort = _handler("abort", "when another file takes the place of the one that was loaded")
    oncanplay = _handler("canplay", "when a file can be played")
    oncanplaythrough = _handler("canplaythrough", "with canplay: a file never makes one wait")
    ondurationchange = _handler("durationchange", "when `duration` has become known")
    onemptied = _handler(
        "emptied", "when there is nothing to play any more, before `src` is loaded"
    )
    onended = _handler("ended", "at the end, unless `loop` is set")
    onerror = _handler("error", "when `src` can't be played, or not to its end; see `error`")
    onloadeddata = _handler("loadeddata", "when there is something to be played")
    onloadedmetadata = _handler("loadedmetadata", "when the file's header was read")
    onloadstart = _handler("loadstart", "when `src` is to be opened")
    onpause = _handler("pause", "when playing stops, by `pause` or at the end")
    onplay = _handler("play", "when `play` ends a pause")
    onplaying = _handler("playing", "when playing begins")
    onratechange = _handler("ratechange", "when `playback_rate` has changed")
    onseeked = _handler("seeked", "when playing goes on elsewhere, also at the turn of a loop")
    onseeking = _handler("seeking", "when playing is to go on elsewhere")
    ontimeupdate = _handler("timeupdate", "four times a second while it plays, and at each jump")
    onvolumechange = _handler("volumechange", "when `volume` or `muted` has changed")

    def __init__(self, src: str | Path = "") -> None:
        self._lock = threading.RLock()
        self._tasks = Tasks()
        self._capture = Capture(self._tasks)
        self._player = Player(self._capture, self._happened, self._tasks.add)
        self._driver: Driver = Speaker(self._player)
        self._taken = False
        self._src = ""
        self._error: Exception | None = None
        self._loading: object = None
        self._paused = True
        self._start_position = 0.0
        self._told_duration = nan
        self._loop = False
        self._playback_rate = 1.0
        self._volume = 1.0
        self._muted = False
        if src != "":
            self.src = src

    @property
    def src(self) -> str:
        """The file's path, in any format that libsndfile reads; "" is none.

        Setting it loads the file: what played before stops. Where it can't be read, there is an
        "error" event, `error` tells why, and `play` raises. A named pipe is waited for until its
        header has come. Raises TypeError for what is no path.

        https://html.spec.whatwg.org/multipage/media.html#dom-media-src
        """
        return self._src

    @src.setter
    def src(self, src: str | Path) -> None:
        self._src = path("src", src)
        self.load()

    @property
    def error(self) -> Exception | None:
        """Why `src` can't be played: an OSError or a DOMException; None where nothing failed.

        https://html.spec.whatwg.org/multipage/media.html#dom-media-error
        """
        return self._error

    @property
    def duration(self) -> float:
        """Seconds from beginning to end: NaN without a file, infinite where it is not known.

        https://html.spec.whatwg.org/multipage/media.html#dom-media-duration
        """
        playback = self._player.playback
        if playback is None:
            return nan
        return inf if playback.length is None else playback.length / playback.sample_rate

    @property
    def current_time(self) -> float:
        """Seconds from the beginning to what is played next.

        Setting it seeks, to the nearest frame within the file; before a file is loaded, it says
        where playing is to begin. Raises TypeError for what is no finite number, NotSupportedError
        for a pipe, NotReadableError where the file can't be read there.

        https://html.spec.whatwg.org/multipage/media.html#dom-media-currenttime
        """
        playback = self._player.playback
        # By the text: "… return the media element's default playback start position, unless that is
        # zero, in which case it must return the element's official playback position."
        if playback is None:
            return self._start_position
        return playback.position / playback.sample_rate

    @current_time.setter
    def current_time(self, current_time: float) -> None:
        seconds = finite("current_time", current_time)
        with self._lock:
            # By the text: "if the media element's readyState is HAVE_NOTHING, then it must set the
            # media element's default playback start position to the new value".
            if self._player.playback is None:
                self._start_position = seconds
            else:
                self._seek(seconds)

    @property
    def paused(self) -> bool:
        """Whether it is not to play: until `play`, after `pause`, and at the end.

        https://html.spec.whatwg.org/multipage/media.html#dom-media-paused
        """
        return self._paused

    @property
    def ended(self) -> bool:
        """Whether it was played to the end and does not loop.

        https://html.spec.whatwg.org/multipage/media.html#dom-media-ended
        """
        return self._player.playback is not None and self._player.has_ended

    @property
    def loop(self) -> bool:
        """Whether the end is followed by the beginning, without a gap. A pipe has no beginning.

        https://html.spec.whatwg.org/multipage/media.html#dom-media-loop
        """
        return self._loop

    @loop.setter
    def loop(self, loop: bool) -> None:
        with self._lock:
            self._loop = truth("loop", loop)
            if self._player.playback is not None:
                self._player.playback.loop = self._loop

    @property
    def playback_rate(self) -> float:
        """How many times as fast as it was recorded, 0 to 16; 1 again when `src` is set.

        The pitch goes along; at 0 time stands still. Raises NotSupportedError for another rate,
        TypeError for what is no finite number.

        https://html.spec.whatwg.org/multipage/media.html#dom-media-playbackrate
        """
        return self._playback_rate

    @playback_rate.setter
    def playback_rate(self, playback_rate: float) -> None:
        rate = finite("playback_rate", playback_rate)
        if not 0 <= rate <= FASTEST:
            raise NotSupportedError(f"playback_rate {rate:g}: 0 to {FASTEST:g} are offered")
        with self._lock:
            self._set_rate(rate)

    @property
    def volume(self) -> float:
        """The factor that samples are scaled by, 0 to 1.

        Raises IndexSizeError for another one, TypeError for what is no finite number.

        https://html.spec.whatwg.org/multipage/media.html#dom-media-volume
        """
        return self._volume

    @volume.setter
    def volume(self, volume: float) -> None:
        factor = finite("volume", volume)
        # By the text: "If the new value is outside the range 0.0 to 1.0 inclusive, then, on
        # setting, an "IndexSizeError" DOMException must be thrown instead."
        if not 0 <= factor <= 1:
            raise IndexSizeError(f"volume {factor:g}: it is 0 to 1; a GainNode makes it louder")
        self._scale(factor, self._muted)

    @property
    def muted(self) -> bool:
        """Whether it is silent, whatever `volume` is.

        https://html.spec.whatwg.org/multipage/media.html#dom-media-muted
        """
        return self._muted

    @muted.setter
    def muted(self, muted: bool) -> None:
        self._scale(self._volume, truth("muted", muted))

    def load(self) -> None:
        """Open `src` anew, paused and at its beginning.

        https://html.spec.whatwg.org/multipage/media.html#media-element-load-algorithm
        """
        with self._lock:
            self._unload()
            # 7. "Set the playbackRate attribute to the value of the defaultPlaybackRate attribute."
            self._set_rate(1.0)
            # 8. "Set the error attribute to null …"
            self._error = None
            self._loading = loading = object()
            if not self._src:
                return
            # 9. "Invoke the media element's resource selection algorithm."
            self._fire("loadstart")
            src = self._src
        # NB: without the lock, since a pipe lets one wait for its header.
        opened = _opened(src)
        with self._lock:
            if loading is self._loading:
                self._accept(opened)
            elif not isinstance(opened, Exception):
                opened.close()

    def play(self) -> None:
        """Play from where it is, from the beginning where it has ended.

        Returns when there is something to play; a pipe that stays silent is not waited for. Raises
        NotSupportedError without a file that can be read.

        https://html.spec.whatwg.org/multipage/media.html#dom-media-play
        """
        with self._lock:
            playback = self._player.playback
            if playback is None or self._error is not None:
                reason = f": {_reason(self._error)}" if self._error else "; set src to a sound file"
                raise NotSupportedError(f"there is nothing to play{reason}")
            # By the text, of the internal play steps: "If the playback has ended and the direction
            # of playback is forwards, seek to the earliest possible position …."
            if playback.has_ended:
                self._seek(0.0)
            # "If the media element's paused attribute is true, then: Change the value of paused to
            # false. … fire an event named play … notify about playing".
            if self._paused:
                self._start(playback)
                self._paused = False
                self._fire("play", "playing")

    def pause(self) -> None:
        """Stop playing, until `play` goes on from there.

        https://html.spec.whatwg.org/multipage/media.html#dom-media-pause
        """
        with self._lock:
            # By the text, of the internal pause steps: "If the media element's paused attribute is
            # false … Change the value of paused to true. … Fire an event named timeupdate … Fire an
            # event named pause".
            if not self._paused:
                self._halt()
                self._fire("timeupdate", "pause")

    def capture_stream(self) -> MediaStream:
        """Return a stream whose track is what the element plays.

        As long as it plays, that is: while it is paused nothing comes, and the track ends with the
        file. Playing again, or another `src`, replaces the track, with "removetrack" and "addtrack"
        events. `volume` and `muted` change nothing in it.

        https://w3c.github.io/mediacapture-fromelement/#dom-htmlmediaelement-capturestream
        """
        with self._lock:
            stream = self._capture.open_stream()
            # By the text: "If the media element does not have a selected track of a given type,
            # then no MediaStreamTrack is present in the captured stream."
            self._begin_capture()
            return stream

    def _take(self, driver: Driver, tell: Callable[..., None]) -> None:
        """Let `driver` alone make the element's time pass, for good."""
        with self._lock:
            self._check_free()
            self._taken = True
            self._driver.stop()
            self._driver = driver
            self._player.tell = tell
            # The rate of what is captured is another now.
            self._capture.end()
            self._begin_capture()
            if self._player.playback is not None and not self._paused:
                self._start(self._player.playback)

    def _check_free(self) -> None:
        """Raise InvalidStateError where a node has taken the element already."""
        if self._taken:
            raise InvalidStateError(
                "the media element has a MediaElementAudioSourceNode already; use that one"
            )

    def _unload(self) -> None:
        playback = self._player.playback
        if playback is None and self._error is None:
            return
        # 5. "If the media element's networkState is set to NETWORK_LOADING or NETWORK_IDLE, …
        #    fire an event named abort". 6. "… fire an event named emptied".
        if playback is not None:
            self._fire("abort")
        self._fire("emptied")
        # By the text, in the same step: paused without an event, …
        self._halt()
        self._capture.end()
        if playback is not None:
            # "… Set the official playback position to 0. If this changed the official playback
            # position, then … fire an event named timeupdate".
            if playback.position:
                self._fire("timeupdate")
            self._player.playback = None
            playback.close()
        # … and the duration is NaN again, without an event either.
        self._told_duration = nan

    def _accept(self, opened: Reader | Exception) -> None:
        """Take what `src` has turned out to be."""
        if isinstance(opened, Exception):
            self._error = opened
            self._fire("error")
            return
        playback = Playback(opened, self._fail)
        playback.loop = self._loop
        self._player.playback = playback
        self._tell_duration()
        self._fire("loadedmetadata", "loadeddata")
        # By the text: "If the media element's default playback start position is greater than
        # zero, then seek to that time …. Let the … default playback start position be zero."
        start, self._start_position = self._start_position, 0.0
        if start > 0:
            try:
                # By the text, of seeking: "If there are no ranges given in the seekable attribute
                # then … return."
                with suppress(NotSupportedError):
                    self._seek(start)
            except (OSError, DOMException) as error:
                self._break_off(playback, error)
                return
        self._fire("canplay", "canplaythrough")
        self._begin_capture()

    def _start(self, playback: Playback) -> None:
        """Have the driver play."""
        try:
            playback.start(self._driver.sample_rate, reads_ahead=self._driver.clocked)
        except (OSError, DOMException) as error:
            self._break_off(playback, error)
            raise NotSupportedError(f"{self._src} can't be played: {_reason(error)}") from error
        self._begin_capture()
        self._driver.start()

    def _halt(self) -> None:
        """Have the driver play no more."""
        if not self._paused:
            self._paused = True
            self._driver.stop()
            if self._player.playback is not None:
                self._player.playback.stop()

    def _seek(self, seconds: float) -> None:
        """Go on from another time.

        https://html.spec.whatwg.org/multipage/media.html#dom-media-seek
        """
        playback = self._player.playback
        assert playback is not None
        # 6. and 7. "If the new playback position is later than the end of the media resource, then
        # let it be the end …. If … less than the earliest possible position, let it be that …."
        frame = max(0, round(seconds * playback.sample_rate))
        playback.seek(frame if playback.length is None else min(frame, playback.length))
        # 10. "… fire an event named seeking". 16. "… timeupdate". 17. "… seeked".
        self._fire("seeking", "timeupdate", "seeked")
        if not self._paused:
            # NB: it may have come to the end in this moment, and stopped.
            self._driver.start()

    def _set_rate(self, rate: float) -> None:
        playback = self._player.playback
        if playback is not None:
            playback.rate = rate
            playback.prepare(self._driver.sample_rate)
        if rate != self._playback_rate:
            self._playback_rate = rate
            self._fire("ratechange")

    def _scale(self, volume: float, muted: bool) -> None:
        with self._lock:
            changed = (volume, muted) != (self._volume, self._muted)
            self._volume, self._muted = volume, muted
            self._player.gain = 0.0 if muted else volume
            # By the text: "Whenever either of the values that would be returned by the volume and
            # muted IDL attributes change, … fire an event named volumechange".
            if changed:
                self._fire("volumechange")

    def _happened(self, playback: Playback, happening: Happening) -> None:
        """Hear from the player."""
        with self._lock:
            if playback is not self._player.playback:
                return
            self._tell_duration()
            # By the text: "If the media element has a loop attribute specified, then seek to the
            # earliest possible position of the media resource".
            if happening == "lap":
                self._fire("seeking", "timeupdate", "seeked")
            # NB: in the meantime somebody may have sought or paused.
            elif happening == "time" and not self._paused:
                self._fire("timeupdate")
            elif happening == "end" and playback.has_ended and not self._paused:
                # "Fire an event named timeupdate …. If the media element has ended playback … and
                # paused is false, then: Set the paused attribute to true. Fire an event named
                # pause …. Fire an event named ended".
                self._halt()
                self._capture.end()
                self._fire("timeupdate", "pause", "ended")

    def _fail(self, playback: Playback, error: Exception) -> None:
        """Hear of a file that can't be read any further, in the thread that reads."""
        self._tasks.add(self._break_off, playback, error)

    def _break_off(self, playback: Playback, error: Exception) -> None:
        with self._lock:
            if playback is not self._player.playback:
                return
            _log.error("%s can't be played any further: %s", self._src, _reason(error))
            self._error = error
            self._halt()
            self._capture.end()
            self._fire("error")

    def _tell_duration(self) -> None:
        # By the text: "When the length of the media resource changes to a known value …, … fire an
        # event named durationchange".
        if self.duration != self._told_duration:
            self._told_duration = self.duration
            self._fire("durationchange")

    def _fire(self, *types: str) -> None:
        for type in types:
            self._tasks.add(self.dispatch_event, Event(type))

    def _begin_capture(self) -> None:
        playback = self._player.playback
        if playback is not None:
            self._capture.begin(playback.label, playback.channels, self._driver.sample_rate)


def _reason(error: Exception) -> str:
    """Return what an error says, without the number that Python puts before the system's."""
    return (isinstance(error, OSError) and error.strerror) or str(error)


def _opened(src: str) -> Reader | Exception:
    """Return a reader of the file, or why there is none."""
    # NB: here, since a program that only makes elements needs no decoder.
    from audiograph.media.files import open_file

    try:
        return open_file(src)
    except (OSError, DOMException) as error:
        return error

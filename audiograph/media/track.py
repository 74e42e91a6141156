"""MediaStreamTrack: one source of audio in a stream.

https://w3c.github.io/mediacapture-main/#mediastreamtrack
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal
from uuid import uuid4

from audiograph.events import Event, EventHandler, EventTarget
from audiograph.media.source import AnyTap, Pace, Source

MediaStreamTrackState = Literal["live", "ended"]


class MediaStreamTrack(EventTarget):
    """A source's audio, which a stream carries to nodes and recorders.

    Tracks are made by `media_devices.get_user_media`, by `file_stream` and its like, and by
    MediaStreamAudioDestinationNode.

    https://w3c.github.io/mediacapture-main/#mediastreamtrack
    """

    onmute = EventHandler()
    onunmute = EventHandler()
    onended = EventHandler()

    def __init__(self, source: Source, *, id: str | None = None) -> None:
        self._source = source
        self._id = str(uuid4()) if id is None else id
        self._enabled = True
        self._state: MediaStreamTrackState = "live"
        self._taps: tuple[AnyTap, ...] = ()
        source.use()
        source.on_failure(self._source_ended)

    @property
    def kind(self) -> str:
        """What it carries: "audio"."""
        return "audio"

    @property
    def id(self) -> str:
        """The track's own name, which no other has."""
        return self._id

    @property
    def label(self) -> str:
        """What a person calls the source."""
        return self._source.label

    @property
    def enabled(self) -> bool:
        """Whether it is heard: a disabled track carries silence."""
        return self._enabled

    @enabled.setter
    def enabled(self, enabled: bool) -> None:
        self._enabled = bool(enabled)
        for tap in self._taps:
            tap.enabled = self._enabled

    @property
    def muted(self) -> bool:
        """Whether the source can't deliver for the moment."""
        return False

    @property
    def ready_state(self) -> MediaStreamTrackState:
        """Whether the source may still deliver: "live" or "ended"."""
        return self._state

    def clone(self) -> MediaStreamTrack:
        """Return another track of the same source, with an id of its own.

        https://w3c.github.io/mediacapture-main/#dfn-clone-a-track
        """
        track = MediaStreamTrack(self._source)
        # By the text: "Set trackClone's [[ReadyState]] / [[Enabled]] … to track's … value."
        track.enabled = self._enabled
        if self._state == "ended":
            track.stop()
        return track

    def stop(self) -> None:
        """End the track; the source stops when it has no other track.

        No "ended" event is fired, as the specification has it.
        """
        # By the text: "If track's [[ReadyState]] is "ended", then abort these steps."
        if self._state == "ended":
            return
        self._state = "ended"
        for tap in self._taps:
            self._source.close_tap(tap)
        self._taps = ()
        self._source.unuse()

    def get_settings(self) -> Mapping[str, object]:
        """Return what the source delivers: sample_rate, channel_count, device_id, …."""
        return dict(self._source.settings)

    def get_capabilities(self) -> Mapping[str, object]:
        """Return what the source can deliver: a range ({"min", "max"}) or a list for each."""
        return dict(self._source.capabilities)

    def _open_tap(self, sample_rate: float, pace: Pace, latency: float = 0.0) -> AnyTap:
        """Return a new tap on the track's audio; of an ended track it has ended."""
        tap = self._source.open_tap(sample_rate, pace, latency)
        tap.enabled = self._enabled
        if self._state == "ended":
            self._source.close_tap(tap)
        else:
            self._taps = (*self._taps, tap)
        return tap

    def _close_tap(self, tap: AnyTap) -> None:
        self._taps = tuple(each for each in self._taps if each is not tap)
        self._source.close_tap(tap)

    def _source_ended(self) -> None:
        """Hear from the source that it has failed or was stopped."""
        if self._source.error is not None:
            self._end()

    def _end(self) -> None:
        """End because the source has: fire "ended"."""
        if self._state == "live":
            self._state = "ended"
            self.dispatch_event(Event("ended"))
            self._source.unuse()

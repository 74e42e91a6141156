"""MediaStreamTrack: one source of audio in a stream.

https://w3c.github.io/mediacapture-main/#mediastreamtrack
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal
from uuid import uuid4

from audiograph.errors import OverconstrainedError
from audiograph.events import Event, EventHandler, EventTarget
from audiograph.media.constraints import (
    MediaTrackCapabilities,
    MediaTrackConstraints,
    MediaTrackSettings,
)
from audiograph.media.selection import failed_constraint, required, select_settings
from audiograph.media.source import AnyTap, Pace, Source
from audiograph.values import truth

MediaStreamTrackState = Literal["live", "ended"]


class MediaStreamTrack(EventTarget):
    """A source's audio, which a stream carries to nodes and recorders.

    Tracks are made by `media_devices.get_user_media`, by `file_stream` and its like, and by
    MediaStreamAudioDestinationNode.

    https://w3c.github.io/mediacapture-main/#mediastreamtrack
    """

    onmute = EventHandler(
        "Fired when `muted` becomes true.\n\n"
        "https://w3c.github.io/mediacapture-main/#dom-mediastreamtrack-onmute"
    )
    onunmute = EventHandler(
        "Fired when `muted` becomes false.\n\n"
        "https://w3c.github.io/mediacapture-main/#dom-mediastreamtrack-onunmute"
    )
    onended = EventHandler(
        "Fired when the source has ended or failed; not by `stop`.\n\n"
        "https://w3c.github.io/mediacapture-main/#dom-mediastreamtrack-onended"
    )

    def __init__(self, source: Source, *, id: str | None = None) -> None:
        if not isinstance(source, Source):
            raise TypeError(
                f"a track carries a source, not {source!r}: get_user_media, file_stream and "
                "tone_stream make tracks"
            )
        self._source = source
        self._id = str(uuid4()) if id is None else id
        self._enabled = True
        self._constraints = MediaTrackConstraints()
        self._state: MediaStreamTrackState = "live"
        self._taps: tuple[AnyTap, ...] = ()
        source.use(self._source_ended)

    @property
    def kind(self) -> str:
        """What it carries: "audio".

        https://w3c.github.io/mediacapture-main/#dom-mediastreamtrack-kind
        """
        return "audio"

    @property
    def id(self) -> str:
        """The track's own name, which no other has.

        https://w3c.github.io/mediacapture-main/#dom-mediastreamtrack-id
        """
        return self._id

    @property
    def label(self) -> str:
        """What a person calls the source.

        https://w3c.github.io/mediacapture-main/#dom-mediastreamtrack-label
        """
        return self._source.label

    @property
    def enabled(self) -> bool:
        """Whether it is heard: a disabled track carries silence.

        https://w3c.github.io/mediacapture-main/#dom-mediastreamtrack-enabled
        """
        return self._enabled

    @enabled.setter
    def enabled(self, enabled: bool) -> None:
        self._enabled = truth("enabled", enabled)
        for tap in self._taps:
            tap.enabled = self._enabled

    @property
    def muted(self) -> bool:
        """Whether the source can't deliver for the moment.

        https://w3c.github.io/mediacapture-main/#dom-mediastreamtrack-muted
        """
        return False

    @property
    def ready_state(self) -> MediaStreamTrackState:
        """Whether the source may still deliver: "live" or "ended".

        https://w3c.github.io/mediacapture-main/#dom-mediastreamtrack-readystate
        """
        return self._state

    def clone(self) -> MediaStreamTrack:
        """Return another track of the same source, with an id of its own.

        https://w3c.github.io/mediacapture-main/#dfn-clone-a-track
        """
        track = MediaStreamTrack(self._source)
        # By the text: "Set trackClone's [[ReadyState]] / [[Enabled]] … to track's … value."
        track.enabled = self._enabled
        # By the text: "Set trackClone's [[Constraints]] to a clone of track's [[Constraints]]."
        track._constraints = self._constraints
        if self._state == "ended":
            track.stop()
        return track

    def stop(self) -> None:
        """End the track; the source stops when it has no other track.

        No "ended" event is fired, as the specification has it.

        https://w3c.github.io/mediacapture-main/#dom-mediastreamtrack-stop
        """
        # By the text: "If track's [[ReadyState]] is "ended", then abort these steps."
        if self._state == "ended":
            return
        self._state = "ended"
        for tap in self._taps:
            self._source.close_tap(tap)
        self._taps = ()
        self._source.unuse(self._source_ended)

    def get_settings(self) -> MediaTrackSettings:
        """Return what the source delivers: sample_rate, channel_count, device_id, ….

        https://w3c.github.io/mediacapture-main/#dom-mediastreamtrack-getsettings
        """
        settings = self._source.settings
        # By the text: "If track's [[ReadyState]] is "ended" … For each property of the list of
        # inherent constrainable track properties, add a corresponding property to settings."
        if self._state == "ended":
            return MediaTrackSettings(device_id=settings.device_id, group_id=settings.group_id)
        return settings

    def get_capabilities(self) -> MediaTrackCapabilities:
        """Return what the source could deliver: a range or a list for each property.

        The rates of a device are tried out for that, the first time, which takes a moment.

        https://w3c.github.io/mediacapture-main/#dom-mediastreamtrack-getcapabilities
        """
        return self._source.capabilities()

    def get_constraints(self) -> MediaTrackConstraints:
        """Return the constraints that were applied last.

        https://w3c.github.io/mediacapture-main/#dom-mediastreamtrack-getconstraints
        """
        return self._constraints

    def apply_constraints(
        self, constraints: MediaTrackConstraints | Mapping[str, Any] | None = None, **fields: Any
    ) -> None:
        """Take note of new constraints in place of the old.

        What a source delivers does not change while it runs, so the required ones must be met
        already. Takes MediaTrackConstraints, a dict or the members as keywords; on a track that
        has ended nothing happens.

        Raises
        ------
        OverconstrainedError
            When a required constraint is not met; the old constraints stay in effect.
        TypeError
            For what are no constraints.

        https://w3c.github.io/mediacapture-main/#dom-mediastreamtrack-applyconstraints
        """
        wanted = MediaTrackConstraints.read(constraints, **fields)
        # By the text: "If track's [[ReadyState]] is "ended" … resolve p with undefined."
        if self._state == "ended":
            return
        possible = self._source.possible_settings()
        # "If successfulSettings is undefined, let failedConstraint be any required constraint whose
        # fitness distance was infinity for all settings dictionaries examined."
        if select_settings(possible, wanted) is None:
            name = failed_constraint([possible], wanted)
            raise OverconstrainedError(
                name,
                f"{self.label!r} can't have {name} {required(wanted[name])} while it runs with "
                f"{self._source.settings.get(name, 'none')}",
            )
        self._constraints = wanted

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
        """Hear from the source that it has ended."""
        if self._source.error is not None or self._source.ends_tracks:
            self._end()

    def _end(self) -> None:
        """End because the source has: fire "ended"."""
        if self._state == "live":
            self._state = "ended"
            self.dispatch_event(Event("ended"))
            self._source.unuse(self._source_ended)

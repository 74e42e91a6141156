"""MediaStream: a set of tracks.

https://w3c.github.io/mediacapture-main/#mediastream
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from audiograph.events import Event, EventHandler, EventTarget
from audiograph.media.track import MediaStreamTrack
from audiograph.options import read_options


@dataclass(frozen=True, kw_only=True)
class MediaStreamTrackEventInit:
    """What a MediaStreamTrackEvent is made from.

    https://w3c.github.io/mediacapture-main/#dom-mediastreamtrackeventinit
    """

    track: MediaStreamTrack


class MediaStreamTrackEvent(Event):
    """Fired as "addtrack" and "removetrack".

    https://w3c.github.io/mediacapture-main/#mediastreamtrackevent
    """

    def __init__(
        self,
        type: str,
        event_init_dict: MediaStreamTrackEventInit | None = None,
        **fields: Any,
    ) -> None:
        super().__init__(type)
        self._init = read_options(MediaStreamTrackEventInit, event_init_dict, fields)

    @property
    def track(self) -> MediaStreamTrack:
        """The track that was added or removed.

        https://w3c.github.io/mediacapture-main/#dom-mediastreamtrackevent-track
        """
        return self._init.track


class MediaStream(EventTarget):
    """Tracks that belong together: none, those of another stream, or those given.

    https://w3c.github.io/mediacapture-main/#mediastream
    """

    onaddtrack = EventHandler(
        "Fired when something else than `add_track` has added one, as a captured MediaElement "
        "does.\n\n"
        "https://w3c.github.io/mediacapture-main/#dom-mediastream-onaddtrack"
    )
    onremovetrack = EventHandler(
        "Fired when something else than `remove_track` has taken one out, as a captured "
        "MediaElement does.\n\n"
        "https://w3c.github.io/mediacapture-main/#dom-mediastream-onremovetrack"
    )

    def __init__(
        self,
        tracks: MediaStream | Iterable[MediaStreamTrack] = (),
        *,
        stream: MediaStream | None = None,
    ) -> None:
        self._id = str(uuid4())
        source = tracks if stream is None else stream
        if not isinstance(source, MediaStream | Iterable):
            raise TypeError(f"a stream is made of tracks or of another stream, not {source!r}")
        given = source.get_tracks() if isinstance(source, MediaStream) else list(source)
        self._tracks: tuple[MediaStreamTrack, ...] = ()
        for track in given:
            self.add_track(track)

    @property
    def id(self) -> str:
        """The stream's own name, which no other has.

        https://w3c.github.io/mediacapture-main/#dom-mediastream-id
        """
        return self._id

    @property
    def active(self) -> bool:
        """Whether a track of it has not ended.

        https://w3c.github.io/mediacapture-main/#dom-mediastream-active
        """
        return any(track.ready_state == "live" for track in self._tracks)

    def get_audio_tracks(self) -> list[MediaStreamTrack]:
        """Return the audio tracks, in the order in which they were added.

        https://w3c.github.io/mediacapture-main/#dom-mediastream-getaudiotracks
        """
        return [track for track in self._tracks if track.kind == "audio"]

    def get_tracks(self) -> list[MediaStreamTrack]:
        """Return all tracks, in the order in which they were added.

        https://w3c.github.io/mediacapture-main/#dom-mediastream-gettracks
        """
        return list(self._tracks)

    def get_track_by_id(self, track_id: str) -> MediaStreamTrack | None:
        """Return the track of that id, or None.

        https://w3c.github.io/mediacapture-main/#dom-mediastream-gettrackbyid
        """
        return next((track for track in self._tracks if track.id == track_id), None)

    def add_track(self, track: MediaStreamTrack) -> None:
        """Add a track, unless it is there already. Raises TypeError for what is none.

        https://w3c.github.io/mediacapture-main/#dom-mediastream-addtrack
        """
        if not isinstance(track, MediaStreamTrack):
            raise TypeError(f"a stream holds MediaStreamTracks, not {type(track).__name__}")
        # By the text: "If track is already in stream's track set, then abort these steps."
        if track not in self._tracks:
            self._tracks = (*self._tracks, track)

    def remove_track(self, track: MediaStreamTrack) -> None:
        """Take a track out; nothing happens where it is not in.

        https://w3c.github.io/mediacapture-main/#dom-mediastream-removetrack
        """
        if not isinstance(track, MediaStreamTrack):
            raise TypeError(f"a stream holds MediaStreamTracks, not {type(track).__name__}")
        self._tracks = tuple(each for each in self._tracks if each is not track)

    def clone(self) -> MediaStream:
        """Return a stream with clones of all tracks.

        https://w3c.github.io/mediacapture-main/#dom-mediastream-clone
        """
        return MediaStream([track.clone() for track in self._tracks])


def source_order(tracks: Iterable[MediaStreamTrack]) -> list[MediaStreamTrack]:
    """Return the audio tracks in the order in which a source node considers them.

    https://webaudio.github.io/web-audio-api/#dom-mediastreamaudiosourcenode-mediastreamaudiosourcenode
    """
    # By the text: "Sort the elements in tracks based on their id attribute using an ordering on
    # sequences of code unit values." Python compares code points; UTF-16 with the high byte first
    # has the order of code units.
    audio = [track for track in tracks if track.kind == "audio"]
    return sorted(audio, key=lambda track: track.id.encode("utf-16-be", "surrogatepass"))

"""What a media element plays, as tracks in streams.

https://w3c.github.io/mediacapture-fromelement/#html-media-element-media-capture-extensions
"""

from __future__ import annotations

import time
import weakref

from audiograph.media.source import Source
from audiograph.media.stream import MediaStream, MediaStreamTrackEvent
from audiograph.media.tasks import Tasks
from audiograph.media.track import MediaStreamTrack
from audiograph.render.processor import Samples

_POLL_SECONDS = 0.001


class Capture:
    """The streams that an element was captured into, each with a track while something plays.

    Parameters
    ----------
    tasks : Tasks
        Where events are fired.
    """

    def __init__(self, tasks: Tasks) -> None:
        self._source: Source | None = None
        self._pushing = False
        self._tasks = tasks
        self._streams: weakref.WeakSet[MediaStream] = weakref.WeakSet()
        self._tracks: weakref.WeakSet[MediaStreamTrack] = weakref.WeakSet()

    def open_stream(self) -> MediaStream:
        """Return a new stream, without a track so far."""
        stream = MediaStream()
        self._streams.add(stream)
        return stream

    def begin(self, label: str, channels: int, sample_rate: float) -> None:
        """Give every stream without a live track one, in place of one that has ended."""
        for stream in self._streams:
            if self._source is None or self._source.ended:
                self._source = Source(label, channels, sample_rate)
            old = [track for track in stream.get_tracks() if track in self._tracks]
            if any(track._source is self._source for track in old):
                continue
            for track in old:
                self._tracks.discard(track)
                stream.remove_track(track)
                self._fire(stream, "removetrack", track)
            new = MediaStreamTrack(self._source)
            self._tracks.add(new)
            stream.add_track(new)
            self._fire(stream, "addtrack", new)

    def push(self, samples: Samples) -> None:
        """Deliver `samples`, shape (channels, frames), to all tracks; called by who plays."""
        self._pushing = True
        try:
            source = self._source
            if source is not None:
                source.push(samples)
        finally:
            self._pushing = False

    def end(self) -> None:
        """End the tracks, since the track of the file that they capture has ended."""
        # By the text: "Captured MediaStreamTracks end when the selected track that it captures
        # ends."
        source, self._source = self._source, None
        if source is None:
            return
        # NB: who plays may still be pushing, and must not be disturbed.
        while self._pushing:
            time.sleep(_POLL_SECONDS)
        source.end()
        for track in self._tracks:
            self._tasks.add(track._end)

    def _fire(self, stream: MediaStream, type: str, track: MediaStreamTrack) -> None:
        self._tasks.add(stream.dispatch_event, MediaStreamTrackEvent(type, track=track))

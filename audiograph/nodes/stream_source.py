"""MediaStreamAudioSourceNode: a stream's first audio track as a source of the graph."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from audiograph.errors import InvalidStateError
from audiograph.host import NodeHost
from audiograph.media.stream import MediaStream, source_order
from audiograph.node import AudioNode
from audiograph.nodes.track_source import (
    TrackProcessor,
    check_clock,
    end_track,
    open_tap,
    play_track,
)


@dataclass(frozen=True, kw_only=True)
class MediaStreamAudioSourceOptions:
    """What a MediaStreamAudioSourceNode is made from: the first values of its attributes.

    https://webaudio.github.io/web-audio-api/#MediaStreamAudioSourceOptions
    """

    media_stream: MediaStream


class MediaStreamAudioSourceNode(AudioNode[MediaStreamAudioSourceOptions]):
    """Put out a stream's first audio track, by id in code-unit order.

    The track is chosen once: what happens to the stream later changes nothing. It is resampled to
    the context's rate; when it has ended, there is one channel of silence.

    Raises InvalidStateError for a stream without an audio track, TypeError where `media_stream` is
    missing or no MediaStream, and NotSupportedError for a track that delivers in real time in a
    context that does not.

    https://webaudio.github.io/web-audio-api/#MediaStreamAudioSourceNode
    """

    _inputs = 0
    _processor: TrackProcessor

    def _check_options(self, context: NodeHost, options: MediaStreamAudioSourceOptions) -> None:
        stream = options.media_stream
        # 1. "If the mediaStream member … does not reference a MediaStream that has at least one
        #    MediaStreamTrack whose kind attribute has the value "audio", throw an
        #    InvalidStateError and abort these steps."
        # 2. "Let tracks be the list of all MediaStreamTracks of inputStream that have a kind of
        #    "audio"."
        # 3. "Sort the elements in tracks based on their id attribute …"
        tracks = source_order(stream.get_tracks())
        if not tracks:
            raise InvalidStateError("the stream has no audio track")
        # 5. "Set an internal slot [[input track]] … to be the first element of tracks."
        self._track = tracks[0]
        check_clock(context, self._track)

    def __init__(
        self,
        context: NodeHost,
        options: MediaStreamAudioSourceOptions | None = None,
        **fields: Any,
    ) -> None:
        # 4. "Initialize the AudioNode this, with context and options as arguments."
        super().__init__(context, options, **fields)
        play_track(self, self._track)

    def _make_processor(self, options: MediaStreamAudioSourceOptions) -> TrackProcessor:
        self._media_stream = options.media_stream
        return TrackProcessor(open_tap(self._context, self._track))

    @property
    def media_stream(self) -> MediaStream:
        """The stream that the node was made from.

        https://webaudio.github.io/web-audio-api/#dom-mediastreamaudiosourcenode-mediastream
        """
        return self._media_stream

    def _report(self, error: Exception | None) -> None:
        super()._report(error)
        end_track(self, self._track)

    def _context_ended(self) -> None:
        # NB: else whoever plays the track as well would wait for this node to read on.
        self._track._close_tap(self._processor.tap)

"""MediaStreamTrackAudioSourceNode: a particular track as a source of the graph."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from typing import Any

from audiograph.errors import InvalidStateError, NotSupportedError
from audiograph.host import NodeHost
from audiograph.media.source import AnyTap, Pace
from audiograph.media.tap import Tap
from audiograph.media.track import MediaStreamTrack
from audiograph.node import AudioNode
from audiograph.render.processor import Block, Processor, Signal


@dataclass(frozen=True, kw_only=True)
class MediaStreamTrackAudioSourceOptions:
    """What a MediaStreamTrackAudioSourceNode is made from: the first values of its attributes.

    https://webaudio.github.io/web-audio-api/#MediaStreamTrackAudioSourceOptions
    """

    media_stream_track: MediaStreamTrack


class MediaStreamTrackAudioSourceNode(AudioNode[MediaStreamTrackAudioSourceOptions]):
    """Put out a track's audio, resampled to the context's rate; silence when it has ended.

    Raises InvalidStateError unless the track's kind is "audio", TypeError for what is no track.

    https://webaudio.github.io/web-audio-api/#MediaStreamTrackAudioSourceNode
    """

    _inputs = 0
    _failure: Exception | None = None
    _processor: TrackProcessor

    def _check_options(
        self, context: NodeHost, options: MediaStreamTrackAudioSourceOptions
    ) -> None:
        track = options.media_stream_track
        # By the text: "If the mediaStreamTrack's kind attribute is not "audio", throw an
        # InvalidStateError and abort these steps."
        if track.kind != "audio":
            raise InvalidStateError(f"the track {track.label!r} is {track.kind}, not audio")
        check_clock(context, track)

    def __init__(
        self,
        context: NodeHost,
        options: MediaStreamTrackAudioSourceOptions | None = None,
        **fields: Any,
    ) -> None:
        super().__init__(context, options, **fields)
        play_track(self, self._track)

    def _make_processor(self, options: MediaStreamTrackAudioSourceOptions) -> TrackProcessor:
        self._track = options.media_stream_track
        return TrackProcessor(open_tap(self._context, self._track))

    def _report(self, error: Exception | None) -> None:
        super()._report(error)
        self._failure = error
        end_track(self, self._track)

    def _context_ended(self) -> None:
        # NB: else whoever plays the track as well would wait for this node to read on.
        self._track._close_tap(self._processor.tap)


class TrackProcessor(Processor):
    """Reads a track's tap."""

    sounding = True

    def __init__(self, tap: AnyTap) -> None:
        self.tap = tap

    def process(self, block: Block) -> Sequence[Signal]:
        coming = self.tap.fill(block.frames)
        if self.tap.ended:
            # "When the MediaStreamTrack ends, this AudioNode outputs one channel of silence."
            block.shorten(max(1, ceil(coming / block.quantum)) * block.quantum)
        signal = self.tap.read(block.frames)
        if self.tap.drained:
            self.finished = True
            self.end_frame = block.start + coming
        return (signal,)


def ended_at(node: AudioNode[Any]) -> int | None:
    """Return the frame at which a node's track was over, or None while it plays."""
    processor = node._processor
    return processor.end_frame if processor.finished else None


def check_clock(context: NodeHost, track: MediaStreamTrack) -> None:
    """Raise NotSupportedError for a track that a context without a clock would have to wait for."""
    if track._source.clocked and not context._clocked:
        raise NotSupportedError(
            f"{track.label!r} delivers in real time, and an OfflineAudioContext renders faster: "
            "use an AudioContext"
        )


def open_tap(context: NodeHost, track: MediaStreamTrack) -> AnyTap:
    """Return a tap of the track for a node of `context`."""
    pace: Pace = "clock" if context._clocked else "wait"
    if track._source is context._leader:
        pace = "follow"
    tap = track._open_tap(context.sample_rate, pace, context._latency_seconds)
    if context._clocked and isinstance(tap, Tap):
        # By the text: "While an AudioContext is suspended, MediaStreams will have their output
        # ignored; that is, data will be lost by the real time nature of media streams."
        tap.is_read = lambda: context._rendering
    # NB: else whoever plays the track as well would wait for a node that is never rendered.
    if context._renderer.closed:
        track._close_tap(tap)
    return tap


def play_track(node: AudioNode[Any], track: MediaStreamTrack) -> None:
    """Keep a node that puts out a track alive until the track ends."""
    if track.ready_state == "live":
        node._context._playing.add(node)


def end_track(node: AudioNode[Any], track: MediaStreamTrack) -> None:
    """Let go of a node whose track has been played to the end."""
    node._context._playing.discard(node)
    track._end()

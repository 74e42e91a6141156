"""A route in which no device takes part: rendered as fast as the machine can."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack

from audiograph.context.offline import OfflineAudioContext
from audiograph.media.track import MediaStreamTrack
from audiograph.nodes.gain import GainNode
from audiograph.nodes.track_source import MediaStreamTrackAudioSourceNode, ended_at
from audiograph.routing.outputs import FileOutput
from audiograph.sinks.descriptor import uninterrupted

CHUNK_FRAMES = 65536
"""Frames that are rendered and written at a time."""


def render(
    tracks: Sequence[MediaStreamTrack],
    outputs: Sequence[FileOutput],
    *,
    until: Sequence[MediaStreamTrack],
    sample_rate: int,
    channels: int,
    gain: float,
    frames: int | None,
    on_progress: Callable[[float], None],
) -> int:
    """Mix `tracks`, scale them by `gain`, and write them to every output.

    Rendering ends with the last of `until`, which are some of the tracks, or after `frames`.
    `on_progress(seconds)` is called now and then. Returns how many frames were written. Raises what
    a track or a sink failed with; the files are then as they were before.
    """
    context = OfflineAudioContext(number_of_channels=channels, sample_rate=sample_rate)
    nodes = {t: MediaStreamTrackAudioSourceNode(context, media_stream_track=t) for t in tracks}
    mix = GainNode(context, gain=gain)
    mix.connect(context.destination)
    for node in nodes.values():
        node.connect(mix)
    written = 0
    with ExitStack() as stack:
        sinks = []
        for output in outputs:
            with uninterrupted():
                sink = output.open(sample_rate=sample_rate, channels=channels, recording=False)
                stack.callback(sink.abort)
            sinks.append(sink)
        while frames is None or written < frames:
            count = CHUNK_FRAMES if frames is None else min(CHUNK_FRAMES, frames - written)
            buffer = context.start_rendering(count)
            _raise_failures(nodes)
            ends = [ended_at(nodes[track]) for track in until]
            over = [end for end in ends if end is not None]
            if len(over) == len(ends):
                count = min(count, max(over) - written)
            samples = buffer._acquire()[:, :count]
            for sink in sinks:
                sink.write(samples)
            written += count
            on_progress(written / sample_rate)
            if len(over) == len(ends):
                break
        for sink in sinks:
            sink.close()
        stack.pop_all()
    context.close()
    return written


def _raise_failures(nodes: Mapping[MediaStreamTrack, MediaStreamTrackAudioSourceNode]) -> None:
    # NB: a node that failed is mute, and would be waited for in vain.
    for track, node in nodes.items():
        if (error := track._source.error or node._failure) is not None:
            raise error

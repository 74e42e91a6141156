"""MediaStreamAudioDestinationNode: what comes in goes out as a stream."""

from __future__ import annotations

import weakref
from collections.abc import Sequence

import numpy as np

from audiograph.media.source import Source
from audiograph.media.stream import MediaStream
from audiograph.media.track import MediaStreamTrack
from audiograph.node import AudioNode, AudioNodeOptions, ChannelRules
from audiograph.render.mixing import convert
from audiograph.render.processor import Block, Processor, Signal, Silence


class MediaStreamAudioDestinationNode(AudioNode[AudioNodeOptions]):
    """An end of the graph whose input is a stream's only track, for recorders and other contexts.

    The track has the node's `channel_count` at the time when the node was made, 2 unless given;
    `channel_count_mode` is "explicit" at first. It ends when the context is closed.

    https://webaudio.github.io/web-audio-api/#MediaStreamAudioDestinationNode
    """

    _outputs = 0
    _channel_rules = ChannelRules(mode="explicit")

    def _make_processor(self, options: AudioNodeOptions) -> Processor:
        self._source = _Outlet(
            "MediaStreamAudioDestinationNode", self.channel_count, self._context.sample_rate
        )
        self._context._outlets.add(self._source)
        self._stream = MediaStream([MediaStreamTrack(self._source)])
        if self._context._renderer.closed:
            self._source.end()
        return StreamDestinationProcessor(self._source)

    @property
    def stream(self) -> MediaStream:
        """The stream with the node's audio.

        https://webaudio.github.io/web-audio-api/#dom-mediastreamaudiodestinationnode-stream
        """
        return self._stream


class _Outlet(Source):
    """What the graph delivers."""

    # "… once the source of a MediaStreamTrack permanently ends production of live samples to its
    # tracks, …, a MediaStreamTrack is said to be ended." That is when the context is closed.
    ends_tracks = True


class StreamDestinationProcessor(Processor):
    """Pushes every block to the source's taps, as long as somebody holds the node or a track."""

    sounding = True
    has_effects = True

    def __init__(self, source: Source) -> None:
        self._reference = weakref.ref(source)

    def process(self, block: Block) -> Sequence[Signal]:
        source = self._reference()
        if source is None:
            self.sounding = self.has_effects = False
            return ()
        (signal,) = block.inputs
        if isinstance(signal, Silence):
            signal = np.zeros((source.channels, block.frames), np.float32)
        source.push(convert(signal, source.channels, "speakers"))
        return ()

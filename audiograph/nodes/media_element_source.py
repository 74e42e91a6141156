"""MediaElementAudioSourceNode: what a media element plays, as a source of the graph."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from typing import Any

from audiograph.host import NodeHost
from audiograph.media.element import MediaElement
from audiograph.media.player import Player
from audiograph.node import AudioNode
from audiograph.render.processor import Block, Processor, Signal


@dataclass(frozen=True, kw_only=True)
class MediaElementAudioSourceOptions:
    """What a MediaElementAudioSourceNode is made from: the first values of its attributes.

    https://webaudio.github.io/web-audio-api/#MediaElementAudioSourceOptions
    """

    media_element: MediaElement


class MediaElementAudioSourceNode(AudioNode[MediaElementAudioSourceOptions]):
    """Put out what a media element plays, resampled to the context's rate.

    The element is no longer heard by itself, and its time passes with the context's; when that is
    closed, it is paused. There are as many channels as its file has; while nothing plays, there is
    one channel of silence. In an OfflineAudioContext the file is read as fast as it is rendered.

    Raises InvalidStateError for an element that has a node already, TypeError for what is none.

    https://webaudio.github.io/web-audio-api/#MediaElementAudioSourceNode
    """

    _inputs = 0
    _processor: ElementProcessor

    def _check_options(self, context: NodeHost, options: MediaElementAudioSourceOptions) -> None:
        # NB: the text does not say it, but an element has one output; browsers do the same.
        options.media_element._check_free()

    def __init__(
        self,
        context: NodeHost,
        options: MediaElementAudioSourceOptions | None = None,
        **fields: Any,
    ) -> None:
        super().__init__(context, options, **fields)
        self._media_element._take(_Drive(self), context._tell)

    def _make_processor(self, options: MediaElementAudioSourceOptions) -> Processor:
        self._media_element = options.media_element
        return ElementProcessor(self._media_element._player, self._context)

    @property
    def media_element(self) -> MediaElement:
        """The element that the node was made from.

        https://webaudio.github.io/web-audio-api/#dom-mediaelementaudiosourcenode-mediaelement
        """
        return self._media_element

    def _context_ended(self) -> None:
        # AD-HOC: by the text the element behaves as if there were no node, and would play on,
        # though nothing can ever be heard of it.
        self._media_element.pause()


class ElementProcessor(Processor):
    """Asks a media element's player for every block, while it plays."""

    def __init__(self, player: Player, context: NodeHost) -> None:
        self._player = player
        self._sample_rate = context.sample_rate
        self._waits = not context._clocked

    def process(self, block: Block) -> Sequence[Signal]:
        coming = self._player.coming(block.frames, self._sample_rate, wait=self._waits)
        block.shorten(max(1, ceil(coming / block.quantum)) * block.quantum)
        signal = self._player.render(block.frames, self._sample_rate, wait=self._waits)
        self.sounding = not self._player.has_ended
        return (signal,)


class _Drive:
    """Lets a media element's time pass with the node's context."""

    def __init__(self, node: MediaElementAudioSourceNode) -> None:
        self._node = node
        self._context = node._context
        self.clocked = node._context._clocked

    @property
    def sample_rate(self) -> float:
        return self._context.sample_rate

    def start(self) -> None:
        # An element that plays is heard though nobody holds it.
        self._context._playing.add(self._node)
        self._context._post(self._set_sounding, True)

    def stop(self) -> None:
        self._context._playing.discard(self._node)
        self._context._post(self._set_sounding, False)

    def _set_sounding(self, sounding: bool) -> None:
        """Begin or leave off, on the render side."""
        graph = self._context._renderer.graph
        self._node._processor.sounding = sounding
        graph.rouse(self._node._vertex)

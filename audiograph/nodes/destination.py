"""AudioDestinationNode: where the graph ends."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from audiograph.errors import IndexSizeError
from audiograph.host import NodeHost
from audiograph.node import AudioNode, AudioNodeOptions, ChannelRules
from audiograph.render.processor import Block, Processor, Signal


@dataclass(frozen=True, kw_only=True)
class DestinationOptions(AudioNodeOptions):
    """What a context makes its destination from."""

    max_channel_count: int
    offline: bool


class AudioDestinationNode(AudioNode[DestinationOptions]):
    """The end of a context's graph: the speakers, or the buffer that is rendered.

    A context makes its own, as `context.destination`. `channel_count` can be up to
    `max_channel_count`, else IndexSizeError; offline it is that, and a change raises
    InvalidStateError. `channel_count_mode` is "explicit" at first.

    https://webaudio.github.io/web-audio-api/#AudioDestinationNode
    """

    def __init__(self, context: NodeHost, options: DestinationOptions) -> None:
        self._max_channel_count = options.max_channel_count
        super().__init__(context, options)

    @property
    def max_channel_count(self) -> int:
        """The largest `channel_count` that the device, or the offline buffer, can take.

        https://webaudio.github.io/web-audio-api/#dom-audiodestinationnode-maxchannelcount
        """
        return self._max_channel_count

    def _rules_for(self, options: DestinationOptions) -> ChannelRules:
        fixed = ("channel_count", "channel_count_mode") if options.offline else ()
        count = options.max_channel_count if options.offline else min(2, options.max_channel_count)
        return ChannelRules(count=count, mode="explicit", fixed=fixed)

    def _check_channel_count(self, count: int) -> None:
        if not 1 <= count <= self._max_channel_count:
            raise IndexSizeError(
                f"channel_count {count}: the destination has 1 to {self._max_channel_count}"
            )

    def _make_processor(self, options: DestinationOptions) -> Processor:
        return DestinationProcessor()


class DestinationProcessor(Processor):
    """What comes in goes on to the sink."""

    def process(self, block: Block) -> Sequence[Signal]:
        return block.inputs

"""ChannelSplitterNode: each channel to an output of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from audiograph.buffer import MAX_CHANNELS
from audiograph.errors import IndexSizeError
from audiograph.host import NodeHost
from audiograph.node import AudioNode, AudioNodeOptions, ChannelRules
from audiograph.render.processor import (
    SILENCE,
    Block,
    Processor,
    Signal,
    Silence,
)


@dataclass(frozen=True, kw_only=True)
class ChannelSplitterOptions(AudioNodeOptions):
    """What a ChannelSplitterNode is made from.

    There are 1 to 32 outputs.

    https://webaudio.github.io/web-audio-api/#ChannelSplitterOptions
    """

    number_of_outputs: int = 6


class ChannelSplitterNode(AudioNode[ChannelSplitterOptions]):
    """Put out each channel of the input at an output of its own, 1 to 32 of them.

    Raises IndexSizeError for another number of outputs. `channel_count` is that number,
    `channel_count_mode` "explicit" and `channel_interpretation` "discrete", and a change of them
    raises InvalidStateError.

    https://webaudio.github.io/web-audio-api/#ChannelSplitterNode
    """

    def _check_options(self, context: NodeHost, options: ChannelSplitterOptions) -> None:
        if not 1 <= options.number_of_outputs <= MAX_CHANNELS:
            raise IndexSizeError(
                f"number_of_outputs {options.number_of_outputs}: 1 to {MAX_CHANNELS} are offered"
            )

    def _count_ports(self, options: ChannelSplitterOptions) -> tuple[int, int]:
        return 1, options.number_of_outputs

    def _rules_for(self, options: ChannelSplitterOptions) -> ChannelRules:
        return ChannelRules(
            count=options.number_of_outputs,
            mode="explicit",
            interpretation="discrete",
            fixed=("channel_count", "channel_count_mode", "channel_interpretation"),
        )

    def _make_processor(self, options: ChannelSplitterOptions) -> Processor:
        return ChannelSplitterProcessor(options.number_of_outputs)


class ChannelSplitterProcessor(Processor):
    """One view a channel; nothing is copied."""

    def __init__(self, outputs: int) -> None:
        self._outputs = outputs

    def process(self, block: Block) -> Sequence[Signal]:
        (signal,) = block.inputs
        if isinstance(signal, Silence):
            return (SILENCE,) * self._outputs
        return [signal[i : i + 1] for i in range(self._outputs)]

"""ChannelMergerNode: each input to a channel of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from audiograph.buffer import MAX_CHANNELS
from audiograph.errors import IndexSizeError
from audiograph.host import NodeHost
from audiograph.node import AudioNode, AudioNodeOptions, ChannelRules
from audiograph.render.processor import Block, Processor, Signal, Silence


@dataclass(frozen=True, kw_only=True)
class ChannelMergerOptions(AudioNodeOptions):
    """What a ChannelMergerNode is made from.

    There are 1 to 32 inputs.

    https://webaudio.github.io/web-audio-api/#ChannelMergerOptions
    """

    number_of_inputs: int = 6


class ChannelMergerNode(AudioNode[ChannelMergerOptions]):
    """Put out one signal whose channels are the inputs, each mixed to mono; 1 to 32 of them.

    Raises IndexSizeError for another number of inputs. `channel_count` is 1 and
    `channel_count_mode` "explicit", and a change of them raises InvalidStateError.

    https://webaudio.github.io/web-audio-api/#ChannelMergerNode
    """

    _channel_rules = ChannelRules(
        count=1, mode="explicit", fixed=("channel_count", "channel_count_mode")
    )

    def _check_options(self, context: NodeHost, options: ChannelMergerOptions) -> None:
        if not 1 <= options.number_of_inputs <= MAX_CHANNELS:
            raise IndexSizeError(
                f"number_of_inputs {options.number_of_inputs}: 1 to {MAX_CHANNELS} are offered"
            )

    def _count_ports(self, options: ChannelMergerOptions) -> tuple[int, int]:
        return options.number_of_inputs, 1

    def _make_processor(self, options: ChannelMergerOptions) -> Processor:
        return ChannelMergerProcessor(options.number_of_inputs)


class ChannelMergerProcessor(Processor):
    """Stack the inputs."""

    def __init__(self, inputs: int) -> None:
        self._inputs = inputs

    def process(self, block: Block) -> Sequence[Signal]:
        out = np.zeros((self._inputs, block.frames), np.float32)
        for channel, signal in zip(out, block.inputs, strict=True):
            if not isinstance(signal, Silence):
                channel[:] = signal[0]
        return (out,)

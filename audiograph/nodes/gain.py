"""GainNode: louder or softer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from audiograph.node import AudioNode, AudioNodeOptions
from audiograph.param import Param
from audiograph.render.processor import SILENCE, Block, Processor, Signal, Silence


@dataclass(frozen=True, kw_only=True)
class GainOptions(AudioNodeOptions):
    """What a GainNode is made from: the first values of its attributes.

    https://webaudio.github.io/web-audio-api/#GainOptions
    """

    gain: float = 1.0


class GainNode(AudioNode[GainOptions]):
    """Scale the input by `gain`.

    https://webaudio.github.io/web-audio-api/#GainNode
    """

    gain = Param("What the input is multiplied by.", unit="linear amplitude")

    def _make_processor(self, options: GainOptions) -> Processor:
        return GainProcessor()


class GainProcessor(Processor):
    """Multiply every channel by the gain."""

    def process(self, block: Block) -> Sequence[Signal]:
        (signal,) = block.inputs
        if isinstance(signal, Silence):
            return (SILENCE,)
        gain = block.params["gain"]
        if isinstance(gain, float):
            return (signal if gain == 1.0 else signal * np.float32(gain),)
        return (signal * gain,)

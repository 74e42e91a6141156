"""ConstantSourceNode: a parameter as a signal."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from audiograph.nodes.scheduled_source import AudioScheduledSourceNode
from audiograph.param import Param
from audiograph.render.processor import Block, Samples
from audiograph.render.scheduled import ScheduledProcessor


@dataclass(frozen=True, kw_only=True)
class ConstantSourceOptions:
    """What a ConstantSourceNode is made from: the first values of its attributes.

    https://webaudio.github.io/web-audio-api/#ConstantSourceOptions
    """

    offset: float = 1.0


class ConstantSourceNode(AudioScheduledSourceNode[ConstantSourceOptions]):
    """Put out `offset`, one channel.

    https://webaudio.github.io/web-audio-api/#ConstantSourceNode
    """

    offset = Param("What is put out.", unit="linear amplitude")

    def _make_processor(self, options: ConstantSourceOptions) -> ScheduledProcessor:
        return ConstantSourceProcessor(self._context.render_quantum_size)


class ConstantSourceProcessor(ScheduledProcessor):
    """The parameter's values are the signal."""

    def play(self, block: Block, offset: int, frames: int) -> Samples:
        value = block.params["offset"]
        if isinstance(value, float):
            return np.broadcast_to(np.float32(value), (1, frames))
        return value[np.newaxis, offset : offset + frames]

"""StereoPannerNode: between left and right."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import pi

import numpy as np

from audiograph.node import AudioNode, AudioNodeOptions, ChannelRules
from audiograph.param import Param
from audiograph.render.panning import Panning, spread
from audiograph.render.processor import (
    SILENCE,
    Block,
    ParamValue,
    Processor,
    Samples,
    Signal,
    Silence,
)

_QUARTER_TURN = np.float32(pi / 2)


@dataclass(frozen=True, kw_only=True)
class StereoPannerOptions(AudioNodeOptions):
    """What a StereoPannerNode is made from: the first values of its attributes.

    https://webaudio.github.io/web-audio-api/#StereoPannerOptions
    """

    pan: float = 0.0


class StereoPannerNode(AudioNode[StereoPannerOptions]):
    """Place the input, of at most two channels, between left (`pan` is -1) and right (1).

    The output has two channels. Mono keeps its power: in the middle, each side has 0.707 of it. A
    stereo input keeps its nearer channel, and of the other one more and more comes over to it.

    Raises NotSupportedError for a channel count above 2 and for the channel count mode "max".

    https://webaudio.github.io/web-audio-api/#StereoPannerNode
    """

    _channel_rules = ChannelRules(mode="clamped-max", largest=2, modes=("clamped-max", "explicit"))
    pan = Param(
        "Where the sound is: -1 is left, 0 the middle, 1 right.",
        unit="half the width of the stereo image",
        minimum=-1.0,
        maximum=1.0,
    )

    def _make_processor(self, options: StereoPannerOptions) -> Processor:
        return StereoPannerProcessor()


class StereoPannerProcessor(Processor):
    """Spread the signal by the equal-power law."""

    def __init__(self) -> None:
        # The last pan that was constant, for how many channels, and the panning that it makes.
        self._still: tuple[float, int] | None = None
        self._panning: Panning | None = None

    def process(self, block: Block) -> Sequence[Signal]:
        (signal,) = block.inputs
        if isinstance(signal, Silence):
            return (SILENCE,)
        return (spread(signal, self._find(block.params["pan"], signal.shape[0])),)

    def _find(self, pan: ParamValue, channels: int) -> Panning:
        if not isinstance(pan, float):
            return _pan(pan, channels)
        if self._panning is None or self._still != (pan, channels):
            # NB: as an array, so that it is rounded as in one of many frames.
            self._panning = _pan(np.array([pan], np.float32), channels)
            self._still = (pan, channels)
        return self._panning


def _pan(pan: Samples, channels: int) -> Panning:
    """Return how to pan.

    https://webaudio.github.io/web-audio-api/#stereopanner-algorithm
    """
    on_left = pan <= 0
    # By the text: "Calculate x by normalizing pan value to [0, 1]. For mono input:
    # x = (pan + 1) / 2; For stereo input: if (pan <= 0) x = pan + 1; else x = pan;"
    x = (pan + 1) / 2 if channels == 1 else pan + on_left
    # By the text: "gainL = cos(x * Math.PI / 2); gainR = sin(x * Math.PI / 2);" NB: the cosine as
    # the sine of the rest of the quarter turn, since that is exactly 0 where it should be.
    return Panning(on_left, np.sin((1 - x) * _QUARTER_TURN), np.sin(x * _QUARTER_TURN))

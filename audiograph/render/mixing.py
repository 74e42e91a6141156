"""Up-mixing, down-mixing and summing of channels.

https://webaudio.github.io/web-audio-api/#channel-up-mixing-and-down-mixing
"""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt
from typing import Final, Literal

import numpy as np

from audiograph.render.processor import SILENCE, Samples, Signal, Silence

ChannelCountMode = Literal["max", "clamped-max", "explicit"]
ChannelInterpretation = Literal["speakers", "discrete"]

_HALF = sqrt(0.5)

# (from, to) speaker layouts: for each output channel, the input channels and their weights.
# https://webaudio.github.io/web-audio-api/#UpMix-sub and #down-mix
_SPEAKERS: Final[dict[tuple[int, int], tuple[tuple[tuple[int, float], ...], ...]]] = {
    (1, 2): (((0, 1.0),), ((0, 1.0),)),
    (1, 4): (((0, 1.0),), ((0, 1.0),), (), ()),
    (1, 6): ((), (), ((0, 1.0),), (), (), ()),
    (2, 4): (((0, 1.0),), ((1, 1.0),), (), ()),
    (2, 6): (((0, 1.0),), ((1, 1.0),), (), (), (), ()),
    (4, 6): (((0, 1.0),), ((1, 1.0),), (), (), ((2, 1.0),), ((3, 1.0),)),
    (2, 1): (((0, 0.5), (1, 0.5)),),
    (4, 1): (((0, 0.25), (1, 0.25), (2, 0.25), (3, 0.25)),),
    (6, 1): (((0, _HALF), (1, _HALF), (2, 1.0), (4, 0.5), (5, 0.5)),),
    (4, 2): (((0, 0.5), (2, 0.5)), ((1, 0.5), (3, 0.5))),
    (6, 2): (((0, 1.0), (2, _HALF), (4, _HALF)), ((1, 1.0), (2, _HALF), (5, _HALF))),
    (6, 4): (((0, 1.0), (2, _HALF)), ((1, 1.0), (2, _HALF)), ((4, 1.0),), ((5, 1.0),)),
}


def channel_count(signals: Sequence[Signal], count: int, mode: ChannelCountMode) -> int:
    """Return an input's computedNumberOfChannels for the `signals` that are connected to it."""
    if mode == "explicit":
        return count
    largest = max((s.shape[0] for s in signals if not isinstance(s, Silence)), default=1)
    return min(largest, count) if mode == "clamped-max" else largest


def convert(signal: Samples, count: int, interpretation: ChannelInterpretation) -> Samples:
    """Up- or down-mix `signal` to `count` channels; the result may share its memory."""
    given = signal.shape[0]
    if given == count:
        return signal
    if interpretation == "speakers":
        if (given, count) == (1, 2):
            return np.broadcast_to(signal, (2, signal.shape[1]))
        matrix = _SPEAKERS.get((given, count))
        if matrix is not None:
            return _apply(matrix, signal)
    # Discrete, and every layout that has no rule: fill channels, zero or drop the rest.
    if given > count:
        return signal[:count]
    out = np.zeros((count, signal.shape[1]), np.float32)
    out[:given] = signal
    return out


def mix(
    signals: Sequence[Signal],
    count: int,
    mode: ChannelCountMode,
    interpretation: ChannelInterpretation,
) -> Signal:
    """Sum `signals` into one, up- or down-mixed by an input's channel settings.

    The result is `SILENCE` where every signal is, and may share memory with one of the signals.
    """
    sounding = [s for s in signals if not isinstance(s, Silence)]
    if not sounding:
        return SILENCE
    count = channel_count(sounding, count, mode)
    if len(sounding) == 1:
        return convert(sounding[0], count, interpretation)
    total = np.add(
        convert(sounding[0], count, interpretation), convert(sounding[1], count, interpretation)
    )
    for signal in sounding[2:]:
        np.add(total, convert(signal, count, interpretation), out=total)
    return total


def _apply(matrix: tuple[tuple[tuple[int, float], ...], ...], signal: Samples) -> Samples:
    # NB: row by row instead of a matrix product, whose sums depend on how it is blocked.
    out = np.zeros((len(matrix), signal.shape[1]), np.float32)
    for row, weights in zip(out, matrix, strict=True):
        for channel, weight in weights:
            row += signal[channel] if weight == 1.0 else signal[channel] * np.float32(weight)
    return out

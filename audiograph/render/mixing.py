# cython: language_level=3, annotation_typing=False
"""Up-mixing, down-mixing and summing of channels.

What is here runs for every node and block. So it is compiled where it can be, as it stands.

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

Row = tuple[tuple[float, tuple[int, ...]], ...]

# (from, to) speaker layouts: for each output channel, the weights, each of a sum of input channels.
# https://webaudio.github.io/web-audio-api/#UpMix-sub and #down-mix
_SPEAKERS: Final[dict[tuple[int, int], tuple[Row, ...]]] = {
    (1, 2): (((1, (0,)),), ((1, (0,)),)),
    (1, 4): (((1, (0,)),), ((1, (0,)),), (), ()),
    (1, 6): ((), (), ((1, (0,)),), (), (), ()),
    (2, 4): (((1, (0,)),), ((1, (1,)),), (), ()),
    (2, 6): (((1, (0,)),), ((1, (1,)),), (), (), (), ()),
    (4, 6): (((1, (0,)),), ((1, (1,)),), (), (), ((1, (2,)),), ((1, (3,)),)),
    (2, 1): (((0.5, (0, 1)),),),
    (4, 1): (((0.25, (0, 1, 2, 3)),),),
    (6, 1): (((_HALF, (0, 1)), (1, (2,)), (0.5, (4, 5))),),
    (4, 2): (((0.5, (0, 2)),), ((0.5, (1, 3)),)),
    (6, 2): (((1, (0,)), (_HALF, (2, 4))), ((1, (1,)), (_HALF, (2, 5)))),
    (6, 4): (
        ((1, (0,)), (_HALF, (2,))),
        ((1, (1,)), (_HALF, (2,))),
        ((1, (4,)),),
        ((1, (5,)),),
    ),
}

Part = tuple[Samples, int]
"""Samples and the number of their first frame; before and behind them is silence."""


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


def excerpt(part: Part, start: int, end: int) -> Samples:
    """Return what is at the frames from `start` to `end`; it may share the part's memory."""
    samples, first = part
    last = first + samples.shape[1]
    if first == start and last == end:
        return samples
    if first <= start and end <= last:
        return samples[:, start - first : end - first]
    out = np.zeros((samples.shape[0], end - start), np.float32)
    _add(out, start, part)
    return out


def mix(
    parts: Sequence[Part],
    start: int,
    end: int,
    count: int,
    mode: ChannelCountMode,
    interpretation: ChannelInterpretation,
) -> Signal:
    """Sum `parts` over the frames from `start` to `end`, mixed by an input's channel settings.

    The result is `SILENCE` where there are none, and may share memory with one of them.
    """
    if not parts:
        return SILENCE
    widths = [samples.shape[0] for samples, _ in parts]
    widest = max(widths)
    if mode == "max" or (mode == "clamped-max" and widest < count):
        count = widest
    # NB: what is only copied may as well be copied behind the sum, which is less.
    copied = widest <= count or interpretation == "discrete"
    if len(parts) > 1 and not (copied and widest == min(widths)):
        parts = [(convert(samples, count, interpretation), first) for samples, first in parts]
    total = excerpt(parts[0], start, end)
    if len(parts) > 1:
        total = np.add(total, excerpt(parts[1], start, end))
    for part in parts[2:]:
        _add(total, start, part)
    return total if total.shape[0] == count else convert(total, count, interpretation)


def _add(total: Samples, start: int, part: Part) -> None:
    """Add a part to `total`, whose first frame is `start`."""
    samples, first = part
    if first == start and samples.shape[1] == total.shape[1]:
        total += samples
        return
    begin, end = max(first, start), min(first + samples.shape[1], start + total.shape[1])
    if begin < end:
        total[:, begin - start : end - start] += samples[:, begin - first : end - first]


def _apply(matrix: Sequence[Row], signal: Samples) -> Samples:
    # NB: row by row instead of a matrix product, whose sums depend on how it is blocked.
    out = np.empty((len(matrix), signal.shape[1]), np.float32)
    for total, row in zip(out, matrix, strict=True):
        if row:
            _weigh(signal, *row[0], total)
        else:
            total.fill(0)
        for weight, channels in row[1:]:
            term = np.empty_like(total)
            _weigh(signal, weight, channels, term)
            total += term
    return out


def _weigh(signal: Samples, weight: float, channels: tuple[int, ...], out: Samples) -> None:
    """Fill `out` with the sum of `channels`, times `weight`."""
    first, *others = channels
    if not others:
        np.multiply(signal[first], np.float32(weight), out=out)
        return
    np.add(signal[first], signal[others[0]], out=out)
    for other in others[1:]:
        out += signal[other]
    out *= np.float32(weight)

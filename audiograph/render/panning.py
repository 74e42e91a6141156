"""Spreading a signal between left and right.

What the two panning nodes have in common: they find two gains each in their own way, and apply them
alike. https://webaudio.github.io/web-audio-api/#Spatialization-panning-algorithm
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from audiograph.render.processor import Samples


@dataclass(frozen=True)
class Panning:
    """How a sound is spread; each array is of shape (frames,), or (1,) where it stays the same.

    Attributes
    ----------
    on_left : array of bool
        Whether it is to the left of the middle, or in it.
    left, right : float32 arrays
        The gains of the text's algorithm.
    """

    on_left: NDArray[np.bool_]
    left: Samples
    right: Samples


def spread(signal: Samples, panning: Panning) -> Samples:
    """Return `signal`, of one or two channels, panned into two."""
    on_left, left, right = panning.on_left, panning.left, panning.right
    out = np.empty((2, signal.shape[1]), np.float32)
    if signal.shape[0] == 1:
        # By the text: "outputL = input * gainL; outputR = input * gainR;"
        np.multiply(signal[0], left, out=out[0])
        np.multiply(signal[0], right, out=out[1])
        return out
    if on_left.all():
        # By the text: "outputL = inputL + inputR * gainL; outputR = inputR * gainR;"
        np.multiply(signal[1], left, out=out[0])
        np.multiply(signal[1], right, out=out[1])
        out[0] += signal[0]
        return out
    if not on_left.any():
        # By the text: "outputL = inputL * gainL; outputR = inputR + inputL * gainR;"
        np.multiply(signal[0], left, out=out[0])
        np.multiply(signal[0], right, out=out[1])
        out[1] += signal[1]
        return out
    moved = np.where(on_left, signal[1], signal[0])
    np.multiply(moved, left, out=out[0])
    np.multiply(moved, right, out=out[1])
    np.add(out[0], signal[0], out=out[0], where=on_left)
    np.add(out[1], signal[1], out=out[1], where=~on_left)
    return out

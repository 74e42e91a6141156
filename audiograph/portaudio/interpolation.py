"""Samples between samples: reading a signal at any position, at a step that may change.

A windowed sinc, so the value *at* a sample is that sample: reading at whole positions copies.
"""

from __future__ import annotations

import functools

import numpy as np
from numpy.typing import NDArray

TAPS = 64
"""Samples that each value is made of. Flat to 20 kHz at 48 kHz; noise below -100 dB up to there."""

BEFORE = TAPS // 2 - 1
"""Frames needed before the position."""

AFTER = TAPS // 2
"""Frames needed after it."""

_PHASES = 512
_BETA = 10.0


@functools.cache
def _kernels(cutoff: float) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return the taps for each phase, shape (phases + 1, taps), and their slopes.

    `cutoff` is relative to the source's Nyquist frequency.
    """
    phases = np.arange(_PHASES + 1)[:, np.newaxis] / _PHASES
    offsets = np.arange(-BEFORE, AFTER + 1) - phases
    window = np.i0(_BETA * np.sqrt(np.clip(1 - (offsets / AFTER) ** 2, 0, 1))) / np.i0(_BETA)
    taps = (cutoff * np.sinc(cutoff * offsets) * window).astype(np.float32)
    return taps, np.diff(taps, axis=0, append=taps[-1:])


def interpolate(
    samples: NDArray[np.float32], position: float, step: float, frames: int, *, cutoff: float = 1.0
) -> NDArray[np.float32]:
    """Return `frames` frames of `samples`, the first at `position` and each `step` further.

    Parameters
    ----------
    samples : ndarray
        Float32 of shape (channels, frames), with `BEFORE` frames before `position` and `AFTER`
        after the last position.
    position : float
        Frame of `samples`, counted from 0.
    step : float
        Frames of `samples` from one frame of the result to the next.
    frames : int
        Frames to return.
    cutoff : float
        Where to cut, relative to the samples' Nyquist frequency: below 1 where `step` is above.
    """
    taps, slopes = _kernels(cutoff)
    positions = position + step * np.arange(frames)
    whole = positions.astype(np.intp)
    phases = (positions - whole) * _PHASES
    rows = phases.astype(np.intp)
    kernels = slopes[rows]
    kernels *= (phases - rows).astype(np.float32)[:, np.newaxis]
    kernels += taps[rows]
    spans = np.lib.stride_tricks.sliding_window_view(samples, TAPS, axis=1)
    result: NDArray[np.float32] = np.einsum("cft,ft->cf", spans[:, whole - BEFORE], kernels)
    return result

"""Samples between samples: reading a signal at any position, at a step that may change.

A windowed sinc, so the value *at* a sample is that sample: reading at whole positions copies.
"""

from __future__ import annotations

import functools
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Samples: TypeAlias = NDArray[np.float32]

TAPS = 64
"""Samples that each value is made of. Flat to 20 kHz at 48 kHz; noise below -100 dB up to there."""

BEFORE = TAPS // 2 - 1
"""Frames needed before the position."""

AFTER = TAPS // 2
"""Frames needed after it."""

_PHASES = 512
_BETA = 10.0

_PART_FRAMES = 1024


@functools.cache
def tap_table(cutoff: float) -> Samples:
    """Return the taps for each phase, shape (phases + 1, taps).

    `cutoff` is relative to the source's Nyquist frequency. Making a table takes some milliseconds,
    which who plays has not; it is kept.
    """
    phases = np.arange(_PHASES + 1)[:, np.newaxis] / _PHASES
    offsets = np.arange(-BEFORE, AFTER + 1) - phases
    window = np.i0(_BETA * np.sqrt(np.clip(1 - (offsets / AFTER) ** 2, 0, 1))) / np.i0(_BETA)
    return (cutoff * np.sinc(cutoff * offsets) * window).astype(np.float32)


def interpolate(
    samples: Samples, position: float, step: float, frames: int, *, cutoff: float = 1.0
) -> Samples:
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
    return interpolate_at(
        samples, position + step * np.arange(frames, dtype=np.float64), cutoff=cutoff
    )


def interpolate_at(
    samples: Samples, positions: NDArray[np.float64], *, cutoff: float = 1.0
) -> Samples:
    """Return `samples` at each of the ascending `positions`, as `interpolate` has it."""
    out = np.empty((samples.shape[0], len(positions)), np.float32)
    _interpolate_into(np.ascontiguousarray(samples), positions, tap_table(cutoff), out)
    return out


def interpolate_as_arrays(
    samples: Samples, positions: NDArray[np.float64], table: Samples, out: Samples
) -> None:
    """Fill `out` as the kernel does, where nothing is compiled: the same samples, more slowly."""
    spans = np.lib.stride_tricks.sliding_window_view(samples, TAPS, axis=1)
    # A part at a time, since every position needs room for all that it is made of.
    for at in range(0, len(positions), _PART_FRAMES):
        part = slice(at, at + _PART_FRAMES)
        whole = positions[part].astype(np.intp)
        phases = (positions[part] - whole) * (len(table) - 1)
        rows = phases.astype(np.intp)
        taps = (table[rows + 1] - table[rows]) * (phases - rows).astype(np.float32)[:, np.newaxis]
        sums = spans[:, whole - BEFORE] * (taps + table[rows])
        while sums.shape[-1] > 1:
            a, b, c, d = np.split(sums, 4, axis=-1)
            sums = (a + b) + (c + d)
        out[:, part] = sums[..., 0]


try:
    from audiograph.portaudio.interpolation_kernels import interpolate_into as _interpolate_into
except ImportError:
    _interpolate_into = interpolate_as_arrays

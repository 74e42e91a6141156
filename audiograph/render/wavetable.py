"""Periodic waves as tables of one period, band-limited so that nothing folds back.

A table has a row for each third of an octave of the fundamental frequency, each with the partials
that stay below the Nyquist frequency there; a wave is read between two rows, so that its highest
partials come and go smoothly. How many rows and frames there are, and how they are interpolated, is
as in Chromium: the specification leaves it open, and so the samples are the same.

https://webaudio.github.io/web-audio-api/#waveform-generation
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from audiograph.render.processor import Samples

BasicShape = Literal["sine", "square", "sawtooth", "triangle"]

_ROWS_PER_OCTAVE = 3


@dataclass(frozen=True, eq=False)
class Wavetable:
    """A wave, never to be changed.

    Attributes
    ----------
    rows : ndarray
        float32 of shape (rows, frames of a period), from the fullest to the barest. The last is
        silent, as is the one before it, so that every position is between two.
    """

    rows: Samples

    @property
    def frames(self) -> int:
        """Frames of a period: a power of two."""
        return int(self.rows.shape[1])

    def positions(self, steps: Samples) -> Samples:
        """Return between which rows a wave is read that moves on by `steps` frames of the table.

        Of float32: 2.25 is a quarter of row 3 and the rest of row 2.
        """
        positions: Samples = np.abs(steps)
        with np.errstate(divide="ignore"):
            np.log2(positions, out=positions)
        # Row r has the partials up to frames / 2 · 2^(-r / 3).
        positions *= _ROWS_PER_OCTAVE
        positions += 1
        return np.clip(positions, 0, len(self.rows) - 2, out=positions)


def period_frames(sample_rate: float) -> int:
    """Return how many frames a period of a table has, for a context's sample rate in Hz."""
    if sample_rate <= 24000:
        return 2048
    return 4096 if sample_rate <= 88200 else 16384


def make_wavetable(
    cosines: NDArray[np.float32], sines: NDArray[np.float32], frames: int, *, normalize: bool
) -> Wavetable:
    """Return the wave of a Fourier series: the terms of cosine and sine from 0 Hz on.

    Term 0 is left out, and so are terms from half the frames of a period on.
    """
    half = frames // 2
    count = min(len(cosines), half)
    terms = np.zeros(half + 1, np.complex128)
    # By the text: "x(t) = sum from k = 1 to L - 1 of a[k] cos 2πkt + b[k] sin 2πkt"
    terms.real[1:count] = cosines[1:count]
    terms.imag[1:count] = -sines[1:count]
    thirds = np.arange(round(_ROWS_PER_OCTAVE * np.log2(frames)) + 1)
    partials = (half * np.exp2(-thirds / _ROWS_PER_OCTAVE)).astype(int)
    kept = np.where(np.arange(half + 1) <= partials[:, np.newaxis], terms, 0)
    rows = np.fft.irfft(kept, frames, axis=1) * half
    # By the text: "f = max over n of |x(n)|", "This fixed normalization factor MUST be applied to
    # all generated waveforms."
    largest = np.abs(rows[0]).max()
    if normalize and largest:
        rows /= largest
    # NB: without normalization, terms near the end of the range can add up to more than it holds.
    with np.errstate(over="ignore"):
        return Wavetable(rows.astype(np.float32))


@cache
def basic_wavetable(shape: BasicShape, frames: int) -> Wavetable:
    """Return the wave of an oscillator's type; there is one of each.

    https://webaudio.github.io/web-audio-api/#oscillator-coefficients
    """
    n = np.arange(1, frames // 2)
    match shape:
        case "sine":
            sines = np.where(n == 1, 1.0, 0.0)
        case "square":
            sines = 2 / (n * np.pi) * (1 - (-1.0) ** n)
        case "sawtooth":
            sines = (-1.0) ** (n + 1) * 2 / (n * np.pi)
        case "triangle":
            sines = 8 * np.sin(n * np.pi / 2) / (np.pi * n) ** 2
    terms = np.concatenate(([0.0], sines)).astype(np.float32)
    return make_wavetable(np.zeros_like(terms), terms, frames, normalize=True)

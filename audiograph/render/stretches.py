"""Filters that reach back a fixed number of frames, by fast Fourier transforms (overlap-save).

The signal is cut into stretches of one length. Each overlaps the one before by as many frames as a
filter reaches back, and of what comes out, these are dropped.
"""

from __future__ import annotations

from typing import Any, cast

import numpy as np
from numpy.lib.stride_tricks import as_strided
from numpy.typing import NDArray

from audiograph.render.processor import Samples

Spectra = NDArray[np.complex64]


def transform_filters(taps: NDArray[np.floating], size: int) -> Spectra:
    """Return what `analyse`d stretches of `size` frames are to be multiplied with.

    `taps`, shape (…, taps), are the filters; the result has the shape (…, 1, bins), for the
    stretches in between.
    """
    # What `analyse` divides by is made up for.
    spectra = np.fft.rfft(taps, size) * size
    return spectra[..., np.newaxis, :].astype(np.complex64)


def extend(before: Samples, samples: Samples, size: int) -> Samples:
    """Return `samples` behind the overlap `before`, with zeros up to whole stretches of `size`."""
    overlap, frames = before.shape[-1], samples.shape[-1]
    step = size - overlap
    extended = np.empty((*samples.shape[:-1], overlap + -(-frames // step) * step), np.float32)
    extended[..., :overlap] = before
    extended[..., overlap : overlap + frames] = samples
    extended[..., overlap + frames :] = 0
    return extended


def analyse(extended: Samples, overlap: int, size: int) -> Spectra:
    """Return the spectra of the stretches, shape (…, stretches, bins), divided by `size`."""
    *outer, length = extended.shape
    *strides, stride = extended.strides
    step = size - overlap
    count = (length - overlap) // step
    stretches = as_strided(extended, (*outer, count, size), (*strides, step * stride, stride))
    # NB: numpy transforms float32 to complex64, whatever its annotations say, but forward only with
    # this scale in single precision throughout, which is twice as fast.
    spectra: Any = np.fft.rfft(stretches, norm="forward")
    return cast(Spectra, spectra)


def synthesise(spectra: Spectra, overlap: int, size: int, frames: int) -> Samples:
    """Return `frames` frames, shape (…, frames), of what only one stretch has each."""
    stretches: Any = np.fft.irfft(spectra, size)[..., overlap:]
    return cast(Samples, stretches.reshape(*spectra.shape[:-2], -1)[..., :frames])

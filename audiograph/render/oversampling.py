"""Twice or four times as many frames a second, and back, for what makes new harmonics.

Each doubling interpolates by a half-band filter, a sinc of 256 taps under a Blackman window, and
each halving filters by the same one. All of that is linear, so that the stages together are one
filter for each phase of the faster signal; phase p has its frames p, p + factor, …. The filters are
applied by fast Fourier transforms, but for that of phase 0, which is a delay.

https://webaudio.github.io/web-audio-api/#dom-waveshapernode-oversample
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np
from numpy.typing import NDArray

from audiograph.render.mixing import convert
from audiograph.render.processor import Samples
from audiograph.render.stretches import Spectra, analyse, extend, synthesise, transform_filters

Phases = NDArray[np.float32]
"""A faster signal, shape (factor, channels, frames)."""

# The text leaves the filters open; these are those of browsers.
_TAPS = 256
_BLACKMAN = (0.42, -0.5, 0.08)

# Frames of the longest transform: in shorter ones, more of them are overlap; longer ones leave the
# processor's cache.
_LONGEST = 1024


class Oversampler:
    """Makes a signal 2 or 4 times as fast, and slow again, block after block.

    Both ways together delay it by 128 frames for a factor of 2, by 192 for 4.

    Attributes
    ----------
    frames : int
        For how many frames what came in has a say in what comes out.
    """

    def __init__(self, factor: int) -> None:
        self._factor = factor
        filters = design(factor)
        self._overlap = filters.shape[2] - 1
        self._delay = int(filters[0, 0].argmax())
        self._slow = np.zeros((0, self._overlap), np.float32)
        self._fast = np.zeros((factor, 0, self._overlap), np.float32)
        self.frames = 2 * self._overlap

    @property
    def channels(self) -> int:
        """How many channels are remembered."""
        return len(self._slow)

    def remember(self, channels: int, rest: float) -> None:
        """Remember as many channels; `rest` is what silence was made of on the fast side."""
        if self.channels == 0:
            rest = 0.0
        self._slow = _rearrange(self._slow, channels)
        self._fast = np.stack([_rearrange(each - rest, channels) + rest for each in self._fast])

    def process(self, samples: Samples, change: Callable[[Samples], None]) -> Samples:
        """Return what comes of `samples`, as many channels as are remembered.

        `change` writes what it makes of the faster signal into the array that it is given, shape
        (any, frames).
        """
        fast = self._up(samples)
        change(fast.reshape(-1, samples.shape[1]))
        return self._down(fast)

    def _up(self, samples: Samples) -> Phases:
        frames = samples.shape[1]
        size = self._transform_size(frames)
        slow = extend(self._slow, samples, size)
        self._slow = slow[:, frames : frames + self._overlap].copy()
        fast = np.empty((self._factor, *samples.shape), np.float32)
        fast[0] = self._delayed(slow, frames)
        responses, _ = _spectra(self._factor, size)
        spectra = analyse(slow, self._overlap, size) * responses
        fast[1:] = synthesise(spectra, self._overlap, size, frames)
        return fast

    def _down(self, fast: Phases) -> Samples:
        frames = fast.shape[2]
        size = self._transform_size(frames)
        extended = extend(self._fast, fast, size)
        self._fast = extended[..., frames : frames + self._overlap].copy()
        _, responses = _spectra(self._factor, size)
        spectra = analyse(extended[1:], self._overlap, size)
        spectra *= responses
        out = synthesise(spectra.sum(axis=0), self._overlap, size, frames)
        out += self._delayed(extended[0], frames) / np.float32(self._factor)
        return out

    def _transform_size(self, frames: int) -> int:
        shortest: int = 1 << (frames + self._overlap - 1).bit_length()
        return min(_LONGEST, shortest)

    def _delayed(self, extended: Samples, frames: int) -> Samples:
        first = self._overlap - self._delay
        return extended[:, first : first + frames]


@cache
def design(factor: int) -> NDArray[np.float64]:
    """Return the filters up and down, shape (2, factor, taps): one of each for every phase."""
    t = np.arange(_TAPS)
    window = sum(a * np.cos(2 * np.pi * k * t / _TAPS) for k, a in enumerate(_BLACKMAN))
    half_band = np.sinc((t - _TAPS // 2) / 2) * window
    # NB: what is not quite 0 in numbers.
    half_band[::2] = t[::2] == _TAPS // 2
    taps = half_band
    for _ in range(factor.bit_length() - 2):
        stuffed = np.zeros(2 * len(taps) - 1)
        stuffed[::2] = taps
        taps = np.convolve(stuffed, half_band)
    taps = np.pad(taps, (0, -len(taps) % factor + factor))
    up = taps.reshape(-1, factor).T
    # Frame n of the slow signal takes the frames factor · n - t of the fast one.
    down = np.array([np.roll(taps, p)[::factor] for p in range(factor)]) / factor
    return np.stack((up, down))


@cache
def _spectra(factor: int, size: int) -> Spectra:
    """Return all filters but phase 0's, transformed: shape (2, factor - 1, 1, 1, bins)."""
    return transform_filters(design(factor)[:, 1:, np.newaxis], size)


def _rearrange(memory: Samples, channels: int) -> Samples:
    """Return what would be remembered if what came in had been up-mixed to `channels`.

    To fewer channels, if what came in had that many and was up-mixed to what it is now.
    """
    count = len(memory)
    if count == 0 or channels == 0:
        return np.zeros((channels, memory.shape[1]), np.float32)
    if channels >= count:
        return convert(memory, channels, "speakers").copy()
    up_mix = convert(np.eye(channels, dtype=np.float32), count, "speakers")
    narrow: Samples = memory[up_mix.argmax(axis=0)]
    return narrow

"""A listener's head: what it makes of a sound on its way to the two ears.

A response is a filter of minimum phase and an arrival time. Between the directions that were
measured, both are interpolated. The measurements are the MIT's, of a KEMAR dummy head; see
`data/kemar.txt` beside this package.

https://webaudio.github.io/web-audio-api/#Spatialization-hrtf-panning
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from math import ceil, floor, log2, pi, sqrt
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from audiograph.render.panning_kernels import convolve
from audiograph.render.processor import Samples, Signal, Silence
from audiograph.render.space import Numbers
from audiograph.render.stretches import Spectra, analyse, extend, synthesise, transform_filters

_DATA = Path(__file__).parents[1] / "data" / "kemar.npy"
_DATA_RATE = 44100
_TIME_UNIT = 1e-7
_CEPSTRUM_UNIT = 1e-4

# How many directions were measured at each elevation, from -40 degrees on in steps of 10.
_AZIMUTHS: Final = (56, 60, 72, 72, 72, 72, 72, 60, 56, 45, 36, 24, 12, 1)
_LOWEST, _STEP = -40, 10
_FIRST: Final = np.cumsum((0, *_AZIMUTHS))

# Beyond it the responses of minimum phase are 50 dB down.
_RESPONSE_SECONDS = 64 / _DATA_RATE

# Part of a frame's delay sounds before and after it; the spectrum falls above, so that it is short.
_LEAD_FRAMES = 4
_FALL = 0.85

# AD-HOC: the text has directions change with every quantum; fades so short would be heard.
_FADE_SECONDS = 0.01

# Frames that stay in the processor's cache, with what they are made of.
_STRETCH = 512

# From so many frames on, fast Fourier transforms are faster than a sum over the taps.
_LONG = 8192


@dataclass(frozen=True)
class Response:
    """What a sound from one direction becomes in both ears.

    Attributes
    ----------
    taps : Samples
        A filter for each ear, last frame first, shape (2, taps).
    delays : tuple of int
        By how many frames each comes later.
    """

    taps: Samples
    delays: tuple[int, int]

    @cached_property
    def size(self) -> int:
        """Frames of a transform, of which the longest delay and the taps are a small part."""
        reach: int = self.taps.shape[1] + max(self.delays)
        return 8 << (reach - 1).bit_length()

    @cached_property
    def spectra(self) -> Spectra:
        """The filters with their delays, transformed: shape (2, 1, bins)."""
        delayed = np.zeros((2, self.size))
        for row, taps, delay in zip(delayed, self.taps, self.delays, strict=True):
            row[delay : delay + len(taps)] = taps[::-1]
        return transform_filters(delayed, self.size)


class Head:
    """The responses of both ears at one sample rate.

    The power of a sound, summed over both ears, is that of the same sound without the head, in the
    mean of all directions.
    """

    def __init__(self, sample_rate: float) -> None:
        table = np.load(_DATA)
        self.sample_rate = sample_rate
        self.taps = 8 * ceil((_RESPONSE_SECONDS * sample_rate + 2 * _LEAD_FRAMES) / 8)
        self._arrivals: Numbers = table[:, 0] * (_TIME_UNIT * sample_rate)
        self.reach = self.taps + ceil(float(self._arrivals.max()))
        """For how many frames a sound sounds on, at most."""
        # NB: several times as long as a response, which else would overlap with its own end.
        self._size = 2 ** max(6, ceil(log2(sample_rate / _DATA_RATE * 256)))
        self._omega = np.linspace(0, pi, self._size // 2 + 1)
        self._spectra = _minimum_phase(
            table[:, 1:] * _CEPSTRUM_UNIT, self._omega * (sample_rate / _DATA_RATE)
        )
        fall = np.clip((self._omega / pi - _FALL) / (1 - _FALL), 0, 1)
        self._spectra *= sqrt(0.5) * np.cos(fall * (pi / 2)) ** 2

    def response(self, azimuth: float, elevation: float, gain: float) -> Response:
        """Return the response for a direction, in degrees to the right and up."""
        taps = np.empty((2, self.taps), np.float32)
        delays = []
        # NB: what is measured is the left ear and counter-clockwise; the right one mirrors it.
        for ear, turn in enumerate((-azimuth, azimuth)):
            rows, weights = _neighbours(turn, elevation)
            arrival = float(weights @ self._arrivals[rows])
            delay = floor(arrival)
            spectrum = (gain * weights) @ self._spectra[rows]
            spectrum *= np.exp(-1j * (arrival - delay + _LEAD_FRAMES) * self._omega)
            taps[ear] = np.fft.irfft(spectrum, self._size)[self.taps - 1 :: -1]
            delays.append(delay)
        return Response(taps, (delays[0], delays[1]))


@lru_cache(maxsize=4)
def head(sample_rate: float) -> Head:
    """Return the head for a sample rate; reading and converting it takes some time."""
    return Head(sample_rate)


def _minimum_phase(cepstra: Numbers, omega: Numbers) -> NDArray[np.complex64]:
    """Return the spectra, at `omega` up to π of another rate, of the responses of minimum phase."""
    # NB: beyond half of the rate that was measured at, as it is there.
    cosines = np.cos(np.outer(np.arange(cepstra.shape[1]), np.minimum(omega, pi)))
    cosines[1:] *= 2
    size = 2 * (len(omega) - 1)
    # A. Oppenheim, R. Schafer: Discrete-Time Signal Processing: the cepstrum's second half folded
    # onto its first.
    fold = np.zeros(size)
    fold[0] = fold[size // 2] = 1
    fold[1 : size // 2] = 2
    spectra = np.empty((len(cepstra), len(omega)), np.complex64)
    for row, cepstrum in zip(spectra, cepstra, strict=True):
        row[:] = np.exp(np.fft.rfft(np.fft.irfft(cepstrum @ cosines, size) * fold))
    return spectra


def _neighbours(turn: float, elevation: float) -> tuple[NDArray[np.intp], Numbers]:
    """Return the directions measured around one, which rows they have and how near they are."""
    height = min(max((elevation - _LOWEST) / _STEP, 0.0), len(_AZIMUTHS) - 1.0)
    low = min(floor(height), len(_AZIMUTHS) - 2)
    rows, weights = [], []
    for level, share in ((low, low + 1 - height), (low + 1, height - low)):
        count = _AZIMUTHS[level]
        place = turn / 360 % 1 * count
        before = floor(place)
        rows += [_FIRST[level] + before % count, _FIRST[level] + (before + 1) % count]
        weights += [share * (before + 1 - place), share * (place - before)]
    return np.array(rows), np.array(weights)


class HeadFilter:
    """Convolves a sound with the responses of the direction that it comes from.

    The direction is looked up about every 10 ms, at fixed frames, and until the next look the
    sound fades over from the response before to the one that belongs there. After silence, the
    first response is there at once.

    Parameters
    ----------
    head : Head
        Where the responses come from.
    quantum : int
        Frames of a render quantum: where silence and directions change.
    """

    def __init__(self, head: Head, quantum: int) -> None:
        self._head = head
        self._quantum = quantum
        self._fade = max(1, round(_FADE_SECONDS * head.sample_rate / quantum)) * quantum
        self._tail = ceil(head.reach / quantum) * quantum
        # One channel as long as both were the same.
        self._past = np.zeros((1, head.reach), np.float32)
        self._sums = np.empty(_STRETCH, np.float32)
        self.end = 0
        """The frame at which all is over, if nothing more comes."""
        self._direction: list[float] = []
        self._response = self._former = Response(np.zeros((2, head.taps), np.float32), (0, 0))
        # From this frame on, `_response` alone is heard.
        self._faded_at = 0

    def process(
        self,
        signal: Signal,
        start: int,
        frames: int,
        look: Callable[[Sequence[int]], Numbers],
    ) -> Samples:
        """Return what the ears hear from frame `start` on.

        `look` tells the azimuths, elevations and gains at some of the frames, counted from
        `start`: shape (3, frames looked at), or (3, 1) where they stay the same.
        """
        reach = self._head.reach
        anew = start >= self.end
        if anew:
            # NB: all is over, also what was not rendered to its end.
            self._past = np.zeros((1, reach), np.float32)
        samples = np.zeros((1, 1), np.float32) if isinstance(signal, Silence) else signal
        channels = max(len(self._past), len(samples))
        source = np.empty((channels, reach + frames), np.float32)
        source[:, :reach] = self._past
        source[:, reach:] = samples
        past = source[:1] if np.array_equal(source[0, frames:], source[-1, frames:]) else source
        self._past = past[:, frames:].copy()
        if not isinstance(signal, Silence):
            self.end = start + frames + self._tail
        last = min(frames, self.end - start)
        out = np.zeros((2, frames), np.float32)
        looks = list(range(-start % self._fade, last, self._fade))
        if anew and 0 not in looks:
            looks.insert(0, 0)
        directions = np.broadcast_to(look(looks), (3, len(looks))).T.tolist() if looks else []
        at = 0
        for index, direction in zip(looks, directions, strict=True):
            if anew or direction != self._direction:
                self._convolve(source, out, start, at, index)
                at = index
                self._former, self._response = self._response, self._head.response(*direction)
                self._direction = direction
                self._faded_at = start + index + (0 if anew else self._fade)
                anew = False
        self._convolve(source, out, start, at, last)
        return out

    def _convolve(self, source: Samples, out: Samples, start: int, first: int, last: int) -> None:
        """Fill a part of `out`, with a fade in what of it is before `_faded_at`."""
        fading = min(last, self._faded_at - start)
        if first < fading:
            self._apply(self._former, source, out, first, fading)
            former = out[:, first:fading].copy()
            self._apply(self._response, source, out, first, fading)
            left = self._faded_at - start - np.arange(first, fading, dtype=np.float32)
            out[:, first:fading] += (former - out[:, first:fading]) * (left / self._fade)
            first = fading
        if first < last:
            self._apply(self._response, source, out, first, last)

    def _apply(
        self, response: Response, source: Samples, out: Samples, first: int, last: int
    ) -> None:
        begin, end = self._head.reach + first, self._head.reach + last
        if last - first >= _LONG:
            overlap = self._head.reach - 1
            extended = extend(
                source[:, begin - overlap : begin], source[:, begin:end], response.size
            )
            spectra = analyse(extended, overlap, response.size) * response.spectra
            out[:, first:last] = synthesise(spectra, overlap, response.size, last - first)
            return
        reach = self._head.taps - 1
        for ear, delay in enumerate(response.delays):
            convolve(
                source[min(ear, len(source) - 1), begin - delay - reach : end - delay],
                response.taps[ear],
                self._sums,
                out[ear, first:last],
            )

"""Convolution with long responses, without latency, by partitions and fast Fourier transforms.

The response is cut into parts and the input into segments, all N frames long. Segment k of the
output is the sum over p of part p convolved with segment k - p of the input: in the frequency
domain (overlap-save, transforms of 2 N frames) a sum of products and one inverse transform.

A block as long as a segment is rendered so at once. In shorter ones, the parts from 2 on concern
only segments that were over before this one began: their sum, the tail of these segments, is made
ready a little at a time during the segment before. Parts 0 and 1 are a shorter response; it is
convolved in the same way, with a smaller N.

W. G. Gardner: Efficient convolution without input-output delay. J. Audio Eng. Soc. 43 (1995)
127-136.
"""

from __future__ import annotations

from math import ceil

import numpy as np
from numpy.typing import NDArray

from audiograph.render.processor import Samples

Spectra = NDArray[np.complex64]

SIZES = (512, 2048, 16384)
"""Frames of a segment, from the smallest to the largest: with fewer, a transform costs no less;
the largest is for the blocks of an offline rendering, the middle for those of devices."""

_LONGEST = SIZES[-1]
# A smaller size may have to catch up with two segments of the next.
_KEPT = 3 * _LONGEST
_ROOM = 5 * _LONGEST

# Softer is no sound; and numbers below 2^-126, which products of such would be, are slow.
_TINY = 1e-30


class Response:
    """What is convolved with: the spectra of its parts, for one and for two channels of input.

    Parameters
    ----------
    taps : array
        Of shape (1, frames), the same for every channel; (2, frames), for the left and the right
        output; or (4, frames), from left to left, left to right, right to left, right to right.
    """

    def __init__(self, taps: NDArray[np.float64]) -> None:
        self.channels: int
        self.frames: int
        self.channels, self.frames = taps.shape
        heard = np.flatnonzero(np.any(np.abs(taps) >= _TINY, axis=0))
        taps = taps[:, : heard[-1] + 1 if len(heard) else 1]
        sources = 2 if self.channels == 4 else 1
        matrix = taps.reshape(sources, -1, taps.shape[1])
        limits = (*(2 * size for size in SIZES[1:]), taps.shape[1])
        self.stereo = [
            _transform(matrix[..., :limit], size) for size, limit in zip(SIZES, limits, strict=True)
        ]
        # A single channel is on both sides: the responses add up.
        self.mono = (
            self.stereo
            if sources == 1
            else [parts.sum(axis=0, keepdims=True) for parts in self.stereo]
        )


def _transform(matrix: NDArray[np.float64], size: int) -> Spectra:
    """Return the spectra of the parts of `size` frames, shape (sources, outputs, parts, bins)."""
    sources, outputs, frames = matrix.shape
    count = -(-frames // size)
    padded = np.zeros((sources, outputs, count * size))
    padded[..., :frames] = matrix
    spectra = np.empty((sources, outputs, count, size + 1), np.complex64)
    for path in np.ndindex(sources, outputs):
        # In double precision, so that nothing but the result is rounded.
        with np.errstate(all="ignore"):
            spectrum = np.fft.rfft(padded[path].reshape(count, size), 2 * size)
            spectrum[np.abs(spectrum) < _TINY] = 0
            spectra[path] = spectrum
    return spectra


class Convolution:
    """Convolves one or two channels with a response, stretch after stretch.

    Parameters
    ----------
    response : Response
        What is convolved with.
    """

    def __init__(self, response: Response) -> None:
        self.response = response
        # The last frames of the input, from the one numbered `_base` on.
        self._input = np.zeros((1, _ROOM), np.float32)
        self._stages = [_Stage(parts, 1) for parts in response.mono]
        self.restart(0)

    def restart(self, start: int) -> None:
        """Go on with the frame `start`, one channel, and an input that was silent until now."""
        if self.inputs > 1:
            self.narrow()
        self._input[:, :_KEPT] = 0
        self._base = start - _KEPT
        # Where the first segments begin.
        self._origin = start
        self._sound_end = start
        self.end = start
        """The frame after the last one that was convolved."""
        for stage in self._stages:
            stage.forget()

    @property
    def inputs(self) -> int:
        """How many channels are convolved."""
        return int(self._input.shape[0])

    @property
    def tail_frames(self) -> int:
        """For how many frames the output sounds on when the input is silent."""
        return self.response.frames - 1

    def widen(self, *, alike: bool) -> None:
        """Go on with two channels; before, they were `alike`, or the second one was silent."""
        second = self._input if alike else np.zeros_like(self._input)
        self._input = np.concatenate((self._input, second))
        self._stages = [
            stage.widened(parts, alike=alike)
            for stage, parts in zip(self._stages, self.response.stereo, strict=True)
        ]

    def narrow(self) -> None:
        """Go on with the first channel alone."""
        self._input = self._input[:1].copy()
        self._stages = [
            stage.narrowed(parts)
            for stage, parts in zip(self._stages, self.response.mono, strict=True)
        ]

    def convolve(self, signal: Samples | None, frames: int) -> Samples:
        """Return the output for the next `frames` frames, whose input is `signal`; None is silence.

        `signal` has shape (`inputs`, frames) and the result (outputs, frames).
        """
        self._align(frames)
        parts = []
        done = 0
        while done < frames:
            count = min(frames - done, _LONGEST - (self.end - self._origin) % _LONGEST)
            self._store(None if signal is None else signal[:, done : done + count], count)
            parts.append(self._render(len(SIZES) - 1, self.end - count, self.end))
            done += count
        return parts[0] if len(parts) == 1 else np.concatenate(parts, axis=1)

    def _align(self, frames: int) -> None:
        """Let a segment begin with a long block, as long as none is over: it costs half then."""
        passed = self.end - self._origin
        if frames >= _LONGEST > passed > 0:
            self._origin = self.end - _LONGEST
            for stage in self._stages:
                stage.forget()

    def _store(self, signal: Samples | None, frames: int) -> None:
        """Take in the next frames of the input."""
        at = self.end - self._base
        if at + frames > _ROOM:
            self._input[:, :_KEPT] = self._input[:, at - _KEPT : at]
            self._base += at - _KEPT
            at = _KEPT
        self.end += frames
        if signal is None:
            self._input[:, at : at + frames] = 0
        else:
            self._input[:, at : at + frames] = signal
            self._sound_end = self.end

    def _render(self, level: int, start: int, end: int) -> Samples:
        """Return the output from `start` to `end`, in one segment, of the parts up to `level`."""
        stage = self._stages[level]
        size = stage.size
        segment = (start - self._origin) // size
        first = self._origin + segment * size
        self._transform_input(stage, segment)
        if level == 0 or 2 * (end - start) >= size:
            # What is still to come of the segment changes nothing before.
            window = self._window(first - size, end)
            spectrum = stage.transform(window)
            if end == first + size:
                stage.put(segment, spectrum)
            return stage.render(segment, spectrum)[:, start - first : end - first]
        smaller = self._stages[level - 1].size
        out = np.empty((stage.outputs, end - start), np.float32)
        at = start
        while at < end:
            stop = min(end, at + smaller - (at - self._origin) % smaller)
            out[:, at - start : stop - start] = self._render(level - 1, at, stop)
            at = stop
        tail = stage.tail(segment)
        if tail is not None:
            out += tail[:, start - first : end - first]
        stage.prepare_tail(segment + 1, (end - first) / size)
        return out

    def _transform_input(self, stage: _Stage, segment: int) -> None:
        """Have the stage know the input's segments before `segment`, as far as it needs them."""
        for each in range(max(stage.known, segment - stage.parts + 1), segment):
            end = self._origin + (each + 1) * stage.size
            window = self._window(end - 2 * stage.size, end)
            stage.put(each, stage.transform(window))

    def _window(self, start: int, end: int) -> Samples | None:
        """Return the input from `start` to `end`, None where it is silent."""
        if start >= self._sound_end:
            return None
        return self._input[:, start - self._base : end - self._base]


class _Stage:
    """The parts of one size: their spectra, and those of the input's segments before the current.

    Spectra of the response have the shape (sources, outputs, parts, bins), those of the input
    (sources, 1 or outputs, parts, bins): products of the two, added over sources and parts, give
    the spectrum of the output.
    """

    def __init__(self, response: Spectra, inputs: int) -> None:
        sources, self.outputs, self.parts, bins = response.shape
        self.outputs = max(self.outputs, inputs)
        self.size = bins - 1
        self.known = 0
        """The segment after the last one whose spectrum is there."""
        self._response = response
        self._input = np.zeros((sources, inputs // sources, self.parts, bins), np.complex64)
        self._last_sound = -1
        self._spectrum = np.empty((inputs, bins), np.complex64)
        self._product = np.empty((sources, self.outputs, bins), np.complex64)
        self._whole = np.empty_like(self._product)
        self._total = np.empty_like(self._product)
        # Of which segment the total is, which parts are in it: from the first to before the next.
        self._total_of = -1
        self._first = self._next = 0
        self._tail_of = -1
        self._tail: Samples | None = None

    def widened(self, response: Spectra, *, alike: bool) -> _Stage:
        """Return the same for two channels of input, `alike` until now or the second one silent."""
        stage = _Stage(response, 2)
        stage.known, stage._last_sound = self.known, self._last_sound
        spectra = stage._input.reshape(2, *self._input.shape[2:])
        spectra[:] = self._input[0]
        if not alike:
            spectra[1] = 0
        return stage

    def narrowed(self, response: Spectra) -> _Stage:
        """Return the same for the first of two channels of input."""
        stage = _Stage(response, 1)
        stage.known, stage._last_sound = self.known, self._last_sound
        stage._input[0, 0] = self._input[0, 0]
        return stage

    def forget(self) -> None:
        """Forget the input."""
        self.known = 0
        self._last_sound = self._total_of = self._tail_of = -1

    def transform(self, window: Samples | None) -> Spectra | None:
        """Return the spectrum of the input in two segments or the first part of them.

        None is silence. The next call overwrites what is returned.
        """
        if window is None:
            return None
        # NB: single precision stays what it is, but numpy's stubs do not say so. It is computed in
        # double precision, as it is not scaled: half as fast, but a long response adds errors up.
        np.fft.rfft(window, 2 * self.size, out=self._spectrum)  # type: ignore[arg-type]
        return self._spectrum.reshape(self._input.shape[0], -1, self.size + 1)

    def put(self, segment: int, spectrum: Spectra | None) -> None:
        """Take note of a segment that is over: its spectrum with the one before."""
        self.known = segment + 1
        if spectrum is not None:
            self._last_sound = segment
        self._input[:, :, segment % self.parts] = 0 if spectrum is None else spectrum

    def render(self, segment: int, spectrum: Spectra | None) -> Samples:
        """Return the output in a segment, given its spectrum with the one before."""
        rest = self._add_parts(segment)
        recent = self._input_at(segment - 1)
        if rest is None and recent is None and spectrum is None:
            return np.zeros((self.outputs, self.size), np.float32)
        self._whole[:] = 0 if rest is None else rest
        for part, each in enumerate((spectrum, recent)[: self.parts]):
            if each is not None:
                self._add(self._whole, part, each)
        return self._to_samples(self._whole)

    def tail(self, segment: int) -> Samples | None:
        """Return what the parts from 2 on add to the output in a segment; None for nothing."""
        if self._tail_of != segment:
            total = self._add_parts(segment)
            self._tail = None if total is None else self._to_samples(total)
            self._tail_of = segment
        return self._tail

    def prepare_tail(self, segment: int, progress: float) -> None:
        """Do a share, from 0 to 1, of the work for the next segment's tail."""
        self._add_parts(segment, progress)
        if progress == 1:
            self.tail(segment)

    def _add_parts(self, segment: int, progress: float = 1.0) -> Spectra | None:
        """Return the spectrum of the parts from 2 on, or of a share of them.

        Its shape is (sources, outputs, bins), and None stands for silence.
        """
        if self._total_of != segment:
            self._total_of = segment
            self._first = self._next = max(2, segment - self._last_sound)
            self._total[:] = 0
        count = max(0, min(self.parts, segment + 1) - self._first)
        while self._next < self._first + ceil(count * progress):
            spectrum = self._input_at(segment - self._next)
            assert spectrum is not None
            self._add(self._total, self._next, spectrum)
            self._next += 1
        return self._total if self._next > self._first else None

    def _input_at(self, segment: int) -> Spectra | None:
        """Return the spectrum of one of the last segments with the one before."""
        if not 0 <= segment <= self._last_sound:
            return None
        return self._input[:, :, segment % self.parts]

    def _add(self, total: Spectra, part: int, spectrum: Spectra) -> None:
        """Add to `total` what a part makes of a spectrum of the input."""
        np.multiply(spectrum, self._response[:, :, part], out=self._product)
        np.add(total, self._product, out=total)

    def _to_samples(self, spectrum: Spectra) -> Samples:
        total = spectrum[0] if len(spectrum) == 1 else spectrum[0] + spectrum[1]
        return np.fft.irfft(total, 2 * self.size)[:, self.size :]  # type: ignore[return-value]

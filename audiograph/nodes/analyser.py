"""AnalyserNode: what a signal looks like now, over time and over frequency."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from audiograph.arrays import check_fillable
from audiograph.errors import IndexSizeError
from audiograph.host import NodeHost
from audiograph.node import AudioNode, AudioNodeOptions
from audiograph.render.mixing import convert
from audiograph.render.processor import Block, Processor, Samples, Signal, Silence
from audiograph.values import finite, whole

FFT_SIZES = tuple(2**power for power in range(5, 16))
"""The numbers of frames that can be analysed at once: 32 to 32768."""

_RING_FRAMES = 2 * FFT_SIZES[-1]


@dataclass(frozen=True, kw_only=True)
class AnalyserOptions(AudioNodeOptions):
    """What an AnalyserNode is made from: the first values of its attributes.

    https://webaudio.github.io/web-audio-api/#AnalyserOptions
    """

    fft_size: int = 2048
    max_decibels: float = -30.0
    min_decibels: float = -100.0
    smoothing_time_constant: float = 0.8


class AnalyserNode(AudioNode[AnalyserOptions]):
    """Pass the input on as it is, and tell its last `fft_size` frames and their spectrum.

    The methods fill an array from its beginning, as far as it goes; it may be longer. What they
    tell is mono, mixed down from all channels, and changes when something has been rendered.

    Raises IndexSizeError for settings that are out of their range, as setting them does.

    https://webaudio.github.io/web-audio-api/#AnalyserNode
    """

    _processor: AnalyserProcessor

    def _check_options(self, context: NodeHost, options: AnalyserOptions) -> None:
        _check_fft_size(options.fft_size)
        _check_range(options.min_decibels, options.max_decibels)
        _check_smoothing(options.smoothing_time_constant)

    def _make_processor(self, options: AnalyserOptions) -> AnalyserProcessor:
        self._min_decibels = options.min_decibels
        self._max_decibels = options.max_decibels
        self._smoothing = options.smoothing_time_constant
        self._set_fft_size(options.fft_size)
        return AnalyserProcessor()

    @property
    def fft_size(self) -> int:
        """How many frames are analysed: a power of two from 32 to 32768, else IndexSizeError.

        A change ends the smoothing over time: it begins anew.

        https://webaudio.github.io/web-audio-api/#dom-analysernode-fftsize
        """
        return self._fft_size

    @fft_size.setter
    def fft_size(self, fft_size: int) -> None:
        fft_size = whole("fft_size", fft_size)
        _check_fft_size(fft_size)
        with self._context._lock:
            if fft_size != self._fft_size:
                self._set_fft_size(fft_size)

    def _set_fft_size(self, fft_size: int) -> None:
        self._fft_size = fft_size
        # By the text: "… the previous block … used for smoothing over time is set to 0 for all k."
        self._smoothed = np.zeros(fft_size // 2)
        self._analysed_at: int | None = None

    @property
    def frequency_bin_count(self) -> int:
        """How many frequencies are told: half of `fft_size`.

        Number k is k · `sample_rate` / `fft_size`, in Hz.

        https://webaudio.github.io/web-audio-api/#dom-analysernode-frequencybincount
        """
        return self._fft_size // 2

    @property
    def min_decibels(self) -> float:
        """What the byte 0 stands for, in dB; IndexSizeError unless below `max_decibels`.

        https://webaudio.github.io/web-audio-api/#dom-analysernode-mindecibels
        """
        return self._min_decibels

    @min_decibels.setter
    def min_decibels(self, decibels: float) -> None:
        decibels = finite("min_decibels", decibels)
        _check_range(decibels, self._max_decibels)
        self._min_decibels = decibels

    @property
    def max_decibels(self) -> float:
        """What the byte 255 stands for, in dB; IndexSizeError unless above `min_decibels`.

        https://webaudio.github.io/web-audio-api/#dom-analysernode-maxdecibels
        """
        return self._max_decibels

    @max_decibels.setter
    def max_decibels(self, decibels: float) -> None:
        decibels = finite("max_decibels", decibels)
        _check_range(self._min_decibels, decibels)
        self._max_decibels = decibels

    @property
    def smoothing_time_constant(self) -> float:
        """The weight of the previous spectrum, from 0 for none to 1; IndexSizeError outside.

        https://webaudio.github.io/web-audio-api/#dom-analysernode-smoothingtimeconstant
        """
        return self._smoothing

    @smoothing_time_constant.setter
    def smoothing_time_constant(self, smoothing: float) -> None:
        smoothing = finite("smoothing_time_constant", smoothing)
        _check_smoothing(smoothing)
        self._smoothing = smoothing

    def get_float_frequency_data(self, array: NDArray[np.float32]) -> None:
        """Fill `array`, float32 of shape (bins,), with the spectrum in dB; -inf for silence.

        Each new spectrum is smoothed with the one that was told before. Raises TypeError for what
        is no such array.

        https://webaudio.github.io/web-audio-api/#dom-analysernode-getfloatfrequencydata
        """
        _fill(array, np.float32, self._decibels())

    def get_byte_frequency_data(self, array: NDArray[np.uint8]) -> None:
        """Fill `array`, uint8 of shape (bins,), with the spectrum.

        0 stands for `min_decibels` and less, 255 for `max_decibels` and more. Each new spectrum is
        smoothed with the one that was told before. Raises TypeError for what is no such array.

        https://webaudio.github.io/web-audio-api/#dom-analysernode-getbytefrequencydata
        """
        low, high = self._min_decibels, self._max_decibels
        # By the text: "b[k] = ⌊255 / (dBmax - dBmin) · (Y[k] - dBmin)⌋."
        with np.errstate(all="ignore"):
            _fill(array, np.uint8, _to_bytes(255 * ((self._decibels() - low) / (high - low))))

    def get_float_time_domain_data(self, array: NDArray[np.float32]) -> None:
        """Fill `array`, float32 of shape (frames,), with the last `fft_size` frames.

        Raises TypeError for what is no such array.

        https://webaudio.github.io/web-audio-api/#dom-analysernode-getfloattimedomaindata
        """
        _fill(array, np.float32, self._frames())

    def get_byte_time_domain_data(self, array: NDArray[np.uint8]) -> None:
        """Fill `array`, uint8 of shape (frames,), with the last `fft_size` frames.

        0 stands for -1 and less, 128 for 0, 255 for nearly 1 and more. Raises TypeError for what
        is no such array.

        https://webaudio.github.io/web-audio-api/#dom-analysernode-getbytetimedomaindata
        """
        # By the text: "b[k] = ⌊128 (1 + x[k])⌋."
        _fill(array, np.uint8, _to_bytes(128 * (1 + self._frames().astype(np.float64))))

    def _now(self) -> int:
        """Return the frame after the last one that was rendered."""
        return max(self._context._renderer.frame, self._processor.end)

    def _frames(self) -> NDArray[np.float32]:
        """Return the current time-domain data."""
        return self._processor.read(self._now(), self._fft_size)

    def _decibels(self) -> NDArray[np.float64]:
        """Return the current frequency data, in dB.

        https://webaudio.github.io/web-audio-api/#current-frequency-data
        """
        with self._context._lock, np.errstate(all="ignore"):
            now, size = self._now(), self._fft_size
            # "If another call … occurs within the same render quantum as a previous call, …, the
            # previously computed data is returned."
            if self._analysed_at != now:
                self._analysed_at = now
                windowed = self._processor.read(now, size) * _blackman(size)
                spectrum = np.abs(np.fft.rfft(windowed)[:-1]) / size
                # By the text: "X̂[k] = τ X̂₋₁[k] + (1 - τ) |X[k]|."
                weight = self._smoothing
                smoothed = weight * self._smoothed + (1 - weight) * spectrum
                # By the text: "If X̂[k] is NaN, positive infinity or negative infinity, set …"
                smoothed[~np.isfinite(smoothed)] = 0
                self._smoothed = smoothed
            decibels: NDArray[np.float64] = 20 * np.log10(self._smoothed)
            return decibels


class AnalyserProcessor(Processor):
    """Passes its input on and keeps the last frames, mixed down to mono.

    Frame n is in a ring, at n modulo its length. The control side reads it without a lock: a frame
    stays for longer than it can be asked for, and a reader that was too slow for the render thread
    can tell, and reads again.
    """

    def __init__(self) -> None:
        self._ring = np.zeros(_RING_FRAMES, np.float32)
        self.end = 0
        """The frame after the last one in the ring; what came later was silent."""
        # The same, or what it is going to be while the ring is written.
        self._written_until = 0

    def process(self, block: Block) -> Sequence[Signal]:
        (signal,) = block.inputs
        if isinstance(signal, Silence):
            return (signal,)
        end = block.start + block.frames
        self._written_until = end
        if self.end < block.start:
            # While the input is silent, it is not called.
            for part in self._parts(max(self.end, block.start - FFT_SIZES[-1]), block.start):
                part[:] = 0
        at = 0
        for part in self._parts(block.start, end):
            _mix_to_mono(signal[:, at : at + len(part)], part)
            at += len(part)
        self.end = end
        return (signal,)

    def read(self, now: int, frames: int) -> NDArray[np.float32]:
        """Return the last `frames` frames, up to 32768, before `now`; called by the control side.

        Where the render thread has gone on for too long meanwhile, they are later ones.
        """
        while True:
            first = now - frames
            out = np.zeros(frames, np.float32)
            at = max(first, 0)
            for part in self._parts(at, min(now, self.end)):
                out[at - first : at - first + len(part)] = part
                at += len(part)
            if self._written_until <= first + _RING_FRAMES:
                return out
            now = self.end

    def _parts(self, start: int, end: int) -> Iterator[NDArray[np.float32]]:
        """Yield where the frames from `start` to `end` are, first frame first."""
        while start < end:
            at = start % _RING_FRAMES
            count = min(end - start, _RING_FRAMES - at)
            yield self._ring[at : at + count]
            start += count


def _mix_to_mono(signal: Samples, out: NDArray[np.float32]) -> None:
    """Write `signal` into `out` as one channel.

    https://webaudio.github.io/web-audio-api/#time-domain-down-mixing
    """
    if len(signal) == 2:
        # NB: by far the commonest, without the arrays that the others take.
        np.add(signal[0], signal[1], out=out)
        out *= np.float32(0.5)
    else:
        out[:] = convert(signal, 1, "speakers")[0]


def _fill(array: NDArray[Any], kind: type[np.generic], values: NDArray[Any]) -> None:
    """Write `values` into `array`, as many as there are or as it has room for."""
    check_fillable("array", array, kind)
    count = min(len(array), len(values))
    array[:count] = values[:count]


def _to_bytes(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return `values` as whole numbers that a byte holds."""
    # By the text: "If b[k] lies outside the range of 0 to 255, b[k] is clipped to lie in …"
    clipped: NDArray[np.float64] = np.clip(np.nan_to_num(np.floor(values)), 0, 255)
    return clipped


@cache
def _blackman(size: int) -> NDArray[np.float64]:
    """Return the window; not numpy's, which is symmetrical.

    https://webaudio.github.io/web-audio-api/#blackman-window
    """
    alpha = 0.16
    turns = 2 * np.pi * np.arange(size) / size
    return (1 - alpha) / 2 - np.cos(turns) / 2 + alpha / 2 * np.cos(2 * turns)


def _check_fft_size(fft_size: int) -> None:
    if fft_size not in FFT_SIZES:
        raise IndexSizeError(
            f"fft_size {fft_size}: a power of two from {FFT_SIZES[0]} to {FFT_SIZES[-1]} is needed"
        )


def _check_range(low: float, high: float) -> None:
    if low >= high:
        raise IndexSizeError(f"min_decibels {low} is not below max_decibels {high}")


def _check_smoothing(smoothing: float) -> None:
    if not 0 <= smoothing <= 1:
        raise IndexSizeError(f"smoothing_time_constant {smoothing}: 0 to 1 are offered")

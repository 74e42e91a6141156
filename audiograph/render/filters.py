"""What recursive filters have in common: channels that remember, a tail, a frequency response."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from audiograph.arrays import check_fillable, floats
from audiograph.errors import InvalidAccessError
from audiograph.render.mixing import convert
from audiograph.render.processor import Block, Processor, Samples, Signal, Silence

Memory = NDArray[np.float64]
"""What a filter remembers, shape (channels, numbers); all zero where the past is over."""

# -180 dB: two channels that remember the same to within this are one.
_ALIKE = 1e-9


class FilterProcessor(Processor):
    """Filters each channel alike and apart; sounds on until what it remembers has died away.

    The output has as many channels as the input, or as what is remembered of a wider one.
    Subclasses do the filtering, in which a decaying memory must become zero.

    https://webaudio.github.io/web-audio-api/#channels-tail-time

    Parameters
    ----------
    size : int
        How many numbers are remembered of each channel.
    quantum : int
        Frames of a render quantum.
    """

    def __init__(self, size: int, quantum: int) -> None:
        self._memory: Memory = np.zeros((0, size))
        self._quantum = quantum

    def process(self, block: Block) -> Sequence[Signal]:
        (signal,) = block.inputs
        if isinstance(signal, Silence):
            given, samples = 0, np.zeros((1, block.frames), np.float32)
        else:
            given, samples = signal.shape[0], signal
        if 0 < given < len(self._memory):
            # Each quantum may be the last one that is wider than what comes in.
            block.shorten(self._quantum)
            samples = samples[:, : self._quantum]
        frames = block.frames
        # By the text: "… the number of output channels MUST increase immediately."
        width = max(len(samples), len(self._memory))
        memory = _widen(self._memory, width)
        out = np.empty((width, frames), np.float32)
        remembering = self.filter(block, convert(samples, width, "speakers"), memory, out)
        self._memory = _kept(memory, given)
        self.sounding = len(self._memory) > 0
        if not given and remembering < frames:
            # The tail is over with the quantum in which nothing is remembered any more.
            block.shorten(remembering + self._quantum)
            out = out[:, : block.frames]
        return (out,)

    def filter(self, block: Block, samples: Samples, memory: Memory, out: Samples) -> int:
        """Fill `out` with the filtered `samples`, and bring `memory` up to date.

        Each has the same number of channels; the last two are contiguous. Returns after how many
        frames, a whole number of quanta, something was remembered for the last time.
        """
        raise NotImplementedError


def _kept(memory: Memory, given: int) -> Memory:
    """Return what has to be remembered after a block, whose input had `given` channels.

    By the text: "… the change in output channel count MUST happen when the input that was
    received with greater channel count no longer affects the output."
    """
    if not memory.any():
        return memory[:0]
    if 0 < given < len(memory):
        narrow: Memory = memory[_up_mix(given, len(memory)).argmax(axis=0)]
        difference = np.abs(_widen(narrow, len(memory)) - memory)
        if np.max(difference) <= _ALIKE * np.max(np.abs(memory)):
            return narrow
    return memory


def write_frequency_response(
    feedforward: ArrayLike,
    feedback: ArrayLike,
    sample_rate: float,
    frequency_hz: ArrayLike,
    mag_response: NDArray[np.float32],
    phase_response: NDArray[np.float32],
) -> None:
    """Fill the last two arrays with a filter's linear gain and its phase at `frequency_hz`.

    All three are of shape (frequencies,), the phase is in radians, and both are NaN for what is
    not within 0 … `sample_rate` / 2. Raises InvalidAccessError for arrays of different lengths,
    TypeError for what is no float32 array or is read-only.
    """
    check_fillable("mag_response", mag_response, np.float32)
    check_fillable("phase_response", phase_response, np.float32)
    hertz = floats("frequency_hz", frequency_hz).astype(np.float64)
    lengths = [len(hertz), len(mag_response), len(phase_response)]
    if len(set(lengths)) > 1:
        raise InvalidAccessError(
            "frequency_hz, mag_response and phase_response must have one length, not "
            f"{', '.join(map(str, lengths))}"
        )
    # By the text: "If a value in the frequencyHz parameter is not within [0, sampleRate/2] … the
    # corresponding value … MUST be NaN."
    hertz[~((hertz >= 0) & (hertz <= sample_rate / 2))] = np.nan
    with np.errstate(all="ignore"):
        delay = np.exp(-2j * np.pi * hertz / sample_rate)
        response = _polynomial(feedforward, delay) / _polynomial(feedback, delay)
        mag_response[:] = np.abs(response)
        phase_response[:] = np.angle(response)


def _polynomial(
    coefficients: ArrayLike, variable: NDArray[np.complex128]
) -> NDArray[np.complex128]:
    values: NDArray[np.complex128] = np.polynomial.polynomial.polyval(
        variable, np.asarray(coefficients)
    )
    return values


def _up_mix(count: int, width: int) -> Samples:
    """Return the matrix of zeros and ones, shape (width, count), that up-mixes channels."""
    return convert(np.eye(count, dtype=np.float32), width, "speakers")


def _widen(memory: Memory, width: int) -> Memory:
    """Return what would be remembered if what came in before had been up-mixed to `width`."""
    if len(memory) == width:
        return memory
    if len(memory) == 0:
        return np.zeros((width, memory.shape[1]))
    matrix = _up_mix(len(memory), width)
    taken: Memory = memory[matrix.argmax(axis=1)]
    taken[~matrix.any(axis=1)] = 0
    return taken

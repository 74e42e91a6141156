"""IIRFilterNode: a recursive filter of any order up to 19, given by its coefficients."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from audiograph.arrays import finite_floats
from audiograph.errors import InvalidStateError, NotSupportedError
from audiograph.node import AudioNode, AudioNodeOptions
from audiograph.render.filter_kernels import biquad, iir
from audiograph.render.filters import FilterProcessor, Memory, write_frequency_response
from audiograph.render.processor import Block, Samples

MAX_COEFFICIENTS = 20
"""How many coefficients there may be in each of the two sequences."""


@dataclass(frozen=True, kw_only=True)
class IIRFilterOptions(AudioNodeOptions):
    """What an IIRFilterNode is made from: 1 to 20 coefficients each.

    https://webaudio.github.io/web-audio-api/#IIRFilterOptions
    """

    feedforward: Sequence[float]
    feedback: Sequence[float]


class IIRFilterNode(AudioNode[IIRFilterOptions]):
    """Filter each channel by a recursive filter whose coefficients never change.

    With b for `feedforward` and a for `feedback`: a0 y(n) + a1 y(n-1) + … = b0 x(n) + b1 x(n-1) + …

    Raises NotSupportedError unless there are 1 to 20 of each, InvalidStateError where the first of
    `feedback` or all of `feedforward` are zero, TypeError for what are no finite numbers.

    https://webaudio.github.io/web-audio-api/#IIRFilterNode
    """

    def _make_processor(self, options: IIRFilterOptions) -> IIRFilterProcessor:
        self._feedforward = _coefficients("feedforward", options.feedforward)
        self._feedback = _coefficients("feedback", options.feedback)
        # By the text: "If all of the values are zero, an InvalidStateError MUST be thrown."
        if not self._feedforward.any():
            raise InvalidStateError("feedforward is zero throughout: nothing would come out")
        # "If the first element of the array is 0, an InvalidStateError MUST be thrown."
        if self._feedback[0] == 0:
            raise InvalidStateError("feedback begins with 0, by which everything is divided")
        return IIRFilterProcessor(
            self._feedforward, self._feedback, self._context.render_quantum_size
        )

    def get_frequency_response(
        self,
        frequency_hz: ArrayLike,
        mag_response: NDArray[np.float32],
        phase_response: NDArray[np.float32],
    ) -> None:
        """Fill two arrays with the linear gain and the phase, in radians, at `frequency_hz`.

        All three are of shape (frequencies,), the two of float32; they become NaN for what is not
        within 0 … sample_rate / 2. Raises InvalidAccessError for arrays of different lengths,
        TypeError for what is no such array.

        https://webaudio.github.io/web-audio-api/#dom-iirfilternode-getfrequencyresponse
        """
        write_frequency_response(
            self._feedforward,
            self._feedback,
            self._context.sample_rate,
            frequency_hz,
            mag_response,
            phase_response,
        )


class IIRFilterProcessor(FilterProcessor):
    """Up to the second order a biquad, which is several times as fast."""

    def __init__(
        self, feedforward: NDArray[np.float64], feedback: NDArray[np.float64], quantum: int
    ) -> None:
        length = max(3, len(feedforward), len(feedback))
        self._feedforward, self._feedback = np.zeros((2, length))
        with np.errstate(over="ignore"):
            self._feedforward[: len(feedforward)] = feedforward / feedback[0]
            self._feedback[: len(feedback)] = feedback / feedback[0]
        self._biquad: NDArray[np.float64] | None = None
        if length == 3:
            self._biquad = np.array([[*self._feedforward, *self._feedback[1:]]]).T.copy()
        super().__init__(length - 1 if self._biquad is None else 4, quantum)

    def filter(self, block: Block, samples: Samples, memory: Memory, out: Samples) -> int:
        if self._biquad is not None:
            return biquad(samples, self._biquad, block.quantum, memory, out)
        return iir(samples, self._feedforward, self._feedback, block.quantum, memory, out)


def _coefficients(name: str, given: Sequence[float]) -> NDArray[np.float64]:
    """Return a copy of coefficients; raise TypeError for none, NotSupportedError for too many."""
    numbers: NDArray[np.float64] = finite_floats(name, given, np.float64).copy()
    # By the text: "A NotSupportedError MUST be thrown if the array length is 0 or greater than 20."
    if not 1 <= len(numbers) <= MAX_COEFFICIENTS:
        raise NotSupportedError(
            f"{len(numbers)} coefficients in {name}: 1 to {MAX_COEFFICIENTS} are offered"
        )
    return numbers

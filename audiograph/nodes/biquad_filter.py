"""BiquadFilterNode: filters of the second order, for tone and sweeps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import log10, sqrt
from typing import Final, Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from audiograph.node import AudioNode, AudioNodeOptions
from audiograph.param import MOST_CENTS, MOST_POSITIVE, NYQUIST, Param
from audiograph.render.filter_kernels import biquad, biquad_coefficients, swept_biquad
from audiograph.render.filters import FilterProcessor, Memory, write_frequency_response
from audiograph.render.processor import Block, ParamValue, Samples
from audiograph.values import choice

BiquadFilterType = Literal[
    "lowpass", "highpass", "bandpass", "lowshelf", "highshelf", "peaking", "notch", "allpass"
]

TYPES: Final[tuple[BiquadFilterType, ...]] = get_args(BiquadFilterType)

# 10^(gain / 40) and 10^(Q / 20) are finite in a float32 up to here.
# NB: the text has "≈ 1541" for the gain; browsers take the logarithm of a float32.
_GAIN_LIMIT = float(np.float32(40) * np.log10(np.float32(MOST_POSITIVE)))
_Q_LIMIT = 20 * log10(MOST_POSITIVE)

# Frames, at least, whose coefficients are computed at a time.
_STRETCH = 256


@dataclass(frozen=True, kw_only=True)
class BiquadFilterOptions(AudioNodeOptions):
    """What a BiquadFilterNode is made from: the first values of its attributes.

    https://webaudio.github.io/web-audio-api/#BiquadFilterOptions
    """

    type: BiquadFilterType = "lowpass"
    q: float = 1.0
    detune: float = 0.0
    frequency: float = 350.0
    gain: float = 0.0


class BiquadFilterNode(AudioNode[BiquadFilterOptions]):
    """Filter each channel by a filter of the second order: for tone, and for sweeps.

    Its frequency is frequency · 2^(detune / 1200) Hz, limited to 0 … sample_rate / 2. What the
    parameters mean depends on `type`:

    - "lowpass", "highpass": 12 dB per octave beyond `frequency`; `q` is the resonance there, in dB;
    - "bandpass", "notch": only, or all but, a band around `frequency`, the narrower the larger `q`;
    - "allpass": only phases change, by half a turn at `frequency`, the more steeply the larger `q`;
    - "peaking": a band around `frequency`, the narrower the larger `q`, is made louder by `gain`;
    - "lowshelf", "highshelf": what is below, or above, `frequency` is made louder by `gain`.

    https://webaudio.github.io/web-audio-api/#BiquadFilterNode
    """

    frequency = Param(
        "Where the filter acts: a corner or the middle of a band.",
        unit="Hz",
        minimum=0.0,
        maximum=NYQUIST,
    )
    detune = Param(
        "How far `frequency` is moved; 1200 are an octave.",
        unit="cents",
        minimum=-MOST_CENTS,
        maximum=MOST_CENTS,
    )
    q = Param(
        "How narrow or resonant the filter is; the shelves have none.",
        unit='dB for "lowpass" and "highpass", else frequency over bandwidth',
    )
    gain = Param(
        'How much louder "peaking" and the shelves make their part; the others have none.',
        unit="dB",
        maximum=_GAIN_LIMIT,
    )
    _processor: BiquadFilterProcessor

    def _make_processor(self, options: BiquadFilterOptions) -> BiquadFilterProcessor:
        self._type = options.type
        return BiquadFilterProcessor(
            options.type, self._context.sample_rate, self._context.render_quantum_size
        )

    @property
    def type(self) -> BiquadFilterType:
        """The kind of filter, as above; "lowpass" by default. Raises TypeError for any other.

        https://webaudio.github.io/web-audio-api/#dom-biquadfilternode-type
        """
        return self._type

    @type.setter
    def type(self, type: BiquadFilterType) -> None:
        self._type = choice("type", type, TYPES)
        self._context._post(self._processor.set_type, type)

    def get_frequency_response(
        self,
        frequency_hz: ArrayLike,
        mag_response: NDArray[np.float32],
        phase_response: NDArray[np.float32],
    ) -> None:
        """Fill two arrays with the linear gain and the phase, in radians, at `frequency_hz`.

        All three are of shape (frequencies,), the two of float32; they become NaN for what is not
        within 0 … sample_rate / 2. The filter is that of the parameters' current values. Raises
        InvalidAccessError for arrays of different lengths, TypeError for what is no such array.

        https://webaudio.github.io/web-audio-api/#dom-biquadfilternode-getfrequencyresponse
        """
        values = {name: param.value for name, param in self._params.items()}
        rate = self._context.sample_rate
        b0, b1, b2, a1, a2 = coefficients(self._type, values, rate)[:, 0]
        write_frequency_response(
            (b0, b1, b2), (1.0, a1, a2), rate, frequency_hz, mag_response, phase_response
        )


class BiquadFilterProcessor(FilterProcessor):
    """Remembers the last two frames that came in and went out (the direct form I)."""

    def __init__(self, type: BiquadFilterType, sample_rate: float, quantum: int) -> None:
        super().__init__(4, quantum)
        self._type = type
        self._sample_rate = sample_rate
        # What the coefficients were computed for, where all of it was constant.
        self._settings: tuple[object, ...] = ()
        self._coefficients = np.empty((5, 1))
        # Room for those of a stretch, where it is not.
        self._stretch = np.empty((5, 0))

    def set_type(self, type: BiquadFilterType) -> None:
        """Be another kind of filter, which takes over what the last one remembers."""
        self._type = type

    def filter(self, block: Block, samples: Samples, memory: Memory, out: Samples) -> int:
        params, quantum = block.params, block.quantum
        if all(isinstance(value, float) for value in params.values()):
            settings = (self._type, *params.values())
            if settings != self._settings:
                self._coefficients = coefficients(self._type, params, self._sample_rate)
                self._settings = settings
            return biquad(samples, self._coefficients, quantum, memory, out)
        if not self._stretch.size:
            self._stretch = np.empty((5, -(-_STRETCH // quantum) * quantum))
        return swept_biquad(
            samples,
            *_characteristics(self._type, params, block.frames),
            self._sample_rate / 2,
            self._stretch,
            quantum,
            memory,
            out,
        )


def coefficients(
    type: BiquadFilterType, params: Mapping[str, ParamValue], sample_rate: float
) -> NDArray[np.float64]:
    """Return b0, b1, b2, a1 and a2 over a0, shape (5, 1), where all parameters are constant."""
    out = np.empty((5, 1))
    # NB: a frequency far beyond the range overflows on the way to what it is limited to.
    with np.errstate(all="ignore"):
        biquad_coefficients(*_characteristics(type, params, 1), sample_rate / 2, out)
    return out


def _characteristics(
    type: BiquadFilterType, params: Mapping[str, ParamValue], frames: int
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return mix, damping and frequencies, as `biquad_coefficients` takes them.

    https://webaudio.github.io/web-audio-api/#filters-characteristics
    """
    values = {name: np.asarray(value) for name, value in params.items()}
    # By the text: "computedFrequency(t) = frequency(t) * pow(2, detune(t) / 1200)", of which "the
    # nominal range … is [0, Nyquist frequency]".
    hertz = np.empty(frames)
    octaves = np.divide(values["detune"], 1200, dtype=np.float64)
    np.multiply(values["frequency"], np.exp2(octaves), out=hertz)
    damping = np.atleast_1d(_damping(type, values["q"].astype(np.float64)))
    return _mix(type, values["gain"].astype(np.float64)), damping, hertz


def _damping(type: BiquadFilterType, q: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return what the sine of ω0 is multiplied with for the text's α."""
    if type in ("lowshelf", "highshelf"):
        # "αS = sin ω0 / 2 · √((A + 1/A) (1/S - 1) + 2)", with "S = 1"
        return np.array(sqrt(2) / 2)
    if type in ("lowpass", "highpass"):
        # "αQdB = sin ω0 / (2 · 10^(Q/20))", where "the nominal range is [-Qlim, Qlim]"
        return 0.5 * np.power(10.0, np.clip(q, -_Q_LIMIT, _Q_LIMIT) / -20)
    # "αQ = sin ω0 / 2Q", where "the nominal range is [0, 3.4028235e38]"
    with np.errstate(divide="ignore"):
        return np.divide(0.5, np.maximum(q, 0.0))


def _mix(type: BiquadFilterType, gain: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return how the coefficients follow from cos ω0 and α, as `biquad_coefficients` takes it."""
    if type not in ("peaking", "lowshelf", "highshelf"):
        return np.array(_MIXES[type], np.float64)[:, np.newaxis]
    # By the text: "A = 10^(G/40)".
    # NB: limited below as well, since there is no filter for a gain of zero.
    a = np.power(10.0, np.maximum(gain, -_GAIN_LIMIT) / 40)
    root = np.sqrt(a)
    rows: tuple[ArrayLike, ...]
    if type == "peaking":
        rows = (1, 0, a, 0, -2, 1, 0, 1 / a, 0, -2)
    elif type == "lowshelf":
        rows = (
            *(a * (a + 1), -a * (a - 1), 2 * a * root, 2 * a * (a - 1), -2 * a * (a + 1)),
            *(a + 1, a - 1, 2 * root, -2 * (a - 1), -2 * (a + 1)),
        )
    else:
        rows = (
            *(a * (a + 1), a * (a - 1), 2 * a * root, -2 * a * (a - 1), -2 * a * (a + 1)),
            *(a + 1, -(a - 1), 2 * root, 2 * (a - 1), -2 * (a + 1)),
        )
    mix = np.empty((len(rows), a.size))
    for row, value in zip(mix, rows, strict=True):
        row[:] = value
    return mix


# (1, cos ω0, α) of b0, (1, cos ω0) of b1; (1, cos ω0, α) of a0, (1, cos ω0) of a1. In b2 and a2, α
# has the other sign.
_MIXES: Final[dict[BiquadFilterType, tuple[float, ...]]] = {
    "lowpass": (0.5, -0.5, 0, 1, -1, 1, 0, 1, 0, -2),
    "highpass": (0.5, 0.5, 0, -1, -1, 1, 0, 1, 0, -2),
    "bandpass": (0, 0, 1, 0, 0, 1, 0, 1, 0, -2),
    "notch": (1, 0, 0, 0, -2, 1, 0, 1, 0, -2),
    "allpass": (1, 0, -1, 0, -2, 1, 0, 1, 0, -2),
}

"""PeriodicWave: a wave for oscillators, by its partials.

https://webaudio.github.io/web-audio-api/#PeriodicWave
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, overload

import numpy as np
from numpy.typing import NDArray

from audiograph.arrays import finite_floats
from audiograph.errors import IndexSizeError
from audiograph.host import NodeHost
from audiograph.options import read_options, takes
from audiograph.render.wavetable import make_wavetable, period_frames

Terms = Sequence[float] | NDArray[np.floating[Any]]
"""The terms of a Fourier series, from 0 Hz on: finite numbers."""


@dataclass(frozen=True, kw_only=True)
class PeriodicWaveConstraints:
    """How a wave is scaled: so that its peak is 1, or as its terms say.

    https://webaudio.github.io/web-audio-api/#PeriodicWaveConstraints
    """

    disable_normalization: bool = False


@dataclass(frozen=True, kw_only=True)
class PeriodicWaveOptions(PeriodicWaveConstraints):
    """What a PeriodicWave is made from: cosine terms, `real`, and sine terms, `imag`.

    https://webaudio.github.io/web-audio-api/#PeriodicWaveOptions
    """

    real: Terms | None = None
    imag: Terms | None = None


@takes(PeriodicWaveOptions)
class PeriodicWave:
    """One period of a wave, as a Fourier series: x(t) = Σ real[k] cos 2πkt + imag[k] sin 2πkt.

    Index 1 is the fundamental; index 0 counts as 0. One of the two left out is all zeros; without
    both it is a sine. Terms from half a table's length on (2048 at 48 kHz) are not heard. Unless
    `disable_normalization` is set, the wave is scaled to a peak of 1.

    Takes the context that it is used in, and a `PeriodicWaveOptions` or its fields as keywords.
    Raises IndexSizeError unless `real` and `imag` have the same length of 2 or more, TypeError for
    what is no finite number.

    https://webaudio.github.io/web-audio-api/#PeriodicWave
    """

    @overload
    def __init__(self, context: NodeHost, options: PeriodicWaveOptions) -> None: ...
    @overload
    def __init__(
        self,
        context: NodeHost,
        *,
        real: Terms | None = None,
        imag: Terms | None = None,
        disable_normalization: bool = False,
    ) -> None: ...
    def __init__(
        self, context: NodeHost, options: PeriodicWaveOptions | None = None, **fields: Any
    ) -> None:
        if not isinstance(context, NodeHost):
            raise TypeError(f"PeriodicWave needs a context first, not {type(context).__name__}")
        given = read_options(PeriodicWaveOptions, options, fields)
        real = None if given.real is None else finite_floats("real", given.real)
        imag = None if given.imag is None else finite_floats("imag", given.imag)
        if real is None and imag is None:
            # By the text: "Set element at index 1 of [[imag]] to 1."
            imag = np.array([0, 1], np.float32)
        cosines = np.zeros_like(imag) if real is None else real
        sines = np.zeros_like(cosines) if imag is None else imag
        # By the text: "If the lengths of options.real and options.imag are different or if either
        # length is less than 2, throw an IndexSizeError …"
        if len(cosines) != len(sines):
            raise IndexSizeError(
                f"real has {len(cosines)} terms and imag {len(sines)}: the same number is needed"
            )
        if len(cosines) < 2:
            raise IndexSizeError(f"{len(cosines)} terms: at least 2 are needed")
        self._context = context
        self._wavetable = make_wavetable(
            cosines,
            sines,
            period_frames(context.sample_rate),
            normalize=not given.disable_normalization,
        )

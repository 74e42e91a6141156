import numpy as np
from numpy.typing import NDArray

COMPILED: bool

def biquad_coefficients(
    mix: NDArray[np.float64],
    damping: NDArray[np.float64],
    hertz: NDArray[np.float64],
    nyquist: float,
    out: NDArray[np.float64],
) -> None: ...
def biquad(
    signal: NDArray[np.float32],
    coefficients: NDArray[np.float64],
    quantum: int,
    state: NDArray[np.float64],
    out: NDArray[np.float32],
) -> int: ...
def swept_biquad(
    signal: NDArray[np.float32],
    mix: NDArray[np.float64],
    damping: NDArray[np.float64],
    hertz: NDArray[np.float64],
    nyquist: float,
    coefficients: NDArray[np.float64],
    quantum: int,
    state: NDArray[np.float64],
    out: NDArray[np.float32],
) -> int: ...
def iir(
    signal: NDArray[np.float32],
    feedforward: NDArray[np.float64],
    feedback: NDArray[np.float64],
    quantum: int,
    state: NDArray[np.float64],
    out: NDArray[np.float32],
) -> int: ...

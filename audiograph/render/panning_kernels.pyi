import numpy as np
from numpy.typing import NDArray

COMPILED: bool

def convolve(
    signal: NDArray[np.float32],
    taps: NDArray[np.float32],
    sums: NDArray[np.float32],
    out: NDArray[np.float32],
) -> None: ...

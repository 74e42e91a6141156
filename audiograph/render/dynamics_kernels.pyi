import numpy as np
from numpy.typing import NDArray

COMPILED: bool

def follow(
    levels: NDArray[np.float32],
    bits: NDArray[np.int32],
    gains: NDArray[np.float32],
    shapes: NDArray[np.float64],
    versions: NDArray[np.int32],
    cells: NDArray[np.float32],
    filled: NDArray[np.int32],
    times: NDArray[np.float32],
    state: NDArray[np.float32],
    detector_frames: float,
    slowest_rate: float,
    meter_frames: float,
    quantum: int,
    quiet: int,
    tail: float,
) -> int: ...

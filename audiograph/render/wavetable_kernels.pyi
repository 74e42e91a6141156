import numpy as np
from numpy.typing import NDArray

COMPILED: bool

def read_steady(
    rows: NDArray[np.float32],
    row: int,
    fade: float | np.float32,
    step: float | np.float32,
    out: NDArray[np.float32],
    phase: float,
    first: int,
    quantum: int,
    cells: NDArray[np.int32],
) -> float: ...
def read_swept(
    rows: NDArray[np.float32],
    positions: NDArray[np.float32],
    steps: NDArray[np.float32],
    out: NDArray[np.float32],
    phase: float,
    first: int,
    quantum: int,
) -> float: ...

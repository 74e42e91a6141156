import numpy as np
from numpy.typing import NDArray

COMPILED: bool
FRACTION_BITS: int
LINEAR_STEP: float

def read_row(row: NDArray[np.float32], out: NDArray[np.float32], phase: int, step: int) -> None: ...
def read_rows(
    rows: NDArray[np.float32],
    positions: NDArray[np.float32],
    steps: NDArray[np.float32],
    out: NDArray[np.float32],
    phase: int,
) -> int: ...

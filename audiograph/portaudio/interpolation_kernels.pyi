import numpy as np
from numpy.typing import NDArray

def interpolate_into(
    samples: NDArray[np.float32],
    positions: NDArray[np.float64],
    table: NDArray[np.float32],
    out: NDArray[np.float32],
) -> None: ...

import numpy as np
from numpy.typing import NDArray

COMPILED: bool

def shape(
    samples: NDArray[np.float32], curve: NDArray[np.float32], cells: NDArray[np.int32]
) -> None: ...

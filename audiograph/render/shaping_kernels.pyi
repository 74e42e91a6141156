import numpy as np
from numpy.typing import NDArray

COMPILED: bool

def shape(
    samples: NDArray[np.float32], curve: NDArray[np.float32], out: NDArray[np.float32]
) -> None: ...

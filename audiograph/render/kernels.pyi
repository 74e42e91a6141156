import numpy as np
from numpy.typing import NDArray

COMPILED: bool

def play_linear(
    source: NDArray[np.float32],
    out: NDArray[np.float32],
    position: float,
    rate: float,
    loop_start: float,
    loop_end: float,
) -> tuple[int, float]: ...
def faint_quanta(samples: NDArray[np.float32], quantum: int, least: float) -> tuple[bool, int]: ...

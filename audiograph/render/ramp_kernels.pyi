import numpy as np
from numpy.typing import NDArray

COMPILED: bool

def fill_line(
    out: NDArray[np.float32],
    offset: float,
    rise: float,
    speed: float,
    first: float,
    step: float,
) -> None: ...
def fill_exponential(
    out: NDArray[np.float32],
    offset: float,
    coarse: NDArray[np.float64],
    fine: NDArray[np.float64],
    first: int,
) -> None: ...
def fill_curve(
    out: NDArray[np.float32],
    points: NDArray[np.float32],
    offset: float,
    slope: float,
    first: float,
    step: float,
) -> None: ...

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
def sum_line(
    out: NDArray[np.float32],
    start: int,
    quantum: int,
    sample_rate: float,
    start_time: float,
    value: float,
    rise: float,
    speed: float,
) -> None: ...
def multiply_up(
    out: NDArray[np.float32],
    levels: NDArray[np.float32],
    factor: float,
    first: int,
    quantum: int,
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
    begins: NDArray[np.float64],
    slope: float,
    first: int,
    quantum: int,
) -> None: ...

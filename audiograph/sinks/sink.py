"""What every sink does: take samples until it is closed."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray


class Sink(Protocol):
    """The end of the way for samples: a file, a pipe, memory."""

    sample_rate: int
    """Frames per second that the sink expects."""

    channels: int
    """Channels that the sink expects."""

    def write(self, samples: NDArray[np.float32]) -> None:
        """Take `samples`, float32 of shape (channels, frames). May block; never called live."""

    def close(self) -> None:
        """Complete what was written, so that others can read it. Safe to call twice."""

    def abort(self) -> None:
        """Give up: leave no half-made result behind (a recording is kept as far as it got)."""

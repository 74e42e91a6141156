"""What every reader does: hand out samples until there are none left."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray


class Reader(Protocol):
    """A source of samples that is asked for them: a file, a pipe, a tone."""

    label: str
    """What a person calls it: the file's name, "stdin", "440 Hz tone"."""

    sample_rate: int
    """Frames per second."""

    channels: int
    """Channels of every block."""

    frames: int | None
    """Frames in all where that can be trusted, else None (a pipe, an endless tone)."""

    is_stream: bool
    """Whether it comes as it comes, like a pipe: reading may wait, and there is no going back."""

    def read(self, frames: int) -> NDArray[np.float32]:
        """Return the next `frames` frames, float32 of shape (channels, frames).

        Fewer only at the end of the audio, and none (shape (channels, 0)) after it. May block.
        """

    def seek(self, frame: int) -> int:
        """Go on from `frame`, or from the end where that comes first, and return which it is.

        In a stream by reading and dropping, forward only; NotSupportedError for what lies behind.
        """

    def close(self) -> None:
        """Let the file go. Safe to call twice."""

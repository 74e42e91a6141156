"""Resampling of a stream, chunk by chunk, by soxr."""

from __future__ import annotations

import numpy as np

from audiograph.render.processor import Samples


class Resampler:
    """Turns a stream of one rate into one of another, in constant memory.

    Quality is soxr's "HQ": a stop band 120 dB down, transparent for 16 bits and more.

    Parameters
    ----------
    source_rate, sample_rate : float
        Frames per second of what comes and of what goes.
    channels : int
        Channels of both.
    """

    def __init__(self, source_rate: float, sample_rate: float, channels: int) -> None:
        # NB: here, since loading soxr takes as long as loading numpy, and few routes need it.
        import soxr

        self._channels = channels
        self._stream = soxr.ResampleStream(
            source_rate, sample_rate, channels, dtype="float32", quality="HQ"
        )

    def process(self, samples: Samples) -> Samples:
        """Return what the frames so far make, shape (channels, frames): also none, or many."""
        return self._chunk(samples, last=False)

    def flush(self) -> Samples:
        """Return the rest, when nothing more comes."""
        return self._chunk(np.zeros((self._channels, 0), np.float32), last=True)

    def _chunk(self, samples: Samples, *, last: bool) -> Samples:
        interleaved = np.ascontiguousarray(samples.T)
        out = self._stream.resample_chunk(interleaved, last=last)
        return np.ascontiguousarray(out.reshape(-1, self._channels).T)

"""Sound files for tests of the whole program, and noise to put into them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray
from rendered import RATE

Samples = NDArray[np.float32]


def noise(frames: int = RATE // 2, *, seed: int = 1, channels: int = 2) -> Samples:
    """Return noise that fits into 16 bits, so that every way of keeping it is exact."""
    whole = np.random.default_rng(seed).integers(-(2**15), 2**15, (channels, frames))
    return (whole / 2**15).astype(np.float32)


def write_file(path: Path, samples: Samples, rate: int = RATE, subtype: str = "PCM_16") -> Path:
    """Write samples of shape (channels, frames) to a sound file, and return its path."""
    soundfile.write(path, samples.T, rate, subtype=subtype)
    return path


def read_file(path: Path) -> Samples:
    """Return what is in a sound file, also while it grows: float32 of shape (channels, frames)."""
    return soundfile.read(path, dtype="float32", always_2d=True)[0].T

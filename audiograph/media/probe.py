"""What a sound file is and what is in it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

from audiograph.errors import NotSupportedError
from audiograph.media.files import open_file
from audiograph.media.riff import read_wave_header
from audiograph.media.sound import known_frames, open_sound

_STEP = 65536

# IMA, Microsoft's and the lossy codecs have no width of a sample.
_BITS = {"FLOAT": 32, "DOUBLE": 64, "ULAW": 8, "ALAW": 8}
_WIDTHS = {"S8": 8, "U8": 8, "16": 16, "20": 20, "24": 24, "32": 32}


@dataclass(frozen=True)
class Levels:
    """What was measured of one channel, with 1.0 as full scale."""

    peak: float
    """The largest absolute value."""

    rms: float
    """The root of the mean square."""

    dc: float
    """The mean."""

    not_finite: int
    """How many samples are NaN or infinite; the other figures leave them out."""


@dataclass(frozen=True)
class FileInfo:
    """All that can be told of a sound file, which has been read from end to end."""

    path: Path
    size: int
    """Bytes."""

    container: str
    """libsndfile's short name: "WAV"."""

    container_name: str
    """The long one: "WAV (Microsoft)"."""

    subtype: str
    """libsndfile's name of the encoding: "PCM_16"."""

    subtype_name: str
    """The long one: "Signed 16 bit PCM"."""

    sample_rate: int
    channels: int
    frames: int
    """How many there are, counted."""

    header_frames: int | None
    """How many the header claims, None where it claims nothing."""

    bits: int | None
    """Width of a sample, None where the encoding has none."""

    tags: dict[str, str]
    """Title, artist, comment and so on, as far as libsndfile knows them."""

    levels: tuple[Levels, ...]
    """One for each channel."""

    @property
    def duration(self) -> float:
        """Seconds."""
        return self.frames / self.sample_rate


def probe(path: str | Path) -> FileInfo:
    """Read the file at `path` from end to end, in constant memory, and return what it is.

    Raises what `audiograph.media.files.open_file` raises, and NotSupportedError for a pipe.
    """
    path = Path(path)
    if path.exists() and not path.is_file() and not path.is_dir():
        raise NotSupportedError(f"'{path}' is no file that can be read twice; copy it to one")
    reader = open_file(path)
    try:
        meter = _Meter(reader.channels)
        while (block := reader.read(_STEP)).shape[1]:
            meter.add(block)
    finally:
        reader.close()
    with path.open("rb") as file, open_sound(file.fileno(), path.name) as sound:
        return FileInfo(
            path=path,
            size=path.stat().st_size,
            container=sound.format,
            container_name=sound.format_info,
            subtype=sound.subtype,
            subtype_name=sound.subtype_info,
            sample_rate=reader.sample_rate,
            channels=reader.channels,
            frames=meter.frames,
            header_frames=_header_frames(path, sound),
            bits=_BITS.get(sound.subtype) or _WIDTHS.get(sound.subtype.split("_")[-1]),
            tags=sound.copy_metadata(),
            levels=meter.levels(),
        )


class _Meter:
    """Adds up a signal's figures block by block, in float64."""

    def __init__(self, channels: int) -> None:
        self.frames = 0
        self._peak = np.zeros(channels)
        self._sum = np.zeros(channels)
        self._squares = np.zeros(channels)
        self._not_finite = np.zeros(channels, np.int64)

    def add(self, block: NDArray[np.float32]) -> None:
        self.frames += block.shape[1]
        if not (finite := np.isfinite(block)).all():
            self._not_finite += (~finite).sum(axis=1)
            block = np.where(finite, block, np.float32(0))
        exact = block.astype(np.float64)
        np.maximum(self._peak, np.abs(block).max(axis=1), out=self._peak)
        self._sum += exact.sum(axis=1)
        self._squares += np.einsum("cf,cf->c", exact, exact)

    def levels(self) -> tuple[Levels, ...]:
        counts = np.maximum(self.frames - self._not_finite, 1)
        return tuple(
            Levels(float(peak), float(rms), float(dc), int(not_finite))
            for peak, rms, dc, not_finite in zip(
                self._peak,
                np.sqrt(self._squares / counts),
                self._sum / counts,
                self._not_finite,
                strict=True,
            )
        )


def _header_frames(path: Path, sound: soundfile.SoundFile) -> int | None:
    # libsndfile corrects what a WAV header says by the file's size; here the header has the word.
    with path.open("rb") as file:
        header = read_wave_header(file.read)
    if header is not None and header.subtype is not None:
        return header.frames
    return known_frames(sound)

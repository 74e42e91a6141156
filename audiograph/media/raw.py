"""Samples without a header, and what one must know to read them."""

from __future__ import annotations

from dataclasses import dataclass

from audiograph.sinks.encoding import RawEncoding

__all__ = ["HIGHEST_RATE", "MOST_CHANNELS", "RawEncoding", "RawFormat"]

HIGHEST_RATE = 2**31 - 1
MOST_CHANNELS = 1024
"""What libsndfile takes."""


@dataclass(frozen=True)
class RawFormat:
    """How samples without a header are to be read."""

    encoding: RawEncoding
    sample_rate: int = 48000
    channels: int = 2

    def __post_init__(self) -> None:
        if not (0 < self.sample_rate <= HIGHEST_RATE and 0 < self.channels <= MOST_CHANNELS):
            raise ValueError(
                f"raw samples of {self.channels} channels at {self.sample_rate} Hz; both are whole "
                f"numbers above 0, up to {MOST_CHANNELS} channels and {HIGHEST_RATE} Hz"
            )

    @property
    def subtype(self) -> str:
        """The encoding's name in libsndfile."""
        return {"f32le": "FLOAT", "s16le": "PCM_16", "s24le": "PCM_24"}[self.encoding]

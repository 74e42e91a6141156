"""Samples without a header, and what one must know to read them."""

from __future__ import annotations

from dataclasses import dataclass

from audiograph.sinks.encoding import RawEncoding

__all__ = ["RawEncoding", "RawFormat"]


@dataclass(frozen=True)
class RawFormat:
    """How samples without a header are to be read."""

    encoding: RawEncoding
    sample_rate: int = 48000
    channels: int = 2

    def __post_init__(self) -> None:
        if self.sample_rate < 1 or self.channels < 1:
            raise ValueError(
                f"raw samples of {self.channels} channels at {self.sample_rate} Hz; "
                "both are whole numbers above 0"
            )

    @property
    def subtype(self) -> str:
        """The encoding's name in libsndfile."""
        return {"f32le": "FLOAT", "s16le": "PCM_16", "s24le": "PCM_24"}[self.encoding]

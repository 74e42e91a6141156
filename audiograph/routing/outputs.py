"""Where a route goes to."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from audiograph.portaudio import Device
    from audiograph.sinks.encoding import RawEncoding
    from audiograph.sinks.sink import Sink


@dataclass(frozen=True, kw_only=True)
class Encoding:
    """How files and pipes are written; None is what the name says, or the default."""

    container: str | None = None
    subtype: str | None = None
    raw: RawEncoding | None = None
    force: bool = False


@dataclass(frozen=True)
class DeviceOutput:
    """An output device."""

    device: Device


@dataclass(frozen=True)
class FileOutput:
    """A file, or, as ``-``, standard output."""

    path: str
    encoding: Encoding

    @property
    def is_pipe(self) -> bool:
        """Whether it is standard output."""
        return self.path == "-"

    def open(self, *, sample_rate: int, channels: int, recording: bool) -> Sink:
        """Return the sink; a recording can be played from the first moment on.

        Raises NotSupportedError for a format that is not offered, OSError where the file can't be
        written.
        """
        encoding = self.encoding
        if self.is_pipe:
            from audiograph.sinks.pipe import PipeSink

            return PipeSink(
                1,
                sample_rate=sample_rate,
                channels=channels,
                format=encoding.container or "WAV",
                subtype=encoding.subtype,
                raw=encoding.raw,
            )
        from audiograph.sinks.file import FileSink

        return FileSink(
            os.fspath(self.path),
            sample_rate=sample_rate,
            channels=channels,
            format=encoding.container,
            subtype=encoding.subtype,
            raw=encoding.raw,
            force=encoding.force,
            recording=recording,
        )


@dataclass(frozen=True)
class NoOutput:
    """Nowhere, in real time."""


Output = DeviceOutput | FileOutput | NoOutput

"""A sink that writes into a pipe: stdout, or any other descriptor."""

from __future__ import annotations

from contextlib import suppress

import numpy as np
from numpy.typing import NDArray

from audiograph.errors import InvalidStateError
from audiograph.sinks.descriptor import WatchedFile, named, rewritable_offset
from audiograph.sinks.encoded import EncodedWriter
from audiograph.sinks.encoding import RawEncoding
from audiograph.sinks.formats import RAW_FORMAT, WAVE_ENCODINGS, Format, stream_format_of
from audiograph.sinks.wave import WaveStreamWriter
from audiograph.sinks.writer import RawWriter, Writer, check_block, warn_of_clipping


class PipeSink:
    """Writes WAV, AU, FLAC, OGG, MP3 or raw samples into a descriptor, which stays open.

    A pipe cannot be gone back in, so the header of a WAV or AU stream gives no length. The default
    subtype keeps as much as the format can (floats in WAV and AU, 24 bits in FLAC), because what
    reads a pipe is mostly the next stage of processing, and each stage that clipped and rounded
    would do harm. Whole numbers are clipped and rounded to the nearest.

    Parameters
    ----------
    descriptor : int
        Where to write.
    sample_rate, channels : int
        Of what comes.
    format, subtype : str
        libsndfile's names of container and encoding, or "OPUS".
    raw : RawEncoding
        Write samples of this encoding without a header, whatever `format` says.

    Raises
    ------
    NotSupportedError
        The format is unknown, no stream, or does not take this rate or number of channels.
    BrokenPipeError
        Nobody reads the pipe any more; from `write` and `close` also.
    OSError
        The system does not take the data, because the disk is full, for example.
    """

    def __init__(
        self,
        descriptor: int,
        *,
        sample_rate: int,
        channels: int,
        format: str = "WAV",
        subtype: str | None = None,
        raw: RawEncoding | None = None,
    ) -> None:
        self.sample_rate = sample_rate
        self.channels = channels
        self._descriptor = descriptor
        self._name = "stdout" if descriptor == 1 else f"descriptor {descriptor}"
        chosen = stream_format_of(format, subtype) if raw is None else RAW_FORMAT
        chosen.check(sample_rate, channels)
        with named(f"to {self._name}"):
            self._writer: Writer | None = _open(descriptor, sample_rate, channels, chosen, raw)

    def write(self, samples: NDArray[np.float32]) -> None:
        check_block(samples, self.channels)
        if self._writer is None:
            raise InvalidStateError("the pipe is closed and takes no more samples")
        try:
            with named(f"to {self._name}"):
                self._writer.write(samples)
        except OSError:
            self.abort()
            raise

    def close(self) -> None:
        writer, self._writer = self._writer, None
        if writer is not None:
            with named(f"to {self._name}"):
                writer.close()
            warn_of_clipping(self._name, writer)

    def abort(self) -> None:
        # What has gone down a pipe cannot be called back.
        with suppress(OSError):
            self.close()


def _open(
    descriptor: int, sample_rate: int, channels: int, format: Format, raw: RawEncoding | None
) -> Writer:
    if raw is not None:
        return RawWriter(descriptor, channels=channels, encoding=raw)
    if format.container == "WAV":
        return WaveStreamWriter(
            descriptor,
            sample_rate=sample_rate,
            channels=channels,
            encoding=WAVE_ENCODINGS[format.subtype],
        )
    # "> file" is no pipe: there the header can be completed at the end.
    is_file = rewritable_offset(descriptor) == 0
    target = WatchedFile(descriptor) if is_file else descriptor
    return EncodedWriter(target, format, sample_rate=sample_rate, channels=channels)

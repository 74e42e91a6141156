"""Every format that libsndfile writes."""

from __future__ import annotations

import errno
import os

import numpy as np
import soundfile
from numpy.typing import NDArray

from audiograph import sndfile
from audiograph.errors import NotSupportedError
from audiograph.sinks.descriptor import WatchedFile, reader_has_gone
from audiograph.sinks.encoding import Encoder
from audiograph.sinks.formats import Format

_FLOATS = {"FLOAT", "DOUBLE", "VORBIS", "OPUS", "MPEG_LAYER_I", "MPEG_LAYER_II", "MPEG_LAYER_III"}
_BITS = {"S8": 8, "U8": 8, "8": 8, "12": 12, "20": 20, "24": 24, "32": 32}

_HEADER_KEPT = {"WAV", "WAVEX", "RF64", "W64", "AU", "AIFF", "CAF"}
# Where nothing is written, not even a header, before the first sample.
_MUTE = {"FLAC", "MP3", "OPUS"}

_RECORDING_BITRATE = 0.4  # of libsndfile's compression levels: 192 kbit/s at 44.1 and 48 kHz
_PAGE_LATENCY_MS = 200.0


class EncodedWriter:
    """Writes through libsndfile to a file, or to a pipe's descriptor.

    Parameters
    ----------
    target : WatchedFile or int
        A file; or the descriptor of a pipe, which libsndfile then knows it cannot go back in.
    format : Format
        Container and encoding.
    sample_rate, channels : int
        Of what comes. Raises NotSupportedError where the format does not take them.
    recording : bool
        Whether what is in the file must be readable at any moment.
    """

    def __init__(
        self,
        target: WatchedFile | int,
        format: Format,
        *,
        sample_rate: int,
        channels: int,
        recording: bool = False,
    ) -> None:
        if recording and format.subtype.startswith("ALAC"):
            raise NotSupportedError(
                f"{format} cannot be recorded: all of it is written at the end, so a crash "
                "would lose it; record FLAC, or PCM_24 in CAF"
            )
        options = {}
        if recording and format.container == "MP3":
            # Where the header with the length is missing, libsndfile takes the length from the
            # first frame's bit rate, and that is right only if the rate never changes.
            options = {"compression_level": _RECORDING_BITRATE, "bitrate_mode": "CONSTANT"}
        try:
            self._sound = soundfile.SoundFile(
                target,
                "w",
                sample_rate,
                channels,
                format.subtype,
                format=format.container,
                closefd=False,
                **options,
            )
        except soundfile.LibsndfileError as error:
            _check(target)
            raise NotSupportedError(
                f"libsndfile cannot write {format} with {channels} channels at {sample_rate} Hz: "
                f"{sndfile.reason(error)}"
            ) from error
        if recording and format.container in _HEADER_KEPT:
            sndfile.keep_header(self._sound)
        if recording and format.subtype == "OPUS":
            sndfile.set_page_latency(self._sound, _PAGE_LATENCY_MS)
        bits = None if format.subtype in _FLOATS else _BITS.get(format.subtype.split("_")[-1], 16)
        self._encoder = Encoder(channels, bits)
        self._channels = channels
        self._target = target
        self._flac: WatchedFile | None = None
        if recording and format.container == "FLAC" and isinstance(target, WatchedFile):
            self._flac = target
        self._frames = 0
        self._lacks_header = format.container in _MUTE or format.subtype in _MUTE

    @property
    def clipped(self) -> int:
        return self._encoder.clipped

    def write(self, samples: NDArray[np.float32]) -> None:
        for piece in self._encoder.encode(samples):
            self._lacks_header = False
            try:
                sndfile.write(self._sound, piece)
            finally:
                _check(self._target)
            self._frames += len(piece)
        if self._flac is not None and self._frames:
            _write_flac_length(self._flac.fileno(), self._frames)

    def close(self) -> None:
        try:
            if self._lacks_header:
                self.write(np.zeros((self._channels, 1), np.float32))
        finally:
            self._close_sound()

    def _close_sound(self) -> None:
        try:
            self._sound.close()
        except soundfile.LibsndfileError as error:
            _check(self._target)
            raise OSError(errno.EIO, sndfile.reason(error)) from error
        _check(self._target)


def _check(target: WatchedFile | int) -> None:
    """Raise what went wrong outside, which libsndfile tells in part at best."""
    if isinstance(target, WatchedFile):
        target.check()
    elif reader_has_gone(target):
        raise BrokenPipeError(errno.EPIPE, os.strerror(errno.EPIPE))


def _write_flac_length(descriptor: int, frames: int) -> None:
    """Let the header of an unfinished FLAC file count the whole blocks that are in it.

    Its encoder leaves 0 there until the end, which soundfile's own `read` takes for an endless
    file. https://www.rfc-editor.org/rfc/rfc9639#name-streaminfo
    """
    block = int.from_bytes(os.pread(descriptor, 2, 8))
    # The encoder writes a block when the frame after it has come.
    complete = max(frames - 1, 0) // block * block
    rate_and_bits = os.pread(descriptor, 1, 21)[0] & 0xF0
    os.pwrite(descriptor, ((rate_and_bits << 32) | complete).to_bytes(5), 21)

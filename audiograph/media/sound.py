"""A reader of whatever libsndfile decodes, from a file or a pipe."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import soundfile
from numpy.typing import NDArray

from audiograph import sndfile
from audiograph.errors import EncodingError, InvalidStateError, NotReadableError, NotSupportedError
from audiograph.media.aside import aside

_STEP = 16384  # frames at a time: small enough for the cache, large enough for numpy

# At an error in an MP3 libsndfile drops all that it was asked for, so it is asked for one frame of
# MPEG's at a time.
_MPEG_STEP = 1152

# What a lossy decoder gives depends on what it was given before; after so much it has settled.
_PREROLL = 16384
_LOSSY = {"VORBIS", "OPUS", "MPEG_LAYER_I", "MPEG_LAYER_II", "MPEG_LAYER_III"}

# Their values fit into 16 bits, and reading those is six times faster than reading floats.
_SHORT = {"PCM_16", "PCM_S8", "PCM_U8", "ULAW", "ALAW"}


def open_sound(descriptor: int, label: str, **options: Any) -> soundfile.SoundFile:
    """Return libsndfile's handle of what `descriptor` holds; the descriptor stays the caller's.

    `options` are those of `soundfile.SoundFile`. Raises EncodingError for what is no sound.
    """
    try:
        return soundfile.SoundFile(descriptor, closefd=False, **options)
    except soundfile.LibsndfileError as error:
        raise EncodingError(
            f"{label} is no sound file that can be decoded ({sndfile.reason(error)}); "
            "samples without a header need their encoding named, and come in at stdin"
        ) from error


def known_frames(sound: soundfile.SoundFile) -> int | None:
    """Return how long the header says the sound is, None where it says nothing."""
    frames: int = sound.frames
    return frames if frames != sndfile.ENDLESS else None


class SoundReader:
    """Reads samples from an open libsndfile handle, which it then owns.

    What cannot be decoded ends the audio there: of a truncated file comes what is there.

    Parameters
    ----------
    sound : soundfile.SoundFile
        Open for reading, at its beginning.
    label : str
        What a person calls it.
    frames : int or None
        Its length where that is known; else it is read until nothing more comes.
    limit : int or None
        Frames after which the audio ends although more bytes follow.
    is_stream : bool
        Whether there is no going back.
    release : callable
        Called once when the reader is closed.
    """

    def __init__(
        self,
        sound: soundfile.SoundFile,
        label: str,
        *,
        frames: int | None,
        limit: int | None = None,
        is_stream: bool = False,
        release: Callable[[], None] = lambda: None,
    ) -> None:
        self.label = label
        self.sample_rate: int = sound.samplerate
        self.channels: int = sound.channels
        self.frames = frames
        self.is_stream = is_stream
        self._sound = sound
        self._limit = limit
        self._release = release
        self._position = 0
        self._has_ended = False
        self._is_closed = False
        is_short = sound.subtype in _SHORT
        self._scale = np.float32(1 / 32768) if is_short else None
        self._step = _MPEG_STEP if sound.format == "MP3" else _STEP
        self._preroll = _PREROLL if sound.subtype in _LOSSY else 0
        self._buffer: NDArray[Any] = np.empty(
            (self._step, self.channels), np.int16 if is_short else np.float32
        )

    def read(self, frames: int) -> NDArray[np.float32]:
        if self._is_closed:
            raise InvalidStateError(f"{self.label} is closed; open it again to read on")
        blocks = [self._next(frames)]
        missing = frames - blocks[0].shape[1]
        while missing > 0 and not self._has_ended:
            blocks.append(self._next(missing))
            missing -= blocks[-1].shape[1]
        return blocks[0] if len(blocks) == 1 else np.concatenate(blocks, axis=1)

    def seek(self, frame: int) -> int:
        if frame < 0:
            raise ValueError(f"frame {frame} of {self.label}; the first is frame 0")
        if self.is_stream:
            if frame < self._position:
                raise NotSupportedError(
                    f"{self.label} cannot go back from frame {self._position} to {frame}; "
                    "save it to a file to move about in it"
                )
            aside(lambda: self._skip_to(frame))
        else:
            if self.frames is None:
                self._seek_handle(0)
            else:
                frame = min(frame, self.frames)
                self._seek_handle(max(frame - self._preroll, 0))
            self._skip_to(frame)
        return self._position

    def close(self) -> None:
        if not self._is_closed:
            self._is_closed = True
            self._sound.close()
            self._release()

    def _skip_to(self, frame: int) -> None:
        while self._position < frame and not self._has_ended:
            self._next(frame - self._position)

    def _next(self, frames: int) -> NDArray[np.float32]:
        """Return the next `frames` frames, or a step of them if that is less."""
        frames = min(frames, self._step)
        there = frames if self._limit is None else min(frames, self._limit - self._position)
        buffer = self._buffer[: 0 if self._has_ended else there]
        try:
            count = sndfile.read_into(self._sound, buffer)
        except OSError as error:
            raise NotReadableError(
                f"{self.label} does not deliver after frame {self._position}: {error.strerror}"
            ) from error
        self._position += count
        if count < frames:  # NB: after a fault libsndfile may have more, but an end is an end
            self._has_ended = True
        out = np.empty((self.channels, count), np.float32)
        # One channel at a time: numpy copies a transposed array three times slower.
        for channel, row in enumerate(out):
            if self._scale is None:
                row[:] = buffer[:count, channel]
            else:
                np.multiply(buffer[:count, channel], self._scale, out=row)
        return out

    def _seek_handle(self, frame: int) -> None:
        try:
            self._position = self._sound.seek(frame)
            self._has_ended = False
        except soundfile.LibsndfileError as error:
            raise NotReadableError(
                f"{self.label} cannot be read from frame {frame} on: {sndfile.reason(error)}"
            ) from error

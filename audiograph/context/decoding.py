"""decode_audio_data: from a sound file in memory to an AudioBuffer.

https://webaudio.github.io/web-audio-api/#dom-baseaudiocontext-decodeaudiodata
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from io import SEEK_SET, BytesIO
from typing import TypeVar

import numpy as np

from audiograph.buffer import MAX_CHANNELS, SAMPLE_RATES, AudioBuffer
from audiograph.errors import DataCloneError, DOMException, EncodingError
from audiograph.media.reader import Reader
from audiograph.media.resample import Resampler
from audiograph.render.processor import Samples

AudioData = bytes | bytearray | memoryview

DecodeSuccessCallback = Callable[[AudioBuffer], object]
DecodeErrorCallback = Callable[[DOMException], object]

T = TypeVar("T")

_CHUNK_FRAMES = 65536

_log = logging.getLogger("audiograph")


def decode_audio_data(
    audio_data: AudioData,
    sample_rate: float,
    success_callback: DecodeSuccessCallback | None,
    error_callback: DecodeErrorCallback | None,
) -> AudioBuffer:
    """Return what `audio_data` holds, at `sample_rate`, after telling the callbacks."""
    for callback in (success_callback, error_callback):
        if callback is not None and not callable(callback):
            raise TypeError(f"a callback of decode_audio_data is a function, not {callback!r}")
    try:
        samples = _decode(_content(audio_data), sample_rate)
    except DOMException as error:
        # By the text: "If errorCallback is not missing, invoke errorCallback with error."
        _call(error_callback, error)
        raise
    buffer = AudioBuffer._wrap(samples, sample_rate)
    # By the text: "If successCallback is not missing, invoke successCallback with buffer."
    _call(success_callback, buffer)
    return buffer


def _content(audio_data: AudioData) -> bytes:
    """Return the bytes. They stay the caller's: what cannot change need not be detached."""
    if isinstance(audio_data, bytes):
        return audio_data
    try:
        return bytes(memoryview(audio_data))
    except TypeError as error:
        raise TypeError(
            f"audio_data is the bytes of a sound file, not {type(audio_data).__name__}"
        ) from error
    except ValueError as error:
        # By the text: "Let error be a DataCloneError." A view that was released has no content, as
        # an ArrayBuffer that was detached.
        raise DataCloneError("audio_data is a memoryview that was released") from error


class _Content(BytesIO):
    """Bytes for libsndfile, which may want to go to before their beginning."""

    def seek(self, offset: int, whence: int = SEEK_SET, /) -> int:
        # NB: it calls this from C, where an exception cannot pass.
        return super().seek(offset if whence else max(offset, 0), whence)


def _decode(content: bytes, sample_rate: float) -> Samples:
    # NB: here, since loading libsndfile takes as long as loading numpy.
    import soundfile

    from audiograph import sndfile
    from audiograph.media.sound import SoundReader, known_frames

    try:
        sound = soundfile.SoundFile(_Content(content))
    except soundfile.LibsndfileError as error:
        raise EncodingError(
            f"audio_data is in no format that can be decoded ({sndfile.reason(error)})"
        ) from error
    reader = SoundReader(sound, "audio_data", frames=known_frames(sound))
    try:
        low, high = SAMPLE_RATES
        if not low <= reader.sample_rate <= high or reader.channels > MAX_CHANNELS:
            raise EncodingError(
                f"audio_data has {reader.channels} channels at {reader.sample_rate} Hz: a buffer "
                f"has 1 to {MAX_CHANNELS} at {low:g} to {high:g} Hz"
            )
        chunks = list(_resampled(reader, sample_rate))
    finally:
        reader.close()
    samples = np.concatenate(chunks, axis=1)
    if not samples.shape[1]:
        raise EncodingError("audio_data holds no audio")
    return samples


def _resampled(reader: Reader, sample_rate: float) -> Iterator[Samples]:
    """Yield what the reader reads, at `sample_rate`."""
    # By the text: "… resample it to the sample-rate of the BaseAudioContext if it is different …"
    resampler = None
    if reader.sample_rate != sample_rate:
        resampler = Resampler(reader.sample_rate, sample_rate, reader.channels)
    while True:
        chunk = reader.read(_CHUNK_FRAMES)
        yield chunk if resampler is None else resampler.process(chunk)
        if chunk.shape[1] < _CHUNK_FRAMES:
            break
    if resampler is not None:
        yield resampler.flush()


def _call(callback: Callable[[T], object] | None, argument: T) -> None:
    if callback is None:
        return
    try:
        callback(argument)
    except Exception:  # noqa: BLE001 - a callback's fault is its own, as a listener's
        _log.exception("a callback of decode_audio_data raised")

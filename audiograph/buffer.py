"""AudioBuffer: audio in memory."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, overload

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from audiograph.arrays import check_fillable, floats
from audiograph.errors import IndexSizeError, NotSupportedError
from audiograph.options import read_options, takes
from audiograph.render.processor import Samples
from audiograph.values import whole

MAX_CHANNELS = 32
"""Channels that a buffer, a node or a context can have."""

SAMPLE_RATES = (3000.0, 768000.0)
"""The lowest and the highest sample rate of a buffer or a context, in Hz."""


@dataclass(frozen=True, kw_only=True)
class AudioBufferOptions:
    """What an AudioBuffer is made from: `length` in frames, `sample_rate` in Hz.

    https://webaudio.github.io/web-audio-api/#AudioBufferOptions
    """

    number_of_channels: int = 1
    length: int
    sample_rate: float


@takes(AudioBufferOptions)
class AudioBuffer:
    """Audio in memory: float32 samples of one or more channels.

    Takes an `AudioBufferOptions` or its fields as keywords; raises NotSupportedError where one is
    outside 1…32 channels, at least one frame, or 3000…768000 Hz.

    https://webaudio.github.io/web-audio-api/#AudioBuffer
    """

    @overload
    def __init__(self, options: AudioBufferOptions) -> None: ...
    @overload
    def __init__(self, *, length: int, sample_rate: float, number_of_channels: int = 1) -> None: ...
    def __init__(self, options: AudioBufferOptions | None = None, **fields: Any) -> None:
        given = read_options(AudioBufferOptions, options, fields)
        check_shape(given.number_of_channels, given.length, given.sample_rate)
        self._take(make_silence(given.number_of_channels, given.length), given.sample_rate)

    @classmethod
    def _wrap(cls, samples: Samples, sample_rate: float) -> AudioBuffer:
        """Make a buffer of `samples`, shape (channels, frames), which it then owns."""
        buffer = cls.__new__(cls)
        buffer._take(samples, sample_rate)
        return buffer

    def _take(self, samples: Samples, sample_rate: float) -> None:
        self._samples = samples
        self._sample_rate = float(np.float32(sample_rate))
        # Whether a node plays `_samples`, and whether the user holds a view of them.
        self._shared = False
        self._viewed = False
        self._acquired: Samples | None = None

    def __repr__(self) -> str:
        channels, frames = self._samples.shape
        return f"<AudioBuffer: {channels} channels, {frames} frames, {self._sample_rate:g} Hz>"

    @property
    def sample_rate(self) -> float:
        """Frames per second.

        https://webaudio.github.io/web-audio-api/#dom-audiobuffer-samplerate
        """
        return self._sample_rate

    @property
    def length(self) -> int:
        """How many frames there are.

        https://webaudio.github.io/web-audio-api/#dom-audiobuffer-length
        """
        return int(self._samples.shape[1])

    @property
    def duration(self) -> float:
        """Seconds: `length` / `sample_rate`.

        https://webaudio.github.io/web-audio-api/#dom-audiobuffer-duration
        """
        return self.length / self._sample_rate

    @property
    def number_of_channels(self) -> int:
        """How many channels there are.

        https://webaudio.github.io/web-audio-api/#dom-audiobuffer-numberofchannels
        """
        return int(self._samples.shape[0])

    def get_channel_data(self, channel: int) -> NDArray[np.float32]:
        """Return a live, writable view of a channel's samples, shape (frames,).

        Raises IndexSizeError where there is no such channel.

        https://webaudio.github.io/web-audio-api/#dom-audiobuffer-getchanneldata
        """
        channel = self._check_channel(channel)
        self._own()
        self._viewed = True
        data: NDArray[np.float32] = self._samples[channel]
        return data

    def __array__(
        self, dtype: DTypeLike | None = None, copy: bool | None = None
    ) -> NDArray[np.float32]:
        """Return all channels for numpy, shape (channels, frames): a view as one channel's is.

        So `numpy.asarray(buffer)` is what the specification has no name for.
        """
        self._own()
        self._viewed = True
        samples: NDArray[np.float32] = np.array(self._samples, dtype, copy=copy)
        return samples

    def copy_from_channel(
        self, destination: NDArray[np.float32], channel_number: int, buffer_offset: int = 0
    ) -> None:
        """Fill `destination`, shape (frames,), from a channel, beginning at `buffer_offset`.

        Copies what there is; the rest of `destination` stays. Raises IndexSizeError where there is
        no such channel, ValueError for a negative offset, TypeError for what is no numpy array of
        floats or is read-only.

        https://webaudio.github.io/web-audio-api/#dom-audiobuffer-copyfromchannel
        """
        channel_number = self._check_channel(channel_number)
        buffer_offset = _check_offset(buffer_offset)
        check_fillable("destination", destination, np.floating)
        frames = max(0, min(self.length - buffer_offset, len(destination)))
        destination[:frames] = self._samples[channel_number, buffer_offset:][:frames]

    def copy_to_channel(
        self, source: ArrayLike, channel_number: int, buffer_offset: int = 0
    ) -> None:
        """Write `source`, shape (frames,), into a channel, beginning at `buffer_offset`.

        Copies what fits. Raises IndexSizeError where there is no such channel, ValueError for a
        negative offset, TypeError for what are no numbers.

        https://webaudio.github.io/web-audio-api/#dom-audiobuffer-copytochannel
        """
        channel_number = self._check_channel(channel_number)
        buffer_offset = _check_offset(buffer_offset)
        samples = floats("source", source)
        self._own()
        frames = max(0, min(self.length - buffer_offset, len(samples)))
        self._samples[channel_number, buffer_offset:][:frames] = samples[:frames]

    def _acquire(self) -> Samples:
        """Return the samples as they are now, shape (channels, frames), never to change.

        https://webaudio.github.io/web-audio-api/#acquire-the-content
        """
        if not self._viewed:
            self._shared = True
            return self._samples
        # NB: a browser detaches the arrays that it gave out; numpy's stay alive, so take a copy,
        # unless the last one still says the same.
        if self._acquired is None or not np.array_equal(
            self._acquired.view(np.int32), self._samples.view(np.int32)
        ):
            self._acquired = self._samples.copy()
        return self._acquired

    def _own(self) -> None:
        """Leave the samples to the nodes that play them, and go on with a copy."""
        if self._shared:
            self._samples = self._samples.copy()
            self._shared = False

    def _check_channel(self, channel: int) -> int:
        channel = whole("channel", channel)
        if not 0 <= channel < self.number_of_channels:
            raise IndexSizeError(
                f"channel {channel} of a buffer of {self.number_of_channels} channels"
            )
        return channel


def _check_offset(offset: int) -> int:
    offset = whole("buffer_offset", offset)
    if offset < 0:
        raise ValueError(f"buffer_offset {offset}: 0 or more is needed")
    return offset


def make_silence(channels: int, frames: int) -> Samples:
    """Return zeros, shape (channels, frames); raise NotSupportedError for more than there is room.

    They cost nothing before they are written into.
    """
    try:
        return np.zeros((channels, frames), np.float32)
    except (MemoryError, ValueError):
        raise NotSupportedError(
            f"{channels} channels of {frames} frames: there is no memory for as much"
        ) from None


def check_shape(number_of_channels: int, length: int, sample_rate: float) -> None:
    """Raise NotSupportedError for a shape or a rate that no buffer can have."""
    if not 1 <= number_of_channels <= MAX_CHANNELS:
        raise NotSupportedError(
            f"{number_of_channels} channels: a buffer or a context has 1 to {MAX_CHANNELS}"
        )
    if length < 1:
        raise NotSupportedError(f"a length of {length} frames: at least one is needed")
    check_sample_rate(sample_rate)


def check_sample_rate(sample_rate: float) -> None:
    """Raise NotSupportedError for a rate outside the range."""
    low, high = SAMPLE_RATES
    if not low <= sample_rate <= high:
        raise NotSupportedError(
            f"a sample rate of {sample_rate:.10g} Hz: {low:g} to {high:g} are offered"
        )

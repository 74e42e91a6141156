from __future__ import annotations

import numpy as np
import pytest
from rendered import RATE, buffer_of, play, render

from audiograph import (
    AudioBuffer,
    AudioBufferOptions,
    IndexSizeError,
    NotSupportedError,
    OfflineAudioContext,
)


def test_it_is_made_of_silence_from_options_or_fields() -> None:
    options = AudioBufferOptions(length=10, sample_rate=44100, number_of_channels=2)
    for buffer in (
        AudioBuffer(options),
        AudioBuffer(length=10, sample_rate=44100, number_of_channels=2),
    ):
        assert (buffer.length, buffer.sample_rate, buffer.number_of_channels) == (10, 44100, 2)
        assert buffer.duration == 10 / 44100
        assert not buffer.get_channel_data(1).any()
        for attribute in ("length", "sample_rate", "number_of_channels", "duration"):
            with pytest.raises(AttributeError):
                setattr(buffer, attribute, 1)
    assert AudioBuffer(length=1, sample_rate=8000).number_of_channels == 1


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"length": 0, "sample_rate": 44100}, NotSupportedError),
        ({"length": 1, "sample_rate": 0}, NotSupportedError),
        ({"length": 1, "sample_rate": 1e7}, NotSupportedError),
        ({"length": 1, "sample_rate": 44100, "number_of_channels": 0}, NotSupportedError),
        ({"length": 1, "sample_rate": 44100, "number_of_channels": 33}, NotSupportedError),
        ({"length": 1}, TypeError),
        ({"sample_rate": 44100}, TypeError),
        ({"length": 1, "sample_rate": 44100, "channels": 1}, TypeError),
        ({"length": "1", "sample_rate": 44100}, TypeError),
        ({"length": 1.5, "sample_rate": 44100}, TypeError),
    ],
)
def test_what_cannot_be_is_refused(fields, error: type[Exception]) -> None:
    with pytest.raises(error):
        AudioBuffer(**fields)


def test_its_data_is_a_live_writable_view() -> None:
    buffer = AudioBuffer(length=4, sample_rate=8000)
    view = buffer.get_channel_data(0)
    assert view.dtype == np.float32
    assert view.shape == (4,)
    view[1] = 5
    assert buffer.get_channel_data(0)[1] == 5
    buffer.copy_to_channel([7], 0, 2)
    assert view.tolist() == [0, 5, 7, 0]


def test_it_shows_its_shape_and_rate() -> None:
    shown = repr(AudioBuffer(length=144000, sample_rate=48000, number_of_channels=2))
    assert shown == "<AudioBuffer: 2 channels, 144000 frames, 48000 Hz>"


def test_numpy_takes_all_channels_as_a_view_or_a_copy() -> None:
    buffer = buffer_of([[1, 2, 3], [4, 5, 6]])
    samples = np.asarray(buffer)
    assert samples.dtype == np.float32
    samples[1, 2] = 7
    assert buffer.get_channel_data(1).tolist() == [4, 5, 7]
    copied = np.array(buffer)
    copied[0, 0] = 9
    assert buffer.get_channel_data(0)[0] == 1
    np.testing.assert_array_equal(np.transpose(buffer), [[1, 4], [2, 5], [3, 7]])
    assert np.asarray(buffer, np.float64).dtype == np.float64
    with pytest.raises(ValueError, match="copy"):
        np.array(buffer, np.float64, copy=False)


def test_what_numpy_writes_while_it_plays_is_not_heard() -> None:
    def graph(context: OfflineAudioContext) -> None:
        source = play(context, np.ones(512))
        source.connect(context.destination)
        assert source.buffer is not None
        samples = np.asarray(source.buffer)
        context.suspend(128 / RATE, lambda _: samples.fill(9))

    np.testing.assert_array_equal(render(graph, 512), 1)


@pytest.mark.parametrize(
    ("offset", "frames", "expected"),
    [(0, 3, [0, 1, 2]), (2, 2, [2, 3]), (3, 3, [3, 4, 9]), (5, 2, [9, 9]), (99, 1, [9])],
)
def test_copying_out_takes_what_there_is(offset: int, frames: int, expected: list[int]) -> None:
    destination = np.full(frames, 9, np.float32)
    buffer_of(np.arange(5)).copy_from_channel(destination, 0, offset)
    assert destination.tolist() == expected


@pytest.mark.parametrize(
    ("offset", "source", "expected"),
    [
        (0, [1, 2], [1, 2, 0]),
        (2, [1, 2], [0, 0, 1]),
        (3, [1], [0, 0, 0]),
        (0, [1, 2, 3, 4], [1, 2, 3]),
    ],
)
def test_copying_in_writes_what_fits(offset: int, source: list, expected: list[int]) -> None:
    buffer = AudioBuffer(length=3, sample_rate=8000)
    buffer.copy_to_channel(source, 0, offset)
    assert buffer.get_channel_data(0).tolist() == expected


def test_what_cannot_hold_samples_is_not_written_into() -> None:
    buffer, read_only = buffer_of([0.5, 0.5]), np.zeros(2, np.float32)
    read_only.flags.writeable = False
    for wrong in ([0.0, 0.0], np.zeros(2, int), np.zeros((1, 2), np.float32), read_only):
        with pytest.raises(TypeError, match="destination is"):
            buffer.copy_from_channel(wrong, 0)
    assert not read_only.any()


def test_a_channel_or_an_offset_that_is_not_there_changes_nothing() -> None:
    buffer, data = buffer_of([[1, 2], [3, 4]]), np.zeros(2, np.float32)
    for channel in (-1, 2, 99):
        with pytest.raises(IndexSizeError):
            buffer.get_channel_data(channel)
        with pytest.raises(IndexSizeError):
            buffer.copy_from_channel(data, channel)
        with pytest.raises(IndexSizeError):
            buffer.copy_to_channel(data, channel)
    with pytest.raises(ValueError, match="buffer_offset"):
        buffer.copy_to_channel(data, 0, -1)
    with pytest.raises(ValueError, match="buffer_offset"):
        buffer.copy_from_channel(data, 0, -1)
    assert not data.any()
    assert buffer.get_channel_data(0).tolist() == [1, 2]

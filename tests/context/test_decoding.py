from __future__ import annotations

import io

import numpy as np
import pytest
import soundfile
from rendered import RATE, noise, samples_of

from audiograph import AudioBuffer, DataCloneError, EncodingError, OfflineAudioContext


def file_of(samples: np.ndarray, kind: str = "WAV", subtype: str = "FLOAT", rate: int = RATE):
    content = io.BytesIO()
    soundfile.write(content, samples.T, rate, format=kind, subtype=subtype)
    return content.getvalue()


def context_at(rate: float = RATE) -> OfflineAudioContext:
    return OfflineAudioContext(number_of_channels=1, length=1, sample_rate=rate)


@pytest.mark.parametrize("channels", [1, 2, 6, 32])
def test_a_file_at_the_context_s_rate_is_decoded_as_it_is(channels: int) -> None:
    samples = noise(channels, 70000)
    buffer = context_at().decode_audio_data(file_of(samples))
    assert isinstance(buffer, AudioBuffer)
    assert buffer.sample_rate == RATE
    np.testing.assert_array_equal(samples_of(buffer), samples)


@pytest.mark.parametrize(
    ("kind", "subtype", "error"),
    [
        ("WAV", "PCM_16", 2**-15),
        ("WAV", "PCM_U8", 2**-7),
        ("AIFF", "PCM_24", 2**-23),
        ("FLAC", "PCM_16", 2**-15),
        ("CAF", "ALAC_16", 2**-15),
        ("OGG", "VORBIS", 0.2),
        ("OGG", "OPUS", 0.2),
        ("MP3", "MPEG_LAYER_III", 0.2),
    ],
)
def test_whatever_libsndfile_reads_is_decoded(kind: str, subtype: str, error: float) -> None:
    tone = 0.5 * np.sin(2 * np.pi * 440 / RATE * np.arange(30000, dtype=np.float32))[None]
    if subtype == "MPEG_LAYER_III" and "MP3" not in soundfile.available_formats():
        pytest.skip("this libsndfile has no MP3")
    buffer = context_at().decode_audio_data(file_of(np.repeat(tone, 2, 0), kind, subtype))
    assert buffer.number_of_channels == 2
    assert buffer.length == pytest.approx(30000, abs=2400)
    got = samples_of(buffer)
    np.testing.assert_allclose(np.abs(got).max(), 0.5, atol=error)
    if error < 0.1:
        np.testing.assert_allclose(got, np.repeat(tone, 2, 0), atol=1.01 * error)


@pytest.mark.parametrize(("rate", "own"), [(44100, 48000), (48000, 44100), (8000, 96000)])
def test_another_rate_becomes_that_of_the_context(rate: int, own: int) -> None:
    frames = 3 * rate

    def tone(sample_rate: int, count: int) -> np.ndarray:
        return np.sin(2 * np.pi * 440 / sample_rate * np.arange(count))

    content = file_of(tone(rate, frames)[None].astype(np.float32), rate=rate)
    buffer = context_at(own).decode_audio_data(content)
    assert (buffer.sample_rate, buffer.duration) == (own, pytest.approx(3, abs=2 / own))
    middle = samples_of(buffer)[0, own // 10 : -own // 10]
    expected = tone(own, buffer.length)[own // 10 : -own // 10]
    np.testing.assert_allclose(middle, expected, atol=1e-4)


def test_bytes_of_every_kind_are_taken_and_stay_as_they_are() -> None:
    content = file_of(noise(2, 1000))
    for data in (content, bytearray(content), memoryview(bytearray(content))):
        buffer = context_at().decode_audio_data(data)
        np.testing.assert_array_equal(samples_of(buffer), noise(2, 1000))
        assert bytes(data) == content


def test_what_comes_before_a_break_is_decoded() -> None:
    content = file_of(noise(1, 1000))
    buffer = context_at().decode_audio_data(content[: len(content) - 4 * 400])
    np.testing.assert_array_equal(samples_of(buffer), noise(1, 600))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"no sound at all" * 100,
        b"RIFF",
        b"OggS" + bytes(100),
        b"\xff\xfb" + bytes(60),
        file_of(np.zeros((1, 0), np.float32)),
        file_of(noise(1, 100), rate=2999),
        file_of(noise(1, 100), rate=768001),
        file_of(noise(33, 100)),
    ],
    ids=[
        "nothing",
        "text",
        "four letters",
        "a torn file",
        "a torn MP3",
        "none",
        "slow",
        "fast",
        "wide",
    ],
)
def test_what_cannot_be_decoded_is_an_encoding_error(content: bytes) -> None:
    told: list[object] = []
    with pytest.raises(EncodingError, match="audio_data") as raised:
        context_at().decode_audio_data(content, told.append, told.append)
    assert told == [raised.value]


def test_a_released_view_cannot_be_decoded() -> None:
    view, told = memoryview(b"RIFF"), []
    view.release()
    with pytest.raises(DataCloneError, match="released") as raised:
        context_at().decode_audio_data(view, None, told.append)
    assert told == [raised.value]


@pytest.mark.parametrize("wrong", [None, "song.wav", 5, [82, 73]])
def test_what_is_no_bytes_is_a_type_error(wrong: object) -> None:
    with pytest.raises(TypeError, match="bytes of a sound file"):
        context_at().decode_audio_data(wrong)


def test_a_callback_is_told_of_the_buffer() -> None:
    told: list[object] = []
    buffer = context_at().decode_audio_data(file_of(noise(1, 100)), told.append)
    assert told == [buffer]


def test_a_callback_that_is_no_function_is_a_type_error() -> None:
    for callbacks in (("call",), (None, "call")):
        with pytest.raises(TypeError, match="callback"):
            context_at().decode_audio_data(file_of(noise(1, 100)), *callbacks)


def test_a_callback_that_raises_is_reported_and_changes_nothing(caplog) -> None:
    def fail(_: object) -> None:
        raise RuntimeError("of its own")

    assert context_at().decode_audio_data(file_of(noise(1, 100)), fail).length == 100
    with pytest.raises(EncodingError):
        context_at().decode_audio_data(b"", fail, fail)
    assert [record.exc_info[1].args for record in caplog.records] == [("of its own",)] * 2


def test_a_context_that_is_closed_decodes_as_well() -> None:
    context = context_at()
    context.start_rendering()
    assert context.decode_audio_data(file_of(noise(1, 100))).length == 100

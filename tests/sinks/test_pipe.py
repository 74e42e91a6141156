from __future__ import annotations

import os
import struct
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

from audiograph.errors import InvalidStateError, NotSupportedError
from audiograph.media.files import open_file
from audiograph.sinks.pipe import PipeSink

STREAMS = [
    {"format": "WAV"},
    {"format": "WAV", "subtype": "PCM_16"},
    {"format": "AU"},
    {"format": "FLAC"},
    {"format": "OGG"},
    {"format": "OPUS"},
    {"format": "MP3"},
    {"raw": "s16le"},
]

OGG = ({"format": "OGG"}, {"format": "OPUS"})  # libsndfile wants those at a file's beginning


def tone(frames: int = 48000) -> np.ndarray:
    time = np.arange(frames) / 48000
    return np.array([0.5 * np.sin(2 * np.pi * f * time) for f in (440, 550)], np.float32)


def piped(samples: np.ndarray, **options: object) -> bytes:
    """What comes out of a pipe that `samples` went into."""
    reading, writing = os.pipe()
    with open(reading, "rb") as out:  # noqa: PTH123 - a descriptor has no path
        got: list[bytes] = []
        reader = threading.Thread(target=lambda: got.append(out.read()))
        reader.start()
        sink = PipeSink(
            writing,
            sample_rate=48000,
            channels=len(samples),
            **options,  # type: ignore[arg-type]
        )
        for start in range(0, samples.shape[1], 1000):
            sink.write(samples[:, start : start + 1000])
        sink.close()
        os.close(writing)
        reader.join()
    return got[0]


@pytest.mark.parametrize(
    ("options", "tag", "bits"),
    [
        ({}, 3, 32),
        ({"subtype": "FLOAT"}, 3, 32),
        ({"subtype": "PCM_16"}, 1, 16),
        ({"subtype": "PCM_24"}, 1, 24),
    ],
)
def test_a_wave_stream_has_44_bytes_of_header_and_no_sizes(
    options: dict[str, str], tag: int, bits: int
) -> None:
    stream = piped(tone(), **options)
    frame = 2 * bits // 8
    wanted = (b"RIFF", 0xFFFFFFFF, b"WAVE", b"fmt ", 16, tag, 2, 48000, 48000 * frame, frame, bits)
    wanted += (b"data", 0xFFFFFFFF)
    assert struct.unpack("<4sI4s4sIHHIIHH4sI", stream[:44]) == wanted
    assert len(stream) == 44 + 48000 * frame


@pytest.mark.parametrize("subtype", ["FLOAT", "PCM_16", "PCM_24"])
def test_others_read_a_wave_stream(subtype: str) -> None:
    samples = tone()
    stream = piped(samples, subtype=subtype)
    for command in (
        ["sox", "-t", "wav", "-", "-t", "f32", "-"],
        ["ffmpeg", "-v", "error", "-i", "pipe:", "-f", "f32le", "-"],
    ):
        run = subprocess.run(command, input=stream, capture_output=True, check=True)
        got = np.frombuffer(run.stdout, np.float32).reshape(-1, 2).T
        np.testing.assert_allclose(got, samples, atol=0.51 / 32768)


@pytest.mark.parametrize(
    ("options", "subtype", "precision"),
    [
        ({"format": "AU"}, "FLOAT", 0),
        ({"format": "au", "subtype": "pcm_16"}, "PCM_16", 0.5 / 2**15),
        ({"format": "FLAC"}, "PCM_24", 0.5 / 2**23),
        ({"format": "FLAC", "subtype": "PCM_16"}, "PCM_16", 0.5 / 2**15),
        ({"format": "OGG"}, "VORBIS", 0.03),
        ({"format": "OGG", "subtype": "OPUS"}, "OPUS", 0.05),
        ({"format": "OPUS"}, "OPUS", 0.05),
        ({"format": "MP3"}, "MPEG_LAYER_III", None),
    ],
)
def test_streams_of_libsndfile_give_the_samples_back(
    options: dict[str, str], subtype: str, precision: float | None, tmp_path: Path
) -> None:
    samples = tone()
    path = tmp_path / "out"
    path.write_bytes(piped(samples, **options))
    with path.open("rb") as file, soundfile.SoundFile(file.fileno(), closefd=False) as sound:
        assert (sound.subtype, sound.samplerate) == (subtype, 48000)
    got = open_file(path).read(48000)
    if precision is None:  # MP3 has 1105 frames in front that no header tells of
        assert np.abs(got[:, 2000:40000]).max() == pytest.approx(0.5, abs=0.05)
    else:
        np.testing.assert_allclose(got[:, :47000], samples[:, :47000], rtol=0, atol=precision)


@pytest.mark.parametrize(("encoding", "dtype"), [("f32le", "<f4"), ("s16le", "<i2")])
def test_raw_samples_have_no_header(encoding: str, dtype: str) -> None:
    got = np.frombuffer(piped(tone(), raw=encoding), dtype).reshape(-1, 2).T
    full = 1 if dtype == "<f4" else 32768
    np.testing.assert_array_equal(got, tone() if full == 1 else np.rint(tone() * full))


def test_raw_samples_of_24_bits_take_three_bytes() -> None:
    octets = np.frombuffer(piped(tone(), raw="s24le"), np.uint8).reshape(-1, 2, 3)
    low, middle, high = octets.astype(np.int32).transpose(2, 1, 0)
    got = low + middle * 256 + high.astype(np.uint8).view(np.int8).astype(np.int32) * 65536
    np.testing.assert_array_equal(got, np.rint(tone() * 2**23))


def test_a_wave_stream_into_a_file_gets_its_sizes_at_the_end(tmp_path: Path) -> None:
    path = tmp_path / "out"
    with path.open("wb", buffering=0) as file:
        sink = PipeSink(file.fileno(), sample_rate=48000, channels=1, subtype="PCM_24")
        sink.write(tone()[:1, :47999])
        assert struct.unpack_from("<I", path.read_bytes(), 40) == (0xFFFFFFFF,)
        sink.close()
    stream = path.read_bytes()
    assert struct.unpack_from("<I", stream, 40) == (47999 * 3,)
    assert struct.unpack_from("<I", stream, 4) == (len(stream) - 8,)
    assert len(stream) == 44 + 47999 * 3 + 1


@pytest.mark.parametrize("options", [s for s in STREAMS if s not in OGG], ids=str)
def test_a_stream_can_be_appended_to_a_file(options: dict[str, str], tmp_path: Path) -> None:
    path = tmp_path / "out"
    path.write_bytes(b"before")
    with path.open("ab", buffering=0) as file:
        sink = PipeSink(file.fileno(), sample_rate=48000, channels=2, **options)  # type: ignore[arg-type]
        sink.write(tone())
        sink.close()
    assert path.read_bytes()[:6] == b"before"
    assert path.stat().st_size > 4000


@pytest.mark.parametrize("options", STREAMS, ids=str)
@pytest.mark.parametrize("after", [0, 20])
def test_a_closed_pipe_is_a_broken_pipe_error(options: dict[str, str], after: int) -> None:
    reading, writing = os.pipe()
    threading.Thread(target=lambda: drain(reading, after), daemon=True).start()
    noise = np.random.default_rng(1).uniform(-0.5, 0.5, (2, 480000)).astype(np.float32)
    with pytest.raises(BrokenPipeError):
        write_all_of(noise, lambda: writing, options)
    os.close(writing)


@pytest.mark.parametrize("options", STREAMS, ids=str)
def test_a_full_disk_behind_a_descriptor_is_an_error(options: dict[str, str]) -> None:
    descriptor = os.open("/dev/full", os.O_WRONLY)
    with pytest.raises(OSError, match=r"cannot write to descriptor .*: No space left on device"):
        write_all_of(tone(), lambda: descriptor, options)
    os.close(descriptor)


def test_a_closed_descriptor_is_an_error() -> None:
    descriptor = os.open("/dev/null", os.O_WRONLY)
    os.close(descriptor)
    with pytest.raises(OSError, match="cannot write to descriptor"):
        PipeSink(descriptor, sample_rate=48000, channels=2)


def test_a_slow_reader_of_a_non_blocking_pipe_gets_all() -> None:
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    got: list[bytes] = []
    reader = threading.Thread(target=lambda: got.extend(iter(lambda: os.read(reading, 999), b"")))
    reader.start()
    sink = PipeSink(writing, sample_rate=48000, channels=2, raw="f32le")
    sink.write(tone())
    sink.close()
    os.close(writing)
    reader.join()
    os.close(reading)
    assert b"".join(got) == tone().T.tobytes()


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"format": "AIFF"}, "AIFF cannot be written to a pipe; take WAV, AU, FLAC, OGG or MP3"),
        ({"format": "nonsense"}, "nonsense cannot be written"),
        ({"subtype": "ULAW"}, "takes PCM_16, PCM_24 or FLOAT, not ULAW"),
        ({"format": "FLAC", "subtype": "FLOAT"}, "it takes PCM_S8, PCM_16 or PCM_24"),
        ({"format": "FLAC", "channels": 9}, "FLAC takes up to 8"),
        ({"channels": 0}, "0 channels"),
        ({"raw": "f32le", "sample_rate": 0}, "0 Hz"),
    ],
)
def test_what_is_no_stream_says_so_before_anything_is_written(
    options: dict[str, object], text: str
) -> None:
    reading, writing = os.pipe()
    with pytest.raises(NotSupportedError, match=text):
        PipeSink(writing, **{"sample_rate": 48000, "channels": 2, **options})  # type: ignore[arg-type]
    os.close(writing)
    assert os.read(reading, 10) == b""
    os.close(reading)


def test_a_closed_sink_takes_nothing_more() -> None:
    descriptor = os.open("/dev/null", os.O_WRONLY)
    sink = PipeSink(descriptor, sample_rate=48000, channels=2)
    sink.close()
    sink.close()
    sink.abort()
    with pytest.raises(InvalidStateError):
        sink.write(tone())
    os.write(descriptor, b"the descriptor is still open")
    os.close(descriptor)


def drain(descriptor: int, reads: int) -> None:
    for _ in range(reads):
        os.read(descriptor, 1000)
    os.close(descriptor)


def write_all_of(
    samples: np.ndarray, descriptor: Callable[[], int], options: dict[str, str]
) -> None:
    sink = PipeSink(descriptor(), sample_rate=48000, channels=2, **options)  # type: ignore[arg-type]
    for start in range(0, samples.shape[1], 1000):
        sink.write(samples[:, start : start + 1000])
    sink.close()

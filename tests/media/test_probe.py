from __future__ import annotations

import os
import struct
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
import soundfile

from audiograph.errors import EncodingError, NotSupportedError
from audiograph.media.probe import probe
from audiograph.sinks.file import FileSink


def write(path: Path, samples: np.ndarray, subtype: str = "FLOAT", **options: str) -> None:
    soundfile.write(path, samples.T, 48000, subtype, **options)


def test_a_file_is_described_from_its_header(tmp_path: Path) -> None:
    path = tmp_path / "in.flac"
    with soundfile.SoundFile(path, "w", 44100, 2, "PCM_24") as sound:
        sound.title = "Title"
        sound.artist = "Artist"
        sound.write(np.zeros((22050, 2)))
    info = probe(path)
    assert info.path == path
    assert info.size == path.stat().st_size
    assert (info.container, info.container_name) == ("FLAC", "FLAC (Free Lossless Audio Codec)")
    assert (info.subtype, info.subtype_name) == ("PCM_24", "Signed 24 bit PCM")
    assert (info.sample_rate, info.channels, info.bits) == (44100, 2, 24)
    assert (info.frames, info.header_frames, info.duration) == (22050, 22050, 0.5)
    assert info.tags == {"title": "Title", "artist": "Artist"}


@pytest.mark.parametrize(
    ("format", "subtype", "bits"),
    [
        ("WAV", "PCM_U8", 8),
        ("WAV", "PCM_16", 16),
        ("WAV", "FLOAT", 32),
        ("WAV", "DOUBLE", 64),
        ("WAV", "ULAW", 8),
        ("WAV", "IMA_ADPCM", None),
        ("CAF", "ALAC_16", 16),
        ("OGG", "VORBIS", None),
        ("MP3", "MPEG_LAYER_III", None),
    ],
)
def test_bits_are_the_width_of_a_sample(
    format: str, subtype: str, bits: int | None, tmp_path: Path
) -> None:
    path = tmp_path / "in"
    write(path, np.zeros((1, 4800), np.float32), subtype, format=format)
    assert probe(path).bits == bits


def test_the_levels_of_a_sine_are_those_of_the_formula(tmp_path: Path) -> None:
    path = tmp_path / "in.wav"
    sine = np.sin(2 * np.pi * 100 * np.arange(480_000) / 48000)
    write(path, np.array([0.5 * sine, 0.25 * sine + 0.125, 0 * sine], np.float32))
    left, right, silent = probe(path).levels
    assert left.peak == pytest.approx(0.5, abs=1e-6)
    assert left.rms == pytest.approx(0.5 / np.sqrt(2), rel=1e-6)
    assert left.dc == pytest.approx(0, abs=1e-8)
    assert right.peak == pytest.approx(0.375, abs=1e-6)
    assert right.rms == pytest.approx(np.sqrt(0.25**2 / 2 + 0.125**2), rel=1e-6)
    assert right.dc == pytest.approx(0.125, abs=1e-8)
    assert (silent.peak, silent.rms, silent.dc, silent.not_finite) == (0, 0, 0, 0)


def test_what_is_not_finite_is_counted_and_left_out(tmp_path: Path) -> None:
    path = tmp_path / "in.wav"
    samples = np.full((2, 100_000), -0.5, np.float32)
    samples[0, [5, 70_000, 99_999]] = [np.nan, np.inf, -np.inf]
    write(path, samples)
    left, right = probe(path).levels
    assert (left.peak, left.rms, left.dc, left.not_finite) == (0.5, 0.5, -0.5, 3)
    assert (right.peak, right.rms, right.dc, right.not_finite) == (0.5, 0.5, -0.5, 0)
    write(path, np.full((1, 10), np.nan, np.float32))
    (only,) = probe(path).levels
    assert (only.peak, only.rms, only.dc, only.not_finite) == (0, 0, 0, 10)


def test_a_header_that_is_wrong_is_told_from_what_is_there(tmp_path: Path) -> None:
    path = tmp_path / "in.wav"
    write(path, np.zeros((1, 1000), np.float32), "PCM_16")
    whole = path.read_bytes()
    path.write_bytes(whole[:-1000])
    assert (probe(path).frames, probe(path).header_frames) == (500, 1000)
    stream = bytearray(whole)
    struct.pack_into("<I", stream, 40, 0xFFFFFFFF)
    path.write_bytes(stream)
    assert (probe(path).frames, probe(path).header_frames) == (1000, None)
    flac = tmp_path / "in.flac"
    noise = np.random.default_rng(1).uniform(-1, 1, (1, 50000))
    write(flac, noise, "PCM_16")
    flac.write_bytes(flac.read_bytes()[:-60000])
    assert (0 < probe(flac).frames < 30000, probe(flac).header_frames) == (True, 50000)


def test_a_file_that_is_being_recorded_can_be_probed(tmp_path: Path) -> None:
    path = tmp_path / "out.wav"
    sink = FileSink(path, sample_rate=48000, channels=1, recording=True)
    for written in (1000, 2000):
        sink.write(np.zeros((1, 1000), np.float32))
        assert probe(path).frames == probe(path).header_frames == written
    sink.close()


def test_a_file_without_frames_has_levels(tmp_path: Path) -> None:
    path = tmp_path / "in.wav"
    write(path, np.zeros((2, 0), np.float32))
    info = probe(path)
    assert (info.frames, info.duration) == (0, 0)
    assert [level.rms for level in info.levels] == [0, 0]


def test_a_long_file_is_probed_in_constant_memory(tmp_path: Path) -> None:
    path = tmp_path / "in.wav"
    with soundfile.SoundFile(path, "w", 48000, 2, "PCM_16") as sound:
        for _ in range(60):
            sound.write(np.zeros((48000, 2), np.int16))
    tracemalloc.start()
    probe(path)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 4_000_000


def test_what_cannot_be_probed_says_why(tmp_path: Path) -> None:
    (tmp_path / "text.wav").write_text("no sound" * 100)
    os.mkfifo(tmp_path / "fifo")
    for name, error, text in (
        ("none.wav", FileNotFoundError, "cannot read"),
        (".", IsADirectoryError, "is a directory"),
        ("text.wav", EncodingError, "no sound file"),
        ("fifo", NotSupportedError, "read twice"),
    ):
        with pytest.raises(error, match=text):
            probe(tmp_path / name)

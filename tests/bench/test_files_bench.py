"""What it costs to get ten minutes of stereo in and out of files, without what happens between."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from audiograph.media.files import open_file
from audiograph.media.tone import ToneReader
from audiograph.sinks.file import FileSink
from audiograph.sinks.pipe import PipeSink
from audiograph.sinks.sink import Sink

BLOCK = 16384
FRAMES = 600 * 48000


@pytest.fixture(scope="module")
def block() -> np.ndarray:
    return np.random.default_rng(1).normal(0, 0.1, (2, BLOCK)).astype(np.float32)


@pytest.fixture(scope="module")
def wave(block: np.ndarray, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    path = tmp_path_factory.mktemp("bench") / "in.wav"
    fill(FileSink(path, sample_rate=48000, channels=2), block)
    yield path
    path.unlink()


def fill(sink: Sink, block: np.ndarray, frames: int = FRAMES) -> None:
    for _ in range(frames // BLOCK):
        sink.write(block)
    sink.close()


def copy(path: Path, sink: Sink) -> None:
    reader = open_file(path)
    while (samples := reader.read(BLOCK)).shape[1]:
        sink.write(samples)
    reader.close()
    sink.close()


def test_read_ten_minutes_of_wave(benchmark: BenchmarkFixture, wave: Path) -> None:
    def read() -> None:
        reader = open_file(wave)
        while reader.read(BLOCK).shape[1]:
            pass
        reader.close()

    benchmark.pedantic(read, rounds=5, warmup_rounds=1)
    assert benchmark.stats.stats.min < 0.3


@pytest.mark.parametrize("subtype", ["PCM_16", "PCM_24", "FLOAT"])
def test_write_ten_minutes_of_wave(
    benchmark: BenchmarkFixture, block: np.ndarray, subtype: str, tmp_path: Path
) -> None:
    def write() -> None:
        sink = FileSink(
            tmp_path / "out.wav", sample_rate=48000, channels=2, subtype=subtype, force=True
        )
        fill(sink, block)

    benchmark.pedantic(write, rounds=3, warmup_rounds=1)


def test_copy_ten_minutes_of_wave(benchmark: BenchmarkFixture, wave: Path, tmp_path: Path) -> None:
    def run() -> None:
        copy(wave, FileSink(tmp_path / "out.wav", sample_rate=48000, channels=2, force=True))

    benchmark.pedantic(run, rounds=3, warmup_rounds=1)


@pytest.mark.parametrize("extension", ["flac", "ogg", "opus", "mp3", "aiff"])
def test_write_one_minute(
    benchmark: BenchmarkFixture, block: np.ndarray, extension: str, tmp_path: Path
) -> None:
    path = tmp_path / f"out.{extension}"

    def write() -> None:
        fill(FileSink(path, sample_rate=48000, channels=2, force=True), block, FRAMES // 10)

    benchmark.pedantic(write, rounds=1)


def test_record_one_minute_in_blocks_of_10_ms(
    benchmark: BenchmarkFixture, block: np.ndarray, tmp_path: Path
) -> None:
    def record() -> None:
        path = tmp_path / "out.wav"
        sink = FileSink(path, sample_rate=48000, channels=2, recording=True, force=True)
        for _ in range(6000):
            sink.write(block[:, :480])
        sink.close()

    benchmark.pedantic(record, rounds=3)


def test_stream_ten_minutes_to_nowhere(benchmark: BenchmarkFixture, block: np.ndarray) -> None:
    def stream() -> None:
        descriptor = os.open("/dev/null", os.O_WRONLY)
        fill(PipeSink(descriptor, sample_rate=48000, channels=2), block)
        os.close(descriptor)

    benchmark.pedantic(stream, rounds=3)


def test_make_one_minute_of_tone(benchmark: BenchmarkFixture) -> None:
    def make() -> None:
        tone = ToneReader(440, frames=FRAMES // 10)
        while tone.read(BLOCK).shape[1]:
            pass

    benchmark.pedantic(make, rounds=3)

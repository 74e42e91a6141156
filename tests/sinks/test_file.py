from __future__ import annotations

import contextlib
import itertools
import os
import resource
import signal
import stat
import subprocess
import sys
import textwrap
import tracemalloc
import wave
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from audiograph.errors import InvalidStateError, NotSupportedError
from audiograph.media.files import open_file
from audiograph.sinks.descriptor import WatchedFile
from audiograph.sinks.encoding import Encoder, RawEncoder
from audiograph.sinks.file import FileSink
from audiograph.sinks.formats import extensions, format_of
from audiograph.sinks.wave import file_header

RATES = {"WVE": 8000, "XI": 44100}
MONO = {"HTK", "SVX", "SDS", "WVE", "XI"}


def tone(channels: int = 2, sample_rate: int = 48000, seconds: float = 1.0) -> np.ndarray:
    time = np.arange(int(sample_rate * seconds)) / sample_rate
    rows = [0.5 * np.sin(2 * np.pi * (440 + 110 * c) * time) for c in range(channels)]
    return np.array(rows, np.float32)


def write(path: Path, samples: np.ndarray, *, block: int = 1000, **options: object) -> None:
    sink = FileSink(
        path,
        **{"sample_rate": 48000, "channels": len(samples), **options},  # type: ignore[arg-type]
    )
    for start in range(0, samples.shape[1], block):
        sink.write(samples[:, start : start + block])
    sink.close()


def read(path: Path) -> np.ndarray:
    reader = open_file(path)
    try:
        return reader.read(1 << 40)
    finally:
        reader.close()


def signal_to_noise(wanted: np.ndarray, got: np.ndarray) -> float:
    error = np.mean((wanted - got) ** 2)
    return float(10 * np.log10(np.mean(wanted**2) / max(error, 1e-20)))


def names(directory: Path) -> list[str]:
    return sorted(path.name for path in directory.iterdir())


@pytest.mark.parametrize("extension", extensions())
def test_every_format_that_can_be_written_gives_the_samples_back(
    extension: str, tmp_path: Path
) -> None:
    path = tmp_path / f"out.{extension}"
    chosen = format_of(path)
    rate = RATES.get(chosen.container, 48000)
    samples = tone(1 if chosen.container in MONO else 2, rate)
    write(path, samples, sample_rate=rate)
    assert names(tmp_path) == [path.name]
    got = read(path)
    assert got.shape == samples.shape
    match chosen.subtype:
        case "FLOAT":
            np.testing.assert_array_equal(got, samples)
        case "PCM_16" | "DPCM_16":
            assert np.abs(got - samples).max() <= 0.5 / 32768
        case "OPUS":  # libsndfile never hands the encoder's last 7 ms over
            assert signal_to_noise(samples[:, :-400], got[:, :-400]) > 30
        case _:
            assert signal_to_noise(samples, got) > 30


@pytest.mark.parametrize(
    ("format", "subtype", "bits"),
    [
        ("WAV", "PCM_U8", 8),
        ("WAV", "PCM_16", 16),
        ("WAV", "PCM_24", 24),
        ("WAV", "PCM_32", 32),
        ("AIFF", "PCM_S8", 8),
        ("FLAC", "PCM_S8", 8),
        ("FLAC", "PCM_16", 16),
        ("FLAC", "PCM_24", 24),
        ("CAF", "ALAC_16", 16),
        ("W64", "PCM_24", 24),
        ("AU", "PCM_24", 24),
    ],
)
def test_whole_numbers_are_clipped_and_rounded_to_the_nearest(
    format: str, subtype: str, bits: int, tmp_path: Path
) -> None:
    full = 2.0 ** (bits - 1)
    random = np.random.default_rng(1)
    exact = random.integers(-full, full, (2, 5000)) / full
    samples = np.array(exact + random.uniform(-0.49, 0.49, exact.shape) / full, np.float32)
    samples[:, :8] = [2, -2, 1, -1, np.inf, -np.inf, 3e38, -3e38]
    samples[:, 8] = np.nan
    path = tmp_path / "out"
    write(path, samples, format=format, subtype=subtype)
    top = (np.nextafter(np.float32(full), np.float32(0)) if bits == 32 else full - 1) / full
    wanted = np.clip(np.rint(samples.astype(np.float64) * full) / full, -1, top)
    wanted[:, 8] = 0
    np.testing.assert_array_equal(soundfile.read(path, dtype="float64")[0].T, wanted)


def test_a_wave_file_has_any_rate_that_its_header_can_tell(tmp_path: Path) -> None:
    samples = tone(seconds=0.01)
    path = tmp_path / "fast.wav"
    write(path, samples, subtype="FLOAT", sample_rate=2**31 - 1)
    assert soundfile.info(path).samplerate == 2**31 - 1
    np.testing.assert_array_equal(read(path), samples)


@pytest.mark.parametrize("subtype", ["PCM_16", "PCM_24", "FLOAT"])
def test_a_wave_file_of_ours_is_read_alike_by_others(subtype: str, tmp_path: Path) -> None:
    path = tmp_path / "out.wav"
    samples = tone(3, 44100)[:, :44099]  # an odd number of bytes where they are 3 x 3
    write(path, samples, sample_rate=44100, subtype=subtype)
    wanted = read(path)
    for command in (
        ["sox", str(path), "-t", "f32", "-"],
        ["ffmpeg", "-v", "error", "-i", str(path), "-f", "f32le", "-"],
    ):
        run = subprocess.run(command, capture_output=True, check=True)
        assert run.stderr == b""
        got = np.frombuffer(run.stdout, np.float32).reshape(-1, 3).T
        # sox computes in whole numbers of 32 bits
        np.testing.assert_allclose(got, wanted, atol=2**-24)


def test_python_itself_reads_a_wave_file_of_ours(tmp_path: Path) -> None:
    write(tmp_path / "out.wav", tone())
    with wave.open(str(tmp_path / "out.wav")) as file:
        assert file.getparams()[:4] == (2, 2, 48000, 48000)


@pytest.mark.parametrize("encoding", ["s16le", "s24le", "f32le"])
def test_beyond_four_gibibytes_a_wave_file_is_rf64(encoding: str, tmp_path: Path) -> None:
    path = tmp_path / "out.wav"
    width = {"s16le": 2, "s24le": 3, "f32le": 4}[encoding]
    frames = 2**32 // (2 * width) + 1000
    header = file_header(48000, 2, encoding, frames)  # type: ignore[arg-type]
    assert len(header) == len(file_header(48000, 2, encoding, 0))  # type: ignore[arg-type]
    with path.open("wb") as file:
        file.write(header)
        file.truncate(len(header) + frames * 2 * width)  # a sparse file
    info = soundfile.info(path)
    assert (info.format, info.frames) == ("RF64", frames)
    command = ["ffprobe", "-v", "error", "-show_entries", "stream=duration_ts", "-of", "csv=p=0"]
    probed = subprocess.run([*command, path], capture_output=True, check=True, text=True)
    assert int(probed.stdout) == frames
    assert file_header(48000, 2, encoding, frames - 2000)[:4] == b"RIFF"  # type: ignore[arg-type]


@pytest.mark.parametrize("extension", ["wav", "flac", "ogg", "opus", "mp3", "aiff", "caf", "au"])
def test_a_file_without_a_single_frame_is_a_sound_file(extension: str, tmp_path: Path) -> None:
    path = tmp_path / f"out.{extension}"
    write(path, tone()[:, :0])
    assert read(path).shape[1] <= 1


def test_without_force_nothing_is_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "out.wav"
    path.write_text("precious")
    for recording in (False, True):
        with pytest.raises(FileExistsError, match=r"out\.wav' is there already; --force"):
            FileSink(path, sample_rate=48000, channels=1, recording=recording)
    assert path.read_text() == "precious"
    assert names(tmp_path) == ["out.wav"]


@pytest.mark.parametrize("hard_links", [True, False])
def test_a_file_that_came_in_the_meantime_is_not_overwritten(
    hard_links: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not hard_links:  # as on FAT

        def refuse(self: Path, target: Path) -> None:
            raise PermissionError

        monkeypatch.setattr(Path, "hardlink_to", refuse)
    path = tmp_path / "out.wav"
    sink = FileSink(path, sample_rate=48000, channels=1)
    sink.write(tone(1))
    path.write_text("precious")
    with pytest.raises(FileExistsError):
        sink.close()
    assert path.read_text() == "precious"
    assert names(tmp_path) == ["out.wav"]
    write(tmp_path / "other.wav", tone(1))
    np.testing.assert_allclose(read(tmp_path / "other.wav"), tone(1), atol=0.5 / 32768)
    assert names(tmp_path) == ["other.wav", "out.wav"]


def test_what_is_replaced_stays_whole_until_the_new_file_is_complete(tmp_path: Path) -> None:
    path = tmp_path / "out.wav"
    write(path, tone(1))
    path.chmod(0o640)
    before = path.read_bytes()
    sink = FileSink(path, sample_rate=48000, channels=2, force=True)
    sink.write(tone(2))
    assert path.read_bytes() == before
    sink.close()
    assert read(path).shape == (2, 48000)
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_a_recording_that_replaces_a_file_never_leaves_half_of_it(tmp_path: Path) -> None:
    path = tmp_path / "out.wav"
    write(path, tone(1))
    sink = FileSink(path, sample_rate=48000, channels=2, force=True, recording=True)
    assert read(path).shape == (1, 48000)
    sink.write(tone(2))
    assert read(path).shape == (2, 48000)
    sink.abort()
    assert read(path).shape == (2, 48000)
    assert names(tmp_path) == ["out.wav"]


@pytest.mark.parametrize("format", ["WAV", "FLAC"])
def test_a_recording_that_is_removed_meanwhile_is_told(tmp_path: Path, format: str) -> None:
    path = tmp_path / "out"
    sink = FileSink(path, sample_rate=48000, channels=2, format=format, recording=True)
    sink.write(tone(2))
    path.unlink()
    sink.write(tone(2))
    with pytest.raises(FileNotFoundError, match="out' was removed while it was recorded"):
        sink.close()


def test_a_recording_may_be_moved_meanwhile(tmp_path: Path) -> None:
    path = tmp_path / "out.wav"
    sink = FileSink(path, sample_rate=48000, channels=2, recording=True)
    sink.write(tone(2))
    moved = path.rename(tmp_path / "moved.wav")
    sink.write(tone(2))
    sink.close()
    assert read(moved).shape == (2, 96000)
    assert names(tmp_path) == ["moved.wav"]


def test_after_abort_nothing_is_left(tmp_path: Path) -> None:
    sink = FileSink(tmp_path / "out.flac", sample_rate=48000, channels=2)
    sink.write(tone())
    assert len(names(tmp_path)) == 1
    sink.abort()
    sink.abort()
    sink.close()
    assert names(tmp_path) == []
    with pytest.raises(InvalidStateError):
        sink.write(tone())


def test_a_new_file_has_the_permissions_that_the_umask_leaves(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        write(tmp_path / "out.wav", tone(1))
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "out.wav").stat().st_mode) == 0o640


def test_a_symlink_stays_and_its_target_is_written(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    link = tmp_path / "link.wav"
    link.symlink_to("there/real.wav")
    write(link, tone(1))
    assert link.is_symlink()
    assert names(tmp_path / "there") == ["real.wav"]
    with pytest.raises(FileExistsError):
        write(link, tone(1))
    write(link, tone(1), force=True)
    assert link.is_symlink()
    assert names(tmp_path) == ["link.wav", "there"]


def test_what_cannot_be_written_says_so_before_anything_is_touched(tmp_path: Path) -> None:
    (tmp_path / "directory.wav").mkdir()
    (tmp_path / "loop.wav").symlink_to("loop.wav")
    os.mkfifo(tmp_path / "pipe.wav")
    before = names(tmp_path)
    for name, options, error, text in (
        ("directory.wav", {}, IsADirectoryError, "is a directory"),
        ("pipe.wav", {"force": True}, NotSupportedError, "no ordinary file"),
        ("loop.wav", {}, OSError, "cannot write"),
        ("none/out.wav", {}, FileNotFoundError, "no directory '.*none'"),
        ("directory.wav/x/out.wav", {}, FileNotFoundError, "no directory"),
        ("x" * 300 + ".wav", {}, OSError, "name too long"),
        ("out", {}, NotSupportedError, "no extension; give one of .*flac"),
        ("out.txt", {}, NotSupportedError, "no format 'txt'"),
        ("out.raw", {}, NotSupportedError, "no format 'raw'"),
        ("out.flca", {}, NotSupportedError, "did you mean 'flac'"),
        ("out.caf", {"subtype": "ALAC_24"}, NotSupportedError, "it takes PCM_S8"),
        ("out.wav", {"subtype": "VORBIS"}, NotSupportedError, "it takes PCM_16, PCM_24"),
        ("out.wav", {"channels": 0}, NotSupportedError, "0 channels"),
        ("out.wav", {"channels": 5000}, NotSupportedError, "5000 channels"),
        ("out.wav", {"sample_rate": 0}, NotSupportedError, "0 Hz"),
        ("out.wav", {"sample_rate": 2**31}, NotSupportedError, "1 to 2147483647"),
        ("out.wav", {"sample_rate": float("nan")}, NotSupportedError, "nan Hz"),
        ("out.opus", {"sample_rate": 44100}, NotSupportedError, "Opus .* 8000, 12000"),
        ("out.mp3", {"channels": 3}, NotSupportedError, "MP3 takes 1 or 2 channels"),
        ("out.flac", {"channels": 9}, NotSupportedError, "FLAC takes up to 8"),
        ("out.htk", {}, NotSupportedError, "takes fewer channels"),
        ("out.wve", {"channels": 1}, NotSupportedError, "takes 8000 Hz only"),
        ("out.caf", {"subtype": "ALAC_16", "recording": True}, NotSupportedError, "a crash"),
    ):
        with pytest.raises(error, match=text):
            FileSink(
                tmp_path / name,
                **{"sample_rate": 48000, "channels": 2, **options},  # type: ignore[arg-type]
            )
    assert names(tmp_path) == before


def test_a_directory_that_may_not_be_written_says_so(tmp_path: Path) -> None:
    tmp_path.chmod(0o555)
    with without_privileges(), pytest.raises(PermissionError, match=r"cannot write '.*out\.wav'"):
        FileSink(tmp_path / "out.wav", sample_rate=48000, channels=1)
    tmp_path.chmod(0o755)
    assert names(tmp_path) == []


def test_samples_of_another_shape_are_refused(tmp_path: Path) -> None:
    sink = FileSink(tmp_path / "out.wav", sample_rate=48000, channels=2)
    for shape in ((1, 10), (3, 10), (20,)):
        with pytest.raises(ValueError, match=r"where \(2, frames\) belong"):
            sink.write(np.zeros(shape, np.float32))
    sink.abort()


@pytest.mark.parametrize("extension", ["wav", "flac", "ogg", "opus", "mp3", "aiff", "caf"])
@pytest.mark.parametrize("recording", [False, True])
def test_a_full_disk_is_an_error_that_leaves_nothing_half_made(
    extension: str, recording: bool, tmp_path: Path
) -> None:
    path = tmp_path / f"out.{extension}"
    noise = np.random.default_rng(1).uniform(-0.5, 0.5, (1, 2_000_000)).astype(np.float32)
    with limited_file_size(200_000), pytest.raises(OSError, match=r"cannot write '.*out\."):
        write(path, noise, block=48000, recording=recording)
    if recording:
        assert names(tmp_path) == [path.name]
        assert read(path).shape[1] > 24000
    else:
        assert names(tmp_path) == []


def test_an_error_at_the_very_end_is_an_error_too(tmp_path: Path) -> None:
    """Of a short Vorbis file all but the header is written on closing, where libsndfile is mute."""
    sink = FileSink(tmp_path / "out.ogg", sample_rate=48000, channels=1)
    sink.write(tone(1)[:, :4000])
    with limited_file_size(5), pytest.raises(OSError, match="cannot write"):
        sink.close()
    assert names(tmp_path) == []


RECORDER = """
    import os, signal, sys
    import numpy as np
    from audiograph.sinks.file import FileSink
    path, seconds, channels = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    sink = FileSink(path, sample_rate=48000, channels=channels, recording=True)
    time = np.arange(480) / 48000
    for block in range(seconds * 100 + 1):
        wave = 0.5 * np.sin(2 * np.pi * 440 * (time + block / 100))
        noise = np.random.default_rng(block).normal(0, 0.01, (channels, 480))
        sink.write((wave + noise).astype(np.float32))
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize(
    "extension",
    ["wav", "w64", "rf64", "au", "aiff", "caf", "flac", "mp3", "ogg", "opus", "wavex", "avr"],
)
def test_a_killed_recording_is_readable_to_within_the_last_second(
    extension: str, channels: int, tmp_path: Path
) -> None:
    path = tmp_path / f"out.{extension}"
    seconds = 5
    run = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(RECORDER), path, str(seconds), str(channels)],
        capture_output=True,
        check=False,
    )
    assert (run.returncode, run.stderr) == (-signal.SIGKILL, b"")
    least = (seconds - 1) * 48000
    if extension in ("wav", "w64", "rf64", "au", "aiff", "caf", "avr"):
        least = seconds * 48000 + 480
    got = read(path)
    # at once and to the end, as programs do that know nothing of recordings
    assert soundfile.read(path)[0].shape[0] == got.shape[1]
    lengths = [got.shape[1]]
    command = ["ffmpeg", "-v", "error", "-i", path, "-f", "f32le", "-ar", "48000", "-ac", "1", "-"]
    lengths.append(len(subprocess.run(command, capture_output=True, check=True).stdout) // 4)
    if extension not in ("opus", "wavex"):
        command = ["sox", path, "-t", "f32", "-c", "1", "-"]
        lengths.append(len(subprocess.run(command, capture_output=True, check=True).stdout) // 4)
    assert min(lengths) >= least
    time = np.arange(48000, 96000) / 48000
    strength = 2 * np.abs(np.mean(got[0, 48000:96000] * np.exp(2j * np.pi * 440 * time)))
    assert strength == pytest.approx(0.5, rel=0.05)


@pytest.mark.parametrize("frames", [1, 4095, 4096, 4097, 8191, 8192, 8193, 48000])
def test_a_flac_recording_counts_the_blocks_that_are_in_it(frames: int, tmp_path: Path) -> None:
    path = tmp_path / "out.flac"
    sink = FileSink(path, sample_rate=48000, channels=2, recording=True)
    samples = tone()[:, :frames]
    for start in range(0, frames, 999):
        sink.write(samples[:, start : start + 999])
    if frames > 4096:
        got = soundfile.read(path, dtype="float32")[0].T
        assert frames - 4096 <= got.shape[1] <= frames
        assert got.shape[1] % 4096 == 0
        np.testing.assert_allclose(got, samples[:, : got.shape[1]], atol=0.5 / 32768)
    sink.close()
    assert soundfile.info(path).frames == frames


@settings(deadline=None)
@given(
    cuts=st.lists(st.integers(0, 40000), max_size=8),
    subtype=st.sampled_from(["PCM_16", "PCM_24", "FLOAT", "PCM_U8"]),
)
def test_how_the_samples_are_cut_into_writes_changes_nothing(
    tmp_path_factory: pytest.TempPathFactory, cuts: list[int], subtype: str
) -> None:
    samples = tone()[:, :40000]
    whole, cut = (tmp_path_factory.mktemp("cut") / name for name in ("whole.wav", "cut.wav"))
    write(whole, samples, block=40000, subtype=subtype)
    sink = FileSink(cut, sample_rate=48000, channels=2, subtype=subtype)
    edges = [0, *sorted(cuts), 40000]
    for start, end in itertools.pairwise(edges):
        sink.write(samples[:, start:end])
    sink.close()
    assert cut.read_bytes() == whole.read_bytes()


@pytest.mark.parametrize("extension", ["wav", "flac", "ogg"])
def test_a_long_file_is_written_in_constant_memory(extension: str, tmp_path: Path) -> None:
    sink = FileSink(tmp_path / f"out.{extension}", sample_rate=48000, channels=2)
    block = tone()
    sink.write(block)
    tracemalloc.start()
    for _ in range(30):
        sink.write(block)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    sink.close()
    assert most < block.nbytes


def test_what_was_read_in_16_bits_is_written_bit_for_bit() -> None:
    codes = np.arange(-32768, 32768, dtype=np.int16)
    samples = (codes / np.float32(32768)).astype(np.float32)[np.newaxis]
    pieces = [piece.copy() for piece in Encoder(1, 16).encode(samples)]
    np.testing.assert_array_equal(np.concatenate(pieces)[:, 0], codes)


def test_raw_bytes_are_little_endian_and_interleaved() -> None:
    samples = np.array([[0.5, -1.0], [0.25, 1.0]], np.float32)
    assert b"".join(RawEncoder(2, "s16le").encode(samples)).hex(" ", 2) == "0040 0020 0080 ff7f"
    assert b"".join(RawEncoder(2, "s24le").encode(samples)).hex() == "000040000020000080ffff7f"
    assert b"".join(RawEncoder(2, "f32le").encode(samples)) == samples.T.tobytes()


@contextlib.contextmanager
def limited_file_size(size: int) -> Iterator[None]:
    """Let no file grow beyond `size` bytes, as if the disk were full. (Python ignores SIGXFSZ.)"""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@contextlib.contextmanager
def without_privileges() -> Iterator[None]:
    """Be nobody for a while where the tests run as root."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


def test_an_interrupt_in_the_midst_of_libsndfile_comes_through_after_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(file: WatchedFile, data: bytes) -> int:
        os.kill(os.getpid(), signal.SIGINT)
        return write_on(file, data)

    sink = FileSink(tmp_path / "out.flac", sample_rate=48000, channels=2)
    write_on = WatchedFile.write
    monkeypatch.setattr(WatchedFile, "write", interrupted)
    with pytest.raises(KeyboardInterrupt):
        sink.write(tone())
    monkeypatch.undo()
    sink.close()
    assert read(tmp_path / "out.flac").shape == (2, 48000)

from __future__ import annotations

import contextlib
import itertools
import os
import struct
import subprocess
import sys
import tempfile
import textwrap
import threading
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from audiograph.errors import (
    EncodingError,
    InvalidStateError,
    NotReadableError,
    NotSupportedError,
)
from audiograph.media.files import open_file, open_stdin
from audiograph.media.pipe import open_pipe
from audiograph.media.raw import RawFormat
from audiograph.media.reader import Reader

FRAMES = 100003


def noise(channels: int = 2, frames: int = FRAMES) -> np.ndarray:
    """Band-limited, so that lossy codecs leave something of it."""
    random = np.random.default_rng(7).normal(0, 1, (channels, frames + 15))
    smooth = np.array([np.convolve(row, np.hanning(16), "valid") for row in random])
    return (smooth / np.abs(smooth).max() * 0.9).astype(np.float32)


def write(path: Path, subtype: str, format: str, channels: int = 2) -> None:
    samples = np.ascontiguousarray(noise(channels).T)
    with soundfile.SoundFile(path, "w", 48000, channels, subtype, format=format) as sound:
        for start in range(0, FRAMES, 4096):  # in one piece libvorbis overflows its stack
            sound.write(samples[start : start + 4096])


def everything(reader: Reader, block: int = 5000) -> np.ndarray:
    blocks = [reader.read(block)]
    while blocks[-1].shape[1]:
        blocks.append(reader.read(block))
    reader.close()
    assert all(part.shape[1] == block for part in blocks[:-2])
    return np.concatenate(blocks, axis=1)


def libsndfile_floats(path: Path) -> np.ndarray:
    return soundfile.read(path, dtype="float32", always_2d=True)[0].T


FORMATS = [
    ("WAV", "PCM_U8"),
    ("WAV", "PCM_16"),
    ("WAV", "PCM_24"),
    ("WAV", "PCM_32"),
    ("WAV", "FLOAT"),
    ("WAV", "DOUBLE"),
    ("WAV", "ULAW"),
    ("WAV", "ALAW"),
    ("WAV", "IMA_ADPCM"),
    ("WAV", "MS_ADPCM"),
    ("WAVEX", "PCM_16"),
    ("RF64", "PCM_16"),
    ("W64", "FLOAT"),
    ("AIFF", "PCM_S8"),
    ("AIFF", "PCM_16"),
    ("AU", "PCM_16"),
    ("AU", "FLOAT"),
    ("CAF", "PCM_24"),
    ("CAF", "ALAC_16"),
    ("FLAC", "PCM_S8"),
    ("FLAC", "PCM_16"),
    ("FLAC", "PCM_24"),
    ("OGG", "VORBIS"),
    ("OGG", "OPUS"),
    ("MP3", "MPEG_LAYER_III"),
]


@pytest.mark.parametrize(("format", "subtype"), FORMATS)
def test_a_file_gives_the_very_floats_that_libsndfile_gives(
    format: str, subtype: str, tmp_path: Path
) -> None:
    path = tmp_path / "in"
    write(path, subtype, format)
    reader = open_file(path)
    wanted = libsndfile_floats(path)
    assert (reader.label, reader.sample_rate, reader.channels) == ("in", 48000, 2)
    assert reader.frames == wanted.shape[1]
    got = everything(reader)
    assert got.dtype == np.float32
    np.testing.assert_array_equal(got, wanted)


@pytest.mark.parametrize(("format", "subtype"), FORMATS)
def test_a_pipe_gives_what_the_file_gives(format: str, subtype: str, tmp_path: Path) -> None:
    path = tmp_path / "in"
    write(path, subtype, format)
    with piped(path.read_bytes()) as descriptor:
        reader = open_pipe(descriptor, "stdin")
        assert (reader.label, reader.sample_rate, reader.channels) == ("stdin", 48000, 2)
        np.testing.assert_array_equal(everything(reader), libsndfile_floats(path))


@pytest.mark.parametrize(("format", "subtype"), FORMATS)
def test_a_pipe_that_trickles_gives_the_same(format: str, subtype: str, tmp_path: Path) -> None:
    path = tmp_path / "in"
    write(path, subtype, format, channels=1)
    with piped(path.read_bytes(), at_a_time=997) as descriptor:
        got = everything(open_pipe(descriptor, "stdin"))
    np.testing.assert_array_equal(got, libsndfile_floats(path))


@pytest.mark.parametrize(
    ("format", "subtype"),
    [
        ("WAV", "PCM_16"),
        ("AU", "FLOAT"),
        ("W64", "PCM_16"),
        ("OGG", "VORBIS"),
        ("OGG", "OPUS"),
        ("MP3", "MPEG_LAYER_III"),
    ],
)
def test_a_stream_sounds_before_it_ends(format: str, subtype: str, tmp_path: Path) -> None:
    path = tmp_path / "in"
    write(path, subtype, format)
    stream = path.read_bytes()
    reading, writing = os.pipe()
    go_on = threading.Event()

    def feed() -> None:
        with open(writing, "wb", buffering=0) as pipe:  # noqa: PTH123 - a descriptor has no path
            pipe.write(stream[: len(stream) * 3 // 4])
            assert go_on.wait(60)
            pipe.write(stream[len(stream) * 3 // 4 :])

    feeder = threading.Thread(target=feed)
    feeder.start()
    reader = open_pipe(reading, "stdin")
    first = reader.read(8192)
    assert first.shape == (2, 8192)
    assert not go_on.is_set()
    go_on.set()
    got = np.concatenate([first, everything(reader)], axis=1)
    feeder.join()
    os.close(reading)
    np.testing.assert_array_equal(got, libsndfile_floats(path))


@pytest.mark.parametrize("subtype", ["PCM_U8", "PCM_16", "PCM_24", "PCM_32", "FLOAT", "ULAW"])
@pytest.mark.parametrize("sizes", [0, 0xFFFFFFFF, 0x7FFFF000, 0x80000000])
def test_a_wave_stream_without_sizes_is_read_to_its_end(
    subtype: str, sizes: int, tmp_path: Path
) -> None:
    path = tmp_path / "in"
    write(path, subtype, "WAV")
    stream = bytearray(path.read_bytes())
    data = stream.index(b"data")
    struct.pack_into("<I", stream, 4, sizes)
    struct.pack_into("<I", stream, data + 4, sizes)
    if subtype == "FLOAT":  # libsndfile puts a chunk behind the data; a stream has none
        del stream[data + 8 + FRAMES * 8 :]
    with piped(bytes(stream)) as descriptor:
        reader = open_pipe(descriptor, "stdin")
        assert reader.frames is None
        np.testing.assert_array_equal(everything(reader), libsndfile_floats(path))


@pytest.mark.parametrize(
    ("program", "kind"),
    [("sox", kind) for kind in ("wav", "au", "aiff", "flac", "ogg")]
    + [("ffmpeg", kind) for kind in ("wav", "au", "aiff", "flac", "ogg", "mp3", "w64")],
)
def test_what_other_programs_pipe_is_read_whole(program: str, kind: str, tmp_path: Path) -> None:
    path = tmp_path / "in.wav"
    write(path, "PCM_16", "WAV")
    if program == "sox":
        command = ["sox", path, "-t", kind, "-"]
    else:
        command = ["ffmpeg", "-v", "error", "-i", path, "-f", kind, "-"]
    stream = subprocess.run(command, capture_output=True, check=True).stdout
    with piped(stream) as descriptor:
        got = everything(open_pipe(descriptor, "stdin"))
    wanted = noise()
    if kind == "mp3":  # the decoder's delay stays where no header tells of it
        assert FRAMES <= got.shape[1] <= FRAMES + 3000
        return
    assert got.shape == wanted.shape
    assert np.corrcoef(got[0], wanted[0])[0, 1] > (0.9 if kind == "ogg" else 0.99)


def test_bytes_after_the_data_of_a_wave_stream_are_no_sound() -> None:
    header = b"RIFF\0\0\0\0WAVEfmt " + struct.pack("<IHHIIHH", 16, 1, 1, 8000, 16000, 2, 16)
    stream = header + b"data" + struct.pack("<I", 6) + b"\1\0\2\0\3\0" + b"LIST\4\0\0\0abcd"
    with piped(stream) as descriptor:
        got = everything(open_pipe(descriptor, "stdin"))
    np.testing.assert_array_equal(got * 32768, [[1, 2, 3]])


def test_a_wave_header_may_hold_anything_before_the_data() -> None:
    chunk = struct.pack("<IHHIIHH", 16, 1, 1, 8000, 16000, 2, 16)
    stream = b"RIFF\0\0\0\0WAVE" + b"odd " + struct.pack("<I", 99_999) + bytes(100_000)
    stream += b"fmt " + chunk + b"data" + struct.pack("<I", 0) + b"\1\0\2\0\3\0"
    with piped(stream) as descriptor:
        np.testing.assert_array_equal(everything(open_pipe(descriptor, "x")) * 32768, [[1, 2, 3]])


@pytest.mark.parametrize("encoding", ["s16le", "s24le", "f32le"])
@pytest.mark.parametrize("is_pipe", [False, True])
def test_raw_samples_are_read_as_they_are_described(
    encoding: str, is_pipe: bool, tmp_path: Path
) -> None:
    subtype = {"s16le": "PCM_16", "s24le": "PCM_24", "f32le": "FLOAT"}[encoding]
    path = tmp_path / "in"
    write(path, subtype, "RAW", channels=3)
    wav = tmp_path / "wav"
    write(wav, subtype, "WAV", channels=3)
    path.write_bytes(path.read_bytes() + b"x")  # an odd tail
    raw = RawFormat(encoding, 44100, 3)  # type: ignore[arg-type]
    if is_pipe:
        with piped(path.read_bytes()) as descriptor:
            reader = open_pipe(descriptor, "stdin", raw=raw)
            got = everything(reader)
    else:
        reader = open_file(path, raw=raw)
        assert reader.frames == FRAMES
        got = everything(reader)
    assert (reader.sample_rate, reader.channels) == (44100, 3)
    np.testing.assert_array_equal(got, libsndfile_floats(wav))


def test_raw_samples_come_from_a_device_too() -> None:
    with Path("/dev/zero").open("rb", buffering=0) as device:
        reader = open_pipe(device.fileno(), "zero", raw=RawFormat("s16le"))
        assert reader.is_stream
        np.testing.assert_array_equal(reader.read(100_000), np.zeros((2, 100_000)))
        reader.close()


def test_a_raw_format_has_channels_and_a_rate() -> None:
    for wrong in (
        {"channels": 0}, {"sample_rate": 0}, {"channels": 1025}, {"sample_rate": 2**31}
    ):  # fmt: skip
        with pytest.raises(ValueError, match="whole numbers above 0"):
            RawFormat("s16le", **wrong)


@pytest.mark.parametrize(("format", "subtype"), FORMATS)
@pytest.mark.parametrize("is_pipe", [False, True])
def test_of_a_truncated_file_comes_what_is_there(
    format: str, subtype: str, is_pipe: bool, tmp_path: Path
) -> None:
    path = tmp_path / "in"
    write(path, subtype, format)
    wanted = libsndfile_floats(path)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) * 3 // 5 + 1])
    if format == "CAF":  # libsndfile believes the sizes in its header, and ALAC's table is lost
        with pytest.raises(EncodingError, match="no sound file"):
            open_file(path)
        return
    if is_pipe:
        with piped(path.read_bytes()) as descriptor:
            got = everything(open_pipe(descriptor, "stdin"))
    else:
        got = everything(open_file(path))
    least = 0.2 if format == "OGG" else 0.55  # what there is of a page is not there
    assert least * FRAMES < got.shape[1] < 0.7 * FRAMES
    # the last block of a lossy format may come out otherwise
    sure = got.shape[1] - 3000
    np.testing.assert_array_equal(got[:, :sure], wanted[:, :sure])


@pytest.mark.parametrize(("format", "subtype"), FORMATS)
def test_after_a_seek_the_samples_are_those_of_a_straight_read(
    format: str, subtype: str, tmp_path: Path
) -> None:
    path = tmp_path / "in"
    write(path, subtype, format)
    wanted = everything(open_file(path))
    reader = open_file(path)
    for frame in (30000, 0, 12345, 99999, 80000, FRAMES, 1, 17):
        reader.seek(frame)
        got = reader.read(6000)
        assert got.shape[1] == min(6000, wanted.shape[1] - frame)
        np.testing.assert_allclose(got, wanted[:, frame : frame + got.shape[1]], atol=1e-6)
    reader.seek(10**9)
    assert reader.read(10).shape == (2, 0)
    with pytest.raises(ValueError, match="frame -1"):
        reader.seek(-1)
    reader.close()


@pytest.mark.parametrize("format", ["WAV", "FLAC"])
def test_a_pipe_is_sought_forward_only_unless_it_was_kept(format: str, tmp_path: Path) -> None:
    path = tmp_path / "in"
    write(path, "PCM_16", format)
    wanted = libsndfile_floats(path)
    with piped(path.read_bytes()) as descriptor:
        reader = open_pipe(descriptor, "stdin")
        reader.seek(20000)
        np.testing.assert_array_equal(reader.read(100), wanted[:, 20000:20100])
        if format == "WAV":
            with pytest.raises(NotSupportedError, match="cannot go back from frame 20100 to 0"):
                reader.seek(0)
        else:
            reader.seek(0)
            np.testing.assert_array_equal(reader.read(100), wanted[:, :100])
        reader.seek(10**9)
        assert reader.read(10).shape == (2, 0)
        reader.close()


def test_a_flac_stream_of_unknown_length_is_read_and_sought(tmp_path: Path) -> None:
    path = tmp_path / "in.wav"
    write(path, "PCM_16", "WAV")
    wanted = libsndfile_floats(path)
    command = ["ffmpeg", "-v", "error", "-i", path, "-f", "flac", "-"]
    flac = tmp_path / "in.flac"
    flac.write_bytes(subprocess.run(command, capture_output=True, check=True).stdout)
    reader = open_file(flac)
    assert reader.frames is None
    assert not reader.is_stream
    np.testing.assert_array_equal(reader.read(1000), wanted[:, :1000])
    assert reader.seek(10**9) == FRAMES
    for frame in (30000, 0, 123):
        assert reader.seek(frame) == frame
        np.testing.assert_array_equal(reader.read(1000), wanted[:, frame : frame + 1000])
    assert everything(reader).shape == (2, FRAMES - 1123)


@settings(deadline=None)
@given(
    cuts=st.lists(st.integers(0, FRAMES), max_size=8),
    chosen=st.sampled_from([entry for entry in FORMATS if entry[1] != "ALAC_16"]),
)
def test_how_a_file_is_cut_into_reads_changes_nothing(
    tmp_path_factory: pytest.TempPathFactory, cuts: list[int], chosen: tuple[str, str]
) -> None:
    path = tmp_path_factory.getbasetemp() / "-".join(chosen)
    if not path.exists():
        write(path, chosen[1], chosen[0])
    reader = open_file(path)
    edges = [0, *sorted(cuts)]
    pieces = [reader.read(end - start) for start, end in itertools.pairwise(edges)]
    pieces.append(reader.read(1 << 40))
    assert reader.read(1).shape == (2, 0)
    reader.close()
    np.testing.assert_array_equal(np.concatenate(pieces, axis=1), libsndfile_floats(path))


@pytest.mark.parametrize(("format", "subtype"), [("WAV", "PCM_16"), ("FLAC", "PCM_24")])
def test_a_long_file_is_read_in_constant_memory(format: str, subtype: str, tmp_path: Path) -> None:
    path = tmp_path / "in"
    block = np.ascontiguousarray(noise().T)
    with soundfile.SoundFile(path, "w", 48000, 2, subtype, format=format) as sound:
        for _ in range(40):
            sound.write(block)
    reader = open_file(path)
    reader.read(16384)
    tracemalloc.start()
    while reader.read(16384).shape[1]:
        pass
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    reader.close()
    assert most < 1_000_000


def test_what_cannot_be_read_says_why(tmp_path: Path) -> None:
    (tmp_path / "empty.wav").touch()
    (tmp_path / "text.wav").write_text("This is no sound at all.\n" * 100)
    (tmp_path / "noise.wav").write_bytes(np.random.default_rng(1).bytes(5000))
    (tmp_path / "head.wav").write_bytes(b"RIFF\0\0\0\0WAVE")
    for name, error, text in (
        ("none.wav", FileNotFoundError, r"cannot read '.*none\.wav': No such file .*; check the"),
        (".", IsADirectoryError, r"it is a directory; name a file in it"),
        ("text.wav/x.wav", NotADirectoryError, "Not a directory"),
        ("empty.wav", EncodingError, r"empty\.wav is empty"),
        ("text.wav", EncodingError, r"text\.wav is no sound file that can be decoded \(.*recog"),
        ("noise.wav", EncodingError, "encoding named, and come in at stdin"),
        ("head.wav", EncodingError, "no sound file"),
    ):
        with pytest.raises(error, match=text):
            open_file(tmp_path / name)


def test_a_file_that_may_not_be_read_says_so(tmp_path: Path) -> None:
    path = tmp_path / "in.wav"
    write(path, "PCM_16", "WAV")
    path.chmod(0)
    with without_privileges(), pytest.raises(PermissionError, match=r"cannot read '.*in\.wav'"):
        open_file(path)


@pytest.mark.parametrize(
    ("stream", "error", "text"),
    [
        (b"", EncodingError, "stdin is empty"),
        (b"no sound", EncodingError, "stdin is no sound file"),
        (b"RIFF", EncodingError, "stdin is no sound file"),
        (b"RIFF\xff\xff\xff\xffWAVE", EncodingError, "stdin is no sound file"),
        (b"OggS" + bytes(100), EncodingError, "stdin is no sound file"),
        (b"fLaC", EncodingError, "stdin is no sound file"),
        (
            b"RIFF\0\0\0\0WAVEfmt "
            + struct.pack("<IHHIIHH", 16, 1, 1, 2**32 - 1, 0, 2, 16)
            + b"data"
            + bytes(100),
            EncodingError,
            "stdin is no sound file",
        ),
        (b"ID3" + bytes(10000), EncodingError, "stdin is no sound file"),
        (b".snd", EncodingError, "stdin is no sound file"),
        (bytes(3_000_000), EncodingError, "stdin is no sound file"),
        (b"\xff\xfb" + bytes(100_000), EncodingError, "no frame of MPEG audio is found"),
    ],
)
def test_a_pipe_without_sound_says_so(stream: bytes, error: type[Exception], text: str) -> None:
    with piped(stream) as descriptor, pytest.raises(error, match=text):
        open_pipe(descriptor, "stdin")


@pytest.mark.parametrize(
    "start",
    [b"no sound", bytes(8), b"fLaC", b"RIFF____WAVE", b"FORM____AIFF", b"Creative Voice File"],
)
def test_what_never_ends_is_refused_when_it_can_be_no_sound(start: bytes) -> None:
    reading, writing = os.pipe()

    def feed() -> None:
        with contextlib.suppress(BrokenPipeError), os.fdopen(writing, "wb", buffering=0) as pipe:
            pipe.write(start)
            while True:
                pipe.write(bytes(1 << 20))

    feeder = threading.Thread(target=feed, daemon=True)
    feeder.start()
    try:
        with pytest.raises(EncodingError, match="stdin is no sound file"):
            open_pipe(reading, "stdin")
    finally:
        os.close(reading)
    feeder.join(20)
    assert not feeder.is_alive()


def test_what_does_not_fit_on_the_disk_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    full = Path("/dev/full").open("r+b", buffering=0)  # noqa: SIM115 - it is closed like the other
    monkeypatch.setattr(tempfile, "TemporaryFile", lambda buffering: full)
    with (
        piped(b"fLaC" + bytes(1000)) as descriptor,
        pytest.raises(NotReadableError, match=r"stdin is kept .* No space left .* to a file first"),
    ):
        open_pipe(descriptor, "stdin")


@pytest.mark.parametrize("format", ["WAV", "OGG", "FLAC"])
def test_a_pipe_that_somebody_set_not_to_wait_is_waited_for(format: str, tmp_path: Path) -> None:
    path = tmp_path / "in"
    write(path, "VORBIS" if format == "OGG" else "PCM_16", format)
    reading, writing = os.pipe()
    os.set_blocking(reading, False)
    feeder = threading.Timer(0.1, feed, [writing, path.read_bytes(), 100_000])
    feeder.start()
    np.testing.assert_array_equal(everything(open_pipe(reading, "stdin")), libsndfile_floats(path))
    os.close(reading)
    feeder.join()


@settings(deadline=None)
@given(st.binary(max_size=200), st.sampled_from([b"", b"RIFF____WAVE", b"RIFF____WAVEfmt "]))
def test_no_bytes_bring_a_pipe_to_another_error(rest: bytes, start: bytes) -> None:
    with (
        piped(start + rest) as descriptor,
        contextlib.suppress(EncodingError, NotReadableError),
    ):
        everything(open_pipe(descriptor, "stdin"))


def test_a_named_pipe_is_read_as_a_pipe(tmp_path: Path) -> None:
    path = tmp_path / "in.wav"
    write(path, "PCM_16", "WAV")
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    feeder = threading.Thread(target=lambda: fifo.write_bytes(path.read_bytes()))
    feeder.start()
    got = everything(open_file(fifo))
    feeder.join()
    np.testing.assert_array_equal(got, libsndfile_floats(path))


@pytest.mark.parametrize(("format", "subtype"), [("WAV", "PCM_24"), ("FLAC", "PCM_16")])
def test_the_rest_of_a_file_is_a_file(format: str, subtype: str, tmp_path: Path) -> None:
    path = tmp_path / "in"
    write(path, subtype, format)
    wanted = libsndfile_floats(path)
    path.write_bytes(b"some words before it" + path.read_bytes())
    with path.open("rb", buffering=0) as file:
        file.seek(20)
        reader = open_pipe(file.fileno(), "stdin")
        assert not reader.is_stream
        assert reader.frames == FRAMES
        for frame in (50_000, 7):
            assert reader.seek(frame) == frame
            np.testing.assert_array_equal(reader.read(100), wanted[:, frame : frame + 100])
        assert reader.seek(0) == 0
        np.testing.assert_array_equal(everything(reader), wanted)


@pytest.mark.parametrize("container", [b"RIFF", b"RF64"])
@pytest.mark.parametrize("sizes", [0, 0xFFFFFFFF])
def test_a_wave_file_that_was_left_open_is_read_to_its_end(
    container: bytes, sizes: int, tmp_path: Path
) -> None:
    chunk = struct.pack("<IHHIIHH", 16, 1, 2, 8000, 32000, 4, 16)
    samples = np.arange(-500, 500, dtype="<i2")
    long_sizes = b"ds64" + struct.pack("<I", 28) + bytes(28) if container == b"RF64" else b""
    path = tmp_path / "in.wav"
    path.write_bytes(
        container + struct.pack("<I", sizes) + b"WAVE" + long_sizes + b"fmt " + chunk
        + b"data" + struct.pack("<I", sizes) + samples.tobytes()
    )  # fmt: skip
    reader = open_file(path)
    assert (reader.frames, reader.is_stream) == (500, False)
    assert reader.seek(400) == 400
    assert reader.seek(10**9) == 500
    assert reader.seek(0) == 0
    wanted = samples.reshape(500, 2).T.astype(np.float32) / 32768
    np.testing.assert_array_equal(everything(reader), wanted)


def test_a_wave_file_without_audio_stays_empty_whatever_follows(tmp_path: Path) -> None:
    chunk = struct.pack("<IHHIIHH", 16, 1, 1, 8000, 16000, 2, 16)
    body = b"WAVEfmt " + chunk + b"data\0\0\0\0" + b"LIST\4\0\0\0abcd"
    path = tmp_path / "in.wav"
    path.write_bytes(b"RIFF" + struct.pack("<I", len(body)) + body)
    assert everything(open_file(path)).shape == (1, 0)


@pytest.mark.parametrize("wrong", [5, None, b"in.wav", True])
def test_what_is_no_path_is_told(wrong: object) -> None:
    with pytest.raises(TypeError, match="path is the path of a file, not "):
        open_file(wrong)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="has a null character"):
        open_file("in\0.wav")


def test_a_closed_reader_says_so(tmp_path: Path) -> None:
    path = tmp_path / "in.wav"
    write(path, "PCM_16", "WAV")
    reader = open_file(path)
    reader.close()
    reader.close()
    with pytest.raises(InvalidStateError, match="is closed"):
        reader.read(1)


@pytest.mark.parametrize("is_spooled", [False, True])
def test_a_reader_lets_its_descriptors_go(is_spooled: bool, tmp_path: Path) -> None:
    path = tmp_path / "in"
    write(path, *(("PCM_16", "FLAC") if is_spooled else ("VORBIS", "OGG")))
    before = os.listdir("/proc/self/fd")  # noqa: PTH208
    everything(open_file(path))
    with piped(path.read_bytes()) as descriptor:
        everything(open_pipe(descriptor, "stdin"))
    with contextlib.suppress(EncodingError):
        open_file(__file__)
    assert os.listdir("/proc/self/fd") == before  # noqa: PTH208


COUNT = """
    from audiograph.media.files import open_stdin
    reader = open_stdin()
    print(reader.label, reader.frames, reader.read(1 << 40).shape)
"""


def from_stdin(**options: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", textwrap.dedent(COUNT)]
    return subprocess.run(
        command,
        capture_output=True,
        text=True,
        check=False,
        **options,  # type: ignore[call-overload]
    )


def test_stdin_is_a_pipe_or_a_file_or_says_what_is_wrong(tmp_path: Path) -> None:
    path = tmp_path / "in.wav"
    write(path, "PCM_16", "WAV")
    with path.open("rb") as file:
        assert from_stdin(stdin=file).stdout == f"stdin {FRAMES} (2, {FRAMES})\n"
    with subprocess.Popen(["cat", path], stdout=subprocess.PIPE) as cat:
        assert from_stdin(stdin=cat.stdout).stdout == f"stdin None (2, {FRAMES})\n"
    with path.open("rb", buffering=0) as file:
        file.read(1)
        assert "stdin is no sound file" in from_stdin(stdin=file).stderr
    with open("/dev/null") as file:  # noqa: PTH123
        assert "stdin is empty" in from_stdin(stdin=file).stderr
    leader, follower = os.openpty()
    assert "stdin is a terminal; pipe or redirect" in from_stdin(stdin=follower).stderr
    os.close(leader)
    os.close(follower)
    closed = from_stdin(preexec_fn=lambda: os.close(0))
    assert "NotReadableError: stdin cannot be read: Bad file" in closed.stderr


def test_stdin_is_read_raw_when_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    with piped(b"\0\x40" * 10) as descriptor:
        saved = os.dup(0)
        os.dup2(descriptor, 0)
        try:
            got = everything(open_stdin(raw=RawFormat("s16le", 8000, 1)))
        finally:
            os.dup2(saved, 0)
            os.close(saved)
    np.testing.assert_array_equal(got, np.full((1, 10), 0.5))


@contextlib.contextmanager
def piped(stream: bytes, at_a_time: int = 1 << 20) -> Iterator[int]:
    """The reading end of a pipe that `stream` comes out of."""
    reading, writing = os.pipe()

    feeder = threading.Thread(target=feed, args=[writing, stream, at_a_time])
    feeder.start()
    try:
        yield reading
    finally:
        os.close(reading)
        feeder.join()


def feed(descriptor: int, stream: bytes, at_a_time: int) -> None:
    """Write `stream` to a pipe, as long as somebody reads it."""
    with (
        contextlib.suppress(BrokenPipeError),
        open(descriptor, "wb", buffering=0) as pipe,
    ):
        starts = range(0, len(stream), at_a_time)
        pipe.writelines(stream[start : start + at_a_time] for start in starts)


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

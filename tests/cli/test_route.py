"""`audiograph route` where no device takes part."""

from __future__ import annotations

import array
import fcntl
import os
import resource
import signal
import subprocess
import sys
import termios
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile
import soxr
from hypothesis import example, given, settings
from hypothesis import strategies as st
from live.server import poll
from sound_files import noise, read_file, write_file

from .conftest import Run, environment

ROUTE = [sys.executable, "-m", "audiograph", "route"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The folder that the program runs in, with half a second of stereo noise in in.wav."""
    write_file(tmp_path / "in.wav", noise(24000) / 2)
    return tmp_path


def route(folder: Path, *words: object, sound: bytes = b"") -> tuple[int, bytes, str]:
    """Run the program; return its status, what it wrote to stdout, and what to stderr."""
    done = subprocess.run(
        [*ROUTE, *map(str, words)],
        cwd=folder,
        env=environment(),
        input=sound,
        capture_output=True,
        check=False,
        timeout=60,
    )
    return done.returncode, done.stdout, done.stderr.decode()


@pytest.mark.parametrize(
    ("gain", "factor"), [("-6dB", 10 ** (-6 / 20)), ("3", 3), ("-1", -1), ("-infdB", 0)]
)
@pytest.mark.parametrize("subtype", ["FLOAT", "PCM_16", "PCM_24"])
def test_the_result_is_the_file_times_the_gain(
    folder: Path, gain: str, factor: float, subtype: str
) -> None:
    words = ["--file", "in.wav", f"--gain={gain}", "--to", "out.wav", "--subtype", subtype]
    status, printed, said = route(folder, *words)
    assert (status, printed) == (0, b"")
    expected = read_file(folder / "in.wav") * np.float32(factor)
    assert ("clipped" in said) is bool(subtype != "FLOAT" and np.abs(expected).max() > 1)
    if subtype != "FLOAT":
        full = 2.0 ** (int(subtype[-2:]) - 1)
        expected = np.clip(np.rint(expected * np.float32(full)), -full, full - 1) / full
    np.testing.assert_array_equal(read_file(folder / "out.wav"), expected)


def test_what_is_too_loud_for_whole_numbers_is_told(folder: Path) -> None:
    loud = np.abs(8 * read_file(folder / "in.wav")) > 1
    words = ["--file", "in.wav", "--gain", "8", "--subtype", "PCM_24", "--to", "out.flac"]
    status, _, said = route(folder, *words, "--to", "out.wav")
    assert status == 0
    assert [line.split(";")[0] for line in said.splitlines()] == [
        f"audiograph: '{name}': {np.count_nonzero(loud)} samples beyond full scale are clipped"
        for name in ("out.flac", "out.wav")
    ]
    assert route(folder, "-q", *words, "--force") == (0, b"", "")
    status, _, said = route(folder, *words[:4], "--raw", "s16le", "--to", "-")
    assert said.startswith(f"audiograph: stdout: {np.count_nonzero(loud)} samples")


def test_files_of_all_rates_and_channels_are_mixed(folder: Path) -> None:
    mono, slow = noise(10_000, seed=2, channels=1) / 4, noise(44100, seed=3) / 4
    write_file(folder / "mono.wav", mono, subtype="FLOAT")
    write_file(folder / "slow.wav", slow, 44100, "FLOAT")
    words = ["--file", "in.wav", "--file", "mono.wav", "--file", "slow.wav", "--tone", "1k"]
    words += ["--to", "out.flac", "--subtype", "PCM_24", "--to", "out.wav", "--gain", "0.25"]
    assert route(folder, *words) == (0, b"", "")
    expected = soxr.resample(slow.T, 44100, 48000).T.astype(np.float64)
    expected += 0.5 * np.sin(2 * np.pi * 1000 * np.arange(48000) / 48000)
    expected[:, :24000] += read_file(folder / "in.wav")
    expected[:, :10000] += mono
    for name in ("out.flac", "out.wav"):
        assert soundfile.info(folder / name).subtype == "PCM_24"
        np.testing.assert_allclose(read_file(folder / name), expected / 4, atol=1e-6)


@pytest.mark.parametrize(
    ("options", "frames"),
    [
        (["--duration", "1000s"], slice(1000)),
        (["--duration", "0"], slice(0)),
        (["--duration", "200h"], slice(24000)),
        (["--start", "0.25"], slice(12000, 24000)),
        (["--start", "12000s", "--duration", "10ms"], slice(12000, 12480)),
    ],
)
def test_a_part_of_a_file_is_exact_to_the_frame(
    folder: Path, options: list[str], frames: slice
) -> None:
    assert route(folder, "--file", "in.wav", "--to", "out.wav", *options) == (0, b"", "")
    out = read_file(folder / "out.wav")
    np.testing.assert_array_equal(out, read_file(folder / "in.wav")[:, frames])


def test_a_tone_has_its_frequency_and_half_of_full_scale(folder: Path) -> None:
    words = ["--tone", "440", "--duration", "1", "--rate", "8k", "--to", "-", "--raw", "f32le"]
    status, sound, errors = route(folder, *words)
    assert (status, errors) == (0, "")
    expected = 0.5 * np.sin(2 * np.pi * 440 * np.arange(8000) / 8000)
    np.testing.assert_allclose(np.frombuffer(sound, "<f4"), expected, atol=1e-6)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ([], []),
        (["--format", "FLAC"], []),
        (["--format", "AU"], []),
        (["--subtype", "PCM_16"], []),
        (["--raw", "f32le"], ["--raw-in", "f32le"]),
        (["--raw", "s16le"], ["--raw-in", "s16le,48k,stereo"]),
        (["--raw", "s24le"], ["--raw-in", "s24le,48k"]),
    ],
    ids=lambda words: " ".join(words[1:]) or "WAV",
)
def test_a_pipe_carries_every_sample(folder: Path, written: list[str], read: list[str]) -> None:
    with subprocess.Popen(
        [*ROUTE, "--file", "in.wav", "--to", "-", *written],
        cwd=folder,
        env=environment(),
        stdout=subprocess.PIPE,
    ) as first:
        second = subprocess.run(
            [*ROUTE, "--file", "-", *read, "--to", "out.wav"],
            cwd=folder,
            env=environment(),
            stdin=first.stdout,
            capture_output=True,
            timeout=60,
            check=False,
        )
    assert (first.returncode, second.returncode, second.stderr) == (0, 0, b"")
    np.testing.assert_array_equal(read_file(folder / "out.wav"), read_file(folder / "in.wav"))


@pytest.mark.parametrize("subtype", ["VORBIS", "OPUS"])
def test_a_pipe_carries_ogg(folder: Path, subtype: str) -> None:
    words = ["--tone", "440", "--rate", "48k", "--duration", "1"]
    status, sound, errors = route(
        folder, *words, *["--format", "OGG", "--subtype"], subtype, "--to=-"
    )
    assert (status, errors) == (0, "")
    assert route(folder, "--file", "-", "--to", "out.wav", sound=sound) == (0, b"", "")
    out = read_file(folder / "out.wav")
    expected = 0.5 * np.sin(2 * np.pi * 440 * np.arange(48000) / 48000)
    assert out.shape == (1, 48000)
    np.testing.assert_allclose(out[0, 4800:-4800], expected[4800:-4800], atol=0.03)


def test_sox_reads_what_comes_and_makes_what_is_read(folder: Path) -> None:
    piped = (
        f"sox in.wav -t wav - | {' '.join(ROUTE)} --file - --to - --format FLAC"
        " | sox -t flac - out.wav"
    )
    done = subprocess.run(
        piped, shell=True, cwd=folder, env=environment(), capture_output=True, check=True
    )
    assert b"audiograph" not in done.stderr
    np.testing.assert_array_equal(read_file(folder / "out.wav"), read_file(folder / "in.wav"))


def test_a_tone_without_end_goes_into_a_pipe_until_nobody_reads(folder: Path) -> None:
    with subprocess.Popen(
        [*ROUTE, "--tone", "440", "--to", "-"],
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as endless:
        assert endless.stdout is not None
        assert len(endless.stdout.read(1000)) == 1000
        endless.stdout.close()
        assert endless.wait(10) == 141
        assert endless.stderr is not None
        assert endless.stderr.read() == b""


@pytest.mark.parametrize(
    ("words", "status", "text"),
    [
        (["--file", "garbage.wav"], 1, "garbage.wav is no sound file that can be decoded"),
        (["--file", "empty.wav"], 1, "empty.wav is empty"),
        (["--file", "."], 1, "it is a directory; name a file in it"),
        (["--file", "missing.wav"], 1, "No such file or directory; check the name"),
        (["--file", "-"], 1, "stdin is empty"),
        (["--file", "-", "--file", "-"], 2, "stdin can be used once only"),
        (["--file", "in.wav", "--start", "1"], 1, "1 s into in.wav, which ends at 0.5 s"),
        (
            ["--file", "in.wav", "--track", "voice"],
            3,
            "no track matches 'voice'; there is",
        ),
        (["--file", "in.wav", "--gain", "loud"], 2, "'loud' is no gain"),
        (["--file", "in.wav", "--rate", "1"], 1, "a sample rate of 1 Hz"),
        (["--file", "in.wav", "--rate", "1000k"], 1, "a sample rate of 1000000 Hz"),
        (["in.wav"], 2, "'in.wav' belongs to no option: inputs follow --mic, --file or --tone"),
        (["--file", "in.wav", "--raw-in", "s16le"], 2, "--raw-in says what stdin holds"),
        (["--tone", "440", "--duration", "1", "--start", "1"], 2, "--start says where files"),
        (["--file", "in.wav", "--to", "./"], 1, "'.' is a directory; name a file to write in it"),
        (["--file", "in.wav", "--channels", "100"], 1, "100 channels"),
        (["--file", "in.wav", "--subtype", "VORBIS"], 1, "WAV cannot hold VORBIS; it takes"),
        (["--file", "in.wav", "--to", "out.wav"], 2, "'out.wav' is an output twice"),
        (["--file", "in.wav", "--to", "./out.wav"], 2, "'out.wav' is an output twice"),
        (["--file", "in.wav", "--to", "in.wav"], 1, "'in.wav' is there already; --force"),
        (["--file", "in.wav", "--to", "nowhere/x.wav"], 1, "no directory '"),
        (["--file", "in.wav", "--to", "x.wva"], 1, "no format 'wva' to write 'x.wva' in; did you"),
        (["--file", "in.wav", "--to", "none", "--to", "in.wav", "--force"], 2, "is an input"),
        (["--tone", "440"], 2, "a tone has no end"),
        (["--tone", "30k", "--duration", "1"], 1, "a tone of 30000 Hz where 0 to 24000 Hz"),
    ],
)
def test_what_cannot_be_done_is_one_line_and_leaves_nothing(
    folder: Path, words: list[str], status: int, text: str
) -> None:
    (folder / "garbage.wav").write_bytes(b"RIFF, but no more than that")
    (folder / "empty.wav").touch()
    before = contents(folder)
    ended, stdout, errors = route(folder, "--to", "out.wav", *words)
    assert (ended, stdout, text in errors, errors.count("\n")) == (status, b"", True, 1), errors
    assert contents(folder) == before


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


def test_of_a_truncated_file_comes_what_is_there(folder: Path) -> None:
    sound = read_file(folder / "in.wav")
    whole = (folder / "in.wav").read_bytes()
    (folder / "in.wav").write_bytes(whole[: len(whole) // 2])
    assert route(folder, "--file", "in.wav", "--to", "out.wav") == (0, b"", "")
    out = read_file(folder / "out.wav")
    assert out.shape[1] > 10_000
    np.testing.assert_array_equal(out, sound[:, : out.shape[1]])


def test_a_file_may_replace_its_input(folder: Path) -> None:
    sound = read_file(folder / "in.wav")
    words = ["--file", "in.wav", "--gain", "0.5", "--to", "in.wav", "--force"]
    assert route(folder, *words, "--subtype", "FLOAT") == (0, b"", "")
    np.testing.assert_array_equal(read_file(folder / "in.wav"), sound / 2)
    assert list(contents(folder)) == ["in.wav"]


def test_one_track_alone_is_taken(folder: Path) -> None:
    write_file(folder / "voice.wav", noise(1000, seed=5, channels=1))
    words = ["--file", "in.wav", "--file", "voice.wav", "--track", "VOICE", "--to", "out.wav"]
    assert route(folder, *words) == (0, b"", "")
    np.testing.assert_array_equal(read_file(folder / "out.wav"), read_file(folder / "voice.wav"))


def test_samples_without_a_header_are_written_to_a_file_too(folder: Path) -> None:
    assert route(folder, "--file", "in.wav", "--to", "out", "--raw", "s16le") == (0, b"", "")
    sound = np.frombuffer((folder / "out").read_bytes(), "<i2").reshape(-1, 2).T / 2**15
    np.testing.assert_array_equal(sound, read_file(folder / "in.wav"))


def test_a_full_disk_is_told_and_the_old_file_stays(folder: Path) -> None:
    before = contents(folder)

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))

    done = subprocess.run(
        [*ROUTE, "--file", "in.wav", "--to", "in.wav", "--force"],
        cwd=folder,
        env=environment(PYTHONDONTWRITEBYTECODE="1"),
        preexec_fn=limit,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (
        1,
        "audiograph: cannot write 'in.wav': File too large; the file system or the shell's limit "
        "allows no larger file\n",
    )
    assert contents(folder) == before


def test_a_full_pipe_target_is_told(run: Run, folder: Path) -> None:
    with Path("/dev/full").open("w") as full:
        done = run("route", "--file", "in.wav", "--to", "-", stdout=full)
    assert done.returncode == 1
    assert done.stderr.startswith("audiograph: cannot write to stdout: No space left on device")


@pytest.mark.parametrize("command", [["route", "--to", "out.wav", "--file"], ["inspect"]])
def test_a_file_that_may_not_be_read_is_a_lack_of_permission(
    folder: Path, command: list[str]
) -> None:
    (folder / "in.wav").chmod(0)
    # What root may do all the same is taken from it.
    unprivileged = ["setpriv", "--bounding-set=-all"] if os.geteuid() == 0 else []
    done = subprocess.run(
        [*unprivileged, sys.executable, "-m", "audiograph", *command, "in.wav"],
        cwd=folder,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (
        3,
        "audiograph: cannot read 'in.wav': Permission denied\n",
    )


def test_audio_goes_neither_to_nor_from_a_terminal(run: Run, folder: Path) -> None:
    ours, theirs = os.openpty()
    to = run("route", "--file", "in.wav", "--to", "-", stdout=theirs)
    came = run("route", "--file", "-", "--to", "out.wav", stdin=theirs)
    os.close(theirs)
    os.close(ours)
    assert (to.returncode, came.returncode) == (2, 2)
    assert "audio is not written to a terminal" in to.stderr
    assert "audio is not read from a terminal" in came.stderr


@pytest.fixture
def stalled(folder: Path) -> Iterator[tuple[subprocess.Popen[str], Path]]:
    """A program that waits for more of its input, a named pipe; and its output's path."""
    os.mkfifo(folder / "pipe.wav")
    with subprocess.Popen(
        [*ROUTE, "--file", "pipe.wav", "--to", "out.wav"],
        cwd=folder,
        env=environment(),
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        # Opening waits until the program has opened the other end.
        with (folder / "pipe.wav").open("wb", buffering=0) as pipe:
            pipe.write((folder / "in.wav").read_bytes()[:60_000])
            poll(lambda: list(folder.glob(".*.part")) or None, "the output")
            yield process, folder / "out.wav"
        process.kill()


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_a_signal_leaves_no_half_made_file(
    stalled: tuple[subprocess.Popen[str], Path], name: str
) -> None:
    process, out = stalled
    process.send_signal(getattr(signal, name))
    assert process.wait(5) == 130
    assert process.stderr is not None
    assert process.stderr.read() == "audiograph: interrupted\n"
    assert sorted(path.name for path in out.parent.iterdir()) == ["in.wav", "pipe.wav"]


@pytest.mark.parametrize(
    ("extension", "size", "options"),
    [
        ("ogg", 300, []),
        ("ogg", 6000, ["--start", "10"]),
        ("mp3", 300, []),
        ("flac", 300, []),
        ("au", 5000, ["--start", "10"]),
        ("wav", 3, []),
        ("wav", 30, []),
        ("wav", 6000, ["--to", "none"]),
    ],
)
def test_a_pipe_that_stops_anywhere_can_be_interrupted(
    folder: Path, extension: str, size: int, options: list[str]
) -> None:
    sound = folder / f"in.{extension}"
    if extension != "wav":
        soundfile.write(sound, noise(24000).T / 4, 48000)
    process = subprocess.Popen(
        [*ROUTE, "--file", "-", "--to", "out.wav", *options],
        cwd=folder,
        env=environment(),
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with process:
        assert process.stdin is not None
        assert process.stderr is not None
        os.write(process.stdin.fileno(), sound.read_bytes()[:size])
        poll(lambda: not waiting(process.stdin), "the program to read")
        process.send_signal(signal.SIGINT)
        try:
            assert process.wait(10) == 130
        finally:
            process.kill()
        assert process.stderr.read() == "audiograph: interrupted\n"
    assert not (folder / "out.wav").exists()


@pytest.mark.parametrize("mode", ["ab", "r+b"])
@pytest.mark.parametrize("is_stdin", [False, True])
def test_what_is_read_is_not_written_to_at_the_same_time(
    folder: Path, mode: str, is_stdin: bool
) -> None:
    before = (folder / "in.wav").read_bytes()
    with (folder / "in.wav").open(mode) as out, (folder / "in.wav").open("rb") as file:
        words = ["--file", "-" if is_stdin else "in.wav", "--to", "-"]
        done = subprocess.run(
            [*ROUTE, *words], cwd=folder, stdin=file, stdout=out, stderr=subprocess.PIPE, timeout=20
        )
    assert done.returncode == 2
    assert b"is an input, and the file that stdout goes to" in done.stderr
    assert (folder / "in.wav").read_bytes() == before


def test_a_link_to_itself_is_no_file(folder: Path) -> None:
    (folder / "loop.wav").symlink_to("loop.wav")
    for words in (["loop.wav", "--to", "out.wav"], ["in.wav", "--force", "--to", "loop.wav"]):
        status, _, errors = route(folder, "--file", *words)
        assert status == 1
        assert "loop.wav': Too many levels of symbolic links" in errors
    status, _, errors = route(folder, "--file", "loop.wav", "--to", "none")
    assert (status, errors[:11]) == (1, "audiograph:")


def test_stdin_goes_to_stdout_while_it_plays(folder: Path) -> None:
    words = ["--file", "-", "--to", "none", "--to", "-", "--raw", "s16le"]
    sound = (folder / "in.wav").read_bytes()
    assert route(folder, *words, sound=sound) == (0, sound[44:], "")


def test_the_name_of_a_file_may_be_any_bytes(folder: Path) -> None:
    (folder / "in.wav").rename(folder / "\udcff\n\x1b.wav")
    status, _, errors = route(folder, "--file", "\udcff\n\x1b.wav", "--to", "\udcfe.wav")
    assert (status, errors) == (0, "")
    assert soundfile.info(os.fsencode(folder / "\udcfe.wav")).frames == 24000


def waiting(pipe: object) -> int:
    """Return how many bytes in a pipe nobody has read yet."""
    count = array.array("i", [0])
    fcntl.ioctl(pipe, termios.FIONREAD, count)  # type: ignore[call-overload]
    return count[0]


@pytest.mark.parametrize("name", ["/dev/zero", "/dev/full"])
@pytest.mark.parametrize("is_stdin", [False, True])
def test_what_never_ends_and_is_no_sound_is_refused_at_once(
    folder: Path, name: str, is_stdin: bool
) -> None:
    words = [*ROUTE, "--file", "-" if is_stdin else name, "--to", "out.wav"]
    with Path(name).open("rb", buffering=0) as endless:
        done = subprocess.run(
            words, cwd=folder, env=environment(), stdin=endless, capture_output=True, timeout=20
        )
    assert done.returncode == 1
    assert b"is no sound file that can be decoded" in done.stderr
    assert not (folder / "out.wav").exists()


INPUTS = ["in.wav", "mono.flac", "empty.wav", "garbage.wav", "cut.ogg", "missing.wav", "-", "."]
OUTPUTS = ["out.wav", "out.flac", "out.ogg", "out.xyz", "there.wav", "none", "-", "nowhere/x.wav"]
OPTIONS = {
    "--gain": ["-6dB", "0", "-infdB", "1e30", "nan"],
    "--start": ["0", "0.1", "1000s", "1h"],
    "--duration": ["0", "10ms", "0.05", "1e9", "-1"],
    "--rate": ["8k", "44100", "1", "700k"],
    "--channels": ["mono", "2", "5.1", "32", "1000"],
    "--format": ["WAV", "flac", "OGG", "nonsense"],
    "--subtype": ["FLOAT", "PCM_24", "VORBIS", "nonsense"],
    "--raw": ["s16le", "f32le", "u8"],
    "--raw-in": ["s24le", "f32le,8k,mono"],
    "--tone": ["440", "30k", "0"],
    "--track": ["in", "nobody"],
    "--latency": ["interactive", "1ms"],
}


@st.composite
def command_lines(draw: st.DrawFn) -> list[str]:
    words = [f"--file={name}" for name in draw(st.lists(st.sampled_from(INPUTS), max_size=2))]
    chosen = draw(st.lists(st.sampled_from(sorted(OPTIONS)), max_size=4, unique=True))
    words += [f"{name}={draw(st.sampled_from(OPTIONS[name]))}" for name in chosen]
    if draw(st.booleans()):
        words.append("--force")
    outputs = draw(st.lists(st.sampled_from(OUTPUTS), min_size=1, max_size=2))
    # A tone into a pipe has no end, and a microphone has none either.
    if "--duration" not in chosen:
        words.append("--duration=0.1")
    return [*words, *(f"--to={name}" for name in outputs)]


@pytest.fixture(scope="module")
def inputs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("inputs")
    write_file(folder / "in.wav", noise(10_000))
    write_file(folder / "mono.flac", noise(2000, channels=1), 44100)
    soundfile.write(folder / "cut.ogg", noise(20_000).T, 22050)
    whole = (folder / "cut.ogg").read_bytes()
    (folder / "cut.ogg").write_bytes(whole[: len(whole) // 2])
    write_file(folder / "there.wav", noise(100))
    (folder / "garbage.wav").write_bytes(bytes(range(256)))
    (folder / "empty.wav").touch()
    return folder


@given(words=command_lines())
@example(words=["--file=in.wav", "--to=there.wav", "--to=out.xyz", "--force"])
@settings(max_examples=40)
def test_whatever_is_asked_for_ends_well_or_with_one_line(
    inputs: Path, tmp_path_factory: pytest.TempPathFactory, words: list[str]
) -> None:
    folder = tmp_path_factory.mktemp("fuzz")
    for path in inputs.iterdir():
        (folder / path.name).write_bytes(path.read_bytes())
    before = contents(folder)
    with Path(os.devnull).open("wb") as nowhere:
        done = subprocess.run(
            [*ROUTE, *words],
            cwd=folder,
            env=environment(),
            stdin=subprocess.DEVNULL,
            stdout=nowhere,
            stderr=subprocess.PIPE,
            text=True,
            timeout=30,
            check=False,
        )
    assert done.returncode in (0, 1, 2, 3)
    assert "Traceback" not in done.stderr
    assert "bug" not in done.stderr
    after = contents(folder)
    if done.returncode:
        assert done.stderr.count("\n") >= 1
        assert after == before
    else:
        assert done.stderr == ""
        for name in after.keys() - before.keys():
            assert len(after[name]) > 0
        if "--force" not in words:
            assert {name: after[name] for name in before} == before

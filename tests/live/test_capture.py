"""`audiograph capture` against a real sound server."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile
from sound_files import Samples, noise, read_file

from .command import PATIENT, Command, recorded_whole
from .server import RATE, Server, placed, poll

pytestmark = pytest.mark.live

Start = Callable[..., Command]


def test_every_format_holds_what_was_played(
    server: Server, audiograph: Start, tmp_path: Path
) -> None:
    sound = noise()
    kinds = {
        "whole.wav": [],
        "float.wav": ["--subtype", "FLOAT"],
        "whole.flac": [],
        "mono.aiff": ["--channels", "mono", "--subtype", "PCM_24"],
    }
    captures = {
        name: audiograph("capture", name, *options, *PATIENT, on=server)
        for name, options in kinds.items()
    }
    for name, capture in captures.items():
        capture.recorded(name)
    server.play(sound)
    expected = dict.fromkeys(kinds, sound)
    expected["mono.aiff"] = sound.mean(axis=0, keepdims=True)
    for name, capture in captures.items():
        end = expected[name][:, -64:]
        # FLAC comes in blocks of 4096 frames.
        poll(lambda: placed(end, read_file(tmp_path / name)), f"the sound's end in {name}")  # noqa: B023 - called here
        assert capture.interrupted() == (0, "")
        recorded_whole(read_file(tmp_path / name), expected[name])


def test_rate_channels_and_duration_are_those_asked_for(
    server: Server, audiograph: Start, tmp_path: Path
) -> None:
    server.play(np.full((2, 10 * RATE), 0.25, np.float32))
    words = ["--rate", "16k", "--channels", "1", "--duration", "12345s", "--mic", "MIC"]
    capture = audiograph("capture", "take.wav", *words, on=server)
    assert capture.ended() == (0, "")
    info = soundfile.info(tmp_path / "take.wav")
    assert (info.samplerate, info.channels, info.frames) == (16000, 1, 12345)
    np.testing.assert_allclose(read_file(tmp_path / "take.wav")[:, -4000:], 0.25, atol=1e-3)


def test_stdout_carries_a_wave_stream(server: Server, audiograph: Start, tmp_path: Path) -> None:
    sound = noise()
    capture = audiograph("capture", "-", *PATIENT, on=server)
    poll(lambda: len(capture.output) > 44, "the first samples")
    server.play(sound)

    def samples() -> Samples:
        frames = (len(capture.output) - 44) // 8
        return np.frombuffer(bytes(capture.output), "<f4", 2 * frames, 44).reshape(-1, 2).T

    poll(lambda: placed(sound[:, -64:], samples()), "the end of the sound")
    assert capture.interrupted() == (0, "")
    subprocess.run(
        ["sox", "-t", "wav", "-", "heard.wav"],
        input=capture.output,
        cwd=tmp_path,
        check=True,
        stderr=subprocess.DEVNULL,
    )
    recorded_whole(read_file(tmp_path / "heard.wav"), sound)


def test_a_reader_that_has_enough_ends_it_without_a_word(server: Server, audiograph: Start) -> None:
    reading, writing = os.pipe()
    capture = audiograph("capture", "-", on=server, stdout=writing)
    os.close(writing)
    with subprocess.Popen(["head", "-c", "1000"], stdin=reading, stdout=subprocess.PIPE) as head:
        os.close(reading)
        assert len(head.communicate()[0]) == 1000
    assert capture.ended(seconds=2) == (141, "")


def test_a_full_disk_is_told(server: Server, audiograph: Start) -> None:
    with Path("/dev/full").open("wb") as full:
        status, errors = audiograph("capture", "-", on=server, stdout=full).ended()
    assert status == 1
    assert errors == (
        "audiograph: cannot write to stdout: No space left on device; make room, or write to "
        "another disk\n"
    )


def test_audio_is_not_written_to_a_terminal(server: Server, audiograph: Start) -> None:
    ours, theirs = os.openpty()
    status, errors = audiograph("capture", "-", on=server, stdout=theirs).ended()
    os.close(theirs)
    os.close(ours)
    assert status == 2
    assert "audio is not written to a terminal" in errors
    assert errors.count("\n") == 1


@pytest.mark.parametrize(
    ("words", "status", "text"),
    [
        (["x.wav", "--mic", "nobody"], 3, "no input device matches 'nobody'; there is 'speakers'"),
        (["x.wav", "--mic", "qq"], 3, "no input device matches 'qq'"),
        (["x.wav", "--mic", "e"], 3, "'e' is more than one input device: 'speakers' (id "),
        (["x.wav", "--mic", "loopbak"], 3, "did you mean 'loopback'?"),
        (["there.wav"], 1, "'there.wav' is there already; --force replaces it"),
        (["folder/x.wav"], 1, "no directory '"),
        (["x.xyz"], 1, "no format 'xyz' to write 'x.xyz' in"),
        (["x.flac", "--rate", "700k"], 1, "FLAC PCM_16 with 2 channels at 700000 Hz"),
        (["x.wav", "--duration", "long"], 2, "'long' is no time"),
        ([], 2, "missing argument 'OUT'"),
    ],
)
def test_what_cannot_be_done_is_one_line(
    server: Server, audiograph: Start, tmp_path: Path, words: list[str], status: int, text: str
) -> None:
    (tmp_path / "there.wav").write_text("precious")
    ended, errors = audiograph("capture", *words, on=server).ended()
    assert (ended, text in errors, errors.count("\n")) == (status, True, 1), errors
    assert [path.name for path in tmp_path.iterdir()] == ["there.wav"]
    assert (tmp_path / "there.wav").read_text() == "precious"

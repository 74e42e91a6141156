"""`audiograph route` against a real sound server: what goes in comes out, sample for sample."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soxr
from sound_files import Samples, noise, read_file, write_file

from .command import (
    PATIENT,
    Command,
    clients,
    heard_whole,
    heard_whole_at_last,
    play_through,
    recorded_whole,
)
from .server import RATE, Server, placed, poll

pytestmark = pytest.mark.live

Start = Callable[..., Command]


@pytest.mark.parametrize(
    ("channels", "options", "frames"),
    [
        (2, [], slice(None)),
        (1, [], slice(None)),
        (2, ["--start", "0.125", "--duration", "0.25"], slice(6000, 18000)),
    ],
)
def test_a_file_is_heard_from_its_first_frame_to_its_last(
    server: Server,
    audiograph: Start,
    tmp_path: Path,
    channels: int,
    options: list[str],
    frames: slice,
) -> None:
    sound = noise(channels=channels)
    write_file(tmp_path / "in.wav", sound)
    heard = server.record("speakers.monitor")
    words = ["--file", "in.wav", "--to", "speakers", *options, *PATIENT]
    route = audiograph("route", *words, on=server)
    around = heard_whole(heard, np.broadcast_to(sound, (2, sound.shape[1]))[:, frames])
    assert not around.any()
    assert route.ended() == (0, "")


def test_what_is_routed_to_the_speakers_is_captured_from_them(
    server: Server, audiograph: Start, tmp_path: Path
) -> None:
    sound = noise()
    write_file(tmp_path / "in.wav", sound)
    capture = audiograph("capture", "--mic", "loopback", "heard.wav", *PATIENT, on=server)
    capture.recorded("heard.wav")
    assert audiograph("route", "--file", "in.wav", *PATIENT, on=server).ended() == (0, "")
    assert capture.interrupted() == (0, "")
    heard = read_file(tmp_path / "heard.wav")
    start = recorded_whole(heard, sound)
    assert not heard[:, :start].any()
    assert not heard[:, start + sound.shape[1] :].any()


@pytest.mark.parametrize("words", [[], ["--mic", "default", "--to", "speakers"]])
def test_the_microphone_is_heard(server: Server, audiograph: Start, words: list[str]) -> None:
    heard = server.record("speakers.monitor")
    route = audiograph("route", *words, *PATIENT, on=server)
    sound = noise()
    play_through(server, heard, sound)
    heard_whole(heard, sound)
    assert route.interrupted() == (0, "")


def test_the_microphone_is_heard_and_recorded_in_one_go(
    server: Server, audiograph: Start, tmp_path: Path
) -> None:
    heard = server.record("speakers.monitor")
    words = ["--mic", "default", "--to", "speakers", "--to", "take.wav", "--to", "take.flac"]
    route = audiograph("route", *words, *PATIENT, on=server)
    sound = noise()
    play_through(server, heard, sound)
    heard_whole(heard, sound)
    assert route.interrupted() == (0, "")
    recorded_whole(read_file(tmp_path / "take.wav"), sound)
    recorded_whole(read_file(tmp_path / "take.flac"), sound)


def test_microphones_are_mixed_into_a_file(
    server: Server, audiograph: Start, tmp_path: Path
) -> None:
    first, second = noise(seed=1), noise(seed=2)
    words = ["--mic", "mic", "--mic", "loopback", "--to", "mix.wav", "--subtype", "FLOAT"]
    route = audiograph("route", *words, *PATIENT, on=server)
    begun = route.recorded("mix.wav", RATE // 4).shape[1]
    server.play(first, "room")
    route.recorded("mix.wav", begun + RATE)
    server.play(second, "speakers")
    poll(
        lambda: placed(second[:, -64:], read_file(tmp_path / "mix.wav")),
        "the end of the second microphone's sound",
    )
    assert route.interrupted() == (0, "")
    mix = read_file(tmp_path / "mix.wav")
    assert recorded_whole(mix, first) < recorded_whole(mix, second)


def test_a_microphone_is_mixed_with_a_file_and_ends_with_it(
    server: Server, audiograph: Start, tmp_path: Path
) -> None:
    backing, voice = noise(3 * RATE, seed=3), noise(seed=4)
    write_file(tmp_path / "backing.wav", backing)
    words = ["--mic", "default", "--file", "backing.wav", "--to", "mix.wav", "--subtype", "FLOAT"]
    route = audiograph("route", *words, *PATIENT, on=server)
    route.recorded("mix.wav", RATE // 4)
    server.play(voice)
    assert route.ended() == (0, "")
    mix = read_file(tmp_path / "mix.wav")
    assert mix.shape == backing.shape
    recorded_whole(mix - backing, voice)


def test_two_output_devices_play_the_same(
    server: Server, audiograph: Start, tmp_path: Path
) -> None:
    configuration = tmp_path / "asound.conf"
    configuration.write_text(
        Path(server.environment["ALSA_CONFIG_PATH"]).read_text()
        + "pcm.headphones { type pulse device room hint { show on } }\n"
    )
    sound = noise()
    write_file(tmp_path / "in.wav", sound)
    recordings = [server.record(f"{sink}.monitor") for sink in ("speakers", "room")]
    route = audiograph(
        *["route", "--file", "in.wav", "--to", "speakers", "--to", "headphones", *PATIENT],
        env={**server.environment, "ALSA_CONFIG_PATH": str(configuration)},
    )
    for heard in recordings:
        assert not heard_whole(heard, sound).any()
    assert route.ended() == (0, "")


def test_a_tone_is_heard_at_its_frequency_and_level(server: Server, audiograph: Start) -> None:
    heard = server.record("speakers.monitor")
    words = ["--tone", "1k", "--gain", "-6dB", "--duration", "0.5", "--to", "speakers"]
    assert audiograph("route", *words, *PATIENT, on=server).ended() == (0, "")
    tone = 0.5 * 10 ** (-6 / 20) * np.sin(2 * np.pi * 1000 * np.arange(RATE // 2) / RATE)

    def sounding() -> Samples | None:
        samples = heard.samples
        at = np.flatnonzero(samples[0])
        # A sine begins with a zero.
        found = samples[:, at[0] - 1 : at[-1] + 1] if len(at) else samples
        return found if found.shape[1] >= RATE // 2 - 1 else None

    found = poll(sounding, "the whole tone")
    np.testing.assert_allclose(found, np.tile(tone[: found.shape[1]], (2, 1)), atol=1e-6)


def test_a_file_of_another_rate_is_resampled_to_the_devices(
    server: Server, audiograph: Start, tmp_path: Path
) -> None:
    sound = noise(44100) / 4
    write_file(tmp_path / "in.wav", sound, 44100, "FLOAT")
    heard = server.record("speakers.monitor")
    words = ["--file", "in.wav", "--rate", "48k", "--to", "speakers"]
    route = audiograph("route", *words, *PATIENT, on=server)
    heard_whole(heard, soxr.resample(sound.T, 44100, RATE).T)
    assert route.ended() == (0, "")


@pytest.mark.parametrize(
    "options",
    [["--gain", "-3dB"], ["--rate", "32k", "--channels", "1", "--tone", "300"]],
)
def test_in_real_time_the_result_is_the_same_as_offline(
    audiograph: Start, tmp_path: Path, options: list[str]
) -> None:
    write_file(tmp_path / "in.wav", noise(44100) / 2, 44100)
    words = ["route", "--file", "in.wav", *options, "--subtype", "FLOAT"]
    live = audiograph(*words, "--to", "none", "--to", "live.wav")
    assert audiograph(*words, "--to", "offline.wav").ended() == (0, "")
    assert live.ended() == (0, "")
    np.testing.assert_array_equal(
        read_file(tmp_path / "live.wav"), read_file(tmp_path / "offline.wav")
    )


def test_a_duration_is_exact_to_the_frame(
    server: Server, audiograph: Start, tmp_path: Path
) -> None:
    words = ["--duration", "12345s", "--to", "speakers", "--to", "take.wav"]
    both = audiograph("route", "--mic", "default", *words, on=server)
    alone = audiograph(
        "route", "--mic", "default", "--duration", "0.1", "--to", "a.flac", on=server
    )
    assert both.ended() == (0, "")
    assert alone.ended() == (0, "")
    assert read_file(tmp_path / "take.wav").shape == (2, 12345)
    assert read_file(tmp_path / "a.flac").shape == (2, 4800)


def test_one_track_alone_is_taken(server: Server, audiograph: Start, tmp_path: Path) -> None:
    sound = noise()
    write_file(tmp_path / "voice.wav", sound)
    words = ["--mic", "default", "--file", "voice.wav", "--track", "voice", "--to", "out.wav"]
    route = audiograph("route", *words, on=server)
    assert route.ended() == (0, "")
    np.testing.assert_array_equal(read_file(tmp_path / "out.wav"), sound)


def test_a_pipe_is_heard_from_its_first_frame_to_its_last(
    server: Server, audiograph: Start, tmp_path: Path
) -> None:
    sound = noise()
    path = write_file(tmp_path / "in.wav", sound)
    heard = server.record("speakers.monitor")
    with subprocess.Popen(
        ["sox", path, "-t", "wav", "-"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as sox:
        words = ["--file", "-", "--to", "speakers", *PATIENT]
        route = audiograph("route", *words, on=server, stdin=sox.stdout)
        assert not heard_whole(heard, sound).any()
        assert route.ended() == (0, "")


def test_a_capture_can_be_piped_into_a_route(server: Server, audiograph: Start) -> None:
    heard = server.record("speakers.monitor")
    reading, writing = os.pipe()
    capture = audiograph("capture", "-", "--raw", "f32le", on=server, stdout=writing)
    words = ["--file", "-", "--raw-in", "f32le", "--to", "speakers"]
    route = audiograph("route", *words, *PATIENT, on=server, stdin=reading)
    os.close(reading)
    os.close(writing)
    sound = noise()
    play_through(server, heard, sound)
    heard_whole_at_last(server, heard, sound)
    assert capture.interrupted() == (0, "")
    assert route.ended() == (0, "")


def test_the_microphone_goes_out_at_stdout(server: Server, audiograph: Start) -> None:
    sound = noise()
    words = ["--mic", "default", "--to", "-", "--raw", "s16le"]
    route = audiograph("route", *words, *PATIENT, on=server)
    poll(lambda: len(route.output) > RATE, "the first samples")
    server.play(sound)

    def samples() -> Samples:
        whole = np.frombuffer(bytes(route.output[: len(route.output) // 4 * 4]), "<i2")
        return whole.reshape(-1, 2).T / np.float32(2**15)

    poll(lambda: placed(sound[:, -64:], samples()), "the end of the sound")
    assert route.interrupted() == (0, "")
    recorded_whole(samples(), sound)


def test_every_stream_is_closed_at_the_end(server: Server, audiograph: Start) -> None:
    route = audiograph("route", on=server)
    poll(lambda: clients(server) == 2, "both streams")
    route.interrupt()
    route.ended()
    poll(lambda: clients(server) == 0, "their end")

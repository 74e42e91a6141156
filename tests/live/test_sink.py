"""A live context that moves from one device to another."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import pytest
from numpy.typing import NDArray

from .conftest import Program
from .server import RATE, Server, poll

pytestmark = pytest.mark.live


@pytest.fixture
def room_by_default(server: Server) -> Iterator[Server]:
    """The server, with the room instead of the speakers as its default output."""
    server.pactl("set-default-sink", "room")
    yield server
    server.pactl("set-default-sink", "speakers")


def test_a_program_may_end_while_contexts_start(
    server: Server, program: Callable[..., Program]
) -> None:
    # Where a stream outlives the library one in four of them crashes. The server takes 64
    # connections, of which each of their contexts needs one.
    for _ in range(4):
        leaving = [program("leave", environment=server.environment) for _ in range(4)]
        assert [each.ended() for each in leaving] == [(0, "")] * len(leaving)


def test_a_child_that_was_forked_ends_at_once_and_leaves_the_devices_alone(
    server: Server, program: Callable[..., Program]
) -> None:
    forking = program("fork", environment=server.environment)
    told = forking.told()
    assert told["seconds"] < 1.5
    assert (told["status"], told["state"]) == (0, "running")
    assert forking.ended() == (0, "")


def is_tone(samples: NDArray[np.float32]) -> bool:
    """Return whether `samples`, shape (channels, frames), hold 1 kHz at full scale to the end."""
    last = samples[0, -4800:]
    wave = np.exp(-2j * np.pi * 1000 * np.arange(len(last)) / RATE)
    return len(last) == 4800 and bool(abs(2 * np.mean(last * wave)) > 0.99)


def test_a_tone_that_plays_moves_to_another_device(
    room_by_default: Server, program: Callable[..., Program]
) -> None:
    server = room_by_default
    speakers, room = server.record("speakers.monitor"), server.record("room.monitor")
    moving = program("move", environment=server.environment)
    assert moving.told()["state"] == "running"
    poll(lambda: is_tone(speakers.samples), "the tone at the speakers")
    assert not room.samples.any()
    moving.tell()
    before, after = moving.told(), moving.told()
    assert before["sink"] != ""
    assert 0 < before["heard"] < before["time"] <= after["time"]
    assert 0 < before["latency"] < 1
    assert (after["sink"], after["state"]) == ("", "running")
    poll(lambda: is_tone(room.samples), "the tone in the room")
    silent = speakers.frames
    # Within a second the statistics are brought up to date.
    poll(lambda: speakers.frames > silent + RATE, "silence at the speakers")
    assert not speakers.samples[:, silent:].any()
    moving.tell()
    last = moving.told()
    assert 0 < after["heard"] < last["heard"] < last["time"]
    assert last["stats"]["total_duration"] > 0
    assert 0 < last["stats"]["minimum_latency"] <= last["stats"]["maximum_latency"] < 1
    assert moving.ended() == (0, "")

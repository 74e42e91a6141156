"""A second output device, fed at the pace of another."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from .conftest import Program
from .server import Server, placed, poll

pytestmark = pytest.mark.live


def test_a_microphone_comes_out_at_the_speakers_sample_for_sample(
    server: Server, program: Callable[..., Program]
) -> None:
    noise = np.random.default_rng(2).uniform(-1, 1, (2, 72000)).astype(np.float32)
    heard = server.record("speakers.monitor")
    passing = program("pass_on", environment=server.environment)
    assert passing.told() == {"step": "running"}
    # What comes before the bridge is full is not heard.
    pilot = np.full((2, 48000), 0.25, np.float32)
    server.play(np.concatenate([pilot, noise], axis=1), "room")
    start = poll(lambda: placed(noise, heard.samples), "the noise at the speakers")
    poll(lambda: heard.frames >= start + noise.shape[1], "the noise's end")
    passing.tell()
    closed = passing.told()
    assert passing.ended() == (0, "")
    np.testing.assert_array_equal(heard.stop()[:, start : start + noise.shape[1]], noise)
    assert closed["faults"] == []
    assert not closed["interpolating"]
    assert closed["latency"] < 1


def test_closing_plays_to_the_end(server: Server, program: Callable[..., Program]) -> None:
    noise = np.random.default_rng(3).uniform(-1, 1, (2, 4800)).astype(np.float32)
    heard = server.record("speakers.monitor")
    burst = program("burst", environment=server.environment)
    assert burst.told() == {"step": "closed"}
    assert burst.ended() == (0, "")
    start = poll(lambda: placed(noise, heard.samples), "the noise at the speakers")
    poll(lambda: heard.frames >= start + noise.shape[1], "the noise's end")
    np.testing.assert_array_equal(heard.stop()[:, start : start + noise.shape[1]], noise)

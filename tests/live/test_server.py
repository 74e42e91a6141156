"""The sound server of the live tests itself, without our program."""

from __future__ import annotations

import numpy as np
import pytest

from .server import Server, placed, poll

pytestmark = pytest.mark.live


@pytest.mark.parametrize(
    ("sink", "source"), [("room", "room.monitor"), ("speakers", "@DEFAULT_MONITOR@")]
)
def test_what_is_played_into_a_sink_is_recorded_as_it_was(
    server: Server, sink: str, source: str
) -> None:
    noise = np.random.default_rng(4).uniform(-1, 1, (2, 24000)).astype(np.float32)
    heard = server.record(source)
    server.play(noise, sink)
    start = poll(lambda: placed(noise, heard.samples), "the noise")
    poll(lambda: heard.frames >= start + noise.shape[1], "the noise's end")
    np.testing.assert_array_equal(heard.stop()[:, start : start + noise.shape[1]], noise)

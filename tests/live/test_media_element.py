"""A media element by itself, heard on the default output."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from sound_files import noise, write_file

from .conftest import Program
from .server import RATE, Server, placed, poll

pytestmark = pytest.mark.live


def test_a_file_is_heard_to_its_last_frame(
    server: Server, program: Callable[..., Program], tmp_path: Path
) -> None:
    sound = noise(RATE)
    file = str(write_file(tmp_path / "voice.wav", sound))

    def is_heard_whole() -> bool:
        heard = server.record("speakers.monitor")
        playing = program("element", file, environment=server.environment)
        assert playing.told() == {"in_time": True, "current_time": 1.0}
        start = poll(lambda: placed(sound, heard.samples), "the sound at the speakers")
        poll(lambda: heard.frames >= start + RATE, "the sound's end")
        playing.tell()
        assert playing.ended() == (0, "")
        return np.array_equal(heard.stop()[:, start : start + RATE], sound)

    # What is played at once is torn where the machine has much other work.
    assert any(is_heard_whole() for _ in range(4))

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest
from memory import track_of
from rendered import RATE, noise

from audiograph import MediaStreamTrack
from audiograph.media.tap import Tap
from audiograph.routing.offline import CHUNK_FRAMES, render
from audiograph.sinks.memory import MemorySink


@dataclass
class MemoryOutput:
    """An output that keeps its sink, or cannot be opened."""

    fails: bool = False
    sinks: list[MemorySink] = field(default_factory=list)

    def open(self, *, sample_rate: int, channels: int, recording: bool) -> MemorySink:
        assert not recording
        if self.fails:
            raise OSError("no room")
        self.sinks.append(MemorySink(sample_rate=sample_rate, channels=channels))
        return self.sinks[0]


def rendered(
    tracks: Sequence[MediaStreamTrack],
    output: Any = None,
    *,
    until: Sequence[MediaStreamTrack] | None = None,
    channels: int = 2,
    gain: float = 1.0,
    frames: int | None = None,
) -> tuple[int, list[float], np.ndarray]:
    """Return how many frames were written, what progress told, and the samples."""
    output = output or MemoryOutput()
    told: list[float] = []
    written = render(
        tracks,
        [output],
        until=tracks if until is None else until,
        sample_rate=RATE,
        channels=channels,
        gain=gain,
        frames=frames,
        on_progress=told.append,
    )
    assert output.sinks[0].closed
    return written, told, output.sinks[0].samples


@pytest.mark.parametrize(
    "frames", [0, 1, 127, 128, CHUNK_FRAMES - 1, CHUNK_FRAMES, CHUNK_FRAMES + 1, 150_000]
)
def test_a_track_is_rendered_to_its_last_frame(frames: int) -> None:
    samples = noise(2, frames)
    written, told, out = rendered([track_of(samples)], gain=0.5)
    assert written == frames
    assert told[-1] == frames / RATE
    np.testing.assert_array_equal(out, samples / 2)


def test_tracks_are_mixed_until_the_last_of_those_that_count() -> None:
    first, second, longest = noise(1, 1000, 1), noise(2, 70_000, 2), noise(2, 200_000, 3)
    tracks = [track_of(samples) for samples in (first, second, longest)]
    written, _, out = rendered(tracks, until=tracks[:2])
    expected = second + longest[:, :70_000]
    expected[:, :1000] += first
    assert written == 70_000
    np.testing.assert_allclose(out, expected, atol=1e-6)


@pytest.mark.parametrize("frames", [0, 1, 1000, CHUNK_FRAMES, 99_999, 100_000, 100_001])
def test_it_ends_after_so_many_frames_or_with_the_tracks(frames: int) -> None:
    samples = noise(2, 100_000)
    written, _, out = rendered([track_of(samples)], frames=frames)
    assert written == min(frames, 100_000)
    np.testing.assert_array_equal(out, samples[:, :frames])


def test_a_track_that_fails_undoes_every_output() -> None:
    output = MemoryOutput()
    with pytest.raises(OSError, match="the memory is gone"):
        rendered([track_of(noise(2, 200_000), fails_at=150_000)], output)
    assert output.sinks[0].closed
    assert output.sinks[0].samples.shape == (2, 0)


def test_a_node_that_fails_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(tap: Tap, frames: int) -> None:
        raise MemoryError("no room for that")

    monkeypatch.setattr(Tap, "read", fail)
    output = MemoryOutput()
    with pytest.raises(MemoryError, match="no room for that"):
        rendered([track_of(noise(2, 200_000))], output)
    assert output.sinks[0].samples.shape == (2, 0)


def test_an_output_that_cannot_be_opened_undoes_those_before() -> None:
    first = MemoryOutput()
    with pytest.raises(OSError, match="no room"):
        render(
            [track := track_of(noise(2, 100))],
            [first, MemoryOutput(fails=True)],  # type: ignore[list-item]
            until=[track],
            sample_rate=RATE,
            channels=2,
            gain=1.0,
            frames=None,
            on_progress=lambda seconds: None,
        )
    assert first.sinks[0].closed

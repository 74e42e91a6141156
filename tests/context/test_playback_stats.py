from __future__ import annotations

from types import SimpleNamespace

import pytest

from audiograph import AudioContext, AudioPlaybackStats
from audiograph.context import playback_stats

from .test_live import until

LATENCIES = ("average_latency", "minimum_latency", "maximum_latency")


class Playback:
    """Stats of a context whose time is set by hand."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.seconds = 100.0
        self.host = SimpleNamespace(current_time=0.0)
        self.stats = AudioPlaybackStats(self.host)
        monkeypatch.setattr(playback_stats, "time", SimpleNamespace(monotonic=lambda: self.seconds))

    def play(self, seconds: float, latency: float = 0.0, gap: float | None = None) -> None:
        """Render a block of that length, of which the device asks at its end."""
        self.seconds += seconds + (gap or 0)
        self.host.current_time += seconds
        self.stats._note(round(seconds * 1000), latency, gap)

    def latencies(self) -> tuple[float, ...]:
        return tuple(getattr(self.stats, name) for name in LATENCIES)


@pytest.fixture
def playback(monkeypatch: pytest.MonkeyPatch) -> Playback:
    return Playback(monkeypatch)


def test_at_first_everything_is_nothing(playback: Playback) -> None:
    assert playback.stats.to_json() == {
        "underrun_duration": 0,
        "underrun_events": 0,
        "total_duration": 0,
        "average_latency": 0,
        "minimum_latency": 0,
        "maximum_latency": 0,
    }


def test_it_changes_once_a_second(playback: Playback) -> None:
    totals = []
    for _ in range(5):
        playback.play(0.5)
        totals.append(playback.stats.total_duration)
    assert totals == [0, 0, 1.5, 1.5, 2.5]


def test_underruns_are_counted_and_belong_to_the_time_that_has_passed(playback: Playback) -> None:
    playback.play(0.5)
    playback.play(0.5, gap=0.25)
    playback.play(0.5, gap=0.125)
    playback.play(2)
    assert playback.stats.underrun_events == 2
    assert playback.stats.underrun_duration == 0.375
    assert playback.stats.total_duration == 3.5 + 0.375


def test_latencies_are_of_the_frames_since_the_last_reset(playback: Playback) -> None:
    playback.play(0.1, 0.1)
    playback.play(1, 0.02)
    playback.play(2, 0.04)
    assert playback.latencies() == (pytest.approx((0.01 + 0.02 + 0.08) / 3.1), 0.02, 0.1)
    playback.stats.reset_latency()
    # By the text, they are that of the last frame until something is played.
    assert playback.latencies() == (0.04, 0.04, 0.04)
    playback.play(1, 0.06)
    playback.play(3, 0.05)
    assert playback.latencies() == (pytest.approx((0.06 + 3 * 0.05) / 4), 0.05, 0.06)
    assert playback.stats.total_duration == pytest.approx(7.1)


def test_a_reset_before_anything_is_played_gives_0(playback: Playback) -> None:
    playback.stats.reset_latency()
    assert playback.latencies() == (0, 0, 0)


def test_a_context_has_one_and_it_counts_what_is_played() -> None:
    context = AudioContext(sink_id={"type": "none"})
    stats = context.playback_stats
    assert stats is context.playback_stats
    assert isinstance(stats, AudioPlaybackStats)
    until(lambda: stats.total_duration > 0)
    assert 0.9 < stats.total_duration <= context.current_time + stats.underrun_duration
    context.suspend()
    context.close()
    assert stats.to_json()["total_duration"] == stats.total_duration
    for name in stats.to_json():
        with pytest.raises(AttributeError):
            setattr(stats, name, 1)

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from audiograph import AudioContext, AudioTimestamp

from .speakers import Speaker, device, plugged
from .test_live import until

__all__ = ["plugged"]

RATE = 48000


@pytest.fixture
def by_hand(plugged: Callable[..., list[Speaker]], monkeypatch: pytest.MonkeyPatch):
    """A context that runs, and how to have its speaker ask: (context, speaker, ask, began)."""
    opened = plugged(device("a", default=True))
    monkeypatch.setattr(Speaker, "by_hand", True)
    context = AudioContext.suspended(sample_rate=RATE, latency_hint=0.02)
    context.resume()
    speaker = opened[0]
    began = time.monotonic() - 0.1

    def ask(number: int) -> None:
        """Have block `number` rendered, of 10 ms, as if it were time for that."""
        speaker.ask(480, began + number / 100)

    for number in range(10):
        ask(number)
    yield context, speaker, ask, began + 0.1
    context.close()


def test_before_anything_is_rendered_it_is_0() -> None:
    context = AudioContext.suspended(sink_id={"type": "none"})
    assert context.get_output_timestamp() == AudioTimestamp(context_time=0, performance_time=0)
    context.close()


def test_it_tells_what_is_heard_in_this_moment(by_hand) -> None:
    context, _, ask, began = by_hand
    assert context.get_output_timestamp() == AudioTimestamp()
    for number in range(10, 200):
        ask(number)
    until(lambda: time.monotonic() > began + 0.1)
    before = time.monotonic()
    timestamp = context.get_output_timestamp()
    after = time.monotonic()
    # What was asked for at first is heard a latency later.
    assert before - began - 0.02 <= timestamp.context_time + 1e-6
    assert timestamp.context_time - 1e-6 <= after - began - 0.02
    assert timestamp.performance_time == pytest.approx(time.perf_counter() * 1000, abs=100)
    # The line that both members are on goes through any later moment.
    until(lambda: time.monotonic() > after + 0.02)
    later = context.get_output_timestamp()
    passed = later.context_time - timestamp.context_time
    assert later.performance_time - timestamp.performance_time == pytest.approx(
        passed * 1000, abs=0.01
    )


def test_what_is_not_yet_heard_is_said_for_the_moment_when_it_will_be(by_hand) -> None:
    context, speaker, ask, began = by_hand
    speaker.delay = 60.0
    ask(10)
    timestamp = context.get_output_timestamp()
    assert timestamp.context_time == 0
    expected = (began + 60 - time.monotonic() + time.perf_counter()) * 1000
    assert timestamp.performance_time == pytest.approx(expected, abs=20)


def test_it_is_never_ahead_of_what_was_rendered(by_hand) -> None:
    context, _, ask, began = by_hand
    ask(10)
    until(lambda: time.monotonic() > began + 0.1)
    timestamp = context.get_output_timestamp()
    assert timestamp.context_time == (context.current_time * RATE - 1) / RATE
    assert timestamp.context_time < context.current_time


def test_it_never_runs_backwards(by_hand) -> None:
    context, _, ask, began = by_hand
    for number in range(10, 50):
        ask(number)
    until(lambda: time.monotonic() > began + 0.05)
    first = context.get_output_timestamp()
    # The device has lost time.
    for number in range(100, 110):
        ask(number)
    second = context.get_output_timestamp()
    assert second.context_time >= first.context_time
    assert second.performance_time >= first.performance_time


def test_it_stands_still_while_suspended_and_goes_on_with_resume() -> None:
    context = AudioContext.suspended(sink_id={"type": "none"})
    context.resume()
    until(lambda: context.get_output_timestamp().context_time > 0.05)
    context.suspend()
    first = context.get_output_timestamp()
    assert 0.05 < first.context_time < context.current_time
    until(lambda: time.perf_counter() * 1000 > first.performance_time + 50)
    assert context.get_output_timestamp() == first
    context.resume()
    until(lambda: context.get_output_timestamp().context_time > first.context_time)
    later = context.get_output_timestamp()
    # The pause lies between both.
    assert later.performance_time - first.performance_time > 50
    context.close()
    closed = context.get_output_timestamp()
    assert closed.context_time < context.current_time
    assert context.get_output_timestamp() == closed

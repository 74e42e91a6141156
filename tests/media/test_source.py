from __future__ import annotations

import threading
import time

import numpy as np
from memory import MemoryReader, until
from rendered import RATE, noise

from audiograph.media.source import AHEAD_SECONDS, PulledSource, Source
from audiograph.media.tap import Tap


def read_all(tap: Tap) -> np.ndarray:
    parts = []
    while not tap.drained:
        frames = tap.fill(1000)
        parts.append(tap.take(frames))
    return np.concatenate(parts, axis=1)


def test_each_tap_gets_everything_at_its_own_pace() -> None:
    samples = noise(2, 50_000)
    source = PulledSource(MemoryReader(samples))
    first, second = (source.open_tap(RATE, "wait") for _ in range(2))
    np.testing.assert_array_equal(read_all(first), samples)
    np.testing.assert_array_equal(read_all(second), samples)


def test_a_tap_that_is_opened_later_gets_what_comes_from_then_on() -> None:
    source = Source("microphone", 1, RATE)
    source.push(np.zeros((1, 10), np.float32))
    tap = source.open_tap(RATE, "wait")
    source.push(np.ones((1, 10), np.float32))
    source.end()
    assert (read_all(tap) == 1).all()
    assert source.open_tap(RATE, "wait").drained


def test_a_reader_that_fails_ends_the_source_with_its_error() -> None:
    source, heard = PulledSource(MemoryReader(np.zeros(90_000), fails_at=40_000)), []
    source.use(lambda: heard.append(str(source.error)))
    tap = source.open_tap(RATE, "wait")
    assert read_all(tap).shape[1] < 40_000
    assert heard == ["the memory is gone"]
    assert source.ended


def test_for_a_clock_it_is_read_ahead_and_no_further() -> None:
    reader = MemoryReader(noise(1, 10 * RATE))
    source = PulledSource(reader)
    tap = source.open_tap(RATE, "clock")
    deadline = time.monotonic() + 20
    while tap.available < AHEAD_SECONDS * RATE and time.monotonic() < deadline:
        threading.Event().wait(0.001)
    assert AHEAD_SECONDS * RATE <= tap.available <= (AHEAD_SECONDS + 1) * RATE
    source.stop()
    assert reader.closed == 1
    assert tap.ended


def test_one_that_stands_still_does_not_hold_up_the_others_and_loses_what_they_read() -> None:
    samples = noise(1, 4 * RATE)
    source = PulledSource(MemoryReader(samples))
    reading, still = (source.open_tap(RATE, "clock") for _ in range(2))
    still.is_read = lambda: False
    parts: list[np.ndarray] = []

    def read_on() -> bool:
        parts.append(reading.take(1000))
        return reading.drained

    until(read_on)
    np.testing.assert_array_equal(np.concatenate(parts, axis=1), samples)
    assert still.available <= (AHEAD_SECONDS + 1) * RATE
    assert still.lost > RATE
    source.stop()


def test_where_all_stand_still_it_waits_and_nothing_is_lost() -> None:
    samples = noise(1, 3 * RATE)
    source = PulledSource(MemoryReader(samples))
    tap, running = source.open_tap(RATE, "clock"), threading.Event()
    tap.is_read = running.is_set
    source.prefill()
    until(lambda: tap.available >= AHEAD_SECONDS * RATE)
    parts: list[np.ndarray] = []

    def read_on() -> bool:
        # It stands still now and then.
        (running.clear if running.is_set() else running.set)()
        parts.append(tap.take(1000))
        return tap.drained

    until(read_on)
    np.testing.assert_array_equal(np.concatenate(parts, axis=1), samples)
    assert tap.lost == 0
    source.stop()

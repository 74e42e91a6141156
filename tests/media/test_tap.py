from __future__ import annotations

import threading

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rendered import noise

from audiograph.media.tap import Tap
from audiograph.render.processor import SILENCE


@given(
    pushes=st.lists(st.integers(0, 50), max_size=20),
    reads=st.lists(st.integers(1, 60), max_size=20),
    channels=st.integers(1, 3),
)
def test_what_is_pushed_is_read_however_both_are_cut(
    pushes: list[int], reads: list[int], channels: int
) -> None:
    total = sum(pushes)
    samples, tap = noise(channels, total), Tap(channels, 48000, 48000)
    at = 0
    for frames in pushes:
        tap.push(samples[:, at : at + frames])
        at += frames
    tap.end()
    parts = [np.zeros((channels, 0), np.float32)]
    for frames in reads:
        signal = tap.read(frames)
        parts.append(np.zeros((channels, frames)) if signal is SILENCE else signal)
    out = np.concatenate(parts, axis=1)
    expected = np.zeros((channels, max(total, out.shape[1])))
    expected[:, :total] = samples
    np.testing.assert_array_equal(out, expected[:, : out.shape[1]])
    assert tap.drained == (sum(reads) >= total)
    assert tap.missed == 0


def test_what_comes_too_late_is_silence_and_counted() -> None:
    tap = Tap(2, 48000, 48000)
    assert tap.read(10) is SILENCE
    tap.push(np.ones((2, 4), np.float32))
    np.testing.assert_array_equal(tap.read(6), [[1, 1, 1, 1, 0, 0]] * 2)
    assert tap.missed == 12
    assert not tap.drained


def test_what_comes_to_a_full_queue_that_nobody_reads_is_lost_and_counted() -> None:
    tap = Tap(1, 48000, 48000, limit=100)
    tap.is_read = lambda: False
    for _ in range(4):
        tap.push(np.ones((1, 60), np.float32))
    assert (tap.available, tap.lost) == (120, 120)
    tap.is_read = lambda: True
    tap.push(np.ones((1, 60), np.float32))
    assert (tap.available, tap.lost) == (180, 120)


def test_a_disabled_tap_passes_the_time_in_silence() -> None:
    tap = Tap(1, 48000, 48000)
    tap.push(np.arange(30, dtype=np.float32)[np.newaxis])
    tap.enabled = False
    assert tap.read(10) is SILENCE
    tap.enabled = True
    np.testing.assert_array_equal(tap.read(5), [[10, 11, 12, 13, 14]])


def test_what_is_cut_off_is_silent_at_once() -> None:
    tap = Tap(1, 48000, 48000)
    tap.push(np.ones((1, 30), np.float32))
    tap.cut()
    assert tap.drained
    assert tap.read(10) is SILENCE


def test_pulling_stops_at_the_end() -> None:
    tap, asked = Tap(1, 48000, 48000), []

    def pull(frames: int) -> None:
        asked.append(frames)
        if len(asked) == 3:
            tap.end()
        else:
            tap.push(np.ones((1, 50), np.float32))

    tap.pull_from(pull)
    assert tap.fill(20) == 20
    assert tap.fill(80) == 80
    assert tap.fill(200) == 100
    assert tap.fill(200) == 100
    assert asked == [20, 30, 100]


@pytest.mark.parametrize(("source_rate", "rate"), [(44100, 48000), (48000, 44100), (8000, 96000)])
def test_another_rate_is_resampled_to_the_same_length_in_time(source_rate: int, rate: int) -> None:
    frames = source_rate // 2
    tone = np.sin(2 * np.pi * 500 * np.arange(frames) / source_rate).astype(np.float32)
    tap = Tap(1, source_rate, rate)
    for at in range(0, frames, 1000):
        tap.push(tone[np.newaxis, at : at + 1000])
    tap.end()
    assert abs(tap.available - rate // 2) <= 1
    out = tap.take(tap.available)[0]
    expected = np.sin(2 * np.pi * 500 * np.arange(len(out)) / rate)
    np.testing.assert_allclose(out[1500:-1500], expected[1500:-1500], atol=1e-4)


def test_one_thread_may_push_while_another_reads() -> None:
    tap, chunks = Tap(1, 48000, 48000), 2000

    def push() -> None:
        for i in range(chunks):
            tap.push(np.full((1, 7), i, np.float32))
        tap.end()

    thread = threading.Thread(target=push)
    thread.start()
    parts = []
    while not tap.drained:
        parts.append(tap.take(5))
    thread.join()
    np.testing.assert_array_equal(np.concatenate(parts, axis=1)[0], np.repeat(range(chunks), 7))

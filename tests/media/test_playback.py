from __future__ import annotations

import gc
import threading

import numpy as np
import pytest
from memory import MemoryReader, until
from rendered import RATE, noise

from audiograph.errors import NotSupportedError
from audiograph.media.playback import Playback
from audiograph.media.source import AHEAD_SECONDS
from audiograph.media.tone import ToneReader


class PipeReader(MemoryReader):
    """Does not go back, and does not know how long it is."""

    def __init__(self, samples: object) -> None:
        super().__init__(samples)
        self.frames = None
        self.is_stream = True

    def seek(self, frame: int) -> int:
        if frame < self._position:
            raise NotSupportedError("a pipe cannot go back")
        return super().seek(frame)


def playback_of(samples: object, rate: int = RATE, **options: object) -> Playback:
    return Playback(MemoryReader(samples, rate, **options), pytest.fail)


def take(playback: Playback, frames: int) -> np.ndarray:
    return playback.play(frames, RATE, wait=True)


def test_a_seek_goes_on_from_there() -> None:
    samples = noise(2, 60_000)
    playback = playback_of(samples)
    for frame in (0, 50_000, 123, 59_999, 60_000):
        playback.seek(frame)
        assert playback.position == frame
        np.testing.assert_array_equal(take(playback, 700), samples[:, frame : frame + 700])
        assert playback.position == min(frame + 700, 60_000)


def test_the_position_comes_round_in_a_loop() -> None:
    playback = playback_of(noise(1, 1000))
    playback.loop = True
    take(playback, 2300)
    assert (playback.position, playback.laps) == (300, 2)
    playback.seek(900)
    take(playback, 200)
    assert (playback.position, playback.laps) == (100, 1)
    assert not playback.has_ended


def test_a_file_that_ends_before_its_header_says_is_as_long_as_it_is() -> None:
    reader = MemoryReader(noise(1, 1000))
    reader.frames = 5000
    playback = Playback(reader, pytest.fail)
    assert playback.length == 5000
    assert take(playback, 9000).shape == (1, 1000)
    assert playback.length == 1000
    assert playback.has_ended


def test_another_rate_takes_as_long_as_the_file_is() -> None:
    playback = playback_of(noise(1, 44100), 44100)
    assert playback.coming(10**6, RATE, wait=True) == RATE
    assert take(playback, 10**6).shape == (1, RATE)


@pytest.mark.parametrize("rate", [0.0, 5e-324, 1e-310, 1e-20])
def test_at_rate_0_or_nearly_it_stands_still(rate: float) -> None:
    playback = playback_of(noise(1, 1000))
    playback.rate = rate
    assert take(playback, 100).shape == (1, 0)
    assert playback.coming(100, RATE, wait=True) == 100
    assert (playback.position, playback.has_ended) == (0, False)


def test_without_waiting_there_is_what_was_read_ahead() -> None:
    samples = noise(1, 10 * RATE)
    playback = playback_of(samples)
    assert playback.play(100, RATE, wait=False).shape == (1, 0)
    playback.start(RATE, reads_ahead=False)
    np.testing.assert_array_equal(playback.play(100, RATE, wait=False), samples[:, :100])


@pytest.mark.parametrize("rate", [1.0, 4.0])
def test_a_thread_reads_about_a_second_ahead_and_no_further(rate: float) -> None:
    reader = ToneReader(440, RATE, frames=100 * RATE)
    playback = Playback(reader, pytest.fail)
    playback.rate = rate
    playback.start(RATE, reads_ahead=True)
    ahead = rate * AHEAD_SECONDS * RATE
    until(lambda: not playback._lacks(playback._passage, AHEAD_SECONDS))
    assert ahead <= reader._position < ahead + 8192
    playback.play(RATE // 2, RATE, wait=False)
    until(lambda: reader._position >= ahead + rate * RATE / 2)
    playback.stop()
    playback.close()


def test_seeking_while_a_thread_plays_gives_no_other_frames() -> None:
    ramp = np.arange(200_000, dtype=np.float32)
    playback = playback_of(ramp)
    playback.loop = True
    playback.start(RATE, reads_ahead=True)
    wrong: list[np.ndarray] = []
    stopped = threading.Event()

    def play() -> None:
        while not stopped.is_set():
            (out,) = playback.play(128, RATE, wait=False)
            if not np.isin(np.diff(out), (1, 1 - 200_000)).all():
                wrong.append(out)

    playing = threading.Thread(target=play)
    playing.start()
    for frame in np.random.default_rng(1).integers(0, 200_000, 300):
        playback.seek(int(frame))
    stopped.set()
    playing.join()
    playback.close()
    assert not wrong


def test_a_file_that_does_not_say_how_long_it_is_can_be_moved_about_in() -> None:
    samples = noise(2, 60_000)
    reader = MemoryReader(samples)
    reader.frames = None
    playback = Playback(reader, pytest.fail)
    assert playback.length is None
    for frame in (50_000, 0, 123):
        playback.seek(frame)
        assert playback.position == frame
        np.testing.assert_array_equal(take(playback, 700), samples[:, frame : frame + 700])
    playback.seek(10**9)
    assert (playback.position, playback.length) == (60_000, 60_000)
    assert playback.has_ended
    playback.loop = True
    playback.seek(59_900)
    np.testing.assert_array_equal(
        take(playback, 200), np.concatenate([samples[:, 59_900:], samples[:, :100]], axis=1)
    )


def test_a_pipe_plays_to_its_end_and_does_not_go_back() -> None:
    playback = Playback(PipeReader(noise(1, 9000)), pytest.fail)
    playback.loop = True
    assert playback.length is None
    assert take(playback, 5000).shape == (1, 5000)
    for frame in (0, 6000):
        with pytest.raises(NotSupportedError, match="go back or ahead"):
            playback.seek(frame)
    assert playback.position == 5000
    assert take(playback, 5000).shape == (1, 4000)
    assert playback.length == 9000
    assert playback.has_ended


def test_a_pipe_is_read_in_another_thread_so_that_waiting_for_it_can_be_interrupted() -> None:
    reader = PipeReader(noise(1, 9000))
    read, threads = reader.read, set()
    reader.read = lambda frames: (threads.add(threading.current_thread()), read(frames))[1]
    take(Playback(reader, pytest.fail), 5000)
    assert threads
    assert threading.current_thread() not in threads


def test_an_empty_file_is_over_at_once_even_in_a_loop() -> None:
    playback = playback_of(np.zeros((2, 0)))
    playback.loop = True
    assert take(playback, 100).shape == (2, 0)
    assert playback.has_ended


def test_a_failure_is_told_and_what_came_before_is_played() -> None:
    told: list[tuple[Playback, str]] = []
    playback = Playback(
        MemoryReader(np.ones(90_000), fails_at=40_000),
        lambda playback, error: told.append((playback, str(error))),
    )
    assert take(playback, 60_000).shape[1] <= 40_000
    assert told == [(playback, "the memory is gone")]
    with pytest.raises(OSError, match="the memory is gone"):
        playback.seek(39_000)


def test_what_nobody_holds_any_longer_is_closed_and_read_no_further() -> None:
    reader = MemoryReader(noise(1, 1_000_000))
    threads = threading.active_count()
    playback = Playback(reader, pytest.fail)
    playback.start(RATE, reads_ahead=True)
    del playback
    gc.collect()
    until(lambda: reader.closed == 1)
    until(lambda: threading.active_count() == threads)


def test_closing_twice_closes_once() -> None:
    reader = MemoryReader(noise(1, 1000))
    playback = Playback(reader, pytest.fail)
    playback.close()
    playback.close()
    assert reader.closed == 1
    assert playback.play(100, RATE, wait=True).shape == (1, 0)

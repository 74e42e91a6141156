from __future__ import annotations

from math import ceil

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rendered import noise

from audiograph.media.passage import Passage, cutoff_of

LENGTH = 1000
steps = st.sampled_from([1.0, 0.5, 0.91875, 2.0, 1.0884353741496597, 3.7])


def passage_of(samples: np.ndarray, *, start: int = 0, laps: int = 1, chunk: int = 300) -> Passage:
    """Return a passage of which `laps` laps were read, as a reading thread does it."""
    length = samples.shape[1]
    passage = Passage(len(samples), start, length)
    track = np.tile(samples, laps)[:, start:]
    for at in range(0, track.shape[1], chunk):
        passage.append(track[:, at : at + chunk])
    return passage


def played(passage: Passage, cuts: list[int], step: float = 1.0, *, loop: bool) -> np.ndarray:
    return np.concatenate([passage.play(frames, step, loop=loop) for frames in cuts], axis=1)


@given(cuts=st.lists(st.integers(1, 400), min_size=1, max_size=12), start=st.integers(0, LENGTH))
def test_at_its_own_rate_every_frame_is_played_as_it_is(cuts: list[int], start: int) -> None:
    samples = noise(2, LENGTH)
    out = played(passage_of(samples, start=start), cuts, loop=False)
    np.testing.assert_array_equal(out, samples[:, start : start + sum(cuts)])


@given(cuts=st.lists(st.integers(1, 400), min_size=1, max_size=8))
def test_in_a_loop_the_first_frame_follows_the_last(cuts: list[int]) -> None:
    samples, passage = noise(1, 100), None
    passage = passage_of(samples, laps=40)
    out = played(passage, cuts, loop=True)
    np.testing.assert_array_equal(out, np.tile(samples, 40)[:, : sum(cuts)])
    assert passage.lap == sum(cuts) // 100


@given(step=steps, cuts=st.lists(st.integers(1, 300), min_size=1, max_size=8))
def test_blocks_of_any_length_give_the_same(step: float, cuts: list[int]) -> None:
    samples = noise(2, LENGTH)
    for loop, laps in ((False, 1), (True, 12)):
        whole = played(passage_of(samples, laps=laps), [sum(cuts)], step, loop=loop)
        cut = played(passage_of(samples, laps=laps), cuts, step, loop=loop)
        np.testing.assert_array_equal(cut, whole)


@pytest.mark.parametrize("step", [0.25, 0.91875, 1.0884353741496597, 2.0, 4.0])
def test_a_frame_is_the_signal_at_its_position(step: float) -> None:
    # A whole number of periods, so that it has no seam in a loop.
    wave = lambda n: np.sin(2 * np.pi * 20 * n / LENGTH)  # noqa: E731
    samples = wave(np.arange(LENGTH)).astype(np.float32)[np.newaxis]
    (out,) = played(passage_of(samples, laps=5), [700], step, loop=True)
    # Nothing lies before the first frame: what is not far enough behind it hears of that.
    first = ceil(32 / step)
    expected = wave(np.arange(700) * step)
    np.testing.assert_allclose(out[first:], expected[first:], rtol=0, atol=2e-4)


@pytest.mark.parametrize("step", [1.5, 2.5, 4.0])
def test_what_could_not_be_told_apart_afterwards_is_cut(step: float) -> None:
    # A tone at half the file's Nyquist frequency.
    samples = np.sin(np.pi / 2 * np.arange(LENGTH)).astype(np.float32)[np.newaxis]
    (out,) = played(passage_of(samples), [200], step, loop=False)
    level = np.sqrt(np.mean(out[40:] ** 2))
    assert level == pytest.approx(0 if step > 2 else np.sqrt(0.5), abs=0.01)


@given(step=steps, start=st.integers(0, LENGTH))
def test_it_ends_with_the_last_position_before_the_end(step: float, start: int) -> None:
    passage = passage_of(noise(1, LENGTH), start=start)
    count = ceil(round((LENGTH - start) / step, 6))
    assert passage.coming(5000, step, loop=False) == count
    assert passage.play(5000, step, loop=False).shape == (1, count)
    assert passage.has_ended(loop=False)
    assert passage.play(5000, step, loop=False).shape == (1, 0)


def test_behind_the_end_there_is_silence_and_not_the_beginning() -> None:
    samples = np.zeros((1, LENGTH), np.float32)
    samples[:, :100] = 1
    out = played(passage_of(samples, laps=2), [2000], 0.5, loop=False)
    assert out.shape == (1, 2000)
    assert not out[:, 400:].any()
    assert played(passage_of(samples, laps=2), [2000], 0.5, loop=True)[:, -40:].any()


@given(step=st.floats(0.5, 16), start=st.floats(0, 1), frames=st.integers(20, 500))
def test_with_any_step_it_comes_to_its_end(step: float, start: float, frames: int) -> None:
    passage = passage_of(noise(1, LENGTH), start=int(start * LENGTH))
    passage.play(50, start + 0.1, loop=False)
    count = 0
    while not passage.has_ended(loop=False):
        coming = passage.coming(frames, step, loop=False)
        out = passage.play(frames, step, loop=False)
        assert out.shape[1] == coming > 0
        count += coming
        assert count <= LENGTH / step + 1


def test_whether_it_loops_is_decided_at_the_end() -> None:
    samples = noise(1, 100)
    passage = passage_of(samples, laps=4)
    played(passage, [150], loop=True)
    assert not passage.has_ended(loop=False)
    assert passage.coming(100, 1.0, loop=True) == 100
    assert passage.coming(100, 1.0, loop=False) == 50
    np.testing.assert_array_equal(passage.play(100, 1.0, loop=False), samples[:, 50:])
    assert passage.has_ended(loop=False)
    assert passage.lap == 1


def test_a_step_that_changes_makes_no_seam() -> None:
    wave = lambda n: np.sin(2 * np.pi * 5 * n / LENGTH)  # noqa: E731
    passage = passage_of(wave(np.arange(LENGTH)).astype(np.float32)[np.newaxis])
    changes = [(100, 1.0), (100, 1.25), (100, 0.5), (100, 2.0), (64, 1.0)]
    out = np.concatenate([passage.play(n, step, loop=False)[0] for n, step in changes])
    taken = np.repeat([step for _, step in changes], [n for n, _ in changes])
    positions = np.concatenate([[0.0], np.cumsum(taken)])[:-1]
    np.testing.assert_allclose(out, wave(positions), rtol=0, atol=2e-4)


@given(step=steps, read=st.integers(0, 500), frames=st.integers(1, 600))
def test_where_reading_lags_the_rest_comes_later(step: float, read: int, frames: int) -> None:
    samples = noise(1, LENGTH)
    passage = Passage(1, 0, LENGTH)
    passage.append(samples[:, :read])
    first = passage.play(frames, step, loop=False)
    assert passage.lacks(frames, step, loop=False) or first.shape[1] == frames
    passage.append(samples[:, read:])
    assert not passage.lacks(10_000, step, loop=False)
    rest = passage.play(10_000, step, loop=False)
    whole = passage_of(samples).play(10_000, step, loop=False)
    np.testing.assert_array_equal(np.concatenate([first, rest], axis=1), whole)


def test_a_file_of_unknown_length_ends_where_reading_does() -> None:
    samples = noise(1, 100)
    passage = Passage(1, 0, None)
    passage.append(samples)
    assert passage.coming(200, 1.0, loop=True) == 200
    passage.complete = True
    np.testing.assert_array_equal(passage.play(200, 1.0, loop=True), samples)
    assert passage.has_ended(loop=True)


def test_an_empty_file_is_at_its_end() -> None:
    passage = Passage(2, 0, 0)
    for loop in (False, True):
        assert passage.has_ended(loop=loop)
        assert passage.play(10, 0.5, loop=loop).shape == (2, 0)


@given(step=st.floats(1e-3, 100))
def test_there_are_few_cutoffs_and_none_is_too_high(step: float) -> None:
    cutoff = cutoff_of(step)
    assert cutoff <= min(1.0, 1 / step) * (1 + 1e-12)
    assert cutoff > min(1.0, 1 / step) * 0.91
    assert cutoff in {2.0 ** (-each / 8) for each in range(60)}

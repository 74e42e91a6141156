from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from math import fmod
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

import audiograph.render
from audiograph.render import kernels
from audiograph.render.processor import Samples

SOURCE = Path(audiograph.render.__file__).with_name("kernels.py")


@contextmanager
def without_cython() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, "cython", None)  # type: ignore[arg-type]
        yield


def interpreted(name: str) -> ModuleType:
    """Return the kernels as a module of their own that runs the source."""
    spec = importlib.util.spec_from_file_location(name, SOURCE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert not module.COMPILED
    return module


with without_cython():
    stand_in = interpreted("kernels_without_cython")
shadow = interpreted("kernels_as_it_comes")

forms = pytest.mark.parametrize(
    "play_linear",
    [kernels.play_linear, stand_in.play_linear, shadow.play_linear],
    ids=["imported", "without Cython", "with Cython if it is there"],
)


def read_frame_by_frame(
    source: Samples,
    frames: int,
    position: float,
    rate: float,
    loop_start: float,
    loop_end: float,
) -> tuple[Samples, float]:
    """Read as `play_linear` does, with a position that is moved on for every frame."""
    length = source.shape[1]
    looping, span = loop_end > loop_start, loop_end - loop_start
    out: list[NDArray[np.float64]] = []
    while True:
        if looping and rate >= 0 and position >= loop_end:
            position = loop_end - span + fmod(position - loop_end, span)
            position = loop_start if position >= loop_end else position
        if looping and rate < 0 and position < loop_start:
            position = loop_start + span - fmod(loop_start - position, span)
            position = loop_start if position >= loop_end else position
        over = position >= length if rate >= 0 else position < 0
        if len(out) == frames or (over and not looping):
            break
        here, fraction = int(position), position % 1
        before, low = source[:, max(0, min(here, length) - 1)], source[:, min(here, length - 1)]
        if not 0 <= position < length:
            out.append(np.zeros(len(source)))
        elif looping and here < loop_end <= here + 1:
            # What would follow, if the loop's frames were there once more.
            around = loop_start + fmod(position + 1 - loop_start, span)
            out.append((1 - fraction) * low.astype(float) + fraction * source[:, int(around)])
        elif here + 1 < length:
            out.append((1 - fraction) * low.astype(float) + fraction * source[:, here + 1])
        else:
            rise = (low - before.astype(float)) if here else 0.0
            out.append(low + rise * fraction)
        position += rate
    return np.array(out, np.float32).reshape(-1, len(source)).T, position


Case = tuple[Samples, float, float, float, float]


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """Draw (source, position, rate, loop_start, loop_end)."""
    channels, length = draw(st.integers(1, 3)), draw(st.integers(1, 700) | st.just(70_000))
    source = np.random.default_rng(draw(st.integers(0, 99))).uniform(-1, 1, (channels, length))
    rate = draw(st.floats(-9, 9) | st.sampled_from([1, -1, 0, 0.5, 19 / 24, 2**-52 + 1, 2.0**-60]))
    loop = draw(st.tuples(st.floats(0, 1), st.floats(0, 1)) | st.just((0.0, 0.0)))
    whole = draw(st.sampled_from([np.floor, float]))
    start, end = (float(whole(part * length)) for part in loop)
    # NB: where a loop has less than two frames, which of them follows is a matter of rounding.
    if 0 < end - start < 2:
        start, end = 0.0, 0.0
    return source.astype(np.float32), draw(st.floats(0, length * 1.5)), rate, start, end


@given(cases())
@settings(max_examples=300)
def test_it_reads_as_frame_by_frame(case: Case) -> None:
    source, *where = case
    expected, after = read_frame_by_frame(source, 500, *where)
    out = np.empty((len(source), 500), np.float32)
    assert kernels.play_linear(source, out, *where) == (expected.shape[1], after)
    np.testing.assert_allclose(out[:, : expected.shape[1]], expected, rtol=1e-6, atol=1e-6)


@given(cases(), st.lists(st.integers(1, 400), min_size=1, max_size=4))
def test_reading_in_parts_gives_the_same_samples(case: Case, parts: list[int]) -> None:
    source, position, *where = case
    at_once = np.zeros((len(source), sum(parts)), np.float32)
    in_parts = np.zeros_like(at_once)
    total, last = kernels.play_linear(source, at_once, position, *where)
    done = 0
    for part in parts:
        out = np.empty((len(source), part), np.float32)
        count, position = kernels.play_linear(source, out, position, *where)
        in_parts[:, done : done + count] = out[:, :count]
        done += count
    assert (done, position) == (total, last)
    np.testing.assert_array_equal(in_parts, at_once)


@given(cases())
def test_compiled_and_interpreted_give_the_same_samples(case: Case) -> None:
    source, *where = case
    outs = np.zeros((3, len(source), 300), np.float32)
    results = [
        module.play_linear(source, out, *where)
        for module, out in zip((kernels, stand_in, shadow), outs, strict=True)
    ]
    assert results[0] == results[1] == results[2]
    np.testing.assert_array_equal(outs[0], outs[1])
    np.testing.assert_array_equal(outs[0], outs[2])


@given(cases())
def test_without_channels_it_tells_how_many_frames_there_are(case: Case) -> None:
    source, *where = case
    out = np.empty((len(source), 300), np.float32)
    told = kernels.play_linear(source, out[:0], *where)
    assert told == kernels.play_linear(source, out, *where)


@forms
@pytest.mark.parametrize("rate", [1.0, -1.0, 0.1, -0.1, 1 / 3, -1 / 3, 7.0, -7.0, 2.9, -2.9])
def test_a_loop_has_no_gap_where_it_comes_around(play_linear, rate: float) -> None:
    source = np.ones((1, 10), np.float32)
    out = np.empty((1, 3000), np.float32)
    play_linear(source, out, 0.0, rate, 0.0, 10.0)
    np.testing.assert_allclose(out, 1, rtol=1e-6)


@forms
@pytest.mark.parametrize("direction", [1, -1])
@pytest.mark.parametrize(
    ("start", "end", "laps"), [(1.863248530945941, 9, 2), (7.260983489778675, 11, 7), (8.9, 9, 3)]
)
def test_a_loop_has_no_gap_where_a_step_is_whole_laps(
    play_linear, start: float, end: int, laps: int, direction: int
) -> None:
    source, out = np.ones((1, end), np.float32), np.empty((1, 200), np.float32)
    play_linear(source, out, start, direction * laps * (end - start), start, float(end))
    np.testing.assert_allclose(out, 1, atol=1e-6)


@forms
def test_a_loop_backwards_plays_every_frame_in_turn(play_linear) -> None:
    source = np.arange(4, dtype=np.float32).reshape(1, -1)
    out = np.empty((1, 9), np.float32)
    play_linear(source, out, 0.0, -1.0, 0.0, 4.0)
    np.testing.assert_array_equal(out[0], [0, 3, 2, 1, 0, 3, 2, 1, 0])


@forms
def test_between_its_end_and_its_start_a_loop_is_a_straight_line(play_linear) -> None:
    source = np.array([[5, 1, 2, 7, 9]], np.float32)
    out = np.empty((1, 8), np.float32)
    play_linear(source, out, 1.0, 0.5, 1.0, 3.0)
    np.testing.assert_array_equal(out[0], [1, 1.5, 2, 1.5, 1, 1.5, 2, 1.5])


@forms
def test_behind_the_last_frame_the_line_goes_on(play_linear) -> None:
    source = np.array([[0, 4, 3]], np.float32)
    out = np.full((1, 9), np.nan, np.float32)
    assert play_linear(source, out, 1.0, 0.5, 0.0, 0.0) == (4, 3.0)
    np.testing.assert_array_equal(out[0, :4], [4, 3.5, 3, 2.5])
    assert play_linear(source[:, :1], out, 0.0, 0.25, 0.0, 0.0) == (4, 1.0)
    np.testing.assert_array_equal(out[0, :4], 0)


@forms
def test_before_backwards_reading_gets_into_the_source_there_is_silence(play_linear) -> None:
    source = np.array([[1, 2, 3]], np.float32)
    out = np.full((1, 7), np.nan, np.float32)
    assert play_linear(source, out, 5.0, -1.0, 0.0, 0.0) == (6, -1.0)
    np.testing.assert_array_equal(out[0, :6], [0, 0, 0, 3, 2, 1])


@pytest.mark.parametrize("module", [kernels, stand_in], ids=["imported", "without Cython"])
def test_faint_quanta_are_told_from_loud_ones(module: ModuleType) -> None:
    samples = np.zeros((2, 50), np.float32)
    samples[1, 24] = -0.5
    samples[0, 39] = samples[0, 45] = 0.4
    assert module.faint_quanta(samples, 10, 0.5) == (True, 2)
    assert module.faint_quanta(samples[:, 20:], 10, 0.5) == (False, 1)
    assert module.faint_quanta(samples[:, 20:], 10, 0.4) == (False, 3)
    assert module.faint_quanta(samples[:, 30:], 10, 0.5) == (True, 2)
    samples[0, 3] = np.nan
    assert module.faint_quanta(samples, 10, 0.5) == (False, 1)

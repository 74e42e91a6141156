from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import audiograph.render
from audiograph.render import kernels

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


@given(
    seed=st.integers(0, 2**32 - 1),
    channels=st.integers(1, 3),
    length=st.integers(1, 30),
    position=st.floats(-40, 40),
    rate=st.floats(-9, 9),
    loop=st.tuples(st.floats(0, 1), st.floats(0, 1)),
    first=st.integers(0, 10**7),
)
def test_compiled_and_interpreted_give_the_same_samples(
    seed: int,
    channels: int,
    length: int,
    position: float,
    rate: float,
    loop: tuple[float, float],
    first: int,
) -> None:
    source = np.random.default_rng(seed).uniform(-1, 1, (channels, length)).astype(np.float32)
    outs = np.full((3, channels, 40), np.nan, np.float32)
    start, end = loop[0] * length, loop[1] * length
    for module, out in zip((kernels, stand_in, shadow), outs, strict=True):
        module.play_linear(source, out, position, rate, start, end, first)
    np.testing.assert_array_equal(outs[0], outs[1])
    np.testing.assert_array_equal(outs[0], outs[2])


@forms
@pytest.mark.parametrize("rate", [1.0, -1.0, 0.1, -0.1, 1 / 3, -1 / 3, 7.0, -7.0, 2.9, -2.9])
def test_a_loop_has_no_gap_where_it_comes_around(play_linear, rate: float) -> None:
    source = np.ones((1, 10), np.float32)
    out = np.empty((1, 3000), np.float32)
    play_linear(source, out, 0.0, rate, 0.0, 10.0, 0)
    np.testing.assert_allclose(out, 1, rtol=1e-6)


@forms
def test_a_loop_backwards_plays_every_frame_in_turn(play_linear) -> None:
    source = np.arange(4, dtype=np.float32).reshape(1, -1)
    out = np.empty((1, 9), np.float32)
    play_linear(source, out, 0.0, -1.0, 0.0, 4.0, 0)
    np.testing.assert_array_equal(out[0], [0, 3, 2, 1, 0, 3, 2, 1, 0])


@forms
def test_the_source_may_be_a_part_of_a_larger_array(play_linear) -> None:
    source = np.arange(20, dtype=np.float32).reshape(2, 10)[:, 2:6]
    out = np.empty((2, 4), np.float32)
    play_linear(source, out, 0.0, 1.0, 0.0, 0.0, 0)
    np.testing.assert_array_equal(out, source)


@forms
def test_outside_of_the_source_there_is_silence(play_linear) -> None:
    source = np.ones((1, 3), np.float32)
    out = np.empty((1, 7), np.float32)
    play_linear(source, out, -2.0, 1.0, 0.0, 0.0, 0)
    np.testing.assert_array_equal(out[0], [0, 0, 1, 1, 1, 0, 0])

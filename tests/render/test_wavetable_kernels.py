from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import audiograph.render
from audiograph.render import wavetable_kernels

SOURCE = Path(audiograph.render.__file__).with_name("wavetable_kernels.py")
WHOLE = 1 << wavetable_kernels.FRACTION_BITS
FRAMES = 16


def interpreted(name: str) -> ModuleType:
    """Return the kernels as a module of their own that runs the source."""
    spec = importlib.util.spec_from_file_location(name, SOURCE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert not module.COMPILED
    return module


with pytest.MonkeyPatch.context() as patch:
    patch.setitem(sys.modules, "cython", None)  # type: ignore[arg-type]
    stand_in = interpreted("wavetable_kernels_without_cython")
forms = [wavetable_kernels, stand_in, interpreted("wavetable_kernels_as_it_comes")]


@given(
    seed=st.integers(0, 2**32 - 1),
    fastest=st.sampled_from([0.1, 0.2, 1, FRAMES / 2]),
    phase=st.integers(0, FRAMES * WHOLE - 1),
)
@settings(max_examples=30)
def test_compiled_and_interpreted_give_the_same_samples(
    seed: int, fastest: float, phase: int
) -> None:
    random = np.random.default_rng(seed)
    rows = random.uniform(-1, 1, (5, FRAMES)).astype(np.float32)
    steps = random.uniform(-fastest, fastest, 60).astype(np.float32)
    positions = random.uniform(0, 4, 60).astype(np.float32)
    outs = np.full((3, 2, 60), np.nan, np.float32)
    ends = []
    for module, (steady, swept) in zip(forms, outs, strict=True):
        step = int(float(steps[0]) * WHOLE) % (FRAMES * WHOLE)
        module.read_row(rows[0], steady, phase, step)
        ends.append(module.read_rows(rows, positions, steps, swept, phase))
    np.testing.assert_array_equal(outs[0], outs[1])
    np.testing.assert_array_equal(outs[0], outs[2])
    assert (
        ends[0]
        == ends[1]
        == ends[2]
        == (phase + sum(int(float(step) * WHOLE) for step in steps)) % (FRAMES * WHOLE)
    )


@given(
    seed=st.integers(0, 2**32 - 1),
    step=st.floats(0.5, FRAMES / 2, width=32),
    sign=st.sampled_from([-1, 1]),
    phase=st.integers(0, FRAMES * WHOLE - 1),
)
def test_a_row_that_is_mixed_beforehand_reads_the_same(
    seed: int, step: float, sign: int, phase: int
) -> None:
    random = np.random.default_rng(seed)
    rows = random.uniform(-1, 1, (2, FRAMES)).astype(np.float32)
    fade = random.random(dtype=np.float32)
    outs = np.empty((2, 100), np.float32)
    whole = int(sign * step * WHOLE)
    wavetable_kernels.read_row(
        rows[0] + fade * (rows[1] - rows[0]), outs[0], phase, whole % (FRAMES * WHOLE)
    )
    steps = np.full(100, sign * step, np.float32)
    end = wavetable_kernels.read_rows(rows, np.full(100, fade, np.float32), steps, outs[1], phase)
    np.testing.assert_array_equal(outs[0], outs[1])
    assert end == (phase + 100 * whole) % (FRAMES * WHOLE)

from __future__ import annotations

import importlib.util
import sys
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

import audiograph.render
from audiograph.render import wavetable_kernels

SOURCE = Path(audiograph.render.__file__).with_name("wavetable_kernels.py")
PERIOD = 16


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


@dataclass
class Reading:
    """What is read, and where in which quantum that begins."""

    rows: NDArray[np.float32]
    steps: NDArray[np.float32]
    positions: NDArray[np.float32]
    phase: float
    first: int
    quantum: int

    @property
    def frames(self) -> int:
        return len(self.steps)

    def steady(self, module: ModuleType, frames: int = -1) -> tuple[NDArray[np.float32], float]:
        """Return the samples of a step that stays, and the phase after them."""
        out = np.empty(self.frames if frames < 0 else frames, np.float32)
        row = int(self.positions[0])
        fade, cells = self.positions[0] - row, np.empty(self.quantum, np.int32)
        phase = module.read_steady(
            self.rows, row, fade, self.steps[0], out, self.phase, self.first, self.quantum, cells
        )
        return out, phase

    def swept(self, module: ModuleType) -> tuple[NDArray[np.float32], float]:
        """Return the samples of a step that changes, and the phase after them."""
        out = np.empty(self.frames, np.float32)
        phase = module.read_swept(
            self.rows, self.positions, self.steps, out, self.phase, self.first, self.quantum
        )
        return out, phase

    def quanta(self) -> list[range]:
        """Return the frames of each quantum."""
        edges = [0, *range(self.quantum - self.first, self.frames, self.quantum), self.frames]
        return [range(*pair) for pair in pairwise(edges)]


@st.composite
def readings(draw: st.DrawFn, slowest: float = 0, sign: int = 0) -> Reading:
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    frames, quantum = draw(st.integers(1, 70)), draw(st.sampled_from([1, 7, 8, 32]))
    steps = random.uniform(slowest, draw(st.sampled_from([0.16, 0.31, 1, 8])) + slowest, frames)
    steps *= sign or random.choice([-1, 1], frames)
    return Reading(
        random.uniform(-1, 1, (6, PERIOD)).astype(np.float32),
        steps.astype(np.float32),
        np.where(np.abs(steps) < 0.3, 0, random.uniform(0, 4, frames)).astype(np.float32),
        draw(st.floats(0, PERIOD, exclude_max=True)),
        draw(st.integers(0, quantum - 1)),
        quantum,
    )


def mixed(
    rows: NDArray[np.float32], position: np.float32, phase: np.float32, here: int
) -> np.float32:
    """Return what is between two frames and two rows, all in float32s."""
    row = int(position)
    part, fade = phase - np.float32(here), position - np.float32(row)
    low, high = rows[row : row + 2, here], rows[row : row + 2, (here + 1) % PERIOD]
    full, bare = low + part * (high - low)
    return np.float32(full + fade * (bare - full))


@given(reading=readings())
@settings(max_examples=40)
def test_compiled_and_interpreted_give_the_same_samples(reading: Reading) -> None:
    for read in (reading.steady, reading.swept):
        samples, phase = read(wavetable_kernels)
        for module in forms[1:]:
            others, end = read(module)
            np.testing.assert_array_equal(samples, others)
            assert end == phase


@given(reading=readings(slowest=0.3, sign=1))
def test_a_step_that_stays_is_four_sums_of_float32s_in_a_quantum(reading: Reading) -> None:
    step, position = reading.steps[0], reading.positions[0]
    expected, phase = [], reading.phase
    for frames in reading.quanta():
        grouped = len(frames) // 4 * 4
        lanes = [np.float32(phase + float(np.float32(n) * step)) for n in range(4)]
        for n in range(grouped):
            wave = lanes[n % 4] % np.float32(PERIOD)
            expected.append(mixed(reading.rows, position, wave, int(wave)))
            lanes[n % 4] = wave + np.float32(4) * step
        near = (phase + float(np.float32(grouped) * step)) % PERIOD
        for _ in frames[grouped:]:
            expected.append(mixed(reading.rows, position, np.float32(near), int(near)))
            near = (near + float(step)) % PERIOD
        phase = (phase + float(np.float32(len(frames)) * step)) % PERIOD
    samples, end = reading.steady(wavetable_kernels)
    np.testing.assert_array_equal(samples, np.array(expected, np.float32))
    assert end == phase


@given(reading=readings(slowest=0.3))
def test_a_step_that_changes_is_summed_in_float64s_four_at_a_time(reading: Reading) -> None:
    samples, end = reading.swept(wavetable_kernels)
    phase = reading.phase
    for frames in reading.quanta():
        for first in frames[::4]:
            group = range(first, min(first + 4, frames.stop))
            ahead = 0.0
            for n in group:
                now = (phase + ahead) % PERIOD
                wave = mixed(reading.rows, reading.positions[n], np.float32(now), int(now))
                # The last few frames of a quantum are mixed in float64s.
                assert samples[n] == pytest.approx(wave, abs=0 if len(group) == 4 else 1e-6)
                ahead += float(reading.steps[n])
            phase = (phase + ahead) % PERIOD
    assert (end - phase + 1) % PERIOD == pytest.approx(1, abs=1e-10)


@given(reading=readings(), data=st.data())
def test_a_step_that_stays_reads_the_same_in_two_parts(
    reading: Reading, data: st.DataObject
) -> None:
    whole, end = reading.steady(wavetable_kernels)
    parts = reading.quanta()
    cut = data.draw(st.sampled_from([each.stop for each in parts]))
    before, phase = reading.steady(wavetable_kernels, cut)
    rest = replace(reading, phase=phase, first=0)
    after, rest_end = rest.steady(wavetable_kernels, reading.frames - cut)
    np.testing.assert_array_equal(np.concatenate([before, after]), whole)
    assert rest_end == end


@given(reading=readings())
def test_a_slow_step_is_interpolated_by_a_polynomial_through_its_neighbours(
    reading: Reading,
) -> None:
    steps = reading.steps / np.float32(30)
    slow = replace(reading, steps=steps, positions=np.zeros_like(steps))
    samples, _ = slow.swept(wavetable_kernels)
    phases = (reading.phase + np.concatenate([[0], np.cumsum(steps, dtype=np.float64)])) % PERIOD
    for sample, phase, step in zip(samples, phases, steps, strict=False):
        reach = 2 if abs(step) < 0.16 else 1
        here, points = int(phase), range(-reach, reach + 1)
        expected = sum(
            reading.rows[0, (here + p) % PERIOD]
            * np.prod([(phase - here - o) / (p - o) for o in points if o != p])
            for p in points
        )
        assert sample == pytest.approx(expected, abs=1e-6)

from __future__ import annotations

import numpy as np
import pytest

from audiograph.errors import InvalidStateError
from audiograph.sinks.memory import MemorySink


def test_a_memory_sink_joins_what_it_is_given() -> None:
    sink = MemorySink(sample_rate=48000, channels=2)
    assert sink.samples.shape == (2, 0)
    samples = np.arange(20, dtype=np.float32).reshape(2, 10)
    for start in range(0, 10, 3):
        sink.write(samples[:, start : start + 3])
        np.testing.assert_array_equal(sink.samples, samples[:, : start + 3])
    sink.close()
    sink.close()
    assert sink.samples.dtype == np.float32
    np.testing.assert_array_equal(sink.samples, samples)
    with pytest.raises(InvalidStateError):
        sink.write(samples)


def test_a_memory_sink_keeps_a_copy() -> None:
    sink = MemorySink(sample_rate=48000, channels=1)
    block = np.ones((1, 4), np.float32)
    sink.write(block)
    block[:] = 0
    np.testing.assert_array_equal(sink.samples, np.ones((1, 4)))


def test_an_aborted_memory_sink_is_empty() -> None:
    sink = MemorySink(sample_rate=48000, channels=1)
    sink.write(np.ones((1, 4), np.float32))
    sink.abort()
    assert sink.samples.shape == (1, 0)


def test_samples_of_another_shape_are_refused() -> None:
    with pytest.raises(ValueError, match=r"shape \(3, 4\) where \(2, frames\) belong"):
        MemorySink(sample_rate=48000, channels=2).write(np.zeros((3, 4), np.float32))

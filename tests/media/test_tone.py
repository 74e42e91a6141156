from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audiograph.media.tone import ToneReader


def test_a_tone_is_a_sine_from_phase_0_in_every_channel() -> None:
    tone = ToneReader(440, 44100, 2, amplitude=0.25)
    assert (tone.label, tone.sample_rate, tone.channels, tone.frames) == (
        "440 Hz tone",
        44100,
        2,
        None,
    )
    wanted = 0.25 * np.sin(2 * np.pi * 440 * np.arange(10000) / 44100)
    got = tone.read(10000)
    assert got.dtype == np.float32
    np.testing.assert_allclose(got, [wanted, wanted], atol=2e-8)


@settings(deadline=None)
@given(
    frequency=st.floats(0, 24000),
    cuts=st.lists(st.integers(0, 5000), max_size=10),
    start=st.integers(0, 10**10),
)
def test_how_a_tone_is_cut_into_reads_changes_nothing(
    frequency: float, cuts: list[int], start: int
) -> None:
    whole, cut = ToneReader(frequency), ToneReader(frequency)
    whole.seek(start)
    cut.seek(start)
    edges = [0, *sorted(cuts), 5000]
    pieces = [cut.read(end - begin) for begin, end in itertools.pairwise(edges)]
    np.testing.assert_array_equal(np.concatenate(pieces, axis=1), whole.read(5000))


def test_a_day_into_the_tone_its_phase_is_exact() -> None:
    tone = ToneReader(997, amplitude=1)
    beginning = tone.read(48000)
    tone.seek(24 * 3600 * 48000)
    np.testing.assert_array_equal(tone.read(48000), beginning)


def test_a_tone_of_given_length_ends() -> None:
    tone = ToneReader(1000, frames=100)
    assert [tone.read(64).shape for _ in range(3)] == [(1, 64), (1, 36), (1, 0)]
    tone.seek(90)
    assert tone.read(64).shape == (1, 10)
    tone.seek(1000)
    assert tone.read(64).shape == (1, 0)
    tone.close()
    tone.close()


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ({"frequency": -1}, "-1 Hz where 0 to 24000 Hz"),
        ({"frequency": 24001}, "24001 Hz where"),
        ({"frequency": float("nan")}, "nan Hz where"),
        ({"frequency": 1, "sample_rate": 0}, "at 0 Hz"),
        ({"frequency": 1, "sample_rate": 10**400}, "above 2147483647 Hz"),
        ({"frequency": 1, "channels": 0}, "0 channels"),
        ({"frequency": 1, "amplitude": float("inf")}, "amplitude of inf"),
        ({"frequency": 1, "frames": -1}, "-1 frames"),
    ],
)
def test_what_is_no_tone_is_refused(arguments: dict[str, float], text: str) -> None:
    with pytest.raises(ValueError, match=text):
        ToneReader(**arguments)  # type: ignore[arg-type]


def test_a_tone_does_not_start_before_its_start() -> None:
    with pytest.raises(ValueError, match="frame -1"):
        ToneReader(1).seek(-1)

"""Convolution by partitions against the sum that defines it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from rendered import noise

from audiograph.render.convolution import SIZES, Convolution, Response

LENGTHS = st.one_of(
    st.integers(1, 3000),
    st.sampled_from([1, 128, 512, 2048, 4096, 16383, 16384, 16385, 40000]),
)


def convolved(signal: NDArray[np.float32], taps: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return the first frames of the convolution of two sequences, by its definition."""
    count = 1 << (len(signal) + len(taps)).bit_length()
    spectra = [np.fft.rfft(each.astype(np.float64), count) for each in (signal, taps)]
    return np.fft.irfft(np.prod(spectra, axis=0))[: len(signal)]


def in_stretches(
    convolution: Convolution, signal: NDArray[np.float32], lengths: list[int]
) -> NDArray[np.float32]:
    parts, at = [], 0
    for length in lengths:
        stretch = signal[:, at : at + length]
        silent = not stretch.any()
        parts.append(convolution.convolve(None if silent else stretch, length))
        assert parts[-1].shape[1] == length
        at += length
    return np.concatenate(parts, axis=1)


@settings(max_examples=40)
@given(
    lengths=st.lists(LENGTHS, min_size=1, max_size=12),
    taps=st.sampled_from([1, 2, 511, 512, 513, 2048, 5000, 16384, 16385, 50000]),
    start=st.integers(0, 100000),
)
def test_stretches_of_any_length_are_convolved(lengths: list[int], taps: int, start: int) -> None:
    signal, response = noise(1, sum(lengths), 2), noise(1, taps, 3)
    convolution = Convolution(Response(response.astype(np.float64)))
    convolution.restart(start)
    out = in_stretches(convolution, signal, lengths)
    expected = convolved(signal[0], response[0])
    np.testing.assert_allclose(out[0], expected, atol=1e-6 * max(1, np.abs(expected).max()))
    assert convolution.end == start + sum(lengths)


@settings(max_examples=40)
@given(
    pieces=st.lists(st.tuples(LENGTHS, st.booleans()), min_size=2, max_size=12),
    taps=st.sampled_from([1, 700, 5000, 40000]),
)
def test_silence_between_and_after_is_convolved(pieces: list[tuple[int, bool]], taps: int) -> None:
    lengths = [length for length, _ in pieces]
    sounds = np.repeat([sound for _, sound in pieces], lengths)
    signal, response = noise(1, sum(lengths), 2) * sounds, noise(1, taps, 3)
    out = in_stretches(Convolution(Response(response.astype(np.float64))), signal, lengths)
    np.testing.assert_allclose(out[0], convolved(signal[0], response[0]), atol=1e-5)


@pytest.mark.parametrize("alike", [True, False])
@pytest.mark.parametrize("channels", [1, 2, 4])
@settings(max_examples=40)
@given(lengths=st.lists(LENGTHS, min_size=3, max_size=9))
def test_the_input_becomes_stereo_and_mono_again(
    channels: int, alike: bool, lengths: list[int]
) -> None:
    taps = noise(channels, 3000, 3)
    third = len(lengths) // 3
    first, second = lengths[:third], lengths[third : 2 * third]
    # Long enough for what differs to be over.
    last = [*lengths[2 * third :], 3000]
    mono, stereo, rest = sum(first), sum(second), sum(last)
    signal = noise(2, mono + stereo + rest, 2)
    signal[1, :mono] = signal[0, :mono] if alike else 0
    signal[1, mono + stereo :] = signal[0, mono + stereo :]

    convolution = Convolution(Response(taps.astype(np.float64)))
    before = in_stretches(convolution, signal[:1, :mono], first)
    convolution.widen(alike=alike)
    assert convolution.inputs == 2
    while_stereo = in_stretches(convolution, signal[:, mono : mono + stereo], second)
    after = in_stretches(convolution, signal[:, mono + stereo :], last)
    convolution.narrow()
    assert convolution.inputs == 1
    at_last = convolution.convolve(noise(1, 1000, 9), 1000)

    whole = np.concatenate((signal, np.repeat(noise(1, 1000, 9), 2, axis=0)), axis=1)
    left, right = whole
    if channels == 4:
        expected = [
            convolved(left, taps[0]) + convolved(right, taps[2]),
            convolved(left, taps[1]) + convolved(right, taps[3]),
        ]
    else:
        expected = [convolved(left, taps[0]), convolved(right, taps[-1])]
    if alike:
        expected_before = np.array(expected)[: 1 if channels == 1 else 2, :mono]
        np.testing.assert_allclose(before, expected_before, atol=3e-5)
    wide = np.concatenate((while_stereo, after), axis=1)
    np.testing.assert_allclose(wide, np.array(expected)[:, mono:-1000], atol=3e-5)
    np.testing.assert_allclose(at_last, np.array(expected)[: len(at_last), -1000:], atol=3e-5)


def test_a_restart_forgets_what_was_before() -> None:
    taps = noise(2, 20000, 3).astype(np.float64)
    fresh, used = Convolution(Response(taps)), Convolution(Response(taps))
    used.widen(alike=True)
    in_stretches(used, noise(2, 50000, 4), [300, 16384, 33316])
    used.restart(70000)
    signal = noise(1, 30000, 5)
    lengths = [128, 16384, 600, 12888]
    np.testing.assert_array_equal(
        in_stretches(used, signal, lengths), in_stretches(fresh, signal, lengths)
    )


def test_the_output_stays_when_the_convolution_goes_on() -> None:
    convolution = Convolution(Response(noise(1, 20000, 3).astype(np.float64)))
    signal = noise(1, 60000, 4)
    kept = [convolution.convolve(signal[:, at : at + 1000], 1000) for at in range(0, 60000, 1000)]
    np.testing.assert_allclose(
        np.concatenate(kept, axis=1)[0],
        convolved(signal[0], noise(1, 20000, 3)[0]),
        atol=3e-5,
    )


def test_taps_that_nobody_can_hear_take_no_time() -> None:
    taps = np.zeros((1, 500_000))
    taps[0, 10], taps[0, 400_000] = 1, 1e-35
    response = Response(taps)
    assert response.frames == 500_000
    assert [parts.shape[2] for parts in response.stereo] == [1, 1, 1]
    silent = Convolution(Response(np.zeros((2, 1000))))
    assert not silent.convolve(noise(1, 1000), 1000).any()


def test_what_is_no_number_is_over_with_the_response() -> None:
    signal = noise(1, 100_000, 4)
    signal[0, 5000] = np.nan
    convolution = Convolution(Response(noise(1, 20000, 3).astype(np.float64)))
    out = in_stretches(convolution, signal, [SIZES[-1]] * 6)
    assert np.isnan(out[0, 5000])
    assert np.isfinite(out[0, 5 * SIZES[-1] :]).all()

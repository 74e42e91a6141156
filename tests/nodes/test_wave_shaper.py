from __future__ import annotations

from math import floor
from random import Random
from typing import Any

import numpy as np
import pytest
import rendered
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from rendered import RATE, noise, play, render

from audiograph import (
    ConstantSourceNode,
    InvalidStateError,
    OfflineAudioContext,
    WaveShaperNode,
    WaveShaperOptions,
)

OVERSAMPLES = ("none", "2x", "4x")
LATE = {"none": 0, "2x": 128, "4x": 192}
TANH = np.tanh(np.linspace(-4, 4, 1025))


def looked_up(x: float, curve: NDArray[np.float64]) -> float:
    """Return y, as the specification has it."""
    last = len(curve) - 1
    v = last / 2 * (x + 1)
    if v < 0:
        return float(curve[0])
    if v >= last:
        return float(curve[last])
    k = floor(v)
    return float((1 - (v - k)) * curve[k] + (v - k) * curve[k + 1])


def half_band() -> NDArray[np.float64]:
    t = np.arange(256)
    window = 0.42 - 0.5 * np.cos(2 * np.pi * t / 256) + 0.08 * np.cos(4 * np.pi * t / 256)
    return np.sinc((t - 128) / 2) * window


def oversampled(signal: NDArray[np.float32], curve: NDArray[np.float64], factor: int):
    """Return what three plain convolutions for each doubling make of a channel."""
    fast = signal.astype(np.float64)
    for _ in range(factor // 2):
        stuffed = np.zeros(2 * len(fast))
        stuffed[::2] = fast
        fast = np.convolve(stuffed, half_band())[: len(stuffed)]
    fast = np.array([looked_up(x, curve) for x in fast])
    for _ in range(factor // 2):
        fast = np.convolve(fast, half_band() / 2)[: len(fast)][::2]
    return fast


def through(signal: NDArray[np.float32], frames: int | None = None, **options: Any):
    return rendered.through(signal, lambda c: WaveShaperNode(c, **options), frames)


@pytest.mark.parametrize(
    "curve", [[1, 2], [0.5, -0.25, 1], [1, 2, 4, 7], TANH, np.linspace(-1, 1, 65536)]
)
def test_samples_are_looked_up_in_the_curve(curve) -> None:
    signal = noise(2, 600) * 3
    signal[:, :7] = [-1, 1, 0, -5, 5, np.nextafter(np.float32(1), 0), -1e-20]
    expected = [[looked_up(float(x), np.asarray(curve)) for x in row] for row in signal]
    np.testing.assert_allclose(through(signal, curve=curve), expected, atol=1e-5)


@pytest.mark.parametrize(("oversample", "factor"), [("2x", 2), ("4x", 4)])
@pytest.mark.parametrize("curve", [[-1, 1], [0.3, -0.4, 1, 0.7], TANH])
def test_oversampling_looks_up_between_two_filters(oversample: str, factor: int, curve) -> None:
    signal = noise(2, 3000) * 3
    signal[:, 1200:] = 0
    expected = [oversampled(row, np.asarray(curve, float), factor) for row in signal]
    out = through(signal, curve=curve, oversample=oversample)
    np.testing.assert_allclose(out, expected, atol=2e-6)


@pytest.mark.parametrize("oversample", OVERSAMPLES)
def test_a_straight_curve_delays_by_the_filters_latency(oversample: str) -> None:
    tone = 0.5 * np.sin(2 * np.pi * 1000 * np.arange(3000) / RATE)[np.newaxis]
    out = through(tone.astype(np.float32), curve=[-1, 0, 1], oversample=oversample)
    late = LATE[oversample]
    np.testing.assert_allclose(out[0, 700:], tone[0, 700 - late : 3000 - late], atol=2e-4)


def test_oversampling_keeps_harmonics_from_folding_back() -> None:
    """The third harmonic of 9 kHz, 27 kHz, is heard at 21 kHz where there is no room for it."""
    tone = 0.9 * np.sin(2 * np.pi * 9000 * np.arange(9600) / RATE)[np.newaxis]
    folded = []
    for oversample in OVERSAMPLES:
        out = through(tone.astype(np.float32), curve=TANH, oversample=oversample)[0, 4800:]
        spectrum = np.abs(np.fft.rfft(out))
        folded.append(spectrum[2100] / spectrum[900])
    assert folded[0] > 0.1
    assert folded[1] < folded[0] / 20
    assert folded[2] < folded[1] / 5


@pytest.mark.parametrize("oversample", OVERSAMPLES)
def test_without_a_curve_the_input_goes_through_unmodified(oversample: str) -> None:
    signal = noise(2, 1000) * 5
    np.testing.assert_array_equal(through(signal, oversample=oversample), signal)


@pytest.mark.parametrize("oversample", OVERSAMPLES)
def test_the_output_has_as_many_channels_as_the_input(oversample: str) -> None:
    signal = noise(6, 1000)
    signal[3] = signal[0]
    out = through(signal, curve=TANH, oversample=oversample)
    np.testing.assert_allclose(out[3], out[0], atol=1e-6)
    for channel in range(6):
        alone = through(signal[channel : channel + 1], curve=TANH, oversample=oversample)
        np.testing.assert_allclose(out[channel], alone[0], atol=1e-6)


@pytest.mark.parametrize("oversample", OVERSAMPLES)
@pytest.mark.parametrize("curve", [[0.5, 0.5, 0.5], [-1, 0.5, 1], [0, 1]])
def test_silence_sounds_where_the_middle_of_the_curve_is_not_zero(curve, oversample: str) -> None:
    def graph(context: OfflineAudioContext) -> WaveShaperNode:
        node = WaveShaperNode(context, curve=curve, oversample=oversample)
        node.connect(context.destination)
        return node

    out = render(graph, 20000, channels=2)
    np.testing.assert_allclose(out[:, 2 * LATE[oversample] :], 0.5, atol=2e-4)
    if oversample == "none":
        assert (out == 0.5).all()


@pytest.mark.parametrize("oversample", OVERSAMPLES)
@pytest.mark.parametrize(("mode", "channels"), [("max", 1), ("clamped-max", 1), ("explicit", 3)])
def test_sound_out_of_silence_has_the_channels_of_the_input(
    mode: str, channels: int, oversample: str
) -> None:
    def graph(context: OfflineAudioContext) -> WaveShaperNode:
        context.destination.channel_interpretation = "discrete"
        node = WaveShaperNode(context, curve=[-1, 0.5, 1], oversample=oversample)
        node.channel_count, node.channel_count_mode = 3, mode
        node.connect(context.destination)
        return node

    out = render(graph, 1000, channels=4)
    np.testing.assert_array_equal(out[:channels], np.broadcast_to(out[0], (channels, 1000)))
    assert out[0, 600:].all()
    assert not out[channels:].any()


def test_silence_stays_silence_where_it_is_zero() -> None:
    def graph(context: OfflineAudioContext) -> WaveShaperNode:
        node = WaveShaperNode(context, curve=[1, -1])
        node.connect(context.destination)
        return node

    assert not render(graph, 1000).any()


def test_sound_out_of_silence_goes_on_between_sources_and_ends_with_the_curve() -> None:
    def graph(context: OfflineAudioContext) -> WaveShaperNode:
        node = WaveShaperNode(context)
        for start in (300, 1500):
            play(context, np.ones(100), start / RATE).connect(node)
        node.connect(context.destination)

        def set_curve(curve):
            return lambda _: setattr(node, "curve", curve)

        context.suspend(1024 / RATE, set_curve([-1, 0.25, 0.5]))
        context.suspend(2048 / RATE, set_curve(None))
        return node

    n = np.arange(4000)
    inside = (n >= 1024) & (n < 2048)
    expected = np.where((n >= 300) & (n < 400), 1.0, 0) + inside * 0.25
    expected += 0.25 * ((n >= 1500) & (n < 1600))
    for block in (128, 16384):
        np.testing.assert_array_equal(render(graph, 4000, block=block)[0], expected)


def test_no_number_and_infinity_are_at_an_end_of_the_curve() -> None:
    signal = np.array([[np.nan, np.inf, -np.inf, 0.5]], np.float32)
    np.testing.assert_array_equal(through(signal, curve=[-2, 0, 4])[0], [-2, 4, -2, 2])


def test_the_curve_is_copied() -> None:
    given = np.array([-1, 0.5, 1], np.float32)
    node = WaveShaperNode(OfflineAudioContext(1, 1, RATE), curve=given)
    given[:] = 7
    got = node.curve
    assert got is not None
    assert got.dtype == np.float32
    assert got.tolist() == [-1, 0.5, 1]
    got[:] = 8
    assert node.curve is not None
    assert node.curve.tolist() == [-1, 0.5, 1]


@pytest.mark.parametrize("short", [[], [1.0], np.zeros(1, np.float32)])
def test_a_curve_has_at_least_two_values(short) -> None:
    context = OfflineAudioContext(1, 1, RATE)
    with pytest.raises(InvalidStateError, match="at least two"):
        WaveShaperNode(context, curve=short)
    node = WaveShaperNode(context)
    with pytest.raises(InvalidStateError):
        node.curve = short
    assert node.curve is None
    node.curve = [0, 1]  # one that was refused does not count


@pytest.mark.parametrize("wrong", ["curve", 5, [[1, 2], [3, 4]], [1, "x"], {}])
def test_a_curve_is_a_sequence_of_numbers(wrong) -> None:
    context = OfflineAudioContext(1, 1, RATE)
    with pytest.raises(TypeError):
        WaveShaperNode(context, curve=wrong)
    with pytest.raises(TypeError):
        WaveShaperNode(context).curve = wrong


def test_a_curve_can_be_set_once_and_taken_away() -> None:
    context = OfflineAudioContext(1, 1, RATE)
    node = WaveShaperNode(context)
    node.curve = None
    node.curve = [1, 2]
    with pytest.raises(InvalidStateError, match="only once"):
        node.curve = [1, 2]
    assert node.curve.tolist() == [1, 2]
    node.curve = None
    assert node.curve is None
    with pytest.raises(InvalidStateError):
        node.curve = [3, 4]
    made = WaveShaperNode(context, WaveShaperOptions(curve=(1, 2)))
    with pytest.raises(InvalidStateError):
        made.curve = [3, 4]


def test_the_oversampling_is_one_of_three() -> None:
    context = OfflineAudioContext(1, 1, RATE)
    for wrong in ("8x", "", None, 2):
        with pytest.raises(TypeError, match="oversample"):
            WaveShaperNode(context, oversample=wrong)
    node = WaveShaperNode(context, oversample="4x")
    for each in OVERSAMPLES:
        node.oversample = each
        assert node.oversample == each
    with pytest.raises(TypeError):
        node.oversample = "3x"
    assert node.oversample == "4x"


def test_a_change_of_oversampling_is_heard_at_once() -> None:
    def graph(context: OfflineAudioContext) -> WaveShaperNode:
        node = WaveShaperNode(context, curve=[-1, 0, 1], oversample="2x")
        play(context, np.ones(3000)).connect(node).connect(context.destination)
        context.suspend(1280 / RATE, lambda _: setattr(node, "oversample", "none"))
        return node

    out = render(graph, 2560)[0]
    np.testing.assert_array_equal(out[1280:], 1)
    assert abs(out[:100]).max() < 0.1
    np.testing.assert_allclose(out[300:1280], 1, atol=1e-3)


def widths(frames: int, oversample: str, curve: list[float]) -> list[int]:
    """Return how many channels come out in each quantum, for a stereo input from 256 to 512."""

    def make(context: OfflineAudioContext) -> WaveShaperNode:
        node = WaveShaperNode(context, curve=curve, oversample=oversample)
        play(context, np.zeros((2, 256)), 256 / RATE).connect(node)
        return node

    return rendered.widths(make, frames)


@pytest.mark.parametrize("curve", [[-1, 0, 1], [-1, 0.5, 1]])
def test_a_wider_input_widens_the_output_at_once_and_until_it_is_out(curve: list[float]) -> None:
    assert widths(1280, "none", curve) == [1, 1, 2, 2, 1, 1, 1, 1, 1, 1]
    assert widths(1280, "2x", curve) == [1, 1, 2, 2, 2, 2, 1, 1, 1, 1]
    assert widths(1280, "4x", curve) == [1, 1, 2, 2, 2, 2, 2, 1, 1, 1]


@pytest.mark.parametrize("oversample", ["2x", "4x"])
@pytest.mark.parametrize("curve", [[-1, 0, 1], [-0.5, 0.25, 1]])
def test_what_was_mono_goes_on_in_the_middle_when_the_input_becomes_stereo(
    oversample: str, curve: list[float]
) -> None:
    mono, stereo = noise(1, 2000), noise(2, 2000, seed=2)

    def graph(context: OfflineAudioContext) -> None:
        node = WaveShaperNode(context, curve=curve, oversample=oversample)
        play(context, mono[:, :1024]).connect(node)
        play(context, stereo[:, :512], 1024 / RATE).connect(node)
        play(context, mono[:, 1536:], 1536 / RATE).connect(node)
        node.connect(context.destination)

    whole = np.concatenate([mono, mono])
    whole[:, 1024:1536] = stereo[:, :512]
    expected = through(whole, curve=curve, oversample=oversample)
    for block in (128, 16384):
        np.testing.assert_allclose(
            render(graph, 2000, channels=2, block=block), expected, atol=2e-6
        )


def test_the_tail_of_the_filters_comes_out_after_the_source_has_ended() -> None:
    signal = noise(1, 1000)
    padded = np.concatenate([signal, np.zeros((1, 1000), np.float32)], axis=1)
    for oversample in ("2x", "4x"):
        out = through(signal, 2000, curve=TANH, oversample=oversample)
        expected = through(padded, curve=TANH, oversample=oversample)
        np.testing.assert_allclose(out, expected, atol=1e-6)
        assert out[0, 1000 + LATE[oversample] - 1] != 0
        assert np.abs(out[0, 1600:]).max() < 1e-6


@settings(max_examples=25)
@given(
    st.integers(0, 2**32 - 1),
    st.sampled_from(OVERSAMPLES),
    st.sampled_from([[-1, 0, 1], [0.1, 0.2, 0.7]]),
)
def test_blocks_of_any_length_give_the_same_samples(
    seed: int, oversample: str, curve: list[float]
) -> None:
    def graph(context: OfflineAudioContext) -> None:
        chance = Random(seed)
        node = WaveShaperNode(context, curve=curve, oversample=oversample)
        for _ in range(4):
            signal = noise(chance.choice([1, 2]), chance.randrange(1, 2000)) * chance.choice([1, 5])
            play(context, signal, chance.uniform(0, 0.08)).connect(node)
        node.connect(context.destination)
        ConstantSourceNode(context).connect(context.destination)

    short = render(graph, 6000, channels=2, block=128)
    for block in (16384, 128 * 7):
        np.testing.assert_allclose(
            render(graph, 6000, channels=2, block=block), short, rtol=0, atol=1e-6
        )

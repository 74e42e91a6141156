from __future__ import annotations

from math import cos, pi, sin

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from rendered import RATE, noise, play, render

from audiograph import (
    ConstantSourceNode,
    GainNode,
    NotSupportedError,
    OfflineAudioContext,
    StereoPannerNode,
)


def panned(signal: NDArray[np.float32], pan: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the text's algorithm, frame by frame."""
    out = np.zeros((2, signal.shape[1]))
    for k, p in enumerate(np.clip(pan, -1, 1)):
        if len(signal) == 1:
            x = (p + 1) / 2
            out[:, k] = signal[0, k] * cos(x * pi / 2), signal[0, k] * sin(x * pi / 2)
            continue
        left, right = map(float, signal[:, k])
        x = p + 1 if p <= 0 else p
        low, high = cos(x * pi / 2), sin(x * pi / 2)
        if p <= 0:
            out[:, k] = left + right * low, right * high
        else:
            out[:, k] = left * low, right + left * high
    return out


@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("pan", [-1, -0.7, -0.01, 0, 0.01, 0.3, 1])
def test_it_pans_by_the_equal_power_law(pan: float, channels: int) -> None:
    def graph(context: OfflineAudioContext) -> None:
        panner = StereoPannerNode(context, pan=pan)
        play(context, noise(channels, 500)).connect(panner).connect(context.destination)

    expected = panned(noise(channels, 500), np.full(500, pan))
    np.testing.assert_allclose(render(graph, 500, channels=2), expected, atol=2e-7)


@pytest.mark.parametrize("channels", [1, 2])
def test_the_pan_changes_with_every_frame_and_is_clamped(channels: int) -> None:
    def graph(context: OfflineAudioContext) -> None:
        panner = StereoPannerNode(context)
        panner.pan.set_value_at_time(-2, 0).linear_ramp_to_value_at_time(2, 1000 / RATE)
        play(context, noise(channels, 1000)).connect(panner).connect(context.destination)

    expected = panned(noise(channels, 1000), np.arange(1000) / 250 - 2)
    np.testing.assert_allclose(render(graph, 1000, channels=2), expected, atol=1e-6)


def test_at_the_very_side_nothing_is_on_the_other() -> None:
    for pan, silent in ((-1, 1), (1, 0)):

        def graph(context: OfflineAudioContext, pan: float = pan) -> None:
            panner = StereoPannerNode(context, pan=pan)
            play(context, noise(1, 300)).connect(panner).connect(context.destination)

        out = render(graph, 300, channels=2)
        assert not out[silent].any()
        np.testing.assert_array_equal(out[1 - silent], noise(1, 300)[0])


def test_wider_inputs_are_mixed_down() -> None:
    def graph(context: OfflineAudioContext) -> None:
        play(context, noise(4, 300)).connect(StereoPannerNode(context)).connect(context.destination)

    stereo = (noise(4, 300)[:2] + noise(4, 300)[2:]) / 2
    np.testing.assert_allclose(render(graph, 300, channels=2), stereo, atol=1e-7)


def test_a_channel_count_of_one_pans_stereo_as_mono() -> None:
    def graph(context: OfflineAudioContext) -> None:
        panner = StereoPannerNode(context, channel_count=1, pan=0.4)
        play(context, noise(2, 300)).connect(panner).connect(context.destination)

    mono = noise(2, 300).mean(axis=0, keepdims=True, dtype=np.float32)
    expected = panned(mono, np.full(300, 0.4))
    np.testing.assert_allclose(render(graph, 300, channels=2), expected, atol=2e-7)


def test_where_nothing_comes_in_one_channel_of_silence_goes_out() -> None:
    def graph(context: OfflineAudioContext) -> None:
        panner, bus, mark = (
            StereoPannerNode(context),
            GainNode(context),
            ConstantSourceNode(context),
        )
        play(context, np.ones(128), 128 / RATE).connect(panner).connect(bus)
        mark.start()
        mark.connect(bus).connect(context.destination)

    # Mono is up-mixed to the first two of four; six would tell too. In the middle, each side has
    # 0.707 of it.
    out = render(graph, 384, channels=2)
    np.testing.assert_allclose(out[:, :128], 1)
    np.testing.assert_allclose(out[:, 128:256], 1 + np.sqrt(0.5), rtol=1e-6)
    np.testing.assert_allclose(out[:, 256:], 1)


@given(
    seed=st.integers(0, 99),
    channels=st.lists(st.sampled_from([1, 2]), min_size=1, max_size=3),
    block=st.sampled_from([128, 256, 640, 1408]),
    rate=st.sampled_from(["a-rate", "k-rate"]),
)
def test_blocks_of_any_length_give_the_same(
    seed: int, channels: list[int], block: int, rate: str
) -> None:
    def graph(context: OfflineAudioContext) -> None:
        chance = np.random.default_rng(seed)
        panner = StereoPannerNode(context, pan=chance.uniform(-1, 1))
        panner.pan.automation_rate = rate
        for time in np.sort(chance.uniform(0, 2000, 3)):
            panner.pan.linear_ramp_to_value_at_time(chance.uniform(-1, 1), time / RATE)
        for count in channels:
            start = chance.integers(0, 1500) / RATE
            play(context, noise(count, chance.integers(1, 900)), start).connect(panner)
        panner.connect(context.destination)

    one, other = (render(graph, 2816, channels=2, block=each) for each in (2816, block))
    np.testing.assert_array_equal(one, other)


def test_it_has_at_most_two_channels_and_no_mode_max() -> None:
    context = OfflineAudioContext(1, 1, RATE)
    for wrong in ({"channel_count": 3}, {"channel_count_mode": "max"}):
        with pytest.raises(NotSupportedError):
            StereoPannerNode(context, **wrong)
    panner = context.create_stereo_panner()
    with pytest.raises(NotSupportedError):
        panner.channel_count = 3
    with pytest.raises(NotSupportedError):
        panner.channel_count_mode = "max"
    assert (panner.channel_count, panner.channel_count_mode) == (2, "clamped-max")
    panner.channel_count, panner.channel_count_mode = 1, "explicit"

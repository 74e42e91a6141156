from __future__ import annotations

from itertools import product
from math import sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from rendered import noise, play, render

from audiograph import ChannelMergerNode, ChannelSplitterNode, GainNode, OfflineAudioContext
from audiograph.render.mixing import convert, excerpt, mix
from audiograph.render.processor import SILENCE

Frame = list[float]


def speakers(x: Frame, count: int) -> Frame | None:
    """One frame by the specification's equations; None where there is none."""
    match len(x), count:
        case 1, 2:
            return [x[0], x[0]]
        case 1, 4:
            return [x[0], x[0], 0, 0]
        case 1, 6:
            return [0, 0, x[0], 0, 0, 0]
        case 2, 4:
            return [x[0], x[1], 0, 0]
        case 2, 6:
            return [x[0], x[1], 0, 0, 0, 0]
        case 4, 6:
            return [x[0], x[1], 0, 0, x[2], x[3]]
        case 2, 1:
            return [0.5 * (x[0] + x[1])]
        case 4, 1:
            return [0.25 * (x[0] + x[1] + x[2] + x[3])]
        case 6, 1:
            return [sqrt(0.5) * (x[0] + x[1]) + x[2] + 0.5 * (x[4] + x[5])]
        case 4, 2:
            return [0.5 * (x[0] + x[2]), 0.5 * (x[1] + x[3])]
        case 6, 2:
            return [x[0] + sqrt(0.5) * (x[2] + x[4]), x[1] + sqrt(0.5) * (x[2] + x[5])]
        case 6, 4:
            return [x[0] + sqrt(0.5) * x[2], x[1] + sqrt(0.5) * x[2], x[4], x[5]]
    return None


def discrete(x: Frame, count: int) -> Frame:
    return (x + [0.0] * count)[:count]


def expected(signal: NDArray[np.float32], count: int, interpretation: str) -> NDArray[np.float64]:
    frames = []
    for frame in signal.T.tolist():
        mixed = speakers(frame, count) if interpretation == "speakers" else None
        if len(frame) == count:
            mixed = frame
        frames.append(discrete(frame, count) if mixed is None else mixed)
    return np.array(frames).T


@pytest.mark.parametrize("interpretation", ["speakers", "discrete"])
@pytest.mark.parametrize(("given", "count"), [*product([1, 2, 3, 4, 5, 6, 8, 32], repeat=2)])
def test_every_layout_is_mixed_by_the_equations(given: int, count: int, interpretation) -> None:
    signal = noise(given, 50)
    out = convert(signal, count, interpretation)
    assert out.shape == (count, 50)
    np.testing.assert_allclose(out, expected(signal, count, interpretation), atol=1e-6)


@given(
    widths=st.lists(st.sampled_from([1, 2, 3, 4, 6]), max_size=4),
    count=st.integers(1, 8),
    mode=st.sampled_from(["max", "clamped-max", "explicit"]),
    interpretation=st.sampled_from(["speakers", "discrete"]),
    data=st.data(),
)
def test_an_input_is_the_sum_of_its_connections_mixed_by_its_mode(
    widths: list[int], count: int, mode, interpretation, data
) -> None:
    signals = [noise(width, 20, i) for i, width in enumerate(widths)]
    # Each is heard from a frame on, and the window begins at frame 100.
    firsts = [data.draw(st.integers(85, 125)) for _ in signals]
    out = mix(list(zip(signals, firsts, strict=True)), 100, 130, count, mode, interpretation)
    if not signals:
        assert out is SILENCE
        return
    largest = max(widths)
    channels = {"max": largest, "clamped-max": min(largest, count), "explicit": count}[mode]
    total = np.zeros((channels, 60))
    for signal, first in zip(signals, firsts, strict=True):
        total[:, first - 85 : first - 65] += expected(signal, channels, interpretation)
    assert out.shape == (channels, 30)
    np.testing.assert_allclose(out, total[:, 15:45], atol=1e-6)


@given(start=st.integers(90, 130), frames=st.integers(1, 40), first=st.integers(90, 130))
def test_around_an_excerpt_is_silence(start: int, frames: int, first: int) -> None:
    samples = noise(2, 20)
    around = np.zeros((2, 200), np.float32)
    around[:, first : first + 20] = samples
    out = excerpt((samples, first), start, start + frames)
    np.testing.assert_array_equal(out, around[:, start : start + frames])


def test_mixing_leaves_what_it_is_given_as_it_was() -> None:
    signals = [noise(width, 20) for width in (1, 2, 1, 2, 2)]
    before = [signal.copy() for signal in signals]
    for interpretation in ("speakers", "discrete"):
        for chosen in (signals, signals[3:], signals[::2]):
            mix([(signal, 0) for signal in chosen], 0, 20, 2, "max", interpretation)
    for signal, copy in zip(signals, before, strict=True):
        np.testing.assert_array_equal(signal, copy)


@given(frames=st.integers(1, 30), count=st.integers(1, 8))
def test_the_sum_is_that_of_what_is_converted_one_by_one_to_the_bit(
    frames: int, count: int
) -> None:
    parts = [(noise(2, frames, seed), 0) for seed in range(3)]
    one_by_one = [convert(samples, count, "speakers") for samples, _ in parts]
    np.testing.assert_array_equal(
        mix(parts, 0, frames, count, "explicit", "speakers"),
        one_by_one[0] + one_by_one[1] + one_by_one[2],
    )


@pytest.mark.parametrize("mode", ["max", "clamped-max", "explicit"])
@pytest.mark.parametrize("interpretation", ["speakers", "discrete"])
@pytest.mark.parametrize("given", [1, 2, 3, 4, 6])
def test_a_node_mixes_by_its_attributes(mode: str, interpretation: str, given: int) -> None:
    def graph(context: OfflineAudioContext) -> None:
        gain = GainNode(
            context,
            channel_count=4,
            channel_count_mode=mode,
            channel_interpretation=interpretation,
        )
        play(context, noise(given, 200)).connect(gain)
        play(context, noise(2, 200, 9)).connect(gain)
        splitter = ChannelSplitterNode(context)
        gain.connect(splitter)
        merger = ChannelMergerNode(context)
        for channel in range(6):
            splitter.connect(merger, channel, channel)
        merger.connect(context.destination)

    width = max(given, 2)
    channels = {"max": width, "clamped-max": min(width, 4), "explicit": 4}[mode]
    total = expected(noise(given, 200), channels, interpretation)
    total = total + expected(noise(2, 200, 9), channels, interpretation)
    out = render(graph, 200, channels=6)
    np.testing.assert_allclose(out[:channels], total, atol=1e-6)
    assert not out[channels:].any()


@pytest.mark.parametrize("channels", [1, 2, 4, 6])
@pytest.mark.parametrize("given", [1, 2, 4, 6])
def test_the_destination_mixes_to_the_channels_of_the_buffer(channels: int, given: int) -> None:
    out = render(lambda c: play(c, noise(given, 99)).connect(c.destination), 99, channels=channels)
    np.testing.assert_allclose(out, expected(noise(given, 99), channels, "speakers"), atol=1e-6)

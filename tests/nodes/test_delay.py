from __future__ import annotations

from math import ceil

import numpy as np
import pytest
import rendered
from numpy.typing import NDArray
from rendered import RATE, noise, play, render

from audiograph import (
    DelayNode,
    GainNode,
    NotSupportedError,
    OfflineAudioContext,
)


def delayed(signal: NDArray[np.float32], delay: NDArray[np.float64] | float) -> NDArray[np.float64]:
    """output(t) = input(t - delayTime(t)), in a straight line between frames."""
    n = np.arange(signal.shape[-1])
    return np.interp(n - delay, n, signal, left=0)


@pytest.mark.parametrize("frames", [0, 1, 100, 128, 0.5, 99.25, 500.75, 960])
def test_the_output_is_the_input_of_before(frames: float) -> None:
    def graph(context: OfflineAudioContext) -> None:
        delay = DelayNode(context, delay_time=frames / RATE, max_delay_time=960 / RATE)
        play(context, noise(1, 2000)).connect(delay).connect(context.destination)

    padded = np.concatenate([np.zeros(1), noise(1, 2000)[0]])  # a frame of silence comes before
    expected = delayed(padded.astype(np.float32), frames)[1:]
    np.testing.assert_allclose(render(graph, 2000)[0], expected, atol=1e-4)


@pytest.mark.parametrize("moving", [False, True])
@pytest.mark.parametrize("whole", [0, 1, 7])
def test_a_hair_more_than_whole_frames_reads_no_frame_to_come(whole: int, moving: bool) -> None:
    # In a quantum of one frame, the ring is the longest delay and a frame.
    seconds = (whole + 1e-4) / RATE
    signal = noise(1, 300)

    def graph(context: OfflineAudioContext) -> None:
        node = DelayNode(context, delay_time=seconds, max_delay_time=seconds)
        nothing = play(context, np.zeros(300))
        nothing.connect(node.delay_time) if moving else None
        play(context, signal).connect(node).connect(context.destination)

    expected = np.concatenate([np.zeros(whole, np.float32), signal[0]])[:300]
    for block in (1, 16):
        out = render(graph, 300, quantum=1, block=block)[0]
        np.testing.assert_allclose(out, expected, atol=3e-4)


@pytest.mark.parametrize("moving", [False, True])
@pytest.mark.parametrize(("longest", "delay"), [(1.0, 57.7), (0.01, 57.7), (2.0, 40000.3)])
def test_a_place_between_frames_is_as_exact_as_in_browsers(
    longest: float, delay: float, moving: bool
) -> None:
    # The places in a ring of the longest delay and a quantum are float32s.
    ring, n = round(longest * RATE) + 128, np.arange(120_000)
    places = np.float32(n % ring) + np.float32(ring - np.float32(delay))
    places = np.where(places >= ring, places - np.float32(ring), places)
    rounded = (n % ring - places.astype(np.float64)) % ring
    assert 0 < abs(rounded - delay).max() < 0.01
    signal = noise(1, len(n))

    def graph(context: OfflineAudioContext) -> None:
        node = DelayNode(context, delay_time=np.float32(delay) / RATE, max_delay_time=longest)
        # A sum with silence counts as moving.
        nothing = play(context, np.zeros(len(n)))
        nothing.connect(node.delay_time) if moving else None
        play(context, signal).connect(node).connect(context.destination)

    expected = delayed(signal[0], rounded)
    first = ceil(delay)
    np.testing.assert_allclose(render(graph, len(n))[0, first:], expected[first:], atol=1e-6)


@pytest.mark.parametrize("block", [128, 2048])
@pytest.mark.parametrize("moving", [False, True])
def test_a_delay_that_is_k_rate_is_exact_between_frames(moving: bool, block: int) -> None:
    signal = noise(1, 4096)

    def graph(context: OfflineAudioContext) -> None:
        node = DelayNode(context, delay_time=0.0028428)
        node.delay_time.automation_rate = "k-rate"
        if moving:
            node.delay_time.linear_ramp_to_value_at_time(0.012, 2048 / RATE)
        play(context, signal).connect(node).connect(context.destination)

    part = np.minimum(np.arange(4096) // 128 * 128 / 2048, moving)
    frames = np.float64(np.float32(0.0028428) + part * (0.012 - 0.0028428)) * RATE
    expected = delayed(signal[0], frames)[600:]
    out = render(graph, 4096, block=block)[0, 600:]
    np.testing.assert_allclose(out, expected, atol=2e-4 if moving else 3e-7)


@pytest.mark.parametrize("seconds", [0.1, 0.3, 200 / RATE])
def test_a_delay_that_a_float32_misses_by_a_hair_is_whole_frames(seconds: float) -> None:
    def graph(context: OfflineAudioContext) -> None:
        node = DelayNode(context, delay_time=seconds)
        play(context, noise(1, 2000)).connect(node).connect(context.destination)

    frames = round(seconds * RATE)
    out = render(graph, frames + 2000)[0]
    np.testing.assert_array_equal(out[frames:], noise(1, 2000)[0])


def test_the_delay_changes_with_every_frame() -> None:
    def graph(context: OfflineAudioContext) -> None:
        delay = DelayNode(context)
        delay.delay_time.set_value_at_time(500 / RATE, 0)
        delay.delay_time.linear_ramp_to_value_at_time(0, 1500 / RATE)
        play(context, np.sin(np.arange(2000) / 20)).connect(delay).connect(context.destination)

    frames = np.maximum(0, 500 * (1 - np.arange(2000) / 1500))
    expected = delayed(np.sin(np.arange(2000) / 20).astype(np.float32), frames)
    np.testing.assert_allclose(render(graph, 2000)[0], expected, atol=1e-4)


def test_the_delay_is_clamped_to_the_longest() -> None:
    def graph(context: OfflineAudioContext) -> None:
        delay = DelayNode(context, delay_time=5, max_delay_time=200 / RATE)
        assert delay.delay_time.max_value == pytest.approx(200 / RATE)
        assert delay.delay_time.value == pytest.approx(200 / RATE)
        play(context, noise(1, 100)).connect(delay).connect(context.destination)

    out = render(graph, 1000)[0]
    np.testing.assert_allclose(out[200:300], noise(1, 100)[0], atol=1e-3)
    assert not out[:200].any()


@pytest.mark.parametrize("frames", [0, 5, 127, 128, 300, 1000])
def test_in_a_loop_the_delay_is_at_least_a_quantum(frames: int) -> None:
    def graph(context: OfflineAudioContext) -> None:
        delay, gain = DelayNode(context, delay_time=frames / RATE), GainNode(context, gain=0.5)
        play(context, [1.0]).connect(delay)
        delay.connect(gain).connect(delay)
        delay.connect(context.destination)

    step = max(frames, 128)
    expected = np.zeros(4000)
    for k in range(1, 4000 // step + 1):
        if k * step < 4000:
            expected[k * step] = 0.5 ** (k - 1)
    np.testing.assert_allclose(render(graph, 4000)[0], expected, atol=1e-6)


def test_outside_of_a_loop_it_may_be_shorter_than_in_one() -> None:
    def graph(context: OfflineAudioContext) -> None:
        delay, gain = DelayNode(context, delay_time=10 / RATE), GainNode(context, gain=1)
        play(context, [1.0]).connect(delay)
        play(context, [1.0], 1024 / RATE).connect(delay)
        delay.connect(gain).connect(delay)
        delay.connect(context.destination)
        context.suspend(256 / RATE, lambda _: gain.disconnect())

    assert np.flatnonzero(render(graph, 2048)[0]).tolist() == [128, 1034]


def test_a_loop_without_a_delay_is_mute_and_the_rest_plays() -> None:
    def graph(context: OfflineAudioContext) -> None:
        first, second = GainNode(context), GainNode(context)
        source = play(context, np.ones(500))
        source.connect(first).connect(second).connect(first)
        second.connect(context.destination)
        source.connect(context.destination)

    np.testing.assert_array_equal(render(graph, 500)[0], np.ones(500))


def test_breaking_a_loop_without_a_delay_lets_it_sound() -> None:
    def graph(context: OfflineAudioContext) -> None:
        first, second = GainNode(context), GainNode(context)
        play(context, np.ones(500)).connect(first).connect(second).connect(first)
        second.connect(context.destination)
        context.suspend(256 / RATE, lambda _: second.disconnect(first))

    np.testing.assert_array_equal(render(graph, 500)[0], np.arange(500) >= 256)


def test_a_pause_is_silent_after_any_time() -> None:
    def graph(context: OfflineAudioContext) -> None:
        delay = DelayNode(context, delay_time=300 / RATE, max_delay_time=301 / RATE)
        for start in range(0, 60000, 6000):
            play(context, np.ones(500), start / RATE).connect(delay)
        delay.connect(context.destination)

    n = np.arange(60000)
    expected = (n % 6000 >= 300) & (n % 6000 < 800)
    for block in (128, 16384):
        np.testing.assert_allclose(render(graph, 60000, block=block)[0], expected, atol=1e-4)


def widths(graph_input, frames: int, delay_frames: float) -> list[int]:
    """Return how many channels the delay's output has in each quantum."""

    def make(context: OfflineAudioContext) -> DelayNode:
        delay = DelayNode(context, delay_time=delay_frames / RATE)
        graph_input(context, delay)
        return delay

    return rendered.widths(make, frames)


def test_a_wider_input_widens_the_output_when_it_comes_out() -> None:
    def stereo(context: OfflineAudioContext, delay: DelayNode) -> None:
        play(context, np.zeros((2, 256)), 256 / RATE).connect(delay)

    assert widths(stereo, 1280, 0) == [1, 1, 2, 2, 1, 1, 1, 1, 1, 1]
    assert widths(stereo, 1280, 1) == [1, 1, 2, 2, 2, 1, 1, 1, 1, 1]
    assert widths(stereo, 1280, 375) == [1, 1, 1, 1, 2, 2, 2, 1, 1, 1]
    assert widths(stereo, 1280, 400) == [1, 1, 1, 1, 1, 2, 2, 2, 1, 1]


def test_what_was_mono_is_up_mixed_next_to_what_is_stereo() -> None:
    def graph(context: OfflineAudioContext) -> None:
        delay = DelayNode(context, delay_time=64.5 / RATE)
        play(context, np.full(128, 0.5)).connect(delay)
        play(context, np.ones((2, 128)) * [[1], [-1]], 128 / RATE).connect(delay)
        delay.connect(context.destination)

    out = render(graph, 384, channels=2)
    np.testing.assert_allclose(out[:, 65:192], 0.5, atol=1e-5)
    np.testing.assert_allclose(out[:, 192], [0.75, -0.25], atol=1e-3)
    np.testing.assert_allclose(out[0, 193:320], 1, atol=1e-5)
    np.testing.assert_allclose(out[1, 193:320], -1, atol=1e-5)


@pytest.mark.parametrize("longest", [0, -1, 180, 1000])
def test_the_longest_delay_has_bounds(longest: float) -> None:
    context = OfflineAudioContext(1, 1, RATE)
    with pytest.raises(NotSupportedError):
        DelayNode(context, max_delay_time=longest)
    with pytest.raises(NotSupportedError):
        context.create_delay(longest)

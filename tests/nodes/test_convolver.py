from __future__ import annotations

import numpy as np
import pytest
import rendered
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from rendered import RATE, buffer_of, noise, play, render

from audiograph import (
    AudioBuffer,
    ChannelMergerNode,
    ChannelSplitterNode,
    ConstantSourceNode,
    ConvolverNode,
    ConvolverOptions,
    DelayNode,
    GainNode,
    NotSupportedError,
    OfflineAudioContext,
)

FRAMES = 6000

# What browsers have for the text's 0.00125.
CALIBRATION = 10 ** (-58 / 20)


def decaying(channels: int, frames: int) -> NDArray[np.float32]:
    return noise(channels, frames, 7) * np.exp(-np.arange(frames) / 2000).astype(np.float32)


def convolver(context: OfflineAudioContext, taps, **options) -> ConvolverNode:
    """Return a node with the response as it is, connected to the destination."""
    node = ConvolverNode(context, buffer=buffer_of(taps), disable_normalization=True, **options)
    node.connect(context.destination)
    return node


def convolved(signal, taps, frames: int = FRAMES) -> NDArray[np.float64]:
    return np.convolve(signal.astype(np.float64), taps.astype(np.float64))[:frames]


@pytest.mark.parametrize("block", [128, 1024, 16384])
@pytest.mark.parametrize("taps", [1, 100, 3000])
@pytest.mark.parametrize("responses", [1, 2, 4])
@pytest.mark.parametrize("inputs", [1, 2])
def test_every_input_is_convolved_with_every_response(
    inputs: int, responses: int, taps: int, block: int
) -> None:
    signal, h = noise(inputs, 2000), decaying(responses, taps)
    left, right = signal[0], signal[-1]
    if responses == 4:
        expected = [
            convolved(left, h[0]) + convolved(right, h[2]),
            convolved(left, h[1]) + convolved(right, h[3]),
        ]
    else:
        expected = [convolved(left, h[0]), convolved(right, h[-1])]

    def graph(context: OfflineAudioContext) -> None:
        play(context, signal).connect(convolver(context, h))

    out = render(graph, FRAMES, channels=2, block=block)
    end = 2000 + taps - 1
    np.testing.assert_allclose(out[:, :end], np.array(expected)[:, :end], atol=1e-5)
    np.testing.assert_allclose(out[:, end:], 0, atol=1e-5)


@pytest.mark.parametrize("block", [128, 384, 16384])
def test_there_is_no_latency(block: int) -> None:
    def graph(context: OfflineAudioContext) -> None:
        play(context, [1.0], 1003 / RATE).connect(convolver(context, [0.5, *[0] * 29999, 0.25]))

    out = render(graph, 40000, block=block)[0]
    np.testing.assert_allclose(out[[1002, 1003, 1004, 31003]], [0, 0.5, 0, 0.25], atol=1e-7)


@pytest.mark.parametrize("rate", [8000, 44100, 96000])
@pytest.mark.parametrize("channels", [1, 2, 4])
def test_a_response_is_normalized_by_its_power(channels: int, rate: float) -> None:
    h = decaying(channels, 500)
    power = np.sqrt(sum(float(x) ** 2 for x in h.ravel()) / (channels * 500))
    scale = 1 / power * CALIBRATION * 44100 / rate * (0.5 if channels == 4 else 1)

    def graph(context: OfflineAudioContext) -> None:
        node = context.create_convolver()
        node.buffer = buffer_of(h, rate)
        play(context, [1.0], rate=rate).connect(node).connect(context.destination)

    out = render(graph, 500, channels=2, rate=rate)
    expected = h[:2] + h[2:] if channels == 4 else np.broadcast_to(h, (2, 500))
    np.testing.assert_allclose(out, scale * expected, atol=1e-6 * scale)


def test_a_response_that_is_next_to_silent_is_not_made_louder_than_that() -> None:
    def graph(context: OfflineAudioContext) -> None:
        node = ConvolverNode(context, buffer=buffer_of([1e-5]))
        play(context, np.full(128, 0.5)).connect(node).connect(context.destination)

    np.testing.assert_allclose(
        render(graph, 128)[0], 0.5 * 1e-5 * CALIBRATION / 0.000125 * 44100 / RATE, rtol=1e-5
    )


def test_normalize_counts_when_the_buffer_is_set() -> None:
    def graph(context: OfflineAudioContext) -> None:
        node = ConvolverNode(context, buffer=buffer_of([0.5]), disable_normalization=True)
        assert not node.normalize
        node.normalize = True
        assert node.normalize
        play(context, np.ones(1024)).connect(node).connect(context.destination)
        context.suspend(512 / RATE, lambda _: setattr(node, "buffer", node.buffer))

    out = render(graph, 1024)[0]
    np.testing.assert_allclose(out[:512], 0.5, rtol=1e-6)
    np.testing.assert_allclose(out[512:], CALIBRATION * 44100 / RATE, rtol=1e-6)


def test_the_response_is_what_the_buffer_held_when_it_was_set() -> None:
    def graph(context: OfflineAudioContext) -> None:
        buffer = buffer_of([0.5, 0, 0])
        node = ConvolverNode(context, ConvolverOptions(buffer=buffer, disable_normalization=True))
        assert node.buffer is buffer
        buffer.get_channel_data(0)[:] = 7
        buffer.copy_to_channel([7.0], 0)
        play(context, np.ones(500)).connect(node).connect(context.destination)

    np.testing.assert_allclose(render(graph, 500)[0], 0.5, atol=1e-6)


def test_without_a_response_it_is_silent() -> None:
    def graph(context: OfflineAudioContext) -> None:
        node = ConvolverNode(context)
        assert node.buffer is None
        play(context, np.ones(2000)).connect(node).connect(context.destination)
        context.suspend(512 / RATE, lambda _: setattr(node, "buffer", buffer_of(np.ones(10))))
        context.suspend(1024 / RATE, lambda _: setattr(node, "buffer", None))

    out = render(graph, 2000)[0]
    assert out[512:1024].all()
    assert not out[:512].any()
    assert not out[1024:].any()


def test_another_response_begins_in_silence() -> None:
    def graph(context: OfflineAudioContext) -> None:
        node = convolver(context, [0.0] * 999 + [1.0])
        play(context, np.ones(2000)).connect(node)
        context.suspend(
            1536 / RATE, lambda _: setattr(node, "buffer", buffer_of([0.0] * 99 + [0.5]))
        )

    n = np.arange(3000)
    out = render(graph, 3000)[0]
    expected = np.where((n >= 999) & (n < 1536), 1, np.where((n >= 1635) & (n < 2099), 0.5, 0))
    np.testing.assert_allclose(out, expected, atol=1e-6)


@pytest.mark.parametrize("wrong", [np.nan, np.inf])
def test_a_response_that_is_no_number_leaves_the_rest_alone(wrong: float) -> None:
    def graph(context: OfflineAudioContext) -> None:
        for node in (convolver(context, [1.0, wrong]), ConvolverNode(context)):
            play(context, np.ones(10)).connect(node)
            node.buffer = buffer_of([wrong])
            node.buffer = buffer_of([1.0, 0.5])
        node.connect(context.destination)

    out = render(graph, 256)
    assert np.isfinite(out).all()
    assert out[0, 0] > 0


@pytest.mark.parametrize("channels", [3, 5, 6, 32])
def test_responses_of_other_channel_counts_are_not_supported(channels: int) -> None:
    context = OfflineAudioContext(1, 1, RATE)
    refused = AudioBuffer(number_of_channels=channels, length=9, sample_rate=RATE)
    refuses(context, refused, NotSupportedError)


def test_responses_at_other_rates_are_not_supported() -> None:
    context = OfflineAudioContext(1, 1, RATE)
    refuses(context, AudioBuffer(length=9, sample_rate=44100), NotSupportedError)


@pytest.mark.parametrize("wrong", [[1.0], "hall", 1, np.ones(3, np.float32)])
def test_what_is_no_buffer_is_a_type_error(wrong: object) -> None:
    refuses(OfflineAudioContext(1, 1, RATE), wrong, TypeError)


def refuses(context: OfflineAudioContext, wrong, error: type[Exception]) -> None:
    """Check that neither the constructor nor the attribute takes it, and that nothing changes."""
    node, kept = ConvolverNode(context), buffer_of([1.0])
    node.buffer = kept
    with pytest.raises(error):
        node.buffer = wrong
    assert node.buffer is kept
    with pytest.raises(error):
        ConvolverNode(context, buffer=wrong)


def test_its_input_is_mono_or_stereo() -> None:
    context = OfflineAudioContext(1, 1, RATE)
    node = ConvolverNode(context, channel_count=1, channel_count_mode="explicit")
    for attribute, value in (("channel_count", 3), ("channel_count_mode", "max")):
        before = getattr(node, attribute)
        with pytest.raises(NotSupportedError):
            setattr(node, attribute, value)
        assert getattr(node, attribute) == before
        with pytest.raises(NotSupportedError):
            ConvolverNode(context, **{attribute: value})


def test_wider_inputs_are_mixed_down() -> None:
    signal = noise(6, 1000)

    def graph(context: OfflineAudioContext) -> None:
        play(context, signal).connect(convolver(context, [1.0]))

    half = np.sqrt(0.5)
    left = signal[0] + half * (signal[2] + signal[4])
    right = signal[1] + half * (signal[2] + signal[5])
    np.testing.assert_allclose(render(graph, 1000, channels=2), [left, right], atol=1e-5)


def widths(frames: int, taps, *sources: tuple[int, int, int], **options: str) -> list[int]:
    """Return how many channels the output has in each quantum; sources: channels, start, end."""

    def make(context: OfflineAudioContext) -> ConvolverNode:
        node = ConvolverNode(context, buffer=buffer_of(taps), disable_normalization=True, **options)
        for channels, start, end in sources:
            play(context, noise(channels, end - start), start / RATE).connect(node)
        return node

    return rendered.widths(make, frames)


def test_the_output_is_mono_where_the_input_and_the_response_are() -> None:
    taps = np.ones(300)
    assert widths(1280, taps, (1, 256, 500)) == [1] * 10
    # 299 frames more than the source's last quantum.
    assert widths(1280, taps, (2, 256, 512)) == [1, 1, 2, 2, 2, 2, 2, 1, 1, 1]
    assert widths(1280, taps, (2, 256, 512), (1, 640, 1280)) == [1, 1, 2, 2, 2, 2, 2, 1, 1, 1]
    assert widths(1280, [taps, taps], (1, 256, 512)) == [1, 1, 2, 2, 2, 2, 2, 1, 1, 1]
    assert widths(1280, [taps] * 4, (1, 256, 512)) == [1, 1, 2, 2, 2, 2, 2, 1, 1, 1]
    assert widths(640, [1.0], (2, 128, 256), (1, 256, 384)) == [1, 2, 1, 1, 1]


@pytest.mark.parametrize("block", [128, 16384])
@pytest.mark.parametrize("interpretation", ["speakers", "discrete"])
def test_mono_next_to_stereo_that_still_sounds_is_up_mixed(interpretation: str, block: int) -> None:
    mono, stereo, h = noise(1, 4096, 3)[0], noise(2, 1024, 4), decaying(1, 700)[0]

    def graph(context: OfflineAudioContext) -> None:
        node = convolver(context, h, channel_interpretation=interpretation)
        play(context, mono).connect(node)
        play(context, stereo, 1024 / RATE).connect(node)

    out = render(graph, 4096, channels=2, block=block)
    alone = convolved(mono, h, 4096)
    stereo_tails = np.zeros((2, 4096))
    stereo_tails[:, 1024:2747] = [convolved(each, h, 1723) for each in stereo]
    sounds = (np.arange(4096) >= 1024) & (np.arange(4096) < 2816)
    second = np.where(sounds & (interpretation == "discrete"), 0, alone)
    np.testing.assert_allclose(out, stereo_tails + np.array([alone, second]), atol=1e-5)


def test_it_sounds_on_for_the_length_of_the_response_and_then_rests() -> None:
    context = OfflineAudioContext(1, 4096, RATE)
    node = convolver(context, np.ones(1000))
    play(context, np.ones(128)).connect(node)
    sounding = {}
    for frame in range(128, 4096, 128):
        context.suspend(
            frame / RATE,
            lambda context: sounding.update({context.current_time: node._processor.sounding}),
        )
    context.start_rendering()
    assert [round(time * RATE) for time, on in sounding.items() if on][-1] == 1024


def test_it_sounds_again_after_a_pause_of_any_length() -> None:
    h, starts = decaying(1, 5000)[0], (0, 3000, 9001, 40000, 57000)
    signal = np.zeros(80000, np.float32)

    def graph(context: OfflineAudioContext) -> None:
        node = convolver(context, h)
        for start in starts:
            play(context, noise(1, 2000, start), start / RATE).connect(node)

    for start in starts:
        signal[start : start + 2000] += noise(1, 2000, start)[0]
    expected = np.convolve(signal, h)[:80000]
    for block in (128, 16384):
        np.testing.assert_allclose(render(graph, 80000, block=block)[0], expected, atol=1e-5)


def test_it_stands_in_a_loop() -> None:
    h = decaying(1, 600)[0] * np.float32(0.1)

    def graph(context: OfflineAudioContext) -> None:
        node, delay = convolver(context, h), DelayNode(context, delay_time=1000 / RATE)
        play(context, noise(1, 500)).connect(node)
        node.connect(delay).connect(node)

    expected, echo = np.zeros(8000), noise(1, 500)[0].astype(np.float64)
    for turn in range(8):
        echo = np.convolve(echo, h)
        expected[1000 * turn :] += np.pad(echo, (0, 8000))[: 8000 - 1000 * turn]
    np.testing.assert_allclose(render(graph, 8000)[0], expected, atol=1e-5)


@settings(max_examples=60)
@given(
    seed=st.integers(0, 2**32 - 1),
    responses=st.sampled_from([1, 2, 4]),
    taps=st.sampled_from([1, 60, 128, 3000, 9000, 20000]),
    interpretation=st.sampled_from(["speakers", "discrete"]),
    block=st.sampled_from([256, 1024, 16384]),
)
def test_blocks_of_any_length_give_the_same_samples(
    seed: int, responses: int, taps: int, interpretation: str, block: int
) -> None:
    def graph(context: OfflineAudioContext) -> None:
        rng = np.random.default_rng(seed)
        node = ConvolverNode(
            context,
            buffer=buffer_of(decaying(responses, taps)),
            channel_interpretation=interpretation,
        )
        widest = int(rng.integers(1, 3))
        for source in range(int(rng.integers(1, 5))):
            channels = widest if responses == 1 else int(rng.integers(1, 3))
            signal = noise(channels, int(rng.integers(1, 4000)), source)
            play(context, signal, int(rng.integers(0, 15000)) / RATE).connect(node)
        # A mono signal joins it where its channels can be told apart.
        mark, bus = ConstantSourceNode(context, offset=0.25), GainNode(context)
        mark.start()
        mark.connect(bus)
        node.connect(bus)
        splitter, merger = ChannelSplitterNode(context), ChannelMergerNode(context)
        bus.connect(splitter)
        for channel in range(2):
            splitter.connect(merger, channel, 1 - channel)
        merger.connect(context.destination)

    quanta = render(graph, 24000, channels=2, block=128)
    out = render(graph, 24000, channels=2, block=block)
    np.testing.assert_allclose(out, quanta, atol=1e-6)

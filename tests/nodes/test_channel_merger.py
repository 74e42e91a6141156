from __future__ import annotations

import numpy as np
import pytest
from rendered import RATE, noise, play, render

from audiograph import ChannelMergerNode, GainNode, IndexSizeError, OfflineAudioContext


def test_each_input_is_mixed_to_mono_and_becomes_a_channel() -> None:
    def graph(context: OfflineAudioContext) -> None:
        merger = ChannelMergerNode(context, number_of_inputs=4)
        play(context, noise(2, 200)).connect(merger, 0, 0)
        play(context, noise(1, 100, 2)).connect(merger, 0, 3)
        play(context, noise(1, 200, 3)).connect(merger, 0, 3)
        merger.connect(context.destination)

    out = render(graph, 200, channels=4)
    np.testing.assert_allclose(out[0], noise(2, 200).mean(axis=0), atol=1e-7)
    assert not out[1:3].any()
    np.testing.assert_allclose(out[3, :100], (noise(1, 100, 2) + noise(1, 200, 3)[:, :100])[0])
    np.testing.assert_array_equal(out[3, 100:], noise(1, 200, 3)[0, 100:])


def test_without_anything_that_sounds_it_is_one_channel() -> None:
    def graph(context: OfflineAudioContext) -> None:
        merger, bus = ChannelMergerNode(context, number_of_inputs=2), GainNode(context)
        play(context, np.zeros(128), 256 / RATE).connect(merger)
        merger.connect(bus)
        play(context, np.ones(512)).connect(bus)
        bus.connect(context.destination)
        context.destination.channel_interpretation = "discrete"

    out = render(graph, 512, channels=2)
    np.testing.assert_array_equal(out[1], np.repeat([0, 1, 0], [256, 128, 128]))


@pytest.mark.parametrize("inputs", [0, -1, 33])
def test_there_are_1_to_32_inputs(inputs: int) -> None:
    context = OfflineAudioContext(1, 1, RATE)
    with pytest.raises(IndexSizeError):
        ChannelMergerNode(context, number_of_inputs=inputs)
    with pytest.raises(IndexSizeError):
        context.create_channel_merger(inputs)

from __future__ import annotations

import numpy as np
import pytest
from rendered import RATE, noise, play, render

from audiograph import ChannelMergerNode, ChannelSplitterNode, IndexSizeError, OfflineAudioContext


@pytest.mark.parametrize("channels", [1, 2, 3, 6])
@pytest.mark.parametrize("outputs", [1, 2, 4, 32])
def test_each_channel_has_an_output_of_its_own(channels: int, outputs: int) -> None:
    def graph(context: OfflineAudioContext) -> None:
        splitter = ChannelSplitterNode(context, number_of_outputs=outputs)
        merger = ChannelMergerNode(context, number_of_inputs=outputs)
        play(context, noise(channels, 200)).connect(splitter)
        for output in range(outputs):
            splitter.connect(merger, output, outputs - 1 - output)
        merger.connect(context.destination)
        context.destination.channel_interpretation = "discrete"

    expected = np.zeros((outputs, 200), np.float32)
    common = min(channels, outputs)
    expected[:common] = noise(channels, 200)[:common]
    np.testing.assert_array_equal(render(graph, 200, channels=outputs), expected[::-1])


@pytest.mark.parametrize("outputs", [0, -1, 33])
def test_there_are_1_to_32_outputs(outputs: int) -> None:
    context = OfflineAudioContext(1, 1, RATE)
    with pytest.raises(IndexSizeError):
        ChannelSplitterNode(context, number_of_outputs=outputs)
    with pytest.raises(IndexSizeError):
        context.create_channel_splitter(outputs)


def test_its_channel_count_is_the_number_of_its_outputs() -> None:
    context = OfflineAudioContext(1, 1, RATE)
    assert ChannelSplitterNode(context, number_of_outputs=3).channel_count == 3
    assert context.create_channel_splitter().number_of_outputs == 6

from __future__ import annotations

import pytest
from rendered import RATE

from audiograph import (
    AudioContext,
    GainNode,
    IndexSizeError,
    InvalidStateError,
    OfflineAudioContext,
)


@pytest.mark.parametrize("channels", [1, 2, 6, 32])
def test_offline_it_has_the_channels_of_the_buffer_for_good(channels: int) -> None:
    destination = OfflineAudioContext(channels, 1, RATE).destination
    assert destination.channel_count == destination.max_channel_count == channels
    for wrong in (0, channels + 1, 33):
        with pytest.raises((InvalidStateError, IndexSizeError)):
            destination.channel_count = wrong
    with pytest.raises(InvalidStateError):
        destination.channel_count_mode = "max"
    destination.channel_count = channels
    destination.channel_count_mode = "explicit"
    assert destination.channel_count == channels


def test_live_it_has_up_to_the_channels_of_the_device() -> None:
    context = AudioContext.suspended(sink_id={"type": "none"})
    destination = context.destination
    assert destination.channel_count == 2
    destination.channel_count = destination.max_channel_count
    with pytest.raises(IndexSizeError):
        destination.channel_count = destination.max_channel_count + 1
    assert destination.channel_count == destination.max_channel_count
    context.close()


def test_it_goes_on_to_who_is_connected_to_it() -> None:
    context = OfflineAudioContext(1, 1, RATE)
    assert context.destination.number_of_outputs == 1
    context.destination.connect(GainNode(context))

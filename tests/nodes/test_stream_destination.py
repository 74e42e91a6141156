from __future__ import annotations

import gc
import threading
import time

import numpy as np
import pytest

from audiograph import (
    AudioContext,
    ConstantSourceNode,
    MediaStreamAudioDestinationNode,
    MediaStreamTrack,
    OfflineAudioContext,
)
from audiograph.render.processor import SILENCE


@pytest.fixture
def context():
    context = AudioContext.suspended(sink_id={"type": "none"}, sample_rate=48000)
    yield context
    if context.state != "closed":
        context.close()


def test_its_stream_has_one_audio_track_of_its_channels(context) -> None:
    node = MediaStreamAudioDestinationNode(context, channel_count=4)
    (track,) = node.stream.get_audio_tracks()
    assert track.get_settings().channel_count == 4
    assert track.get_settings().sample_rate == 48000
    assert node.stream is node.stream
    with pytest.raises(AttributeError):
        node.stream = node.stream


def test_what_comes_in_goes_out_in_blocks_mixed_to_its_channels(context) -> None:
    node = context.create_media_stream_destination()
    source = ConstantSourceNode(context, offset=0.25)
    source.connect(node)
    source.start()
    tap = node.stream.get_tracks()[0]._open_tap(48000, "wait")
    out = np.empty((2, 1024), np.float32)
    context._renderer.render(context.destination._vertex, out)
    np.testing.assert_array_equal(tap.take(1024), np.full((2, 1024), 0.25))
    source.disconnect()
    context._renderer.render(context.destination._vertex, out)
    np.testing.assert_array_equal(tap.take(1024), np.zeros((2, 1024)))


def test_another_context_plays_it(context) -> None:
    node = context.create_media_stream_destination()
    source = ConstantSourceNode(context, offset=0.5)
    source.connect(node)
    source.start()
    other = AudioContext(sink_id={"type": "none"}, sample_rate=48000)
    received = other.create_media_stream_source(node.stream)
    onward = other.create_media_stream_destination()
    received.connect(onward)
    tap = onward.stream.get_tracks()[0]._open_tap(48000, "wait")
    context.resume()
    deadline = time.monotonic() + 20
    heard = 0.0
    while heard < 0.49 and time.monotonic() < deadline:
        signal = tap.read(128) if tap.available >= 128 else SILENCE
        heard = heard if signal is SILENCE else float(np.abs(signal).max())
        threading.Event().wait(0.001)
    other.close()
    assert heard == pytest.approx(0.5, abs=0.01)


def test_its_track_ends_with_the_context(context) -> None:
    node = context.create_media_stream_destination()
    (track,) = node.stream.get_tracks()
    tap = track._open_tap(48000, "wait")
    copy, stopped = track.clone(), track.clone()
    stopped.stop()
    ended = threading.Semaphore(0)
    heard = []
    for each in (track, copy, stopped):
        each.onended = lambda event: (heard.append(event.target), ended.release())
    context.suspend()
    assert track.ready_state == "live"
    context.close()
    assert ended.acquire(timeout=20)
    assert ended.acquire(timeout=20)
    assert heard == [track, copy]
    assert (track.ready_state, copy.ready_state, tap.ended) == ("ended", "ended", True)
    assert not node.stream.active


def test_of_a_closed_context_its_track_has_ended(context) -> None:
    context.close()
    node = MediaStreamAudioDestinationNode(context)
    assert not node.stream.active


def test_its_track_ends_with_a_rendering() -> None:
    context = OfflineAudioContext(1, 256, 48000)
    node = MediaStreamAudioDestinationNode(context)
    (track,) = node.stream.get_tracks()
    tap = track._open_tap(48000, "wait")
    context.start_rendering(128)
    assert track.ready_state == "live"
    context.start_rendering()
    assert (track.ready_state, tap.available) == ("ended", 256)


def test_it_goes_when_nobody_holds_it_or_a_track_of_it(context) -> None:
    source = ConstantSourceNode(context)
    source.start()
    out = np.empty((2, 128), np.float32)

    def connect() -> MediaStreamTrack:
        node = context.create_media_stream_destination()
        source.connect(node)
        return node.stream.get_audio_tracks()[0]

    def render() -> int:
        """Render, twice, since what ends in one block is gone in the next; return what is left."""
        gc.collect()
        for _ in range(2):
            context._renderer.render(context.destination._vertex, out)
        return len(source._vertex.targets)

    track = connect()
    tap = track._open_tap(48000, "wait")
    assert render() == 1
    assert tap.available == 256
    copy = track.clone()
    track.stop()
    del track, tap
    assert render() == 1
    del copy
    assert render() == 0
    assert len(context._renderer.graph._steps) == 1

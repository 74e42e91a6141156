from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from memory import MemoryReader, stream_of, track_of, until
from rendered import RATE, noise, render

from audiograph import (
    AnalyserNode,
    AudioContext,
    ChannelSplitterNode,
    ConstantSourceNode,
    GainNode,
    InvalidStateError,
    MediaStream,
    MediaStreamAudioSourceNode,
    MediaStreamAudioSourceOptions,
    MediaStreamTrack,
    MediaStreamTrackAudioSourceNode,
    NotSupportedError,
    OfflineAudioContext,
)
from audiograph.media.source import PulledSource, Source


def offline() -> OfflineAudioContext:
    return OfflineAudioContext(1, 100, RATE)


def test_it_plays_the_track_in_all_its_channels() -> None:
    stream = stream_of(noise(2, 3000))
    graph = lambda c: MediaStreamAudioSourceNode(c, media_stream=stream).connect(c.destination)  # noqa: E731
    expected = np.zeros((2, 4000), np.float32)
    expected[:, :3000] = noise(2, 3000)
    np.testing.assert_array_equal(render(graph, 4000, channels=2), expected)


def test_the_stream_given_is_kept_and_read_only() -> None:
    stream, context = stream_of([1]), offline()
    node = MediaStreamAudioSourceNode(context, MediaStreamAudioSourceOptions(media_stream=stream))
    assert node.media_stream is stream
    with pytest.raises(AttributeError):
        node.media_stream = stream
    live = AudioContext.suspended(sink_id={"type": "none"})
    assert live.create_media_stream_source(stream).media_stream is stream
    live.close()


@given(ids=st.lists(st.text(max_size=3), min_size=1, max_size=5, unique=True))
@settings(max_examples=20)
def test_the_first_track_by_id_is_taken(ids: list[str]) -> None:
    stream = MediaStream([track_of([i + 1], id=id) for i, id in enumerate(ids)])
    first = min(ids, key=lambda id: id.encode("utf-16-be", "surrogatepass"))
    graph = lambda c: MediaStreamAudioSourceNode(c, media_stream=stream).connect(c.destination)  # noqa: E731
    assert render(graph, 128)[0, 0] == ids.index(first) + 1


def test_surrogates_come_before_private_characters() -> None:
    stream = MediaStream([track_of([1], id="\uf8ff"), track_of([2], id="\U0010ffff")])
    graph = lambda c: MediaStreamAudioSourceNode(c, media_stream=stream).connect(c.destination)  # noqa: E731
    assert render(graph, 128)[0, 0] == 2


def test_the_track_is_chosen_once() -> None:
    track, other = track_of(np.full(100, 0.5), id="b"), track_of(np.ones(100), id="a")
    stream = MediaStream([track])

    def graph(context: OfflineAudioContext) -> None:
        MediaStreamAudioSourceNode(context, media_stream=stream).connect(context.destination)
        stream.add_track(other)
        stream.remove_track(track)

    assert (render(graph, 100) == 0.5).all()


def test_without_an_audio_track_there_is_no_node() -> None:
    with pytest.raises(InvalidStateError, match="no audio track"):
        MediaStreamAudioSourceNode(offline(), media_stream=MediaStream())


@pytest.mark.parametrize("wrong", [None, 5, "stream", [], object()])
def test_what_is_no_stream_is_a_type_error(wrong: object) -> None:
    with pytest.raises(TypeError):
        MediaStreamAudioSourceNode(offline(), media_stream=wrong)
    with pytest.raises(TypeError):
        MediaStreamAudioSourceNode(offline(), wrong)
    with pytest.raises(TypeError):
        MediaStreamTrackAudioSourceNode(offline(), media_stream_track=wrong)


def test_a_track_that_has_ended_is_one_channel_of_silence() -> None:
    stream = stream_of(np.ones((2, 1000)))
    stream.get_tracks()[0].stop()

    def graph(context: OfflineAudioContext) -> None:
        bus, mark = GainNode(context), ConstantSourceNode(context)
        mark.start()
        MediaStreamAudioSourceNode(context, media_stream=stream).connect(bus)
        mark.connect(bus)
        splitter = ChannelSplitterNode(context, number_of_outputs=2)
        bus.connect(splitter)
        splitter.connect(context.destination, 1)

    assert not render(graph, 500).any()


def test_when_the_track_ends_it_is_one_channel_from_the_next_quantum_on() -> None:
    def graph(context: OfflineAudioContext) -> None:
        bus, mark = GainNode(context), ConstantSourceNode(context)
        mark.start()
        stream = stream_of(np.ones((2, 300)))
        MediaStreamAudioSourceNode(context, media_stream=stream).connect(bus)
        mark.connect(bus)
        splitter = ChannelSplitterNode(context, number_of_outputs=2)
        bus.connect(splitter)
        splitter.connect(context.destination, 1)

    expected = np.repeat([2, 1, 0], [300, 84, 128])
    for block in (128, 16384):
        np.testing.assert_array_equal(render(graph, 512, block=block)[0], expected)


def test_the_track_ends_with_an_event_when_it_has_been_played() -> None:
    reader, ended = MemoryReader(np.ones(200)), []
    track = MediaStreamTrack(PulledSource(reader))
    track.onended = ended.append
    graph = lambda c: MediaStreamAudioSourceNode(c, media_stream=MediaStream([track])).connect(  # noqa: E731
        c.destination
    )
    render(graph, 1000)
    assert track.ready_state == "ended"
    assert len(ended) == 1
    assert reader.closed == 1


@pytest.mark.parametrize("rate", [44100, 96000, 8000])
def test_another_rate_is_resampled(rate: int) -> None:
    tone = np.sin(2 * np.pi * 440 * np.arange(rate) / rate)

    def graph(context: OfflineAudioContext) -> None:
        MediaStreamAudioSourceNode(context, media_stream=stream_of(tone, rate)).connect(
            context.destination
        )

    out = render(graph, RATE)[0]
    expected = np.sin(2 * np.pi * 440 * np.arange(RATE) / RATE)
    np.testing.assert_allclose(out[2000:-2000], expected[2000:-2000], atol=1e-3)
    np.testing.assert_allclose(render(graph, RATE, block=128)[0], out, atol=1e-6)


def test_a_disabled_track_is_silent_and_its_time_passes() -> None:
    track = track_of(np.arange(1000))
    track.enabled = False

    def graph(context: OfflineAudioContext) -> None:
        MediaStreamTrackAudioSourceNode(context, media_stream_track=track).connect(
            context.destination
        )
        context.suspend(256 / RATE, lambda _: setattr(track, "enabled", True))

    n = np.arange(512)
    np.testing.assert_array_equal(render(graph, 512)[0], np.where(n < 256, 0, n))


def test_two_nodes_of_one_track_play_the_same() -> None:
    track = track_of(noise(1, 400))

    def graph(context: OfflineAudioContext) -> None:
        for node in (
            MediaStreamTrackAudioSourceNode(context, media_stream_track=track),
            MediaStreamAudioSourceNode(context, media_stream=MediaStream([track])),
        ):
            node.connect(context.destination)

    np.testing.assert_array_equal(render(graph, 400), 2 * noise(1, 400))


def test_a_clone_plays_by_itself() -> None:
    track = track_of(np.ones(400))
    clone = track.clone()
    track.stop()
    graph = lambda c: MediaStreamTrackAudioSourceNode(c, media_stream_track=clone).connect(  # noqa: E731
        c.destination
    )
    assert (render(graph, 400) == 1).all()


@pytest.mark.parametrize("by", ["stream", "track"])
def test_a_closed_context_takes_nothing_more_of_a_track(by: str) -> None:
    stream = stream_of(noise(1, 10 * RATE))
    (track,) = stream.get_tracks()
    contexts = [AudioContext.suspended(sink_id={"type": "none"}) for _ in range(2)]
    for context in contexts:
        if by == "stream":
            context.create_media_stream_source(stream)
        else:
            context.create_media_stream_track_source(track)
    assert len(track._source._taps) == 2
    contexts[0].close()
    # What is read ahead waits for the other one alone.
    (tap,) = track._source._taps
    contexts[1].close()
    assert (tap.drained, track.ready_state) == (True, "live")
    assert not track._source._taps
    track.stop()


@pytest.mark.parametrize("begun", [True, False])
def test_a_context_that_stands_still_does_not_starve_another(begun: bool, monkeypatch) -> None:
    monkeypatch.setattr("audiograph.media.source.AHEAD_SECONDS", 0.3)
    track = track_of(np.ones(60 * RATE))
    none = {"type": "none"}
    still, running = (AudioContext.suspended(sink_id=none, sample_rate=RATE) for _ in range(2))
    still.create_media_stream_track_source(track).connect(still.destination)
    analyser = AnalyserNode(running, fft_size=256)
    running.create_media_stream_track_source(track).connect(analyser)
    if begun:
        still.resume()
        until(lambda: still.current_time > 0)
        still.suspend()
    running.resume()
    until(lambda: running.current_time > 0.8)

    def heard() -> bool:
        samples = np.zeros(256, np.float32)
        analyser.get_float_time_domain_data(samples)
        return bool(samples.all())

    until(heard)
    running.close()
    still.close()
    track.stop()


@pytest.mark.parametrize("live", [True, False])
def test_a_node_that_is_made_on_a_closed_context_takes_nothing_of_the_track(live: bool) -> None:
    if live:
        context = AudioContext.suspended(sink_id={"type": "none"})
        context.close()
    else:
        context = offline()
        context.start_rendering()
    track = track_of(np.ones(RATE))
    MediaStreamTrackAudioSourceNode(context, media_stream_track=track)
    assert not track._source._taps
    assert track.ready_state == "live"
    track.stop()


def test_stopping_the_track_ends_the_sound() -> None:
    track = track_of(np.ones(10_000))

    def graph(context: OfflineAudioContext) -> None:
        MediaStreamTrackAudioSourceNode(context, media_stream_track=track).connect(
            context.destination
        )
        context.suspend(256 / RATE, lambda _: track.stop())

    np.testing.assert_array_equal(render(graph, 512)[0], np.arange(512) < 256)


def test_a_reader_that_fails_ends_the_track_and_the_rest_plays() -> None:
    track = track_of(np.ones(90_000), fails_at=40_000)
    ended: list[object] = []
    track.onended = ended.append

    def graph(context: OfflineAudioContext) -> None:
        MediaStreamTrackAudioSourceNode(context, media_stream_track=track).connect(
            context.destination
        )
        mark = ConstantSourceNode(context)
        mark.start()
        mark.connect(context.destination)

    out = render(graph, 60_000)[0]
    assert out[0] == 2
    assert out[-1] == 1
    assert len(ended) == 1


def test_what_delivers_in_real_time_needs_a_context_that_does() -> None:
    stream = MediaStream([MediaStreamTrack(Source("microphone", 1, RATE))])
    with pytest.raises(NotSupportedError, match="real time"):
        MediaStreamAudioSourceNode(offline(), media_stream=stream)
    with pytest.raises(NotSupportedError, match="real time"):
        MediaStreamTrackAudioSourceNode(offline(), media_stream_track=stream.get_tracks()[0])

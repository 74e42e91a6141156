from __future__ import annotations

import gc
import threading
import weakref
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rendered import QUANTUM, RATE, noise, play, render, samples_of

from audiograph import (
    AudioBuffer,
    AudioContext,
    AudioProcessingEvent,
    AudioWorkletNode,
    AudioWorkletProcessor,
    ConstantSourceNode,
    GainNode,
    IndexSizeError,
    OfflineAudioContext,
    ScriptProcessorNode,
)

NONE = {"type": "none"}


def scale(factor: float) -> Callable[[AudioProcessingEvent], None]:
    """Return a listener that puts out `factor` times the input."""

    def listener(event: AudioProcessingEvent) -> None:
        for channel in range(event.output_buffer.number_of_channels):
            event.output_buffer.get_channel_data(channel)[:] = factor * (
                event.input_buffer.get_channel_data(channel)
            )

    return listener


def script(
    context: Any, listener: Callable[[Any], object] | None = None, *arguments: int
) -> ScriptProcessorNode:
    node = context.create_script_processor(*arguments)
    node.onaudioprocess = listener
    return node


@pytest.mark.parametrize("size", [256, 512, 1024, 2048, 4096, 8192, 16384])
def test_what_it_makes_of_a_buffer_is_played_two_buffers_later(size: int) -> None:
    frames = 4 * size

    def graph(context: OfflineAudioContext) -> None:
        play(context, noise(2, frames)).connect(script(context, scale(2), size)).connect(
            context.destination
        )

    out = render(graph, frames, channels=2)
    assert not out[:, : 2 * size].any()
    np.testing.assert_array_equal(out[:, 2 * size :], 2 * noise(2, frames)[:, : 2 * size])


@pytest.mark.parametrize("quantum", [1, 100, 128, 1000, 4096])
def test_any_quantum_gives_the_same(quantum: int) -> None:
    def graph(context: OfflineAudioContext) -> None:
        play(context, noise(1, 6000)).connect(script(context, scale(2), 256, 1, 1)).connect(
            context.destination
        )

    out = render(graph, 6000, quantum=quantum)
    np.testing.assert_array_equal(out[:, 512:], 2 * noise(1, 6000)[:, :-512])


@pytest.mark.parametrize("block", [1, 3, 1000])
def test_the_event_tells_what_to_process_and_when_it_is_played(block: int) -> None:
    events: list[AudioProcessingEvent] = []
    times: list[float] = []

    def graph(context: OfflineAudioContext) -> ScriptProcessorNode:
        def listener(event: AudioProcessingEvent) -> None:
            events.append(event)
            times.append(context.current_time)
            assert not samples_of(event.output_buffer).any()

        node = script(context, listener, 512, 3, 4)
        play(context, noise(3, 2048)).connect(node).connect(context.destination)
        return node

    render(graph, 2048, block=block * QUANTUM)
    assert len(events) == 4
    for number, event in enumerate(events):
        assert event.type == "audioprocess"
        assert isinstance(event.target, ScriptProcessorNode)
        assert event.playback_time == pytest.approx((number + 2) * 512 / RATE)
        # In a browser, too, it is the last quantum of the input.
        assert times[number] == ((number + 1) * 512 - QUANTUM) / RATE
        assert event.output_buffer.number_of_channels == 4
        for buffer in (event.input_buffer, event.output_buffer):
            assert (buffer.length, buffer.sample_rate) == (512, RATE)
        np.testing.assert_array_equal(
            samples_of(event.input_buffer), noise(3, 2048)[:, 512 * number :][:, :512]
        )


def test_the_input_is_mixed_to_its_channels() -> None:
    def graph(context: OfflineAudioContext) -> None:
        play(context, noise(2, 2048)).connect(script(context, scale(1), 256, 1, 1)).connect(
            context.destination
        )

    out = render(graph, 2048)
    np.testing.assert_allclose(out[0, 512:], noise(2, 2048).mean(axis=0)[:-512], atol=1e-7)


def test_there_may_be_no_channels_on_one_side() -> None:
    seen: list[tuple[int, int]] = []

    def look(event: AudioProcessingEvent) -> None:
        seen.append((event.input_buffer.number_of_channels, event.output_buffer.number_of_channels))
        for channel in range(event.output_buffer.number_of_channels):
            event.output_buffer.get_channel_data(channel)[:] = 1

    def graph(context: OfflineAudioContext) -> list[Any]:
        source, sink = script(context, look, 256, 0, 2), script(context, look, 256, 2, 0)
        play(context, noise(2, 1024)).connect(sink)
        sink.connect(context.destination)
        return [source.connect(context.destination), source, sink]

    out = render(graph, 1024, channels=2)
    np.testing.assert_array_equal(out, np.repeat([[0, 1]], 2, 0).repeat(512, 1))
    assert sorted(set(seen)) == [(0, 2), (2, 0)]


@pytest.mark.parametrize(
    "arguments",
    [(128,), (300,), (32768,), (-256,), (256, 0, 0), (256, 33), (256, -1), (256, 2, 33)],
    ids=str,
)
def test_impossible_sizes_and_channels_are_errors(arguments: tuple[int, ...]) -> None:
    with pytest.raises(IndexSizeError):
        OfflineAudioContext(1, 1, RATE).create_script_processor(*arguments)


def test_the_context_chooses_a_size_where_none_is_given() -> None:
    assert OfflineAudioContext(1, 1, RATE).create_script_processor().buffer_size == 256
    for latency, size in ((0, 256), (0.02, 1024), (0.15, 8192), (1, 16384)):
        context = AudioContext.suspended(sink_id=NONE, sample_rate=RATE, latency_hint=latency)
        node = context.create_script_processor()
        assert node.buffer_size == size
        with pytest.raises(AttributeError):
            node.buffer_size = 256
        context.close()


def test_what_is_written_after_the_listener_returned_is_not_heard() -> None:
    events: list[AudioProcessingEvent] = []

    def late(event: AudioProcessingEvent) -> None:
        if events:
            events[-1].output_buffer.get_channel_data(0)[:] = 9
        event.output_buffer.get_channel_data(0)[:] = 1
        events.append(event)

    def graph(context: OfflineAudioContext) -> Any:
        node = script(context, late, 256, 1, 1)
        node.connect(context.destination)
        return node

    out = render(graph, 2048)
    np.testing.assert_array_equal(out[0], np.repeat([0, 1], [512, 1536]))


@pytest.mark.parametrize("block", [1, 3, 1000])
def test_what_a_listener_changes_is_heard_in_the_next_quantum(block: int) -> None:
    def graph(context: OfflineAudioContext) -> list[Any]:
        gain, source = GainNode(context), ConstantSourceNode(context)
        source.start()
        source.connect(gain).connect(context.destination)

        def louder(event: AudioProcessingEvent) -> None:
            gain.gain.value += 1

        node = script(context, louder, 512)
        return [source.connect(node), node]

    out = render(graph, 2048, block=block * QUANTUM)
    np.testing.assert_array_equal(out[0], np.repeat([1, 2, 3, 4], 512))


def test_it_is_called_while_it_is_connected_on_either_side() -> None:
    calls: list[float] = []
    context = OfflineAudioContext(1, 8 * 512, RATE)
    node = script(context, lambda event: calls.append(context.current_time), 512)
    source = ConstantSourceNode(context)
    source.start()
    for number, change in enumerate(
        [
            lambda: source.connect(node),
            lambda: node.connect(context.destination),
            lambda: source.disconnect(),
            lambda: node.disconnect(),
        ]
    ):
        context.suspend((number + 1) * 512 / RATE, lambda _, change=change: change())
    context.start_rendering()
    frames = np.round(np.array(calls) * RATE) + QUANTUM
    np.testing.assert_array_equal(frames, [1024, 1536, 2048])


@pytest.mark.parametrize("block", [1, 3, 1000])
def test_what_its_sources_left_when_they_ended_is_processed(block: int) -> None:
    heard: list[Any] = []

    def graph(context: OfflineAudioContext) -> Any:
        node = script(context, lambda event: heard.append(samples_of(event.input_buffer)[0]), 512)
        play(context, noise(1, 700)).connect(GainNode(context)).connect(node)
        return node

    render(graph, 2048, block=block * QUANTUM)
    assert len(heard) == 4
    np.testing.assert_array_equal(np.concatenate(heard)[:700], noise(1, 700)[0])
    assert not np.concatenate(heard)[700:].any()


def test_without_a_listener_it_is_silent() -> None:
    def graph(context: OfflineAudioContext) -> Any:
        node = script(context, None, 256)
        play(context, noise(2, 2048)).connect(node).connect(context.destination)
        return node

    assert not render(graph, 2048).any()


def test_a_listener_that_raises_leaves_silence_for_its_buffer(caplog) -> None:
    numbers = iter(range(100))

    def sometimes(event: AudioProcessingEvent) -> None:
        number = next(numbers)
        if number % 2:
            raise RuntimeError("of its own")
        event.output_buffer.get_channel_data(0)[:] = number + 1

    def graph(context: OfflineAudioContext) -> Any:
        node = script(context, sometimes, 256, 1, 1)
        node.connect(context.destination)
        return node

    out = render(graph, 6 * 256)
    np.testing.assert_array_equal(out[0], np.repeat([0, 0, 1, 0, 3, 0], 256))
    assert "of its own" in caplog.text


def test_all_listeners_are_called() -> None:
    def graph(context: OfflineAudioContext) -> Any:
        node = script(context, scale(1), 256, 1, 1)

        def add(event: AudioProcessingEvent) -> None:
            event.output_buffer.get_channel_data(0)[:] += 1

        node.add_event_listener("audioprocess", add)
        node.connect(context.destination)
        return node

    np.testing.assert_array_equal(render(graph, 1024)[0], np.repeat([0, 1], 512))


def test_a_node_with_a_listener_is_kept_and_one_without_goes() -> None:
    context = OfflineAudioContext(1, 4096, RATE)
    nodes = [script(context, scale(1), 256), script(context, None, 256)]
    nodes.append(script(context, scale(1), 256))
    nodes[-1].onaudioprocess = None
    references = [weakref.ref(node) for node in nodes]
    del nodes
    gc.collect()
    assert [reference() is None for reference in references] == [False, True, True]
    context.start_rendering(1024)
    assert len(context._renderer.graph._roots) == 1
    references[0]().onaudioprocess = None
    gc.collect()
    assert references[0]() is None
    context.start_rendering(1024)
    assert not context._renderer.graph._roots


def test_the_event_is_made_of_its_members() -> None:
    buffers = [AudioBuffer(length=1, sample_rate=RATE) for _ in range(2)]
    event = AudioProcessingEvent(
        "audioprocess", playback_time=1.5, input_buffer=buffers[0], output_buffer=buffers[1]
    )
    assert (event.playback_time, event.input_buffer, event.output_buffer) == (1.5, *buffers)
    with pytest.raises(TypeError):
        AudioProcessingEvent("audioprocess", playback_time=1.5)


@settings(max_examples=40)
@given(
    size=st.sampled_from([256, 512, 1024]),
    block=st.integers(1, 40),
    start=st.integers(0, 3000),
    frames=st.integers(1, 4000),
    channels=st.integers(1, 3),
)
def test_blocks_of_any_length_give_the_same(
    size: int, block: int, start: int, frames: int, channels: int
) -> None:
    def graph(context: OfflineAudioContext) -> Any:
        node = script(context, scale(3), size, 2, 2)
        play(context, noise(channels, frames), start / RATE).connect(node)
        context.suspend(1280 / RATE, lambda _: node.connect(context.destination))
        return node

    np.testing.assert_array_equal(
        render(graph, 6400, channels=2, block=block * QUANTUM),
        render(graph, 6400, channels=2, block=QUANTUM),
    )


class Record(AudioWorkletProcessor):
    """Posts what comes in, quantum by quantum."""

    def process(self, inputs, outputs, parameters) -> bool:
        self.port.post_message(inputs[0][0].copy() if inputs[0] else None)
        return True


def live() -> AudioContext:
    context = AudioContext.suspended(sink_id=NONE, sample_rate=RATE)
    context.audio_worklet.register_processor("record", Record)
    return context


def test_live_it_is_called_in_the_thread_for_events_and_played_without_gaps() -> None:
    context = live()
    quanta: list[Any] = []
    threads: set[int] = set()
    enough = threading.Event()

    def listener(event: AudioProcessingEvent) -> None:
        threads.add(threading.get_ident())
        scale(2)(event)

    def hear(event: Any) -> None:
        threads.add(threading.get_ident())
        quanta.append(event.data)
        if len(quanta) == 100:
            enough.set()

    source, recorder = ConstantSourceNode(context), AudioWorkletNode(context, "record")
    node = script(context, listener, 256, 1, 1)
    recorder.port.onmessage = hear
    source.offset.value = 0
    source.offset.linear_ramp_to_value_at_time(1, 1)
    source.start()
    source.connect(node).connect(recorder)
    context.resume()
    assert enough.wait(20)
    context.close()
    out = np.concatenate(quanta)
    begin = np.flatnonzero(out)[0] - 1
    # A latency of 20 ms is four buffers of 256 frames, and one more to fill.
    assert begin == 5 * 256
    assert threads == {next(iter(threads))}
    assert threading.get_ident() not in threads
    ramp = 2 * np.arange(len(out) - begin) / RATE
    heard = np.isclose(out[begin:], ramp, atol=1e-6)
    # On a machine that is busy a buffer may come late, and is silence then.
    assert (heard | (out[begin:] == 0)).all()
    assert heard.mean() > 0.5


def test_live_a_slow_listener_stalls_nothing() -> None:
    context = live()
    called, go_on = threading.Event(), threading.Event()

    def slow(event: AudioProcessingEvent) -> None:
        called.set()
        go_on.wait(20)

    script(context, slow, 256).connect(context.destination)
    context.resume()
    assert called.wait(20)
    since = context.current_time
    while context.current_time < since + 0.1:
        threading.Event().wait(0.01)
    go_on.set()
    context.close()

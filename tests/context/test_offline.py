from __future__ import annotations

import numpy as np
import pytest
from rendered import RATE, buffer_of, noise, play, render, samples_of

from audiograph import (
    AudioContext,
    ConstantSourceNode,
    DelayNode,
    InvalidStateError,
    NotSupportedError,
    OfflineAudioContext,
    OfflineAudioContextOptions,
)


def ramp(context: OfflineAudioContext) -> None:
    """Connect a source that plays the number of each frame."""
    play(context, np.arange(100_000)).connect(context.destination)


def test_it_is_made_from_options_fields_or_numbers() -> None:
    options = OfflineAudioContextOptions(number_of_channels=2, length=300, sample_rate=RATE)
    for context in (
        OfflineAudioContext(options),
        OfflineAudioContext(number_of_channels=2, length=300, sample_rate=RATE),
        OfflineAudioContext(2, 300, RATE),
    ):
        assert (context.length, context.sample_rate, context.state) == (300, RATE, "suspended")
        assert context.destination.channel_count == 2
        assert context.render_quantum_size == 128
        assert context.current_time == 0
    assert OfflineAudioContext(sample_rate=8000).destination.channel_count == 1
    for attribute in ("length", "sample_rate", "state", "current_time", "destination"):
        with pytest.raises(AttributeError):
            setattr(context, attribute, 1)


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ((0, 100, RATE), NotSupportedError),
        ((33, 100, RATE), NotSupportedError),
        ((1, 0, RATE), NotSupportedError),
        ((1, -5, RATE), NotSupportedError),
        ((1, 100, 2999), NotSupportedError),
        ((1, 100, 768001), NotSupportedError),
        ((1, 100, float("nan")), TypeError),
        ((1, 100), TypeError),
        ((1, 100, RATE, 1), TypeError),
        ((), TypeError),
        (({},), TypeError),
        ((1, "100", RATE), TypeError),
    ],
)
def test_what_cannot_be_rendered_is_refused(arguments, error: type[Exception]) -> None:
    with pytest.raises(error):
        OfflineAudioContext(*arguments)


@pytest.mark.parametrize(
    ("hint", "error"),
    [
        (0, NotSupportedError),
        (-1, NotSupportedError),
        (6 * RATE + 1, NotSupportedError),
        ("big", TypeError),
        (128.5, TypeError),
        (None, TypeError),
    ],
)
def test_a_quantum_that_is_not_offered_is_refused(hint, error: type[Exception]) -> None:
    with pytest.raises(error):
        OfflineAudioContext(sample_rate=RATE, render_size_hint=hint)


@pytest.mark.parametrize("rate", [3000, 44100, 768000])
def test_a_quantum_is_at_most_six_seconds_long(rate: int) -> None:
    context = OfflineAudioContext(1, 1, rate, render_size_hint=6 * rate)
    assert context.render_quantum_size == 6 * rate
    with pytest.raises(NotSupportedError, match=f"1 to {6 * rate} are offered"):
        OfflineAudioContext(1, 1, rate, render_size_hint=6 * rate + 1)


@pytest.mark.parametrize("hint", ["default", "hardware"])
def test_a_quantum_that_is_left_to_us_is_the_usual_one(hint: str) -> None:
    context = OfflineAudioContext(sample_rate=RATE, render_size_hint=hint)
    assert context.render_quantum_size == 128


@pytest.mark.parametrize("quantum", [1, 100, 1000, 20_000, 6 * RATE])
def test_the_length_of_a_quantum_changes_only_what_is_counted_in_quanta(quantum: int) -> None:
    def graph(context: OfflineAudioContext) -> None:
        source = play(context, noise(2, 5000), 100.3 / RATE, playback_rate=0.7)
        gain = context.create_gain()
        gain.gain.linear_ramp_to_value_at_time(0.2, 0.15)
        delay = DelayNode(context, delay_time=480 / RATE)
        source.connect(gain).connect(context.create_biquad_filter()).connect(delay)
        delay.connect(context.destination)

    # A ramp is rounded by the quantum.
    np.testing.assert_allclose(
        render(graph, 8000, channels=2, quantum=quantum),
        render(graph, 8000, channels=2),
        atol=4e-6,
    )


@pytest.mark.parametrize("quantum", [1, 100, 20_000])
def test_time_passes_in_quanta(quantum: int) -> None:
    context, frames = OfflineAudioContext(1, 45_000, RATE, render_size_hint=quantum), []
    for frame in (1, 20_001):
        context.suspend(
            frame / RATE, lambda context: frames.append(round(context.current_time * RATE))
        )
    context.start_rendering()
    assert frames == [-(-frame // quantum) * quantum for frame in (1, 20_001)]
    assert round(context.current_time * RATE) == -(-45_000 // quantum) * quantum


@pytest.mark.parametrize("length", [1, 127, 128, 129, 20_000])
def test_the_buffer_has_the_length_asked_for(length: int) -> None:
    context = OfflineAudioContext(2, length, RATE)
    ramp(context)
    buffer = context.start_rendering()
    assert (buffer.length, buffer.number_of_channels, buffer.sample_rate) == (length, 2, RATE)
    np.testing.assert_array_equal(samples_of(buffer), [np.arange(length)] * 2)
    assert context.current_time == -(-length // 128) * 128 / RATE


def test_it_renders_once() -> None:
    context = OfflineAudioContext(1, 300, RATE)
    context.start_rendering()
    assert context.state == "closed"
    for call in (context.start_rendering, context.close, context.resume):
        with pytest.raises(InvalidStateError):
            call()
    assert context.state == "closed"


def test_events_come_in_order() -> None:
    context = OfflineAudioContext(1, 1000, RATE)
    order: list[str] = []
    context.onstatechange = lambda event: order.append(context.state)
    context.oncomplete = lambda event: order.append(f"complete {event.rendered_buffer.length}")
    source = play(context, [1, 2], 0.01)
    source.onended = lambda event: order.append("ended")
    context.suspend(0.001, lambda _: order.append("callback"))
    context.start_rendering()
    assert order == [
        "running",
        "suspended",
        "callback",
        "running",
        "ended",
        "closed",
        "complete 1000",
    ]


def test_chunks_follow_each_other_without_an_end() -> None:
    context = OfflineAudioContext(sample_rate=RATE)
    ramp(context)
    assert context.length is None
    parts = [samples_of(context.start_rendering(size)) for size in (1, 100, 128, 1000, 7)]
    np.testing.assert_array_equal(np.concatenate(parts, axis=1)[0], np.arange(1236))
    assert context.state == "suspended"
    context.close()
    with pytest.raises(InvalidStateError):
        context.start_rendering(10)


def test_the_last_chunk_is_what_is_left() -> None:
    context = OfflineAudioContext(1, 300, RATE)
    assert [context.start_rendering(128).length for _ in range(3)] == [128, 128, 44]
    assert context.state == "closed"


def test_bad_chunk_sizes_change_nothing() -> None:
    context = OfflineAudioContext(sample_rate=RATE)
    ramp(context)
    with pytest.raises(TypeError, match="chunk_size"):
        context.start_rendering()
    for size in (0, -1):
        with pytest.raises(ValueError, match="chunk_size"):
            context.start_rendering(size)
    assert context.state == "suspended"
    assert samples_of(context.start_rendering(3)).tolist() == [[0, 1, 2]]


def test_more_than_there_is_memory_for_is_refused_and_changes_nothing() -> None:
    context, states = OfflineAudioContext(32, 10**12, RATE), []
    context.onstatechange = lambda _: states.append(context.state)
    for chunk_size in (None, 10**12):
        with pytest.raises(NotSupportedError, match="no memory"):
            context.start_rendering(chunk_size)
    assert (context.state, states) == ("suspended", [])
    assert context.start_rendering(300).length == 300


@pytest.mark.parametrize(
    ("frame", "expected"), [(0, 0), (1, 128), (128, 128), (129, 256), (16384, 16384)]
)
def test_a_suspension_comes_with_the_quantum_at_or_after_its_time(
    frame: int, expected: int
) -> None:
    context, times = OfflineAudioContext(1, 20_000, RATE), []
    context.suspend(frame / RATE, lambda given: times.append((given.current_time, given.state)))
    context.start_rendering()
    assert times == [(expected / RATE, "suspended")]


def test_the_graph_can_change_in_every_suspension() -> None:
    # NB: a rate at which a frame's time is a binary fraction; else some changes come a frame later.
    rate = 32768
    context = OfflineAudioContext(1, 1024, rate)
    source = ConstantSourceNode(context)
    source.start()
    source.connect(context.destination)
    for i in range(1, 8):
        context.suspend(i * 128 / rate, lambda _, i=i: setattr(source.offset, "value", i))
    source.offset.value = 0
    out = samples_of(context.start_rendering())[0]
    np.testing.assert_array_equal(out, np.arange(1024) // 128)


def test_a_suspension_may_ask_for_the_next() -> None:
    context, frames = OfflineAudioContext(1, 1024, RATE), []

    def again(context: OfflineAudioContext) -> None:
        frames.append(round(context.current_time * RATE))
        if frames[-1] < 512:
            context.suspend(context.current_time + 128 / RATE, again)

    context.suspend(0, again)
    context.start_rendering()
    assert frames == [0, 128, 256, 384, 512]


def test_impossible_suspensions_are_refused() -> None:
    context = OfflineAudioContext(1, 1000, RATE)
    context.suspend(300 / RATE, lambda _: None)
    nothing = lambda _: None  # noqa: E731
    for when, error in (
        (-0.001, InvalidStateError),
        (1000 / RATE, InvalidStateError),
        (9, InvalidStateError),
        (1e305, InvalidStateError),
        (-1e305, InvalidStateError),
        (300 / RATE, InvalidStateError),
        (384 / RATE, InvalidStateError),
        (float("nan"), TypeError),
        (float("inf"), TypeError),
        ("soon", TypeError),
    ):
        with pytest.raises(error):
            context.suspend(when, nothing)
    with pytest.raises(TypeError):
        context.suspend(0.001, None)

    def late(context: OfflineAudioContext) -> None:
        for when in (0, context.current_time):
            with pytest.raises(InvalidStateError):
                context.suspend(when, nothing)
        with pytest.raises(InvalidStateError):
            context.start_rendering()
        context.resume()

    context.suspend(512 / RATE, late)
    context.start_rendering()


def test_a_suspension_may_be_for_a_time_that_never_comes() -> None:
    context, called = OfflineAudioContext(sample_rate=RATE), []
    context.suspend(1e305, called.append)
    context.start_rendering(1000)
    assert not called


def test_before_rendering_there_is_nothing_to_resume() -> None:
    with pytest.raises(InvalidStateError):
        OfflineAudioContext(1, 1000, RATE).resume()


def test_closing_in_a_suspension_makes_the_chunk_the_last() -> None:
    context = OfflineAudioContext(sample_rate=RATE)
    ramp(context)
    context.suspend(256 / RATE, lambda context: context.close())
    assert context.start_rendering(512).length == 512
    assert context.state == "closed"
    with pytest.raises(InvalidStateError):
        context.start_rendering(512)


def test_a_callback_that_raises_loses_no_frame() -> None:
    context = OfflineAudioContext(1, 1000, RATE)
    ramp(context)

    def fail(_: object) -> None:
        raise KeyError("mine")

    context.suspend(256 / RATE, fail)
    with pytest.raises(KeyError, match="mine"):
        context.start_rendering()
    assert context.state == "suspended"
    assert samples_of(context.start_rendering())[0].tolist() == list(range(1000))


def test_factories_make_buffers() -> None:
    context = OfflineAudioContext(1, 1, RATE)
    buffer = context.create_buffer(2, 10, 44100)
    assert (buffer.number_of_channels, buffer.length, buffer.sample_rate) == (2, 10, 44100)
    with pytest.raises(NotSupportedError):
        context.create_buffer(0, 10, 44100)


def test_two_contexts_render_side_by_side() -> None:
    contexts = [OfflineAudioContext(sample_rate=RATE) for _ in range(2)]
    for context in contexts:
        ramp(context)
    for i in range(5):
        for context in contexts:
            assert context.start_rendering(10).get_channel_data(0)[0] == 10 * i


def test_live_and_offline_give_the_same_samples() -> None:
    live = AudioContext.suspended(sink_id={"type": "none"}, sample_rate=RATE)
    offline = OfflineAudioContext(2, 1024, RATE)
    buffer = buffer_of(noise(2, 500))
    for context in (live, offline):
        source = context.create_buffer_source()
        source.buffer = buffer
        source.playback_rate.value = 0.7
        delay = context.create_delay()
        delay.delay_time.linear_ramp_to_value_at_time(0.01, 0.01)
        source.connect(delay).connect(context.destination)
        source.start(0.001)
    out = np.empty((2, 1024), np.float32)
    for at in range(0, 1024, 256):
        live._renderer.render(live.destination._vertex, out[:, at : at + 256])
    live.close()
    np.testing.assert_array_equal(out, samples_of(offline.start_rendering()))

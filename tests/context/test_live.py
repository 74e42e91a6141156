"""A live context whose sink is the clock alone."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterator

import numpy as np
import pytest

from audiograph import (
    AudioContext,
    AudioContextOptions,
    AudioSinkInfo,
    AudioSinkOptions,
    ConstantSourceNode,
    GainNode,
    InvalidStateError,
    NotSupportedError,
)

NONE = {"type": "none"}


def until(condition: Callable[[], object], seconds: float = 20) -> None:
    """Wait for a condition; fail when it does not come true in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come true in time"
        threading.Event().wait(0.001)


@pytest.fixture
def context() -> Iterator[AudioContext]:
    context = AudioContext(sink_id=NONE)
    yield context
    if context.state != "closed":
        context.close()


def test_it_starts_by_itself(context: AudioContext) -> None:
    assert context.state in ("suspended", "running")
    until(lambda: context.state == "running")
    until(lambda: context.current_time > 0)


def test_a_listener_that_exits_ends_no_more_than_its_own_call(context: AudioContext) -> None:
    heard = []
    source = ConstantSourceNode(context)
    source.onended = lambda event: sys.exit()
    context.onstatechange = lambda event: heard.append(context.state)
    source.start()
    source.stop()
    until(lambda: not context._playing)
    context.suspend()
    until(lambda: "suspended" in heard)


def test_its_options_are_an_object_or_fields() -> None:
    for context in (
        AudioContext(AudioContextOptions(sample_rate=44100, sink_id=AudioSinkOptions(type="none"))),
        AudioContext(sample_rate=44100, sink_id=NONE, latency_hint=0.1, render_size_hint=256),
    ):
        assert context.sample_rate == 44100
        context.resume()
        assert context.sink_id == AudioSinkInfo("none")
        assert context.base_latency == context.render_quantum_size / 44100
        context.close()


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"sample_rate": 1}, NotSupportedError),
        ({"sample_rate": 1e6}, NotSupportedError),
        ({"latency_hint": "fast"}, TypeError),
        ({"latency_hint": -1}, ValueError),
        ({"latency_hint": float("nan")}, TypeError),
        ({"latency_hint": float("inf")}, TypeError),
        ({"latency_hint": None}, TypeError),
        ({"render_size_hint": 0}, NotSupportedError),
        ({"render_size_hint": 6 * 48000 + 1}, NotSupportedError),
        ({"render_size_hint": "large"}, TypeError),
        ({"sink_id": 3}, TypeError),
        ({"sink_id": None}, TypeError),
        ({"sink_id": {"type": "some"}}, TypeError),
        ({"sink_id": {}}, TypeError),
        ({"sinkid": NONE}, TypeError),
    ],
)
def test_options_that_are_not_offered_are_refused(fields, error: type[Exception]) -> None:
    threads = threading.active_count()
    with pytest.raises(error):
        AudioContext(**{"sink_id": NONE, **fields})
    assert threading.active_count() == threads


def test_time_passes_at_real_speed(context: AudioContext) -> None:
    until(lambda: context.current_time > 0.05)
    start, began = context.current_time, time.monotonic()
    until(lambda: context.current_time > start + 0.4)
    passed = time.monotonic() - began
    # What a busy machine delays is made up for; nothing runs ahead.
    assert 0.3 < passed < 2


@pytest.mark.parametrize("quantum", [1, 1000, 48000])
def test_time_passes_in_quanta_of_the_length_asked_for(quantum: int) -> None:
    context = AudioContext(sink_id=NONE, sample_rate=48000, render_size_hint=quantum)
    assert context.render_quantum_size == quantum
    assert context.base_latency == quantum / 48000
    until(lambda: context.current_time > 0)
    context.close()
    assert round(context.current_time * 48000) % quantum == 0


def test_suspended_time_stands_still_and_resumed_it_goes_on(context: AudioContext) -> None:
    until(lambda: context.current_time > 0)
    context.suspend()
    assert context.state == "suspended"
    stopped = context.current_time
    context.suspend()
    other = AudioContext(sink_id=NONE)
    until(lambda: other.current_time > 0.05)
    other.close()
    assert context.current_time == stopped
    context.resume()
    assert context.state == "running"
    context.resume()
    until(lambda: context.current_time > stopped)


def test_one_made_suspended_waits_for_resume() -> None:
    context = AudioContext.suspended(sink_id=NONE)
    other = AudioContext(sink_id=NONE)
    until(lambda: other.current_time > 0.05)
    other.close()
    assert (context.state, context.current_time) == ("suspended", 0)
    context.resume()
    until(lambda: context.current_time > 0)
    context.close()


def test_closed_it_is_closed_for_good(context: AudioContext) -> None:
    context.resume()
    context.close()
    assert context.state == "closed"
    stopped = context.current_time
    for call in (context.close, context.resume, context.suspend):
        with pytest.raises(InvalidStateError):
            call()
    assert context.state == "closed"
    assert context.current_time == stopped
    GainNode(context).connect(context.destination)


def test_every_change_of_state_is_an_event_in_order() -> None:
    context, states = AudioContext.suspended(sink_id=NONE), []
    context.onstatechange = lambda event: states.append((event.type, event.target.state))
    context.resume()
    until(lambda: states == [("statechange", "running")])
    context.suspend()
    until(lambda: len(states) == 2)
    context.close()
    until(lambda: len(states) == 3)
    assert [state for _, state in states] == ["running", "suspended", "closed"]


def test_several_may_run_at_once_and_leave_no_thread() -> None:
    threads = threading.active_count()
    contexts = [AudioContext(sink_id=NONE) for _ in range(4)]
    until(lambda: all(context.current_time > 0 for context in contexts))
    for context in contexts:
        context.close()
    until(lambda: threading.active_count() == threads)


def test_a_source_ends_with_an_event_while_nobody_holds_it(context: AudioContext) -> None:
    ended: list[str] = []

    def play() -> None:
        source = ConstantSourceNode(context)
        source.onended = lambda event: ended.append(event.type)
        source.connect(context.destination)
        source.start()
        source.stop(0.02)

    play()
    until(lambda: ended == ["ended"])


def test_another_thread_changes_the_graph_while_it_renders(context: AudioContext, caplog) -> None:
    until(lambda: context.state == "running")
    source, stop, errors = ConstantSourceNode(context), threading.Event(), []
    source.start()

    def change(seed: int) -> None:
        chance = np.random.default_rng(seed)
        try:
            while not stop.is_set():
                gain = GainNode(context, gain=float(chance.random()))
                delay = context.create_delay()
                source.connect(gain).connect(delay).connect(gain)
                delay.connect(context.destination)
                source.connect(delay.delay_time)
                gain.gain.linear_ramp_to_value_at_time(1, context.current_time + 0.01)
                if chance.random() < 0.5:
                    gain.disconnect()
                source.disconnect(delay.delay_time)
                source.disconnect(gain)
        except Exception as error:  # noqa: BLE001 - for the test to show
            errors.append(error)

    threads = [threading.Thread(target=change, args=(seed,)) for seed in range(2)]
    for thread in threads:
        thread.start()
    reached = context.current_time + 0.3
    until(lambda: context.current_time > reached or errors)
    stop.set()
    for thread in threads:
        thread.join()
    assert not errors
    assert context.state == "running"
    assert not caplog.records


def test_the_destination_may_change_its_channels_while_it_renders(context: AudioContext) -> None:
    until(lambda: context.current_time > 0)
    failed: list[object] = []
    context.onerror = failed.append
    source = ConstantSourceNode(context)
    source.start()
    source.connect(context.destination)
    for count in (4, 1, 6, 2):
        context.destination.channel_count = count
        reached = context.current_time + 0.02
        until(lambda reached=reached: context.current_time > reached or failed)
    assert not failed

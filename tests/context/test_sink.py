"""Where a live context plays, and how it moves from one device to another."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator

import numpy as np
import pytest
from rendered import buffer_of

from audiograph import (
    AudioBufferSourceNode,
    AudioContext,
    AudioSinkInfo,
    AudioSinkOptions,
    InvalidAccessError,
    InvalidStateError,
    NotFoundError,
    NotReadableError,
)

from .speakers import Speaker, device, plugged
from .test_live import until

__all__ = ["plugged"]

NONE = {"type": "none"}

Plug = Callable[..., list[Speaker]]


@pytest.fixture
def made() -> Iterator[Callable[..., AudioContext]]:
    """Make contexts that are closed in the end."""
    contexts: list[AudioContext] = []

    def make(**fields: object) -> AudioContext:
        contexts.append(AudioContext.suspended(**fields))
        return contexts[-1]

    yield make
    for context in contexts:
        if context.state != "closed":
            context.close()


def events_of(context: AudioContext) -> list[str]:
    """Return a list of types that grows with every event."""
    heard: list[str] = []
    for type in ("statechange", "sinkchange", "error"):
        context.add_event_listener(type, lambda event: heard.append(event.type))
    return heard


def test_a_context_plays_on_the_device_that_it_was_made_for(plugged: Plug, made) -> None:
    opened = plugged(device("a", default=True), device("b", channels=6, rate=44100))
    context = made(sink_id="b")
    assert (context.sample_rate, context.destination.max_channel_count) == (44100, 6)
    assert context.sink_id == ""
    context.resume()
    assert context.sink_id == "b"
    assert [each.device.id for each in opened] == ["b"]
    assert opened[0].channels == 2


@pytest.mark.parametrize("sink_id", ["", "default"])
def test_the_default_device_has_two_names(plugged: Plug, made, sink_id: str) -> None:
    opened = plugged(device("a"), device("b", default=True))
    context = made(sink_id=sink_id)
    context.resume()
    assert opened[0].device.id == "b"
    assert context.sink_id == sink_id


def test_the_graph_goes_on_where_it_was_on_the_new_device(plugged: Plug, made) -> None:
    opened = plugged(device("a"), device("b"))
    context = made(sink_id="a")
    source = AudioBufferSourceNode(context, buffer=buffer_of(np.arange(1, 480_001)))
    source.connect(context.destination)
    source.start()
    context.resume()
    until(lambda: opened[0].samples[0].any())
    context.set_sink_id("b")
    until(lambda: opened[1].samples[0].any())
    context.suspend()
    heard = np.concatenate([each.samples for each in opened], axis=1)
    # Each begins with a lead-in of silence, and the last block may end with some.
    heard = heard[:, heard[0] != 0]
    np.testing.assert_array_equal(heard, [np.arange(1, heard.shape[1] + 1)] * 2)
    assert heard.shape[1] == round(context.current_time * context.sample_rate)


def test_a_running_context_is_suspended_while_it_moves(plugged: Plug, made) -> None:
    plugged(device("a"), device("b"))
    context = made(sink_id="a")
    heard = events_of(context)
    context.resume()
    context.set_sink_id("b")
    assert (context.state, context.sink_id) == ("running", "b")
    until(lambda: len(heard) == 4)
    assert heard == ["statechange", "statechange", "sinkchange", "statechange"]


def test_a_suspended_context_stays_so_and_moves_with_resume(plugged: Plug, made) -> None:
    opened = plugged(device("a"), device("b"))
    context = made(sink_id="a")
    heard = events_of(context)
    context.set_sink_id("b")
    until(lambda: heard)
    assert heard == ["sinkchange"]
    assert (context.state, context.sink_id) == ("suspended", "b")
    assert not opened
    context.resume()
    assert [each.device.id for each in opened] == ["b"]


def test_the_sink_that_it_has_already_is_no_change(plugged: Plug, made) -> None:
    opened = plugged(device("a"))
    context = made(sink_id="a")
    heard = events_of(context)
    context.resume()
    context.set_sink_id("a")
    assert len(opened) == 1
    context.set_sink_id(NONE)
    info = context.sink_id
    assert info == AudioSinkInfo("none")
    for same in (NONE, AudioSinkOptions(type="none")):
        context.set_sink_id(same)
    assert context.sink_id is info
    context.close()
    until(lambda: len(heard) == 5)
    assert heard.count("sinkchange") == 1


def test_a_device_that_is_not_there_changes_nothing(plugged: Plug, made) -> None:
    opened = plugged(device("a"))
    context = made(sink_id="a")
    context.resume()
    for wrong, error in (("b", NotFoundError), ({"type": "some"}, TypeError), (3, TypeError)):
        with pytest.raises(error):
            context.set_sink_id(wrong)
    assert (context.state, context.sink_id) == ("running", "a")
    assert len(opened) == 1


def test_a_device_that_cannot_be_had_leaves_it_suspended_with_its_own(plugged: Plug, made) -> None:
    opened = plugged(device("a"), device("b"), broken=("b",))
    context = made(sink_id="a")
    context.resume()
    with pytest.raises(InvalidAccessError, match=r"'b'.*b is in use"):
        context.set_sink_id("b")
    assert (context.state, context.sink_id) == ("suspended", "a")
    context.resume()
    assert [each.device.id for each in opened] == ["a", "a"]


def test_a_closed_context_does_not_move(plugged: Plug, made) -> None:
    plugged(device("a"))
    context = made(sink_id=NONE)
    context.close()
    with pytest.raises(InvalidStateError):
        context.set_sink_id("a")


def test_its_channels_are_at_most_those_of_the_device(plugged: Plug, made) -> None:
    opened = plugged(device("a", channels=8), device("mono", channels=1))
    context = made(sink_id="a")
    context.destination.channel_count = 6
    context.resume()
    context.set_sink_id("mono")
    assert context.destination.max_channel_count == 1
    assert [each.channels for each in opened] == [6, 1]
    context.set_sink_id(NONE)
    assert context.destination.max_channel_count == 32


def test_a_device_that_fails_is_told_and_can_be_replaced(plugged: Plug, made) -> None:
    opened = plugged(device("a"), device("b"))
    context = made(sink_id="a")
    context.resume()
    failed: list[object] = []
    context.onerror = lambda event: failed.append(event.error)
    fault = OSError("unplugged")
    opened[0].fail(fault)
    until(lambda: failed)
    assert failed == [fault]
    assert context.state == "suspended"
    # Where it hangs, it may come back when another one has taken its place.
    stopped = context.current_time
    assert not opened[0].ask(256, time.monotonic()).any()
    assert context.current_time == stopped
    context.set_sink_id("b")
    context.resume()
    until(lambda: context.current_time > stopped)


def test_a_device_that_fails_when_it_is_no_longer_in_use_stops_nothing(plugged: Plug, made) -> None:
    opened = plugged(device("a"), device("b"))
    context = made(sink_id="a")
    context.resume()
    failed: list[object] = []
    context.onerror = lambda event: failed.append(event.error)
    fault = OSError("unplugged")
    context.set_sink_id("b")
    # The watch over the device may be late.
    opened[0].fail(fault)
    until(lambda: failed)
    assert failed == [fault]
    assert context.state == "running"


def test_a_device_that_does_not_open_at_the_start_may_be_replaced(plugged: Plug) -> None:
    plugged(device("a"), broken=("a",))
    context = AudioContext(sink_id="a")
    with pytest.raises(NotReadableError, match="in use"):
        context.resume()
    assert (context.state, context.sink_id) == ("suspended", "")
    context.set_sink_id(NONE)
    context.resume()
    assert context.state == "running"
    context.close()


def test_a_device_that_does_not_open_is_logged_where_nobody_listens(plugged: Plug, caplog) -> None:
    plugged(device("a"), broken=("a",))
    context = AudioContext(sink_id="a")
    until(lambda: caplog.records)
    assert [record.message for record in caplog.records] == [
        "an AudioContext does not start: a is in use"
    ]
    context.close()


def test_a_device_that_fails_is_logged_where_nobody_listens(plugged: Plug, made, caplog) -> None:
    opened = plugged(device("a"))
    context = made(sink_id="a")
    context.resume()
    context.onerror = print
    context.onerror = None
    opened[0].fail(OSError("unplugged"))
    until(lambda: caplog.records)
    assert [record.message for record in caplog.records] == [
        "an AudioContext has lost its device: unplugged"
    ]


def test_what_a_listener_hears_is_not_logged(plugged: Plug, made, caplog) -> None:
    opened = plugged(device("a"))
    context = made(sink_id="a")
    context.resume()
    failed: list[object] = []
    context.add_event_listener("error", failed.append)
    opened[0].fail(OSError("unplugged"))
    until(lambda: failed)
    assert not caplog.records


def test_no_thread_is_left_behind_by_moving(plugged: Plug, made) -> None:
    plugged(device("a"), device("b"))
    context = made(sink_id="a")
    context.resume()
    threads = threading.active_count()
    for sink_id in ("b", "a", NONE, "b"):
        context.set_sink_id(sink_id)
    assert threading.active_count() == threads

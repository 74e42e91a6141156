from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from audiograph import AudioBuffer, DataCloneError, MessageEvent, OfflineAudioContext
from audiograph.messages import MessagePort, open_channel

Calls = list[tuple[Callable[..., object], tuple[Any, ...]]]


def queue() -> tuple[Calls, Callable[..., None]]:
    """Return calls that wait, and what adds to them."""
    calls: Calls = []
    return calls, lambda function, *arguments: calls.append((function, arguments))


def at_once(function: Callable[..., object], *arguments: object) -> None:
    function(*arguments)


def heard(port: MessagePort) -> list[Any]:
    data: list[Any] = []
    port.onmessage = lambda event: data.append(event.data)
    return data


def test_what_is_posted_at_one_end_arrives_at_the_other_in_order() -> None:
    here, there = open_channel(at_once, at_once)
    here_heard, there_heard = heard(here), heard(there)
    for number in range(3):
        here.post_message(number)
        there.post_message(-number)
    assert there_heard == [0, 1, 2]
    assert here_heard == [0, -1, -2]


def test_the_event_is_a_message_event_at_the_port() -> None:
    here, there = open_channel(at_once, at_once)
    events: list[Any] = []
    there.onmessage = events.append
    here.post_message("hello")
    (event,) = events
    assert isinstance(event, MessageEvent)
    assert (event.type, event.data, event.target) == ("message", "hello", there)


def test_messages_wait_until_the_port_is_started() -> None:
    here, there = open_channel(at_once, at_once)
    data: list[Any] = []
    there.add_event_listener("message", lambda event: data.append(event.data))
    here.post_message(1)
    here.post_message(2)
    assert data == []
    there.start()
    assert data == [1, 2]
    here.post_message(3)
    assert data == [1, 2, 3]


def test_a_handler_starts_the_port() -> None:
    here, there = open_channel(at_once, at_once)
    here.post_message(1)
    assert heard(there) == [1]


def test_listeners_are_called_on_their_own_side() -> None:
    calls, call = queue()
    here, there = open_channel(at_once, call)
    data = heard(there)
    here.post_message(1)
    assert data == []
    for function, arguments in calls:
        function(*arguments)
    assert data == [1]


@pytest.mark.parametrize("closing", [0, 1])
def test_after_either_end_is_closed_nothing_is_sent(closing: int) -> None:
    ports = open_channel(at_once, at_once)
    data = [heard(port) for port in ports]
    ports[closing].close()
    ports[closing].close()
    for port in ports:
        port.post_message(1)
    assert data == [[], []]


def test_what_came_before_the_end_is_delivered() -> None:
    here, there = open_channel(at_once, at_once)
    here.post_message(1)
    here.close()
    assert heard(there) == [1]


@pytest.mark.parametrize(
    "message",
    [None, 5, 2.5, "text", b"bytes", [1, [2, {"three": (4,)}]], {"a": {1, 2}}, 1 + 2j],
    ids=repr,
)
def test_a_message_arrives_as_it_is(message: object) -> None:
    here, there = open_channel(at_once, at_once)
    data = heard(there)
    here.post_message(message)
    assert data == [message]


def test_a_message_is_a_copy() -> None:
    here, there = open_channel(at_once, at_once)
    data = heard(there)
    array, buffer = np.zeros(3, np.float32), AudioBuffer(length=3, sample_rate=48000)
    message = {"array": array, "same": array, "buffer": buffer, "list": [1]}
    message["itself"] = message
    here.post_message(message)
    array[:] = 1
    buffer.get_channel_data(0)[:] = 1
    message["list"].append(2)
    (got,) = data
    np.testing.assert_array_equal(got["array"], [0, 0, 0])
    assert got["array"].dtype == np.float32
    assert got["array"] is got["same"]
    np.testing.assert_array_equal(got["buffer"].get_channel_data(0), [0, 0, 0])
    assert got["list"] == [1]
    assert got["itself"] is got


def test_what_is_transferred_is_no_copy() -> None:
    here, there = open_channel(at_once, at_once)
    data = heard(there)
    array, other = np.zeros(3), np.zeros(3)
    here.post_message([array, other], transfer=[array])
    assert data[0][0] is array
    assert data[0][1] is not other


@pytest.mark.parametrize(
    "message",
    [
        threading.Lock(),
        [1, {"deep": (number for number in range(3))}],
        OfflineAudioContext(1, 1, 48000),
        OfflineAudioContext(1, 1, 48000).audio_worklet.port,
    ],
    ids=["lock", "generator", "context", "port"],
)
def test_what_cannot_be_copied_is_an_error_and_not_sent(message: object) -> None:
    here, there = open_channel(at_once, at_once)
    data = heard(there)
    with pytest.raises(DataCloneError, match="cannot be copied"):
        here.post_message(message)
    here.close()
    with pytest.raises(DataCloneError):
        here.post_message(message)
    assert data == []


def test_a_handler_that_raises_does_not_stop_the_others(caplog) -> None:
    here, there = open_channel(at_once, at_once)
    data: list[Any] = []

    def handle(event: Any) -> None:
        data.append(event.data)
        if event.data == 1:
            raise RuntimeError("of its own")

    here.post_message(1)
    here.post_message(2)
    there.onmessage = handle
    assert data == [1, 2]
    assert "of its own" in caplog.text


def test_two_ends_that_answer_each_other_let_others_have_their_turn() -> None:
    calls, call = queue()
    here, there = open_channel(call, call)
    here.onmessage = lambda event: here.post_message(event.data + 1)
    there.onmessage = lambda event: there.post_message(event.data + 1)
    here.post_message(0)
    for _ in range(50):
        function, arguments = calls.pop(0)
        function(*arguments)
    assert len(calls) < 3

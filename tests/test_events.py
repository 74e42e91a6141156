from __future__ import annotations

import pytest

from audiograph import Event, EventTarget
from audiograph.events import EventHandler


class Bell(EventTarget):
    onring = EventHandler()


def test_listeners_run_in_the_order_in_which_they_were_added() -> None:
    bell, heard = Bell(), []
    bell.add_event_listener("ring", lambda _: heard.append(1))
    bell.onring = lambda _: heard.append(2)
    bell.add_event_listener("ring", lambda _: heard.append(3))
    bell.onring = lambda _: heard.append(4)
    bell.dispatch_event(Event("ring"))
    assert heard == [1, 4, 3]


def test_a_handler_that_was_unset_takes_its_place_anew() -> None:
    bell, heard = Bell(), []
    bell.onring = lambda _: heard.append(1)
    bell.onring = None
    bell.add_event_listener("ring", lambda _: heard.append(2))
    bell.onring = lambda _: heard.append(3)
    bell.dispatch_event(Event("ring"))
    assert heard == [2, 3]


def test_a_handler_that_another_thread_is_unsetting_is_not_called() -> None:
    bell, heard = Bell(), []
    bell.onring = lambda _: heard.append(1)
    bell.add_event_listener("ring", lambda _: heard.append(2))
    # The moment between the two steps in which it is unset.
    bell._handlers = {}
    bell.dispatch_event(Event("ring"))
    assert heard == [2]


def test_the_event_tells_its_type_and_target() -> None:
    bell, events = Bell(), []
    bell.onring = events.append
    event = Event("ring")
    assert event.target is None
    bell.dispatch_event(event)
    assert events == [event]
    assert (event.type, event.target) == ("ring", bell)


def test_a_listener_is_added_once_and_hears_its_type_alone() -> None:
    bell, heard = Bell(), []
    for _ in range(2):
        bell.add_event_listener("ring", heard.append)
    bell.dispatch_event(Event("ring"))
    bell.dispatch_event(Event("knock"))
    assert len(heard) == 1


def test_a_listener_that_was_removed_hears_nothing() -> None:
    bell, heard = Bell(), []
    bell.remove_event_listener("ring", heard.append)
    bell.add_event_listener("ring", heard.append)
    bell.remove_event_listener("ring", heard.append)
    bell.onring = heard.append
    bell.onring = None
    bell.dispatch_event(Event("ring"))
    assert heard == []


def test_a_listener_may_remove_the_next_and_add_another() -> None:
    bell, heard = Bell(), []

    def first(_: Event) -> None:
        bell.remove_event_listener("ring", second)
        bell.add_event_listener("ring", third)

    def second(_: Event) -> None:
        heard.append(2)

    def third(_: Event) -> None:
        heard.append(3)

    bell.add_event_listener("ring", first)
    bell.add_event_listener("ring", second)
    bell.dispatch_event(Event("ring"))
    assert heard == []
    bell.dispatch_event(Event("ring"))
    assert heard == [3]


def test_one_that_raises_is_logged_and_the_others_run(caplog) -> None:
    bell, heard = Bell(), []

    def fail(_: Event) -> None:
        raise KeyError("mine")

    bell.onring = fail
    bell.add_event_listener("ring", heard.append)
    bell.dispatch_event(Event("ring"))
    assert len(heard) == len(caplog.records) == 1
    assert "ring" in caplog.records[0].message


def test_a_handler_is_what_was_set_or_none() -> None:
    bell, other = Bell(), Bell()
    assert bell.onring is None
    bell.onring = print
    assert bell.onring is print
    assert other.onring is None
    for nothing in (None, 5, "ring"):
        bell.onring = print
        bell.onring = nothing
        assert bell.onring is None


def test_a_listener_must_be_callable() -> None:
    for wrong in (None, 5, "ring"):
        with pytest.raises(TypeError):
            Bell().add_event_listener("ring", wrong)

"""Events and what fires them: the part of the DOM that the audio interfaces use.

https://dom.spec.whatwg.org/#events
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any, overload

Listener = Callable[[Any], object]

_log = logging.getLogger("audiograph")


class Event:
    """Something that happened to `target`; `type` says what.

    https://dom.spec.whatwg.org/#interface-event
    """

    def __init__(self, type: str) -> None:
        if not isinstance(type, str):
            raise TypeError(f"the type of an event is text, not {type!r}")
        self._type = type
        self._target: EventTarget | None = None

    @property
    def type(self) -> str:
        """What happened: "ended", "statechange", ….

        https://dom.spec.whatwg.org/#dom-event-type
        """
        return self._type

    @property
    def target(self) -> EventTarget | None:
        """What it happened to; None until the event is fired.

        https://dom.spec.whatwg.org/#dom-event-target
        """
        return self._target


class ErrorEvent(Event):
    """Something failed: `error` is the exception, `message` says it in words.

    https://html.spec.whatwg.org/#errorevent
    """

    def __init__(self, type: str, *, error: Exception) -> None:
        super().__init__(type)
        self._error = error

    @property
    def error(self) -> Exception:
        """What was raised.

        https://html.spec.whatwg.org/#dom-errorevent-error
        """
        return self._error

    @property
    def message(self) -> str:
        """What is wrong, in words.

        https://html.spec.whatwg.org/#dom-errorevent-message
        """
        return str(self._error)


class EventTarget:
    """An object that events are fired at.

    Listeners run in the order in which they were added. One that raises is logged (logger
    "audiograph") and the others still run.

    https://dom.spec.whatwg.org/#interface-eventtarget
    """

    # Type to what is called, in order; a handler attribute keeps its place until it is unset.
    _listeners: dict[str, tuple[Listener | EventHandler, ...]] | None = None
    _handlers: dict[str, Listener] | None = None

    def add_event_listener(self, type: str, callback: Listener) -> None:
        """Call `callback(event)` for every event of `type`; adding it twice changes nothing.

        Raises TypeError for what can't be called.

        https://dom.spec.whatwg.org/#dom-eventtarget-addeventlistener
        """
        if not isinstance(type, str):
            raise TypeError(f"the type of an event is text, not {type!r}")
        if not callable(callback):
            raise TypeError(f"the listener for {type!r} must be callable, not {callback!r}")
        self._add(type, callback)

    def remove_event_listener(self, type: str, callback: Listener) -> None:
        """Stop calling `callback` for events of `type`; no error where it was not added.

        https://dom.spec.whatwg.org/#dom-eventtarget-removeeventlistener
        """
        if not isinstance(type, str):
            raise TypeError(f"the type of an event is text, not {type!r}")
        self._remove(type, callback)

    def dispatch_event(self, event: Event) -> None:
        """Call the listeners for `event.type` with `event`, its `target` being this object.

        Raises TypeError for what is no Event.

        https://dom.spec.whatwg.org/#dom-eventtarget-dispatchevent
        """
        if not isinstance(event, Event):
            raise TypeError(f"what is fired is an Event, not {event!r}")
        event._target = self
        for listener in (self._listeners or {}).get(event.type, ()):
            # "If listener's removed is true, then continue." An earlier one may have done that.
            if listener not in (self._listeners or {}).get(event.type, ()):
                continue
            call = (
                (self._handlers or {}).get(event.type)
                if isinstance(listener, EventHandler)
                else listener
            )
            # NB: another thread has unset the handler in this moment.
            if call is None:
                continue
            try:
                call(event)
            except Exception:  # noqa: BLE001 - a listener's fault is its own; the others run
                _log.exception("a listener for %r raised", event.type)

    def _has_listeners(self, type: str) -> bool:
        return bool((self._listeners or {}).get(type))

    def _add(self, type: str, listener: Listener | EventHandler) -> None:
        listeners = self._listeners or {}
        present = listeners.get(type, ())
        if listener not in present:
            self._listeners = {**listeners, type: (*present, listener)}

    def _remove(self, type: str, listener: Listener | EventHandler) -> None:
        listeners = self._listeners or {}
        kept = tuple(each for each in listeners.get(type, ()) if each != listener)
        self._listeners = {**listeners, type: kept}


class EventHandler:
    """An `on…` attribute: one callback for the events of one type, or None.

    Parameters
    ----------
    doc : str, optional
        When the events are fired, and the specification's URL.

    https://html.spec.whatwg.org/#event-handler-attributes
    """

    def __init__(self, doc: str | None = None) -> None:
        self._doc = doc

    def __set_name__(self, owner: type, name: str) -> None:
        self._type = name.removeprefix("on")
        self.__doc__ = f'What is called with each "{self._type}" event, or None.'
        if self._doc is not None:
            self.__doc__ += f"\n\n{self._doc}"

    @overload
    def __get__(self, target: None, owner: type) -> EventHandler: ...
    @overload
    def __get__(self, target: EventTarget, owner: type) -> Listener | None: ...
    def __get__(self, target: EventTarget | None, owner: type) -> EventHandler | Listener | None:
        if target is None:
            return self
        return (target._handlers or {}).get(self._type)

    def __set__(self, target: EventTarget, callback: Listener | None) -> None:
        handlers = dict(target._handlers or {})
        # "If an Object that is not callable is set, the handler is null": as Web IDL has it.
        if callback is None or not callable(callback):
            target._remove(self._type, self)
            handlers.pop(self._type, None)
            target._handlers = handlers
        else:
            # NB: first, for an event may wait for the first who listens.
            target._handlers = {**handlers, self._type: callback}
            target._add(self._type, self)

"""Messages between two sides that run in different threads.

https://html.spec.whatwg.org/#message-ports
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from copy import deepcopy

from audiograph.errors import DataCloneError
from audiograph.events import Event, EventHandler, EventTarget, Listener

Call = Callable[..., object]
"""Has `function(*arguments)` called on a port's own side, soon."""


class MessageEvent(Event):
    """A message has come; `data` is what was sent, copied.

    https://html.spec.whatwg.org/#messageevent
    """

    def __init__(self, type: str, *, data: object = None) -> None:
        super().__init__(type)
        self._data = data

    @property
    def data(self) -> object:
        """What was sent.

        https://html.spec.whatwg.org/#dom-messageevent-data
        """
        return self._data


class _StartingHandler(EventHandler):
    """A handler that starts its port when it is set."""

    def __set__(self, target: EventTarget, callback: Listener | None) -> None:
        super().__set__(target, callback)
        # By the text: "The first time a MessagePort object's onmessage IDL attribute is set, the
        # port's port message queue must be enabled, as if the start() method had been called."
        assert isinstance(target, MessagePort)
        target.start()


class MessagePort(EventTarget):
    """One end of a channel: what is posted here arrives at the other end as a "message" event.

    Messages wait until the port is started, which setting `onmessage` does by itself. Ports come in
    pairs, with what they connect; none is made by hand.

    https://html.spec.whatwg.org/#messageport
    """

    onmessage = _StartingHandler(
        "Fired with the `data` of a message. Setting it starts the port.\n\n"
        "https://html.spec.whatwg.org/#handler-messageport-onmessage"
    )

    def __init__(self, call: Call) -> None:
        self._call = call
        self._other: MessagePort | None = None
        self._coming: deque[object] = deque()
        self._started = False

    def post_message(self, message: object, transfer: Sequence[object] = ()) -> None:
        """Send a deep copy of `message` to the other end; in vain once either end is closed.

        Parameters
        ----------
        message : object
            Anything that `copy.deepcopy` copies: numbers, text, lists, dicts, arrays, buffers.
        transfer : sequence of object
            Parts of the message that are handed over instead of copied. Leave them alone from then
            on: the other side runs in another thread.

        Raises
        ------
        DataCloneError
            Something in the message cannot be copied.

        https://html.spec.whatwg.org/#dom-messageport-postmessage
        """
        # What is in the memo counts as copied already.
        memo = {id(part): part for part in transfer}
        try:
            copied = deepcopy(message, memo)
        except Exception as error:
            raise DataCloneError(f"a message that cannot be copied: {error}") from error
        other = self._other
        if other is not None:
            other._coming.append(copied)
            other._call(other._deliver)

    def start(self) -> None:
        """Let messages arrive: those that wait, and all that come.

        https://html.spec.whatwg.org/#dom-messageport-start
        """
        self._started = True
        self._call(self._deliver)

    def close(self) -> None:
        """Cut the channel: nothing is sent any more, from either end.

        https://html.spec.whatwg.org/#dom-messageport-close
        """
        other, self._other = self._other, None
        if other is not None:
            other._other = None

    def _deliver(self) -> None:
        """Fire the events for what has come; called on the port's own side."""
        if not self._started:
            return
        # NB: no more than there are now, or two ends that answer each other would go on for ever.
        for _ in range(len(self._coming)):
            self.dispatch_event(MessageEvent("message", data=self._coming.popleft()))


def open_channel(call_here: Call, call_there: Call) -> tuple[MessagePort, MessagePort]:
    """Return the two ends of a channel, this side's and the other's."""
    here, there = MessagePort(call_here), MessagePort(call_there)
    here._other, there._other = there, here
    return here, there

"""AudioScheduledSourceNode: what sources that start and stop have in common."""

from __future__ import annotations

from audiograph.errors import InvalidStateError
from audiograph.events import Event, EventHandler
from audiograph.node import AudioNode, OptionsT
from audiograph.param import check_time
from audiograph.render.scheduled import ScheduledProcessor


class AudioScheduledSourceNode(AudioNode[OptionsT], abstract=True):
    """A source that plays from `start` to `stop`, once; silent before and after.

    https://webaudio.github.io/web-audio-api/#AudioScheduledSourceNode
    """

    _inputs = 0
    onended = EventHandler(
        "Fired once the source has stopped, or has come to its end.\n\n"
        "https://webaudio.github.io/web-audio-api/#dom-audioscheduledsourcenode-onended"
    )
    _processor: ScheduledProcessor
    _started = False

    def start(self, when: float = 0) -> None:
        """Play from `when` on, in seconds of the context; at once where that has passed.

        Raises InvalidStateError when called twice, ValueError for a time that is negative or not
        finite.

        https://webaudio.github.io/web-audio-api/#dom-audioscheduledsourcenode-start
        """
        with self._context._lock:
            self._check_not_started()
            self._start(check_time("when", when))

    def stop(self, when: float = 0) -> None:
        """Stop at `when`, in seconds of the context; at once where that has passed.

        Called again, the last call counts, unless the source has ended. Raises InvalidStateError
        before `start`, ValueError for a time that is negative or not finite.

        https://webaudio.github.io/web-audio-api/#dom-audioscheduledsourcenode-stop
        """
        # "If this AudioScheduledSourceNode internal slot [[source started]] is not true, an
        # InvalidStateError exception MUST be thrown."
        if not self._started:
            raise InvalidStateError(f"{type(self).__name__}.stop before start")
        self._context._post(self._stop_rendered, check_time("when", when))

    def _check_not_started(self) -> None:
        # "If this AudioScheduledSourceNode internal slot [[source started]] is true, an
        # InvalidStateError exception MUST be thrown."
        if self._started:
            raise InvalidStateError(f"{type(self).__name__} can be started only once")

    def _start(self, when: float) -> None:
        self._started = True
        # A source that plays is heard though nobody holds it, and its listeners are called.
        self._context._playing.add(self)
        self._context._post(self._start_rendered, when)

    def _start_rendered(self, when: float) -> None:
        """Start on the render side."""
        renderer, rate = self._context._renderer, self._context.sample_rate
        # "If … the value is less than currentTime, then the sound will start playing immediately."
        self._processor.schedule_start(max(when, renderer.frame / rate), rate)
        renderer.graph.wake(self._vertex, self._processor.find_begin())

    def _stop_rendered(self, when: float) -> None:
        """Stop on the render side."""
        renderer, rate = self._context._renderer, self._context.sample_rate
        self._processor.schedule_stop(max(when, renderer.frame / rate), rate)
        self._wake_rendered()

    def _wake_rendered(self) -> None:
        """Have a sleeping source woken when there is something to do, on the render side."""
        frame = self._processor.find_begin()
        if self._vertex.asleep:
            self._context._renderer.graph.wake(self._vertex, frame)

    def _report(self, error: Exception | None) -> None:
        super()._report(error)
        self._context._playing.discard(self)
        self.dispatch_event(Event("ended"))

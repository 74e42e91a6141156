"""A thread that writes what a track delivers into a sink, in real time."""

from __future__ import annotations

import threading
from collections.abc import Callable

from audiograph.media.tap import Tap
from audiograph.media.track import MediaStreamTrack
from audiograph.render.mixing import convert
from audiograph.sinks.sink import Sink

_POLL_SECONDS = 0.02
_PATIENCE_SECONDS = 2.0


class TrackWriter:
    """Writes a live track into a sink until it ends, is full, or is asked to finish.

    The sink is closed when all is written, also when the track failed: what was recorded is kept.

    Parameters
    ----------
    track : MediaStreamTrack
        What to write, resampled to the sink's rate and mixed to its channels.
    sink : Sink
        Where to.
    frames : callable
        Returns how many frames to write, or None while that is not known. It must be known when
        the first frame that is not to be written has been delivered.
    on_done : callable
        Called without arguments, in the writing thread, when it is over.
    """

    def __init__(
        self,
        track: MediaStreamTrack,
        sink: Sink,
        *,
        frames: Callable[[], int | None] = lambda: None,
        on_done: Callable[[], object] = lambda: None,
    ) -> None:
        tap = track._open_tap(sink.sample_rate, "follow")
        assert isinstance(tap, Tap)
        self._tap = tap
        self._track = track
        self._sink = sink
        self.sample_rate = sink.sample_rate
        self._frames = frames
        self._on_done = on_done
        self._asked = threading.Event()
        self._thread = threading.Thread(target=self._run, name="audiograph writer", daemon=True)
        self.written = 0
        """Frames that have been written."""
        self.error: Exception | None = None
        """What kept the sink from taking more, if anything did."""
        self.done = False
        """Whether it is over."""

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def finish(self) -> None:
        """Write what the track has delivered so far, close the sink, and return when it is done.

        A sink that takes nothing for a while, as a pipe does that nobody reads, is left as it is.
        """
        self._asked.set()
        if self._thread.ident is None:
            self._sink.abort()
        written = -1
        while self._thread.is_alive() and written != self.written:
            written = self.written
            self._thread.join(_PATIENCE_SECONDS)

    def _run(self) -> None:
        try:
            while True:
                # NB: asked first: what comes before the asking is still to be written.
                last = self._asked.is_set() or self._tap.ended
                complete = self._write_available()
                if last or complete:
                    break
                self._asked.wait(_POLL_SECONDS)
            if self.written or complete:
                self._sink.close()
            else:
                self._sink.abort()
        except Exception as error:  # noqa: BLE001 - kept for who waits; the thread has no caller
            self.error = error
            self._sink.abort()
        finally:
            self._track._close_tap(self._tap)
            self.done = True
            self._on_done()

    def _write_available(self) -> bool:
        """Write what can be read; return whether nothing more is wanted."""
        frames = self._tap.available
        # NB: asked second: the end is known before what comes behind it is delivered.
        end = self._frames()
        if end is not None:
            frames = min(frames, end - self.written)
        if frames:
            samples = convert(self._tap.take(frames), self._sink.channels, "speakers")
            self._sink.write(samples if self._tap.enabled else samples * 0)
            self.written += frames
        return self.written == end

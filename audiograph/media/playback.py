"""A file being played: read ahead by a thread of its own, and moved about from another."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable
from math import ceil

import numpy as np

from audiograph.errors import NotSupportedError
from audiograph.media.aside import aside
from audiograph.media.passage import Passage, cutoff_of
from audiograph.media.reader import Reader
from audiograph.media.source import AHEAD_SECONDS, PREFILL_SECONDS
from audiograph.portaudio.interpolation import tap_table
from audiograph.render.processor import Samples

_CHUNK_FRAMES = 4096
_POLL_SECONDS = 0.05
_CLOSE_SECONDS = 1.0
_PATIENCE_SECONDS = 0.5

# What is slower stands still: in a year not a frame would pass, and the frames to come, a quotient,
# would be no number.
_SLOWEST = 1e-13


class Playback:
    """Plays what a reader reads, in constant memory: about a second of it.

    A seek makes a new passage and leaves the old one to who plays it in that moment; so no thread
    waits for another in the audio path. And nobody who controls waits long for a pipe, which may
    stay silent.

    Parameters
    ----------
    reader : Reader
        At its beginning; the playback closes it.
    on_failure : callable
        Called with the playback and the error, in the reading thread, when the reader fails.
    """

    def __init__(self, reader: Reader, on_failure: Callable[[Playback, Exception], object]) -> None:
        self.label = reader.label
        self.channels = reader.channels
        self.sample_rate = reader.sample_rate
        self.length = reader.frames
        """Frames, where that is known."""
        self.loop = False
        self.rate = 1.0
        """How many times as fast as it was recorded; 0 is standstill. Set by the control side."""
        self._is_pipe = reader.is_stream
        self._reader = reader
        self._on_failure = on_failure
        self._at = 0
        self._passage = Passage(self.channels, 0, self.length)
        self._reading = threading.Lock()
        self._stopped = threading.Event()
        self._filled = threading.Event()
        # The descriptor is closed also where nobody thinks of it.
        self._close = weakref.finalize(self, reader.close)
        self._close.atexit = False

    @property
    def position(self) -> float:
        """The frame of the file to be played next."""
        passage = self._passage
        position = passage.position
        if passage.length is None:
            return position
        return min(position - passage.lap * passage.length, passage.length)

    @property
    def has_ended(self) -> bool:
        """Whether it was played to the end."""
        return self._passage.has_ended(loop=self.loop)

    @property
    def laps(self) -> int:
        """How often it went around since the last seek."""
        return self._passage.lap

    def seek(self, frame: int) -> None:
        """Go on from `frame`; waits until there is something to play.

        Raises NotSupportedError for a pipe, NotReadableError where the reader fails.
        """
        if self._is_pipe:
            raise NotSupportedError(
                f"{self.label} cannot go back or ahead; save it to a file to move about in it"
            )
        with self._reading:
            self._at = self._reader.seek(frame)
            if self._at < frame:
                self.length = self._at
            passage = Passage(self.channels, self._at, self.length)
            self._prefill(passage)
            self._passage = passage

    def start(self, sample_rate: float, *, reads_ahead: bool) -> None:
        """Get ready to be played at `sample_rate`; waits until there is something to play.

        With `reads_ahead` a thread reads from now on, until `stop`. A pipe is waited for a moment
        at most. Raises NotReadableError where the reader fails.
        """
        if not self._is_pipe:
            with self._reading:
                self._prefill(self._passage)
        self.prepare(sample_rate)
        self.stop()
        if reads_ahead:
            self._stopped = threading.Event()
            threading.Thread(
                target=_feed,
                args=(weakref.ref(self), self._stopped),
                name=f"reads {self.label}",
                daemon=True,
            ).start()
            if self._is_pipe:
                self._filled.wait(_PATIENCE_SECONDS)

    def prepare(self, sample_rate: float) -> None:
        """Make what playing at the rate will need, so that the playing thread has not to."""
        if (step := self._step(sample_rate)) not in (0.0, 1.0):
            tap_table(cutoff_of(step))

    def stop(self) -> None:
        """Read ahead no longer."""
        self._stopped.set()

    def close(self) -> None:
        """Let the file go."""
        self.stop()
        # NB: a pipe that stays silent may be being read; its reader is left to itself then.
        if self._reading.acquire(timeout=_CLOSE_SECONDS):
            self._passage.complete = True
            self._close()
            self._reading.release()

    def coming(self, frames: int, sample_rate: float, *, wait: bool) -> int:
        """Return how many of the next `frames` frames come before the end.

        With `wait` what is needed for them is read.
        """
        step = self._step(sample_rate)
        if not step:
            return frames
        if wait:
            self._read_for(frames, step)
        return self._passage.coming(frames, step, loop=self.loop)

    def play(self, frames: int, sample_rate: float, *, wait: bool) -> Samples:
        """Return the next `frames` frames at `sample_rate`, shape (channels, frames).

        Fewer at the end; none while it stands still. Without `wait`, which reads what is needed,
        fewer also where reading lags behind.
        """
        step = self._step(sample_rate)
        if not step:
            return np.zeros((self.channels, 0), np.float32)
        if wait:
            self._read_for(frames, step)
        return self._passage.play(frames, step, loop=self.loop)

    def _step(self, sample_rate: float) -> float:
        step = self.rate * self.sample_rate / sample_rate
        return step if step > _SLOWEST else 0.0

    def _read_for(self, frames: int, step: float) -> None:
        while self._passage.lacks(frames, step, loop=self.loop):
            if self._is_pipe:
                aside(self._try_to_read)
            else:
                self._try_to_read()

    def _read_ahead(self) -> bool:
        """Read a little, unless enough lies ahead; return whether it did."""
        lacks = self._lacks(self._passage, AHEAD_SECONDS)
        if lacks:
            self._try_to_read()
        if not self._lacks(self._passage, PREFILL_SECONDS):
            self._filled.set()
        return lacks

    def _prefill(self, passage: Passage) -> None:
        while self._lacks(passage, PREFILL_SECONDS):
            self._read(passage)

    def _lacks(self, passage: Passage, seconds: float) -> bool:
        ahead = ceil(seconds * self.sample_rate * max(1.0, self.rate))
        return not passage.complete and passage.ahead < ahead

    def _try_to_read(self) -> None:
        with self._reading:
            passage = self._passage
            if passage.complete:
                return
            try:
                self._read(passage)
            except Exception as error:  # noqa: BLE001 - it ends here, and the element is told
                passage.complete = True
                self._on_failure(self, error)

    def _read(self, passage: Passage) -> None:
        samples = self._reader.read(_CHUNK_FRAMES)
        count = samples.shape[1]
        self._at += count
        if count:
            passage.append(samples)
        if count == _CHUNK_FRAMES:
            return
        # NB: the header may have said more than there is, or nothing.
        length = self._at
        # What follows the end is the beginning, for a loop; read in any case, so that looping may
        # be turned on and off at the last moment.
        passage.complete = not length or not self._rewound()
        self.length = passage.length = length

    def _rewound(self) -> bool:
        try:
            self._reader.seek(0)
        except NotSupportedError:  # a pipe
            return False
        self._at = 0
        return True


def _feed(reference: weakref.ref[Playback], stopped: threading.Event) -> None:
    """Keep a playback filled for a while ahead, until it is stopped or nobody holds it."""
    while not stopped.is_set() and (playback := reference()) is not None:
        has_read = playback._read_ahead()
        del playback
        if not has_read:
            stopped.wait(_POLL_SECONDS)

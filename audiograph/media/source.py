"""What a MediaStreamTrack gets its audio from.

A pushed source has a clock of its own and hands out audio when it comes: a microphone, a graph.
A pulled source is read by who needs it: a file, a pipe, a tone.

https://w3c.github.io/mediacapture-main/#the-model-sources-sinks-constraints-and-settings
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from math import ceil, inf
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from audiograph.media.aside import aside
from audiograph.media.constraints import MediaTrackCapabilities, MediaTrackSettings, ULongRange
from audiograph.media.reader import Reader
from audiograph.media.selection import Possible
from audiograph.media.tap import Tap
from audiograph.render.processor import Samples

if TYPE_CHECKING:
    from audiograph.media.bridge_tap import BridgeTap

Pace = Literal["wait", "clock", "follow"]
"""How a consumer reads: as fast as it can, waiting where it must; when a clock of its own says so,
never waiting; or what has come, when it comes."""

AnyTap: TypeAlias = "Tap | BridgeTap"

AHEAD_SECONDS = 1.0
"""How much a pulled source is read ahead where a clock drives the consumer."""

PREFILL_SECONDS = 0.2
"""How much of it is there before the clock's time begins, so that the start is not torn."""

_CHUNK_FRAMES = 16384
# A pipe may deliver in real time: a long read would come when the last one has been played.
_FEED_FRAMES = 2048
_POLL_SECONDS = 0.05
_STOP_SECONDS = 1.0


class Source:
    """Audio for one or more tracks.

    Parameters
    ----------
    label : str
        What a person calls it.
    channels : int
        Channels of its audio.
    sample_rate : float
        Frames per second.
    settings : mapping
        What the MediaTrackSettings of its tracks have besides.
    """

    clocked = True
    """Whether it has a clock of its own, so that it can't be rendered faster than time passes."""

    ends_tracks = False
    """Whether its tracks end when it does, and not when what it delivered has been played."""

    def __init__(
        self,
        label: str,
        channels: int,
        sample_rate: float,
        *,
        settings: Mapping[str, Any] | None = None,
    ) -> None:
        self.label = label
        self.channels = channels
        self.sample_rate = sample_rate
        self.settings = MediaTrackSettings(
            sample_rate=round(sample_rate), channel_count=channels, **(settings or {})
        )
        self.error: Exception | None = None
        """Why the source ended, where it failed."""
        self.ended = False
        self._taps: tuple[AnyTap, ...] = ()
        self._takers: tuple[Callable[[Samples], object], ...] = ()
        self._users: tuple[Callable[[], None], ...] = ()
        self._lock = threading.Lock()

    def capabilities(self) -> MediaTrackCapabilities:
        """Return what a source of its kind could be."""
        rate, channels = self.settings.sample_rate, self.settings.channel_count
        return MediaTrackCapabilities(
            sample_rate=ULongRange(min=rate, max=rate),
            channel_count=ULongRange(min=channels, max=channels),
        )

    def possible_settings(self) -> Possible:
        """Return what its settings could become while it runs: by default, what they are."""
        return {name: [value] for name, value in self.settings.items()}

    @property
    def seconds(self) -> float | None:
        """How long it is from its beginning to its end, where that is known."""
        return None

    def open_tap(self, sample_rate: float, pace: Pace, latency: float = 0.0) -> AnyTap:
        """Return a tap that delivers at `sample_rate` to a consumer of that `pace`.

        Where both have a clock, `latency` seconds lie between them.
        """
        tap = self._make_tap(sample_rate, pace, latency)
        with self._lock:
            self._taps = (*self._taps, tap)
            if self.ended:
                tap.end()
        return tap

    def close_tap(self, tap: AnyTap) -> None:
        """Deliver to `tap` no longer, and cut it off."""
        with self._lock:
            self._taps = tuple(each for each in self._taps if each is not tap)
        tap.cut()

    def feed(self, take: Callable[[Samples], object]) -> None:
        """Have `take(samples)` called with everything that is delivered; it must not wait."""
        with self._lock:
            self._takers = (*self._takers, take)

    def push(self, samples: Samples) -> None:
        """Deliver `samples`, shape (channels, frames), to every tap; takes no lock."""
        for tap in self._taps:
            tap.push(samples)
        for take in self._takers:
            take(samples)

    def end(self, error: Exception | None = None) -> None:
        """Take note that no more audio will come; `error` says why, where it failed."""
        with self._lock:
            if self.ended:
                return
            self.ended = True
            self.error = error
            taps, users = self._taps, self._users
        for tap in taps:
            tap.end()
        for tell in users:
            tell()

    def prefill(self, stop: Callable[[], bool] = lambda: False) -> None:
        """Wait until there is something for a clock to begin with, or the source has ended.

        Or until `stop()`, which is asked now and then.
        """

    def use(self, tell: Callable[[], None]) -> None:
        """Count one more track that depends on the source; have `tell()` called when it ends."""
        with self._lock:
            self._users = (*self._users, tell)

    def unuse(self, tell: Callable[[], None]) -> None:
        """Count the track of `tell` no longer; without any, the source is stopped."""
        with self._lock:
            before, self._users = self._users, tuple(e for e in self._users if e != tell)
        if before and not self._users:
            self.stop()

    def stop(self) -> None:
        """Let the device or file go."""
        self.end()

    def _make_tap(self, sample_rate: float, pace: Pace, latency: float) -> AnyTap:
        if pace == "clock":
            # NB: here, since what belongs to devices is loaded where one takes part.
            from audiograph.media.bridge_tap import BridgeTap

            return BridgeTap(self.channels, self.sample_rate, sample_rate, latency)
        return Tap(self.channels, self.sample_rate, sample_rate)


class PulledSource(Source):
    """Audio that a reader delivers when it is asked for it.

    Where no clock drives the consumer, the consumer itself reads; else a thread reads ahead. A
    pipe that stays silent is waited for, but not by `stop`.
    """

    clocked = False

    def __init__(self, reader: Reader, *, settings: Mapping[str, Any] | None = None) -> None:
        super().__init__(
            reader.label, reader.channels, float(reader.sample_rate), settings=settings
        )
        self._reader = reader
        self._feeder: threading.Thread | None = None
        self._filled = threading.Event()
        self._stopped = threading.Event()
        self._reading = threading.Lock()

    def open_tap(self, sample_rate: float, pace: Pace, latency: float = 0.0) -> AnyTap:
        tap = super().open_tap(sample_rate, pace, latency)
        # NB: not before the tap is known, since what is read for nobody is lost.
        if pace == "clock" and self._feeder is None:
            self._feeder = threading.Thread(
                target=self._feed, name=f"reads {self.label}", daemon=True
            )
            self._feeder.start()
        return tap

    @property
    def seconds(self) -> float | None:
        return None if self._reader.frames is None else self._reader.frames / self.sample_rate

    def prefill(self, stop: Callable[[], bool] = lambda: False) -> None:
        if self._feeder is not None:
            while not (self._filled.wait(_POLL_SECONDS) or stop()):
                pass

    def stop(self) -> None:
        self._stopped.set()
        super().stop()
        if self._reading.acquire(timeout=_STOP_SECONDS):
            self._reader.close()
            self._reading.release()

    def _make_tap(self, sample_rate: float, pace: Pace, latency: float) -> Tap:
        if pace == "clock":
            limit = AHEAD_SECONDS * sample_rate
            return Tap(self.channels, self.sample_rate, sample_rate, limit)
        tap = Tap(self.channels, self.sample_rate, sample_rate)
        pull = self._pull_aside if self._reader.is_stream else self._pull
        ratio = self.sample_rate / sample_rate
        tap.pull_from(lambda frames: pull(max(_CHUNK_FRAMES, ceil(frames * ratio))))
        return tap

    def _pull_aside(self, frames: int) -> None:
        aside(lambda: self._pull(frames))

    def _pull(self, frames: int) -> None:
        """Read `frames` frames and push them; end with the reader."""
        try:
            with self._reading:
                samples = self._reader.read(frames)
        except Exception as error:  # noqa: BLE001 - the source ends, and who waits for it is told
            self.end(error)
            return
        if samples.shape[1]:
            self.push(samples)
        if samples.shape[1] < frames:
            self.end()

    def _feed(self) -> None:
        """Keep every tap filled for a while ahead, until the reader ends."""
        while not self._stopped.is_set() and not self.ended:
            # NB: the slowest of those that read sets the pace: the others' queues hold what they
            # need. One that stands still loses what is read for others; where all do, the source
            # waits, and none of them loses anything.
            taps = [tap for tap in self._taps if isinstance(tap, Tap)]
            paced = [tap for tap in taps if tap.is_read()] or taps
            ahead = max((tap.available / tap.sample_rate for tap in paced), default=inf)
            if ahead >= PREFILL_SECONDS:
                self._filled.set()
            if ahead < AHEAD_SECONDS:
                self._pull(_FEED_FRAMES)
            else:
                self._stopped.wait(_POLL_SECONDS)
        self._filled.set()

"""A route as a whole: its inputs opened, its rate and channels settled, and run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from math import inf
from typing import TYPE_CHECKING

from audiograph.context.defaults import DEFAULT_SAMPLE_RATE
from audiograph.errors import NotSupportedError
from audiograph.media.raw import RawFormat
from audiograph.media.track import MediaStreamTrack
from audiograph.routing import inputs
from audiograph.routing.offline import render
from audiograph.routing.outputs import DeviceOutput, FileOutput, Output
from audiograph.sinks.descriptor import interrupted_once

if TYPE_CHECKING:
    from audiograph.portaudio import Device
    from audiograph.routing.live import LiveRoute

Frames = Callable[[float], int]
"""A length of time, as frames at a sample rate."""


@dataclass(frozen=True, kw_only=True)
class Route:
    """What is to be routed; None is what suits the inputs and outputs.

    Attributes
    ----------
    mics, files, tones : sequence
        The inputs: devices; paths, ``-`` being standard input; frequencies in Hz.
    outputs : sequence of Output
        Where the mix goes.
    gain : float
        What it is scaled by.
    start, duration : callable or None
        Where the files begin, and how long it goes on, as frames at a rate.
    choose : callable or None
        Returns the one track that is taken alone.
    raw : RawFormat or None
        How standard input is encoded where it has no header.
    sample_rate, channels : int or None
        Of files and pipes.
    latency : float
        Seconds to ask of devices.
    """

    mics: Sequence[Device]
    files: Sequence[str]
    tones: Sequence[float]
    outputs: Sequence[Output]
    gain: float
    start: Frames | None
    duration: Frames | None
    choose: Callable[[Sequence[MediaStreamTrack]], MediaStreamTrack] | None
    raw: RawFormat | None
    sample_rate: int | None
    channels: int | None
    latency: float

    @property
    def is_live(self) -> bool:
        """Whether time must pass, because a device takes part, or nothing is written."""
        return bool(self.mics) or not all(isinstance(each, FileOutput) for each in self.outputs)

    @property
    def fills_the_disk(self) -> bool:
        """Whether it would write a file as fast as the machine can, and never end."""
        into_files = any(isinstance(o, FileOutput) and not o.is_pipe for o in self.outputs)
        is_endless = bool(self.tones) and not self.files and self.duration is None
        return is_endless and not self.is_live and into_files


@dataclass(frozen=True)
class Routed:
    """How a route went: how long it ran, and why it ended."""

    seconds: float
    interrupted: bool = False
    error: Exception | None = None


def run(route: Route, on_progress: Callable[[float, float | None], None]) -> Routed:
    """Run a route until its files have ended, its time is over, or Ctrl-C.

    `on_progress(seconds, total)` is called now and then; the total is None where nobody knows. A
    live route that is interrupted, or whose device fails, completes its recordings first and tells
    so in what it returns; what an offline route fails with is raised, and leaves its outputs as
    they were.
    """
    with ExitStack() as stack:
        tracks, rate = _open(route, stack)
        # What is no file has no end.
        until = tracks[: len(route.files)] or tracks
        if route.choose is not None:
            tracks = until = [route.choose(tracks)]
        channels = route.channels or max(track._source.channels for track in tracks)
        frames = None if route.duration is None else route.duration(rate)
        total = _total(route, until, rate)

        def tell(seconds: float) -> None:
            on_progress(seconds, total)

        if not route.is_live:
            written = render(
                tracks,
                [output for output in route.outputs if isinstance(output, FileOutput)],
                until=until,
                sample_rate=rate,
                channels=channels,
                gain=route.gain,
                frames=frames,
                on_progress=tell,
            )
            return Routed(written / rate)
        # NB: here, since all that drives devices takes as long to load as a file to convert.
        from audiograph.routing.live import LiveRoute

        live = LiveRoute(
            tracks,
            route.outputs,
            until=until,
            sample_rate=rate,
            channels=channels,
            gain=route.gain,
            latency=route.latency,
            frames=frames,
        )
        return _run_live(live, tell)


def _total(route: Route, until: Sequence[MediaStreamTrack], rate: float) -> float | None:
    """Return how many seconds it will take, None where that is not known."""
    limit = inf if route.duration is None else route.duration(rate) / rate
    start = 0.0 if route.start is None else route.start(rate) / rate
    lengths = [track._source.seconds for track in until]
    ends = [inf if seconds is None else seconds - start for seconds in lengths]
    total = min(max(ends), limit)
    return None if total == inf else total


def _run_live(live: LiveRoute, on_progress: Callable[[float], None]) -> Routed:
    failure: Exception | None = None
    with interrupted_once() as interrupted:
        try:
            live.run(on_progress, interrupted)
        except Exception as error:  # noqa: BLE001 - returned when the recordings are complete
            failure = error
        try:
            live.close()
        except Exception as error:  # noqa: BLE001 - likewise
            failure = failure or error
    return Routed(live.seconds, interrupted=interrupted(), error=failure)


def _open(route: Route, stack: ExitStack) -> tuple[list[MediaStreamTrack], int]:
    tracks: list[MediaStreamTrack] = []

    def keep(track: MediaStreamTrack) -> None:
        stack.callback(track.stop)
        tracks.append(track)

    for path in route.files:
        keep(inputs.open_file(path, raw=route.raw, start=route.start))
    rate = _rate(route, tracks)
    for frequency in route.tones:
        keep(inputs.open_tone(frequency, rate))
    for device in route.mics:
        keep(_open_mic(device, route, rate))
    return tracks, rate


def _open_mic(device: Device, route: Route, rate: int) -> MediaStreamTrack:
    try:
        return inputs.open_device(
            device, sample_rate=rate, channels=route.channels, latency=route.latency
        )
    except NotSupportedError:
        # What the device can't do, the resampler can.
        return inputs.open_device(device, channels=route.channels, latency=route.latency)


def _rate(route: Route, files: Sequence[MediaStreamTrack]) -> int:
    """Return the route's rate: what was asked for, or the first file's, or a device's own.

    The device that leads must be able to run at it, so that nothing is resampled for no reason.
    """
    if route.sample_rate is not None:
        return route.sample_rate
    speakers = [output.device for output in route.outputs if isinstance(output, DeviceOutput)]
    leader = next(iter([*speakers, *route.mics]), None)
    first = files[0]._source.sample_rate if files else None
    if leader is None:
        return round(first or DEFAULT_SAMPLE_RATE)
    from audiograph.portaudio import supports

    return round(first if first and supports(leader, first) else leader.default_sample_rate)

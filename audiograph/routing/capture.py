"""A recording: one input device, straight into one file or pipe."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass

from audiograph.errors import NotSupportedError
from audiograph.media.device_source import DeviceSource
from audiograph.media.track import MediaStreamTrack
from audiograph.media.track_writer import TrackWriter
from audiograph.portaudio import Device
from audiograph.routing.inputs import open_device
from audiograph.routing.outputs import FileOutput
from audiograph.sinks.descriptor import interrupted_once

_POLL_SECONDS = 0.1


@dataclass(frozen=True)
class Captured:
    """How a recording went: how long it is, and why it ended."""

    seconds: float
    lost: int
    interrupted: bool
    error: Exception | None


def capture(
    device: Device,
    output: FileOutput,
    *,
    sample_rate: int | None,
    channels: int | None,
    latency: float,
    frames: Callable[[float], int] | None,
    on_progress: Callable[[float], None],
) -> Captured:
    """Record `device` into `output` until it is full, the device fails, or Ctrl-C.

    `sample_rate` and `channels` are the output's, None is the device's; `frames(sample_rate)` is
    how many to record. What was recorded is complete and readable however it ended. Raises what
    opening the device or the output raises.
    """
    track = _open(device, sample_rate, channels, latency)
    source = track._source
    assert isinstance(source, DeviceSource)
    rate = sample_rate or round(source.sample_rate)
    over = threading.Event()
    track.add_event_listener("ended", lambda event: over.set())
    wanted = None if frames is None else frames(rate)
    with interrupted_once() as interrupted, ExitStack() as stack:
        stack.callback(track.stop)
        sink = output.open(sample_rate=rate, channels=channels or source.channels, recording=True)
        writer = TrackWriter(track, sink, frames=lambda: wanted, on_done=over.set)
        # NB: before the device, which takes its time to let go where it no longer answers.
        stack.callback(writer.finish)
        writer.start()
        while not (over.wait(_POLL_SECONDS) or interrupted()):
            on_progress(writer.written / rate)
    return Captured(
        seconds=writer.written / rate,
        lost=source.lost_blocks.count,
        interrupted=interrupted(),
        error=writer.error or source.error,
    )


def _open(
    device: Device, sample_rate: int | None, channels: int | None, latency: float
) -> MediaStreamTrack:
    try:
        return open_device(device, sample_rate=sample_rate, channels=channels, latency=latency)
    except NotSupportedError:
        if sample_rate is None:
            raise
        # What the device can't do, the resampler can.
        return open_device(device, channels=channels, latency=latency)

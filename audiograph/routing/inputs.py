"""What a route comes from: tracks, under ids that are the same in every run."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import NAMESPACE_URL, uuid5

from audiograph.media.raw import RawFormat
from audiograph.media.source import PulledSource, Source
from audiograph.media.track import MediaStreamTrack

if TYPE_CHECKING:
    from audiograph.portaudio import Device


def track_of(source: Source, name: str) -> MediaStreamTrack:
    """Return a track whose id comes from `name`."""
    # NB: a file's name may hold bytes that are no text.
    text = name.encode(errors="backslashreplace").decode()
    return MediaStreamTrack(source, id=str(uuid5(NAMESPACE_URL, text)))


def open_device(
    device: Device,
    *,
    sample_rate: float | None = None,
    channels: int | None = None,
    latency: float | None = None,
) -> MediaStreamTrack:
    """Return the track of an input device, which records from now on."""
    from audiograph.media.device_source import DEFAULT_LATENCY_SECONDS, DeviceSource

    source = DeviceSource(
        device,
        sample_rate=sample_rate,
        channels=channels,
        latency=DEFAULT_LATENCY_SECONDS if latency is None else latency,
    )
    return track_of(source, f"device:{device.id}")


def open_file(
    path: str,
    *,
    raw: RawFormat | None = None,
    start: Callable[[float], int] | None = None,
) -> MediaStreamTrack:
    """Return the track of a file, or, for ``-``, of standard input.

    `raw` tells how standard input is encoded where it has no header; `start` which frame is the
    first, at a sample rate. Raises OSError for what can't be read, EncodingError for what is no
    audio, ValueError for a start behind the end.
    """
    from audiograph.media.files import open_file as read_file
    from audiograph.media.files import open_stdin

    reader = open_stdin(raw=raw) if path == "-" else read_file(path)
    first = 0 if start is None else start(reader.sample_rate)
    if first:
        if reader.frames is not None and first >= reader.frames:
            raise ValueError(
                f"the start is {first / reader.sample_rate:g} s into {reader.label}, which ends "
                f"at {reader.frames / reader.sample_rate:g} s"
            )
        reader.seek(first)
    name = "stdin:" if path == "-" else f"file:{Path(path).resolve()}"
    return track_of(PulledSource(reader), name)


def open_tone(frequency: float, sample_rate: float) -> MediaStreamTrack:
    """Return the track of a sine without an end."""
    from audiograph.media.tone import ToneReader

    return track_of(PulledSource(ToneReader(frequency, round(sample_rate))), f"tone:{frequency}")

"""Where a live context's audio goes: a device by its id, or nowhere."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from audiograph.errors import NotFoundError
from audiograph.portaudio import Device, default_device, devices, refresh

AudioSinkType = Literal["none"]


@dataclass(frozen=True, kw_only=True)
class AudioSinkOptions:
    """A sink that is no device: of type "none", it plays to nowhere.

    https://webaudio.github.io/web-audio-api/#AudioSinkOptions
    """

    type: AudioSinkType


@dataclass(frozen=True)
class AudioSinkInfo:
    """What `AudioContext.sink_id` is for a sink that is no device.

    https://webaudio.github.io/web-audio-api/#AudioSinkInfo
    """

    type: AudioSinkType


def read_sink(sink_id: str | AudioSinkOptions | Mapping[str, str]) -> str | AudioSinkInfo:
    """Return what `AudioContext.sink_id` is for a sink that was asked for.

    Raises TypeError for what is no sink.
    """
    if isinstance(sink_id, str):
        return sink_id
    given = sink_id.get("type") if isinstance(sink_id, Mapping) else getattr(sink_id, "type", None)
    if given != "none":
        raise TypeError(f"sink_id is a device's id or {{'type': 'none'}}, not {sink_id!r}")
    return AudioSinkInfo("none")


def find_device(sink_id: str) -> Device:
    """Return the output device of that id; "" and "default" are the default one.

    Raises NotFoundError where there is none.
    """
    if sink_id in ("", "default"):
        return default_device("audiooutput")
    device = _listed_device(sink_id)
    # It may have been plugged in since somebody looked.
    if device is None and refresh():
        device = _listed_device(sink_id)
    if device is None:
        raise NotFoundError(
            f"no output device has the id {sink_id!r}: enumerate_devices() tells which there are"
        )
    return device


def _listed_device(sink_id: str) -> Device | None:
    for device in devices():
        if device.id == sink_id and device.kind == "audiooutput":
            return device
    return None

"""PortAudio's errors in the terms of the Web APIs, saying what, which, why and what to do."""

from __future__ import annotations

from audiograph.errors import (
    DOMException,
    NotAllowedError,
    NotFoundError,
    NotReadableError,
    NotSupportedError,
)
from audiograph.portaudio.devices import Device

# portaudio.h
_INVALID_CHANNELS = -9998
_INVALID_RATE = -9997
_INVALID_DEVICE = -9996
_UNAVAILABLE = -9985

# What the system below says, without its sign: EPERM, EACCES, Windows' E_ACCESSDENIED.
_PERMISSION = {1, 13, 2147024891}


def name_of(device: Device) -> str:
    """Return what a message calls `device`: "output 'speakers' (ALSA)"."""
    direction = "input" if device.kind == "audioinput" else "output"
    return f"{direction} {device.label!r} ({device.host_api})"


def explained(
    error: Exception, device: Device, *, sample_rate: float, channels: int
) -> DOMException:
    """Return what to raise for `error`, a PortAudioError that opening or starting `device` gave."""
    what = f"cannot open {name_of(device)}"
    code = error.args[1] if len(error.args) > 1 else 0
    host_code, host_text = error.args[2][1:] if len(error.args) > 2 else (0, "")
    why = host_text or str(error.args[0]).rpartition(": ")[2]
    if code == _INVALID_CHANNELS:
        return NotSupportedError(f"{what} with {channels} channels: it has {device.channels}")
    if code == _INVALID_RATE:
        return NotSupportedError(
            f"{what} at {sample_rate:g} Hz: it does not offer that rate; try "
            f"{device.default_sample_rate:g} Hz"
        )
    if abs(host_code) in _PERMISSION:
        return NotAllowedError(
            f"{what}: {why}; let this user (on Linux often: group audio) use the sound devices"
        )
    if code == _INVALID_DEVICE:
        return NotFoundError(f"{what}: it is gone; audiograph devices lists what is there")
    if code == _UNAVAILABLE:
        return NotReadableError(
            f"{what}: another program is using it; close that or choose another device"
        )
    return NotReadableError(
        f"{what}: {why}; see that the device is there and the sound server runs, or choose "
        "another device"
    )


def stopped(device: Device) -> NotReadableError:
    """Return the fault of a stream that has ended by itself."""
    return NotReadableError(
        f"{name_of(device)} has stopped: the device or the sound server went away; see that it is "
        "there and start again"
    )


def stalled(device: Device, seconds: float) -> NotReadableError:
    """Return the fault of a stream whose callbacks no longer come."""
    return NotReadableError(
        f"{name_of(device)} has not answered for {seconds:.0f} s: the device or the sound server "
        "hangs; restart it and start again"
    )

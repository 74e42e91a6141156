"""What sound devices there are, each under an id that survives a restart and a re-plug."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections import Counter
from dataclasses import dataclass
from typing import Any, Literal

from audiograph.errors import NotFoundError
from audiograph.portaudio.calls import call
from audiograph.portaudio.library import loaded

DeviceKind = Literal["audioinput", "audiooutput"]

USUAL_RATES = (8000, 11025, 16000, 22050, 32000, 44100, 48000, 88200, 96000, 176400, 192000)

# Short name of each host API, the one to prefer first: where a machine offers a device through
# several, the first is the one that neither adds latency nor cuts names.
_HOST_APIS = {
    "Core Audio": "coreaudio",
    "Windows WASAPI": "wasapi",
    "ALSA": "alsa",
    "PulseAudio": "pulse",
    "JACK Audio Connection Kit": "jack",
    "ASIO": "asio",
    "Windows DirectSound": "directsound",
    "Windows WDM-KS": "wdmks",
    "MME": "mme",
    "OSS": "oss",
}


CONVERTED_RATE = 48000.0
"""The likeliest rate behind a device that takes any: most sound servers run at it."""


@dataclass(frozen=True)
class Device:
    """One direction of a sound device, as PortAudio describes it."""

    id: str
    """Stable: made from host API, direction and name, e.g. "alsa-in-usb-audio-3f2a"."""

    label: str
    """PortAudio's name for it."""

    kind: DeviceKind
    host_api: str
    """PortAudio's name of the sound system, e.g. "ALSA"."""

    index: int
    """PortAudio's number; it changes when devices come and go."""

    channels: int
    """The most channels that it offers."""

    default_sample_rate: float
    """The rate at which to run it where nobody asks for one."""

    low_latency: float
    """The least latency that it suggests, in seconds."""

    high_latency: float
    """The latency that it suggests where safety comes first, in seconds."""

    is_default: bool
    group_id: str
    """The same for the input and the output of one piece of hardware."""


def devices() -> tuple[Device, ...]:
    """List the inputs and outputs there are, the preferred host API first.

    No sound system at all gives an empty tuple. A device that is listed may still refuse to open
    (ALSA lists every plugin for both directions); only opening it tells.

    Raises
    ------
    NotFoundError
        When PortAudio is not installed.
    """
    return call(listed)


def default_device(kind: DeviceKind) -> Device:
    """Return the default input or output of the preferred host API that has one.

    Raises
    ------
    NotFoundError
        When there is none.
    """
    for device in devices():
        if device.kind == kind and device.is_default:
            return device
    direction = "input" if kind == "audioinput" else "output"
    raise NotFoundError(
        f"there is no sound {direction} device: plug one in, or start the sound server"
    )


def supported_rates(device: Device, channels: int | None = None) -> tuple[int, ...]:
    """Return the usual sample rates at which `device` opens, ascending.

    Asked for `channels` channels, by default two or as many as there are. Empty for a device that
    does not open at all. This opens the device for a moment, once for each rate.
    """
    return call(
        lambda: tuple(rate for rate in USUAL_RATES if _opens_at(device, float(rate), channels))
    )


def supports(device: Device, sample_rate: float) -> bool:
    """Return whether `device` opens at that rate. This opens it for a moment."""
    return call(lambda: _opens_at(device, sample_rate))


def _opens_at(device: Device, rate: float, channels: int | None = None) -> bool:
    sounddevice = loaded()
    check = (
        sounddevice.check_input_settings
        if device.kind == "audioinput"
        else sounddevice.check_output_settings
    )
    try:
        check(found(device).index, channels or min(2, device.channels), "float32", None, rate)
    except sounddevice.PortAudioError:
        return False
    return True


def listed() -> tuple[Device, ...]:
    """`devices` for functions that run on PortAudio's thread already."""
    sounddevice = loaded()
    host_apis = sounddevice.query_hostapis()
    return described(sounddevice.query_devices(), host_apis)


def found(device: Device) -> Device:
    """Return `device` as it is now, under its present index; on PortAudio's thread.

    Raises
    ------
    NotFoundError
        When it is gone.
    """
    for present in listed():
        if present.id == device.id:
            return present
    raise NotFoundError(
        f"the device {device.label!r} ({device.host_api}) is gone: plug it in again, or choose "
        "another (audiograph devices lists them)"
    )


def described(entries: Any, host_apis: Any) -> tuple[Device, ...]:
    """Make devices of what PortAudio tells, `entries` and `host_apis` as sounddevice gives them."""
    order = sorted(range(len(host_apis)), key=lambda number: _rank(host_apis[number]["name"]))
    defaults = {kind: _default_index(kind, [host_apis[n] for n in order]) for kind in _DIRECTIONS}
    seen: Counter[str] = Counter()
    result = []
    for number in order:
        for index in host_apis[number]["devices"]:
            entry = entries[index]
            for kind, direction in _DIRECTIONS.items():
                channels = entry[f"max_{direction}_channels"]
                if not channels:
                    continue
                name = entry["name"]
                id = _id(host_apis[number]["name"], direction, name)
                seen[id] += 1
                result.append(
                    Device(
                        id=id if seen[id] == 1 else f"{id}-{seen[id]}",
                        label=name,
                        kind=kind,
                        host_api=host_apis[number]["name"],
                        index=index,
                        channels=channels,
                        default_sample_rate=_own_rate(entry, host_apis[number]["name"]),
                        low_latency=entry[f"default_low_{direction}_latency"],
                        high_latency=entry[f"default_high_{direction}_latency"],
                        is_default=index == defaults[kind],
                        group_id=_digest(host_apis[number]["name"], _hardware(name), length=8),
                    )
                )
    return tuple(result)


_DIRECTIONS: dict[DeviceKind, str] = {"audioinput": "input", "audiooutput": "output"}


def _rank(host_api: str) -> int:
    names = list(_HOST_APIS)
    return names.index(host_api) if host_api in names else len(names)


def _own_rate(entry: Any, host_api: str) -> float:
    """Return the rate at which to run a device where nobody asks for one.

    Behind an ALSA device that is no piece of hardware something converts, a sound server mostly,
    and 44.1 kHz is merely the first rate that PortAudio tried.
    """
    if host_api == "ALSA" and "(hw:" not in entry["name"]:
        return CONVERTED_RATE
    return float(entry["default_samplerate"])


def _default_index(kind: DeviceKind, host_apis: list[Any]) -> int:
    indexes = (host_api[f"default_{_DIRECTIONS[kind]}_device"] for host_api in host_apis)
    return next((index for index in indexes if index >= 0), -1)


def _id(host_api: str, direction: str, name: str) -> str:
    # ALSA puts the card's number into the name, and a card has another one after a restart.
    lasting = re.sub(r"\(hw:\w+,(\d+)\)", r"(hw:\1)", name)
    parts = (
        _HOST_APIS.get(host_api) or _slug(host_api),
        "in" if direction == "input" else "out",
        _slug(re.sub(r"\(hw:\d+\)", "", lasting)),
        # Names in other scripts leave an empty slug, and long or similar ones the same.
        _digest(host_api, lasting, length=4),
    )
    return "-".join(part for part in parts if part)


def _hardware(name: str) -> str:
    """Return the part of an ALSA name that is the card ("Card: stream (hw:1,0)"), or the name."""
    card = re.fullmatch(r"(.+?): .*\((hw:\w+),\d+\)", name)
    return f"{card[1]} {card[2]}" if card else name


def _slug(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return "-".join(re.findall(r"[a-z0-9]+", plain))[:24].strip("-")


def _digest(*parts: str, length: int) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:length]

"""MediaDevices: what devices there are, and streams of the inputs among them.

https://w3c.github.io/mediacapture-main/#mediadevices
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Literal

from audiograph import portaudio
from audiograph.errors import NotFoundError, NotReadableError, NotSupportedError
from audiograph.events import Event, EventHandler, EventTarget
from audiograph.media.constraints import (
    MediaStreamConstraints,
    MediaTrackCapabilities,
    MediaTrackConstraints,
    MediaTrackSupportedConstraints,
)
from audiograph.media.device_choice import choose_device
from audiograph.media.device_source import DeviceSource, capabilities_of, rates_of
from audiograph.media.stream import MediaStream
from audiograph.media.track import MediaStreamTrack
from audiograph.options import read_options
from audiograph.portaudio import Device

MediaDeviceKind = Literal["audioinput", "audiooutput", "videoinput"]


@dataclass(frozen=True)
class MediaDeviceInfo:
    """A device; `device_id` stays when the machine restarts or the device is plugged in again.

    https://w3c.github.io/mediacapture-main/#device-info
    """

    device_id: str
    kind: MediaDeviceKind
    label: str
    group_id: str

    def to_json(self) -> dict[str, str]:
        """Return the attributes as a dict.

        https://w3c.github.io/mediacapture-main/#dom-mediadeviceinfo-tojson
        """
        return {each.name: getattr(self, each.name) for each in fields(MediaDeviceInfo)}


@dataclass(frozen=True)
class InputDeviceInfo(MediaDeviceInfo):
    """An input device.

    https://w3c.github.io/mediacapture-main/#input-specific-device-info
    """

    _device: Device = field(repr=False, compare=False)

    def get_capabilities(self) -> MediaTrackCapabilities:
        """Return what a track of the device could be; its rates are tried out for that.

        https://w3c.github.io/mediacapture-main/#dom-inputdeviceinfo-getcapabilities
        """
        return capabilities_of(self._device, sample_rates=rates_of(self._device))


@dataclass(frozen=True, kw_only=True)
class DeviceChangeEventInit:
    """What a DeviceChangeEvent is made from.

    `user_inserted_devices` is not in the specification, where only the browser can tell them.

    https://w3c.github.io/mediacapture-main/#dom-devicechangeeventinit
    """

    devices: Iterable[MediaDeviceInfo] = ()
    user_inserted_devices: Iterable[MediaDeviceInfo] = ()


class DeviceChangeEvent(Event):
    """Fired as "devicechange" when there are other devices than before.

    https://w3c.github.io/mediacapture-main/#devicechangeevent
    """

    def __init__(
        self, type: str, event_init_dict: DeviceChangeEventInit | None = None, **fields: Any
    ) -> None:
        super().__init__(type)
        given = read_options(DeviceChangeEventInit, event_init_dict, fields)
        self._devices = _infos("devices", given.devices)
        self._user_inserted_devices = _infos("user_inserted_devices", given.user_inserted_devices)

    @property
    def devices(self) -> tuple[MediaDeviceInfo, ...]:
        """What there is now.

        https://w3c.github.io/mediacapture-main/#dom-devicechangeevent-devices
        """
        return self._devices

    @property
    def user_inserted_devices(self) -> tuple[MediaDeviceInfo, ...]:
        """Those among them that were not there before.

        https://w3c.github.io/mediacapture-main/#dom-devicechangeevent-userinserteddevices
        """
        return self._user_inserted_devices


def _infos(name: str, given: Iterable[MediaDeviceInfo]) -> tuple[MediaDeviceInfo, ...]:
    infos = tuple(given) if isinstance(given, Iterable) else (given,)
    if not all(isinstance(info, MediaDeviceInfo) for info in infos):
        raise TypeError(f"{name} are MediaDeviceInfos, not {given!r}")
    return infos


class MediaDevices(EventTarget):
    """The way to devices; `media_devices` is the one that there is.

    NB: PortAudio does not tell when a device comes or goes. `enumerate_devices` and
    `get_user_media` look anew, and when one of them finds other devices than the look before,
    a "devicechange" event is fired in the calling thread. While a stream is open, PortAudio
    can't look.

    Parameters
    ----------
    look : callable
        Looks for the devices and returns them.

    https://w3c.github.io/mediacapture-main/#mediadevices
    """

    ondevicechange = EventHandler(
        "Fired with a DeviceChangeEvent when a look finds other devices than the last.\n\n"
        "https://w3c.github.io/mediacapture-main/#dom-mediadevices-ondevicechange"
    )

    def __init__(self, look: Callable[[], tuple[Device, ...]] | None = None) -> None:
        self._look = look or _look
        self._stored: list[MediaDeviceInfo] | None = None
        self._turn = threading.Lock()

    def enumerate_devices(self) -> list[MediaDeviceInfo]:
        """List inputs, then outputs, the default ones first; empty without a sound system.

        The default output stands there twice, first with the id "default".

        Raises
        ------
        NotFoundError
            When PortAudio is not installed; the message says which package brings it.
        NotReadableError
            When the sound system does not answer.

        https://w3c.github.io/mediacapture-main/#dom-mediadevices-enumeratedevices
        """
        return device_infos(self._discover())

    def get_supported_constraints(self) -> MediaTrackSupportedConstraints:
        """Return the properties that can be constrained.

        https://w3c.github.io/mediacapture-main/#dom-mediadevices-getsupportedconstraints
        """
        return MediaTrackSupportedConstraints()

    def get_user_media(
        self,
        constraints: MediaStreamConstraints | Mapping[str, Any] | None = None,
        *,
        audio: bool | MediaTrackConstraints | Mapping[str, Any] = False,
        video: bool | MediaTrackConstraints | Mapping[str, Any] = False,
    ) -> MediaStream:
        """Open the input device that fits best and return a stream of one track, its sound.

        `audio` is True for the default device as it is, or what is asked of the track. It may also
        be given within MediaStreamConstraints, or a dict of them. The device records until the
        track is stopped.

        Raises
        ------
        TypeError
            When neither audio nor video is asked for, or for what are no constraints.
        NotFoundError
            Without a microphone, or without PortAudio; and when video is asked for.
        OverconstrainedError
            When no device can meet the required constraints; `constraint` names one.
        NotAllowedError
            When the system refuses.
        NotReadableError
            When the device is in use, or does not work.

        https://w3c.github.io/mediacapture-main/#dom-mediadevices-getusermedia
        """
        given = {
            kind: value
            for kind, value in {"audio": audio, "video": video}.items()
            if value is not False
        }
        requested = MediaStreamConstraints.read(constraints, **given)
        kinds = [kind for kind in ("audio", "video") if requested.get(kind, False) is not False]
        # By the text: "If requestedMediaTypes is the empty set, return a promise rejected with
        # a TypeError."
        if not kinds:
            raise TypeError("nothing is asked for: get_user_media(audio=True)")
        # "If candidateSet is the empty set, jump to the step labeled NotFound Failure."
        if "video" in kinds:
            raise NotFoundError(
                "there is no camera: audiograph is about sound, ask for audio alone"
            )
        # "If the value of the kind entry of constraints is true, set CS to the empty constraint
        # set …. Otherwise, … to the value of the kind entry of constraints."
        wanted = MediaTrackConstraints.read(None if requested.audio is True else requested["audio"])
        device, selection = choose_device(self._discover(), wanted, rates_of)
        # AD-HOC: the text has the next best device tried where the best can't be opened. Nobody
        # wants to be recorded by a microphone that was not asked for because another is in use.
        source = _open(device, selection.settings)
        track = MediaStreamTrack(source)
        # "Run the ApplyConstraints algorithm on all tracks in stream …. If any of them returns
        # something other than undefined, … jump to the step labeled Constraint Failure."
        try:
            track.apply_constraints(wanted)
        except BaseException:
            track.stop()
            raise
        return MediaStream([track])

    def _discover(self) -> tuple[Device, ...]:
        """Look for devices, and tell where they are others than before."""
        devices = self._look()
        infos = device_infos(devices)
        with self._turn:
            before, self._stored = self._stored, infos
        # By the text: "If the MediaDeviceInfo objects in newExposedDevices match those in
        # lastExposedDevices and have the same order, then abort these steps."
        if before is not None and infos != before:
            known = {(info.kind, info.device_id) for info in before}
            self.dispatch_event(
                DeviceChangeEvent(
                    "devicechange",
                    devices=infos,
                    user_inserted_devices=[
                        info for info in infos if (info.kind, info.device_id) not in known
                    ],
                )
            )
        return devices


def device_infos(devices: Iterable[Device]) -> list[MediaDeviceInfo]:
    """Return the devices as `enumerate_devices` lists them.

    https://w3c.github.io/mediacapture-main/#dfn-creating-a-list-of-device-info-objects
    """
    microphones: list[MediaDeviceInfo] = []
    others: list[MediaDeviceInfo] = []
    for device in devices:
        if device.kind == "audioinput":
            info = InputDeviceInfo(
                device.id, "audioinput", device.label, device.group_id, _device=device
            )
            # By the text: "If device is the system default microphone, prepend deviceInfo to
            # microphoneList. Otherwise, append."
            microphones.insert(0 if device.is_default else len(microphones), info)
            continue
        others.append(MediaDeviceInfo(device.id, "audiooutput", device.label, device.group_id))
        if device.is_default:
            # "Set defaultAudioOutputInfo's deviceId to "default". … update … label to make it
            # explicit that this is the system default audio output. Prepend".
            label = f"Default: {device.label}"
            others.insert(0, MediaDeviceInfo("default", "audiooutput", label, device.group_id))
    return [*microphones, *others]


def _look() -> tuple[Device, ...]:
    portaudio.refresh()
    return portaudio.devices()


def _open(device: Device, settings: Mapping[str, Any]) -> DeviceSource:
    try:
        return DeviceSource(
            device,
            sample_rate=settings["sample_rate"],
            channels=settings["channel_count"],
            latency=settings["latency"],
        )
    except NotSupportedError as error:
        # By the text: "It is conceivable that the selected device is no longer suitable. In this
        # case, a NotReadableError will result."
        raise NotReadableError(str(error)) from None


media_devices = MediaDevices()

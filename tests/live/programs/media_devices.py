"""Open microphones by constraints, and tell of devices as they come and go."""

from __future__ import annotations

import json
import sys
import threading
from typing import Any

from audiograph import DOMException, InputDeviceInfo, media_devices


def tell(**what: object) -> None:
    sys.stdout.write(json.dumps(what, default=dict) + "\n")
    sys.stdout.flush()


def listing() -> None:
    infos = media_devices.enumerate_devices()
    tell(
        devices=[info.to_json() for info in infos],
        capabilities={
            info.label: info.get_capabilities()
            for info in infos
            if isinstance(info, InputDeviceInfo)
        },
    )


def opened(constraints: Any) -> None:
    """Open what `constraints` ask for, and wait for its first sound."""
    try:
        stream = media_devices.get_user_media(constraints)
    except DOMException as error:
        tell(error=error.name, message=str(error), constraint=getattr(error, "constraint", None))
        return
    (track,) = stream.get_audio_tracks()
    shapes: list[tuple[int, ...]] = []
    heard = threading.Event()

    def take(samples: Any) -> None:
        shapes.append(samples.shape)
        heard.set()

    track._source.feed(take)
    capabilities = track.get_capabilities()
    track.apply_constraints(track.get_constraints())
    in_time = heard.wait(10)
    told = {"label": track.label, "settings": track.get_settings(), "in_time": in_time}
    track.stop()
    tell(
        **told,
        channels=shapes[0][0],
        capabilities=capabilities,
        ended=track.get_settings(),
        active=stream.active,
    )


def changes() -> None:
    """Tell which devices have come, at first, while a microphone is open, and after it."""
    events: list[Any] = []
    media_devices.ondevicechange = events.append
    media_devices.enumerate_devices()

    def look() -> None:
        tell(came=[[info.label for info in event.user_inserted_devices] for event in events])
        events.clear()
        sys.stdin.readline()
        media_devices.enumerate_devices()

    look()
    look()
    stream = media_devices.get_user_media(audio=True)
    look()
    stream.get_tracks()[0].stop()
    look()
    tell(came=[[info.label for info in event.user_inserted_devices] for event in events])


def main() -> None:
    if sys.argv[1] == "listing":
        listing()
    elif sys.argv[1] == "changes":
        changes()
    else:
        for constraints in json.loads(sys.argv[2]):
            opened(constraints)


main()

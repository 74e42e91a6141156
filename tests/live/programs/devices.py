"""List the devices, or tell why they cannot be listed; then try to open the default output."""

from __future__ import annotations

import dataclasses
import json
import sys

from audiograph import portaudio
from audiograph.errors import DOMException


def main(label: str, channels: int, sample_rate: float) -> None:
    answer: dict[str, object] = {}
    try:
        found = portaudio.devices()
        answer["devices"] = [dataclasses.asdict(device) for device in found]
        device = (
            next(each for each in found if (each.label, each.kind) == (label, "audiooutput"))
            if label
            else portaudio.default_device("audiooutput")
        )
        answer["rates"] = portaudio.supported_rates(device)
        portaudio.OutputStream(
            device,
            sample_rate=sample_rate,
            channels=channels,
            latency=0.05,
            render=lambda out, time: out.fill(0),
            on_fault=lambda error: None,
        ).close()
    except DOMException as error:
        answer["error"] = error.name
        answer["message"] = str(error)
    sys.stdout.write(json.dumps(answer) + "\n")


main(sys.argv[1], int(sys.argv[2]), float(sys.argv[3]))

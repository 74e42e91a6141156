"""Pass what the microphone hears on to a second output, until told to finish on stdin."""

from __future__ import annotations

import json
import sys

from audiograph.portaudio import InputStream, devices
from audiograph.sinks.device import DeviceSink


def tell(**what: object) -> None:
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


def main() -> None:
    found = {(device.label, device.kind): device for device in devices()}
    faults: list[str] = []

    def on_fault(error: Exception) -> None:
        faults.append(str(error))

    sink = DeviceSink(
        found["speakers", "audiooutput"],
        sample_rate=48000,
        channels=2,
        latency=0.3,
        on_fault=on_fault,
    )
    mic = InputStream(
        found["mic", "audioinput"],
        sample_rate=48000,
        channels=2,
        latency=0.2,
        on_block=lambda samples, lost, time: sink.write(samples, time),
        on_fault=on_fault,
    )
    with mic:
        tell(step="running")
        sys.stdin.readline()
    sink.close()
    sink.close()
    tell(
        step="closed",
        faults=faults,
        gaps=sink.gaps.count,
        latency=sink.latency,
        interpolating=sink.interpolating,
    )


main()

"""List the audio devices of this machine.

A line for every input and every output; a star marks the system's default. Other commands take
a device by its id, its label, a part of its label that no other has, or the word default. The id
stays the same when the machine restarts or the device is plugged in again.

For example:

  audiograph devices
  audiograph devices --inputs
  audiograph devices --json | jq -r '.devices[] | select(.is_default) | .id'
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from audiograph.cli import options, output
from audiograph.cli.command import Command
from audiograph.cli.quantities import kilohertz
from audiograph.cli.talk import Talk

if TYPE_CHECKING:
    from audiograph.portaudio import Device

HEADER = ("", "ID", "LABEL", "KIND", "HOST API", "CHANNELS", "RATE", "LATENCY")


@click.command("devices", cls=Command, help=__doc__)
@options.as_json
@click.option("--inputs", is_flag=True, help="List inputs only.")
@click.option("--outputs", is_flag=True, help="List outputs only.")
@click.pass_obj
def command(talk: Talk, as_json: bool, inputs: bool, outputs: bool) -> None:
    """Print what PortAudio finds, inputs first."""
    kinds = [
        kind
        for kind, wanted in (("audioinput", inputs), ("audiooutput", outputs))
        if wanted or inputs == outputs
    ]
    present = find(talk)
    chosen = [device for kind in kinds for device in present if device.kind == kind]
    if not chosen:
        what = "audio" if len(kinds) == 2 else kinds[0].removeprefix("audio")
        talk.note(
            f"no {what} device; plug one in, or start a sound server (PulseAudio or PipeWire, "
            "with its ALSA plugin)"
        )
    if as_json:
        output.write_json({"devices": [document(device) for device in chosen]})
    elif chosen:
        output.write_table(HEADER, [_row(device) for device in chosen])


def find(talk: Talk) -> tuple[Device, ...]:
    """Return the devices there are; with `-vv` the sound libraries may say what they think."""
    from audiograph.portaudio import chatter, devices

    chatter(shown=talk.verbosity >= 2)
    return devices()


def document(device: Device) -> dict[str, object]:
    """Return what scripts get to know of a device."""
    return {
        "id": device.id,
        "label": device.label,
        "kind": device.kind,
        "host_api": device.host_api,
        "group_id": device.group_id,
        "channels": device.channels,
        "default_sample_rate": device.default_sample_rate,
        "low_latency": device.low_latency,
        "high_latency": device.high_latency,
        "is_default": device.is_default,
    }


def latency_range(device: Device) -> str:
    """Return the latencies that a device offers: ``8.7–34.8 ms``."""
    low, high = (round(seconds * 1000, 1) for seconds in (device.low_latency, device.high_latency))
    return f"{low:g} ms" if low == high else f"{low:g}–{high:g} ms"


def _row(device: Device) -> tuple[str, ...]:
    return (
        "*" if device.is_default else "",
        device.id,
        device.label,
        device.kind,
        device.host_api,
        str(device.channels),
        kilohertz(device.default_sample_rate),
        latency_range(device),
    )

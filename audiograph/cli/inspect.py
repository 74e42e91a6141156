"""Tell all about an audio file or a device.

Of a file: container, codec, rate, channels, length, tags, and for each channel the peak, the RMS
level and the DC offset. Of a device: all that 'audiograph devices' knows, and the sample rates
that it accepts. A name that means both an input and an output shows both. A file wins over a
device of the same name; a device has an id.

For example:

  audiograph inspect take.flac
  audiograph inspect default
  audiograph inspect take.flac --json | jq '.file.levels[].peak_dbfs'
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from audiograph.cli import options, output
from audiograph.cli.command import Command
from audiograph.cli.devices import document, find, latency_range
from audiograph.cli.matching import ambiguous, matches, unknown
from audiograph.cli.places import is_path
from audiograph.cli.quantities import clock, decibels, kilohertz, to_decibels
from audiograph.cli.talk import Talk
from audiograph.errors import NotFoundError

if TYPE_CHECKING:
    from audiograph.media.probe import FileInfo
    from audiograph.portaudio import Device


@click.command("inspect", cls=Command, help=__doc__)
@click.argument("name", metavar="FILE|DEVICE", type=options.INPUT_PATH)
@options.as_json
@click.pass_obj
def command(talk: Talk, name: str, as_json: bool) -> None:
    """Print what there is to know of the file or the device called `name`."""
    if name == "-":
        raise click.UsageError("stdin cannot be inspected, save it to a file first")
    if name and Path(name).exists():
        _inspect_file(name, as_json)
    else:
        _inspect_devices(_devices_named(name, talk), as_json)


def _devices_named(name: str, talk: Talk) -> list[Device]:
    """Return the one device of each kind that `name` means."""
    try:
        present = find(talk)
    except NotFoundError as error:
        raise NotFoundError(f"there is no file {name!r}, and {error}") from None
    found = matches(name, present)
    if not found and is_path(name):
        raise NotFoundError(f"there is no file {name!r}; check the name")
    if not found and not present:
        raise NotFoundError(f"there is no file {name!r}, and no audio device at all")
    if not found:
        raise unknown(name, present, what="file or device", see="audiograph devices")
    if len({device.kind for device in found}) < len(found):
        raise ambiguous(name, found, what="device")
    return found


def _inspect_devices(devices: list[Device], as_json: bool) -> None:
    from audiograph.portaudio import supported_rates

    rates = [supported_rates(device) for device in devices]
    if as_json:
        output.write_json(
            {
                "devices": [
                    {**document(device), "sample_rates": accepted}
                    for device, accepted in zip(devices, rates, strict=True)
                ]
            }
        )
        return
    for number, (device, accepted) in enumerate(zip(devices, rates, strict=True)):
        if number:
            output.write("")
        output.write_fields(
            {
                "label": device.label,
                "id": device.id,
                "kind": f"{device.kind}, the default" if device.is_default else device.kind,
                "host API": device.host_api,
                "group": device.group_id,
                "channels": str(device.channels),
                "rate": kilohertz(device.default_sample_rate),
                "rates": ", ".join(map(kilohertz, accepted)) or "none: it does not open",
                "latency": latency_range(device),
            }
        )


def _inspect_file(name: str, as_json: bool) -> None:
    from audiograph.media.probe import probe

    info = probe(name)
    if as_json:
        output.write_json({"file": file_document(info)})
        return
    output.write_fields(_file_fields(info))
    output.write("")
    broken = any(level.not_finite for level in info.levels)
    header = ("CHANNEL", "PEAK", "RMS", "DC", *(["NOT FINITE"] if broken else []))
    rows = [
        (
            str(number),
            _level(levels.peak),
            _level(levels.rms),
            _level(levels.dc),
            *([f"{levels.not_finite:,}"] if broken else []),
        )
        for number, levels in enumerate(info.levels, 1)
    ]
    output.write_table(header, rows)


def file_document(info: FileInfo) -> dict[str, object]:
    """Return what scripts get to know of a file."""
    return {
        "path": str(info.path),
        "size": info.size,
        "container": info.container,
        "container_name": info.container_name,
        "subtype": info.subtype,
        "subtype_name": info.subtype_name,
        "bits": info.bits,
        "sample_rate": info.sample_rate,
        "channels": info.channels,
        "frames": info.frames,
        "header_frames": info.header_frames,
        "duration": info.duration,
        "tags": info.tags,
        "levels": [
            {
                "peak": levels.peak,
                "peak_dbfs": to_decibels(levels.peak),
                "rms": levels.rms,
                "rms_dbfs": to_decibels(levels.rms),
                "dc": levels.dc,
                "not_finite": levels.not_finite,
            }
            for levels in info.levels
        ],
    }


def _file_fields(info: FileInfo) -> dict[str, str]:
    fields = {
        "file": str(info.path),
        "size": f"{info.size:,} bytes",
        "container": f"{info.container}, {info.container_name}",
        "encoding": f"{info.subtype}, {info.subtype_name}",
        "rate": kilohertz(info.sample_rate),
        "channels": str(info.channels),
        "duration": f"{clock(info.duration)} ({info.frames:,} frames)",
    }
    if info.header_frames is not None and info.header_frames != info.frames:
        fields["header"] = f"says {info.header_frames:,} frames, which is wrong"
    return fields | info.tags


def _level(factor: float) -> str:
    """Return a level in decibels of full scale and as a factor: ``-6.02 dBFS (0.500000)``."""
    return f"{decibels(factor)}FS ({factor:.6f})"

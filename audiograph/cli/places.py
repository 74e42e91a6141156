"""Inputs and outputs as a person names them, and what a command says when they are done."""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from audiograph.cli import output
from audiograph.cli.devices import find
from audiograph.cli.matching import choose, matches, unknown
from audiograph.cli.quantities import Duration, LatencyHint, clock
from audiograph.cli.talk import Talk

if TYPE_CHECKING:
    from audiograph.media.track import MediaStreamTrack
    from audiograph.portaudio import Device
    from audiograph.portaudio.devices import DeviceKind
    from audiograph.routing.outputs import Encoding, Output
    from audiograph.routing.route import Route

_WHAT = {"audioinput": "input device", "audiooutput": "output device"}


def find_device(name: str, kind: DeviceKind, talk: Talk) -> Device:
    """Return the device of a kind that `name` means. Raises NotFoundError with the candidates."""
    present = [device for device in find(talk) if device.kind == kind]
    return choose(name, present, what=_WHAT[kind], see="audiograph devices")


def find_output(name: str, encoding: Encoding, talk: Talk) -> Output:
    """Return where `name` means the sound to go.

    Raises NotFoundError, with the candidates, for what is neither a file's name nor a device.
    """
    from audiograph.routing.outputs import DeviceOutput, FileOutput, NoOutput

    if name == "none":
        return NoOutput()
    if name == "speakers":
        return DeviceOutput(find_device("default", "audiooutput", talk))
    if name == "-" or is_path(name):
        return FileOutput(name, encoding)
    present = [device for device in find(talk) if device.kind == "audiooutput"]
    if not matches(name, present):
        # What looks like an extension is taken for one, so that the error names those there are.
        if encoding.container or encoding.raw or Path(name).suffix[1:].isalnum():
            return FileOutput(name, encoding)
        error = unknown(name, present, what=_WHAT["audiooutput"], see="audiograph devices")
        raise type(error)(f"{error}; a file's name has an extension or a slash")
    return DeviceOutput(choose(name, present, what=_WHAT["audiooutput"]))


def open_source(name: str, talk: Talk) -> MediaStreamTrack:
    """Return the track of a source: standard input, a file, a device.

    Raises NotFoundError, with the candidates, for what is none of them.
    """
    from audiograph.routing import inputs

    if name == "-" or is_path(name) or Path(name).is_file():
        return inputs.open_file(name)
    return inputs.open_device(find_device(name, "audioinput", talk))


def find_track(wanted: str, tracks: Sequence[MediaStreamTrack]) -> MediaStreamTrack:
    """Return the one of `tracks` that `wanted` means: by its id, its label, or a part of them."""
    named = [_NamedTrack(track.id, track.label, False, track) for track in tracks]
    return choose(wanted, named, what="track", see="audiograph tracks").track


def latency_seconds(
    latency: LatencyHint | Duration | None, sample_rate: float | None, *, heard_live: bool
) -> float:
    """Return the latency to ask of devices; by default a short one only where it can be noticed."""
    from audiograph.context.defaults import DEFAULT_SAMPLE_RATE, LATENCY_SECONDS

    if isinstance(latency, Duration):
        return latency.seconds(sample_rate or DEFAULT_SAMPLE_RATE)
    return LATENCY_SECONDS[latency or ("balanced" if heard_live else "playback")]


def check_pipes(files: Sequence[str], outputs: Sequence[str]) -> None:
    """Raise a usage error for a standard stream that is a terminal or is to be used twice."""
    for name, among in (("stdin", files), ("stdout", outputs)):
        if among.count("-") > 1:
            raise click.UsageError(f"{name} can be used once only")
    if "-" in outputs:
        output.audio_stdout()
    if "-" in files:
        output.audio_stdin()


def check_files(route: Route) -> None:
    """Raise a usage error for an output that is given twice, or that would spoil an input."""
    from audiograph.routing.outputs import FileOutput

    files = [output for output in route.outputs if isinstance(output, FileOutput)]
    # NB: `Path.resolve` raises at a symlink to itself.
    paths = [os.path.realpath(output.path) for output in files if not output.is_pipe]
    for path in paths:
        if paths.count(path) > 1:
            raise click.UsageError(f"'{Path(path).name}' is an output twice; once is enough")
    into_stdout = any(output.is_pipe for output in files)
    for name in route.files:
        # What is written to stdout would be read again, and so on without end.
        if into_stdout and _is_stdout(name):
            raise click.UsageError(f"'{name}' is an input, and the file that stdout goes to")
        if route.is_live and name != "-" and os.path.realpath(name) in paths:
            raise click.UsageError(
                f"'{name}' is an input, and would be overwritten while it plays; name another file"
            )


def finish(
    seconds: float,
    error: Exception | None,
    interrupted: bool,
    outputs: Sequence[str],
) -> None:
    """Raise what a run in real time failed with, saying what is left of it.

    An interrupt is no failure, unless nothing was recorded or played before.
    """
    if error is not None:
        kept = [name for name in outputs if Path(name).is_file()]
        if kept and seconds:
            error.add_note(f"the first {clock(seconds)} are kept in {', '.join(kept)}")
        raise error
    if interrupted and not seconds:
        raise KeyboardInterrupt


def _is_stdout(name: str) -> bool:
    """Return whether an input is a file, and the one that stdout was redirected to."""
    stdout = os.fstat(1)
    try:
        source = os.fstat(0) if name == "-" else os.stat(name)  # noqa: PTH116 - as the other
    except (OSError, ValueError):  # opening it will tell
        return False
    return stat.S_ISREG(stdout.st_mode) and os.path.samestat(source, stdout)


def is_path(name: str) -> bool:
    """Return whether a name has a slash, or the extension of a file that can be written."""
    if "/" in name:
        return True
    suffix = Path(name).suffix
    if not suffix:
        return False
    from audiograph.sinks.formats import extensions

    return suffix[1:].lower() in extensions()


@dataclass(frozen=True)
class _NamedTrack:
    id: str
    label: str
    is_default: bool
    track: MediaStreamTrack

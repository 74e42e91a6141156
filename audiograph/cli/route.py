"""Send microphones, files and tones to speakers and files.

All inputs are mixed and go to every output, be it a device, a file or a pipe; with no options at
all the default microphone goes to the speakers. While a device takes part it runs in real time,
until the files end, the duration is over or Ctrl-C, which completes recordings and exits 0.
Without one it renders as fast as the machine can.

For example:

  audiograph route
  audiograph route --mic scarlett --to speakers --to take.wav
  audiograph route --file in.wav --gain -6dB --to out.flac
  audiograph route --tone 440 --duration 10ms --to click.wav
  audiograph route --file talk.ogg --start 1:30 --to - --raw s16le | xxd
  sox in.mp3 -t wav - | audiograph route --file - --to "USB Audio"
"""

from __future__ import annotations

from dataclasses import astuple
from typing import TYPE_CHECKING

import click

from audiograph.cli import options, suggestions
from audiograph.cli.command import Command
from audiograph.cli.quantities import (
    FREQUENCY,
    GAIN,
    TIME,
    Duration,
    LatencyHint,
    RawInput,
    clock,
    kilohertz,
)
from audiograph.cli.talk import Talk

if TYPE_CHECKING:
    from audiograph.sinks.encoding import RawEncoding


@click.command("route", cls=Command, help=__doc__, context_settings={"allow_extra_args": True})
@click.option(
    "--mic",
    "mics",
    metavar="DEVICE",
    multiple=True,
    shell_complete=suggestions.inputs,
    help="Input device: default, an id, a label or a part of one. Repeatable.",
)
@click.option(
    "--file",
    "files",
    metavar="PATH",
    type=options.INPUT_PATH,
    multiple=True,
    help="Audio file, or - for stdin. Repeatable.",
)
@click.option(
    "--tone",
    "tones",
    metavar="HZ",
    type=FREQUENCY,
    multiple=True,
    help="Sine tone of this frequency: 440, 4.4k. Repeatable.",
)
@click.option(
    "--to",
    "outputs",
    metavar="WHERE",
    multiple=True,
    shell_complete=suggestions.outputs,
    help="Where the sound goes: speakers (the default output), an output device, a file, "
    "- for stdout, none for nowhere in real time. Repeatable.",
)
@click.option(
    "--gain",
    metavar="GAIN",
    type=GAIN,
    default=1.0,
    help="Gain of the mix: -6dB, or a factor such as 0.5.",
)
@options.duration
@click.option("--start", metavar="TIME", type=TIME, help="Start the files at this time.")
@click.option(
    "--track",
    metavar="TRACK",
    help="Take this track alone: its id, or a part of its label (see 'audiograph tracks').",
)
@options.rate
@options.channels
@options.container
@options.subtype
@options.raw
@options.raw_in
@options.force
@options.latency
@click.pass_obj
def command(
    talk: Talk,
    mics: tuple[str, ...],
    files: tuple[str, ...],
    tones: tuple[float, ...],
    outputs: tuple[str, ...],
    gain: float,
    duration: Duration | None,
    start: Duration | None,
    track: str | None,
    rate: int | None,
    channels: int | None,
    container: str | None,
    subtype: str | None,
    raw: RawEncoding | None,
    raw_in: RawInput | None,
    force: bool,
    latency: LatencyHint | Duration | None,
) -> None:
    """Connect every input with every output."""
    from audiograph.cli import places
    from audiograph.media.raw import RawFormat
    from audiograph.routing.outputs import DeviceOutput, Encoding
    from audiograph.routing.route import Route, run

    if stray := click.get_current_context().args:
        raise click.UsageError(
            f"'{stray[0]}' belongs to no option: inputs follow --mic, --file or --tone, and "
            "outputs --to"
        )
    if raw_in is not None and "-" not in files:
        raise click.UsageError("--raw-in says what stdin holds, which is no input: add --file -")
    if start is not None and not files:
        raise click.UsageError("--start says where files start, and there is none: add --file")
    if not (mics or files or tones):
        mics = ("default",)
    outputs = outputs or ("speakers",)
    places.check_pipes(files, outputs)
    encoding = Encoding(container=container, subtype=subtype, raw=raw, force=force)
    targets = [places.find_output(name, encoding, talk) for name in outputs]
    heard = any(isinstance(target, DeviceOutput) for target in targets)
    route = Route(
        outputs=targets,
        mics=[places.find_device(name, "audioinput", talk) for name in mics],
        files=files,
        tones=tones,
        gain=gain,
        start=start.frames if start else None,
        duration=duration.frames if duration else None,
        choose=None if track is None else lambda tracks: places.find_track(track, tracks),
        raw=None if raw_in is None else RawFormat(*astuple(raw_in)),
        sample_rate=rate,
        channels=channels,
        latency=places.latency_seconds(latency, rate, heard_live=bool(mics) and heard),
    )
    places.check_files(route)
    if route.fills_the_disk:
        raise click.UsageError("a tone has no end: say how long it is to be with --duration")
    label = f"{' + '.join([*files, *map(kilohertz, tones), *mics])} → {' + '.join(outputs)}"
    with talk.progress(label) as progress:
        routed = run(route, progress.update)
    talk.detail(f"{clock(routed.seconds)} routed")
    places.finish(routed.seconds, routed.error, routed.interrupted, outputs)

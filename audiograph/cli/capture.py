"""Record an input device.

OUT is a file in any format that libsndfile writes, chosen by its extension, or - for stdout (WAV
unless --format or --raw says otherwise). Recording goes on until the duration is over or Ctrl-C,
which completes the file and exits 0. The file is playable at any moment, whatever happens.

For example:

  audiograph capture take.flac
  audiograph capture --mic scarlett take.wav --duration 1:30 --subtype PCM_24
  audiograph capture - --rate 16k --channels mono | ssh nas "cat > take.wav"
  audiograph capture - --raw s16le --duration 10ms | xxd
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from audiograph.cli import options, suggestions
from audiograph.cli.command import Command
from audiograph.cli.quantities import Duration, LatencyHint, clock
from audiograph.cli.talk import Talk

if TYPE_CHECKING:
    from audiograph.sinks.encoding import RawEncoding


@click.command("capture", cls=Command, help=__doc__)
@click.argument("out", type=options.OUTPUT_PATH)
@click.option(
    "--mic",
    metavar="DEVICE",
    default="default",
    show_default=True,
    shell_complete=suggestions.inputs,
    help="Input device: default, an id, a label or a part of one.",
)
@options.duration
@options.rate
@options.channels
@options.container
@options.subtype
@options.raw
@options.force
@options.latency
@click.pass_obj
def command(
    talk: Talk,
    out: str,
    mic: str,
    duration: Duration | None,
    rate: int | None,
    channels: int | None,
    container: str | None,
    subtype: str | None,
    raw: RawEncoding | None,
    force: bool,
    latency: LatencyHint | Duration | None,
) -> None:
    """Record `mic` into `out`."""
    from audiograph.cli import places
    from audiograph.routing.capture import capture
    from audiograph.routing.outputs import Encoding, FileOutput

    target = FileOutput(out, Encoding(container=container, subtype=subtype, raw=raw, force=force))
    places.check_pipes([], [out])
    device = places.find_device(mic, "audioinput", talk)
    seconds = None if duration is None else duration.seconds(rate or device.default_sample_rate)
    with talk.progress(f"recording {device.label}", seconds) as progress:
        done = capture(
            device,
            target,
            sample_rate=rate,
            channels=channels,
            latency=places.latency_seconds(latency, rate, heard_live=False),
            frames=None if duration is None else duration.frames,
            on_progress=progress.update,
        )
    places.finish(done.seconds, done.error, done.interrupted, [out])
    talk.detail(f"{clock(done.seconds)} of {device.label} in {out}")
    if done.lost:
        talk.note(f"{device.label} lost audio {done.lost} times; a higher --latency may help")

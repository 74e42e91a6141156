"""Options that more than one command has, each declared once."""

from __future__ import annotations

import click

from audiograph.cli.quantities import CHANNELS, LATENCY, RATE, RAW_ENCODINGS, RAW_INPUT, TIME

# Both for the completion: opening a file tells what is wrong with it, better than click could.
INPUT_PATH = click.Path(readable=False, allow_dash=True)
OUTPUT_PATH = click.Path(dir_okay=False, readable=False, allow_dash=True)

as_json = click.option(
    "--json", "as_json", is_flag=True, help="Print JSON for a script (schema 1, see the man page)."
)
duration = click.option("--duration", type=TIME, metavar="TIME", help="Stop after this time.")
rate = click.option(
    "--rate", type=RATE, metavar="RATE", help="Sample rate of the output, such as 48k."
)
channels = click.option(
    "--channels", type=CHANNELS, metavar="N", help="Channels of the output: 1, 2, stereo, 5.1."
)
container = click.option(
    "--format",
    "container",
    metavar="FORMAT",
    help="File format, such as WAV or FLAC; by default what the extension says, WAV for -.",
)
subtype = click.option(
    "--subtype",
    metavar="SUBTYPE",
    help="Encoding in the file, such as PCM_24 or FLOAT; by default the format's own.",
)
raw = click.option(
    "--raw",
    type=click.Choice(RAW_ENCODINGS, case_sensitive=False),
    help="Write samples alone, without a header, in this encoding.",
)
raw_in = click.option(
    "--raw-in",
    type=RAW_INPUT,
    metavar="FORM",
    help="Read stdin as samples without a header: s16le, or s16le,44.1k,mono.",
)
force = click.option("--force", is_flag=True, help="Overwrite an output file that exists.")
latency = click.option(
    "--latency",
    type=LATENCY,
    metavar="TIME",
    help="Latency to ask of the devices: 20ms, or interactive, balanced, playback; by default "
    "balanced (50 ms) where a microphone is heard, else playback (150 ms).",
)

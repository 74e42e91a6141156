"""Show the tracks of a media stream.

The stream is made of the sources given. A SOURCE is an input device (default, an id, a label or
a part of one), a file, or - for stdin. The tracks stand in the order in which a
MediaStreamAudioSourceNode considers them, by id in code-unit order; a star marks the one that
it takes.

For example:

  audiograph tracks default
  audiograph tracks voice.wav music.ogg
  audiograph tracks default voice.wav --json | jq -r '.tracks[].id'
"""

from __future__ import annotations

import click

from audiograph.cli import options
from audiograph.cli.command import Command
from audiograph.cli.talk import Talk


@click.command("tracks", cls=Command, help=__doc__)
@click.argument("sources", metavar="SOURCE...", nargs=-1, required=True)
@options.as_json
@click.pass_obj
def command(talk: Talk, sources: tuple[str, ...], as_json: bool) -> None:
    """Print the tracks of one stream with a track for each source."""
    raise NotImplementedError

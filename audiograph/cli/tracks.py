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

from typing import TYPE_CHECKING

import click

from audiograph.cli import options, output
from audiograph.cli.command import Command
from audiograph.cli.quantities import kilohertz
from audiograph.cli.talk import Talk

if TYPE_CHECKING:
    from audiograph.media.track import MediaStreamTrack

HEADER = ("", "ID", "KIND", "LABEL", "STATE", "ENABLED", "MUTED", "CHANNELS", "RATE")


@click.command("tracks", cls=Command, help=__doc__)
@click.argument("sources", metavar="SOURCE...", type=options.INPUT_PATH, nargs=-1, required=True)
@options.as_json
@click.pass_obj
def command(talk: Talk, sources: tuple[str, ...], as_json: bool) -> None:
    """Print the tracks of one stream with a track for each source."""
    from audiograph.cli import places
    from audiograph.media.stream import MediaStream, source_order

    places.check_pipes(sources, [])
    stream = MediaStream()
    try:
        for name in sources:
            stream.add_track(places.open_source(name, talk))
        tracks = source_order(stream.get_tracks())
        if as_json:
            output.write_json(
                {"tracks": [_document(track, track is tracks[0]) for track in tracks]}
            )
        else:
            output.write_table(HEADER, [_row(track, track is tracks[0]) for track in tracks])
    finally:
        for track in stream.get_tracks():
            track.stop()


def _document(track: MediaStreamTrack, is_first: bool) -> dict[str, object]:
    return {
        "id": track.id,
        "kind": track.kind,
        "label": track.label,
        "ready_state": track.ready_state,
        "enabled": track.enabled,
        "muted": track.muted,
        "is_first": is_first,
        "settings": track.get_settings(),
        "capabilities": track.get_capabilities(),
    }


def _row(track: MediaStreamTrack, is_first: bool) -> tuple[str, ...]:
    settings = track.get_settings()
    return (
        "*" if is_first else "",
        track.id,
        track.kind,
        track.label,
        track.ready_state,
        "yes" if track.enabled else "no",
        "yes" if track.muted else "no",
        str(settings.get("channel_count", "")),
        "" if settings.sample_rate is None else kilohertz(settings.sample_rate),
    )

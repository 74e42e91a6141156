"""Streams of what is no device: a file, standard input, a tone."""

from __future__ import annotations

from pathlib import Path

from audiograph.media.raw import RawFormat
from audiograph.media.reader import Reader
from audiograph.media.source import PulledSource
from audiograph.media.stream import MediaStream
from audiograph.media.track import MediaStreamTrack
from audiograph.values import instance


def reader_stream(reader: Reader, *, start: int = 0, id: str | None = None) -> MediaStream:
    """Return a stream of one track that delivers what `reader` reads, from frame `start` on."""
    if start:
        reader.seek(start)
    return MediaStream([MediaStreamTrack(PulledSource(reader), id=id)])


def file_stream(path: str | Path) -> MediaStream:
    """Return a stream of one track: the audio of a file, in any format that libsndfile reads.

    Raises OSError for a file that can't be read, EncodingError for one that holds no audio.
    """
    from audiograph.media.files import open_file

    return reader_stream(open_file(path))


def stdin_stream(*, raw: RawFormat | None = None) -> MediaStream:
    """Return a stream of one track: the audio that comes in on standard input.

    Raises EncodingError for what is no audio.
    """
    from audiograph.media.files import open_stdin

    if raw is not None:
        instance("raw", raw, RawFormat)
    return reader_stream(open_stdin(raw=raw))


def tone_stream(frequency: float, *, sample_rate: int = 48000) -> MediaStream:
    """Return a stream of one track: a sine of `frequency` Hz without an end."""
    from audiograph.media.tone import ToneReader

    return reader_stream(ToneReader(frequency, sample_rate))

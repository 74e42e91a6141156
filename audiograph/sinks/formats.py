"""The formats that can be written: what an extension means, and which subtype it gets.

A format is libsndfile's name of a container ("WAV", "OGG"), a subtype its name of the encoding in
it ("PCM_16", "VORBIS").
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import soundfile

from audiograph import sndfile
from audiograph.errors import NotSupportedError
from audiograph.sinks.encoding import RawEncoding

# libsndfile's limits.
_MOST_CHANNELS = 1024
_HIGHEST_RATE = 2**31 - 1

WAVE_ENCODINGS: dict[str, RawEncoding] = {"PCM_16": "s16le", "PCM_24": "s24le", "FLOAT": "f32le"}
"""The subtypes of WAV that we write ourselves."""

_ALIASES = {
    "wave": ("WAV", None),
    "bwf": ("WAV", None),
    "aif": ("AIFF", None),
    "aifc": ("AIFF", None),
    "snd": ("AU", None),
    "oga": ("OGG", None),
    "opus": ("OGG", "OPUS"),
    "sph": ("NIST", None),
    "sf": ("IRCAM", None),
    "iff": ("SVX", None),
    "8svx": ("SVX", None),
    "mat": ("MAT5", None),
}

_DEFAULT_SUBTYPES = {"MAT4": "FLOAT", "MAT5": "FLOAT"}
"""Where soundfile's default is not ours: nothing here computes in more than 32 bits."""

_STREAM_SUBTYPES = {
    "WAV": "FLOAT",
    "AU": "FLOAT",
    "FLAC": "PCM_24",
    "OGG": "VORBIS",
    "MP3": "MPEG_LAYER_III",
}
"""The containers that can be written from the front to the end, and what they get by default."""

# RAW is no file format, and SD2 keeps its header in a second file.
_NOT_WRITTEN = {"RAW", "SD2"}

_ONLY_RATES = {"WVE": 8000, "XI": 44100}
"""The sample rate of containers that have no place for one."""

_LIMITS = {
    "MPEG_LAYER_III": "MP3 takes 1 or 2 channels at 8000 to 48000 Hz",
    "FLAC": "FLAC takes up to 8 channels and 655350 Hz",
}


@dataclass(frozen=True)
class Format:
    """A container and the encoding in it, known to go together."""

    container: str
    subtype: str

    def __str__(self) -> str:
        return f"{self.container} {self.subtype}"

    def check(self, sample_rate: int, channels: int) -> None:
        """Raise NotSupportedError unless the format takes this rate and number of channels."""
        if not 1 <= channels <= _MOST_CHANNELS:
            raise NotSupportedError(
                f"{channels} channels for {self}; a file or pipe takes 1 to {_MOST_CHANNELS}"
            )
        if not 1 <= sample_rate <= _HIGHEST_RATE or sample_rate != int(sample_rate):
            raise NotSupportedError(
                f"a sample rate of {sample_rate} Hz for {self}; it is a whole number, 1 to "
                f"{_HIGHEST_RATE}"
            )
        if sample_rate != (only := _ONLY_RATES.get(self.container, sample_rate)):
            raise NotSupportedError(f"{self} at {sample_rate} Hz; it takes {only} Hz only")
        if not sndfile.takes(self.container, self.subtype, sample_rate, channels):
            # A rate that is refused whatever the channels needs another cure than their number.
            is_channels = sndfile.takes(self.container, self.subtype, sample_rate, 1)
            cure = "it takes fewer channels" if is_channels else "it takes other rates"
            limit = _LIMITS.get(self.subtype) or _LIMITS.get(self.container) or cure
            raise NotSupportedError(
                f"{self} with {channels} channels at {sample_rate} Hz cannot be written; {limit}"
            )


RAW_FORMAT = Format("RAW", "PCM_16")
"""What stands for samples without a header, in whichever encoding."""


def format_of(path: Path, format: str | None = None, subtype: str | None = None) -> Format:
    """Return what to write to `path`: by `format` where given, else by the extension.

    Raises NotSupportedError, with the candidates, for what is unknown or does not go together.
    """
    asked = format if format is not None else path.suffix[1:]
    if not asked:
        raise NotSupportedError(
            f"cannot tell the format of '{path}', which has no extension; give one of "
            f"{_listed(extensions())}, or name the format with --format"
        )
    container, default = _ALIASES.get(asked.lower(), (asked.upper(), None))
    if container not in soundfile.available_formats() or container in _NOT_WRITTEN:
        near = difflib.get_close_matches(asked.lower(), extensions(), n=1)
        raise NotSupportedError(
            f"no format '{asked}' to write '{path}' in"
            + (f"; did you mean '{near[0]}'?" if near else "")
            + f" (there are {_listed(extensions())})"
        )
    return _complete(container, subtype, default or default_subtype(container))


def stream_format_of(format: str, subtype: str | None = None) -> Format:
    """Return what to write to a pipe. Raises NotSupportedError, with the candidates."""
    container, default = _ALIASES.get(format.lower(), (format.upper(), None))
    if container not in _STREAM_SUBTYPES:
        raise NotSupportedError(
            f"{format} cannot be written to a pipe; take {_listed(_STREAM_SUBTYPES)}"
        )
    chosen = _complete(container, subtype, default or _STREAM_SUBTYPES[container])
    if container == "WAV" and chosen.subtype not in WAVE_ENCODINGS:
        raise NotSupportedError(
            f"WAV on a pipe takes {_listed(WAVE_ENCODINGS)}, not {chosen.subtype}"
        )
    return chosen


def default_subtype(container: str) -> str:
    """Return the encoding that `container` gets where none is asked for."""
    subtype: str = _DEFAULT_SUBTYPES.get(container) or soundfile.default_subtype(container)
    return subtype


def extensions() -> list[str]:
    """Return every extension that can be written, in order."""
    formats = soundfile.available_formats().keys() - _NOT_WRITTEN
    return sorted({name.lower() for name in formats} | _ALIASES.keys())


def _subtypes(container: str) -> list[str]:
    # NB: libsndfile writes ALAC of more than 16 bits, but loud noise comes out as other noise.
    spoilt = ("ALAC_20", "ALAC_24", "ALAC_32")
    return [name for name in soundfile.available_subtypes(container) if name not in spoilt]


def _complete(container: str, subtype: str | None, default: str) -> Format:
    chosen = subtype.upper() if subtype is not None else default
    if chosen not in (known := _subtypes(container)):
        raise NotSupportedError(f"{container} cannot hold {subtype}; it takes {_listed(known)}")
    return Format(container, chosen)


def _listed(names: Iterable[str]) -> str:
    *most, last = names
    return f"{', '.join(most)} or {last}" if most else last

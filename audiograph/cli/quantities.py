"""Quantities as people write them: gains, times, frequencies, rates, channels.

A parser takes a text and returns a value or raises ValueError with the forms that it accepts. A
`Quantity` makes a parser the type of a click option. The printers write what the parsers read.

===========  =========================================================================
gain         ``0.5`` a factor, ``-6dB``, ``+3 dB``; ``-infdB`` is silence
time         ``1.5`` seconds, ``90sec``, ``10ms``, ``250us``, ``5min``, ``2h``, ``1:30``,
             ``1:02:03.5``; ``48000s`` is a count of samples, as in SoX
latency      a time, or the Web Audio words ``interactive``, ``balanced``, ``playback``
frequency    ``440``, ``440Hz``, ``4.4k``, ``1.2kHz``; above zero
rate         ``48000``, ``48k``, ``44.1kHz``; a whole number of hertz
channels     ``2``, or ``mono``, ``stereo``, ``quad``, ``5.1``
===========  =========================================================================

Units may be in any case and may stand apart from the number. Numbers are decimal: ``1``,
``.5``, ``1e-3``.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, Literal, TypeVar, cast

import click

from audiograph.cli.talk import Talk

T = TypeVar("T")

LatencyHint = Literal["interactive", "balanced", "playback"]

GAIN_FORMS = "a factor (0.5) or decibels (-6dB, +3dB, -infdB for silence)"
TIME_FORMS = "seconds (1.5), with a unit (10ms, 90sec, 5min), 1:30, 1:02:03.5 or samples (48000s)"
LATENCY_FORMS = "interactive, balanced, playback or a time (20ms, 0.02, 960s for samples)"
FREQUENCY_FORMS = "hertz above zero (440, 440Hz) or kilohertz (4.4k, 1.2kHz)"
RATE_FORMS = "a whole number of hertz (44100, 48000Hz) or kilohertz (48k, 44.1kHz)"
CHANNELS_FORMS = "a number from 1 to 1024 or mono, stereo, quad, 5.1"

RAW_ENCODINGS = ("f32le", "s16le", "s24le")
RAW_FORMS = (
    f"an encoding ({', '.join(RAW_ENCODINGS)}), and after commas rate and channels where they "
    "are not 48k and stereo (s16le,44.1k,mono)"
)

LARGEST_FLOAT32 = (2 - 2**-23) * 2.0**127
LONGEST_SECONDS = 1e10
LARGEST_COUNT = 2**53
"""Up to here a float64 counts frames exactly."""

LARGEST_RATE = 2**31 - 1
LAYOUTS = {"mono": 1, "stereo": 2, "quad": 4, "5.1": 6}
MOST_CHANNELS = 1024

# Multiply and divide, since 1/1000 has no exact float.
SECONDS = {
    "": (1, 1),
    "us": (1, 1_000_000),
    "ms": (1, 1000),
    "sec": (1, 1),
    "min": (60, 1),
    "h": (3600, 1),
}
HERTZ = {"": 1, "hz": 1, "k": 1000, "khz": 1000}

NUMBER = r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?"
AMOUNT = re.compile(rf"\s*({NUMBER})\s*([a-z]*)\s*", re.ASCII | re.IGNORECASE)
SILENCE = re.compile(r"\s*-inf\s*db\s*", re.ASCII | re.IGNORECASE)
CLOCK = re.compile(r"\s*(?:(\d+):)?(\d+):(\d+(?:\.\d*)?)\s*", re.ASCII)


@dataclass(frozen=True)
class Duration:
    """A length of time, in seconds or in frames; a sample rate turns one into the other."""

    count: float
    unit: Literal["seconds", "frames"] = "seconds"

    def seconds(self, sample_rate: float) -> float:
        """Return the seconds that it takes at `sample_rate`."""
        return self.count if self.unit == "seconds" else self.count / sample_rate

    def frames(self, sample_rate: float) -> int:
        """Return the frames that it takes at `sample_rate`, to the nearest."""
        return round(self.count * sample_rate if self.unit == "seconds" else self.count)

    def __str__(self) -> str:
        return repr(self.count) if self.unit == "seconds" else f"{round(self.count)}s"


@dataclass(frozen=True)
class RawInput:
    """What one must know to read samples that have no header."""

    encoding: str
    sample_rate: int = 48000
    channels: int = 2


class Quantity(click.ParamType[T], Generic[T]):
    """The type of an option whose value `parse` reads."""

    def __init__(self, name: str, parse: Callable[[str], T]) -> None:
        self.name = name
        self._parse = parse

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> T:
        if not isinstance(value, str):
            return cast("T", value)
        try:
            return self._parse(value)
        except ValueError as error:
            self.fail(str(error), param, ctx)


class Time(Quantity[Duration]):
    """The type of an option that takes a time; it wonders about ``10s``, ten samples."""

    FEW_FRAMES = 1000

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> Duration:
        duration = super().convert(value, param, ctx)
        if ctx is None or ctx.resilient_parsing:
            return duration
        if duration.unit == "frames" and 0 < duration.count < self.FEW_FRAMES:
            count = round(duration.count)
            ctx.ensure_object(Talk).note(
                f"{count}s means {count} samples; for seconds write {count} or {count}sec"
            )
        return duration


def parse_gain(text: str) -> float:
    """Return the factor that a gain stands for: ``-6dB`` is 0.501, ``-1`` turns the phase."""
    if SILENCE.fullmatch(text):
        return 0.0
    number, unit = _amount(text, "gain", GAIN_FORMS)
    if unit not in ("", "db"):
        raise _refusal(text, "gain", GAIN_FORMS)
    # NB: more than a float64 can hold would raise OverflowError.
    gain = number if unit == "" else 10.0 ** (min(number, 1000.0) / 20)
    if abs(gain) > LARGEST_FLOAT32:
        raise _refusal(text, "gain", "more than a 32-bit sample can hold")
    return gain


def parse_time(text: str) -> Duration:
    """Return the duration that `text` names."""
    if clock := CLOCK.fullmatch(text):
        hours, minutes, seconds = (float(part or 0) for part in clock.groups())
        if seconds >= 60 or (clock[1] is not None and minutes >= 60):
            raise _refusal(text, "time", "minutes and seconds go up to 59, as in 1:02:03.5")
        return _duration(text, hours * 3600 + minutes * 60 + seconds, "seconds")
    number, unit = _amount(text, "time", TIME_FORMS)
    if unit == "s":
        if not number.is_integer():
            raise _refusal(text, "time", "samples are whole; for seconds write 1.5 or 1.5sec")
        return _duration(text, number, "frames")
    if unit not in SECONDS:
        raise _refusal(text, "time", TIME_FORMS)
    times, per = SECONDS[unit]
    return _duration(text, number * times / per, "seconds")


def parse_latency(text: str) -> LatencyHint | Duration:
    """Return the latency hint or the duration that `text` names."""
    word = text.strip().lower()
    if word in ("interactive", "balanced", "playback"):
        return cast("LatencyHint", word)
    try:
        return parse_time(text)
    except ValueError:
        raise _refusal(text, "latency", LATENCY_FORMS) from None


def parse_frequency(text: str) -> float:
    """Return the hertz that `text` names."""
    hertz = _hertz(text, "frequency", FREQUENCY_FORMS)
    if not 0 < hertz <= LARGEST_FLOAT32:
        raise _refusal(text, "frequency", FREQUENCY_FORMS)
    return hertz


def parse_rate(text: str) -> int:
    """Return the sample rate that `text` names, in hertz."""
    hertz = _hertz(text, "sample rate", RATE_FORMS)
    # 8.2k is 8199.999999999999 in floating point.
    if not 1 <= hertz <= LARGEST_RATE or abs(hertz - round(hertz)) > 1e-6:
        raise _refusal(text, "sample rate", RATE_FORMS)
    return round(hertz)


def parse_raw_input(text: str) -> RawInput:
    """Return how raw samples are encoded: ``s16le``, ``s16le,44.1k``, ``f32le,48k,mono``."""
    encoding, *shape = (part.strip() for part in text.split(","))
    if encoding.lower() not in RAW_ENCODINGS or len(shape) > 2:
        raise _refusal(text, "raw input", RAW_FORMS)
    rate = parse_rate(shape[0]) if shape else RawInput.sample_rate
    channels = parse_channels(shape[1]) if len(shape) == 2 else RawInput.channels
    return RawInput(encoding.lower(), rate, channels)


def parse_channels(text: str) -> int:
    """Return the number of channels that `text` names."""
    word = text.strip().lower()
    if word in LAYOUTS:
        return LAYOUTS[word]
    number, unit = _amount(text, "number of channels", CHANNELS_FORMS)
    if unit or not number.is_integer() or not 1 <= number <= MOST_CHANNELS:
        raise _refusal(text, "number of channels", CHANNELS_FORMS)
    return int(number)


def to_decibels(factor: float) -> float:
    """Return a factor in decibels: 0.5 is -6.02, 0 is minus infinity."""
    return 20 * math.log10(abs(factor)) if factor else -math.inf


def decibels(factor: float) -> str:
    """Return a factor in decibels, to a hundredth: ``-6.02 dB``."""
    return f"{round(to_decibels(factor), 2) + 0.0:.2f} dB"


def clock(seconds: float) -> str:
    """Return `seconds` as hours, minutes and seconds: ``1:02:03.500``."""
    minutes, milliseconds = divmod(round(seconds * 1000), 60_000)
    hours, minutes = divmod(minutes, 60)
    rest = f"{milliseconds / 1000:06.3f}"
    return f"{hours}:{minutes:02}:{rest}" if hours else f"{minutes}:{rest}"


def kilohertz(hertz: float) -> str:
    """Return a frequency or rate in kilohertz, or in hertz below one: ``44.1 kHz``."""
    return f"{hertz / 1000:.10g} kHz" if hertz >= 1000 else f"{hertz:.10g} Hz"


GAIN = Quantity("gain", parse_gain)
TIME = Time("time", parse_time)
LATENCY = Quantity("latency", parse_latency)
FREQUENCY = Quantity("frequency", parse_frequency)
RATE = Quantity("rate", parse_rate)
CHANNELS = Quantity("channels", parse_channels)
RAW_INPUT = Quantity("raw input", parse_raw_input)


def _amount(text: str, what: str, forms: str) -> tuple[float, str]:
    """Return the number and the unit, in lower case, of `text`."""
    match = AMOUNT.fullmatch(text)
    if match is None or not math.isfinite(number := float(match[1])):
        raise _refusal(text, what, forms)
    return number, match[2].lower()


def _hertz(text: str, what: str, forms: str) -> float:
    number, unit = _amount(text, what, forms)
    if unit not in HERTZ:
        raise _refusal(text, what, forms)
    return number * HERTZ[unit]


def _duration(text: str, count: float, unit: Literal["seconds", "frames"]) -> Duration:
    if count < 0:
        raise _refusal(text, "time", "a time is not negative")
    if count > (LONGEST_SECONDS if unit == "seconds" else LARGEST_COUNT):
        raise _refusal(text, "time", "longer than three hundred years")
    return Duration(abs(count), unit)


def _refusal(text: str, what: str, why: str) -> ValueError:
    short = text if len(text) <= 40 else f"{text[:37]}..."
    return ValueError(f"{short!r} is no {what}: {why}")

from __future__ import annotations

import math
from collections.abc import Callable

import click
import pytest
from click.testing import CliRunner
from hypothesis import example, given
from hypothesis import strategies as st

from audiograph.cli.quantities import (
    CHANNELS,
    FREQUENCY,
    GAIN,
    LARGEST_FLOAT32,
    LATENCY,
    LONGEST_SECONDS,
    RATE,
    TIME,
    Duration,
    Quantity,
    clock,
    decibels,
    kilohertz,
    parse_channels,
    parse_frequency,
    parse_gain,
    parse_latency,
    parse_rate,
    parse_time,
)


@pytest.mark.parametrize(
    ("text", "factor"),
    [
        ("0.5", 0.5),
        ("1", 1.0),
        ("-1", -1.0),
        (".25", 0.25),
        ("1e-3", 0.001),
        ("-20dB", 0.1),
        ("+20 dB", 10.0),
        ("20DB", 10.0),
        ("0db", 1.0),
        ("-infdB", 0.0),
        ("-inf dB", 0.0),
        ("-1e308dB", 0.0),
    ],
)
def test_a_gain_is_a_factor_or_decibels(text: str, factor: float) -> None:
    assert parse_gain(text) == pytest.approx(factor)


@pytest.mark.parametrize(
    ("text", "duration"),
    [
        ("1.5", Duration(1.5)),
        ("90sec", Duration(90)),
        ("10ms", Duration(0.01)),
        ("250 us", Duration(0.00025)),
        ("5min", Duration(300)),
        ("2h", Duration(7200)),
        ("1:30", Duration(90)),
        ("90:00", Duration(5400)),
        ("0:00.25", Duration(0.25)),
        ("1:02:03.5", Duration(3723.5)),
        ("48000s", Duration(48000, "frames")),
        ("1e3S", Duration(1000, "frames")),
    ],
)
def test_a_time_is_seconds_with_or_without_a_unit_a_clock_or_samples(
    text: str, duration: Duration
) -> None:
    assert parse_time(text) == duration


def test_a_sample_rate_turns_seconds_into_frames_and_back() -> None:
    assert Duration(1.5).frames(48000) == 72000
    assert Duration(0.01).frames(44100) == 441
    assert Duration(1.5).seconds(48000) == 1.5
    assert Duration(24000, "frames").seconds(48000) == 0.5
    assert Duration(24000, "frames").frames(48000) == 24000


@pytest.mark.parametrize(
    ("text", "hertz"),
    [("440", 440), ("440Hz", 440), ("4.4k", 4400), ("1.2kHz", 1200), ("0.5 hz", 0.5)],
)
def test_a_frequency_is_hertz_or_kilohertz(text: str, hertz: float) -> None:
    assert parse_frequency(text) == pytest.approx(hertz)


@pytest.mark.parametrize(
    ("text", "rate"),
    [("44100", 44100), ("48k", 48000), ("44.1k", 44100), ("8.2kHz", 8200), ("11.025k", 11025)],
)
def test_a_rate_is_a_whole_number_of_hertz(text: str, rate: int) -> None:
    assert parse_rate(text) == rate


@pytest.mark.parametrize(
    ("text", "channels"), [("2", 2), ("mono", 1), ("Stereo", 2), ("quad", 4), ("5.1", 6)]
)
def test_channels_are_a_number_or_a_layout(text: str, channels: int) -> None:
    assert parse_channels(text) == channels


def test_a_latency_is_a_time_or_one_of_the_words_of_web_audio() -> None:
    assert parse_latency("Interactive") == "interactive"
    assert parse_latency("20ms") == Duration(0.02)


@pytest.mark.parametrize(
    ("parse", "text"),
    [
        (parse_gain, ""),
        (parse_gain, "-"),
        (parse_gain, "6dBFS"),
        (parse_gain, "inf"),
        (parse_gain, "nan"),
        (parse_gain, "+infdB"),
        (parse_gain, "1000dB"),
        (parse_gain, "1e39"),
        (parse_gain, "٣"),
        (parse_time, "-1"),
        (parse_time, "1.5s"),
        (parse_time, "1:60"),
        (parse_time, "1:60:00"),
        (parse_time, "1:2:3:4"),
        (parse_time, "1e11"),
        (parse_time, "10 parsec"),
        (parse_latency, "fast"),
        (parse_frequency, "0"),
        (parse_frequency, "-440"),
        (parse_frequency, "A4"),
        (parse_rate, "44.1"),
        (parse_rate, "0"),
        (parse_rate, "1e10"),
        (parse_channels, "0"),
        (parse_channels, "1.5"),
        (parse_channels, "7.1"),
        (parse_channels, "2k"),
    ],
)
def test_what_is_no_quantity_is_refused_with_the_forms(
    parse: Callable[[str], object], text: str
) -> None:
    with pytest.raises(ValueError, match=r"^'.*' is no .+: .+"):
        parse(text)


def test_a_refusal_shows_examples_and_shortens_what_is_long() -> None:
    with pytest.raises(ValueError, match="gain") as refused:
        parse_gain("x" * 1000)
    assert str(refused.value) == (
        f"'{'x' * 37}...' is no gain: a factor (0.5) or decibels (-6dB, +3dB, -infdB for silence)"
    )


@given(st.floats(-LARGEST_FLOAT32, LARGEST_FLOAT32))
def test_a_factor_that_is_printed_is_read_back(factor: float) -> None:
    assert parse_gain(repr(factor)) == factor


@given(st.floats(1e-10, 1e10))
def test_decibels_that_are_printed_are_read_back_to_a_hundredth(factor: float) -> None:
    assert abs(20 * math.log10(parse_gain(decibels(factor)) / factor)) < 0.0051


def test_silence_in_decibels_is_read_back_and_unity_has_no_sign() -> None:
    assert parse_gain(decibels(0)) == 0
    assert decibels(0.9999999) == "0.00 dB"


@given(
    st.builds(Duration, st.floats(0, LONGEST_SECONDS))
    | st.builds(Duration, st.integers(0, 2**53).map(float), st.just("frames"))
)
def test_a_duration_that_is_printed_is_read_back(duration: Duration) -> None:
    assert parse_time(str(duration)) == duration


@given(st.floats(0, 1e6))
@example(59.9999)
@example(3599.9999)
def test_a_clock_that_is_printed_is_read_back_to_a_millisecond(seconds: float) -> None:
    assert parse_time(clock(seconds)).seconds(1) == pytest.approx(seconds, abs=0.00051)


@given(st.integers(1, 2**31 - 1))
def test_a_rate_that_is_printed_is_read_back(rate: int) -> None:
    assert parse_rate(kilohertz(rate)) == rate


@given(st.floats(1e-3, 1e6))
def test_a_frequency_that_is_printed_is_read_back(hertz: float) -> None:
    assert parse_frequency(kilohertz(hertz)) == pytest.approx(hertz, rel=1e-9)


ALMOST = st.text() | st.from_regex(r"\A[+-]?[0-9.:]{0,9}(e[+-]?[0-9]{1,6})? ?[a-zA-Z]{0,3}\Z")


@pytest.mark.parametrize("quantity", [GAIN, TIME, LATENCY, FREQUENCY, RATE, CHANNELS])
@given(text=ALMOST)
@example(text="9" * 10000)
@example(text="1e999999999")
@example(text="1:" + "9" * 10000)
@example(text="\0")
def test_any_text_gives_a_finite_value_or_a_bad_parameter(
    quantity: Quantity[object], text: str
) -> None:
    try:
        value = quantity.convert(text, None, None)
    except click.BadParameter:
        return
    if isinstance(value, Duration):
        assert value.frames(192000) >= 0
        assert value.seconds(8000) >= 0
        value = value.count
    assert isinstance(value, str) or math.isfinite(value)  # type: ignore[arg-type]


@pytest.mark.parametrize("words", [["--gain", "-6dB"], ["--gain=-6dB"], ["-g", "-6dB"], ["-g-6dB"]])
def test_a_negative_value_is_no_option(words: list[str]) -> None:
    command = click.Command(
        "gain",
        params=[click.Option(["-g", "--gain"], type=GAIN)],
        callback=lambda gain: click.echo(f"{gain:.3f}"),
    )
    assert CliRunner().invoke(command, words).output == "0.501\n"


def test_a_default_of_the_right_type_stays_as_it_is() -> None:
    assert GAIN.convert(0.25, None, None) == 0.25


@pytest.mark.parametrize(("text", "wonders"), [("10s", True), ("48000s", False), ("10", False)])
def test_a_few_samples_make_it_wonder_whether_seconds_were_meant(text: str, wonders: bool) -> None:
    command = click.Command(
        "play", params=[click.Option(["--duration"], type=TIME)], callback=lambda duration: None
    )
    result = CliRunner().invoke(command, ["--duration", text])
    note = "audiograph: 10s means 10 samples; for seconds write 10 or 10sec\n"
    assert (result.exit_code, result.stderr) == (0, note if wonders else "")

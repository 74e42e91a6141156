from __future__ import annotations

import json
import math
import sys
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from audiograph.cli import output
from audiograph.cli.talk import one_line

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.tuples(inner) | st.dictionaries(st.text(), inner),
)


@given(st.dictionaries(st.text().filter(lambda key: key != "schema"), VALUES))
def test_any_document_is_json_that_a_strict_reader_takes(document: dict[str, object]) -> None:
    text = json.dumps(output.plain(document), allow_nan=False)
    assert list(json.loads(text)) == list(document)


def test_json_starts_with_the_schema_and_is_plain_ascii(
    capsys: pytest.CaptureFixture[str],
) -> None:
    output.write_json({"peak": -math.inf, "label": "Gerät\udc80", "rms": np.float32(0.5)})
    text = capsys.readouterr().out
    assert text.isascii()
    assert json.loads(text) == {"schema": 1, "peak": None, "label": "Gerät\udc80", "rms": 0.5}
    assert text.startswith('{\n  "schema": 1,\n')


def test_a_table_is_aligned_for_wide_letters_and_shows_no_control_characters(
    capsys: pytest.CaptureFixture[str],
) -> None:
    output.write_table(("A", "B"), [("音声", "1"), ("x\x1b[2J", "2")])
    assert capsys.readouterr().out == "A         B\n音声      1\nx\\x1b[2J  2\n"


@pytest.fixture
def terminal(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Callable[[int], None]:
    """Return what makes stdout a terminal of so many columns."""

    def be(columns: int) -> None:
        monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
        monkeypatch.setenv("COLUMNS", str(columns))

    return be


def test_a_narrow_terminal_gets_the_columns_of_a_table_that_fit(
    terminal: Callable[[int], None], capsys: pytest.CaptureFixture[str]
) -> None:
    for columns, lines in (
        (22, ["ID    LABEL     RATE", "abcd  speakers  48 kHz"]),
        (21, ["ID    LABEL     …", "abcd  speakers"]),
        (17, ["ID    LABEL     …", "abcd  speakers"]),
        (16, ["ID    …", "abcd"]),
        (1, ["ID    …", "abcd"]),
    ):
        terminal(columns)
        output.write_table(("ID", "LABEL", "RATE"), [("abcd", "speakers", "48 kHz")])
        assert capsys.readouterr().out.splitlines() == lines


def test_a_terminal_however_narrow_shows_more_of_a_table_than_its_stars(
    terminal: Callable[[int], None], capsys: pytest.CaptureFixture[str]
) -> None:
    terminal(4)
    output.write_table(("", "ID", "LABEL"), [("*", "abcd", "speakers"), ("", "efgh", "mic")])
    assert capsys.readouterr().out.splitlines() == ["   ID    …", "*  abcd", "   efgh"]


def test_a_narrow_terminal_gets_a_long_value_on_several_lines(
    terminal: Callable[[int], None], capsys: pytest.CaptureFixture[str]
) -> None:
    terminal(20)
    output.write_fields({"id": "alsa-in-a-long-name", "rates": "8 kHz, 16 kHz, 48 kHz"})
    assert capsys.readouterr().out.splitlines() == [
        "id",
        "       alsa-in-a-long-name",
        "rates  8 kHz, 16",
        "       kHz, 48 kHz",
    ]


def test_a_pipe_gets_everything_on_one_line(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "10")
    output.write_table(("ID", "LABEL"), [("alsa-in-mic", "microphone")])
    output.write_fields({"rates": "8 kHz, 16 kHz, 48 kHz"})
    assert capsys.readouterr().out.splitlines() == [
        "ID           LABEL",
        "alsa-in-mic  microphone",
        "rates  8 kHz, 16 kHz, 48 kHz",
    ]


@given(st.text())
def test_what_is_said_is_one_printable_line(text: str) -> None:
    line = one_line(text)
    assert line.isprintable()
    assert len(line.splitlines()) <= 1

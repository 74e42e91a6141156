from __future__ import annotations

import json
import math

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


@given(st.text())
def test_what_is_said_is_one_printable_line(text: str) -> None:
    line = one_line(text)
    assert line.isprintable()
    assert len(line.splitlines()) <= 1

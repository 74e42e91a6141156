from __future__ import annotations

from typing import get_args

from audiograph.cli.quantities import RAW_ENCODINGS
from audiograph.sinks.encoding import RawEncoding


def test_raw_encodings_are_those_that_sinks_write() -> None:
    # The command line has its own list because importing a sink costs more than --help may take.
    assert get_args(RawEncoding) == RAW_ENCODINGS

"""Data for stdout: text, tables, JSON; audio never to a terminal.

JSON is one object with `"schema": 1` first. Within a schema keys are added but never renamed,
removed or given another meaning; numbers are finite (null stands for what has no number, such
as silence in decibels); times are seconds, rates hertz, levels factors unless the key says
otherwise.
"""

from __future__ import annotations

import errno
import json
import math
import shutil
import sys
import unicodedata
from collections.abc import Mapping, Sequence
from textwrap import fill
from typing import Any, BinaryIO

import click

from audiograph.cli.process import to_stdout
from audiograph.cli.talk import printable

SCHEMA = 1


def write(text: str) -> None:
    """Print `text` on stdout."""
    if sys.stdout is None:
        raise OSError(errno.EBADF, "stdout is closed")
    with to_stdout():
        sys.stdout.write(f"{text}\n")


def write_json(document: Mapping[str, object]) -> None:
    """Print `document` as JSON, marked with the schema's number."""
    write(json.dumps(plain({"schema": SCHEMA, **document}), indent=2, allow_nan=False))


def write_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print rows under a header, in aligned columns.

    On a terminal that is too narrow for all of them, the last ones are left out for a "…"; the
    first one that has a name stays.
    """
    table = [[printable(cell) for cell in row] for row in (header, *rows)]
    widths = [max(_columns(cell) for cell in column) for column in zip(*table, strict=True)]
    room = _terminal_columns()
    if room is not None and _table_columns(widths) > room:
        least = next(number for number, name in enumerate(header, 1) if name)
        while len(widths) > least and _table_columns([*widths, 1]) > room:
            widths.pop()
        table = [[*row[: len(widths)], ""] for row in table]
        table[0][-1] = "…"
        widths.append(1)
    for row in table:
        padded = (
            cell + " " * (width - _columns(cell)) for cell, width in zip(row, widths, strict=True)
        )
        write("  ".join(padded).rstrip())


def write_fields(fields: Mapping[str, str]) -> None:
    """Print names and values in aligned columns, a line each, or several on a narrow terminal."""
    indent = max(map(len, fields)) + 2
    room = _terminal_columns()
    for name, value in fields.items():
        line = f"{name:{indent}}{printable(value)}".rstrip()
        if room is not None and _columns(line) > room:
            line = fill(
                line,
                room,
                subsequent_indent=" " * indent,
                break_long_words=False,
                break_on_hyphens=False,
            )
        write(line)


def plain(value: Any) -> Any:
    """Return `value` as JSON has it: null for what is not finite, lists, strings as keys."""
    match value:
        case None | bool() | int() | str():
            return value
        case float():
            return value if math.isfinite(value) else None
        case Mapping():
            return {str(key): plain(item) for key, item in value.items()}
        case Sequence():
            return [plain(item) for item in value]
        case _:
            return plain(value.item()) if hasattr(value, "item") else str(value)


def audio_stdout() -> BinaryIO:
    """Return stdout for audio; a terminal is refused with a hint."""
    if sys.stdout is None:
        raise OSError(errno.EBADF, "stdout is closed")
    if sys.stdout.isatty():
        raise click.UsageError(
            "audio is not written to a terminal: send it on with '> out.wav' or '| program'"
        )
    return sys.stdout.buffer


def audio_stdin() -> BinaryIO:
    """Return stdin for audio; a terminal is refused with a hint."""
    if sys.stdin is None:
        raise OSError(errno.EBADF, "stdin is closed")
    if sys.stdin.isatty():
        raise click.UsageError(
            "audio is not read from a terminal: bring it with '< in.wav' or 'program |'"
        )
    return sys.stdin.buffer


def _terminal_columns() -> int | None:
    """Return how wide the terminal is that stdout goes to; None for a file or a pipe."""
    if sys.stdout is None or not sys.stdout.isatty():
        return None
    return shutil.get_terminal_size().columns


def _table_columns(widths: Sequence[int]) -> int:
    return sum(widths) + 2 * (len(widths) - 1)


def _columns(text: str) -> int:
    """Return how many columns of a terminal `text` takes."""
    return sum(
        0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1
        for c in text
    )

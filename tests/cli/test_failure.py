from __future__ import annotations

import errno

import click
import pytest

import audiograph.errors as errors
from audiograph.cli.failure import explain

CTX = click.Context(click.Command("route"), info_name="audiograph route")


@pytest.mark.parametrize(
    ("error", "line", "status"),
    [
        (BrokenPipeError(errno.EPIPE, "Broken pipe"), "", 141),
        (KeyboardInterrupt(), "interrupted", 130),
        (click.Abort(), "interrupted", 130),
        (
            click.NoSuchOption("--forse", possibilities=["--force"], ctx=CTX),
            "no such option '--forse'. Did you mean '--force'? (see 'audiograph route --help')",
            2,
        ),
        (click.UsageError("too much"), "too much", 2),
        (errors.NotFoundError("no input device matches 'x'"), "no input device matches 'x'", 3),
        (errors.NotAllowedError("microphone refused"), "microphone refused", 3),
        (PermissionError(errno.EACCES, "Permission denied", "a"), "a: permission denied", 3),
        (FileNotFoundError(errno.ENOENT, "No such file", "a"), "a: no such file", 1),
        (OSError(errno.EXDEV, "Cross-device link", "a", None, "b"), "a -> b: cross-device link", 1),
        (OSError("odd"), "odd", 1),
        (errors.OverconstrainedError("sampleRate"), "no device meets the constraint sampleRate", 1),
        (errors.EncodingError("a.wav: no audio"), "a.wav: no audio", 1),
        (errors.InvalidStateError(), "InvalidStateError", 1),
        (ValueError("rate 0 is out of range"), "rate 0 is out of range", 1),
        (MemoryError(), "out of memory; shorter pieces or fewer channels need less", 1),
        (RecursionError("deep"), "the input is nested too deeply", 1),
        (
            ZeroDivisionError("division by zero"),
            "unexpected ZeroDivisionError: division by zero; this is a bug, please report it "
            "with what you typed (-vv shows the traceback)",
            1,
        ),
        (
            TypeError("'NoneType' object is not iterable"),
            "unexpected TypeError: 'NoneType' object is not iterable; this is a bug, please report "
            "it with what you typed (-vv shows the traceback)",
            1,
        ),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, BaseException) else None,
)
def test_an_exception_is_a_line_and_a_status(error: BaseException, line: str, status: int) -> None:
    assert explain(error) == (line, status)


def test_every_error_of_the_library_has_a_status() -> None:
    for kind in errors.DOMException.__subclasses__():
        _, status = explain(kind("x"))
        assert status in (1, 3), kind

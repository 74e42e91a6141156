"""An exception as one line of text and an exit status.

======  ==========================================================
status  meaning
======  ==========================================================
0       done
1       failed
2       wrong usage
3       no such device, or no permission
130     interrupted before anything was recorded
141     whoever read our output has gone, as a shell sees SIGPIPE
======  ==========================================================
"""

from __future__ import annotations

import click

from audiograph.cli.talk import Talk
from audiograph.errors import DOMException, NotAllowedError, NotFoundError, OverconstrainedError

FAILED = 1
WRONG_USAGE = 2
NOT_THERE = 3
INTERRUPTED = 130
BROKEN_PIPE = 141


def report(error: BaseException, talk: Talk) -> int:
    """Say what went wrong and return the exit status."""
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        error.show()
        return WRONG_USAGE
    line, status = explain(error)
    if line:
        talk.error("; ".join([line, *getattr(error, "__notes__", [])]))
    if talk.verbosity >= 2 and line and not isinstance(error, click.ClickException):
        talk.traceback(error)
    return status


def explain(error: BaseException) -> tuple[str, int]:
    """Return what to say about `error` ("" for nothing) and the exit status."""
    match error:
        case BrokenPipeError():
            # head(1) has seen enough. sox, git and cat die of SIGPIPE here, so scripts know it.
            return "", BROKEN_PIPE
        # Python's locks complain where an interrupt comes just when one is to be taken back.
        case KeyboardInterrupt() | click.Abort() | RuntimeError(__context__=KeyboardInterrupt()):
            return "interrupted", INTERRUPTED
        case click.UsageError():
            return _usage(error), WRONG_USAGE
        case click.ClickException():
            return error.format_message(), error.exit_code
        case NotFoundError() | NotAllowedError():
            return _text(error), NOT_THERE
        case PermissionError():
            return _system(error), NOT_THERE
        case OverconstrainedError():
            return str(error) or f"no device meets the constraint {error.constraint}", FAILED
        case OSError():
            return _system(error), FAILED
        case DOMException() | ValueError():
            return _text(error), FAILED
        case MemoryError():
            return "out of memory; shorter pieces or fewer channels need less", FAILED
        case RecursionError():
            return "the input is nested too deeply", FAILED
        case _:
            # NB: a TypeError, too: what people type is parsed before the library gets to see it.
            return (
                f"unexpected {_text(error, named=True)}; this is a bug, please report it with "
                "what you typed (-vv shows the traceback)",
                FAILED,
            )


def _usage(error: click.UsageError) -> str:
    message = error.format_message()
    message = message[:1].lower() + message[1:].removesuffix(".")
    return f"{message} (see '{error.ctx.command_path} --help')" if error.ctx else message


def _system(error: OSError) -> str:
    """Return "file: reason" as the system's own tools put it."""
    if error.strerror is None:
        return _text(error)
    reason = error.strerror[:1].lower() + error.strerror[1:]
    names = [str(name) for name in (error.filename, error.filename2) if name is not None]
    return ": ".join([" -> ".join(names), reason] if names else [reason])


def _text(error: BaseException, *, named: bool = False) -> str:
    name = type(error).__name__
    text = str(error)
    if not text:
        return name
    return f"{name}: {text}" if named else text

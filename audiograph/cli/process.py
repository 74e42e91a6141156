"""What belongs to the process as a whole: its signals and its standard streams."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager


def prepare() -> None:
    """Make signals interrupt, and standard streams safe to have closed and to write to."""
    # Numpy's linear algebra starts a thread for each core, which takes longer than its import.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    for number in _interrupts():
        # nohup and its like ignore SIGHUP on purpose, and shells SIGINT in the background.
        if signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, signal.default_int_handler)
    # A standard stream that the caller closed would lend its number to the next file opened,
    # and whatever a C library then prints would end up in a recording.
    for descriptor in range(3):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            # A label that the terminal's encoding lacks must not end the program.
            reconfigure(errors="backslashreplace")


def flush_stdout() -> None:
    """Find out now whether everything printed has arrived; at exit Python could only complain."""
    if sys.stdout is not None:
        with to_stdout():
            sys.stdout.flush()


@contextmanager
def to_stdout() -> Iterator[None]:
    """Let an OSError from inside say that stdout could not be written, and what to do."""
    try:
        yield
    except OSError:
        # Imported here, since it takes a while and is hardly ever needed.
        from audiograph.sinks.descriptor import named

        with named("to stdout"):
            raise


def abandon_broken_stdout() -> None:
    """Keep Python from trying once more, and complaining, when it closes stdout at exit."""
    try:
        flush_stdout()
    except (OSError, ValueError, KeyboardInterrupt):
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)


def leave() -> None:
    """Ignore what would interrupt from now on: all is done, and Python's end takes moments.

    An exception in it would only be printed, and devices stay open behind it.
    """
    for number in _interrupts():
        signal.signal(number, signal.SIG_IGN)


def _interrupts() -> list[signal.Signals]:
    """Return the signals that interrupt, as far as the system has them."""
    names = ("SIGINT", "SIGTERM", "SIGHUP")
    return [signal.Signals[name] for name in names if name in signal.Signals.__members__]

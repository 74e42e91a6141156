"""Talking to the person at the terminal: everything but data, on stderr."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from rich.progress import Progress as Bar
    from rich.progress import TaskID


@dataclass
class Talk:
    """What the program says, as much of it as `-q` and `-v` ask for."""

    quiet: bool = False
    verbosity: int = 0

    def error(self, text: str) -> None:
        """Say what went wrong, on one line."""
        _write(f"audiograph: {one_line(text)}\n")

    def note(self, text: str) -> None:
        """Say what a person should know, unless they asked for quiet."""
        if not self.quiet:
            self.error(text)

    def detail(self, text: str, level: int = 1) -> None:
        """Say what helps to understand a run: with `-v`, or only from `-vv` (`level` 2) on."""
        if self.verbosity >= level:
            self.note(text)

    def traceback(self, error: BaseException) -> None:
        """Show where `error` comes from."""
        from traceback import format_exception

        _write("".join(format_exception(error)))

    @contextmanager
    def progress(self, label: str, total: float | None = None) -> Iterator[Progress]:
        """Show a progress bar up to `total` (without one: how long it has been running).

        What the library warns of meanwhile is noted when the bar has gone.
        """
        with (
            _warnings(self.note),
            Progress(label, total, shown=not self.quiet and _stderr_is_lively()) as progress,
        ):
            yield progress


class Progress:
    """A progress bar on stderr for what takes longer than a second.

    A context manager: `update` it from within as often as you like, it draws four times a second
    at most, on the caller's thread.
    """

    PATIENCE_SECONDS = 1.0
    INTERVAL_SECONDS = 0.25

    def __init__(self, label: str, total: float | None, *, shown: bool) -> None:
        self.label = label
        self.total = total
        self._bar: Bar | None = None
        self._task: TaskID | None = None
        self._next_draw = time.monotonic() + self.PATIENCE_SECONDS if shown else float("inf")

    def __enter__(self) -> Self:
        return self

    def update(self, done: float, total: float | None = None) -> None:
        """Show that `done` seconds are done, of `total` where that has come to be known."""
        self.total = total or self.total
        now = time.monotonic()
        if now < self._next_draw:
            return
        self._next_draw = now + self.INTERVAL_SECONDS
        from audiograph.cli.quantities import clock

        # A terminal that goes away must not end a recording.
        with suppress(OSError):
            if self._bar is None or self._task is None:
                self._bar = _make_bar(self.total is not None)
                self._task = self._bar.add_task(one_line(self.label), total=self.total, time="")
                self._bar.start()
            # NB: not rich's own clock, which begins when the bar is first drawn.
            whole, _, _ = clock(int(done)).partition(".")
            self._bar.update(self._task, completed=done, time=whole, refresh=True)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._bar is not None:
            with suppress(OSError):
                self._bar.stop()


def one_line(text: str) -> str:
    """Return `text` on one line and printable."""
    return printable(" ".join(text.split()))


def printable(text: str) -> str:
    r"""Return `text` with what a terminal could obey written out (`\x1b`)."""
    return "".join(
        c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text
    )


@contextmanager
def _warnings(say: Callable[[str], None]) -> Iterator[None]:
    """Call `say` at the end with each line that the library has logged from inside."""
    # Imported here, since the help has to answer at once.
    import logging

    class Listener(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            heard.append(record.getMessage())

    heard: list[str] = []
    logger, listener = logging.getLogger("audiograph"), Listener()
    logger.addHandler(listener)
    try:
        yield
    finally:
        logger.removeHandler(listener)
        for text in heard:
            say(text)


def _write(text: str) -> None:
    """Write to stderr; where nobody listens any more, to nobody."""
    if sys.stderr is not None:
        with suppress(OSError):
            sys.stderr.write(text)
            sys.stderr.flush()


def _stderr_is_lively() -> bool:
    """Return whether stderr is a terminal on which a line can be drawn over."""
    return (
        sys.stderr is not None
        and sys.stderr.isatty()
        and os.environ.get("TERM", "dumb") not in ("dumb", "unknown")
    )


def _make_bar(total_known: bool) -> Bar:
    # rich takes longer to import than most commands take to run.
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        Progress,
        ProgressColumn,
        TaskProgressColumn,
        TextColumn,
        TimeRemainingColumn,
    )

    columns: list[ProgressColumn] = [TextColumn("{task.description}", markup=False)]
    if total_known:
        columns += [BarColumn(), TaskProgressColumn(), TimeRemainingColumn()]
    else:
        columns += [TextColumn("{task.fields[time]}", style="progress.elapsed")]
    # NB: rich's own refresh thread would compete with the audio threads; stdout carries data.
    return Progress(
        *columns,
        console=Console(stderr=True),
        auto_refresh=False,
        transient=True,
        redirect_stdout=False,
    )

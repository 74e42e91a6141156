"""Bytes to a file descriptor: all of them, or an OSError that says why not."""

from __future__ import annotations

import errno
import fcntl
import io
import os
import select
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

_INTERRUPTS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

_CURES = {
    errno.ENOSPC: "; make room, or write to another disk",
    errno.EDQUOT: "; make room, or write to another disk",
    errno.EFBIG: "; the file system or the shell's limit allows no larger file",
    errno.EROFS: "; write to another disk",
    errno.EBADF: "; it is closed, or open for reading only",
}


def write_all(descriptor: int, data: bytes | bytearray | memoryview) -> None:
    """Write all of `data`, however little the descriptor takes at a time."""
    rest = memoryview(data)
    while rest:
        try:
            rest = rest[os.write(descriptor, rest) :]
        except BlockingIOError:  # whoever shares our stdout may have made it non-blocking
            select.select([], [descriptor], [])


def reader_has_gone(descriptor: int) -> bool:
    """Whether `descriptor` is a pipe that nobody will read from any more."""
    poll = select.poll()
    poll.register(descriptor, 0)
    return any(event & select.POLLERR for _, event in poll.poll(0))


def rewritable_offset(descriptor: int) -> int | None:
    """Where its header can be written again, None on a pipe or a file that is appended to."""
    if fcntl.fcntl(descriptor, fcntl.F_GETFL) & os.O_APPEND:
        return None
    try:
        return os.lseek(descriptor, 0, os.SEEK_CUR)
    except OSError:
        return None


@contextmanager
def named(target: str) -> Iterator[None]:
    """Let an OSError from inside say that `target` could not be written, and what to do."""
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        number = error.errno or errno.EIO
        reason = error.strerror or os.strerror(number)
        raise OSError(number, f"cannot write {target}: {reason}{_CURES.get(number, '')}") from error


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Let Ctrl-C and its like interrupt at the end, and not in a callback of C, or half-way."""
    came, let_go = _hold_interrupts()
    try:
        yield
    finally:
        let_go()
    if came:
        raise KeyboardInterrupt


@contextmanager
def interrupted_once() -> Iterator[Callable[[], bool]]:
    """Let Ctrl-C and its like interrupt nothing; what it gives tells whether one has come.

    After the first all others are ignored, for good: what it completes must not be torn.
    """
    came, let_go = _hold_interrupts()
    try:
        yield lambda: bool(came)
    finally:
        if not came:
            let_go()


def _hold_interrupts() -> tuple[list[int], Callable[[], None]]:
    """Gather interrupts in the list that is returned; also return what lets them go again."""
    came: list[int] = []
    held = []
    handler = signal.default_int_handler
    if threading.current_thread() is threading.main_thread():
        held = [each for each in _INTERRUPTS if signal.getsignal(each) is handler]
    for number in held:
        signal.signal(number, lambda number, _: came.append(number))

    def let_go() -> None:
        for number in held:
            signal.signal(number, handler)

    return came, let_go


class WatchedFile(io.FileIO):
    """A file for libsndfile to write through that keeps the error which libsndfile would hide.

    libsndfile drops the number of an error while it writes, and all errors while it closes.
    Going through here also spares the fsync that soundfile does at every close, which for a long
    file takes longer than all else together.
    """

    def __init__(self, descriptor: int) -> None:
        super().__init__(descriptor, "w", closefd=False)
        self._error: OSError | None = None

    def write(self, data: Any, /) -> int:
        # NB: libsndfile calls this from C, where an exception cannot pass.
        try:
            write_all(self.fileno(), data)
        except OSError as error:
            self._error = self._error or error
            return 0
        return memoryview(data).nbytes

    def check(self) -> None:
        """Raise the first error that a write met."""
        if self._error is not None:
            raise self._error

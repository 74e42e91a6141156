"""Keeps what PortAudio, ALSA and JACK print off the terminal.

They write to the C library's `stderr` whenever they look for devices, open one or lose one, and
offer no common way to stop it. So `stderr`, which is a variable, points at the null device
while a call or a stream is under way. The file descriptor 2 stays as it is: Python, other threads
and child processes print as ever. (Pointing descriptor 2 elsewhere would swallow theirs too.)
"""

from __future__ import annotations

import ctypes
import platform

from audiograph.portaudio.held import Held


class _Stderr:
    """The C library's variable `stderr`, where it is one that can be set."""

    def __init__(self) -> None:
        self.shown = False
        self._null: int | None = None
        self._saved: int | None = None

    def divert(self) -> None:
        variable = self._variable()
        if variable is None or self.shown:
            return
        if self._null is None:
            fopen = ctypes.CDLL(None).fopen
            fopen.restype = ctypes.c_void_p
            self._null = fopen(b"/dev/null", b"w")
        if self._null is not None:
            self._saved, variable.value = variable.value, self._null

    def restore(self) -> None:
        variable = self._variable()
        if variable is not None and self._saved is not None:
            variable.value, self._saved = self._saved, None

    @staticmethod
    def _variable() -> ctypes.c_void_p | None:
        # NB: elsewhere it is a macro or, in musl, a constant in read-only memory. What is lost
        # there is the silence, and PortAudio's start is silent anyway: sounddevice sees to that.
        if platform.system() == "Darwin":
            return ctypes.c_void_p.in_dll(ctypes.CDLL(None), "__stderrp")
        if platform.libc_ver()[0] == "glibc":
            return ctypes.c_void_p.in_dll(ctypes.CDLL(None), "stderr")
        return None


_stderr = _Stderr()

hushed = Held(_stderr.divert, _stderr.restore)
"""Held during each call into PortAudio, and by each stream from its start to its close."""


def chatter(shown: bool) -> None:
    """Show or hide from now on what the libraries themselves print. Hidden until told."""
    _stderr.shown = shown
    if shown:
        _stderr.restore()

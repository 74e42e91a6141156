"""The PortAudio library itself: brought in when a device is first asked for."""

from __future__ import annotations

import atexit
import ctypes
import os
import platform
from types import ModuleType
from typing import Any, Protocol

from audiograph.errors import NotFoundError, NotReadableError
from audiograph.portaudio.calls import call, end, forget, hung


class Closable(Protocol):
    """An open stream."""

    def close(self) -> None:
        """Close it."""


class _Library:
    """What is loaded and open. Touched on PortAudio's thread alone, and at the process's end."""

    def __init__(self) -> None:
        self.module: ModuleType | None = None
        self.streams: set[Closable] = set()


_library = _Library()


def load() -> Any:
    """Return the module sounddevice, with PortAudio initialised.

    Raises
    ------
    NotFoundError
        When PortAudio is not installed; the message says which package brings it.
    NotReadableError
        When PortAudio does not start or does not answer.
    """
    return call(loaded)


def refresh() -> bool:
    """Look at the machine anew: the only way to see a device that was plugged in meanwhile.

    Takes 30 to 100 ms. Returns False and does nothing while a stream is open (it would die), after
    one had to be given up, and where a JACK server has died.
    """
    if _library.streams or hung():
        return False

    def restart() -> bool:
        if _library.module is None:
            loaded()
        elif _library.streams or _jack_has_died(_library.module):
            return False
        else:
            _library.module._terminate()
            _library.module._initialize()
        return True

    return call(restart)


def loaded() -> Any:
    """`load` for functions that run on PortAudio's thread already."""
    if _library.module is None:
        try:
            import sounddevice
        except OSError as error:
            raise NotFoundError(
                f"sound devices need PortAudio, which does not load ({error}): {_remedy()}"
            ) from None
        except Exception as error:
            # PortAudioError itself is a name in the module whose import has just failed.
            if type(error).__name__ != "PortAudioError":
                raise
            raise NotReadableError(f"PortAudio does not start: {error}") from None
        # sounddevice's own farewell waits for ever where a stream hangs, and ends in an abort where
        # a JACK server has died. The system takes back what PortAudio leaves.
        atexit.unregister(sounddevice._exit_handler)
        atexit.register(_shut_down)
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=_leave_to_the_parent)
        _library.module = sounddevice
    return _library.module


def note_open(stream: Closable) -> None:
    """Remember `stream`: while it is open PortAudio cannot start anew. On PortAudio's thread."""
    _library.streams.add(stream)


def note_closed(stream: Closable) -> None:
    """Forget `stream`. On PortAudio's thread."""
    _library.streams.discard(stream)


def _shut_down() -> None:
    # A callback must not come into an interpreter that is no more.
    end()
    for stream in list(_library.streams):
        stream.close()
    # What hangs is still in there. Python takes libraries out of memory that it has loaded, from
    # under the feet of such threads; ctypes never does.
    if _library.module is not None:
        ctypes.CDLL(_library.module._libname)


def _leave_to_the_parent() -> None:
    """Forget, in a forked process, what the parent has open and closes."""
    _library.streams.clear()
    forget()


def _jack_has_died(sounddevice: Any) -> bool:
    """Tell whether PortAudio is tied to a JACK server that is gone.

    Told to shut down then, it aborts the whole process. A stream that cannot be opened tells.
    """
    for api in sounddevice.query_hostapis():
        if not api["name"].startswith("JACK") or api["default_output_device"] < 0:
            continue
        try:
            sounddevice.RawOutputStream(
                device=api["default_output_device"], channels=1, callback=lambda *_: None
            ).close()
        except sounddevice.PortAudioError:
            return True
    return False


def _remedy() -> str:
    if platform.system() == "Linux":
        return (
            "install it (Debian, Ubuntu: apt install libportaudio2; Fedora: dnf install portaudio)"
        )
    return "reinstall the Python package sounddevice, which brings it"

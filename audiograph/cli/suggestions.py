"""What a shell is offered where an option takes a device.

Ids, since a label may hold what the shell takes for its own; the label is told beside it, where the
shell has room for that. Whatever goes wrong, nothing is offered.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from typing import TYPE_CHECKING

import click
from click.shell_completion import CompletionItem

from audiograph.cli.matching import fold
from audiograph.errors import DOMException

if TYPE_CHECKING:
    from audiograph.portaudio.devices import Device, DeviceKind

PATIENCE_SECONDS = 1.0
"""How long a person waits for the Tab key."""


def inputs(_: click.Context, __: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Return the input devices that `incomplete` may become."""
    return [*_words(["default"], incomplete), *_devices("audioinput", incomplete)]


def outputs(_: click.Context, __: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Return what else `incomplete` may become: an output device, a word, a file."""
    return [
        *_words(["speakers", "none"], incomplete),
        *_devices("audiooutput", incomplete),
        CompletionItem(incomplete, type="file"),
    ]


def _words(words: Iterable[str], incomplete: str) -> list[CompletionItem]:
    return [CompletionItem(word) for word in words if word.startswith(incomplete)]


def _devices(kind: DeviceKind, incomplete: str) -> list[CompletionItem]:
    """Return the ids that begin like this, also those of labels with a word that does."""
    wanted = fold(incomplete)
    return [
        CompletionItem(device.id, help=device.label)
        for device in _present()
        if device.kind == kind
        and any(name.startswith(wanted) for name in (device.id, *fold(device.label).split()))
    ]


def _present() -> tuple[Device, ...]:
    with suppress(DOMException):
        from audiograph.portaudio.calls import call
        from audiograph.portaudio.devices import listed

        return call(listed, limit=PATIENCE_SECONDS)
    return ()

"""Choosing one of a list of things by what a person types."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Sequence
from typing import Protocol, TypeVar

from audiograph.errors import NotFoundError

MOST_LISTED = 8
"""An error names no more candidates than a person wants to read."""


class Named(Protocol):
    """A thing that can be chosen: a device, a track."""

    @property
    def id(self) -> str: ...

    @property
    def label(self) -> str: ...

    @property
    def is_default(self) -> bool: ...


T = TypeVar("T", bound=Named)


def choose(wanted: str, candidates: Sequence[T], *, what: str, see: str = "") -> T:
    """Return the one of `candidates` that `wanted` means.

    `what` names them in an error ("input device"), `see` is the command that lists them. Raises
    NotFoundError with the candidates where none matches or more than one does.
    """
    found = matches(wanted, candidates)
    if len(found) == 1:
        return found[0]
    if found:
        raise ambiguous(wanted, found, what=what)
    raise unknown(wanted, candidates, what=what, see=see)


def matches(wanted: str, candidates: Sequence[T]) -> list[T]:
    """Return the candidates that `wanted` means by the first of these rules that finds any.

    The word ``default``; the id; the label; the label in any case; a part of the label in any
    case; the beginning of the id.
    """
    name = fold(wanted)
    if not name:
        return []
    rules: tuple[Callable[[T], bool], ...] = (
        lambda thing: name == "default" and thing.is_default,
        lambda thing: thing.id == wanted,
        lambda thing: thing.label == wanted,
        lambda thing: fold(thing.label) == name,
        lambda thing: name in fold(thing.label),
        lambda thing: fold(thing.id).startswith(name),
    )
    for rule in rules:
        if found := [thing for thing in candidates if rule(thing)]:
            return found
    return []


def ambiguous(wanted: str, found: Sequence[Named], *, what: str) -> NotFoundError:
    """Return the error for a name that several things answer to."""
    return NotFoundError(
        f"{wanted!r} is more than one {what}: {_list(found)}; take an id or more of the label"
    )


def unknown(wanted: str, candidates: Sequence[Named], *, what: str, see: str = "") -> NotFoundError:
    """Return the error for a name that nothing answers to, with the likely and all candidates."""
    where = f" (see '{see}')" if see else ""
    if not candidates:
        return NotFoundError(f"no {what} matches {wanted!r}: there is none at all{where}")
    if fold(wanted) == "default":
        reason = f"no {what} is the default one"
    else:
        reason = f"no {what} matches {wanted!r}"
    if near := similar(wanted, candidates):
        reason += f" (did you mean {' or '.join(repr(thing.label) for thing in near)}?)"
    return NotFoundError(f"{reason}; there is {_list(candidates)}{where}")


def similar(wanted: str, candidates: Iterable[T]) -> list[T]:
    """Return up to three candidates whose label, or a word of it, is nearly `wanted`."""
    from difflib import get_close_matches

    by_name: dict[str, T] = {}
    for thing in candidates:
        label = fold(thing.label)
        for name in (label, *label.split()):
            by_name.setdefault(name, thing)
    near = get_close_matches(fold(wanted), by_name, n=3, cutoff=0.7)
    return list({id(by_name[name]): by_name[name] for name in near}.values())


def fold(text: str) -> str:
    """Return `text` as it is compared: composed, in no case, without space around."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).casefold()).strip()


def _list(things: Sequence[Named]) -> str:
    names = [f"{thing.label!r} (id {thing.id})" for thing in things[:MOST_LISTED]]
    if len(things) > MOST_LISTED:
        names.append(f"{len(things) - MOST_LISTED} more")
    return ", ".join(names)

"""Option dictionaries: frozen dataclasses, given whole or as keywords."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, fields
from difflib import get_close_matches
from typing import Any, TypeVar

T = TypeVar("T")


def read_options(kind: type[T], options: T | None, given: Mapping[str, object]) -> T:
    """Return the options that a constructor was called with: the object, or one of the fields.

    Raises TypeError for an object of another class, for both at once, for an unknown field and
    for a required one that is missing.
    """
    if options is not None:
        if given:
            raise TypeError(f"give either {kind.__name__} or its fields, not both")
        if not isinstance(options, kind):
            raise TypeError(f"options must be {kind.__name__}, not {type(options).__name__}")
        return options
    names = {field.name: field for field in fields(kind)}  # type: ignore[arg-type]
    for name in given:
        if name not in names:
            near = get_close_matches(name, names, 1)
            hint = f"; did you mean {near[0]!r}?" if near else f": it has {', '.join(names)}"
            raise TypeError(f"{kind.__name__} has no field {name!r}{hint}")
    for name, field in names.items():
        if field.default is MISSING and field.default_factory is MISSING and name not in given:
            raise TypeError(f"{kind.__name__} needs {name!r}")
    arguments: dict[str, Any] = dict(given)
    return kind(**arguments)

"""Option dictionaries: frozen dataclasses, given whole or as keywords."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields, replace
from difflib import get_close_matches
from functools import cache, partial
from inspect import Parameter, Signature, signature
from types import NoneType, UnionType
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from audiograph.values import choice, finite, instance, truth, whole

T = TypeVar("T")
Convert = Callable[[str, Any], object]


def read_options(kind: type[T], options: T | None, given: Mapping[str, object]) -> T:
    """Return the options that a constructor was called with: the object, or one of the fields.

    Fields that are declared as numbers, bool, Literal or a class hold what they say.

    Raises TypeError for an object of another class, for both at once, for an unknown field, for a
    required one that is missing and for a value of the wrong type.
    """
    conversions = _conversions(kind)  # type: ignore[arg-type]
    if options is not None:
        if given:
            raise TypeError(f"give either {kind.__name__} or its fields, not both")
        if not isinstance(options, kind):
            raise TypeError(
                f"options must be {kind.__name__}, not {type(options).__name__}; or give its "
                "fields as keywords"
            )
        held = {name: getattr(options, name) for name, _ in conversions}
        values = {name: convert(name, held[name]) for name, convert in conversions}
        changed = {name: value for name, value in values.items() if value is not held[name]}
        return replace(options, **changed) if changed else options  # type: ignore[type-var]
    names = {field.name: field for field in fields(kind)}  # type: ignore[arg-type]
    for name in given:
        if name not in names:
            near = get_close_matches(name.lower(), names, 1)
            hint = f"; did you mean {near[0]!r}?" if near else f": it has {', '.join(names)}"
            raise TypeError(f"{kind.__name__} has no field {name!r}{hint}")
    for name, field in names.items():
        if field.default is MISSING and field.default_factory is MISSING and name not in given:
            raise TypeError(f"{kind.__name__} needs {name!r}")
    arguments: dict[str, Any] = dict(given)
    for name, convert in conversions:
        if name in arguments:
            arguments[name] = convert(name, arguments[name])
    return kind(**arguments)


def takes(kind: type[Any]) -> Callable[[type[T]], type[T]]:
    """Have `help` show the fields of `kind` for a class's constructor, which takes them."""

    def decorate(cls: type[T]) -> type[T]:
        init = cls.__init__
        cls.__signature__ = constructor_signature(init, kind)  # type: ignore[attr-defined]
        return cls

    return decorate


def constructor_signature(init: Callable[..., None], kind: type[Any]) -> Signature:
    """Return what `help` shows for a constructor that takes options: their fields."""
    positional = [
        parameter.replace(annotation=Parameter.empty)
        for parameter in list(signature(init).parameters.values())[1:]
        if parameter.kind is Parameter.POSITIONAL_OR_KEYWORD
    ]
    keywords = [
        Parameter(
            field.name,
            Parameter.KEYWORD_ONLY,
            default=Parameter.empty if field.default is MISSING else field.default,
        )
        for field in fields(kind)
    ]
    return Signature([*positional, *keywords])


@cache
def _conversions(kind: type[Any]) -> tuple[tuple[str, Convert], ...]:
    """Return how the fields of a class are converted, by name; the others stay as they are.

    https://webidl.spec.whatwg.org/#js-dictionary
    """
    types = get_type_hints(kind)
    # NB: a field with metadata has a conversion of its own.
    found = (
        (field.name, _conversion(types[field.name])) for field in fields(kind) if not field.metadata
    )
    return tuple((name, convert) for name, convert in found if convert is not None)


def _conversion(declared: Any) -> Convert | None:
    """Return how a value is converted to a declared type, or None for one that is not."""
    parts = get_args(declared) if get_origin(declared) in (Union, UnionType) else (declared,)
    kinds = tuple(part for part in parts if part is not NoneType)
    convert: Convert | None = None
    if all(get_origin(each) is Literal for each in kinds):
        choices = tuple(value for each in kinds for value in get_args(each))
        convert = partial(choice, choices=choices)
    elif len(kinds) == 1 and isinstance(kinds[0], type) and kinds[0] is not Any:
        numbers: dict[type, Convert] = {int: whole, float: finite, bool: truth}
        convert = numbers.get(kinds[0], partial(instance, kind=kinds[0]))
    if convert is not None and len(kinds) < len(parts):
        return partial(_unless_none, convert)
    return convert


def _unless_none(convert: Convert, name: str, value: Any) -> object:
    return None if value is None else convert(name, value)

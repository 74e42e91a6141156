"""Which settings constraints ask for: fitness distance and SelectSettings.

https://w3c.github.io/mediacapture-main/#dfn-selectsettings
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import inf
from typing import Any, Literal

from audiograph.media.constraints import MediaTrackConstraints, MediaTrackConstraintSet

Possible = Mapping[str, Sequence[Any]]
"""The values that each property may take, the most usual one first; they combine freely."""

Bare = Literal["ideal", "exact"]
"""What a bare value in a constraint set means."""


@dataclass(frozen=True, order=True)
class Selection:
    """The best settings that something can have; of several things the least one fits best."""

    ignored: tuple[bool, ...]
    """For each advanced set, whether it could not be met."""

    distance: float
    settings: Mapping[str, Any] = field(compare=False)


def select_settings(possible: Possible, constraints: MediaTrackConstraints) -> Selection | None:
    """Return the settings that fit best, or None where the required constraints can't be met."""
    # By the text: "For every possible settings dictionary … compute its fitness distance, treating
    # bare values of properties as ideal values. Let candidates be the set of settings dictionaries
    # for which the fitness distance is finite." The properties' values combine freely and the
    # distance is a sum, so each property is narrowed by itself: all combinations are candidates.
    candidates = _narrowed(possible, constraints, "ideal")
    # By the text: "If candidates is empty, return undefined."
    if candidates is None:
        return None
    ignored = []
    # "Iterate over the 'advanced' ConstraintSets … compute the fitness distance …, treating bare
    # values of properties as exact."
    for constraint_set in constraints.advanced or ():
        narrowed = _narrowed(candidates, constraint_set, "exact")
        # "If the fitness distance is finite for one or more settings dictionaries in candidates,
        # keep those …, discarding others. If … infinite for all …, ignore this ConstraintSet."
        if narrowed is not None:
            candidates = narrowed
        ignored.append(narrowed is None)
    # "Select one settings dictionary … with the smallest fitness distance …. If more than one …,
    # the User Agent chooses one of them based on system default property values": the first.
    best = {name: _nearest(values, constraints.get(name)) for name, values in candidates.items()}
    return Selection(
        tuple(ignored),
        sum(fitness(constraint, best[name]) for name, constraint in members(constraints)),
        {name: value for name, value in best.items() if value is not None},
    )


def failed_constraint(things: Iterable[Possible], constraints: MediaTrackConstraints) -> str:
    """Return the name of a required constraint that none of `things` can meet, or ""."""
    # "Any required constraint whose fitness distance was infinity for all settings dictionaries
    # examined while executing the SelectSettings algorithm, or "" if there isn't one."
    everything = list(things)
    for name, constraint in members(constraints):
        values = [value for possible in everything for value in possible.get(name, (None,))]
        if all(fitness(constraint, value) == inf for value in values):
            return name
    return ""


def fitness(constraint: Any, actual: Any, bare: Bare = "ideal") -> float:
    """Return one property's part of the fitness distance: 0 is perfect, infinite is refused.

    `actual` is None where there is no such setting.

    https://w3c.github.io/mediacapture-main/#dfn-fitness-distance
    """
    wanted = constraint if isinstance(constraint, Mapping) else {bare: constraint}
    # "If the constraint is required (constraintValue either contains one or more members named
    # 'min', 'max', or 'exact', or is itself a bare value in an advanced ConstraintSet), and the
    # settings dictionary's constraintName member's value does not satisfy the constraint or
    # doesn't exist, the fitness distance is positive infinity."
    if not _satisfies(actual, wanted):
        return inf
    # "If the settings dictionary's constraintName member does not exist, the … distance is 1."
    if actual is None:
        return 1.0
    # "If no ideal value is specified …, the fitness distance is 0."
    if "ideal" not in wanted or _equals(actual, wanted["ideal"]):
        return 0.0
    # "For all string, enum and boolean constraints …, the fitness distance is the result of the
    # formula (actual == ideal) ? 0 : 1".
    if isinstance(actual, bool | str):
        return 1.0
    # "For all positive numeric constraints …, the fitness distance is the result of the formula
    # (actual == ideal) ? 0 : |actual - ideal| / max(|actual|, |ideal|)".
    ideal = wanted["ideal"]
    return float(abs(actual - ideal) / max(abs(actual), abs(ideal)))


def members(constraint_set: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Return the set's constraints: name and value of each."""
    return ((name, value) for name, value in constraint_set.items() if name != "advanced")


def required(constraint: Mapping[str, Any]) -> str:
    """Return what a constraint requires, in words."""
    return ", ".join(f"{word} {value}" for word, value in constraint.items() if word != "ideal")


def numbers_named(constraints: MediaTrackConstraints, name: str) -> list[float]:
    """Return every number that constraints name for a property.

    Of a property that may take any value in a range, the best one is among these, the bounds
    and the usual value.
    """
    numbers: list[float] = []
    for constraint_set in (constraints, *(constraints.advanced or ())):
        value = constraint_set.get(name)
        if value is not None:
            numbers += value.values() if isinstance(value, Mapping) else [value]
    return numbers


def _narrowed(
    candidates: Possible, constraint_set: MediaTrackConstraintSet | Mapping[str, Any], bare: Bare
) -> Possible | None:
    """Return the candidates that satisfy a constraint set, or None without any."""
    kept = {
        name: [v for v in candidates.get(name, (None,)) if fitness(constraint, v, bare) < inf]
        for name, constraint in members(constraint_set)
    }
    return {**candidates, **kept} if all(kept.values()) else None


def _nearest(values: Sequence[Any], constraint: Any) -> Any:
    """Return the value with the smallest fitness distance, the first of several."""
    if constraint is None:
        return values[0]
    return min(values, key=lambda value: fitness(constraint, value))


def _satisfies(actual: Any, wanted: Mapping[str, Any]) -> bool:
    if actual is None:
        return wanted.keys().isdisjoint(("exact", "min", "max"))
    return (
        ("exact" not in wanted or _equals(actual, wanted["exact"]))
        and ("min" not in wanted or actual >= wanted["min"])
        and ("max" not in wanted or actual <= wanted["max"])
    )


def _equals(actual: Any, wanted: Any) -> bool:
    # "For string valued constraints, we define "==" below to be true if one of the values in the
    # sequence is exactly the same as the value being compared against."
    return bool(actual in wanted if isinstance(wanted, tuple) else actual == wanted)

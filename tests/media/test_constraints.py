from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import fields
from itertools import product
from math import inf
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from audiograph.errors import OverconstrainedError
from audiograph.media.constraints import (
    ConstrainBooleanOrDOMStringParameters,
    ConstrainULongRange,
    MediaStreamConstraints,
    MediaTrackCapabilities,
    MediaTrackConstraints,
    MediaTrackConstraintSet,
    MediaTrackSettings,
    MediaTrackSupportedConstraints,
    ULongRange,
)
from audiograph.media.selection import failed_constraint, select_settings
from audiograph.media.streams import tone_stream

RATES = [8000, 16000, 44100, 48000]
LATENCIES = [0.0, 0.01, 0.04, 0.1]
IDS = ["a", "b", "c"]


def parameters(values: st.SearchStrategy[Any], *words: str) -> st.SearchStrategy[Any]:
    """Bare values, and dicts of them."""
    return values | st.fixed_dictionaries({}, optional=dict.fromkeys(words, values))


def numbers(pool: Sequence[float]) -> st.SearchStrategy[Any]:
    return parameters(st.sampled_from(pool), "min", "max", "exact", "ideal")


strings = st.sampled_from(IDS) | st.lists(st.sampled_from(IDS), min_size=1, max_size=2)
constraint_sets = st.fixed_dictionaries(
    {},
    optional={
        "sample_rate": numbers([*RATES, 30000]),
        "channel_count": numbers([1, 2, 3, 9]),
        "latency": numbers([*LATENCIES, 0.02, 3.0]),
        "device_id": parameters(strings, "exact", "ideal"),
        "echo_cancellation": parameters(st.sampled_from([True, False, "all"]), "exact", "ideal"),
    },
)
constraints_as_dicts = st.builds(
    lambda basic, advanced: {**basic, "advanced": advanced},
    constraint_sets,
    st.lists(constraint_sets, max_size=3),
)
possibilities = st.fixed_dictionaries(
    {},
    optional={
        "sample_rate": st.lists(st.sampled_from(RATES), min_size=1, unique=True),
        "channel_count": st.sampled_from([[1], [2, 1, 3]]),
        "latency": st.lists(st.sampled_from(LATENCIES), min_size=1, unique=True),
        "device_id": st.lists(st.sampled_from(IDS), min_size=1, unique=True),
        "echo_cancellation": st.sampled_from([[False], [False, True]]),
    },
)


def fitness_distance(settings: Mapping[str, Any], constraint_set: Any, *, exact: bool) -> float:
    """What the specification defines, member by member, of settings and constraints as dicts."""
    total = 0.0
    for name, value in constraint_set.items():
        if name == "advanced":
            continue
        bare = not isinstance(value, dict)
        words = {"exact" if exact else "ideal": value} if bare else value
        actual = settings.get(name)
        for word in ("min", "max", "exact"):
            if word not in words:
                continue
            allowed = words[word] if isinstance(words[word], list) else [words[word]]
            if (
                actual is None
                or (word == "min" and actual < words["min"])
                or (word == "max" and actual > words["max"])
                or (word == "exact" and actual not in allowed)
            ):
                return inf
        if actual is None:
            total += 1
        elif "ideal" in words:
            ideals = words["ideal"] if isinstance(words["ideal"], list) else [words["ideal"]]
            if actual in ideals:
                continue
            if isinstance(actual, bool | str):
                total += 1
            else:
                total += abs(actual - ideals[0]) / max(abs(actual), abs(ideals[0]))
    return total


def every_selection(
    dictionaries: Sequence[Mapping[str, Any]], constraints: Mapping[str, Any]
) -> tuple[tuple[bool, ...], float] | None:
    """SelectSettings to the letter: the advanced sets ignored, and the smallest distance."""
    candidates = [
        each for each in dictionaries if fitness_distance(each, constraints, exact=False) < inf
    ]
    if not candidates:
        return None
    ignored = []
    for constraint_set in constraints["advanced"]:
        kept = [
            each for each in candidates if fitness_distance(each, constraint_set, exact=True) < inf
        ]
        ignored.append(not kept)
        candidates = kept or candidates
    return tuple(ignored), min(
        fitness_distance(each, constraints, exact=False) for each in candidates
    )


def dictionaries_of(possible: Mapping[str, Sequence[Any]]) -> list[dict[str, Any]]:
    return [dict(zip(possible, values, strict=True)) for values in product(*possible.values())]


@given(possible=possibilities, constraints=constraints_as_dicts)
def test_the_selected_settings_are_those_of_the_definition(
    possible: dict[str, list[Any]], constraints: dict[str, Any]
) -> None:
    wanted = every_selection(dictionaries_of(possible), constraints)
    selection = select_settings(possible, MediaTrackConstraints.read(constraints))
    if wanted is None or selection is None:
        assert selection is wanted
        return
    assert selection.settings in dictionaries_of(possible)
    assert selection.ignored == wanted[0]
    assert selection.distance == pytest.approx(wanted[1])
    assert every_selection([selection.settings], constraints) == (
        wanted[0],
        pytest.approx(wanted[1]),
    )


@given(things=st.lists(possibilities, min_size=1, max_size=3), constraints=constraints_as_dicts)
def test_a_failed_constraint_is_one_that_no_settings_meet(
    things: list[dict[str, list[Any]]], constraints: dict[str, Any]
) -> None:
    everything = [settings for possible in things for settings in dictionaries_of(possible)]
    failing = [
        name
        for name in constraints
        if name != "advanced"
        and all(
            fitness_distance(each, {name: constraints[name]}, exact=False) == inf
            for each in everything
        )
    ]
    failed = failed_constraint(things, MediaTrackConstraints.read(constraints))
    assert failed in (failing or [""])


def test_without_an_ideal_the_usual_value_is_taken_and_of_equals_the_first() -> None:
    possible = {"sample_rate": [44100, 48000, 16000], "channel_count": [2, 1, 3]}
    selection = select_settings(possible, MediaTrackConstraints())
    assert selection is not None
    assert selection.settings == {"sample_rate": 44100, "channel_count": 2}
    selection = select_settings(
        possible, MediaTrackConstraints(sample_rate={"min": 45000}, channel_count={"max": 1})
    )
    assert selection is not None
    assert selection.settings == {"sample_rate": 48000, "channel_count": 1}
    assert selection.distance == 0


def test_a_dictionary_is_an_object_and_a_mapping_of_the_members_there_are() -> None:
    settings = MediaTrackSettings(sample_rate=48000, echo_cancellation=False)
    assert settings.sample_rate == settings["sample_rate"] == 48000
    assert settings.latency is None
    assert "latency" not in settings
    with pytest.raises(KeyError, match="latency"):
        settings["latency"]
    with pytest.raises(KeyError, match="keys"):
        settings["keys"]
    assert settings == {"sample_rate": 48000, "echo_cancellation": False}
    assert len(settings) == 2
    assert repr(settings) == "MediaTrackSettings(sample_rate=48000, echo_cancellation=False)"
    capabilities = MediaTrackCapabilities(sample_rate=ULongRange(min=1, max=2))
    assert json.loads(json.dumps(capabilities, default=dict)) == {
        "sample_rate": {"min": 1, "max": 2}
    }


def test_dicts_and_dictionaries_are_the_same_constraints() -> None:
    as_dict = MediaTrackConstraints.read(
        {
            "sample_rate": {"min": 8000.5, "ideal": np.float32(48000)},
            "channel_count": -3,
            "device_id": ["a", "b"],
            "echo_cancellation": {"exact": "all"},
            "advanced": [{"latency": 0.01}, MediaTrackConstraintSet(sample_size=24)],
        }
    )
    assert as_dict == MediaTrackConstraints(
        sample_rate=ConstrainULongRange(min=8000, ideal=48000),
        channel_count=0,
        device_id=("a", "b"),
        echo_cancellation=ConstrainBooleanOrDOMStringParameters(exact="all"),
        advanced=[MediaTrackConstraintSet(latency=0.01), {"sample_size": 24}],
    )
    assert MediaTrackConstraints.read(as_dict) is as_dict
    assert MediaTrackConstraints.read(MediaTrackSettings(sample_rate=1)).sample_rate == 1


def test_an_empty_list_is_no_constraint() -> None:
    assert MediaTrackConstraints(device_id=[]) == {}
    constraints = MediaTrackConstraints(device_id={"exact": []})
    selection = select_settings({"device_id": ["a"]}, constraints)
    assert selection is not None
    assert selection.distance == 0


def test_constraints_of_video_are_ignored_and_unknown_ones_are_an_error() -> None:
    assert MediaTrackConstraints.read({"width": {"exact": 640}, "sample_rate": 8000}) == {
        "sample_rate": 8000
    }
    with pytest.raises(TypeError, match="did you mean 'sample_rate'"):
        MediaTrackConstraints.read({"sampleRate": 8000})


@pytest.mark.parametrize(
    ("constraints", "words"),
    [
        ({"sample_rate": "fast"}, "sample_rate is a finite number, not 'fast'"),
        ({"sample_rate": True}, "sample_rate is a finite number, not True"),
        ({"latency": {"max": float("nan")}}, "max is a finite number, not nan"),
        ({"latency": {"most": 1}}, "ConstrainDoubleRange has no field 'most'"),
        ({"device_id": 3}, "device_id is a string or a list of strings, not 3"),
        ({"device_id": ["a", 3]}, "device_id is a string or a list of strings"),
        ({"auto_gain_control": 1}, "auto_gain_control is True or False, not 1"),
        ({"echo_cancellation": 1}, "echo_cancellation is True, False or a string, not 1"),
        ({"advanced": {}}, "advanced is a list of constraint sets"),
        ({"advanced": [3]}, "options must be MediaTrackConstraintSet, not int"),
    ],
)
def test_a_value_of_the_wrong_type_is_an_error(constraints: dict[str, Any], words: str) -> None:
    with pytest.raises(TypeError, match=words):
        MediaTrackConstraints.read(constraints)


def test_constraints_are_given_whole_or_member_by_member() -> None:
    whole = MediaStreamConstraints(audio={"sample_rate": 8000})
    assert isinstance(whole.audio, MediaTrackConstraints)
    for given_whole in (whole, {"audio": True}):
        with pytest.raises(TypeError, match="not both"):
            MediaStreamConstraints.read(given_whole, audio=True)
    with pytest.raises(TypeError, match="audio is True, False or constraints, not 'yes'"):
        MediaStreamConstraints(audio="yes")


def test_what_is_supported_is_what_can_be_constrained() -> None:
    names = {field.name for field in fields(MediaTrackConstraintSet)}
    assert set(MediaTrackSupportedConstraints()) == names
    assert set(MediaTrackSupportedConstraints().values()) == {True}


def test_a_tracks_constraints_are_applied_where_its_settings_meet_them() -> None:
    (track,) = tone_stream(440, sample_rate=32000).get_tracks()
    assert track.get_settings() == {"sample_rate": 32000, "channel_count": 1}
    assert track.get_capabilities()["sample_rate"] == {"min": 32000, "max": 32000}
    assert track.get_constraints() == {}
    wished = {"sample_rate": 48000, "channel_count": {"max": 2}, "advanced": [{"latency": 1}]}
    track.apply_constraints(wished)
    assert track.get_constraints() == MediaTrackConstraints.read(wished)
    with pytest.raises(OverconstrainedError, match=r"sample_rate exact 48000 .* 32000") as caught:
        track.apply_constraints(sample_rate={"exact": 48000})
    assert caught.value.constraint == "sample_rate"
    with pytest.raises(OverconstrainedError, match="with none"):
        track.apply_constraints(device_id={"exact": "a"})
    assert track.clone().get_constraints() == MediaTrackConstraints.read(wished)
    track.apply_constraints()
    assert track.get_constraints() == {}
    track.stop()
    track.apply_constraints(sample_rate={"exact": 48000})
    assert track.get_constraints() == track.get_settings() == {}

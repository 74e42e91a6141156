from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from audiograph.cli.matching import choose, matches
from audiograph.errors import NotFoundError


@dataclass(frozen=True)
class Thing:
    id: str
    label: str
    is_default: bool = False


SCARLETT = Thing("alsa-in-scarlett-3f2a", "Scarlett 2i2 USB")
SOLO = Thing("alsa-in-scarlett-solo-77aa", "Scarlett Solo")
WEBCAM = Thing("alsa-in-webcam-9b1c", "Webcam", is_default=True)
WEBCAM_PRO = Thing("alsa-in-webcam-pro-0d4e", "Webcam Pro")
MICS = (SCARLETT, SOLO, WEBCAM, WEBCAM_PRO)


@pytest.mark.parametrize(
    ("wanted", "thing"),
    [
        ("default", WEBCAM),
        ("Default", WEBCAM),
        ("alsa-in-scarlett-3f2a", SCARLETT),
        ("Scarlett Solo", SOLO),
        ("webcam", WEBCAM),
        ("WEBCAM PRO", WEBCAM_PRO),
        ("2i2", SCARLETT),
        (" solo ", SOLO),
        ("pro", WEBCAM_PRO),
        ("alsa-in-webcam-9", WEBCAM),
    ],
)
def test_a_thing_is_chosen_by_what_people_type(wanted: str, thing: Thing) -> None:
    assert choose(wanted, MICS, what="input device") is thing


def test_a_name_composed_otherwise_is_the_same_name() -> None:
    umlaut = Thing("1", "Gerät")
    assert choose("gera\N{COMBINING DIAERESIS}t", [umlaut], what="device") is umlaut


def test_an_ambiguous_name_lists_those_it_fits_with_their_ids() -> None:
    with pytest.raises(NotFoundError) as error:
        choose("scarlett", MICS, what="input device")
    assert str(error.value) == (
        "'scarlett' is more than one input device: "
        "'Scarlett 2i2 USB' (id alsa-in-scarlett-3f2a), "
        "'Scarlett Solo' (id alsa-in-scarlett-solo-77aa); take an id or more of the label"
    )


def test_an_unknown_name_lists_what_was_meant_and_what_there_is() -> None:
    with pytest.raises(NotFoundError) as error:
        choose("scarlet solo", MICS[:2], what="input device", see="audiograph devices")
    assert str(error.value) == (
        "no input device matches 'scarlet solo' (did you mean 'Scarlett Solo' or "
        "'Scarlett 2i2 USB'?); there is "
        "'Scarlett 2i2 USB' (id alsa-in-scarlett-3f2a), "
        "'Scarlett Solo' (id alsa-in-scarlett-solo-77aa) (see 'audiograph devices')"
    )


def test_a_default_that_there_is_not_is_said() -> None:
    with pytest.raises(NotFoundError, match="no input device is the default one; there is"):
        choose("default", [SOLO], what="input device")


def test_a_thing_may_be_called_default_where_none_is() -> None:
    thing = Thing("1", "default")
    assert choose("default", [thing, SOLO], what="device") is thing


def test_nothing_to_choose_from_is_said() -> None:
    with pytest.raises(NotFoundError) as error:
        choose("default", [], what="input device")
    assert str(error.value) == "no input device matches 'default': there is none at all"


def test_a_long_list_is_cut() -> None:
    many = [Thing(str(number), f"Card {number}") for number in range(20)]
    with pytest.raises(NotFoundError, match=r"'Card 7' \(id 7\), 12 more$"):
        choose("xyz", many, what="device")


THINGS = st.lists(
    st.builds(Thing, st.text(max_size=6), st.text(max_size=6), st.booleans()), max_size=6
)


@settings(deadline=None)
@given(st.text(max_size=6), THINGS)
def test_any_name_gives_one_of_the_things_or_says_that_it_does_not(
    wanted: str, things: list[Thing]
) -> None:
    with suppress(NotFoundError):
        assert choose(wanted, things, what="thing") in things


@given(THINGS, st.data())
def test_an_exact_label_wins_over_a_part_of_another(
    things: list[Thing], data: st.DataObject
) -> None:
    assume(things)
    thing = data.draw(st.sampled_from(things))
    assume(thing.label.strip() and thing.label.strip().casefold() != "default")
    assume(all(other.id != thing.label for other in things))
    assert matches(thing.label, things) == [t for t in things if t.label == thing.label]


@given(THINGS, st.randoms())
def test_the_order_of_the_list_is_irrelevant(things: list[Thing], random: object) -> None:
    wanted = things[0].label[:2] if things else "x"
    shuffled = list(things)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert sorted(matches(wanted, things), key=repr) == sorted(matches(wanted, shuffled), key=repr)

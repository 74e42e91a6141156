from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from memory import stream_of, track_of

from audiograph import MediaStream
from audiograph.media.stream import source_order


def test_it_is_made_of_nothing_of_tracks_or_of_a_stream() -> None:
    first, second = track_of([0]), track_of([0])
    assert MediaStream().get_tracks() == []
    stream = MediaStream([second, first, second])
    assert stream.get_tracks() == stream.get_audio_tracks() == [second, first]
    for copy in (
        MediaStream(stream),
        MediaStream(stream=stream),
        MediaStream(tracks=[second, first]),
    ):
        assert copy.get_tracks() == [second, first]
        assert copy.id != stream.id
    for wrong in ([first, "track"], [None]):
        with pytest.raises(TypeError):
            MediaStream(wrong)


def test_tracks_are_added_once_and_taken_out() -> None:
    first, second = track_of([0], id="a"), track_of([0], id="b")
    stream = MediaStream([first])
    stream.add_track(second)
    stream.add_track(first)
    assert stream.get_tracks() == [first, second]
    assert stream.get_track_by_id("b") is second
    assert stream.get_track_by_id("c") is None
    stream.remove_track(first)
    stream.remove_track(first)
    assert stream.get_tracks() == [second]
    for wrong in (None, "a", stream):
        with pytest.raises(TypeError):
            stream.add_track(wrong)
        with pytest.raises(TypeError):
            stream.remove_track(wrong)
    assert stream.get_tracks() == [second]


def test_the_list_of_tracks_is_the_caller_s_own() -> None:
    stream = stream_of([0])
    stream.get_tracks().clear()
    assert len(stream.get_tracks()) == 1


def test_it_is_active_while_a_track_lives() -> None:
    first, second = track_of([0]), track_of([0])
    stream = MediaStream([first, second])
    first.stop()
    assert stream.active
    second.stop()
    assert not stream.active
    assert not MediaStream().active


def test_a_clone_has_clones_of_the_tracks() -> None:
    stream = stream_of([0])
    clone = stream.clone()
    assert clone.id != stream.id
    assert clone.get_tracks()[0] is not stream.get_tracks()[0]
    stream.get_tracks()[0].stop()
    assert clone.active
    assert not stream.active


def code_units(text: str) -> list[int]:
    units = []
    for character in text:
        point = ord(character)
        if point >= 0x10000:
            units += [0xD800 + (point - 0x10000 >> 10), 0xDC00 + (point - 0x10000 & 0x3FF)]
        else:
            units.append(point)
    return units


@given(ids=st.lists(st.text(), max_size=6, unique=True))
def test_tracks_are_considered_by_the_code_units_of_their_ids(ids: list[str]) -> None:
    tracks = [track_of([0], id=id) for id in ids]
    assert [track.id for track in source_order(tracks)] == sorted(ids, key=code_units)


def test_a_pair_of_surrogates_comes_before_a_private_character() -> None:
    # U+1F600 is D83D DE00, which is below E000, although its code point is above.
    tracks = [track_of([0], id=id) for id in ("\ue000", "\U0001f600", "a", "\ud800")]
    ordered = [track.id for track in source_order(tracks)]
    assert ordered == ["a", "\ud800", "\U0001f600", "\ue000"]

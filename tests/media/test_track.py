from __future__ import annotations

import gc
import weakref

import pytest
from memory import MemoryReader, track_of
from rendered import RATE

from audiograph import MediaStreamTrack
from audiograph.media.source import PulledSource, Source


def test_a_new_track_is_live_enabled_and_has_an_id_of_its_own() -> None:
    track = track_of([0], label="a voice")
    assert (track.kind, track.label, track.ready_state) == ("audio", "a voice", "live")
    assert track.enabled is True
    assert track.muted is False
    assert track.id != track_of([0]).id
    for attribute in ("kind", "id", "label", "muted", "ready_state"):
        with pytest.raises(AttributeError):
            setattr(track, attribute, None)


def test_its_settings_tell_the_rate_and_the_channels() -> None:
    settings = track_of([[0], [0]], 44100).get_settings()
    assert (settings.sample_rate, settings.channel_count) == (44100, 2)


def test_stopping_it_ends_it_without_an_event_and_closes_the_reader() -> None:
    reader = MemoryReader([0])
    track, ended = MediaStreamTrack(PulledSource(reader)), []
    track.onended = ended.append
    track.stop()
    track.stop()
    assert track.ready_state == "ended"
    assert reader.closed == 1
    assert ended == []


def test_the_source_stops_with_the_last_of_its_tracks() -> None:
    reader = MemoryReader([0])
    track = MediaStreamTrack(PulledSource(reader))
    clone = track.clone()
    track.stop()
    assert reader.closed == 0
    assert clone.ready_state == "live"
    clone.stop()
    assert reader.closed == 1


def test_a_source_does_not_hold_the_tracks_that_were_stopped() -> None:
    track = track_of([0])
    clones = [track.clone() for _ in range(10)]
    references = [weakref.ref(clone) for clone in clones]
    for clone in clones:
        clone.stop()
    del clone
    clones.clear()
    gc.collect()
    assert not any(reference() for reference in references)
    assert track.ready_state == "live"


def test_a_clone_is_enabled_and_ended_as_the_track_was() -> None:
    track = track_of([0])
    track.enabled = False
    clone = track.clone()
    assert clone.id != track.id
    assert clone.enabled is False
    clone.enabled = True
    assert track.enabled is False
    track.stop()
    assert track.clone().ready_state == "ended"


def test_a_source_that_fails_ends_all_its_tracks_with_an_event() -> None:
    source, ended = Source("microphone", 1, RATE), []
    tracks = [MediaStreamTrack(source), MediaStreamTrack(source)]
    for track in tracks:
        track.onended = lambda event: ended.append(event.target)
    source.end(OSError("unplugged"))
    assert ended == tracks
    assert [track.ready_state for track in tracks] == ["ended", "ended"]

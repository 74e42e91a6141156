from __future__ import annotations

from pathlib import Path

import pytest
from sound_files import noise, write_file

from audiograph.routing.inputs import open_file, open_tone


def test_ids_are_the_same_in_every_run_and_differ_between_sources(tmp_path: Path) -> None:
    paths = [str(write_file(tmp_path / name, noise(10))) for name in ("a.wav", "b.wav")]
    tracks = [open_file(path) for path in paths] + [open_tone(440, 48000), open_tone(880, 48000)]
    again = [open_file(path) for path in paths] + [open_tone(440, 48000), open_tone(880, 48000)]
    assert [track.id for track in tracks] == [track.id for track in again]
    assert len({track.id for track in tracks}) == 4
    assert [track.label for track in tracks] == ["a.wav", "b.wav", "440 Hz tone", "880 Hz tone"]
    for track in (*tracks, *again):
        track.stop()


def test_a_file_begins_at_the_start_asked_for(tmp_path: Path) -> None:
    path = str(write_file(tmp_path / "a.wav", noise(1000), 8000))
    open_file(path, start=lambda rate: 999).stop()
    with pytest.raises(ValueError, match=r"0\.125 s into a\.wav, which ends at 0\.125 s"):
        open_file(path, start=lambda rate: round(0.125 * rate))

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sound_files import noise, read_file, write_file

from audiograph.routing.outputs import Encoding, FileOutput, NoOutput, Output
from audiograph.routing.route import Route, Routed, run

FILE = FileOutput("out.wav", Encoding())
PIPE = FileOutput("-", Encoding())


def route(**changes: Any) -> Route:
    nothing: dict[str, Any] = dict.fromkeys(Route.__dataclass_fields__)
    return Route(
        **{
            **nothing,
            "mics": [],
            "files": [],
            "tones": [],
            "outputs": [FILE],
            "gain": 1.0,
            "latency": 0.05,
            **changes,
        }
    )


@pytest.mark.parametrize(
    ("mics", "outputs", "is_live"),
    [
        ([], [FILE, PIPE], False),
        ([], [FILE, NoOutput()], True),
        (["a device"], [FILE], True),
        (["a device"], [NoOutput()], True),
    ],
)
def test_time_passes_where_a_device_takes_part_or_nothing_is_written(
    mics: list[Any], outputs: list[Output], is_live: bool
) -> None:
    assert route(mics=mics, files=["in.wav"], outputs=outputs).is_live is is_live


@pytest.mark.parametrize(
    ("changes", "endless"),
    [
        ({"tones": [440.0]}, True),
        ({"tones": [440.0], "files": ["in.wav"]}, False),
        ({"tones": [440.0], "duration": lambda rate: 10}, False),
        ({"tones": [440.0], "outputs": [PIPE]}, False),
        ({"tones": [440.0], "outputs": [FILE, NoOutput()]}, False),
        ({"files": ["in.wav"]}, False),
    ],
)
def test_only_a_tone_into_a_file_would_fill_the_disk(
    changes: dict[str, Any], endless: bool
) -> None:
    assert route(**changes).fills_the_disk is endless


@pytest.mark.parametrize("extra", [[], [NoOutput()]], ids=["offline", "in real time"])
@pytest.mark.parametrize("options", [{}, {"duration": lambda rate: round(0.1 * rate)}])
def test_a_file_is_routed_whole_or_as_long_as_asked_for(
    tmp_path: Path, extra: list[Output], options: dict[str, Any]
) -> None:
    source = write_file(tmp_path / "in.wav", noise(6000), 24000)
    target = FileOutput(str(tmp_path / "out.wav"), Encoding(subtype="FLOAT"))
    told: list[tuple[float, float | None]] = []
    routed = run(
        route(files=[str(source)], outputs=[target, *extra], gain=0.5, **options),
        lambda *times: told.append(times),
    )
    frames = 2400 if options else 6000
    assert {total for _, total in told} == {frames / 24000}
    assert routed == Routed(frames / 24000)
    np.testing.assert_array_equal(read_file(tmp_path / "out.wav"), noise(6000)[:, :frames] / 2)


def test_an_output_that_cannot_be_opened_leaves_nothing_of_the_others(tmp_path: Path) -> None:
    source = write_file(tmp_path / "in.wav", noise(6000))
    outputs = [
        FileOutput(str(tmp_path / "out.wav"), Encoding()),
        FileOutput(str(tmp_path / "nowhere" / "out.wav"), Encoding()),
    ]
    with pytest.raises(FileNotFoundError):
        run(route(files=[str(source)], outputs=[*outputs, NoOutput()]), lambda *times: None)
    assert [path.name for path in tmp_path.iterdir()] == ["in.wav"]

from __future__ import annotations

import gc
from math import acos, cos, hypot, isclose, pi, sin, sqrt
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from rendered import RATE, noise, play, render

from audiograph import (
    ConstantSourceNode,
    DelayNode,
    GainNode,
    InvalidStateError,
    NotSupportedError,
    OfflineAudioContext,
    PannerNode,
)

Vector = tuple[float, float, float]

POSITION = ("position_x", "position_y", "position_z")
ORIENTATION = ("orientation_x", "orientation_y", "orientation_z")
FORWARD = ("forward_x", "forward_y", "forward_z")
UP = ("up_x", "up_y", "up_z")


def dot(a: Vector, b: Vector) -> float:
    return sum(x * y for x, y in zip(a, b, strict=True))


def cross(a: Vector, b: Vector) -> Vector:
    return (a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0])


def minus(a: Vector, b: Vector) -> Vector:
    return (a[0] - b[0], a[1] - b[1], a[2] - b[2])


def unit(a: Vector) -> Vector:
    size = sqrt(dot(a, a))
    return (a[0] / size, a[1] / size, a[2] / size) if size else (0.0, 0.0, 0.0)


def arc(cosine: float) -> float:
    return 180 * acos(min(max(cosine, -1), 1)) / pi


def azimuth_of(source: Vector, listener: Vector, forward: Vector, up: Vector) -> float:
    """Return the text's azimuth, step by step."""
    toward = unit(minus(source, listener))
    right = cross(forward, up)
    if toward == (0, 0, 0) or right == (0, 0, 0):
        return 0.0
    right, forward = unit(right), unit(forward)
    above = cross(right, forward)
    share = dot(toward, above)
    flat = unit(minus(toward, (above[0] * share, above[1] * share, above[2] * share)))
    azimuth = arc(dot(flat, right))
    if dot(flat, forward) < 0:
        azimuth = 360 - azimuth
    return 90 - azimuth if 0 <= azimuth <= 270 else 450 - azimuth


def loudness(distance: float, settings: dict[str, Any]) -> float:
    nearest, farthest = settings.get("ref_distance", 1), settings.get("max_distance", 10000)
    rolloff, model = settings.get("rolloff_factor", 1), settings.get("distance_model", "inverse")
    if model == "linear":
        low, high, rolloff = min(nearest, farthest), max(nearest, farthest), min(rolloff, 1)
        if low == high:
            return 1 - rolloff
        return 1 - rolloff * (max(min(distance, high), low) - low) / (high - low)
    if nearest == 0:
        return 0.0
    if model == "inverse":
        return nearest / (nearest + rolloff * (max(distance, nearest) - nearest))
    return (max(distance, nearest) / nearest) ** -rolloff


def cone(source: Vector, orientation: Vector, listener: Vector, settings: dict[str, Any]) -> float:
    inner, outer = settings.get("cone_inner_angle", 360), settings.get("cone_outer_angle", 360)
    least = settings.get("cone_outer_gain", 0)
    if orientation == (0, 0, 0) or inner == outer == 360:
        return 1.0
    angle = arc(dot(unit(minus(listener, source)), unit(orientation)))
    if listener == source:
        # As in browsers: the text has a right angle there.
        angle = 0
    inner, outer = abs(inner) / 2, abs(outer) / 2
    if angle <= inner:
        return 1.0
    if angle >= outer:
        return least
    x = (angle - inner) / (outer - inner)
    return (1 - x) + least * x


def panned(
    frame: NDArray[np.float32],
    source: Vector = (0, 0, 0),
    orientation: Vector = (1, 0, 0),
    listener: Vector = (0, 0, 0),
    forward: Vector = (0, 0, -1),
    up: Vector = (0, 1, 0),
    **settings: Any,
) -> tuple[float, float]:
    """Return one frame, panned as the text says."""
    azimuth = azimuth_of(source, listener, forward, up)
    if azimuth < -90:
        azimuth = -180 - azimuth
    elif azimuth > 90:
        azimuth = 180 - azimuth
    gain = cone(source, orientation, listener, settings) * loudness(
        sqrt(dot(minus(source, listener), minus(source, listener))), settings
    )
    if len(frame) == 1:
        x = (azimuth + 90) / 180
        return gain * frame[0] * cos(x * pi / 2), gain * frame[0] * sin(x * pi / 2)
    x = (azimuth + 90) / 90 if azimuth <= 0 else azimuth / 90
    low, high = cos(x * pi / 2), sin(x * pi / 2)
    left, right = map(float, frame)
    if azimuth <= 0:
        return gain * (left + right * low), gain * right * high
    return gain * left * low, gain * (right + left * high)


def place(owner: Any, names: tuple[str, str, str], value: Vector) -> None:
    for name, each in zip(names, value, strict=True):
        getattr(owner, name).value = each


def move(owner: Any, names: tuple[str, str, str], start: Vector, end: Vector, frames: int) -> None:
    for name, first, last in zip(names, start, end, strict=True):
        getattr(owner, name).set_value_at_time(first, 0)
        getattr(owner, name).linear_ramp_to_value_at_time(last, frames / RATE)


def between(start: Vector, end: Vector, share: float) -> Vector:
    x, y, z = (a + (b - a) * share for a, b in zip(start, end, strict=True))
    return (x, y, z)


PLACES = [
    (0, 0, 0), (0, 0, -1), (0, 0, 2), (1, 0, 0), (-1, 0, 0), (0, 3, 0), (0, -3, 0),
    (2, 1, -3), (-2, 5, 4), (1e-3, 0, -1e-3), (1e6, -1e6, 1e6),
]  # fmt: skip
STANCES = [
    ((0, 0, 0), (0, 0, -1), (0, 1, 0)),
    ((1, 2, 3), (1, 0, 0), (0, 0, 5)),
    ((-1, 0.5, 0), (3, -2, 1), (0.2, 1, 0.4)),
    ((0, 0, 0), (0, 1, 0), (0, 2, 0)),
    ((1, 0, 0), (0, 0, 0), (0, 1, 0)),
]


@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("stance", STANCES)
@pytest.mark.parametrize("source", PLACES)
def test_it_pans_by_where_the_sound_is(source: Vector, stance: Any, channels: int) -> None:
    def graph(context: OfflineAudioContext) -> None:
        panner = PannerNode(context, ref_distance=1e7)
        place(panner, POSITION, source)
        for names, value in zip((POSITION, FORWARD, UP), stance, strict=True):
            place(context.listener, names, value)
        play(context, noise(channels, 128)).connect(panner).connect(context.destination)

    signal = noise(channels, 128)
    listener, forward, up = stance
    at = tuple(map(float, np.float32(source))), tuple(map(float, np.float32(listener)))
    up, forward = (tuple(map(float, np.float32(each))) for each in (up, forward))
    expected = [
        panned(frame, at[0], (1, 0, 0), at[1], forward, up, ref_distance=1e7) for frame in signal.T
    ]
    np.testing.assert_allclose(
        render(graph, 128, channels=2), np.array(expected).T, rtol=1e-5, atol=1e-6
    )


@pytest.mark.parametrize("model", ["linear", "inverse", "exponential"])
@pytest.mark.parametrize("ref_distance", [0, 0.5, 1, 20])
@pytest.mark.parametrize("max_distance", [0.5, 10, 10000])
@pytest.mark.parametrize("rolloff_factor", [0, 0.3, 1, 2.5])
def test_it_gets_softer_with_the_distance(
    model: str, ref_distance: float, max_distance: float, rolloff_factor: float
) -> None:
    settings = {
        "distance_model": model,
        "ref_distance": ref_distance,
        "max_distance": max_distance,
        "rolloff_factor": rolloff_factor,
    }

    def graph(context: OfflineAudioContext) -> None:
        panner = PannerNode(context, **settings)
        move(panner, POSITION, (0, 0, 0), (0, 0, -30), 300)
        play(context, np.ones(300)).connect(panner).connect(context.destination)

    expected = [loudness(k / 10, settings) * sqrt(0.5) for k in range(300)]
    np.testing.assert_allclose(render(graph, 300, channels=2)[0], expected, atol=2e-6)


@pytest.mark.parametrize(
    ("inner", "outer", "least"),
    [
        (60, 90, 0.25),
        (0, 360, 0),
        (0, 0, 0.5),
        (360, 360, 0),
        (90, 60, 0.1),
        (-60, -90, 1),
        (360, 0, 0.3),
    ],
)
def test_it_is_softer_off_the_direction_that_it_is_sent_in(
    inner: float, outer: float, least: float
) -> None:
    settings = {"cone_inner_angle": inner, "cone_outer_angle": outer, "cone_outer_gain": least}
    directions = [(cos(k / 40), 0.3, sin(k / 40)) for k in range(250)] + [(0.0, 0.0, 0.0)] * 50

    def graph(context: OfflineAudioContext) -> None:
        panner = PannerNode(context, position_z=-1, orientation_x=0, **settings)
        for name, values in zip(ORIENTATION, zip(*directions, strict=True), strict=True):
            play(context, values).connect(getattr(panner, name))
        play(context, np.ones(300)).connect(panner).connect(context.destination)

    expected = [
        sqrt(0.5) * cone((0, 0, -1), tuple(map(float, np.float32(each))), (0, 0, 0), settings)
        for each in directions
    ]
    np.testing.assert_allclose(render(graph, 300, channels=2)[1], expected, atol=1e-5)


def test_a_sound_that_points_at_the_listener_is_loud() -> None:
    def graph(context: OfflineAudioContext) -> None:
        panner = PannerNode(context, position_z=-1, orientation_x=0, orientation_z=1)
        panner.cone_inner_angle, panner.cone_outer_angle, panner.cone_outer_gain = 60, 90, 0.25
        play(context, np.ones(256)).connect(panner).connect(context.destination)
        context.suspend(128 / RATE, lambda _: panner.set_orientation(0, 0, -1))

    out = render(graph, 256, channels=2)[0]
    np.testing.assert_allclose(out, np.repeat([1, 0.25], 128) * sqrt(0.5), rtol=1e-6)


@pytest.mark.parametrize("inner", [0, 60, 360])
def test_no_cone_is_heard_where_the_listener_is(inner: float) -> None:
    def graph(context: OfflineAudioContext) -> None:
        panner = PannerNode(context, cone_inner_angle=inner, cone_outer_angle=90)
        play(context, np.ones(128)).connect(panner).connect(context.destination)

    np.testing.assert_allclose(render(graph, 128, channels=2), sqrt(0.5), rtol=1e-6)


@pytest.mark.parametrize("channels", [1, 2])
def test_source_and_listener_move_frame_by_frame(channels: int) -> None:
    stages: dict[str, tuple[Vector, Vector]] = {
        "source": ((-5, 1, -2), (5, -1, 3)),
        "orientation": ((1, 0, 0), (-1, 2, 0.5)),
        "listener": ((0, 0, 1), (1, 1, -2)),
        "forward": ((0, 0, -1), (1, 0.2, 0.5)),
        "up": ((0, 1, 0), (0.5, 1, 0)),
    }
    settings: dict[str, Any] = {
        "cone_inner_angle": 40,
        "cone_outer_angle": 200,
        "cone_outer_gain": 0.2,
    }
    frames = 700

    def graph(context: OfflineAudioContext) -> None:
        panner = PannerNode(context, **settings)
        owners = [panner, panner, *[context.listener] * 3]
        names = [POSITION, ORIENTATION, POSITION, FORWARD, UP]
        for owner, each, (start, end) in zip(owners, names, stages.values(), strict=True):
            move(owner, each, start, end, frames)
        play(context, noise(channels, frames)).connect(panner).connect(context.destination)

    expected = [
        panned(
            frame,
            **{name: between(*stage, k / frames) for name, stage in stages.items()},
            **settings,
        )
        for k, frame in enumerate(noise(channels, frames).T)
    ]
    np.testing.assert_allclose(render(graph, frames, channels=2), np.array(expected).T, atol=2e-5)


def test_a_parameter_that_is_k_rate_counts_once_a_quantum() -> None:
    def graph(context: OfflineAudioContext) -> None:
        panner = PannerNode(context)
        panner.position_z.automation_rate = "k-rate"
        move(panner, POSITION, (0, 0, -1), (0, 0, -11), 1000)
        play(context, np.ones(1000)).connect(panner).connect(context.destination)

    expected = sqrt(0.5) / (1 + np.arange(1000) // 128 * 128 / 100)
    np.testing.assert_allclose(render(graph, 1000, channels=2)[0], expected, rtol=1e-5)


def test_settings_change_from_the_next_quantum_on() -> None:
    def graph(context: OfflineAudioContext) -> None:
        panner = PannerNode(context, position_z=-3)
        play(context, np.ones(384)).connect(panner).connect(context.destination)

        def farther(_: object) -> None:
            panner.rolloff_factor = 2

        def otherwise(_: object) -> None:
            panner.distance_model = "exponential"

        context.suspend(128 / RATE, farther)
        context.suspend(256 / RATE, otherwise)

    out = render(graph, 384, channels=2)[0]
    np.testing.assert_allclose(out, np.repeat([1 / 3, 1 / 5, 1 / 9], 128) * sqrt(0.5), rtol=1e-6)


def test_the_listener_is_moved_by_what_is_connected_to_it() -> None:
    def graph(context: OfflineAudioContext) -> None:
        panner = PannerNode(context)
        play(context, np.ones(600)).connect(panner).connect(context.destination)
        # NB: made and connected after the panner, and yet it has to be rendered before.
        gain = GainNode(context, gain=2)
        play(context, np.arange(600) / 100).connect(gain).connect(context.listener.position_z)

    for block in (128, 600):
        out = render(graph, 600, channels=2, block=block)[0]
        expected = sqrt(0.5) / np.maximum(1, np.arange(600) / 50)
        np.testing.assert_allclose(out, expected, rtol=1e-5)


def test_a_panner_in_a_loop_hears_the_listener_outside_of_it() -> None:
    def graph(context: OfflineAudioContext) -> None:
        panner, delay = PannerNode(context), DelayNode(context, delay_time=128 / RATE)
        play(context, [1.0]).connect(panner)
        panner.connect(delay).connect(panner)
        panner.connect(context.destination)
        play(context, np.arange(1024) / 100 + 1).connect(context.listener.position_z)

    # Stereo in the middle stays as it is, after the first time; each time round it is farther off.
    expected = np.zeros(1024)
    value = sqrt(0.5)
    for k in range(0, 1024, 128):
        value /= k / 100 + 1
        expected[k] = value
    for block in (128, 1024):
        out = render(graph, 1024, channels=2, block=block)[0]
        np.testing.assert_allclose(out, expected, rtol=1e-5)


def test_a_listener_in_a_loop_with_its_panner_is_delayed_by_the_loop() -> None:
    def graph(context: OfflineAudioContext) -> None:
        panner, delay = PannerNode(context), DelayNode(context, delay_time=128 / RATE)
        play(context, np.ones(512)).connect(panner).connect(delay)
        delay.connect(GainNode(context, gain=3)).connect(context.listener.position_z)
        panner.connect(context.destination)

    expected, distance = [], 0.0
    for _ in range(4):
        expected.append(sqrt(0.5) / max(1, distance))
        distance = 3 * expected[-1]
    for block in (128, 512):
        out = render(graph, 512, channels=2, block=block)[0]
        np.testing.assert_allclose(out, np.repeat(expected, 128), rtol=1e-5)


@given(
    seed=st.integers(0, 9999),
    block=st.sampled_from([128, 256, 640, 1408]),
    model=st.sampled_from(["equalpower", "HRTF"]),
)
def test_blocks_of_any_length_give_the_same(seed: int, block: int, model: str) -> None:
    def graph(context: OfflineAudioContext) -> None:
        chance = np.random.default_rng(seed)
        panner = PannerNode(
            context,
            panning_model=model,
            distance_model=chance.choice(["linear", "inverse", "exponential"]),
            cone_inner_angle=chance.choice([360, 60]),
            cone_outer_gain=0.2,
        )
        params = [getattr(panner, name) for name in POSITION + ORIENTATION]
        params += [getattr(context.listener, name) for name in POSITION + FORWARD + UP]
        for param in chance.choice(params, chance.integers(0, 8)):
            for time in np.sort(chance.uniform(0, 5000, 2)):
                kind = chance.choice(["set_value_at_time", "linear_ramp_to_value_at_time"])
                getattr(param, kind)(chance.uniform(-3, 3), time / RATE)
        for _ in range(chance.integers(1, 4)):
            samples = noise(chance.integers(1, 3), chance.integers(1, 900))
            samples *= chance.random(samples.shape[1]) < chance.choice([1, 0.02])
            play(context, samples, chance.integers(0, 4000) / RATE).connect(panner)
        if chance.random() < 0.4:
            play(context, noise(1, 3000)).connect(context.listener.position_x)
        if chance.random() < 0.3:
            delay = DelayNode(context, delay_time=chance.integers(128, 900) / RATE)
            panner.connect(delay).connect(GainNode(context, gain=0.3)).connect(panner)
        mark = ConstantSourceNode(context, offset=0.1)
        mark.start()
        bus = GainNode(context)
        mark.connect(bus).connect(context.destination)
        panner.connect(bus)

    one, other = (render(graph, 5632, channels=2, block=each) for each in (5632, block))
    np.testing.assert_array_equal(one, other)


def test_panners_leave_nothing_behind() -> None:
    context = OfflineAudioContext(2, 128 * 400, RATE)
    graph = context._renderer.graph
    play(context, np.ones(128 * 400)).connect(context.listener.position_x)

    def again(context: OfflineAudioContext) -> None:
        panner = PannerNode(context)
        play(context, np.ones(64)).connect(panner).connect(context.destination)
        del panner
        frame = context._renderer.frame + 128
        if frame < 128 * 399:
            context.suspend(frame / RATE, again)

    context.suspend(128 / RATE, again)
    context.start_rendering()
    gc.collect()
    context._renderer.read_messages()
    assert len(graph._steps) < 20
    assert len(graph._released) < 20


@pytest.mark.parametrize(
    ("name", "error", "wrong", "right"),
    [
        ("ref_distance", ValueError, [-1, -1e-9], [0, 0.5, 1e9]),
        ("max_distance", ValueError, [0, -1], [1e-9, 5]),
        ("rolloff_factor", ValueError, [-0.1], [0, 7]),
        ("cone_outer_gain", InvalidStateError, [-0.1, 1.1], [0, 0.5, 1]),
        ("cone_inner_angle", TypeError, [], [0, 720, -5]),
        ("cone_outer_angle", TypeError, [], [0, 720, -5]),
        ("panning_model", TypeError, ["stereo", None], ["HRTF", "equalpower"]),
        ("distance_model", TypeError, ["square", 1], ["linear", "exponential", "inverse"]),
    ],
)
def test_settings_have_their_ranges(name: str, error: Any, wrong: Any, right: Any) -> None:
    context = OfflineAudioContext(1, 1, RATE)
    panner = context.create_panner()
    before = getattr(panner, name)
    cases = [(value, error) for value in wrong]
    cases += [(value, TypeError) for value in (np.nan, np.inf, "far", None, [1])]
    for value, expected in cases:
        with pytest.raises(expected, match=name):
            setattr(panner, name, value)
        with pytest.raises(expected, match=name):
            PannerNode(context, **{name: value})
        assert getattr(panner, name) == before
    for value in right:
        setattr(panner, name, value)
        assert getattr(panner, name) == value
        assert getattr(PannerNode(context, **{name: value}), name) == value


def test_it_has_at_most_two_channels_and_no_mode_max() -> None:
    context = OfflineAudioContext(1, 1, RATE)
    panner = PannerNode(context)
    for name, value in (("channel_count", 3), ("channel_count_mode", "max")):
        with pytest.raises(NotSupportedError):
            setattr(panner, name, value)
        with pytest.raises(NotSupportedError):
            PannerNode(context, **{name: value})


def test_the_deprecated_setters_set_the_values() -> None:
    panner = PannerNode(OfflineAudioContext(1, 1, RATE))
    panner.set_position(1, 2, 3)
    panner.set_orientation(4, 5, 6)
    assert [getattr(panner, name).value for name in POSITION + ORIENTATION] == [1, 2, 3, 4, 5, 6]


def test_the_deprecated_setters_set_all_values_or_none() -> None:
    panner = PannerNode(OfflineAudioContext(1, 1, RATE))
    with pytest.raises(TypeError):
        panner.set_position(1, 1e39, 0)
    with pytest.raises(TypeError):
        panner.set_orientation(0, 0, np.nan)
    panner.position_z.set_value_curve_at_time([0, 0], 0, 1)
    with pytest.raises(NotSupportedError):
        panner.set_position(1, 1, 1)
    assert [getattr(panner, name).value for name in POSITION + ORIENTATION] == [0, 0, 0, 1, 0, 0]


def heard(azimuth: float, elevation: float = 0, frames: int = 9600) -> NDArray[np.float32]:
    """Return what both ears hear of noise from a direction."""

    def graph(context: OfflineAudioContext) -> None:
        a, e = np.radians([azimuth, elevation])
        panner = PannerNode(context, panning_model="HRTF")
        place(panner, POSITION, (sin(a) * cos(e), sin(e), -cos(a) * cos(e)))
        play(context, noise(1, frames - 500)).connect(panner).connect(context.destination)

    return render(graph, frames, channels=2)


def test_with_a_head_the_nearer_ear_hears_more_and_earlier() -> None:
    for azimuth in (30, 60, 90, 120, 150):
        left, right = heard(azimuth)
        assert right.std() > 1.5 * left.std()
        spectrum = np.fft.rfft(left, 32768) * np.conj(np.fft.rfft(right, 32768))
        lag = int(np.argmax(np.fft.irfft(spectrum)[:64]))
        assert 5 < lag < 45
        np.testing.assert_allclose(heard(-azimuth), [right, left], atol=1e-6)


def test_with_a_head_front_and_back_and_above_differ() -> None:
    front, back, above = (heard(*each) for each in ((0, 0), (180, 0), (0, 90)))
    for one, other in ((front, back), (front, above), (back, above)):
        assert np.abs(one - other).max() > 0.1
    np.testing.assert_allclose(front[0], front[1], atol=1e-6)


def test_with_a_head_it_sounds_on_a_little_and_then_is_silent() -> None:
    def graph(context: OfflineAudioContext) -> None:
        panner = PannerNode(context, panning_model="HRTF", position_x=1)
        play(context, np.ones(128)).connect(panner).connect(context.destination)

    out = render(graph, 1024, channels=2)
    assert out[:, 128:160].any()
    assert not out[:, 400:].any()


def test_with_a_head_each_channel_goes_to_its_own_ear() -> None:
    def graph(context: OfflineAudioContext) -> None:
        panner = PannerNode(context, panning_model="HRTF", position_x=1)
        samples = np.array([noise(1, 500)[0], np.zeros(500)])
        play(context, samples).connect(panner).connect(context.destination)

    out = render(graph, 500, channels=2)
    assert out[0].any()
    assert not out[1].any()


def test_with_a_head_a_moving_sound_makes_no_clicks() -> None:
    tone = np.sin(np.arange(24000) * 2 * pi * 300 / RATE)

    def graph(context: OfflineAudioContext) -> None:
        panner = PannerNode(context, panning_model="HRTF", position_z=-1)
        move(panner, POSITION, (-4, 0, -1), (4, 0, -1), 24000)
        play(context, tone).connect(panner).connect(context.destination)

    out = render(graph, 24000, channels=2)[:, 1000:]
    steps = np.abs(np.diff(out, n=2)).max()
    assert steps < 2 * (2 * pi * 300 / RATE) ** 2


def test_the_model_changes_while_it_sounds() -> None:
    def graph(context: OfflineAudioContext) -> None:
        panner = PannerNode(context, position_x=1)
        play(context, noise(1, 512)).connect(panner).connect(context.destination)

        def with_a_head(_: object) -> None:
            panner.panning_model = "HRTF"

        def without(_: object) -> None:
            panner.panning_model = "equalpower"

        context.suspend(128 / RATE, with_a_head)
        context.suspend(384 / RATE, without)

    out = render(graph, 640, channels=2)
    expected = noise(1, 512)[0]
    np.testing.assert_allclose(out[1, :128], expected[:128], atol=1e-6)
    np.testing.assert_allclose(out[1, 384:512], expected[384:], atol=1e-6)
    assert out[0, 200:384].any()
    assert not out[:, 512:].any()


def test_a_model_that_changes_there_and_back_cuts_the_tail_off() -> None:
    def graph(context: OfflineAudioContext) -> None:
        panner = PannerNode(context, panning_model="HRTF", position_x=1)
        play(context, noise(1, 256)).connect(panner).connect(context.destination)
        play(context, noise(1, 256), 512 / RATE).connect(panner)

        def there_and_back(_: object) -> None:
            panner.panning_model = "equalpower"
            panner.panning_model = "HRTF"

        context.suspend(256 / RATE, there_and_back)

    out = render(graph, 1024, channels=2)
    assert out[:, :256].any()
    assert not out[:, 256:512].any()
    # After silence, a sound begins as the first one did.
    np.testing.assert_allclose(out[:, 512:768], out[:, :256], atol=1e-6)


def test_a_loop_without_a_delay_that_is_mute_for_a_while_cuts_the_tail_off() -> None:
    def graph(context: OfflineAudioContext) -> list[object]:
        panner, gain = PannerNode(context, panning_model="HRTF", position_x=1), GainNode(context)
        play(context, noise(1, 256)).connect(panner).connect(context.destination)
        play(context, noise(1, 256), 2048 / RATE).connect(panner)
        panner.connect(gain)
        context.suspend(256 / RATE, lambda _: gain.connect(panner))
        context.suspend(1024 / RATE, lambda _: gain.disconnect())
        return [panner, gain]

    out = render(graph, 2304, channels=2)
    assert not out[:, 256:2048].any()
    np.testing.assert_allclose(out[:, 2048:], out[:, :256], atol=1e-6)


@pytest.mark.parametrize("rate", [3000, 8000, 44100, 48000, 96000, 192000])
def test_a_head_sounds_alike_at_every_rate(rate: float) -> None:
    def graph(context: OfflineAudioContext) -> None:
        panner = PannerNode(context, panning_model="HRTF", position_x=0.6, position_z=-0.8)
        tone = np.sin(np.arange(int(rate // 4)) * 2 * pi * 500 / rate)
        play(context, tone, rate=rate).connect(panner).connect(context.destination)

    out = render(graph, int(rate // 4), channels=2, rate=rate)[:, int(rate // 8) :]
    levels = out.std(axis=1) * sqrt(2)
    assert isclose(levels[0], 0.58, abs_tol=0.06)
    assert isclose(hypot(*levels), 1.1, abs_tol=0.15)

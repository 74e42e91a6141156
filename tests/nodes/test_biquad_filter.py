from __future__ import annotations

from collections.abc import Callable
from math import cos, pi, sin, sqrt
from typing import Any

import numpy as np
import pytest
import rendered
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import ArrayLike, NDArray
from rendered import RATE, noise, play, render

from audiograph import (
    BiquadFilterNode,
    ChannelSplitterNode,
    ConstantSourceNode,
    GainNode,
    InvalidAccessError,
    OfflineAudioContext,
    OscillatorNode,
)

TYPES = ["lowpass", "highpass", "bandpass", "lowshelf", "highshelf", "peaking", "notch", "allpass"]
each_type = pytest.mark.parametrize("kind", TYPES)
Coefficients = tuple[float, float, float, float, float, float]


def coefficients(
    kind: str, frequency: float, detune: float = 0, q: float = 1, gain: float = 0
) -> Coefficients:
    """b0, b1, b2, a0, a1 and a2 as the specification writes them."""
    w = 2 * pi * min(max(frequency * 2 ** (detune / 1200), 0), RATE / 2) / RATE
    a = 10 ** (gain / 40)
    if kind in ("lowpass", "highpass"):
        alpha = sin(w) / (2 * 10 ** (q / 20))
    elif kind in ("lowshelf", "highshelf"):
        alpha = sin(w) / 2 * sqrt((a + 1 / a) * (1 / 1 - 1) + 2)
    else:
        alpha = sin(w) / (2 * q)
    k, r = cos(w), 2 * alpha * sqrt(a)
    return {
        "lowpass": lambda: ((1 - k) / 2, 1 - k, (1 - k) / 2, 1 + alpha, -2 * k, 1 - alpha),
        "highpass": lambda: ((1 + k) / 2, -(1 + k), (1 + k) / 2, 1 + alpha, -2 * k, 1 - alpha),
        "bandpass": lambda: (alpha, 0.0, -alpha, 1 + alpha, -2 * k, 1 - alpha),
        "notch": lambda: (1.0, -2 * k, 1.0, 1 + alpha, -2 * k, 1 - alpha),
        "allpass": lambda: (1 - alpha, -2 * k, 1 + alpha, 1 + alpha, -2 * k, 1 - alpha),
        "peaking": lambda: (
            *(1 + alpha * a, -2 * k, 1 - alpha * a),
            *(1 + alpha / a, -2 * k, 1 - alpha / a),
        ),
        "lowshelf": lambda: (
            a * ((a + 1) - (a - 1) * k + r),
            2 * a * ((a - 1) - (a + 1) * k),
            a * ((a + 1) - (a - 1) * k - r),
            (a + 1) + (a - 1) * k + r,
            -2 * ((a - 1) + (a + 1) * k),
            (a + 1) + (a - 1) * k - r,
        ),
        "highshelf": lambda: (
            a * ((a + 1) + (a - 1) * k + r),
            -2 * a * ((a - 1) + (a + 1) * k),
            a * ((a + 1) + (a - 1) * k - r),
            (a + 1) - (a - 1) * k + r,
            2 * ((a - 1) - (a + 1) * k),
            (a + 1) - (a - 1) * k - r,
        ),
    }[kind]()


def filtered(signal: ArrayLike, at: Callable[[int], Coefficients]) -> NDArray[np.float64]:
    """a0 y(n) + a1 y(n-1) + a2 y(n-2) = b0 x(n) + b1 x(n-1) + b2 x(n-2), for every channel."""
    out = []
    for channel in np.atleast_2d(np.asarray(signal, np.float64)):
        x, y = [0.0, 0.0], [0.0, 0.0]
        for n, frame in enumerate(channel):
            b0, b1, b2, a0, a1, a2 = at(n)
            x.append(float(frame))
            y.append((b0 * x[-1] + b1 * x[-2] + b2 * x[-3] - a1 * y[-1] - a2 * y[-2]) / a0)
        out.append(y[2:])
    return np.array(out)


def through(
    signal: ArrayLike, frames: int, prepare: Callable[[Any], object] = bool, **options: Any
) -> NDArray[np.float32]:
    def make(context: OfflineAudioContext) -> BiquadFilterNode:
        node = BiquadFilterNode(context, **options)
        prepare(node)
        return node

    return rendered.through(signal, make, frames)


@each_type
@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"frequency": 5000, "q": 12, "gain": 9},
        {"frequency": 60, "q": 0.3, "gain": -15},
        {"frequency": 900, "detune": -700, "q": 4, "gain": 3},
        {"frequency": 23000, "q": 0.01, "gain": 30},
    ],
)
def test_it_is_the_specification_s_filter(kind: str, settings: dict[str, float]) -> None:
    fixed = coefficients(kind, **{"frequency": 350, **settings})
    expected = filtered(noise(2, 2000), lambda n: fixed)
    actual = through(noise(2, 2000), 2000, type=kind, **settings)
    np.testing.assert_allclose(actual, expected, atol=2e-6)


RAMPS = {"frequency": (8000, 100), "detune": (-2400, 2400), "q": (0.5, 9), "gain": (-12, 12)}


@each_type
@pytest.mark.parametrize("moving", [*([name] for name in RAMPS), list(RAMPS)], ids=str)
def test_its_parameters_change_with_every_frame(kind: str, moving: list[str]) -> None:
    still = {"frequency": 1000.0, "detune": 100.0, "q": 2.0, "gain": 6.0}

    def prepare(node: BiquadFilterNode) -> None:
        for name in moving:
            first, last = RAMPS[name]
            param = getattr(node, name)
            param.set_value_at_time(first, 0).linear_ramp_to_value_at_time(last, 600 / RATE)

    def at(n: int) -> Coefficients:
        values = dict(still)
        for name in moving:
            first, last = RAMPS[name]
            values[name] = float(np.float32(first + (last - first) * min(n / 600, 1)))
        return coefficients(kind, **values)

    actual = through(noise(1, 900), 900, prepare, type=kind, **still)
    # NB: a ramp is a product of float32s.
    np.testing.assert_allclose(actual, filtered(noise(1, 900), at), atol=1e-5)


def test_its_parameters_change_once_a_quantum_where_they_are_k_rate() -> None:
    def prepare(node: BiquadFilterNode) -> None:
        for param in (node.frequency, node.detune, node.q, node.gain):
            param.automation_rate = "k-rate"
        node.frequency.set_value_at_time(400, 0).linear_ramp_to_value_at_time(4000, 600 / RATE)

    def at(n: int) -> Coefficients:
        return coefficients("lowpass", 400 + 3600 * min(n // 128 * 128 / 600, 1))

    actual = through(noise(1, 900), 900, prepare)
    np.testing.assert_allclose(actual, filtered(noise(1, 900), at), atol=2e-6)


def test_what_is_connected_to_a_parameter_sweeps_it() -> None:
    wave = np.sin(np.arange(2000) / 30).astype(np.float32)

    def graph(context: OfflineAudioContext) -> None:
        node = BiquadFilterNode(context, type="bandpass", frequency=1000, q=3)
        play(context, wave).connect(GainNode(context, gain=500)).connect(node.frequency)
        play(context, noise(1, 2000)).connect(node).connect(context.destination)

    expected = filtered(
        noise(1, 2000), lambda n: coefficients("bandpass", 1000 + 500 * float(wave[n]), q=3)
    )
    np.testing.assert_allclose(render(graph, 2000), expected, atol=2e-6)


GAIN = 10 ** (6 / 20)
LIMITS = {
    "lowpass": (0, 1, None),
    "highpass": (1, 0, None),
    "bandpass": (0, 0, 1),
    "lowshelf": (1, GAIN, None),
    "highshelf": (GAIN, 1, None),
    "peaking": (1, 1, GAIN),
    "notch": (1, 1, 0),
    "allpass": (1, 1, -1),
}
"""What remains at a frequency of 0, at the Nyquist frequency and with a Q of 0."""


@each_type
def test_at_its_limits_it_is_a_gain(kind: str) -> None:
    settings = ({"frequency": 0}, {"frequency": RATE / 2}, {"frequency": 1000, "q": 0})
    for given_settings, gain in zip(settings, LIMITS[kind], strict=True):
        if gain is not None:
            actual = through(noise(1, 500), 500, type=kind, gain=6, **given_settings)
            np.testing.assert_allclose(actual, gain * noise(1, 500), atol=1e-6)


@each_type
def test_the_limits_are_those_of_the_formulas(kind: str) -> None:
    """Where they are approached without a pole on the unit circle: by the tails of the response."""
    at_zero, at_nyquist, without_q = LIMITS[kind]
    for frequency, q, hertz, gain in (
        (1e-2, 1, 5000.0, at_zero),
        (RATE / 2 - 1e-2, 1, 5000.0, at_nyquist),
        (1000, 1e-7, 7000.0, without_q),
    ):
        if gain is not None:
            b0, b1, b2, a0, a1, a2 = coefficients(kind, frequency, q=q, gain=6)
            z = np.exp(-2j * pi * hertz / RATE)
            response = (b0 + b1 * z + b2 * z * z) / (a0 + a1 * z + a2 * z * z)
            assert response == pytest.approx(gain, abs=1e-4)


@each_type
def test_a_sweep_to_a_limit_and_back_leaves_no_trace(kind: str) -> None:
    def prepare(node: BiquadFilterNode) -> None:
        for k, value in enumerate((1000, 0, 1000, RATE / 2, 1000)):
            node.frequency.set_value_at_time(value, 300 * k / RATE)

    out = through(noise(1, 4000), 4000, prepare, type=kind, gain=6)[0]
    assert np.isfinite(out).all()
    still = through(noise(1, 4000), 4000, type=kind, gain=6, frequency=1000)[0]
    np.testing.assert_allclose(out[3000:], still[3000:], atol=1e-4)


def test_the_computed_frequency_ends_at_nyquist() -> None:
    for frequency, detune in ((20000, 1200), (RATE, 0), (1, 150000)):
        out = through(noise(1, 300), 300, frequency=frequency, detune=detune)
        np.testing.assert_array_equal(out, noise(1, 300))
    # The frequency is limited by itself before it is detuned.
    fixed = coefficients("lowpass", RATE / 2, -2400)
    out = through(noise(1, 300), 300, frequency=10 * RATE, detune=-2400)
    np.testing.assert_allclose(out, filtered(noise(1, 300), lambda n: fixed), atol=1e-6)


@each_type
@pytest.mark.parametrize("name", ["frequency", "detune", "q", "gain"])
@pytest.mark.parametrize("value", [-3.4e38, -1e3, 1e-30, 1e3, 3.4e38])
def test_settings_beyond_measure_give_numbers(kind: str, name: str, value: float) -> None:
    out = through(noise(1, 300), 300, type=kind, **{"frequency": 1000, name: value})
    if not (name == "gain" and value > 0):
        assert np.isfinite(out).all()
    assert not np.isnan(out).any()


def test_each_channel_is_filtered_alone() -> None:
    fixed = coefficients("peaking", 2000, q=3, gain=10)
    for channels in (1, 2, 3, 5, 6):
        out = through(noise(channels, 500), 500, type="peaking", frequency=2000, q=3, gain=10)
        expected = filtered(noise(channels, 500), lambda n: fixed)
        np.testing.assert_allclose(out, expected, atol=2e-6)


def test_a_change_of_type_goes_on_with_what_is_remembered() -> None:
    first, second = coefficients("lowpass", 500), coefficients("highpass", 500)

    def graph(context: OfflineAudioContext) -> None:
        node = BiquadFilterNode(context, frequency=500)
        play(context, noise(1, 1000)).connect(node).connect(context.destination)
        context.suspend(512 / RATE, lambda _: setattr(node, "type", "highpass"))

    expected = filtered(noise(1, 1000), lambda n: first if n < 512 else second)
    np.testing.assert_allclose(render(graph, 1000), expected, atol=1e-6)


def test_it_rings_on_when_its_input_has_ended() -> None:
    fixed = coefficients("bandpass", 100, q=30)
    expected = filtered([1.0] + [0.0] * 19999, lambda n: fixed)
    out = through([1.0], 20000, type="bandpass", frequency=100, q=30)
    np.testing.assert_allclose(out, expected, atol=1e-8)
    assert np.abs(out[0, 10000:]).max() > 1e-5


def test_it_falls_silent_in_the_end() -> None:
    nodes: list[BiquadFilterNode] = []

    def graph(context: OfflineAudioContext) -> None:
        nodes.append(BiquadFilterNode(context, type="bandpass", frequency=1000, q=5))
        play(context, noise(2, 100)).connect(nodes[-1]).connect(context.destination)

    for block in (128, 16384):
        out = render(graph, 40000, channels=2, block=block)
        last = np.flatnonzero(out.any(axis=0))[-1]
        assert 5000 < last < 30000
        assert np.abs(out[:, last - 128 : last + 1]).max() > 1e-38
        assert not nodes[-1]._processor.sounding


def test_the_output_stays_stereo_as_long_as_stereo_is_remembered() -> None:
    def sources(context: OfflineAudioContext, node: BiquadFilterNode) -> None:
        play(context, noise(2, 256)).connect(node)
        play(context, noise(1, 3840, 5), 256 / RATE).connect(node)

    def channel(number: int) -> Callable[[OfflineAudioContext], None]:
        def graph(context: OfflineAudioContext) -> None:
            node, splitter = BiquadFilterNode(context, frequency=3000), ChannelSplitterNode(context)
            sources(context, node)
            node.connect(splitter).connect(context.destination, number)

        return graph

    fixed = coefficients("lowpass", 3000)
    expected = filtered(
        np.concatenate((noise(2, 256), np.tile(noise(1, 3840, 5), (2, 1))), axis=1),
        lambda n: fixed,
    )
    for block in (128, 1024, 16384):
        first, second = (render(channel(number), 4096, block=block)[0] for number in (0, 1))
        np.testing.assert_allclose(first, expected[0], atol=1e-6)
        stereo = np.flatnonzero(second)[-1] + 1
        assert stereo % 128 == 0
        assert 256 < stereo < 1024
        np.testing.assert_allclose(second[:stereo], expected[1, :stereo], atol=1e-6)
        np.testing.assert_allclose(expected[0, stereo:], expected[1, stereo:], atol=1e-9)


@pytest.mark.parametrize("channels", [2, 4, 6, 5])
def test_what_was_mono_rings_in_the_channels_that_it_is_up_mixed_to(channels: int) -> None:
    def graph(context: OfflineAudioContext) -> None:
        node = BiquadFilterNode(context, type="bandpass", frequency=500, q=20)
        play(context, noise(1, 256)).connect(node)
        play(context, noise(channels, 256), 256 / RATE).connect(node)
        node.connect(context.destination)

    mono = np.concatenate((noise(1, 256), np.zeros((1, 512), np.float32)), axis=1)
    placed = np.zeros((channels, 768), np.float32)
    placed[{2: [0, 1], 4: [0, 1], 6: [2], 5: [0]}[channels]] = mono
    placed[:, 256:512] += noise(channels, 256)
    fixed = coefficients("bandpass", 500, q=20)
    out = render(graph, 768, channels=channels)
    np.testing.assert_allclose(out[:, 256:], filtered(placed, lambda n: fixed)[:, 256:], atol=1e-6)


@each_type
def test_its_frequency_response_is_that_of_its_impulse_response(kind: str) -> None:
    settings = {"type": kind, "frequency": 2000, "detune": 300, "q": 2, "gain": 7}
    impulse = through([1.0], 16384, **settings)[0]
    spectrum = np.fft.rfft(impulse.astype(np.float64))[:8193]
    hertz = np.fft.rfftfreq(16384, 1 / RATE).astype(np.float32)
    node = BiquadFilterNode(OfflineAudioContext(1, 1, RATE), **settings)
    magnitude, phase = np.empty((2, len(hertz)), np.float32)
    assert node.get_frequency_response(hertz, magnitude, phase) is None
    np.testing.assert_allclose(magnitude * np.exp(1j * phase), spectrum, atol=1e-5)


def test_no_response_is_told_for_frequencies_that_there_are_not() -> None:
    node = BiquadFilterNode(OfflineAudioContext(1, 1, RATE))
    hertz = np.array([-1, 0, RATE / 2, RATE / 2 + 1, np.nan, np.inf, -np.inf], np.float32)
    magnitude, phase = np.zeros((2, 7), np.float32)
    node.get_frequency_response(hertz, magnitude, phase)
    for values in (magnitude, phase):
        assert np.isnan(values).tolist() == [True, False, False, True, True, True, True]
    node.get_frequency_response(np.empty(0, np.float32), magnitude[:0], phase[:0])


def test_the_largest_gain_is_the_logarithm_of_a_float32() -> None:
    # "≈ 1541": 40 log10 of the largest float32, as browsers compute it.
    largest = np.float32(40) * np.log10(np.finfo(np.float32).max)
    assert BiquadFilterNode(OfflineAudioContext(1, 1, RATE)).gain.max_value == largest


def test_the_response_is_that_of_the_current_values_within_their_range() -> None:
    context = OfflineAudioContext(1, 1, RATE)
    magnitude, phase = np.zeros((2, 1), np.float32)
    node = BiquadFilterNode(context, frequency=10 * RATE)
    node.get_frequency_response([1000], magnitude, phase)
    assert magnitude[0] == 1
    node.frequency.value = 1000
    node.q.value = 20
    node.get_frequency_response([1000], magnitude, phase)
    assert magnitude[0] == pytest.approx(10, rel=1e-6)
    assert phase[0] == pytest.approx(-pi / 2)
    node.type = "highpass"
    node.get_frequency_response([1000], magnitude, phase)
    assert phase[0] == pytest.approx(pi / 2)


def test_the_arrays_of_a_response_have_one_length_and_float32() -> None:
    node = BiquadFilterNode(OfflineAudioContext(1, 1, RATE))
    short, long = np.zeros(3, np.float32), np.zeros(4, np.float32)
    for arrays in ((short, long, long), (long, short, long), (long, long, short)):
        with pytest.raises(InvalidAccessError, match="4"):
            node.get_frequency_response(*arrays)
    wrong: Any
    kept = np.zeros(4, np.float32)
    kept.flags.writeable = False
    for wrong in (np.zeros(4), [0.0] * 4, None, np.zeros((4, 1), np.float32), "1234", kept):
        with pytest.raises(TypeError, match="response is"):
            node.get_frequency_response(long, wrong, long)
        with pytest.raises(TypeError):
            node.get_frequency_response(long, long, wrong)
    for wrong in (None, 1.0, np.zeros((4, 1), np.float32), "1234"):
        with pytest.raises(TypeError):
            node.get_frequency_response(wrong, long, long)
    assert not long.any()


def test_a_type_that_there_is_not_is_a_type_error() -> None:
    context = OfflineAudioContext(1, 1, RATE)
    node = context.create_biquad_filter()
    wrong: Any
    for wrong in ("", "LOWPASS", None, 1, ["lowpass"]):
        with pytest.raises(TypeError):
            BiquadFilterNode(context, type=wrong)
        with pytest.raises(TypeError):
            node.type = wrong
    assert node.type == "lowpass"
    for kind in TYPES:
        node.type = kind  # type: ignore[assignment]
        assert node.type == kind


moments = st.integers(0, 3000).map(lambda frame: frame / RATE)


@settings(max_examples=60)
@given(
    kind=st.sampled_from(TYPES),
    quantum=st.sampled_from([128, 128, 96, 16, 512]),
    spans=st.lists(
        st.tuples(moments, st.integers(1, 1500), st.sampled_from([1, 2, 4])), max_size=4
    ),
    ramps=st.lists(
        st.tuples(st.sampled_from(list(RAMPS)), moments, st.floats(0, 1), st.booleans()),
        max_size=6,
    ),
    slow=st.lists(st.sampled_from(list(RAMPS)), max_size=2),
    lfo=st.booleans(),
    frequency=st.sampled_from([0, 30, 1000, 6000, 24000]),
    blocks=st.lists(st.integers(1, 24), min_size=2, max_size=2),
)
def test_blocks_of_any_length_give_the_same_samples(
    kind: str,
    quantum: int,
    spans: list[tuple[float, int, int]],
    ramps: list[tuple[str, float, float, bool]],
    slow: list[str],
    lfo: bool,
    frequency: float,
    blocks: list[int],
) -> None:
    def graph(context: OfflineAudioContext) -> None:
        node = BiquadFilterNode(context, type=kind, frequency=frequency, q=5, gain=6)
        for name in slow:
            getattr(node, name).automation_rate = "k-rate"
        for name, time, part, ramp in ramps:
            low, high = RAMPS[name]
            param = getattr(node, name)
            schedule = param.linear_ramp_to_value_at_time if ramp else param.set_value_at_time
            schedule(low + part * (high - low), time)
        for time, frames, channels in spans:
            play(context, noise(channels, frames), time).connect(node)
        if lfo:
            source = OscillatorNode(context, frequency=30)
            source.start(500 / RATE)
            source.stop(2000 / RATE)
            source.connect(GainNode(context, gain=300)).connect(node.frequency)
        mark = ConstantSourceNode(context, offset=1e-3)
        mark.start(1000 / RATE)
        bus = GainNode(context)
        node.connect(bus)
        mark.connect(bus).connect(context.destination)

    outs = [
        render(graph, 6000, channels=6, block=block * quantum, quantum=quantum)
        for block in (1, *blocks, 16384 // quantum)
    ]
    for out in outs[1:]:
        np.testing.assert_array_equal(out, outs[0])

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from rendered import RATE, render

from audiograph import (
    ConstantSourceNode,
    GainNode,
    InvalidAccessError,
    InvalidStateError,
    OfflineAudioContext,
    OscillatorNode,
    OscillatorOptions,
    PeriodicWave,
)

# What a table has at 48 kHz: frames of a period, and partials at most.
PERIOD = 4096
PARTIALS = 2047
TYPES = ["sine", "square", "sawtooth", "triangle"]
types = pytest.mark.parametrize("type", TYPES)

# What a sine differs by from one of an exact phase: in a quantum, phases are sums of float32s.
ROUNDING = 1e-5


def tone(context: OfflineAudioContext, start: float = 0, **options: Any) -> OscillatorNode:
    source = OscillatorNode(context, **options)
    source.start(start / RATE)
    source.connect(context.destination)
    return source


def heard(frequency: Any, detune: float = 0, rate: float = RATE, period: int = PERIOD) -> Any:
    """Return the frequency that a float32 of frames of the table for each frame amounts to."""
    hertz = np.float32(frequency) * np.float32(2.0 ** float(np.float32(detune) / np.float32(1200)))
    step = np.clip(hertz, -rate / 2, rate / 2).astype(np.float32) * np.float32(period / rate)
    return step.astype(np.float64) * rate / period


def sine(phase: Any) -> NDArray[np.float64]:
    return np.asarray(np.sin(2 * np.pi * np.asarray(phase, np.float64)))


def running(frequencies: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the phase, in periods, before each frame."""
    return np.concatenate([[0], np.cumsum(frequencies / RATE)[:-1]])


def coefficients(type: str) -> NDArray[np.float64]:
    """Return the sine terms of a type, from index 0 to the last one that a table holds."""
    n = np.arange(1, PARTIALS + 1)
    terms = {
        "sine": np.where(n == 1, 1, 0),
        "square": np.where(n % 2, 4 / (n * np.pi), 0),
        "sawtooth": 2 / (n * np.pi) * np.where(n % 2, 1, -1),
        "triangle": np.where(n % 2, 8 / (np.pi * n) ** 2, 0) * np.where(n % 4 == 3, -1, 1),
    }
    return np.concatenate([[0], terms[type]])


def series(terms: NDArray[np.float64], phase: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the sum of sines; `terms` is of shape (terms,) or (terms, frames)."""
    terms = terms.reshape(len(terms), -1)
    return np.asarray(np.sum(terms * sine(np.outer(np.arange(len(terms)), phase)), axis=0))


@cache
def peak(type: str) -> float:
    return float(np.abs(series(coefficients(type), np.arange(PERIOD) / PERIOD)).max())


def band_limited(type: str, frequency: Any, phase: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return a type's wave as a sum, partial by partial, at a fundamental frequency."""
    # Thirds of octaves above the frequency whose 2048th partial is the Nyquist frequency, and one.
    position = np.maximum(0, 1 + 3 * np.log2(np.abs(frequency) / (RATE / PERIOD)))
    row, fade = np.floor(position), position % 1
    partial = np.arange(PARTIALS + 1)[:, np.newaxis]
    fuller, barer = (partial <= np.floor(2048 * 2 ** (-each / 3)) for each in (row, row + 1))
    weights = np.where(barer, 1, np.where(fuller, 1 - fade, 0))
    return series(coefficients(type)[:, np.newaxis] * weights, phase) / peak(type)


@pytest.mark.parametrize("frequency", [0, 0.7, 2, 440, -440, 12345.6, -19000])
def test_it_is_a_sine_of_its_frequency(frequency: float) -> None:
    out = render(lambda c: tone(c, frequency=frequency), 2000)[0]
    expected = sine(heard(frequency) * np.arange(2000) / RATE)
    np.testing.assert_allclose(out, expected, atol=ROUNDING)


@given(st.floats(1, 19000))
def test_the_pitch_is_the_frequency_s_to_a_ten_millionth(frequency: float) -> None:
    out = render(lambda c: tone(c, frequency=frequency), 3000)[0]
    n = np.arange(3000)
    rounding = 2e-7 * 2 * np.pi * frequency * n / RATE
    error = np.abs(out - sine(float(np.float32(frequency)) * n / RATE))
    assert np.all(error < rounding + ROUNDING)


@types
@pytest.mark.parametrize("frequency", [400, 1234.5, -3000, 7999, 16000, 20000, 23900])
def test_a_type_is_the_sum_of_its_partials_below_half_the_rate(type: Any, frequency: float) -> None:
    out = render(lambda c: tone(c, type=type, frequency=frequency), 500)[0]
    phase = heard(frequency) * np.arange(500) / RATE
    np.testing.assert_allclose(out, band_limited(type, heard(frequency), phase), atol=1e-4)


@types
def test_nothing_folds_back(type: Any) -> None:
    frequency, frames = 1500, 3200
    out = render(lambda c: tone(c, type=type, frequency=frequency), frames)[0]
    spectrum = np.abs(np.fft.rfft(out)) / (frames / 2)
    partial = np.arange(len(spectrum)) * RATE / frames / frequency
    # The dozen partials that stay below 0.8 · 24 kHz are whole, and nothing is between them.
    assert spectrum[partial % 1 != 0].max() < 1e-5
    whole = (partial % 1 == 0) & (partial < 12)
    expected = np.abs(coefficients(type))[:12] / peak(type)
    np.testing.assert_allclose(spectrum[whole], expected, atol=1e-3)


@types
def test_a_wave_has_a_peak_of_one_and_rises_at_its_start(type: Any) -> None:
    out = render(lambda c: tone(c, type=type, frequency=20), 2400)[0]
    assert out[0] == pytest.approx(0, abs=1e-5)
    assert out[1] > 0
    assert 0.8 < out.max() <= 1.0001
    np.testing.assert_allclose(out[1:1200], -out[:1200:-1], atol=2e-3)


@types
@pytest.mark.parametrize(
    ("frequency", "detune"), [(24000, 0), (-24000, 0), (20000, 1200), (-20000, 1200), (1, 150000)]
)
def test_at_half_the_rate_and_above_there_is_silence(
    type: Any, frequency: float, detune: float
) -> None:
    out = render(lambda c: tone(c, 0.3, type=type, frequency=frequency, detune=detune), 300)[0]
    np.testing.assert_array_equal(out, 0)


def test_a_sine_fades_away_in_the_third_of_an_octave_below_half_the_rate() -> None:
    def loudness(frequency: float) -> float:
        out = render(lambda c: tone(c, frequency=frequency), 4800)[0]
        return float(np.sqrt(2 * np.mean(out**2)))

    edge = RATE / 2 / 2 ** (1 / 3)
    assert loudness(edge) == pytest.approx(1, abs=1e-3)
    assert loudness(edge * 2 ** (1 / 6)) == pytest.approx(0.5, abs=1e-3)
    assert loudness(edge * 2 ** (1 / 4)) == pytest.approx(0.25, abs=1e-3)


@types
@pytest.mark.parametrize("detune", [153600, -153600])
def test_no_tone_is_lost_to_the_largest_detune(type: Any, detune: float) -> None:
    out = render(lambda c: tone(c, type=type, frequency=0, detune=detune), 300)[0]
    np.testing.assert_allclose(out, 0, atol=1e-6)


@pytest.mark.parametrize("frequency", [1.46484375, 2.9296875, 3.662109375])
def test_a_slow_wave_is_interpolated_by_more_points(frequency: float) -> None:
    terms = np.zeros(PARTIALS + 1)
    terms[[1, 900]] = 0.3, 0.7
    table = series(terms, np.arange(PERIOD) / PERIOD)
    step = frequency * PERIOD / RATE
    reach = 2 if step < 0.16 else 1

    def graph(context: OfflineAudioContext) -> None:
        wave = PeriodicWave(context, imag=terms, disable_normalization=True)
        tone(context, frequency=frequency, periodic_wave=wave)

    at = np.arange(2000) * step
    here, fraction = at.astype(int), at % 1
    points = np.array([0, 1]) if step >= 0.3 else np.arange(-reach, reach + 1)
    # Lagrange's formula: each point's value times the polynomial that is 1 there and 0 elsewhere.
    expected = sum(
        table[(here + point) % PERIOD]
        * np.prod([(fraction - o) / (point - o) for o in points if o != point], axis=0)
        for point in points
    )
    np.testing.assert_allclose(render(graph, 2000)[0], expected, atol=1e-6)


@types
def test_a_negative_frequency_runs_backwards(type: Any) -> None:
    forwards, backwards = (
        render(lambda c, f=f: tone(c, type=type, frequency=f), 700)[0] for f in (333, -333)
    )
    np.testing.assert_allclose(backwards, -forwards, atol=2e-4)


@pytest.mark.parametrize("start", [0, 1, 128, 100.25, 300.999])
def test_the_phase_is_zero_at_the_exact_start(start: float) -> None:
    out = render(lambda c: tone(c, start, frequency=4000), 1000)[0]
    n = np.arange(1000)
    expected = np.where(n >= start, sine(heard(4000) * (n - start) / RATE), 0)
    np.testing.assert_allclose(out, expected, atol=ROUNDING)


@pytest.mark.parametrize("moves", [False, True])
def test_a_start_a_hair_after_a_frame_is_before_the_next_one(moves: bool) -> None:
    def graph(context: OfflineAudioContext) -> None:
        wave = PeriodicWave(context, real=[0, 1])
        source = tone(context, 100 + 1e-4, frequency=4000, periodic_wave=wave)
        if moves:
            source.frequency.set_value_at_time(4000, 0).set_value_at_time(4000, 1)

    out = render(graph, 200)[0]
    np.testing.assert_array_equal(out[:101], 0)
    expected = np.cos(2 * np.pi * 4000 * (np.arange(1, 100) - 1e-4) / RATE)
    np.testing.assert_allclose(out[101:], expected, atol=ROUNDING)


def test_a_frequency_that_moves_is_summed_in_float64s_and_one_that_stays_in_float32s() -> None:
    def quanta_that_differ(*times: float) -> list[int]:
        def graph(context: OfflineAudioContext, *times: float) -> None:
            source = tone(context, type="sawtooth", frequency=1234.5)
            for time in times:
                source.frequency.set_value_at_time(1234.5, time * 128 / RATE)

        differ = render(lambda c: graph(c, *times), 1280) != render(graph, 1280)
        return np.flatnonzero(differ.reshape(-1, 128).any(axis=1)).tolist()

    # An event counts in its own quantum; of several, the first one to the quantum after the last.
    assert quanta_that_differ(2.5) == [2]
    assert quanta_that_differ(2.5, 5.5) == [2, 3, 4, 5, 6]


def test_a_frequency_moves_while_what_is_connected_to_it_sounds_though_it_is_constant() -> None:
    def graph(context: OfflineAudioContext, first: int, end: int) -> None:
        offset = ConstantSourceNode(context, offset=0)
        offset.connect(tone(context, type="sawtooth", frequency=1234.5).frequency)
        offset.start(first * 128 / RATE)
        offset.stop(end * 128 / RATE)

    held = render(lambda c: graph(c, 0, 0), 1280)
    for block in (128, 384, 1280):
        differ = render(lambda c: graph(c, 2, 5), 1280, block=block) != held
        assert np.flatnonzero(differ.reshape(-1, 128).any(axis=1)).tolist() == [2, 3, 4]


def test_the_pitch_of_a_constant_detune_that_is_connected_is_that_of_one_that_moves() -> None:
    def graph(context: OfflineAudioContext) -> None:
        cents = ConstantSourceNode(context, offset=100)
        cents.start()
        cents.connect(tone(context, frequency=2000).detune)

    # By what moves, the step is multiplied first: it rounds otherwise than for a number that holds.
    octaves = np.float32(100) * np.float32(1 / 1200)
    factor = np.float32(PERIOD / RATE) * np.float32(2000)
    step = np.float32(2 ** float(octaves)) * factor
    out = render(graph, int(RATE))[0]
    np.testing.assert_allclose(out, sine(np.arange(int(RATE)) * (float(step) / PERIOD)), atol=1e-5)


def test_the_phase_is_zero_at_the_exact_start_of_a_changing_frequency() -> None:
    def graph(context: OfflineAudioContext) -> None:
        source = tone(context, 100.25)
        source.frequency.set_value_at_time(3000, 0).linear_ramp_to_value_at_time(8000, 1)

    out = render(graph, 200)[0]
    assert out[100] == 0
    first = (3000 + 5000 * 101 / RATE) / RATE
    np.testing.assert_allclose(out[101], sine(0.75 * first), atol=1e-6)


def test_the_phase_is_the_integral_of_an_automated_frequency() -> None:
    def graph(context: OfflineAudioContext) -> None:
        source = tone(context)
        source.frequency.set_value_at_time(100, 0).linear_ramp_to_value_at_time(8000, 0.02)

    n = np.arange(1500)
    frequency = np.where(n < 960, 100 + 7900 * n / 960, 8000)
    np.testing.assert_allclose(render(graph, 1500)[0], sine(running(frequency)), atol=1e-4)


def test_the_phase_is_the_integral_of_a_frequency_at_audio_rate() -> None:
    def graph(context: OfflineAudioContext) -> None:
        depth, slow = GainNode(context, gain=500), OscillatorNode(context, frequency=300)
        slow.start()
        slow.connect(depth).connect(tone(context, frequency=1000).frequency)

    n = np.arange(1500)
    frequency = 1000 + 500 * sine(300 * n / RATE)
    np.testing.assert_allclose(render(graph, 1500)[0], sine(running(frequency)), atol=6e-5)


def test_the_phase_is_the_integral_of_a_detune_at_audio_rate() -> None:
    def graph(context: OfflineAudioContext) -> None:
        depth, slow = GainNode(context, gain=700), OscillatorNode(context, frequency=300)
        slow.start()
        slow.connect(depth).connect(tone(context, frequency=1000, detune=100).detune)

    n = np.arange(1500)
    frequency = 1000 * 2 ** ((100 + 700 * sine(300 * n / RATE)) / 1200)
    np.testing.assert_allclose(render(graph, 1500)[0], sine(running(frequency)), atol=6e-5)


def test_frequency_and_detune_at_audio_rate_multiply() -> None:
    def graph(context: OfflineAudioContext) -> None:
        source = tone(context)
        source.frequency.set_value_at_time(100, 0).linear_ramp_to_value_at_time(2000, 0.02)
        source.detune.set_value_at_time(0, 0).linear_ramp_to_value_at_time(-2400, 0.02)

    n = np.arange(960)
    frequency = (100 + 1900 * n / 960) * 2 ** (-2 * n / 960)
    np.testing.assert_allclose(render(graph, 960)[0], sine(running(frequency)), atol=1e-5)


def test_the_band_limit_follows_the_frequency_frame_by_frame() -> None:
    def graph(context: OfflineAudioContext) -> None:
        source = tone(context, type="sawtooth")
        source.frequency.set_value_at_time(500, 0).linear_ramp_to_value_at_time(20500, 0.02)

    frequency = 500 + 20000 * np.arange(960) / 960
    phase = running(heard(frequency))
    expected = band_limited("sawtooth", frequency, phase)
    np.testing.assert_allclose(render(graph, 960)[0], expected, atol=2e-4)


def test_a_k_rate_frequency_holds_for_a_quantum() -> None:
    def graph(context: OfflineAudioContext) -> None:
        source = tone(context)
        source.frequency.automation_rate = "k-rate"
        source.frequency.set_value_at_time(1000, 0).linear_ramp_to_value_at_time(9000, 0.02)

    frequency = np.repeat(1000 + 8000 * np.arange(0, 896, 128) / 960, 128)
    np.testing.assert_allclose(render(graph, 896)[0], sine(running(frequency)), atol=1e-5)


def test_detune_is_in_cents() -> None:
    out = render(lambda c: tone(c, frequency=1000, detune=-700), 1000)[0]
    frequency = 1000 * 2 ** (-700 / 1200)
    np.testing.assert_allclose(out, sine(frequency * np.arange(1000) / RATE), atol=1e-5)


def test_a_frequency_beyond_the_range_is_clamped_only_when_used() -> None:
    def graph(context: OfflineAudioContext) -> None:
        source = tone(context, frequency=30000)
        lower = ConstantSourceNode(context, offset=-29000)
        lower.start()
        lower.connect(source.frequency)

    np.testing.assert_allclose(render(graph, 300)[0], sine(1000 * np.arange(300) / RATE), atol=1e-5)


def test_the_product_is_clamped_and_not_the_factors() -> None:
    def graph(context: OfflineAudioContext) -> None:
        source = tone(context, frequency=20000)
        source.detune.set_value_at_time(-2400, 0).linear_ramp_to_value_at_time(2400, 1)

    n = np.arange(500)
    frequency = 20000 * 2 ** ((-2400 + 4800 * n / RATE) / 1200)
    np.testing.assert_allclose(render(graph, 500)[0], sine(running(frequency)), atol=5e-4)


@pytest.mark.parametrize(
    ("rate", "period"), [(8000, 2048), (24000, 2048), (44100, 4096), (88200, 4096), (96000, 16384)]
)
def test_it_keeps_its_pitch_at_any_sample_rate(rate: int, period: int) -> None:
    def graph(context: OfflineAudioContext) -> None:
        source = OscillatorNode(context, frequency=1111)
        source.start()
        source.connect(context.destination)

    out = render(graph, 1000, rate=rate)[0]
    expected = sine(heard(1111, rate=rate, period=period) * np.arange(1000) / rate)
    np.testing.assert_allclose(out, expected, atol=ROUNDING)


def test_a_tone_keeps_its_pitch_and_phase_for_an_hour() -> None:
    rate, period, last = 3000, 2048, 3600 * 3000

    def graph(context: OfflineAudioContext) -> None:
        source = OscillatorNode(context, frequency=777.7)
        source.start()
        source.connect(context.destination)

    out = render(graph, last, rate=rate)[0, -512:]
    step = float(heard(777.7, rate=rate, period=period)) * period / rate
    phase = [n * int(step * 2**40) % (period << 40) for n in range(last - 512, last)]
    expected = sine(np.array(phase) / (period << 40))
    np.testing.assert_allclose(out, expected, atol=ROUNDING)


def wave_of(context: OfflineAudioContext) -> PeriodicWave:
    return PeriodicWave(context, real=[0, 0.2, 0.5, 0], imag=[0, 1, 0, -0.3])


@pytest.mark.parametrize(
    ("first", "then"), [("sine", "square"), ("sawtooth", "custom"), ("custom", "triangle")]
)
def test_a_change_of_type_conserves_the_phase(first: Any, then: Any) -> None:
    def change(source: OscillatorNode, type: Any) -> None:
        if type == "custom":
            source.set_periodic_wave(wave_of(source.context))
        else:
            source.type = type

    def graph(context: OfflineAudioContext, first: Any, then: Any) -> None:
        source = tone(context, 0.5, frequency=511)
        change(source, first)
        context.suspend(256 / RATE, lambda _: change(source, then))

    out = render(lambda c: graph(c, first, then))
    before, after = (render(lambda c, type=type: graph(c, type, type)) for type in (first, then))
    np.testing.assert_array_equal(out[:, :256], before[:, :256])
    np.testing.assert_array_equal(out[:, 256:], after[:, 256:])


@given(
    type=st.sampled_from([*TYPES, "custom"]),
    frequency=st.one_of(st.floats(-24000, 24000), st.floats(-5, 5)),
    detune=st.floats(-3000, 3000),
    start=st.floats(0, 400),
    stop=st.floats(0, 4000),
    ramp=st.none() | st.tuples(st.floats(-20000, 20000), st.floats(0, 0.05)),
    swing=st.none() | st.tuples(st.floats(0, 2000), st.floats(0, 20000)),
    k_rate=st.booleans(),
    block=st.sampled_from([128, 256, 384, 1024]),
)
def test_blocks_of_any_length_give_the_same_samples(
    type: Any,
    frequency: float,
    detune: float,
    start: float,
    stop: float,
    ramp: tuple[float, float] | None,
    swing: tuple[float, float] | None,
    k_rate: bool,
    block: int,
) -> None:
    def graph(context: OfflineAudioContext) -> None:
        options = {"periodic_wave": wave_of(context)} if type == "custom" else {"type": type}
        source = tone(context, start, frequency=frequency, detune=detune, **options)
        source.stop((start + stop) / RATE)
        if k_rate:
            source.frequency.automation_rate = "k-rate"
        if ramp is not None:
            source.frequency.linear_ramp_to_value_at_time(*ramp)
        if swing is not None:
            slow, depth = OscillatorNode(context, frequency=swing[0]), GainNode(context)
            depth.gain.value = swing[1]
            slow.connect(depth).connect(source.frequency)
            slow.start(0.01)
            slow.stop(0.03)

    whole = render(graph, 4096)
    np.testing.assert_array_equal(render(graph, 4096, block=block), whole)
    assert np.abs(whole).max() < 1.2


@pytest.mark.parametrize("moving", [False, True])
def test_a_hair_before_the_period_begins_is_where_it_begins(moving: bool) -> None:
    def graph(context: OfflineAudioContext) -> None:
        # All partials at once: it is 1 at the beginning in the fullest row of the table alone.
        wave = PeriodicWave(context, real=[0] + [1] * PARTIALS)
        source = tone(context, 0.5, frequency=-1e-20, periodic_wave=wave)
        if moving:
            source.frequency.linear_ramp_to_value_at_time(-2e-20, 1)

    np.testing.assert_allclose(render(graph, 128)[0, 1:], 1, atol=1e-6)


@types
def test_a_type_can_be_set_and_given(type: Any) -> None:
    context = OfflineAudioContext(1, 1, RATE)
    source = OscillatorNode(context, OscillatorOptions(type=type))
    assert source.type == type
    source.set_periodic_wave(PeriodicWave(context))
    assert source.type == "custom"
    source.type = type
    assert source.type == type


def test_custom_needs_a_periodic_wave() -> None:
    context = OfflineAudioContext(1, 1, RATE)
    with pytest.raises(InvalidStateError, match="periodic_wave"):
        OscillatorNode(context, type="custom")
    source = OscillatorNode(context, type="square")
    with pytest.raises(InvalidStateError, match="set_periodic_wave"):
        source.type = "custom"
    assert source.type == "square"
    source.set_periodic_wave(PeriodicWave(context))
    with pytest.raises(InvalidStateError):
        source.type = "custom"


@pytest.mark.parametrize("type", [*TYPES, "custom"])
def test_a_periodic_wave_overrules_the_type(type: Any) -> None:
    def graph(context: OfflineAudioContext, **options: Any) -> None:
        source = tone(context, periodic_wave=wave_of(context), **options)
        assert source.type == "custom"

    np.testing.assert_array_equal(render(lambda c: graph(c, type=type)), render(graph))


def test_what_is_no_type_and_no_wave_is_refused() -> None:
    context = OfflineAudioContext(1, 1, RATE)
    source = OscillatorNode(context)
    with pytest.raises(TypeError, match="noise"):
        source.type = "noise"  # type: ignore[assignment]
    with pytest.raises(TypeError, match="noise"):
        OscillatorNode(context, type="noise")
    with pytest.raises(TypeError, match="noise"):
        OscillatorNode(context, type="noise", periodic_wave=PeriodicWave(context))
    with pytest.raises(TypeError, match="PeriodicWave"):
        OscillatorNode(context, periodic_wave=[0, 1])
    with pytest.raises(TypeError, match="PeriodicWave"):
        source.set_periodic_wave(None)  # type: ignore[arg-type]
    assert source.type == "sine"


def test_a_wave_of_another_context_is_refused() -> None:
    context, other = (OfflineAudioContext(1, 1, RATE) for _ in range(2))
    with pytest.raises(InvalidAccessError):
        OscillatorNode(context, periodic_wave=PeriodicWave(other))
    source = OscillatorNode(context)
    with pytest.raises(InvalidAccessError):
        source.set_periodic_wave(PeriodicWave(other))
    assert source.type == "sine"

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from rendered import RATE, render

from audiograph import ConstantSourceNode, GainNode, NotSupportedError, OscillatorNode
from audiograph.context.offline import OfflineAudioContext


def tone(context: OfflineAudioContext, start: float = 0, **options: Any) -> OscillatorNode:
    source = OscillatorNode(context, **options)
    source.start(start / RATE)
    source.connect(context.destination)
    return source


@pytest.mark.parametrize("frequency", [0, 440, -440, 12345.6, 23999])
def test_it_is_a_sine_of_its_frequency(frequency: float) -> None:
    out = render(lambda c: tone(c, frequency=frequency), 2000)[0]
    expected = np.sin(2 * np.pi * float(np.float32(frequency)) * np.arange(2000) / RATE)
    np.testing.assert_allclose(out, expected, atol=1e-6)


@pytest.mark.parametrize("start", [0, 1, 128, 100.25, 300.999])
def test_the_phase_is_zero_at_the_exact_start(start: float) -> None:
    out = render(lambda c: tone(c, start, frequency=4000), 1000)[0]
    n = np.arange(1000)
    expected = np.where(n >= start, np.sin(2 * np.pi * 4000 * (n - start) / RATE), 0)
    np.testing.assert_allclose(out, expected, atol=1e-6)


def test_the_phase_is_the_integral_of_an_automated_frequency() -> None:
    def graph(context: OfflineAudioContext) -> None:
        source = tone(context)
        source.frequency.set_value_at_time(100, 0).linear_ramp_to_value_at_time(8000, 0.02)

    n = np.arange(1500)
    frequency = np.where(n < 960, 100 + 7900 * n / 960, 8000)
    phase = np.concatenate([[0], np.cumsum(frequency / RATE)[:-1]])
    np.testing.assert_allclose(render(graph, 1500)[0], np.sin(2 * np.pi * phase), atol=1e-5)


def test_the_phase_is_the_integral_of_a_frequency_at_audio_rate() -> None:
    def graph(context: OfflineAudioContext) -> None:
        depth, slow = GainNode(context, gain=500), OscillatorNode(context, frequency=300)
        slow.start()
        slow.connect(depth).connect(tone(context, frequency=1000).frequency)

    n = np.arange(1500)
    frequency = 1000 + 500 * np.sin(2 * np.pi * 300 * n / RATE)
    phase = np.concatenate([[0], np.cumsum(frequency / RATE)[:-1]])
    np.testing.assert_allclose(render(graph, 1500)[0], np.sin(2 * np.pi * phase), atol=1e-5)


def test_detune_is_in_cents() -> None:
    out = render(lambda c: tone(c, frequency=1000, detune=-700), 1000)[0]
    frequency = 1000 * 2 ** (-700 / 1200)
    np.testing.assert_allclose(
        out, np.sin(2 * np.pi * frequency * np.arange(1000) / RATE), atol=1e-5
    )


@pytest.mark.parametrize(("frequency", "detune"), [(20000, 1200), (-20000, 1200), (1, 150000)])
def test_the_computed_frequency_ends_at_half_the_rate(frequency: float, detune: float) -> None:
    n = np.arange(300)
    expected = np.sin(np.sign(frequency) * np.pi * n + 0 * n)
    out = render(lambda c: tone(c, frequency=frequency, detune=detune), 300)[0]
    np.testing.assert_allclose(out, expected, atol=1e-6)


def test_a_tone_keeps_its_pitch_and_phase_for_an_hour() -> None:
    context = OfflineAudioContext(number_of_channels=1, sample_rate=RATE)
    source = tone(context, frequency=19999)
    hour = 3600 * RATE
    context._renderer.read_messages()
    context._renderer.frame = hour
    source._processor._anchor = 0
    source._processor._periods = 19999 / RATE
    out = context.start_rendering(512).get_channel_data(0)
    phase = 19999 * (hour + np.arange(512, dtype=object)) % RATE
    expected = np.sin(2 * np.pi * phase.astype(np.float64) / RATE)
    np.testing.assert_allclose(out, expected, atol=1e-6)


def test_other_types_are_refused_for_now() -> None:
    context = OfflineAudioContext(1, 1, RATE)
    source = OscillatorNode(context)
    for refused in ("square", "sawtooth", "triangle", "custom"):
        with pytest.raises(NotSupportedError):
            source.type = refused
        with pytest.raises(NotSupportedError):
            OscillatorNode(context, type=refused)
    with pytest.raises(TypeError):
        source.type = "noise"
    source.type = "sine"
    assert source.type == "sine"


def test_a_frequency_beyond_the_range_is_clamped_only_when_used() -> None:
    def graph(context: OfflineAudioContext) -> None:
        source = tone(context, frequency=30000)
        assert source.frequency.value == 30000
        lower = ConstantSourceNode(context, offset=-29000)
        lower.start()
        lower.connect(source.frequency)

    np.testing.assert_allclose(
        render(graph, 300)[0], np.sin(2 * np.pi * 1000 * np.arange(300) / RATE), atol=1e-5
    )

from __future__ import annotations

import numpy as np
from rendered import RATE, noise, play, render

from audiograph import ConstantSourceNode, GainNode, OfflineAudioContext


def test_every_channel_is_scaled() -> None:
    def graph(context: OfflineAudioContext) -> None:
        play(context, noise(4, 300)).connect(GainNode(context, gain=-0.3)).connect(
            context.destination
        )

    out = render(graph, 300, channels=4)
    np.testing.assert_array_equal(out, noise(4, 300) * np.float32(-0.3))


def test_the_gain_follows_its_automation_frame_by_frame() -> None:
    def graph(context: OfflineAudioContext) -> None:
        gain = GainNode(context)
        gain.gain.set_value_at_time(0, 0).linear_ramp_to_value_at_time(1, 500 / RATE)
        play(context, noise(2, 1000)).connect(gain).connect(context.destination)

    ramp = np.minimum(np.arange(1000) / 500, 1)
    np.testing.assert_allclose(render(graph, 1000, channels=2), noise(2, 1000) * ramp, atol=2e-6)


def test_the_gain_once_a_quantum_is_that_of_its_first_frame() -> None:
    def graph(context: OfflineAudioContext) -> None:
        gain = GainNode(context)
        gain.gain.automation_rate = "k-rate"
        gain.gain.set_value_at_time(0, 0).linear_ramp_to_value_at_time(1, 500 / RATE)
        play(context, noise(2, 1000)).connect(gain).connect(context.destination)

    ramp = np.minimum(np.arange(1000) // 128 * 128 / 500, 1)
    np.testing.assert_allclose(render(graph, 1000, channels=2), noise(2, 1000) * ramp, atol=1e-7)


def test_what_is_connected_to_the_gain_is_mixed_to_mono_and_added() -> None:
    def graph(context: OfflineAudioContext) -> None:
        gain = GainNode(context, gain=0.5)
        play(context, noise(2, 1000, 2)).connect(gain.gain)
        play(context, noise(1, 1000, 3)).connect(gain.gain)
        play(context, noise(1, 1000)).connect(gain).connect(context.destination)

    total = 0.5 + noise(2, 1000, 2).mean(axis=0) + noise(1, 1000, 3)[0]
    np.testing.assert_allclose(render(graph, 1000), noise(1, 1000) * total, atol=1e-6)


def test_a_sum_that_is_no_number_counts_as_the_default() -> None:
    def graph(context: OfflineAudioContext) -> None:
        gain = GainNode(context, gain=0.25)
        play(context, [np.nan, 1, np.nan, 0]).connect(gain.gain)
        source = ConstantSourceNode(context)
        source.start()
        source.connect(gain).connect(context.destination)

    np.testing.assert_array_equal(render(graph, 5)[0], [1, 1.25, 1, 0.25, 0.25])


def test_a_node_connected_while_it_renders_modulates_at_once() -> None:
    def graph(context: OfflineAudioContext) -> None:
        gain, source = GainNode(context), ConstantSourceNode(context)
        source.start()
        source.connect(gain).connect(context.destination)
        context.suspend(256 / RATE, lambda _: source.connect(gain.gain))
        context.suspend(512 / RATE, lambda _: source.disconnect(gain.gain))

    out = render(graph, 640)[0]
    np.testing.assert_array_equal(out, np.repeat([1, 2, 1], [256, 256, 128]))

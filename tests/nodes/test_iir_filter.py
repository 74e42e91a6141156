from __future__ import annotations

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
    ConstantSourceNode,
    GainNode,
    IIRFilterNode,
    InvalidAccessError,
    InvalidStateError,
    NotSupportedError,
    OfflineAudioContext,
)
from audiograph.nodes.biquad_filter import coefficients

Numbers = list[float]


def filtered(signal: ArrayLike, feedforward: Numbers, feedback: Numbers) -> NDArray[np.float64]:
    """The sum of a(k) y(n-k) is the sum of b(k) x(n-k), for every channel."""
    out = []
    for channel in np.atleast_2d(np.asarray(signal, np.float64)):
        y: list[float] = []
        for n in range(len(channel)):
            total = sum(b * channel[n - k] for k, b in enumerate(feedforward) if k <= n)
            total -= sum(a * y[n - k] for k, a in enumerate(feedback) if 0 < k <= n)
            y.append(float(total) / feedback[0])
        out.append(y)
    return np.array(out)


def stable(zeros: int, poles: int, seed: int, radius: float = 0.8) -> tuple[Numbers, Numbers]:
    """Return coefficients with so many zeros, anywhere, and poles within `radius`."""
    rng = np.random.default_rng(seed)
    roots = radius * rng.random(poles // 2) * np.exp(1j * np.pi * rng.random(poles // 2))
    single = radius * rng.uniform(-1, 1, poles % 2)
    feedback = np.real(np.poly([*roots, *roots.conj(), *single])) if poles else np.ones(1)
    scale = rng.choice([1, -0.5, 3])
    return rng.uniform(-1, 1, zeros + 1).tolist(), np.multiply(feedback, scale).tolist()


def through(
    signal: ArrayLike, frames: int, feedforward: Numbers, feedback: Numbers
) -> NDArray[np.float32]:
    return rendered.through(signal, lambda c: c.create_iir_filter(feedforward, feedback), frames)


orders = pytest.mark.parametrize(
    ("zeros", "poles"),
    [(0, 0), (0, 1), (1, 0), (2, 2), (0, 2), (3, 1), (1, 3), (4, 4), (19, 0), (0, 19), (19, 19)],
)


@orders
@pytest.mark.parametrize("channels", [1, 2, 3])
def test_it_is_the_difference_equation(zeros: int, poles: int, channels: int) -> None:
    feedforward, feedback = stable(zeros, poles, zeros + 20 * poles)
    expected = filtered(noise(channels, 500), feedforward, feedback)
    actual = through(noise(channels, 500), 500, feedforward, feedback)
    np.testing.assert_allclose(actual, expected, atol=1e-6 * max(1, np.abs(expected).max()))


def test_all_coefficients_are_divided_by_the_first_of_the_feedback() -> None:
    feedforward, feedback = stable(5, 5, 1)
    out = through(noise(1, 300), 300, feedforward, feedback)
    doubled = through(noise(1, 300), 300, [2 * b for b in feedforward], [2 * a for a in feedback])
    np.testing.assert_array_equal(out, doubled)


def test_zeros_at_the_end_change_nothing() -> None:
    feedforward, feedback = [0.1, 0.2, 0.3], [1.0, -1.2, 0.5]
    out = through(noise(2, 1000), 1000, feedforward, feedback)
    padded = through(noise(2, 1000), 1000, [*feedforward, 0.0, 0.0], [*feedback, 0.0])
    np.testing.assert_allclose(out, padded, atol=1e-6)


def test_two_biquads_in_a_row_are_one_filter_of_the_fourth_order() -> None:
    def feeds(node: BiquadFilterNode) -> tuple[NDArray[Any], NDArray[Any]]:
        params = {name: param.value for name, param in node._params.items()}
        out = coefficients(node.type, params, RATE)[:, 0]
        return out[:3], np.array([1, *out[3:]])

    def biquads(context: OfflineAudioContext) -> None:
        first = BiquadFilterNode(context, frequency=2000, q=3)
        second = BiquadFilterNode(context, type="peaking", frequency=5000, gain=9)
        pairs.extend([feeds(first), feeds(second)])
        play(context, noise(1, 1000)).connect(first).connect(second).connect(context.destination)

    pairs: list[tuple[NDArray[Any], NDArray[Any]]] = []
    expected = render(biquads, 1000)
    (b1, a1), (b2, a2) = pairs
    feedforward, feedback = np.convolve(b1, b2).tolist(), np.convolve(a1, a2).tolist()
    out = through(noise(1, 1000), 1000, feedforward, feedback)
    np.testing.assert_allclose(out, expected, atol=1e-6)


def test_an_integrator_never_forgets() -> None:
    for feedback in ([1.0, -1.0], [1.0, -1.0, 0.0, 0.0]):
        out = through([0.5, 0.25, -0.125], 20000, [1.0], feedback)[0]
        np.testing.assert_array_equal(out[:3], [0.5, 0.75, 0.625])
        assert (out[3:] == 0.625).all()


@orders
def test_it_falls_silent_in_the_end(zeros: int, poles: int) -> None:
    nodes: list[IIRFilterNode] = []
    feedforward, feedback = stable(zeros, poles, 3, 0.99)

    def graph(context: OfflineAudioContext) -> None:
        nodes.append(IIRFilterNode(context, feedforward=feedforward, feedback=feedback))
        play(context, noise(2, 100)).connect(nodes[-1]).connect(context.destination)

    outs = [render(graph, 40000, channels=2, block=block) for block in (128, 16384)]
    np.testing.assert_array_equal(*outs)
    assert not any(node._processor.sounding for node in nodes)
    np.testing.assert_allclose(
        outs[0][:, :400],
        filtered(np.pad(noise(2, 100), ((0, 0), (0, 300))), feedforward, feedback),
        atol=1e-5 * np.abs(outs[0]).max(),
    )


@orders
def test_its_frequency_response_is_that_of_its_impulse_response(zeros: int, poles: int) -> None:
    feedforward, feedback = stable(zeros, poles, 7)
    impulse = through([1.0], 4096, feedforward, feedback)[0].astype(np.float64)
    hertz = np.fft.rfftfreq(4096, 1 / RATE).astype(np.float32)
    node = IIRFilterNode(
        OfflineAudioContext(1, 1, RATE), feedforward=feedforward, feedback=feedback
    )
    magnitude, phase = np.empty((2, len(hertz)), np.float32)
    assert node.get_frequency_response(hertz, magnitude, phase) is None
    spectrum = np.fft.rfft(impulse)
    np.testing.assert_allclose(
        magnitude * np.exp(1j * phase), spectrum, atol=1e-5 * np.abs(spectrum).max()
    )


def test_no_response_is_told_for_frequencies_that_there_are_not() -> None:
    node = OfflineAudioContext(1, 1, RATE).create_iir_filter([1.0], [1.0, 0.5])
    hertz = np.array([-1, 0, RATE / 2, RATE / 2 + 1, np.nan, np.inf], np.float32)
    magnitude, phase = np.zeros((2, 6), np.float32)
    node.get_frequency_response(hertz, magnitude, phase)
    for values in (magnitude, phase):
        assert np.isnan(values).tolist() == [True, False, False, True, True, True]
    with pytest.raises(InvalidAccessError, match="6, 5, 6"):
        node.get_frequency_response(hertz, magnitude[:5], phase)
    with pytest.raises(TypeError):
        node.get_frequency_response(hertz, np.zeros(6), phase)  # type: ignore[arg-type]


def test_a_response_at_a_pole_is_infinite_and_no_warning() -> None:
    node = OfflineAudioContext(1, 1, RATE).create_iir_filter([1.0], [1.0, -1.0])
    magnitude, phase = np.zeros((2, 1), np.float32)
    node.get_frequency_response([0], magnitude, phase)
    assert not np.isfinite(magnitude[0])


@pytest.mark.parametrize(
    ("feedforward", "feedback", "error"),
    [
        ([], [1.0], NotSupportedError),
        ([1.0], [], NotSupportedError),
        ([1.0] * 21, [1.0], NotSupportedError),
        ([1.0], [1.0] * 21, NotSupportedError),
        ([0.0] * 3, [1.0], InvalidStateError),
        ([-0.0], [1.0], InvalidStateError),
        ([1.0], [0.0, 1.0], InvalidStateError),
        ([1.0, np.nan], [1.0], TypeError),
        ([1.0], [1.0, np.inf], TypeError),
        (["loud"], [1.0], TypeError),
        ("loud", [1.0], TypeError),
        ("12", [1.0], TypeError),
        ([1.0], [None], TypeError),
        ([1.0], 5, TypeError),
        ([[1.0, 2.0]], [1.0], TypeError),
    ],
)
def test_impossible_coefficients_are_refused(
    feedforward: Any, feedback: Any, error: type[Exception]
) -> None:
    context = OfflineAudioContext(1, 1, RATE)
    with pytest.raises(error):
        context.create_iir_filter(feedforward, feedback)
    with pytest.raises(error):
        IIRFilterNode(context, feedforward=feedforward, feedback=feedback)


def test_coefficients_that_are_too_large_for_a_number_are_no_warning() -> None:
    node = IIRFilterNode(OfflineAudioContext(1, 1, RATE), feedforward=[1e308], feedback=[1e-320, 1])
    out = np.zeros((2, 1), np.float32)
    node.get_frequency_response([1000.0], *out)


def test_twenty_coefficients_of_any_kind_of_sequence_are_taken() -> None:
    context = OfflineAudioContext(1, 1, RATE)
    IIRFilterNode(context, feedforward=np.ones(20), feedback=(1, *[0] * 19))
    IIRFilterNode(context, feedforward=[0, 0, 1], feedback=np.float32([2, 1]))


def test_changing_a_list_of_coefficients_afterwards_changes_nothing() -> None:
    feedforward, feedback = [1.0, 0.5], [1.0, -0.5]
    expected = through(noise(1, 200), 200, feedforward, feedback)

    def graph(context: OfflineAudioContext) -> None:
        node = context.create_iir_filter(feedforward, feedback)
        feedforward[0] = feedback[1] = 0.9
        play(context, noise(1, 200)).connect(node).connect(context.destination)

    np.testing.assert_array_equal(render(graph, 200), expected)


@settings(max_examples=60)
@given(
    zeros=st.integers(0, 19),
    poles=st.integers(0, 19),
    quantum=st.sampled_from([128, 128, 96, 16, 512]),
    spans=st.lists(
        st.tuples(st.integers(0, 3000), st.integers(1, 1500), st.sampled_from([1, 2, 4])),
        max_size=4,
    ),
    blocks=st.lists(st.integers(1, 24), min_size=2, max_size=2),
)
def test_blocks_of_any_length_give_the_same_samples(
    zeros: int, poles: int, quantum: int, spans: list[tuple[int, int, int]], blocks: list[int]
) -> None:
    feedforward, feedback = stable(zeros, poles, zeros + 20 * poles, 0.95)

    def graph(context: OfflineAudioContext) -> None:
        node = IIRFilterNode(context, feedforward=feedforward, feedback=feedback)
        for frame, frames, channels in spans:
            play(context, noise(channels, frames), frame / RATE).connect(node)
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

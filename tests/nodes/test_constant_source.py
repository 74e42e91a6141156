from __future__ import annotations

from typing import Literal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rendered import QUANTUM, RATE, render

from audiograph import ChannelMergerNode, ConstantSourceNode, OfflineAudioContext


@pytest.mark.parametrize(
    ("start", "stop"),
    [(0, 1), (0, 128), (5, 7), (127, 129), (128, 256), (100.5, 300.25), (10.01, 10.99), (3, 3)],
)
def test_it_sounds_from_start_to_stop(start: float, stop: float) -> None:
    def graph(context: OfflineAudioContext) -> None:
        source = ConstantSourceNode(context, offset=0.5)
        source.start(start / RATE)
        source.stop(stop / RATE)
        source.connect(context.destination)

    n = np.arange(512)
    np.testing.assert_array_equal(render(graph, 512)[0], 0.5 * ((n >= start) & (n < stop)))


def test_the_offset_is_the_signal() -> None:
    def graph(context: OfflineAudioContext) -> None:
        source = ConstantSourceNode(context)
        source.offset.linear_ramp_to_value_at_time(3, 400 / RATE)
        source.start(100 / RATE)
        source.connect(context.destination)

    n = np.arange(512)
    expected = np.where(n >= 100, 1 + 2 * np.minimum(n / 400, 1), 0)
    np.testing.assert_allclose(render(graph, 512)[0], expected, atol=1e-6)


def test_the_last_stop_counts() -> None:
    def graph(context: OfflineAudioContext) -> None:
        source = ConstantSourceNode(context)
        source.start(100 / RATE)
        for stop in (50, 300, 200):
            source.stop(stop / RATE)
        source.connect(context.destination)

    n = np.arange(512)
    np.testing.assert_array_equal(render(graph, 512)[0], (n >= 100) & (n < 200))


@pytest.mark.parametrize("block", [QUANTUM, 512])
def test_a_stop_before_the_start_is_an_end_without_a_sound(block: int) -> None:
    told: list[object] = []

    def graph(context: OfflineAudioContext) -> None:
        source = ConstantSourceNode(context)
        source.onended = lambda _: told.append("ended")
        source.start(500 / RATE)
        source.stop(200 / RATE)
        source.connect(context.destination)
        for frame in (QUANTUM, 2 * QUANTUM):
            context.suspend(frame / RATE, lambda context: told.append(context.current_time * RATE))

    assert not render(graph, 512, block=block).any()
    assert told == [QUANTUM, "ended", 2 * QUANTUM]


def test_a_stop_before_the_start_may_be_taken_back() -> None:
    def graph(context: OfflineAudioContext) -> None:
        source = ConstantSourceNode(context)
        source.start(300 / RATE)
        source.stop(200 / RATE)
        source.connect(context.destination)
        context.suspend(QUANTUM / RATE, lambda _: source.stop(400 / RATE))

    n = np.arange(512)
    np.testing.assert_array_equal(render(graph, 512)[0], (n >= 300) & (n < 400))


def test_a_start_or_stop_that_has_passed_is_now() -> None:
    def graph(context: OfflineAudioContext) -> None:
        source = ConstantSourceNode(context)
        source.connect(context.destination)
        context.suspend(256 / RATE, lambda _: source.start(0.001))
        context.suspend(384 / RATE, lambda _: source.stop(0))

    n = np.arange(512)
    np.testing.assert_array_equal(render(graph, 512)[0], (n >= 256) & (n < 384))


def test_ended_is_fired_in_the_order_of_the_ends() -> None:
    order: list[str] = []

    def graph(context: OfflineAudioContext) -> None:
        for name, stop in (("c", 300), ("a", 100), ("b", 200.5), ("never", 9999)):
            source = ConstantSourceNode(context)
            source.start()
            source.stop(stop / RATE)
            source.onended = lambda event, name=name: order.append(name)
        context.add_event_listener("complete", lambda _: order.append("complete"))

    render(graph, 512)
    assert order == ["a", "b", "c", "complete"]


@pytest.mark.parametrize("time", [1e12, 1e300, 1.7e308])
def test_a_time_that_no_frame_ever_reaches_is_never(time: float) -> None:
    def graph(context: OfflineAudioContext) -> list[ConstantSourceNode]:
        sources = [ConstantSourceNode(context) for _ in range(3)]
        for source, start, stop in zip(sources, (0, time, time), (time, time, 0), strict=True):
            source.connect(context.destination)
            source.start(start)
            source.stop(stop)
        return sources

    np.testing.assert_array_equal(render(graph), 1)


# Numbers whose difference a float32 holds.
@given(*[st.integers(-10_000, 10_000).map(lambda number: number / 8)] * 2)
@pytest.mark.parametrize("rate", ["a-rate", "k-rate"])
def test_a_ramp_is_a_constant_with_a_ramp_from_zero_connected(
    rate: Literal["a-rate", "k-rate"], low: float, high: float
) -> None:
    def graph(context: OfflineAudioContext) -> None:
        merger = ChannelMergerNode(context, number_of_inputs=2)
        merger.connect(context.destination)
        ramp, constant = (ConstantSourceNode(context, offset=low) for _ in range(2))
        rise = ConstantSourceNode(context, offset=0)
        for channel, source in enumerate((ramp, constant)):
            source.offset.automation_rate = rate
            source.connect(merger, 0, channel)
        for param, first, last in ((ramp.offset, low, high), (rise.offset, 0, high - low)):
            param.set_value_at_time(first, 0)
            # Parts of a second that is no power of two are rounded otherwise at another rate.
            param.linear_ramp_to_value_at_time(last, 2**-6)
        rise.connect(constant.offset)
        for source in (ramp, constant, rise):
            source.start()

    one, other = render(graph, 1024, channels=2)
    # Frame by frame, a ramp is a sum of up to 32 float32s.
    rounding = 4e-6 * max(abs(low), abs(high)) if rate == "a-rate" else 0
    np.testing.assert_allclose(one, other, rtol=0, atol=rounding)

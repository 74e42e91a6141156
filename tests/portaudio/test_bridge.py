"""Two simulated devices with clocks of their own, and a bridge between them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audiograph.portaudio.bridge import Bridge

RATE = 48000


def noise(frames: np.ndarray) -> np.ndarray:
    """Return noise that is the same for the same frame: an integer hash."""
    state = frames.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    state = (state ^ (state >> np.uint64(29))) * np.uint64(0xBF58476D1CE4E5B9)
    return ((state >> np.uint64(40)) / 2.0**23 - 1).astype(np.float32)


def tone(frames: np.ndarray) -> np.ndarray:
    """Return 1 kHz."""
    return np.sin(2 * np.pi * 1000 / RATE * frames).astype(np.float32)


@dataclass
class Crossing:
    """What came out of a simulated bridge."""

    bridge: Bridge
    out: np.ndarray
    fills: np.ndarray


def cross(
    *,
    seconds: float,
    signal: Callable[[np.ndarray], np.ndarray] = tone,
    source: float = 0,
    sink: float = 0,
    jitter: float = 0.001,
    source_block: int = 480,
    sink_block: int = 480,
    latency: float = 0.04,
    source_rate: int = RATE,
    pause: tuple[float, float] = (0, 0),
    pauses: str = "source",
    seed: int = 1,
    shared_clock: bool = False,
) -> Crossing:
    """Run devices that are off by `source` and `sink` (1e-6: one part in a million)."""
    rng = np.random.default_rng(seed)

    def calls(rate: float, block: int, name: str) -> np.ndarray:
        due = np.arange(1, round(seconds * rate / block) + 1) * block / rate
        late = np.abs(rng.normal(0, jitter, len(due)))
        times = np.maximum.accumulate(due + late)
        if name == pauses:
            times = np.where(times < pause[0], times, times + pause[1])
        return times

    written = calls(source_rate * (1 + source), source_block, "source")
    asked = calls(RATE * (1 + sink), sink_block, "sink")
    times = np.concatenate([written, asked])
    bridge = Bridge(
        1, source_rate=source_rate, sink_rate=RATE, latency=latency, shared_clock=shared_clock
    )
    out, fills, frame = [], [], 0
    for event in np.argsort(times, kind="stable"):
        if times[event] > seconds:
            break
        if event < len(written):
            block = signal(np.arange(frame, frame + source_block))
            frame += source_block
            bridge.write(block[np.newaxis], times[event])
        else:
            out.append(bridge.read(sink_block, times[event])[0])
            fills.append(bridge.fill)
    return Crossing(bridge, np.concatenate(out), np.array(fills))


def sent_from(heard: np.ndarray) -> np.ndarray:
    """Return the part of the noise that `heard` should be, judged by how it begins."""
    sent = noise(np.arange(60 * RATE))
    for start in np.flatnonzero(sent == heard[0]):
        if np.array_equal(sent[start : start + 8], heard[:8]):
            return sent[start : start + len(heard)]
    return sent[:0]


def residue(heard: np.ndarray) -> float:
    """Return what a second of a tone holds beside the sine that fits it best, in dB."""
    frames = np.arange(len(heard))
    omega = 2 * np.pi * 1000 / RATE
    for _ in range(6):
        sine = np.stack([np.cos(omega * frames), np.sin(omega * frames)], axis=1)
        slopes = sine * frames[:, np.newaxis]
        a, b, da, db = np.linalg.lstsq(np.hstack([sine, slopes]), heard, rcond=None)[0]
        omega += (da * b - db * a) / (a * a + b * b)
    fit = sine @ np.linalg.lstsq(sine, heard, rcond=None)[0]
    return float(20 * np.log10(np.std(heard - fit) / np.std(heard)))


@settings(max_examples=15, deadline=None)
@given(
    jitter=st.floats(0, 0.003),
    source_block=st.sampled_from([128, 240, 480, 1024]),
    sink_block=st.sampled_from([128, 240, 480, 1024]),
    seed=st.integers(0, 1000),
)
def test_on_one_clock_every_sample_passes_as_it_is(
    jitter: float, source_block: int, sink_block: int, seed: int
) -> None:
    crossing = cross(
        seconds=20, signal=noise, jitter=jitter, source_block=source_block, sink_block=sink_block,
        latency=0.06, seed=seed,
    )  # fmt: skip
    out = crossing.out[np.flatnonzero(crossing.out)[0] :]
    np.testing.assert_array_equal(out, sent_from(out))
    assert crossing.bridge.gaps.count == 0
    assert not crossing.bridge.interpolating


def test_on_one_clock_it_is_still_untouched_after_ten_minutes() -> None:
    crossing = cross(
        seconds=600, signal=noise, source_block=1024, sink_block=960, latency=0.06, jitter=0.002
    )
    assert not crossing.bridge.interpolating
    assert crossing.bridge.gaps.count == 0


@pytest.mark.parametrize("source", [200e-6, -200e-6])
def test_two_clocks_are_kept_together_without_noise(source: float) -> None:
    crossing = cross(seconds=180, source=source, source_block=240, sink_block=240)
    assert crossing.bridge.interpolating
    assert crossing.bridge.gaps.count == 0
    assert crossing.bridge.drift == pytest.approx(source, abs=2e-6)
    # From when the glide into the new pitch is over.
    for second in (100, 120, 140, 160, 179):
        assert residue(crossing.out[second * RATE : (second + 1) * RATE]) < -90


def test_beginning_to_interpolate_makes_no_seam() -> None:
    crossing = cross(seconds=90, source=300e-6, jitter=0.0005)
    assert crossing.bridge.interpolating
    heard = crossing.out[np.flatnonzero(crossing.out)[0] + 100 :]
    # The second difference of a 1 kHz sine is at most (2 pi 1000 / 48000)².
    assert np.abs(np.diff(heard, 2)).max() < 0.0172


@pytest.mark.parametrize(("source", "sink"), [(500e-6, -500e-6), (-50e-6, 50e-6)])
def test_ten_minutes_on_two_clocks_have_no_gap(source: float, sink: float) -> None:
    crossing = cross(
        seconds=600, source=source, sink=sink, jitter=0.003, source_block=1024, sink_block=960,
        latency=0.08,
    )  # fmt: skip
    assert crossing.bridge.gaps.count == 0
    tail = crossing.fills[len(crossing.fills) // 2 :]
    assert tail.mean() == pytest.approx(0.08 * RATE - 960, abs=0.03 * RATE)


def test_another_rate_is_converted() -> None:
    crossing = cross(
        seconds=60,
        source_rate=44100,
        signal=lambda frames: np.sin(2 * np.pi * 1000 / 44100 * frames).astype(np.float32),
        jitter=0.0005,
    )
    assert crossing.bridge.gaps.count == 0
    assert residue(crossing.out[50 * RATE : 51 * RATE]) < -90


@pytest.mark.parametrize("pauses", ["source", "sink"])
def test_a_pause_is_one_gap_and_the_latency_afterwards_what_it_was(pauses: str) -> None:
    crossing = cross(seconds=40, signal=noise, jitter=0, pause=(15, 0.7), pauses=pauses)
    assert crossing.bridge.gaps.count == 1
    before = crossing.fills[len(crossing.fills) // 4]
    assert crossing.fills[-100] == pytest.approx(before, abs=481)
    # After it, too, the samples are untouched.
    tail = crossing.out[-20 * RATE :]
    np.testing.assert_array_equal(tail, sent_from(tail))


def test_it_is_silent_until_it_is_full() -> None:
    bridge = Bridge(2, source_rate=RATE, sink_rate=RATE, latency=0.02)
    ones = np.ones((2, 480), np.float32)
    bridge.write(ones, 0.01)
    assert not bridge.read(480, 0.01).any()
    bridge.write(ones, 0.02)
    np.testing.assert_array_equal(bridge.read(480, 0.02), ones)
    assert bridge.gaps.count == 0
    assert not bridge.read(480, 0.03).any()
    assert bridge.gaps.count == 1


def test_what_was_written_is_read_to_its_end_when_it_is_finished() -> None:
    bridge = Bridge(1, source_rate=RATE, sink_rate=RATE, latency=0.1)
    samples = np.arange(1, 1001, dtype=np.float32)[np.newaxis]
    bridge.write(samples, 0)
    end = bridge.written
    bridge.finish()
    heard = np.concatenate([bridge.read(300, index / 100) for index in range(5)], axis=1)
    np.testing.assert_array_equal(heard[:, :1000], samples)
    assert not heard[:, 1000:].any()
    assert bridge.position >= end


def test_clocks_that_are_known_to_be_one_are_never_steered() -> None:
    crossing = cross(seconds=60, source=100e-6, shared_clock=True)
    assert not crossing.bridge.interpolating


def test_a_reader_that_stops_does_not_let_the_buffer_grow() -> None:
    bridge = Bridge(1, source_rate=RATE, sink_rate=RATE, latency=0.02)
    block = np.zeros((1, 480), np.float32)
    for index in range(1000):
        bridge.write(block, index / 100)
    assert bridge.fill < 2 * RATE

"""What a driver tells of its device: where it is, how late it is, and what it missed."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from audiograph import NotReadableError
from audiograph.context.drivers import LEAD_IN_SECONDS, DeviceDriver, FollowDriver, QuantumFeed
from audiograph.context.playhead import Playhead

from .speakers import Speaker, device, plugged

__all__ = ["plugged"]

RATE = 48000
LEAD_IN = round(LEAD_IN_SECONDS * RATE)


def count_into(rendered: list[int]) -> Callable[[np.ndarray], None]:
    """Return what renders the number of each frame and notes how many there were."""

    def render(out: np.ndarray) -> None:
        start = sum(rendered)
        out[:] = np.arange(start, start + out.shape[1])
        rendered.append(out.shape[1])

    return render


@pytest.fixture
def driven(plugged: Callable[..., list[Speaker]]) -> tuple[DeviceDriver, Speaker, list[tuple]]:
    """A driver, its speaker that is asked by hand, and what was told of the blocks."""
    opened, told = plugged(device("a", default=True)), []
    driver = DeviceDriver(
        device("a"),
        count_into([]),
        sample_rate=RATE,
        channels=1,
        quantum=128,
        latency=0.02,
        on_block=lambda *block: told.append(block),
        on_fault=lambda *_: None,
    )
    return driver, opened[0], told


@pytest.mark.parametrize("quantum", [1, 7, 128, 1000])
def test_a_feed_cuts_quanta_to_blocks_and_counts_what_it_hands_out(quantum: int) -> None:
    rendered: list[int] = []
    feed = QuantumFeed(count_into(rendered), 2, quantum)
    blocks = []
    for frames in (1, 100, 128, 500, 3):
        out = np.empty((2, frames), np.float32)
        feed.fill(out)
        blocks.append(out)
    np.testing.assert_array_equal(np.concatenate(blocks, axis=1), [np.arange(732)] * 2)
    assert feed.taken == 732
    assert all(frames % quantum == 0 for frames in rendered)
    assert sum(rendered) - feed.taken < quantum


def test_the_playhead_is_where_the_lead_in_and_the_latency_end(driven) -> None:
    driver, speaker, told = driven
    for number in range(10):
        assert not speaker.ask(LEAD_IN // 10, 10 + number / 100).any()
    assert driver.playhead is None
    assert not told
    out = speaker.ask(480, 10.1)
    assert out[0].tolist() == list(range(480))
    assert driver.playhead == Playhead(0, pytest.approx(10.12), pytest.approx(RATE))
    assert driver.playhead.frame_at(10.13) == pytest.approx(480)
    assert driver.playhead.time_of(480) == pytest.approx(10.13)
    assert told == [(480, 0.02, None)]


def test_a_block_may_hold_the_end_of_the_lead_in(driven) -> None:
    driver, speaker, told = driven
    out = speaker.ask(LEAD_IN + 480, 10.0)
    assert not out[0, :LEAD_IN].any()
    assert out[0, LEAD_IN:].tolist() == list(range(480))
    assert driver.playhead == Playhead(0, pytest.approx(10.0 + 0.02 + LEAD_IN_SECONDS), RATE)
    assert told == [(480, 0.02, None)]


def test_the_latency_is_what_the_device_tells_last(driven) -> None:
    driver, speaker, told = driven
    assert driver.latency == 0.02
    speaker.ask(LEAD_IN, 10.0)
    speaker.delay = 0.035
    speaker.ask(480, 10.1)
    assert driver.latency == 0.035
    assert told == [(480, 0.035, None)]


def test_an_underrun_lasts_from_the_end_of_one_block_to_the_next(driven) -> None:
    _, speaker, told = driven
    speaker.ask(LEAD_IN, 10.0)
    speaker.ask(480, 10.1)
    # Heard from 10.12 to 10.13. The next block, of 10.2, is heard from 10.205 on.
    speaker.underruns.note(480)
    speaker.delay = 0.005
    speaker.ask(480, 10.2)
    speaker.ask(480, 10.21)
    # PortAudio may tell of one that the times do not show.
    speaker.underruns.note(1440)
    speaker.ask(480, 10.215)
    assert [gap for *_, gap in told] == [None, pytest.approx(0.075), None, 0.0]


def test_a_device_that_comes_back_after_the_end_gets_silence(driven) -> None:
    driver, speaker, _ = driven
    speaker.ask(LEAD_IN, 10.0)
    speaker.ask(480, 10.1)
    driver.close(at_once=True)
    # The rest of the last quantum comes first.
    assert not speaker.ask(480, 10.2)[0, 32:].any()
    assert driver._feed.taken == 480


@pytest.mark.parametrize("rate", [22050, 96000])
def test_for_a_device_of_another_rate_it_resamples(
    plugged: Callable[..., list[Speaker]], rate: int
) -> None:
    opened, rendered = plugged(), []

    def tone(out: np.ndarray) -> None:
        n = sum(rendered) + np.arange(out.shape[1])
        out[:] = np.sin(2 * np.pi * 1000 / rate * n)
        rendered.append(out.shape[1])

    driver = DeviceDriver(
        device("a"),
        tone,
        sample_rate=rate,
        channels=1,
        quantum=128,
        latency=0.02,
        on_block=lambda *block: None,
        on_fault=lambda *_: None,
    )
    (speaker,) = opened
    for number in range(110):
        speaker.ask(480, number / 100)
    heard = speaker.samples[0, LEAD_IN:]
    np.testing.assert_allclose(
        heard[1000:], np.sin(2 * np.pi * 1000 / RATE * np.arange(1000, len(heard))), atol=1e-3
    )
    # A second of it, less the block that begins now.
    assert driver.playhead.frame == pytest.approx(0.99 * rate, abs=1)
    assert driver.playhead.rate == pytest.approx(rate, rel=1e-6)
    driver._feed.stop(0)
    played = sum(np.abs(speaker.ask(480, 2.0)[0]).max() > 0.01 for _ in range(20))
    # What the resampler still holds is heard, and then nothing.
    assert 0 < played < 20


def test_a_device_that_cannot_be_had_at_its_own_rate_either_is_an_error(
    plugged: Callable[..., list[Speaker]],
) -> None:
    plugged(broken=("a",))
    with pytest.raises(NotReadableError):
        DeviceDriver(
            device("a"),
            count_into([]),
            sample_rate=8000,
            channels=1,
            quantum=128,
            latency=0.02,
            on_block=lambda *block: None,
            on_fault=lambda *_: None,
        )


class Microphone:
    """Stands in for a DeviceSource."""

    sample_rate = 24000.0

    def follow(self, delivered: Callable[[int], None]) -> None:
        self.deliver = delivered

    def unfollow(self, delivered: Callable[[int], None]) -> None:
        self.deliver = lambda frames: None


def test_what_follows_a_microphone_is_where_that_is() -> None:
    rendered, told, microphone = [], [], Microphone()
    driver = FollowDriver(
        microphone,
        count_into(rendered),
        channels=1,
        quantum=128,
        rate=RATE,
        on_block=lambda *block: told.append(block),
    )
    driver.start()
    microphone.deliver(63)
    assert driver.playhead is None
    microphone.deliver(100)
    assert rendered == [256]
    assert (driver.playhead.frame, driver.playhead.rate) == (256, RATE)
    assert told == [(256, 0.0, None)]
    driver.close()
    microphone.deliver(1000)
    assert rendered == [256]

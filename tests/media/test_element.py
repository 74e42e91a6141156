from __future__ import annotations

import gc
import logging
import os
import sys
import threading
import time
import tracemalloc
import weakref
from math import inf, isnan, nan
from pathlib import Path

import numpy as np
import pytest
from memory import MemoryReader, until
from rendered import RATE, render, samples_of
from sound_files import noise, write_file

from audiograph import (
    AudioContext,
    EncodingError,
    IndexSizeError,
    MediaElement,
    MediaElementAudioSourceNode,
    MediaStream,
    NotFoundError,
    NotSupportedError,
    OfflineAudioContext,
)
from audiograph.media.tone import ToneReader

FRAMES = 12_160  # a whole number of quanta, which is how far time passes
LOADED = ["durationchange", "loadedmetadata", "loadeddata", "canplay", "canplaythrough"]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return write_file(tmp_path / "voice.wav", noise(FRAMES))


@pytest.fixture(autouse=True)
def _no_device(monkeypatch: pytest.MonkeyPatch) -> None:
    def none(kind: str) -> None:
        raise NotFoundError(f"no {kind} in a test")

    monkeypatch.setattr("audiograph.portaudio.default_device", none)


class Heard(list[str]):
    """The types of an element's events, in order, but for the time that passes meanwhile."""

    def __init__(self, element: MediaElement) -> None:
        for name in dir(MediaElement):
            if name.startswith("on"):
                element.add_event_listener(name[2:], lambda event: self.append(event.type))
        self._element = element

    def told(self) -> list[str]:
        """Return what was heard since the last call."""
        heard = threading.Event()
        self._element._tasks.add(heard.set)
        assert heard.wait(20)
        types, self[:] = list(self), []
        return types


def played(element: MediaElement, frames: int, block: int | None = None) -> np.ndarray:
    """Return what the element plays into an offline context, by which its time passes from now."""

    def graph(context: OfflineAudioContext) -> None:
        MediaElementAudioSourceNode(context, media_element=element).connect(context.destination)
        element.play()

    return render(graph, frames, channels=2, block=block)


def take_time_away(element: MediaElement) -> None:
    """Let the element's time be that of a context where none passes."""
    MediaElementAudioSourceNode(OfflineAudioContext(1, 1, RATE), media_element=element)


def test_a_new_one_is_paused_and_has_nothing_to_play() -> None:
    element = MediaElement()
    assert (element.src, element.error, element.current_time) == ("", None, 0)
    assert isnan(element.duration)
    assert (element.paused, element.ended, element.loop, element.muted) == (True, *[False] * 3)
    assert (element.volume, element.playback_rate) == (1, 1)
    for attribute in ("duration", "paused", "ended", "error"):
        with pytest.raises(AttributeError):
            setattr(element, attribute, 0)
    with pytest.raises(NotSupportedError, match="set src to a sound file"):
        element.play()
    assert element.paused
    element.pause()


def test_setting_src_opens_the_file(path: Path) -> None:
    element = MediaElement()
    heard = Heard(element)
    element.src = path
    assert element.src == str(path)
    assert element.duration == FRAMES / RATE
    assert (element.paused, element.current_time, element.error) == (True, 0, None)
    assert heard.told() == ["loadstart", *LOADED]
    assert MediaElement(str(path)).duration == element.duration


@pytest.mark.parametrize(
    ("content", "error", "reason"),
    [(None, FileNotFoundError, "No such file"), (b"", EncodingError, "empty"),
     (b"no sound", EncodingError, "no sound file")],
)  # fmt: skip
def test_what_cannot_be_played_is_an_error_event_and_play_says_why(
    tmp_path: Path, content: bytes | None, error: type[Exception], reason: str
) -> None:
    path = tmp_path / "no sound"
    if content is not None:
        path.write_bytes(content)
    element = MediaElement()
    heard = Heard(element)
    element.src = path
    assert heard.told() == ["loadstart", "error"]
    assert isinstance(element.error, error)
    assert isnan(element.duration)
    with pytest.raises(NotSupportedError, match=reason) as raised:
        element.play()
    assert "Errno" not in str(raised.value)
    write_file(tmp_path / "voice.wav", noise(10))
    element.src = tmp_path / "voice.wav"
    assert heard.told() == ["emptied", "loadstart", *LOADED]
    assert element.error is None
    element.src = ""
    assert heard.told() == ["abort", "emptied"]
    assert isnan(element.duration)


@pytest.mark.parametrize("wrong", [None, 5, b"voice.wav", ["voice.wav"]])
def test_what_is_no_path_is_a_type_error(wrong: object, path: Path) -> None:
    element = MediaElement(path)
    with pytest.raises(TypeError):
        element.src = wrong
    assert element.src == str(path)
    with pytest.raises(TypeError):
        MediaElement(wrong)


def test_another_src_stops_it_and_keeps_loop_volume_and_muted(path: Path, tmp_path: Path) -> None:
    element = MediaElement(path)
    take_time_away(element)
    element.loop, element.volume, element.muted, element.playback_rate = True, 0.5, True, 2
    element.play()
    element.current_time = 0.1
    heard = Heard(element)
    heard.told()
    element.src = write_file(tmp_path / "other.wav", noise(480))
    unloaded = ["abort", "emptied", "timeupdate", "ratechange"]
    assert heard.told() == [*unloaded, "loadstart", *LOADED]
    assert (element.paused, element.current_time, element.duration) == (True, 0, 0.01)
    assert (element.loop, element.volume, element.muted) == (True, 0.5, True)
    assert element.playback_rate == 1


def test_playing_and_pausing_are_told_once(path: Path) -> None:
    element = MediaElement(path)
    take_time_away(element)
    heard = Heard(element)
    heard.told()
    element.play()
    element.play()
    assert not element.paused
    assert heard.told() == ["play", "playing"]
    element.pause()
    element.pause()
    assert element.paused
    assert heard.told() == ["timeupdate", "pause"]


def test_at_the_end_it_is_paused_and_ended(path: Path) -> None:
    element = MediaElement(path)
    heard = Heard(element)
    heard.told()
    out = played(element, FRAMES + 500)
    np.testing.assert_array_equal(out[:, :FRAMES], noise(FRAMES))
    assert (element.ended, element.paused) == (True, True)
    assert element.current_time == element.duration
    assert heard.told() == ["play", "playing", "timeupdate", "pause", "ended"]
    element.play()
    assert (element.ended, element.paused, element.current_time) == (False, False, 0)
    assert heard.told() == ["seeking", "timeupdate", "seeked", "play", "playing"]


def test_a_listener_that_exits_keeps_no_event_from_the_others(path: Path) -> None:
    element = MediaElement(path)
    heard = Heard(element)
    element.onvolumechange = lambda event: sys.exit()
    element.volume = 0.5
    element.playback_rate = 2
    assert heard.told()[-2:] == ["volumechange", "ratechange"]


def test_each_lap_of_a_loop_is_a_seek(path: Path) -> None:
    element = MediaElement(path)
    element.loop = True
    heard = Heard(element)
    heard.told()
    # NB: of laps within one block, only one is told.
    played(element, 2 * FRAMES + 256, block=1024)
    laps = [type for type in heard.told() if type in ("seeking", "seeked", "ended")]
    assert laps == ["seeking", "seeked"] * 2
    assert element.current_time == 256 / RATE
    assert not element.ended


def test_time_is_told_four_times_a_second(tmp_path: Path) -> None:
    element = MediaElement(write_file(tmp_path / "long.wav", noise(3 * RATE)))
    heard = Heard(element)
    played(element, 2 * RATE, block=480)
    # One more when the rendering ends, which is a pause.
    assert heard.told().count("timeupdate") in (8, 9)


def test_seeking_stays_within_the_file(path: Path) -> None:
    element = MediaElement(path)
    heard = Heard(element)
    for given, reached in [(0.1, 0.1), (-3, 0), (100, FRAMES / RATE), (0.123456, 5926 / RATE)]:
        heard.told()
        element.current_time = given
        assert element.current_time == reached
        assert heard.told() == ["seeking", "timeupdate", "seeked"]
    element.current_time = 100
    assert (element.ended, element.paused) == (True, True)
    assert "ended" not in heard.told()


def test_sought_to_the_end_while_it_plays_it_ends(path: Path) -> None:
    element = MediaElement(path)
    heard = Heard(element)
    heard.told()
    element.play()
    element.current_time = element.duration
    until(lambda: element.paused)
    assert heard.told()[-3:] == ["timeupdate", "pause", "ended"]


def test_a_time_that_is_set_before_there_is_a_file_is_where_it_begins(path: Path) -> None:
    element = MediaElement()
    element.current_time = 0.125
    assert element.current_time == 0.125
    element.src = path
    assert element.current_time == 0.125
    element.src = path
    assert element.current_time == 0


@pytest.mark.parametrize("attribute", ["current_time", "playback_rate", "volume"])
@pytest.mark.parametrize("value", [nan, inf, "1", None, [1]])
def test_what_is_no_finite_number_is_a_type_error(
    path: Path, attribute: str, value: object
) -> None:
    element = MediaElement(path)
    before = getattr(element, attribute)
    with pytest.raises(TypeError, match=attribute):
        setattr(element, attribute, value)
    assert getattr(element, attribute) == before


def test_volume_is_0_to_1(path: Path) -> None:
    element = MediaElement(path)
    heard = Heard(element)
    heard.told()
    for wrong in (-0.01, 1.01, 100):
        with pytest.raises(IndexSizeError, match="0 to 1"):
            element.volume = wrong
    assert element.volume == 1
    assert heard.told() == []
    element.volume = 0.5
    element.volume = 0.5
    element.muted = True
    element.muted = True
    assert (element.volume, element.muted) == (0.5, True)
    assert heard.told() == ["volumechange"] * 2


def test_playback_rates_are_0_to_16(path: Path) -> None:
    element = MediaElement(path)
    heard = Heard(element)
    heard.told()
    for wrong in (-1, -0.01, 16.1):
        with pytest.raises(NotSupportedError, match="0 to 16"):
            element.playback_rate = wrong
    assert element.playback_rate == 1
    for rate in (0, 16, 16, 0.3):
        element.playback_rate = rate
        assert element.playback_rate == rate
    assert heard.told() == ["ratechange"] * 3


def test_by_itself_it_plays_in_real_time_and_says_that_nobody_hears_it(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    element = MediaElement(path)
    ended = threading.Event()
    element.onended = lambda event: ended.set()
    began = time.monotonic()
    element.play()
    assert ended.wait(20)
    assert time.monotonic() - began > 0.2
    assert (element.ended, element.paused) == (True, True)
    assert "no audiooutput in a test" in caplog.text


def test_a_device_is_asked_for_the_rate_of_the_file_that_was_to_play(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    element, rates = MediaElement(path), []
    start = threading.Thread.start

    def late(thread: threading.Thread) -> None:
        # As where another `src` is set before the thread runs.
        element._player.playback = None
        start(thread)

    monkeypatch.setattr("audiograph.media.speaker._open_sink", lambda rate, _: rates.append(rate))
    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", late)
        element._driver.start()
    until(lambda: rates)
    assert rates == [RATE]


def test_paused_its_time_stands_still(path: Path) -> None:
    element = MediaElement(path)
    element.loop = True
    element.play()
    until(lambda: element.current_time > 0)
    element.pause()
    stopped = element.current_time
    other = MediaElement(path)
    other.play()
    until(lambda: other.ended)
    assert element.current_time == stopped
    element.play()
    until(lambda: element.current_time != stopped)
    element.pause()


def test_a_node_takes_over_while_it_plays(path: Path) -> None:
    element = MediaElement(path)
    element.loop = True
    element.play()
    until(lambda: element.current_time > 0)
    context = AudioContext.suspended(sink_id={"type": "none"})
    context.create_media_element_source(element)
    stopped = element.current_time
    other = MediaElement(path)
    other.play()
    until(lambda: other.ended)
    # Its time is the context's now.
    assert element.current_time == stopped
    context.resume()
    until(lambda: element.current_time != stopped)
    context.close()


def test_what_plays_goes_on_though_nobody_holds_it(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # What is logged is kept, and with an error all that was going on.
    monkeypatch.setattr(logging.getLogger("audiograph"), "disabled", True)
    ended = threading.Event()
    element = MediaElement(path)
    element.onended = lambda event: ended.set()
    reference = weakref.ref(element)
    element.play()
    del element
    gc.collect()
    assert ended.wait(20)
    until(lambda: gc.collect() >= 0 and reference() is None)


def test_in_a_live_context_it_plays_every_frame(path: Path) -> None:
    element = MediaElement(path)
    context = AudioContext.suspended(sink_id={"type": "none"}, sample_rate=RATE)
    node = context.create_media_element_source(element)
    destination = context.create_media_stream_destination()
    node.connect(destination)
    blocks: list[np.ndarray] = []
    (track,) = destination.stream.get_tracks()
    track._source.feed(blocks.append)
    element.play()
    context.resume()
    until(lambda: element.ended)
    context.close()
    np.testing.assert_array_equal(np.concatenate(blocks, axis=1)[:, :FRAMES], noise(FRAMES))


def captured(stream: MediaStream) -> list[np.ndarray]:
    """Return a list that gets what the stream's track delivers."""
    blocks: list[np.ndarray] = []
    (track,) = stream.get_audio_tracks()
    track._source.feed(blocks.append)
    return blocks


def test_it_is_captured_whatever_the_volume_is(path: Path) -> None:
    element = MediaElement(path)
    element.volume, element.muted = 0.5, True
    stream = element.capture_stream()
    (track,) = stream.get_tracks()
    blocks = captured(stream)
    assert (track.ready_state, track.get_settings().channel_count) == ("live", 2)
    element.play()
    until(lambda: track.ready_state == "ended")
    np.testing.assert_array_equal(np.concatenate(blocks, axis=1), noise(FRAMES))
    assert element.ended


def test_a_capture_has_the_rate_of_who_plays(path: Path) -> None:
    element = MediaElement(path)
    stream = element.capture_stream()
    (first,) = stream.get_tracks()
    assert first.get_settings().sample_rate == RATE
    context = OfflineAudioContext(2, FRAMES, 44100)
    MediaElementAudioSourceNode(context, media_element=element).connect(context.destination)
    (second,) = stream.get_tracks()
    assert second.get_settings().sample_rate == 44100
    until(lambda: first.ready_state == "ended")
    blocks = captured(stream)
    element.play()
    out = samples_of(context.start_rendering())
    played = np.concatenate(blocks, axis=1)
    np.testing.assert_array_equal(played, out[:, : played.shape[1]])
    assert not out[:, played.shape[1] :].any()


def test_playing_again_and_another_file_replace_the_track(path: Path, tmp_path: Path) -> None:
    element = MediaElement()
    stream = element.capture_stream()
    changes: list[tuple[str, object]] = []
    for type in ("addtrack", "removetrack"):
        stream.add_event_listener(type, lambda event: changes.append((event.type, event.track)))
    assert stream.get_tracks() == []
    element.src = path
    (first,) = stream.get_tracks()
    element.play()
    until(lambda: first.ready_state == "ended")
    assert stream.get_tracks() == [first]
    element.play()
    (second,) = stream.get_tracks()
    element.src = write_file(tmp_path / "mono.wav", noise(100, channels=1))
    (third,) = stream.get_tracks()
    assert third.get_settings().channel_count == 1
    until(lambda: second.ready_state == "ended")
    expected = [
        ("addtrack", first),
        ("removetrack", first),
        ("addtrack", second),
        ("removetrack", second),
        ("addtrack", third),
    ]
    until(lambda: changes == expected)


def test_every_capture_has_a_track_of_its_own(path: Path) -> None:
    element = MediaElement(path)
    streams = [element.capture_stream() for _ in range(2)]
    (first,), (second,) = (stream.get_tracks() for stream in streams)
    assert first is not second
    first.stop()
    blocks = captured(streams[1])
    element.play()
    until(lambda: second.ready_state == "ended")
    np.testing.assert_array_equal(np.concatenate(blocks, axis=1), noise(FRAMES))


def test_a_named_pipe_is_played_once(tmp_path: Path) -> None:
    sound, pipe = write_file(tmp_path / "voice.wav", noise(FRAMES)), tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=lambda: pipe.write_bytes(sound.read_bytes()))
    writer.start()
    element = MediaElement(pipe)
    heard = Heard(element)
    heard.told()
    element.loop = True
    assert element.duration == inf
    np.testing.assert_array_equal(played(element, FRAMES + 500)[:, :FRAMES], noise(FRAMES))
    writer.join()
    assert element.ended
    assert element.duration == FRAMES / RATE
    assert "durationchange" in heard.told()
    with pytest.raises(NotSupportedError, match="cannot go back"):
        element.current_time = 0


class SilentReader(MemoryReader):
    """A pipe out of which nothing comes until it is `released`."""

    def __init__(self, samples: object) -> None:
        super().__init__(samples)
        self.frames = None
        self.is_stream = True
        self.released = threading.Event()

    def read(self, frames: int) -> np.ndarray:
        assert self.released.wait(20)
        return super().read(frames)

    def seek(self, frame: int) -> int:
        raise NotSupportedError("a pipe cannot go back")


def test_what_stays_silent_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    reader = SilentReader(noise(FRAMES))
    monkeypatch.setattr("audiograph.media.files.open_file", lambda path: reader)
    element = MediaElement()
    element.current_time = 1
    element.src = "pipe"
    began = time.monotonic()
    for _ in range(2):
        element.play()
        assert not element.paused
        element.pause()
        assert element.paused
    with pytest.raises(NotSupportedError, match="ahead"):
        element.current_time = 1
    assert (element.current_time, element.error) == (0, None)
    element.play()
    # Many times a moment, for a machine that does something else besides.
    assert time.monotonic() - began < 15
    reader.released.set()
    until(lambda: element.ended)
    assert element.current_time == FRAMES / RATE


def test_a_file_that_is_still_being_opened_gives_way_to_another(path: Path, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    element = MediaElement()
    opening = threading.Thread(target=lambda: setattr(element, "src", pipe), daemon=True)
    opening.start()
    until(lambda: element.src == str(pipe))
    element.pause()
    with pytest.raises(NotSupportedError, match="nothing to play"):
        element.play()
    element.src = path
    assert element.duration == FRAMES / RATE
    sound = path.read_bytes()
    pipe.write_bytes(sound[:1000])
    opening.join(20)
    assert not opening.is_alive()
    assert element.src == str(path)
    assert element.duration == FRAMES / RATE


@pytest.mark.parametrize("rate", [RATE, 44100])
def test_a_file_of_any_length_takes_little_memory(
    rate: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    hours = ToneReader(440, rate, 2, frames=100 * 3600 * rate)
    monkeypatch.setattr("audiograph.media.files.open_file", lambda path: hours)
    element = MediaElement("hours.wav")
    assert element.duration == 100 * 3600
    context = OfflineAudioContext(number_of_channels=2, sample_rate=RATE)
    MediaElementAudioSourceNode(context, media_element=element).connect(context.destination)
    element.play()
    context.start_rendering(RATE)
    tracemalloc.start()
    for _ in range(20):
        context.start_rendering(RATE)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert element.current_time == pytest.approx(21, abs=0.01)
    assert peak < 4e6


def test_a_file_that_cannot_be_read_is_told_wherever_it_shows(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(
        "audiograph.media.files.open_file",
        lambda path: MemoryReader(np.ones(90_000), fails_at=1000),
    )
    element = MediaElement("broken.wav")
    heard = Heard(element)
    with pytest.raises(NotSupportedError, match="can't be played: the memory is gone"):
        element.play()
    assert element.paused
    assert str(element.error) == "the memory is gone"
    assert heard.told()[-1] == "error"
    element = MediaElement()
    element.current_time = 1
    element.src = "broken.wav"
    assert str(element.error) == "the memory is gone"


def test_a_file_that_failed_does_not_stop_the_one_that_took_its_place(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    element = MediaElement(path)
    before = element._player.playback
    element.src = path
    take_time_away(element)
    element.play()
    element._fail(before, OSError("too late"))
    assert Heard(element).told() == []
    assert element.error is None
    assert not element.paused


def test_the_file_is_closed_when_nobody_needs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    readers = [MemoryReader(np.ones(100)) for _ in range(2)]
    waiting = iter(readers)
    monkeypatch.setattr("audiograph.media.files.open_file", lambda path: next(waiting))
    element = MediaElement("first.wav")
    element.src = "second.wav"
    assert [reader.closed for reader in readers] == [1, 0]
    del element
    gc.collect()
    until(lambda: [reader.closed for reader in readers] == [1, 1])

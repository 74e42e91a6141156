from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from memory import MemoryReader, until
from rendered import RATE, render
from sound_files import noise, write_file

from audiograph import (
    AudioContext,
    ChannelSplitterNode,
    ConstantSourceNode,
    GainNode,
    InvalidStateError,
    MediaElement,
    MediaElementAudioSourceNode,
    MediaElementAudioSourceOptions,
    NotSupportedError,
    OfflineAudioContext,
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("sounds")


@pytest.fixture(scope="module")
def stereo(folder: Path) -> Path:
    return write_file(folder / "stereo.wav", noise(3000))


def plays(
    element: MediaElement, *changes: tuple[int, Callable[[MediaElement], object]]
) -> Callable[[OfflineAudioContext], object]:
    """Return a graph in which `element` plays, and what else is done with it at which frame."""

    def graph(context: OfflineAudioContext) -> MediaElementAudioSourceNode:
        node = MediaElementAudioSourceNode(context, media_element=element)
        node.connect(context.destination)
        for frame, change in changes:
            context.suspend(frame / RATE, lambda _, change=change: change(element))
        element.play()
        return node

    return graph


def test_it_plays_the_file_in_all_its_channels_and_then_silence(stereo: Path) -> None:
    element = MediaElement(stereo)
    expected = np.zeros((2, 4000), np.float32)
    expected[:, :3000] = noise(3000)
    np.testing.assert_array_equal(render(plays(element), 4000, channels=2), expected)
    assert element.ended
    assert element.paused
    assert element.current_time == element.duration == 3000 / RATE


def test_it_is_silent_until_the_element_plays(stereo: Path) -> None:
    element = MediaElement(stereo)

    def graph(context: OfflineAudioContext) -> None:
        MediaElementAudioSourceNode(context, media_element=element).connect(context.destination)
        context.suspend(256 / RATE, lambda _: element.play())
        context.suspend(512 / RATE, lambda _: element.pause())
        context.suspend(1024 / RATE, lambda _: element.play())

    out = render(graph, 2048, channels=2)
    assert not out[:, :256].any()
    np.testing.assert_array_equal(out[:, 256:512], noise(3000)[:, :256])
    assert not out[:, 512:1024].any()
    np.testing.assert_array_equal(out[:, 1024:], noise(3000)[:, 256:1280])
    assert element.current_time == 1280 / RATE


def test_the_element_given_is_kept_and_read_only(stereo: Path) -> None:
    context = AudioContext.suspended(sink_id={"type": "none"})
    options = MediaElementAudioSourceOptions(media_element=MediaElement(stereo))
    node = MediaElementAudioSourceNode(context, options)
    assert node.media_element is options.media_element
    with pytest.raises(AttributeError):
        node.media_element = options.media_element
    element = MediaElement(stereo)
    assert context.create_media_element_source(element).media_element is element
    context.close()


def test_an_element_has_one_node_for_good(stereo: Path) -> None:
    element = MediaElement(stereo)
    contexts = [OfflineAudioContext(1, 100, RATE) for _ in range(2)]
    MediaElementAudioSourceNode(contexts[0], media_element=element)
    for context in contexts:
        with pytest.raises(InvalidStateError, match="already"):
            MediaElementAudioSourceNode(context, media_element=element)


@pytest.mark.parametrize("wrong", [None, 5, "voice.wav", object()])
def test_what_is_no_element_is_a_type_error(wrong: object) -> None:
    with pytest.raises(TypeError, match="media_element"):
        MediaElementAudioSourceNode(OfflineAudioContext(1, 100, RATE), media_element=wrong)


def test_without_a_file_it_is_silent_and_plays_the_one_that_comes(stereo: Path) -> None:
    element = MediaElement()

    def graph(context: OfflineAudioContext) -> None:
        MediaElementAudioSourceNode(context, media_element=element).connect(context.destination)
        context.suspend(256 / RATE, lambda _: (setattr(element, "src", stereo), element.play()))

    out = render(graph, 512, channels=2)
    assert not out[:, :256].any()
    np.testing.assert_array_equal(out[:, 256:], noise(3000)[:, :256])


def channel_2_of(
    element: MediaElement, *changes: tuple[int, Callable[[MediaElement], object]]
) -> Callable[[OfflineAudioContext], object]:
    """Return a graph that shows how many channels the node has, by up-mixing a 1 beside it."""

    def graph(context: OfflineAudioContext) -> object:
        bus, mark = GainNode(context), ConstantSourceNode(context)
        mark.start()
        mark.connect(bus)
        node = MediaElementAudioSourceNode(context, media_element=element)
        node.connect(bus)
        splitter = ChannelSplitterNode(context, number_of_outputs=2)
        bus.connect(splitter).connect(context.destination, 1)
        for frame, change in changes:
            context.suspend(frame / RATE, lambda _, change=change: change(element))
        element.play()
        return node

    return graph


@pytest.mark.parametrize("block", [128, 16384])
def test_it_has_the_file_s_channels_while_it_plays_and_one_else(folder: Path, block: int) -> None:
    ones = np.full((2, 1000), 0.5, np.float32)
    element = MediaElement(write_file(folder / "ones.wav", ones))
    mono = write_file(folder / "mono.wav", ones[:1])
    changes = [
        (256, lambda element: element.pause()),
        (512, lambda element: element.play()),
        (768, lambda element: setattr(element, "src", str(mono))),
        (1024, lambda element: element.play()),
        (1280, lambda element: setattr(element, "src", str(folder / "ones.wav"))),
        (1408, lambda element: element.play()),
    ]
    (out,) = render(channel_2_of(element, *changes), 3072, block=block)
    # It ends within the quantum that begins at 2304.
    heard = [(256, 1.5), (256, 0), (256, 1.5), (640, 0), (1000, 1.5), (24, 1), (640, 0)]
    np.testing.assert_array_equal(out, np.repeat([v for _, v in heard], [n for n, _ in heard]))


@pytest.mark.parametrize("file_rate", [44100, 96000, 8000])
def test_another_rate_is_resampled(folder: Path, file_rate: int) -> None:
    tone = 0.5 * np.sin(2 * np.pi * 440 * np.arange(file_rate) / file_rate)
    path = write_file(folder / f"{file_rate}.wav", tone[np.newaxis], file_rate, "FLOAT")
    out = render(plays(MediaElement(path)), RATE + 1000)[0]
    expected = 0.5 * np.sin(2 * np.pi * 440 * np.arange(RATE) / RATE)
    np.testing.assert_allclose(out[500 : RATE - 500], expected[500:-500], rtol=0, atol=2e-5)
    assert not out[RATE:].any()
    np.testing.assert_array_equal(render(plays(MediaElement(path)), RATE + 1000, block=128)[0], out)


@given(
    rate=st.sampled_from([0.5, 1.0, 1.25, 3.0]),
    loop=st.booleans(),
    quanta=st.integers(1, 20),
    change=st.sampled_from(
        [
            lambda element: setattr(element, "playback_rate", 0.75),
            lambda element: setattr(element, "loop", not element.loop),
            lambda element: setattr(element, "current_time", 0.01),
            lambda element: setattr(element, "volume", 0.5),
            lambda element: element.pause(),
        ]
    ),
)
def test_blocks_of_any_length_give_the_same(stereo: Path, rate, loop, quanta, change) -> None:
    def rendered(block: int) -> np.ndarray:
        element = MediaElement(stereo)
        element.playback_rate, element.loop = rate, loop
        return render(plays(element, (quanta * 128, change)), 8192, channels=2, block=block)

    whole = rendered(16384)
    for block in (128, 384):
        np.testing.assert_array_equal(rendered(block), whole)


def test_a_loop_has_no_gap(stereo: Path) -> None:
    element = MediaElement(stereo)
    element.loop = True
    out = render(plays(element), 10_000, channels=2)
    np.testing.assert_array_equal(out, np.tile(noise(3000), 4)[:, :10_000])
    assert not element.ended


def test_a_loop_that_is_turned_off_plays_to_the_end(stereo: Path) -> None:
    element = MediaElement(stereo)
    element.loop = True
    out = render(plays(element, (3072, lambda e: setattr(e, "loop", False))), 10_000, channels=2)
    np.testing.assert_array_equal(out[:, :6000], np.tile(noise(3000), 2))
    assert not out[:, 6000:].any()
    assert element.ended


def test_a_loop_that_is_turned_on_in_time_goes_on(stereo: Path) -> None:
    element = MediaElement(stereo)
    out = render(plays(element, (2944, lambda e: setattr(e, "loop", True))), 6000, channels=2)
    np.testing.assert_array_equal(out, np.tile(noise(3000), 2))


def test_seeking_goes_on_from_there_at_once(stereo: Path) -> None:
    element = MediaElement(stereo)
    seek = lambda frame: lambda element: setattr(element, "current_time", frame / RATE)  # noqa: E731
    out = render(plays(element, (256, seek(2000)), (512, seek(0))), 768, channels=2)
    expected = np.concatenate([noise(3000)[:, at : at + 256] for at in (0, 2000, 0)], axis=1)
    np.testing.assert_array_equal(out, expected)


def test_after_the_end_it_plays_again_from_the_beginning(stereo: Path) -> None:
    element = MediaElement(stereo)
    out = render(plays(element, (4096, lambda element: element.play())), 8000, channels=2)
    np.testing.assert_array_equal(out[:, 4096:7096], noise(3000))
    assert not out[:, 3000:4096].any()


def test_volume_and_muted_scale_what_comes_out(stereo: Path) -> None:
    element = MediaElement(stereo)
    element.volume = 0.25
    changes = [
        (128, lambda element: setattr(element, "muted", True)),
        (256, lambda element: setattr(element, "muted", False)),
        (384, lambda element: setattr(element, "volume", 1)),
    ]
    out = render(plays(element, *changes), 512, channels=2)
    gains = np.repeat(np.float32([0.25, 0, 0.25, 1]), 128)
    np.testing.assert_array_equal(out, noise(3000)[:, :512] * gains)


def test_twice_as_fast_is_half_as_long_and_an_octave_higher(folder: Path) -> None:
    tone = 0.5 * np.sin(2 * np.pi * 500 * np.arange(RATE) / RATE)
    element = MediaElement(write_file(folder / "tone.wav", tone[np.newaxis], subtype="FLOAT"))
    element.playback_rate = 2
    out = render(plays(element), RATE)[0]
    expected = 0.5 * np.sin(2 * np.pi * 1000 * np.arange(RATE // 2) / RATE)
    np.testing.assert_allclose(out[100 : RATE // 2 - 100], expected[100:-100], rtol=0, atol=2e-5)
    assert not out[RATE // 2 :].any()


def test_at_rate_0_it_waits_for_another(stereo: Path) -> None:
    element = MediaElement(stereo)
    element.playback_rate = 0
    out = render(plays(element, (512, lambda e: setattr(e, "playback_rate", 1))), 1024, channels=2)
    assert not out[:, :512].any()
    np.testing.assert_array_equal(out[:, 512:], noise(3000)[:, :512])


def test_it_goes_on_though_nobody_holds_it(stereo: Path) -> None:
    def graph(context: OfflineAudioContext) -> None:
        plays(MediaElement(stereo))(context)

    np.testing.assert_array_equal(render(graph, 3000, channels=2), noise(3000))


def test_when_it_has_played_nothing_of_it_is_kept(stereo: Path) -> None:
    context = OfflineAudioContext(2, 10_000, RATE)
    element = MediaElement(stereo)
    node = MediaElementAudioSourceNode(context, media_element=element)
    element.play()
    assert node in context._playing
    context.start_rendering(4000)
    assert node not in context._playing
    assert not node._processor.sounding


def test_when_all_is_rendered_the_element_is_paused_where_it_is(stereo: Path) -> None:
    element = MediaElement(stereo)
    render(plays(element), 1024, channels=2)
    assert element.paused
    assert not element.ended
    assert element.current_time == 1024 / RATE


def test_a_context_that_is_closed_pauses_the_element(stereo: Path) -> None:
    element = MediaElement(stereo)
    context = AudioContext.suspended(sink_id={"type": "none"})
    context.create_media_element_source(element)
    paused = threading.Event()
    element.onpause = lambda event: paused.set()
    element.play()
    context.close()
    assert element.paused
    assert paused.wait(20)


def test_a_file_that_fails_stops_the_element_and_the_rest_plays(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    reader = MemoryReader(np.ones(90_000), fails_at=40_000)
    monkeypatch.setattr("audiograph.media.files.open_file", lambda path: reader)
    element = MediaElement("broken.wav")

    def graph(context: OfflineAudioContext) -> object:
        mark = ConstantSourceNode(context)
        mark.start()
        mark.connect(context.destination)
        return plays(element)(context)

    (out,) = render(graph, 60_000)
    assert (out[:30_000] == 2).all()
    assert (out[40_000:] == 1).all()
    until(lambda: element.paused)
    assert str(element.error) == "the memory is gone"
    with pytest.raises(NotSupportedError, match="the memory is gone"):
        element.play()

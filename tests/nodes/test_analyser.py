from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial

import numpy as np
import pytest
from numpy.typing import NDArray
from rendered import RATE, noise, play, render

from audiograph import (
    AnalyserNode,
    AnalyserOptions,
    GainNode,
    IndexSizeError,
    OfflineAudioContext,
)

SIZES = [32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384, 32768]


def at_frames(
    signal: NDArray[np.float32],
    look: Callable[[AnalyserNode], object],
    frames: list[int],
    *,
    block: int = 16384,
    total: int = 100_000,
    **options: float,
) -> list[object]:
    """Render an analyser whose input is `signal`, and return what it looked like at `frames`."""
    context = OfflineAudioContext(1, total, RATE)
    context._renderer.block_frames = block
    analyser = AnalyserNode(context, **options)
    play(context, signal).connect(analyser)
    seen: list[object] = []
    for frame in frames:
        context.suspend(frame / RATE, lambda _: seen.append(look(analyser)))
    context.start_rendering()
    return seen


def waveform(analyser: AnalyserNode, frames: int | None = None) -> NDArray[np.float32]:
    array = np.full(analyser.fft_size if frames is None else frames, 9, np.float32)
    analyser.get_float_time_domain_data(array)
    return array


def waveform_bytes(analyser: AnalyserNode) -> NDArray[np.uint8]:
    array = np.full(analyser.fft_size, 99, np.uint8)
    analyser.get_byte_time_domain_data(array)
    return array


def spectrum(analyser: AnalyserNode, bins: int | None = None) -> NDArray[np.float32]:
    array = np.full(analyser.frequency_bin_count if bins is None else bins, 9, np.float32)
    analyser.get_float_frequency_data(array)
    return array


def spectrum_bytes(analyser: AnalyserNode) -> NDArray[np.uint8]:
    array = np.full(analyser.frequency_bin_count, 99, np.uint8)
    analyser.get_byte_frequency_data(array)
    return array


def magnitudes(frames: NDArray[np.float32]) -> NDArray[np.float64]:
    """|X[k]| by the specification's formulas."""
    size = len(frames)
    n = np.arange(size)
    window = 0.42 - 0.5 * np.cos(2 * np.pi * n / size) + 0.08 * np.cos(4 * np.pi * n / size)
    windowed = frames * window
    if size > 512:
        return np.abs(np.fft.fft(windowed))[: size // 2] / size
    return (
        np.array(
            [abs(np.sum(windowed * np.exp(-2j * np.pi * k * n / size))) for k in range(size // 2)]
        )
        / size
    )


@pytest.mark.parametrize("channels", [1, 2, 5])
def test_the_input_passes_through_unchanged(channels: int) -> None:
    def graph(context: OfflineAudioContext) -> None:
        analyser = context.create_analyser()
        play(context, noise(channels, 5000)).connect(analyser).connect(context.destination)

    np.testing.assert_array_equal(render(graph, 5000, channels=channels), noise(channels, 5000))


@pytest.mark.parametrize("block", [128, 16384])
@pytest.mark.parametrize("size", SIZES)
def test_the_waveform_is_the_last_frames(size: int, block: int) -> None:
    signal, frames = noise(1, 90_000)[0], [128, 2048, 2176, 60_032, 70_400, 89_984]
    seen = at_frames(signal, waveform, frames, block=block, fft_size=size)
    before = np.concatenate((np.zeros(32768, np.float32), signal))
    for frame, got in zip(frames, seen, strict=True):
        np.testing.assert_array_equal(got, before[32768 + frame - size : 32768 + frame])


def test_the_waveform_can_become_longer() -> None:
    def look(analyser: AnalyserNode) -> list[NDArray[np.float32]]:
        found = []
        for size in (32, 32768, 512):
            analyser.fft_size = size
            found.append(waveform(analyser))
        return found

    (seen,) = at_frames(noise(1, 50_000)[0], look, [40_064])
    for got in seen:
        np.testing.assert_array_equal(got, noise(1, 50_000)[0, 40_064 - len(got) : 40_064])


@pytest.mark.parametrize("channels", [1, 2, 3, 4, 6])
def test_the_waveform_is_mixed_down_whatever_the_node_s_own_settings(channels: int) -> None:
    signal, half = noise(channels, 2048), np.sqrt(0.5)
    weights = {
        1: [1.0],
        2: [0.5, 0.5],
        3: [1.0, 0, 0],
        4: [0.25] * 4,
        6: [half, half, 1, 0, 0.5, 0.5],
    }[channels]
    seen: list[object] = []

    def graph(context: OfflineAudioContext) -> None:
        analyser = AnalyserNode(
            context, fft_size=512, channel_count=8, channel_interpretation="discrete"
        )
        play(context, signal).connect(analyser)
        context.suspend(1024 / RATE, lambda _: seen.append(waveform(analyser)))

    render(graph, 2048)
    np.testing.assert_allclose(seen[0], np.dot(weights, signal[:, 512:1024]), atol=1e-6)


@pytest.mark.parametrize("block", [128, 16384])
def test_silence_is_part_of_the_waveform(block: int) -> None:
    signal = np.zeros(120_000, np.float32)
    context = OfflineAudioContext(1, 120_000, RATE)
    context._renderer.block_frames = block
    analyser = AnalyserNode(context, fft_size=32768)
    for start, length in ((512, 1000), (5000, 3000), (70_000, 128), (100_100, 5000)):
        play(context, noise(1, length, start), start / RATE).connect(analyser)
        signal[start : start + length] = noise(1, length, start)[0]
    for frame in (512, 4096, 40_064, 65_664, 80_000, 100_096, 104_960, 119_936):
        expected = np.concatenate((np.zeros(32768, np.float32), signal))[frame : frame + 32768]
        context.suspend(
            frame / RATE,
            lambda _, expected=expected: np.testing.assert_array_equal(
                waveform(analyser), expected
            ),
        )
    context.start_rendering()
    assert waveform(analyser, 32)[0] == signal[120_064 - 32768]


@pytest.mark.parametrize("size", SIZES)
def test_the_spectrum_is_that_of_the_windowed_waveform(size: int) -> None:
    signal = noise(1, 50_000)[0]
    (got,) = at_frames(signal, spectrum, [40_064], fft_size=size, smoothing_time_constant=0)
    expected = 20 * np.log10(magnitudes(signal[40_064 - size : 40_064]))
    np.testing.assert_allclose(got, expected, atol=1e-3)


def test_a_sine_of_full_scale_is_half_of_it_times_the_window_s_mean() -> None:
    signal = np.sin(2 * np.pi * 100 * np.arange(4096) / 2048)
    (got,) = at_frames(signal, spectrum, [2048], smoothing_time_constant=0)
    assert np.argmax(got) == 100
    assert got[100] == pytest.approx(20 * np.log10(0.42 / 2), abs=1e-3)


@pytest.mark.parametrize("smoothing", [0, 0.3, 0.8, 1])
def test_spectra_are_smoothed_over_time(smoothing: float) -> None:
    signal, frames = noise(1, 9000)[0], [2048, 2176, 5120, 8064]
    seen = at_frames(signal, spectrum, frames, fft_size=256, smoothing_time_constant=smoothing)
    expected = np.zeros(128)
    for frame, got in zip(frames, seen, strict=True):
        expected = smoothing * expected + (1 - smoothing) * magnitudes(signal[frame - 256 : frame])
        with np.errstate(divide="ignore"):
            np.testing.assert_allclose(got, 20 * np.log10(expected), atol=1e-3)


def test_within_a_quantum_nothing_is_smoothed_again() -> None:
    def look(analyser: AnalyserNode) -> list[NDArray[np.float32]]:
        first = spectrum(analyser)
        spectrum_bytes(analyser)
        analyser.smoothing_time_constant = 0
        return [first, spectrum(analyser), spectrum(analyser)]

    ((first, *others),) = at_frames(noise(1, 5000)[0], look, [4096])
    for other in others:
        np.testing.assert_array_equal(other, first)


def test_a_context_that_does_not_render_shows_the_same() -> None:
    context = OfflineAudioContext(number_of_channels=1, sample_rate=RATE)
    analyser = AnalyserNode(context)
    play(context, noise(1, 48_000)).connect(analyser)
    context.start_rendering(12_800)
    before = waveform(analyser), spectrum(analyser)
    np.testing.assert_array_equal(before[0], noise(1, 48_000)[0, 12_800 - 2048 : 12_800])
    for got, expected in zip((waveform(analyser), spectrum(analyser)), before, strict=True):
        np.testing.assert_array_equal(got, expected)
    context.start_rendering(128)
    np.testing.assert_array_equal(waveform(analyser), noise(1, 48_000)[0, 10_880:12_928])


def test_another_fft_size_ends_the_smoothing() -> None:
    signal = noise(1, 9000)[0]
    smoothing = 0.9

    def look(analyser: AnalyserNode, size: int) -> NDArray[np.float32]:
        analyser.fft_size = size
        return spectrum(analyser)

    context = OfflineAudioContext(1, 9000, RATE)
    analyser = AnalyserNode(context, fft_size=128, smoothing_time_constant=smoothing)
    play(context, signal).connect(analyser)
    seen: dict[int, NDArray[np.float32]] = {}
    for frame, size in ((1024, 128), (2048, 128), (3072, 64), (4096, 128)):
        context.suspend(
            frame / RATE,
            lambda _, frame=frame, size=size: seen.update({frame: look(analyser, size)}),
        )
    context.start_rendering()
    first, second = (magnitudes(signal[frame - 128 : frame]) for frame in (1024, 2048))
    both = smoothing * (1 - smoothing) * first + (1 - smoothing) * second
    np.testing.assert_allclose(seen[2048], 20 * np.log10(both), atol=1e-3)
    for frame, size in ((3072, 64), (4096, 128)):
        alone = (1 - smoothing) * magnitudes(signal[frame - size : frame])
        np.testing.assert_allclose(seen[frame], 20 * np.log10(alone), atol=1e-3)


def test_bytes_are_the_spectrum_between_two_levels() -> None:
    levels = {"min_decibels": -62.5, "max_decibels": -45.25, "smoothing_time_constant": 0}

    def both(analyser: AnalyserNode) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
        return spectrum_bytes(analyser), spectrum(analyser)

    ((got, decibels),) = at_frames(noise(1, 5000)[0], both, [4096], **levels)
    expected = 255 / (-45.25 + 62.5) * (decibels.astype(np.float64) + 62.5)
    assert {0, 255} < set(got.tolist())
    # The decibels are rounded to float32 here, which may be the next byte.
    np.testing.assert_allclose(got, np.clip(np.floor(expected), 0, 255), atol=1)
    assert np.mean(got == np.clip(np.floor(expected), 0, 255)) > 0.99


def test_bytes_are_the_waveform_between_minus_one_and_one() -> None:
    signal = np.resize([0, -1, 1, 0.5, -0.5, 0.999, -3, 5, 0.001, -0.001, np.nan, np.inf], 2048)
    (got,) = at_frames(signal, waveform_bytes, [1536], fft_size=32)
    bytes_of = [128, 0, 255, 192, 64, 255, 0, 255, 128, 127, 0, 255]
    np.testing.assert_array_equal(got, np.resize(bytes_of, 2048)[1504:1536])


def test_silence_is_minus_infinity() -> None:
    analyser = AnalyserNode(OfflineAudioContext(1, 128, RATE))
    assert np.isneginf(spectrum(analyser)).all()
    assert not spectrum_bytes(analyser).any()
    assert not waveform(analyser).any()
    assert (waveform_bytes(analyser) == 128).all()


@pytest.mark.parametrize("wrong", [np.nan, np.inf, -np.inf])
def test_what_is_no_number_is_silence_in_the_spectrum_and_leaves_nothing(wrong: float) -> None:
    signal = noise(1, 9000)[0]
    signal[1000] = wrong
    bad, good = at_frames(signal, spectrum, [1024, 2048], fft_size=64)
    assert np.isneginf(bad).all()
    expected = 20 * np.log10(0.2 * magnitudes(signal[1984:2048]))
    np.testing.assert_allclose(good, expected, atol=1e-3)


@pytest.mark.parametrize("length", [0, 1, 40, 3000])
def test_arrays_may_be_shorter_or_longer(length: int) -> None:
    def look(analyser: AnalyserNode) -> None:
        for get, whole, kind in (
            (analyser.get_float_time_domain_data, waveform(analyser), np.float32),
            (analyser.get_byte_time_domain_data, waveform_bytes(analyser), np.uint8),
            (analyser.get_float_frequency_data, spectrum(analyser), np.float32),
            (analyser.get_byte_frequency_data, spectrum_bytes(analyser), np.uint8),
        ):
            array = np.full(length, 77, kind)
            get(array)
            count = min(length, len(whole))
            np.testing.assert_array_equal(array[:count], whole[:count])
            assert (array[count:] == 77).all()

    at_frames(noise(1, 5000)[0], look, [4096], fft_size=512)


def test_other_arrays_are_type_errors() -> None:
    analyser = AnalyserNode(OfflineAudioContext(1, 128, RATE))
    constant = np.zeros(9, np.float32)
    constant.flags.writeable = False
    for get in (analyser.get_float_time_domain_data, analyser.get_float_frequency_data):
        for wrong in (None, [0.0], np.zeros(9), np.zeros(9, np.uint8), constant):
            with pytest.raises(TypeError):
                get(wrong)
        with pytest.raises(TypeError):
            get(np.zeros((2, 2), np.float32))
    for get in (analyser.get_byte_time_domain_data, analyser.get_byte_frequency_data):
        for wrong in (None, b"abc", np.zeros(9, np.float32), np.zeros(9, np.int8)):
            with pytest.raises(TypeError):
                get(wrong)


def refuses(analyser: AnalyserNode, attribute: str, value: object, error: type[Exception]) -> None:
    before = getattr(analyser, attribute)
    with pytest.raises(error):
        setattr(analyser, attribute, value)
    assert getattr(analyser, attribute) == before


@pytest.mark.parametrize("size", [-32, 0, 1, 16, 33, 100, 2047, 65536])
def test_the_fft_size_is_a_power_of_two(size: int) -> None:
    context = OfflineAudioContext(1, 128, RATE)
    refuses(AnalyserNode(context), "fft_size", size, IndexSizeError)
    with pytest.raises(IndexSizeError):
        AnalyserNode(context, fft_size=size)


@pytest.mark.parametrize("smoothing", [-0.001, 1.001, 5])
def test_the_smoothing_is_a_part_of_the_whole(smoothing: float) -> None:
    context = OfflineAudioContext(1, 128, RATE)
    refuses(AnalyserNode(context), "smoothing_time_constant", smoothing, IndexSizeError)
    with pytest.raises(IndexSizeError):
        AnalyserNode(context, AnalyserOptions(smoothing_time_constant=smoothing))


@pytest.mark.parametrize(
    "levels",
    [
        {"min_decibels": -30},
        {"min_decibels": 0},
        {"max_decibels": -100},
        {"max_decibels": -200},
        {"min_decibels": -10, "max_decibels": -20},
        {"min_decibels": 5, "max_decibels": 5},
    ],
)
def test_the_least_level_is_below_the_greatest(levels: dict[str, float]) -> None:
    context = OfflineAudioContext(1, 128, RATE)
    if len(levels) == 1:
        refuses(AnalyserNode(context), *levels.popitem(), IndexSizeError)
    else:
        with pytest.raises(IndexSizeError):
            AnalyserNode(context, **levels)


def test_levels_may_be_given_together_that_could_not_be_set_one_by_one() -> None:
    analyser = AnalyserNode(
        OfflineAudioContext(1, 128, RATE), min_decibels=-20.5, max_decibels=40.25
    )
    assert (analyser.min_decibels, analyser.max_decibels) == (-20.5, 40.25)


@pytest.mark.parametrize("attribute", ["min_decibels", "max_decibels", "smoothing_time_constant"])
@pytest.mark.parametrize("wrong", [np.nan, np.inf, "loud", None])
def test_what_is_no_finite_number_is_a_type_error(attribute: str, wrong: object) -> None:
    context = OfflineAudioContext(1, 128, RATE)
    refuses(AnalyserNode(context), attribute, wrong, TypeError)
    with pytest.raises(TypeError):
        AnalyserNode(context, **{attribute: wrong})


@pytest.mark.parametrize("wrong", [512.5, "512", None])
def test_an_fft_size_that_is_no_whole_number_is_a_type_error(wrong: object) -> None:
    refuses(AnalyserNode(OfflineAudioContext(1, 128, RATE)), "fft_size", wrong, TypeError)


def test_another_thread_reads_what_belongs_together_while_it_renders() -> None:
    frames = 4_000_000
    looks = 0
    # A busy machine may render all of it before this thread has looked once.
    while not looks:
        context = OfflineAudioContext(1, frames, RATE)
        context._renderer.block_frames = 4096
        analyser = AnalyserNode(context, fft_size=32768)
        # Frame n is n + 1, and what was before it 0.
        play(context, np.arange(1, frames + 1, dtype=np.float32)).connect(analyser)
        thread = threading.Thread(target=context.start_rendering)
        thread.start()
        while thread.is_alive():
            seen = waveform(analyser)
            spectrum(analyser)
            sounding = seen[seen > 0]
            np.testing.assert_array_equal(np.diff(sounding), np.ones(max(0, len(sounding) - 1)))
            looks += len(sounding) > 0
        thread.join()


def test_analysers_are_looked_at_while_the_graph_changes() -> None:
    context = OfflineAudioContext(1, 9000, RATE)
    analyser, source = AnalyserNode(context, fft_size=128), play(context, np.ones(9000))
    other = GainNode(context, gain=0.5)
    source.connect(analyser)
    source.connect(other)
    context.suspend(1024 / RATE, lambda _: other.connect(analyser))
    context.suspend(2048 / RATE, partial(lambda look, _: look(), source.disconnect))
    seen: list[float] = []
    for frame in (896, 1920, 2176):
        context.suspend(frame / RATE, lambda _: seen.append(float(waveform(analyser)[0])))
    context.start_rendering()
    assert seen == [1, 1.5, 0]

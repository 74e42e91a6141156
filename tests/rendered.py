"""Rendering offline, for tests: a graph in, its samples out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from audiograph import (
    AudioBuffer,
    AudioBufferSourceNode,
    AudioNode,
    ChannelMergerNode,
    ChannelSplitterNode,
    ConstantSourceNode,
    GainNode,
    OfflineAudioContext,
)

RATE = 48000
QUANTUM = 128

Build = Callable[[OfflineAudioContext], object]
Make = Callable[[OfflineAudioContext], AudioNode]


def samples_of(buffer: AudioBuffer) -> NDArray[np.float32]:
    """Return a copy of a buffer's samples, shape (channels, frames)."""
    return np.array([buffer.get_channel_data(c) for c in range(buffer.number_of_channels)])


def render(
    build: Build,
    frames: int = 1024,
    *,
    channels: int = 1,
    rate: float = RATE,
    block: int | None = None,
    chunk: int | None = None,
    quantum: int = QUANTUM,
) -> NDArray[np.float32]:
    """Render the graph that `build` makes, shape (channels, frames), in blocks of `block` frames.

    With `chunk` the result is taken in chunks of so many frames.
    """
    context = OfflineAudioContext(
        number_of_channels=channels, length=frames, sample_rate=rate, render_size_hint=quantum
    )
    if block is not None:
        context._renderer.block_frames = block
    kept = build(context)
    parts = [samples_of(context.start_rendering(chunk))]
    while context.state != "closed":
        parts.append(samples_of(context.start_rendering(chunk)))
    del kept
    return np.concatenate(parts, axis=1)


def through(signal: ArrayLike, make: Make, frames: int | None = None) -> NDArray[np.float32]:
    """Render what the node that `make` makes puts out for `signal`, in as many channels."""
    samples = np.atleast_2d(np.asarray(signal))

    def graph(context: OfflineAudioContext) -> None:
        play(context, samples).connect(make(context)).connect(context.destination)

    return render(graph, frames or samples.shape[1], channels=samples.shape[0])


def widths(make: Make, frames: int) -> list[int]:
    """Return how many channels the node that `make` makes puts out in each quantum: 1, 2 or 6.

    A constant joins it in a gain: how that is up-mixed there tells how many they are.
    """

    def graph(context: OfflineAudioContext) -> None:
        mark, bus = ConstantSourceNode(context, offset=1000), GainNode(context)
        mark.start()
        make(context).connect(bus)
        mark.connect(bus)
        splitter, merger = ChannelSplitterNode(context), ChannelMergerNode(context)
        bus.connect(splitter)
        for channel in range(6):
            splitter.connect(merger, channel, channel)
        merger.connect(context.destination)

    marked = render(graph, frames, channels=6, block=QUANTUM)[:, ::QUANTUM] > 500
    told = {(0,): 1, (0, 1): 2, (2,): 6}
    return [told[tuple(np.flatnonzero(quantum).tolist())] for quantum in marked.T]


def buffer_of(samples: ArrayLike, rate: float = RATE) -> AudioBuffer:
    """Return a buffer with `samples`, shape (frames,) or (channels, frames)."""
    array = np.atleast_2d(np.asarray(samples, np.float32))
    buffer = AudioBuffer(length=array.shape[1], sample_rate=rate, number_of_channels=len(array))
    for channel, each in enumerate(array):
        buffer.copy_to_channel(each, channel)
    return buffer


def play(
    context: OfflineAudioContext,
    samples: ArrayLike,
    *start: float,
    rate: float = RATE,
    **options: Any,
) -> AudioBufferSourceNode:
    """Return a node that plays `samples` from `start`: (when, offset, duration)."""
    source = AudioBufferSourceNode(context, buffer=buffer_of(samples, rate), **options)
    source.start(*start)
    return source


def noise(channels: int, frames: int, seed: int = 1) -> NDArray[np.float32]:
    """Return noise between -0.5 and 0.5, shape (channels, frames)."""
    return np.random.default_rng(seed).random((channels, frames), np.float32) - np.float32(0.5)

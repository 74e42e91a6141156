"""OfflineAudioContext: renders into memory, as fast as the machine can."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from math import ceil
from typing import Any, overload

import numpy as np

from audiograph.buffer import AudioBuffer, check_shape, make_silence
from audiograph.context.base import (
    AudioContextRenderSizeCategory,
    BaseAudioContext,
    choose_quantum,
)
from audiograph.errors import InvalidStateError
from audiograph.events import Event, EventHandler
from audiograph.nodes.destination import DestinationOptions
from audiograph.options import read_options, takes
from audiograph.render.processor import Samples
from audiograph.render.scheduled import frame_at
from audiograph.values import finite, whole

MOST_WAITING = 1000
"""Messages that may wait for a block."""


@dataclass(frozen=True, kw_only=True)
class OfflineAudioContextOptions:
    """What an OfflineAudioContext is made from.

    `length` is in frames; None is without an end, and then rendered in chunks.

    https://webaudio.github.io/web-audio-api/#OfflineAudioContextOptions
    """

    number_of_channels: int = 1
    length: int | None = None
    sample_rate: float
    render_size_hint: AudioContextRenderSizeCategory | int = "default"


@dataclass(frozen=True, kw_only=True)
class OfflineAudioCompletionEventInit:
    """What an OfflineAudioCompletionEvent is made from.

    https://webaudio.github.io/web-audio-api/#OfflineAudioCompletionEventInit
    """

    rendered_buffer: AudioBuffer


class OfflineAudioCompletionEvent(Event):
    """Fired as "complete" when rendering is done.

    https://webaudio.github.io/web-audio-api/#OfflineAudioCompletionEvent
    """

    def __init__(
        self,
        type: str,
        event_init_dict: OfflineAudioCompletionEventInit | None = None,
        **fields: Any,
    ) -> None:
        super().__init__(type)
        self._init = read_options(OfflineAudioCompletionEventInit, event_init_dict, fields)

    @property
    def rendered_buffer(self) -> AudioBuffer:
        """What was rendered: all of it, or a chunk.

        https://webaudio.github.io/web-audio-api/#dom-offlineaudiocompletionevent-renderedbuffer
        """
        return self._init.rendered_buffer


@takes(OfflineAudioContextOptions)
class OfflineAudioContext(BaseAudioContext):
    """A context that renders into buffers instead of to a device.

    Takes `OfflineAudioContextOptions`, its fields as keywords, or (number_of_channels, length,
    sample_rate). Raises NotSupportedError for a shape, rate or quantum that is not offered.

    A render of any length goes in constant memory when taken in chunks::

        context = OfflineAudioContext(number_of_channels=2, sample_rate=48000)
        …
        while (chunk := context.start_rendering(48000)) and wanted:
            …
        context.close()

    https://webaudio.github.io/web-audio-api/#OfflineAudioContext
    """

    _clocked = False
    oncomplete = EventHandler(
        "Fired with a `rendered_buffer` whenever `start_rendering` has made one.\n\n"
        "https://webaudio.github.io/web-audio-api/#dom-offlineaudiocontext-oncomplete"
    )

    @overload
    def __init__(self, context_options: OfflineAudioContextOptions) -> None: ...
    @overload
    def __init__(self, number_of_channels: int, length: int, sample_rate: float) -> None: ...
    @overload
    def __init__(
        self,
        *,
        sample_rate: float,
        number_of_channels: int = 1,
        length: int | None = None,
        render_size_hint: AudioContextRenderSizeCategory | int = "default",
    ) -> None: ...
    def __init__(
        self,
        *arguments: Any,
        context_options: OfflineAudioContextOptions | None = None,
        **fields: Any,
    ) -> None:
        if len(arguments) == 3:
            names = ("number_of_channels", "length", "sample_rate")
            arguments, fields = (), {**dict(zip(names, arguments, strict=True)), **fields}
        if len(arguments) > 1:
            raise TypeError(
                "OfflineAudioContext takes its options, or number_of_channels, length, sample_rate"
            )
        given = arguments[0] if arguments else context_options
        options = read_options(OfflineAudioContextOptions, given, fields)
        length: int | None = options.length
        check_shape(
            options.number_of_channels, 1 if length is None else length, options.sample_rate
        )
        self._length = length
        self._channels = options.number_of_channels
        self._suspensions: dict[int, Callable[[OfflineAudioContext], object]] = {}
        self._taken = 0
        # Frames of the last quantum that did not fit into the chunk before.
        self._rest = np.zeros((options.number_of_channels, 0), np.float32)
        super().__init__(
            float(np.float32(options.sample_rate)),
            choose_quantum(options.render_size_hint, float(np.float32(options.sample_rate))),
            DestinationOptions(max_channel_count=options.number_of_channels, offline=True),
        )

    @property
    def length(self) -> int | None:
        """Frames to be rendered in all; None is without an end.

        https://webaudio.github.io/web-audio-api/#dom-offlineaudiocontext-length
        """
        return self._length

    def start_rendering(self, chunk_size: int | None = None) -> AudioBuffer:
        """Render and return the next `chunk_size` frames, or what is left of `length`.

        Without `chunk_size` it is all of it, in one buffer. When the last frame is rendered, the
        context is closed. The graph is called in this thread, and so are the callbacks of
        `suspend` and the event listeners.

        Raises InvalidStateError when called while it renders or after the end, ValueError for a
        chunk size below 1, TypeError without one where `length` is None, and NotSupportedError
        where there is no memory for as much, which may be taken in chunks.

        https://webaudio.github.io/web-audio-api/#dom-offlineaudiocontext-startrendering
        """
        frames = self._frames_wanted(chunk_size)
        with self._rendering_alone():
            samples = self._render(frames)
        buffer = AudioBuffer._wrap(samples, self.sample_rate)
        if self._state != "closed":
            self._set_state("closed" if self._taken == self._length else "suspended")
        if self._state == "closed":
            self._end()
        self.dispatch_event(OfflineAudioCompletionEvent("complete", rendered_buffer=buffer))
        return buffer

    def suspend(self, when: float, callback: Callable[[OfflineAudioContext], object]) -> None:
        """Call `callback(context)` when rendering has come to `when`, rounded up to a quantum.

        It runs in the thread that renders; rendering goes on when it returns. Raises
        InvalidStateError for a time that is negative, has passed, is behind the end, or for which
        there is a callback already, and TypeError for what is no finite number or not callable.

        https://webaudio.github.io/web-audio-api/#dom-offlineaudiocontext-suspend
        """
        when = finite("the time of a suspension", when)
        if not callable(callback):
            raise TypeError(f"suspend needs a function to call, not {callback!r}")
        quantum = self.render_quantum_size
        frame = ceil(frame_at(max(when, 0.0), self.sample_rate) / quantum) * quantum
        with self._lock:
            # AD-HOC: the text forbids the current time as well; browsers take it before the start,
            # and between two chunks nothing speaks against it.
            passed = self._renderer.frame + self._rendering
            if when < 0 or frame < passed:
                raise InvalidStateError(
                    f"suspend at {when} s: the context is at {self.current_time} s already"
                )
            if self._length is not None and frame >= self._length:
                raise InvalidStateError(
                    f"suspend at {when} s: the rendering ends at "
                    f"{self._length / self.sample_rate} s"
                )
            if frame in self._suspensions:
                raise InvalidStateError(f"suspend at {when} s is scheduled twice")
            self._suspensions[frame] = callback

    def resume(self) -> None:
        """Check that rendering was started: it goes on by itself when a suspend callback returns.

        Raises InvalidStateError before `start_rendering` and after the end.

        https://webaudio.github.io/web-audio-api/#dom-offlineaudiocontext-resume
        """
        if self._state == "closed" or not (self._rendering or self._taken):
            raise InvalidStateError(
                "the context is closed" if self._state == "closed" else "rendering has not started"
            )

    def close(self) -> None:
        """End the rendering; what is rendered in this moment is the last chunk.

        Raises InvalidStateError when the context is closed already.

        https://webaudio.github.io/web-audio-api/#dom-offlineaudiocontext-close
        """
        if self._state == "closed":
            raise InvalidStateError("the context is closed already")
        self._set_state("closed")
        if not self._rendering:
            self._end()

    def _post(self, function: Callable[..., object], *arguments: object) -> None:
        super()._post(function, *arguments)
        # NB: what changes for long without a block must not pile up.
        if self._renderer.waiting > MOST_WAITING:
            self._renderer.settle()
            if not self._rendering:
                self._hear()

    def _tell(self, function: Callable[..., None], *arguments: object) -> None:
        super()._tell(function, *arguments)
        # While nothing is rendered, nobody comes by to hear it.
        if not (self._rendering or self._renderer.busy):
            self._hear()

    def _frames_wanted(self, chunk_size: int | None) -> int:
        if self._state == "closed":
            raise InvalidStateError("everything is rendered, or the context was closed")
        left = None if self._length is None else self._length - self._taken
        if chunk_size is None:
            if left is None:
                raise TypeError("a context without a length needs a chunk_size to render")
            return left
        chunk_size = whole("chunk_size", chunk_size)
        if chunk_size < 1:
            raise ValueError(f"chunk_size {chunk_size}: at least one frame is needed")
        return chunk_size if left is None else min(chunk_size, left)

    @contextmanager
    def _rendering_alone(self) -> Iterator[None]:
        with self._lock:
            if self._rendering:
                raise InvalidStateError("the context is rendering already")
            self._rendering = True
        try:
            yield
        finally:
            self._rendering = False

    def _render(self, frames: int) -> Samples:
        quantum = self.render_quantum_size
        kept = self._rest.shape[1]
        fresh = max(0, ceil((frames - kept) / quantum)) * quantum
        out = make_silence(self._channels, kept + fresh)
        self._set_state("running")
        out[:, :kept] = self._rest
        at = kept
        try:
            while at < kept + fresh:
                self._pause_where_wanted()
                count = self._frames_until_pause(
                    min(kept + fresh - at, self._renderer.block_frames)
                )
                self._renderer.render(self._destination._vertex, out[:, at : at + count])
                at += count
                self._hear()
        except BaseException:
            # A callback raised, or the user broke off: what is rendered is the next chunk's.
            self._rest = out[:, :at].copy()
            if self._state != "closed":
                self._set_state("suspended")
            raise
        self._rest = out[:, frames:].copy()
        self._taken += frames
        return out[:, :frames]

    def _pause_where_wanted(self) -> None:
        callback = self._suspensions.pop(self._renderer.frame, None)
        if callback is not None:
            self._set_state("suspended")
            callback(self)
            if self._state == "suspended":
                self._set_state("running")

    def _frames_until_pause(self, frames: int) -> int:
        with self._lock:
            following = [frame for frame in self._suspensions if frame > self._renderer.frame]
        return min(
            frames, min(following, default=frames + self._renderer.frame) - self._renderer.frame
        )

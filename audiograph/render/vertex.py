# cython: language_level=3, annotation_typing=False
"""A node as the render loop sees it: a processor, what is wired to it, and its parameters.

What is here runs for every node and block. So it is compiled where it can be, as it stands.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

import numpy as np

from audiograph.render.mixing import (
    ChannelCountMode,
    ChannelInterpretation,
    Part,
    convert,
    excerpt,
    mix,
)
from audiograph.render.processor import (
    SILENCE,
    Block,
    ChannelCounts,
    ParamValue,
    Processor,
    Signal,
    Silence,
)
from audiograph.render.timeline import Timeline

_LARGEST = float(np.finfo(np.float32).max)

Wire = tuple["Vertex", int]
"""What is connected to a port: a vertex and the number of its output."""


class InputPort:
    """One input: what is connected to it and how it is mixed."""

    __slots__ = ("channel_count", "interpretation", "live", "mode", "wires")

    def __init__(
        self, channel_count: int, mode: ChannelCountMode, interpretation: ChannelInterpretation
    ) -> None:
        self.wires: dict[Wire, int] = {}
        """What is connected, and a number that grows with every connection."""
        self.live: list[Wire] = []
        """What of it is rendered now, in the order in which it was connected."""
        self.channel_count = channel_count
        self.mode: ChannelCountMode = mode
        self.interpretation: ChannelInterpretation = interpretation

    def mix(self, parts: Sequence[Part], start: int, end: int) -> Signal:
        """Return the sum of what is connected, of which `parts` sound, from `start` to `end`."""
        if len(parts) == 1 and self.mode == "max":
            return excerpt(parts[0], start, end)
        return mix(parts, start, end, self.channel_count, self.mode, self.interpretation)

    def channel_counts(self, counts: Mapping[Vertex, ChannelCounts]) -> ChannelCounts:
        """Return how many channels `mix` may give, when the vertices put out `counts`."""
        if self.mode == "explicit":
            return frozenset([self.channel_count] if self.live else [])
        if len(self.live) == 1:
            return self.clamp(counts[self.live[0][0]])
        return frozenset().union(*(self.clamp(counts[source]) for source, _ in self.live))

    def clamp(self, counts: ChannelCounts) -> ChannelCounts:
        """Return `counts`, limited to the port's channel count where that is its mode."""
        if self.mode == "max":
            return counts
        return frozenset(min(count, self.channel_count) for count in counts)


class ParamPort:
    """One parameter: its timeline, what is connected to it, its range and rate."""

    __slots__ = ("default", "k_rate", "limited", "live", "maximum", "minimum", "timeline", "wires")

    def __init__(
        self,
        timeline: Timeline,
        default: float,
        minimum: float,
        maximum: float,
        *,
        k_rate: bool,
    ) -> None:
        self.timeline = timeline
        self.wires: dict[Wire, int] = {}
        self.live: list[Wire] = []
        self.default = default
        self.minimum = minimum
        self.maximum = maximum
        self.limited = min(-minimum, maximum) < _LARGEST
        """Whether automation alone can leave the range."""
        self.k_rate = k_rate

    def is_settled(self, frame: int) -> bool:
        """Return whether the value stays as it is from `frame` on, unless a message changes it."""
        return not self.wires and self.timeline.is_constant_from(frame)

    def compute(self, block: Block) -> ParamValue:
        """Return the computedValue over the block.

        https://webaudio.github.io/web-audio-api/#computation-of-value
        """
        timeline = self.timeline
        timeline.forget_before(block.start / block.sample_rate)
        # "… the sum of the paramIntrinsicValue value and the value of the input AudioParam buffer."
        signal = self._mix(block.start, block.start + block.frames)
        step = block.quantum if self.k_rate else 1
        intrinsic = timeline.values(block.start, block.frames // step, step)
        if isinstance(intrinsic, float) and isinstance(signal, Silence):
            return min(max(float(np.float32(intrinsic)), self.minimum), self.maximum)
        values = np.asarray(intrinsic, np.float32)
        if not isinstance(signal, Silence):
            values = signal[0, ::step] + values
            # "If the sum is NaN, replace the sum with the defaultValue."
            values[np.isnan(values)] = self.default
        # "… the computedValue is clamped to the simple nominal range for this parameter."
        if self.limited or not isinstance(signal, Silence):
            np.clip(values, self.minimum, self.maximum, out=values)
        return values if step == 1 else values.repeat(step)

    def _mix(self, start: int, end: int) -> Signal:
        if not self.live:
            return SILENCE
        return mix(sounding(self.live, start, end), start, end, 1, "explicit", "speakers")


def sounding(wires: Sequence[Wire], start: int, end: int) -> list[Part]:
    """Return what of the wires sounds anywhere from the frame `start` to `end`."""
    parts = []
    for source, output in wires:
        signal = source.results[output]
        if not isinstance(signal, Silence):
            at = source.start
            if at < end and start < at + signal.shape[1]:
                parts.append((signal, at))
    return parts


def _extent(inputs: Sequence[Sequence[Part]], start: int, end: int) -> tuple[int, int]:
    """Return from where to where, between `start` and `end`, anything sounds at the inputs."""
    first, last = end, start
    for parts in inputs:
        for samples, at in parts:
            until = at + samples.shape[1]
            if at <= start and until >= end:
                return start, end
            first, last = min(first, at), max(last, until)
    return max(first, start), min(last, end)


class Vertex:
    """A processor in the graph.

    Parameters
    ----------
    processor : Processor
        What turns inputs into outputs.
    inputs : sequence of InputPort
        One for each input.
    params : mapping of name to ParamPort
        One for each parameter.
    outputs : int
        How many outputs the processor fills.
    report : callable
        What the control side is to call when the processor ended (with None) or failed (with the
        exception).
    """

    __slots__ = (
        "_silence",
        "_unsettled",
        "_values",
        "asleep",
        "heeds",
        "inputs",
        "params",
        "ports",
        "processor",
        "released",
        "report",
        "results",
        "start",
        "targets",
    )

    def __init__(
        self,
        processor: Processor,
        inputs: Sequence[InputPort],
        params: Mapping[str, ParamPort],
        outputs: int,
        report: Callable[[Exception | None], None],
    ) -> None:
        self.report = report
        self.processor = processor
        self.inputs = tuple(inputs)
        self.params = dict(params)
        self.ports: tuple[InputPort | ParamPort, ...] = (*self.inputs, *self.params.values())
        self.targets: dict[tuple[int, Vertex, int | str], None] = {}
        """Where the outputs go: (output, target, the target's port)."""
        self.released = False
        """Whether the control side has let go of the node."""
        self.asleep = False
        """Whether a source waits for its start."""
        self.heeds: Vertex | None = None
        """Whose outputs the processor gets behind its inputs, without a wire: a panner's listener.

        Its being there keeps nothing alive and lets nothing sound; it comes first, that is all."""
        self._silence: Sequence[Signal] = (SILENCE,) * outputs
        self.results: Sequence[Signal] = self._silence
        """The outputs' signals for the block that was rendered last, or for some quanta of it.

        The rest of the block is silent."""
        self.start = 0
        """The first frame of the results."""
        self._values: dict[str, ParamValue] = {}
        self._unsettled = list(self.params)

    @property
    def members(self) -> tuple[Vertex]:
        """The vertex itself: a step of the render loop that is no cycle."""
        return (self,)

    def port(self, key: int | str) -> InputPort | ParamPort:
        """Return the input of a number or the parameter of a name."""
        return self.inputs[key] if isinstance(key, int) else self.params[key]

    def keyed_ports(self) -> Iterator[tuple[int | str, InputPort | ParamPort]]:
        """Yield every port with the key that `port` knows it by."""
        yield from enumerate(self.inputs)
        yield from self.params.items()

    def is_fed(self) -> bool:
        """Return whether anything is connected to an input; to a parameter alone is no sound."""
        return any(port.wires for port in self.inputs)

    def automate(
        self, name: str, now: float, change: Callable[..., None], *arguments: object
    ) -> None:
        """Have `change` applied to a parameter's timeline; `now` is a time that has been reached.

        It is a method of `Timeline`, called with the arguments.
        """
        timeline = self.params[name].timeline
        # NB: a node that is silent does not compute its parameters, but may be set for ever.
        timeline.forget_before(now)
        change(timeline, *arguments)
        self.unsettle(name)

    def unsettle(self, name: str) -> None:
        """Have a parameter computed anew for every block, until it is found to be constant."""
        if name not in self._unsettled:
            self._unsettled.append(name)

    def values(self, block: Block) -> dict[str, ParamValue]:
        """Return each parameter's computed value over the block."""
        if self._unsettled:
            settled = []
            for name in self._unsettled:
                port = self.params[name]
                self._values[name] = port.compute(block)
                if port.is_settled(block.start):
                    settled.append(name)
            for name in settled:
                self._unsettled.remove(name)
        return self._values

    def steady_frames(self, start: int, frames: int) -> int:
        """Return for how many of the next `frames` frames the processor changes nothing."""
        return self.processor.steady_frames(start, frames, settled=not self._unsettled)

    def run(self, block: Block, fail: Fail) -> None:
        """Render the block; where the processor raises, it fails and the rest plays."""
        try:
            self.process(block)
        except Exception as error:  # noqa: BLE001 - the render loop's edge
            fail(self, error)

    def process(self, block: Block) -> None:
        """Have the processor render the block, as far as anything sounds here."""
        processor = self.processor
        start, frames = block.start, block.frames
        first, stop = start, start + frames
        end = stop
        heard = [sounding(port.live, start, stop) for port in self.inputs]
        # NB: in a loop, it may have ended in an earlier step of the same block.
        if processor.sounding and not processor.finished:
            if start < processor.begin_frame < stop:
                first = processor.begin_frame
        else:
            first, end = _extent(heard, start, stop)
            if first >= end:
                self.results = self._silence
                return
            if processor.remembers:
                end = stop
        block.start, block.frames = first, end - first
        try:
            block.inputs = inputs = [
                port.mix(parts, first, end) if parts else SILENCE
                for port, parts in zip(self.inputs, heard, strict=True)
            ]
            if self.heeds is not None:
                inputs += self.heeds.excerpt(first, end)
            block.params = self.values(block) if self._unsettled else self._values
            self.results, self.start = processor.process(block), first
            if end < stop and processor.sounding:
                # It sounds on by itself.
                begun = self.results
                block.start, block.frames = end, stop - end
                self.process(block)
                self.join([(begun, first), (self.results, end)], first, stop)
        finally:
            block.start, block.frames = start, frames

    def excerpt(self, start: int, end: int) -> Sequence[Signal]:
        """Return the outputs' signals at the frames from `start` to `end` of the block."""
        return [
            signal if isinstance(signal, Silence) else excerpt((signal, self.start), start, end)
            for signal in self.results
        ]

    def join(self, results: Sequence[tuple[Sequence[Signal], int]], start: int, end: int) -> None:
        """Put out several results, each with its first frame, as one from `start` to `end`.

        The signals have the channels of the widest.
        """
        if len(results) > 1:
            self.start = start
            self.results = [
                _join([(each[output], first) for each, first in results], start, end)
                for output in range(len(self._silence))
            ]

    def silence(self) -> None:
        """Put out silence until the next run."""
        self.results = self._silence

    def mute(self) -> None:
        """Put out silence for ever."""
        self.processor = Mute(len(self._silence))
        self.silence()

    @property
    def is_mute(self) -> bool:
        """Whether the processor has failed."""
        return isinstance(self.processor, Mute)


def _join(signals: Iterable[tuple[Signal, int]], start: int, end: int) -> Signal:
    parts = [(signal, first) for signal, first in signals if not isinstance(signal, Silence)]
    if not parts:
        return SILENCE
    out = np.zeros((max(len(samples) for samples, _ in parts), end - start), np.float32)
    for samples, first in parts:
        at = first - start
        out[:, at : at + samples.shape[1]] = convert(samples, len(out), "speakers")
    return out


Fail = Callable[[Vertex, Exception], None]
"""Told of a vertex whose processor raised; it mutes it."""


def attempt(
    operation: Callable[[Vertex, Block], None], vertex: Vertex, block: Block, fail: Fail
) -> None:
    """Do something for a vertex; where its processor raises, it fails and the rest plays."""
    try:
        operation(vertex, block)
    except Exception as error:  # noqa: BLE001 - the render loop's edge
        fail(vertex, error)


class Mute(Processor):
    """What stands in for a processor that failed."""

    def __init__(self, outputs: int) -> None:
        self._outputs = outputs

    def process(self, block: Block) -> Sequence[Signal]:
        return (SILENCE,) * self._outputs

    def channel_counts(self, inputs: Sequence[ChannelCounts]) -> ChannelCounts:
        return frozenset()

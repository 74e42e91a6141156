# cython: language_level=3, annotation_typing=False
"""A node as the render loop sees it: a processor, what is wired to it, and its parameters.

What is here runs for every node and block. So it is compiled where it can be, as it stands.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from math import inf

import numpy as np

from audiograph.render.mixing import (
    ChannelCountMode,
    ChannelInterpretation,
    Part,
    excerpt,
    mix,
)
from audiograph.render.processor import (
    SILENCE,
    Block,
    ParamValue,
    Processor,
    Signal,
    Silence,
)
from audiograph.render.timeline import Timeline

_LARGEST = float(np.finfo(np.float32).max)

Wire = tuple["Vertex", int]
"""What is connected to a port: a vertex and the number of its output."""

Run = tuple[int, int, Sequence[Signal]]
"""The first frame, the one after the last, and each output's signal in between."""

Heard = Sequence[Sequence[Part]]
"""For each input, what sounds there."""


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

    def changes(self, parts: Sequence[Part], start: int, end: int) -> Iterable[int]:
        """Return where, between `start` and `end`, the sum of `parts` changes its channels."""
        if len(parts) == 1:
            samples, first = parts[0]
            last = first + samples.shape[1]
            # NB: mostly so, and this is asked for every input and block.
            if first <= start and end <= last:
                return ()
            return [frame for frame in (first, last) if start < frame < end]
        if self.mode == "explicit":
            return edges(parts, start, end)
        most = self.channel_count if self.mode == "clamped-max" else inf
        widths = {min(samples.shape[0], most) for samples, _ in parts}
        # Up to so many channels there are where anything has them.
        return {
            edge
            for width in widths
            for edge in edges((part for part in parts if part[0].shape[0] >= width), start, end)
        }


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
            return self.clamp(intrinsic)
        values = np.asarray(intrinsic, np.float32)
        if not isinstance(signal, Silence):
            values = signal[0, ::step] + values
        # "If the sum is NaN, replace the sum with the defaultValue."
        values[np.isnan(values)] = self.default
        # "… the computedValue is clamped to the simple nominal range for this parameter."
        if self.limited or not isinstance(signal, Silence):
            np.clip(values, self.minimum, self.maximum, out=values)
        return values if step == 1 else values.repeat(step)

    def busy_frames(self) -> Sequence[tuple[float, float]]:
        """Return from which to which frame a quantum begins in which the value may move.

        NB: as in browsers, it may wherever something connected sounds, though that be constant.
        """
        if self.k_rate:
            return ()
        parts = sounding(self.live, -inf, inf)
        heard = [(first, first + samples.shape[1] - 1) for samples, first in parts]
        return [self.timeline.busy_frames(), *heard]

    def clamp(self, value: float) -> float:
        """Return a value as a float32 within the range."""
        return min(max(float(np.float32(value)), self.minimum), self.maximum)

    def _mix(self, start: int, end: int) -> Signal:
        if not self.live:
            return SILENCE
        return mix(sounding(self.live, start, end), start, end, 1, "explicit", "speakers")


def sounding(wires: Sequence[Wire], start: float, end: float) -> list[Part]:
    """Return what of the wires sounds anywhere from the frame `start` to `end`."""
    parts = []
    for source, output in wires:
        for first, last, signals in source.runs:
            if first < end and start < last:
                signal = signals[output]
                if not isinstance(signal, Silence):
                    parts.append((signal, first))
    return parts


def _between(parts: Sequence[Part], start: int, end: int) -> list[Part]:
    """Return what of the parts sounds anywhere from the frame `start` to `end`."""
    return [
        (samples, first)
        for samples, first in parts
        if first < end and start < first + samples.shape[1]
    ]


def edges(parts: Iterable[Part], start: int, end: int) -> list[int]:
    """Return where, between `start` and `end`, the parts together begin and end to sound."""
    found = []
    reach = start
    for first, last in sorted((first, first + samples.shape[1]) for samples, first in parts):
        if first > reach:
            if reach > start:
                found.append(reach)
            found.append(first)
        reach = max(reach, last)
    if start < reach < end:
        found.append(reach)
    return found


def rest(values: Mapping[str, ParamValue], frames: int) -> dict[str, ParamValue]:
    """Return parameters' values without the first `frames` frames."""
    return {
        name: value if isinstance(value, float) else value[frames:]
        for name, value in values.items()
    }


def joined(runs: list[Run]) -> list[Run]:
    """Return the same with what follows on each other, of as many channels, in one."""
    if len(runs) < 2:
        return runs
    groups: list[list[Run]] = []
    for run in runs:
        if groups and groups[-1][-1][1] == run[0] and _widths(groups[-1][-1]) == _widths(run):
            groups[-1].append(run)
        else:
            groups.append([run])
    return [group[0] if len(group) == 1 else _in_one(group) for group in groups]


def _in_one(runs: Sequence[Run]) -> Run:
    columns = zip(*(signals for _, _, signals in runs), strict=True)
    return (
        runs[0][0],
        runs[-1][1],
        [
            SILENCE if isinstance(column[0], Silence) else np.concatenate(column, axis=1)
            for column in columns
        ],
    )


def _widths(run: Run) -> list[int]:
    return [0 if isinstance(signal, Silence) else signal.shape[0] for signal in run[2]]


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
        "__weakref__",
        "_outputs",
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
        "runs",
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
        self._outputs = outputs
        self.runs: list[Run] = []
        """What sounded in the block that was rendered last, in order; between, all is silent."""
        self._values: dict[str, ParamValue] = {
            name: port.clamp(port.timeline.value_at(0)) for name, port in self.params.items()
        }
        self._unsettled: list[str] = []

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

    def busy_frames(self, name: str) -> Sequence[tuple[float, float]]:
        """Return from which to which frame a quantum begins in which a parameter may move."""
        return self.params[name].busy_frames()

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
        stop = start + frames
        self.runs = []
        # NB: in a loop, it may have ended in an earlier step of the same block.
        if processor.finished:
            return
        try:
            for first, end, heard in self.stretches(start, stop):
                fed = any(heard)
                if not (fed or processor.sounding):
                    continue
                at = max(first, processor.begin_frame)
                if at < end:
                    self._render(block, at, end, heard, fed)
        finally:
            block.start, block.frames = start, frames
        if len(self.runs) > 1:
            self.runs = joined(self.runs)

    def fade(self, block: Block) -> None:
        """Have the processor hear silence in the block, and put out silence whatever it renders."""
        start, frames = block.start, block.frames
        try:
            self._render(block, start, start + frames, [[] for _ in self.inputs], False)
        finally:
            block.start, block.frames = start, frames
            self.silence()

    def stretches(self, start: int, end: int) -> Sequence[tuple[int, int, Heard]]:
        """Return (first, end, what is heard): within each, the inputs keep their channels."""
        heard: list[list[Part]] = []
        changes: list[int] = []
        for port in self.inputs:
            parts = sounding(port.live, start, end)
            heard.append(parts)
            if parts:
                changes.extend(port.changes(parts, start, end))
        if not changes:
            return ((start, end, heard),)
        frames = [start, *sorted(set(changes)), end]
        return [
            (first, last, [_between(parts, first, last) for parts in heard])
            for first, last in pairwise(frames)
        ]

    def _render(self, block: Block, start: int, end: int, heard: Heard, fed: bool) -> None:
        """Render from `start` to `end`, in as many calls as the processor wants."""
        processor = self.processor
        values: dict[str, ParamValue] | None = None
        at = start
        while at < end and (fed or processor.sounding) and not processor.finished:
            block.start, block.frames = at, end - at
            block.inputs = inputs = [
                port.mix(parts, at, end) if parts else SILENCE
                for port, parts in zip(self.inputs, heard, strict=True)
            ]
            if self.heeds is not None:
                inputs += self.heeds.excerpt(at, end)
            if values is None:
                values = self.values(block) if self._unsettled else self._values
                block.params = values
            else:
                block.params = rest(values, at - start)
            block.busy_frames = self.busy_frames
            results = processor.process(block)
            for signal in results:
                if not isinstance(signal, Silence):
                    self.runs.append((at, at + signal.shape[1], results))
                    break
            at += block.frames

    def excerpt(self, start: int, end: int) -> Sequence[Signal]:
        """Return the outputs' signals at the frames from `start` to `end` of the block.

        Where their channels change, they are those of the widest.
        """
        if len(self.runs) == 1:
            first, last, signals = self.runs[0]
            if first == start and last == end:
                return [*signals]
        return [
            _join([(signals[output], first) for first, _, signals in self.runs], start, end)
            for output in range(self._outputs)
        ]

    def silence(self) -> None:
        """Put out silence until the next run."""
        self.runs = []

    def mute(self) -> None:
        """Put out silence for ever."""
        self.processor = Mute(self._outputs)
        self.silence()

    @property
    def is_mute(self) -> bool:
        """Whether the processor has failed."""
        return isinstance(self.processor, Mute)


def _join(signals: Iterable[tuple[Signal, int]], start: int, end: int) -> Signal:
    """Return what is between two frames, with the channels of the widest."""
    sounding = [(signal, first) for signal, first in signals if not isinstance(signal, Silence)]
    parts = _between(sounding, start, end)
    if not parts:
        return SILENCE
    widest = max(samples.shape[0] for samples, _ in parts)
    return mix(parts, start, end, widest, "explicit", "speakers")


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

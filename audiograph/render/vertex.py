"""A node as the render loop sees it: a processor, what is wired to it, and its parameters."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np

from audiograph.render.mixing import ChannelCountMode, ChannelInterpretation, mix
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

    def gather(self) -> Signal:
        """Return the sum of what is connected, mixed by the port's channel settings."""
        signals = [source.results[output] for source, output in self.live]
        return mix(signals, self.channel_count, self.mode, self.interpretation)

    def channel_counts(self, counts: Mapping[Vertex, ChannelCounts]) -> ChannelCounts:
        """Return how many channels `gather` may give, when the vertices put out `counts`."""
        if self.mode == "explicit":
            return frozenset([self.channel_count] if self.live else [])
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
        signal = self._gather()
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

    def _gather(self) -> Signal:
        if not self.live:
            return SILENCE
        signals = [source.results[output] for source, output in self.live]
        return mix(signals, 1, "explicit", "speakers")


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
        """The outputs' signals for the block that was rendered last."""
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
        """Return whether anything is connected to an input or a parameter."""
        return any(port.wires for port in self.ports)

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
        """Render the block."""
        attempt(Vertex.process, self, block, fail)

    def process(self, block: Block) -> None:
        """Have the processor render the block, unless nothing sounds here."""
        inputs = [port.gather() for port in self.inputs]
        processor = self.processor
        # NB: in a loop, it may have ended in an earlier step of the same block.
        idle = processor.finished or not processor.sounding
        if idle and all(signal is SILENCE for signal in inputs):
            self.results = self._silence
            return
        block.inputs = inputs if self.heeds is None else [*inputs, *self.heeds.results]
        block.params = self.values(block)
        self.results = self.processor.process(block)

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

"""The contract between the render loop and a node's signal processing.

A processor turns the signals at its node's inputs into the signals at its outputs, a block at a
time. It knows arrays and frame numbers, never nodes. Its methods are called by the render thread
alone; the control side reaches it through messages only.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.float32]
"""Audio: float32 of shape (channels, frames)."""


class Silence:
    """One channel of silence, of any length: what a node that is not active puts out.

    A marker instead of zeros, so that silence costs nothing.
    https://webaudio.github.io/web-audio-api/#actively-processing
    """

    def __repr__(self) -> str:
        return "SILENCE"


SILENCE: Final = Silence()

Signal = Samples | Silence
"""What runs along a wire: samples, never to be written into by who receives them, or silence."""

ParamValue = float | Samples
"""A parameter over a block: one number where it is constant, else float32 of shape (frames,)."""

ChannelCounts = frozenset[int]
"""How many channels a signal may have while it sounds; empty where it never does."""


class Block:
    """A stretch of time to be rendered, and what a processor gets for it.

    The loop reuses the object: a processor takes what it needs and keeps no reference.
    """

    __slots__ = ("frames", "inputs", "params", "quantum", "sample_rate", "start")

    def __init__(self, sample_rate: float, quantum: int) -> None:
        self.sample_rate = sample_rate
        self.quantum = quantum
        self.start = 0
        """The first frame's number."""
        self.frames = 0
        """How many frames: a whole number of quanta."""
        self.inputs: Sequence[Signal] = ()
        """A signal for each input, mixed to the channels that the input asks for.

        Then what the vertex heeds puts out, if it heeds another."""
        self.params: dict[str, ParamValue] = {}
        """Each parameter's computed value."""


class Processor:
    """Signal processing of one node; subclasses override `process` and what else they need.

    Attributes
    ----------
    sounding : bool
        True while it must be called although every input is silent: a playing source, a tail.
        The loop reads it after every call.
    finished : bool
        True once it will never sound again, whatever comes: a source that has ended. The loop
        drops it and tells the node.
    begin_frame : int
        Before which frame a sounding source is silent: the first of a quantum.
    end_frame : int
        Where a finished source ended, for the order of the `ended` events.
    hears_silence : bool
        Whether it tells silence at an input from zeros, or one channel from several: then what
        feeds it ends a block with every change.
    remembers : bool
        Whether what it puts out depends on inputs of earlier blocks, whose channels it keeps.
    keeps_time : bool
        Whether a block ends where `steady_frames` says, whatever its outputs go to.
    has_effects : bool
        Whether it does something besides what it puts out, so that it is called though nothing
        hears it and nobody holds its node.
    """

    sounding = False
    finished = False
    begin_frame = 0
    end_frame = 0
    hears_silence = False
    remembers = False
    keeps_time = False
    has_effects = False

    def process(self, block: Block) -> Sequence[Signal]:
        """Return a signal for each output, each of `block.frames` frames or `SILENCE`.

        A source that has ended may return fewer: the quanta in which it sounded.
        """
        raise NotImplementedError

    def channel_counts(self, inputs: Sequence[ChannelCounts]) -> ChannelCounts:
        """Return how many channels the outputs may have while they sound.

        `inputs` tells the same of each input.
        """
        return frozenset().union(*inputs)

    def steady_frames(self, start: int, frames: int, *, settled: bool) -> int:
        """Return for how many of the next `frames` frames no output changes by itself.

        A change is another channel count, a beginning or an end of sound. At least one quantum and
        a whole number of quanta. Asked where it matters (see `audiograph.render.changes`): there
        the loop ends the block. `settled` tells that the parameters stay as they were in the block
        before.
        """
        return frames

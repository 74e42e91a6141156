"""The contract between the render loop and a node's signal processing.

A processor turns the signals at its node's inputs into the signals at its outputs, a block at a
time. It knows arrays and frame numbers, never nodes. Its methods are called by the render thread
alone; the control side reaches it through messages only.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
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


class Block:
    """A stretch of time to be rendered, and what a processor gets for it.

    The loop reuses the object: a processor takes what it needs and keeps no reference.
    """

    __slots__ = ("busy_frames", "frames", "inputs", "params", "quantum", "sample_rate", "start")

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
        self.busy_frames: Callable[[str], Sequence[tuple[float, float]]]
        """Tells from which to which frame a quantum begins in which a parameter is automated or
        something that is connected to it sounds: any number of times."""

    def shorten(self, frames: int) -> None:
        """Leave all but the first `frames` frames, a whole number of quanta, for another call."""
        if frames < self.frames:
            self.frames = frames
            self.inputs = [
                signal if isinstance(signal, Silence) else signal[:, :frames]
                for signal in self.inputs
            ]
            self.params = {
                name: value if isinstance(value, float) else value[:frames]
                for name, value in self.params.items()
            }


class Processor:
    """Signal processing of one node; subclasses override `process` and what else they need.

    Within a call, each input is silent or has one number of channels throughout: where that
    changes, there is another call. It is the same with the outputs: where the processor itself
    changes them, it shortens the block.

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
    keeps_time : bool
        Whether the whole graph's blocks end where `limit` says.
    has_effects : bool
        Whether it does something besides what it puts out, so that it is called though nothing
        hears it and nobody holds its node.
    """

    sounding = False
    finished = False
    begin_frame = 0
    end_frame = 0
    keeps_time = False
    has_effects = False

    def process(self, block: Block) -> Sequence[Signal]:
        """Return a signal for each output, each of `block.frames` frames or `SILENCE`.

        It may render fewer quanta than it is asked for, by `block.shorten`, and is called again for
        the rest, if then it sounds or hears anything. A source that has ended may also just return
        fewer: the quanta in which it sounded.
        """
        raise NotImplementedError

    def limit(self, frames: int) -> int:
        """Return how many of the next `frames` frames may be one block: whole quanta, at least one.

        Asked where `keeps_time`.
        """
        return frames

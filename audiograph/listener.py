"""AudioListener: who hears what the panners place in space.

https://webaudio.github.io/web-audio-api/#AudioListener
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np

from audiograph.host import NodeHost
from audiograph.param import axes, set_values
from audiograph.render.processor import Block, ParamValue, Processor, Signal
from audiograph.render.vertex import Vertex

_log = logging.getLogger("audiograph")


@dataclass(frozen=True)
class _Stance:
    """Where a listener is and looks at first."""

    position_x: float = 0.0
    position_y: float = 0.0
    position_z: float = 0.0
    forward_x: float = 0.0
    forward_y: float = 0.0
    forward_z: float = -1.0
    up_x: float = 0.0
    up_y: float = 1.0
    up_z: float = 0.0


NAMES = tuple(field.name for field in fields(_Stance))
"""The parameters, in the order in which panners get them."""


class AudioListener:
    """The one who listens: a place, where the nose points and where the top of the head does.

    There is one for each context, `context.listener`; every PannerNode places its sound in relation
    to it. The coordinates are right-handed, in any unit: at first the listener is at the origin and
    looks along the negative z axis, with the x axis to the right and the y axis up.

    https://webaudio.github.io/web-audio-api/#AudioListener
    """

    position_x, position_y, position_z = axes(
        "Where the listener is, on the {} axis.", unit="any unit of length"
    )
    forward_x, forward_y, forward_z = axes(
        "Where the nose points: the {} of a vector.", unit="any unit, for all three the same"
    )
    up_x, up_y, up_z = axes(
        "Where the top of the head is: the {} of a vector.", unit="any unit, for all three the same"
    )

    def __init__(self, context: NodeHost) -> None:
        self._params = {
            name: vars(AudioListener)[name].make(context, "AudioListener", _Stance())
            for name in NAMES
        }
        self._vertex = Vertex(
            ListenerProcessor(),
            (),
            {name: param._port for name, param in self._params.items()},
            len(self._params),
            _report,
        )
        for param in self._params.values():
            param._attach(self._vertex)
        context._post(context._renderer.graph.rouse, self._vertex)

    def set_position(self, x: float, y: float, z: float) -> None:
        """Set the values of `position_x`, `position_y` and `position_z`. Deprecated.

        Raises as setting each `value` does, and then sets none.

        https://webaudio.github.io/web-audio-api/#dom-audiolistener-setposition
        """
        set_values((self.position_x, self.position_y, self.position_z), (x, y, z))

    def set_orientation(
        self, x: float, y: float, z: float, x_up: float, y_up: float, z_up: float
    ) -> None:
        """Set the values of `forward_x` … `forward_z` and `up_x` … `up_z`. Deprecated.

        Raises as setting each `value` does, and then sets none.

        https://webaudio.github.io/web-audio-api/#dom-audiolistener-setorientation
        """
        forward, up = (
            (self.forward_x, self.forward_y, self.forward_z),
            (self.up_x, self.up_y, self.up_z),
        )
        set_values((*forward, *up), (x, y, z, x_up, y_up, z_up))


for _field in fields(_Stance):
    vars(AudioListener)[_field.name].describe(AudioListener, _field.default)


class ListenerProcessor(Processor):
    """Puts out each parameter as a signal of its own, for the panners that heed it."""

    sounding = True

    def __init__(self) -> None:
        self._values: tuple[ParamValue, ...] = ()
        self._signals: Sequence[Signal] = ()
        self._frames = 0

    def process(self, block: Block) -> Sequence[Signal]:
        values = tuple(block.params[name] for name in NAMES)
        constant = all(isinstance(value, float) for value in values)
        # NB: who stands still costs next to nothing.
        if not (constant and values == self._values and block.frames == self._frames):
            self._signals = [
                np.broadcast_to(np.asarray(value, np.float32), (1, block.frames))
                for value in values
            ]
            self._frames = block.frames
            self._values = values if constant else ()
        return self._signals


def _report(error: Exception | None) -> None:
    _log.error("AudioListener failed and is at the origin from now on: %s", error)

"""PannerNode: somewhere in space."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from math import pi
from typing import Any, Generic, Literal, TypeVar, get_args, overload

import numpy as np

from audiograph.errors import InvalidStateError
from audiograph.host import NodeHost
from audiograph.node import AudioNode, AudioNodeOptions, ChannelRules
from audiograph.param import axes, set_values
from audiograph.render.head import Head, HeadFilter, head
from audiograph.render.panning import Panning, spread
from audiograph.render.processor import (
    SILENCE,
    Block,
    ParamValue,
    Processor,
    Samples,
    Signal,
    Silence,
)
from audiograph.render.space import (
    DistanceModelType,
    Numbers,
    angles,
    bearings,
    cone_gain,
    distance_gain,
    length,
    vector,
)
from audiograph.values import choice, finite

PanningModelType = Literal["equalpower", "HRTF"]

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class PannerOptions(AudioNodeOptions):
    """What a PannerNode is made from: the first values of its attributes.

    https://webaudio.github.io/web-audio-api/#PannerOptions
    """

    panning_model: PanningModelType = "equalpower"
    distance_model: DistanceModelType = "inverse"
    position_x: float = 0.0
    position_y: float = 0.0
    position_z: float = 0.0
    orientation_x: float = 1.0
    orientation_y: float = 0.0
    orientation_z: float = 0.0
    ref_distance: float = 1.0
    max_distance: float = 10000.0
    rolloff_factor: float = 1.0
    cone_inner_angle: float = 360.0
    cone_outer_angle: float = 360.0
    cone_outer_gain: float = 0.0


class _Setting(Generic[T]):
    """An attribute of a panner that is no parameter: one of its options, checked when it is set."""

    def __init__(self, check: Callable[[str, T], T], doc: str) -> None:
        self.check = check
        self.__doc__ = doc

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name
        default = PannerOptions.__dataclass_fields__[name].default
        self.__doc__ = (
            f"{self.__doc__}\n\n{default!r} by default.\n\n"
            "https://webaudio.github.io/web-audio-api/#dom-"
            f"{owner.__name__.lower()}-{name.replace('_', '')}"
        )

    @overload
    def __get__(self, node: None, owner: type) -> _Setting[T]: ...
    @overload
    def __get__(self, node: PannerNode, owner: type) -> T: ...
    def __get__(self, node: PannerNode | None, owner: type) -> _Setting[T] | T:
        if node is None:
            return self
        value: T = getattr(node._settings, self.name)
        return value

    def __set__(self, node: PannerNode, value: T) -> None:
        checked: dict[str, Any] = {self.name: self.check(self.name, value)}
        node._change(replace(node._settings, **checked))


def _not_negative(name: str, value: float) -> float:
    value = finite(name, value)
    if value < 0:
        raise ValueError(f"{name} is {value}: 0 or more is needed")
    return value


def _positive(name: str, value: float) -> float:
    value = finite(name, value)
    if value <= 0:
        raise ValueError(f"{name} is {value}: more than 0 is needed")
    return value


def _share(name: str, value: float) -> float:
    value = finite(name, value)
    if not 0 <= value <= 1:
        raise InvalidStateError(f"{name} is {value}: 0 to 1 is needed")
    return value


class PannerNode(AudioNode[PannerOptions]):
    """Place the input, of at most two channels, in space, in relation to `context.listener`.

    The output has two channels. `panning_model` "equalpower" tells left from right alone; "HRTF"
    lets the listener's head and ears tell above, below and behind as well, by measured responses.
    The sound gets softer with its distance, and off the direction `orientation_x` … `orientation_z`
    that it is sent in, if the cones are less than a full turn.

    With "HRTF", the parameters and those of the listener are k-rate, whatever their
    `automation_rate` says: they are looked at about every 10 ms, at the start of a render quantum,
    and the sound fades over.

    Raises ValueError for a negative `ref_distance` or `rolloff_factor` and a `max_distance` that is
    not positive, InvalidStateError for a `cone_outer_gain` that is not within 0 … 1, and
    NotSupportedError for a channel count above 2 and for the channel count mode "max".

    https://webaudio.github.io/web-audio-api/#PannerNode
    """

    _channel_rules = ChannelRules(mode="clamped-max", largest=2, modes=("clamped-max", "explicit"))
    position_x, position_y, position_z = axes(
        "Where the sound is, on the {} axis.", unit="any unit of length"
    )
    orientation_x, orientation_y, orientation_z = axes(
        "Where the sound is sent to: the {} of a vector.", unit="any unit, for all three the same"
    )

    panning_model = _Setting[PanningModelType](
        partial(choice, choices=get_args(PanningModelType)),
        """How direction is told: "equalpower" or "HRTF", else TypeError.""",
    )
    distance_model = _Setting[DistanceModelType](
        partial(choice, choices=get_args(DistanceModelType)),
        """How loudness falls with distance: "linear", "inverse", "exponential", else TypeError.""",
    )
    ref_distance = _Setting(
        _not_negative, "Up to which distance nothing is lost: 0 or more, else ValueError."
    )
    max_distance = _Setting(
        _positive, """Beyond which distance "linear" loses no more; ValueError unless above 0."""
    )
    rolloff_factor = _Setting(
        _not_negative,
        """How fast it falls: 0 or more, else ValueError; "linear" takes at most 1.""",
    )
    cone_inner_angle = _Setting(finite, "The full angle in degrees within which nothing is lost.")
    cone_outer_angle = _Setting(
        finite, "The full angle in degrees outside of which `cone_outer_gain` is left."
    )
    cone_outer_gain = _Setting(
        _share, "The linear gain outside of the outer cone: 0 to 1, else InvalidStateError."
    )

    _processor: PannerProcessor

    def __init__(
        self, context: NodeHost, options: PannerOptions | None = None, **fields: Any
    ) -> None:
        super().__init__(context, options, **fields)
        # By the text: "… all the PannerNodes in the graph have the AudioListener as input."
        self._vertex.heeds = self.context.listener._vertex

    def _make_processor(self, options: PannerOptions) -> PannerProcessor:
        self._settings = _checked(options)
        quantum = self._context.render_quantum_size
        return PannerProcessor(self._settings, self._find_head(), quantum)

    def set_position(self, x: float, y: float, z: float) -> None:
        """Set the values of `position_x`, `position_y` and `position_z`. Deprecated.

        Raises as setting each `value` does, and then sets none.

        https://webaudio.github.io/web-audio-api/#dom-pannernode-setposition
        """
        set_values((self.position_x, self.position_y, self.position_z), (x, y, z))

    def set_orientation(self, x: float, y: float, z: float) -> None:
        """Set the values of `orientation_x`, `orientation_y` and `orientation_z`. Deprecated.

        Raises as setting each `value` does, and then sets none.

        https://webaudio.github.io/web-audio-api/#dom-pannernode-setorientation
        """
        set_values((self.orientation_x, self.orientation_y, self.orientation_z), (x, y, z))

    def _change(self, settings: PannerOptions) -> None:
        self._settings = settings
        self._context._post(self._processor.set, settings, self._find_head())

    def _find_head(self) -> Head | None:
        # NB: on this side, since it reads a file the first time.
        return head(self._context.sample_rate) if self.panning_model == "HRTF" else None


def _checked(options: PannerOptions) -> PannerOptions:
    """Return the options with every setting checked."""
    return replace(
        options,
        **{
            name: setting.check(name, getattr(options, name))
            for name, setting in vars(PannerNode).items()
            if isinstance(setting, _Setting)
        },
    )


class PannerProcessor(Processor):
    """Spread the signal by where the sound is.

    Parameters
    ----------
    settings : PannerOptions
        Of them, what is no parameter.
    head : Head or None
        The head to hear with, where the panning model is "HRTF".
    quantum : int
        Frames of a render quantum.
    """

    def __init__(self, settings: PannerOptions, head: Head | None, quantum: int) -> None:
        self._quantum = quantum
        self._filter: HeadFilter | None = None
        self.set(settings, head)

    def set(self, settings: PannerOptions, head: Head | None) -> None:
        """Go on with other settings."""
        self._settings = settings
        if head is None:
            self._filter = None
        elif self._filter is None:
            self._filter = HeadFilter(head, self._quantum)
        # Where a sound stands still, and what is known of it: the panning for each number of
        # channels, and the direction.
        self._still: list[float] = []
        self._panned: dict[int, tuple[Panning, Samples]] = {}
        self._heard: Numbers | None = None

    def process(self, block: Block) -> Sequence[Signal]:
        if self._filter is not None and isinstance(block.inputs[0], Silence):
            left = self._filter.end - block.start
            if left <= 0:
                # NB: the filter is another one now.
                self.sounding = False
                return (SILENCE,)
            block.shorten(left)
        signal, *listener = block.inputs
        place = [*(block.params[name] for name in _PARAMS), *map(_value, listener)]
        if self._filter is not None:
            return (self._hear(self._filter, signal, place, block),)
        self.sounding = False
        if isinstance(signal, Silence):
            return (SILENCE,)
        panning, gain = self._pan(place, signal.shape[0])
        out = spread(signal, panning)
        # By the text: "outputL = totalGain * outputL; outputR = totalGain * outputR;"
        out *= gain
        return (out,)

    def _pan(self, place: Sequence[ParamValue], channels: int) -> tuple[Panning, Samples]:
        if not self._stands_still(place):
            return _equal_power(place, self._settings, channels)
        if channels not in self._panned:
            self._panned[channels] = _equal_power(place, self._settings, channels)
        return self._panned[channels]

    def _hear(
        self, ears: HeadFilter, signal: Signal, place: Sequence[ParamValue], block: Block
    ) -> Signal:
        def look(frames: Sequence[int]) -> Numbers:
            if not self._stands_still(place):
                at = [value if isinstance(value, float) else value[frames] for value in place]
                return _direction(at, self._settings)
            if self._heard is None:
                self._heard = _direction(place, self._settings)
            return self._heard

        out = ears.process(signal, block.start, block.frames, look)
        self.sounding = ears.end > block.start + block.frames
        return out

    def _stands_still(self, place: Sequence[ParamValue]) -> bool:
        """Return whether nothing moves; where it is not where it was, forget what was known."""
        still = [value for value in place if isinstance(value, float)]
        if still != self._still:
            self._still = still
            self._panned.clear()
            self._heard = None
        return len(still) == len(place)


_PARAMS = tuple(declared.name for declared in PannerNode._param_declarations)


def _value(signal: Signal) -> ParamValue:
    """Return a parameter of the listener, as its signal tells it."""
    if isinstance(signal, Silence):
        return 0.0
    return float(signal[0, 0]) if signal.strides[1] == 0 else signal[0]


def _locate(place: Sequence[ParamValue], settings: PannerOptions) -> tuple[Numbers, Numbers]:
    """Return the bearings of a sound and its gain, for all the parameters there are."""
    position, orientation, listener, forward, up = (
        vector(place[first : first + 3]) for first in range(0, len(place), 3)
    )
    offset = position - listener
    # By the text: "let totalGain = coneGain() * distanceGain();"
    gain = cone_gain(
        offset,
        orientation,
        settings.cone_inner_angle,
        settings.cone_outer_angle,
        settings.cone_outer_gain,
    ) * distance_gain(
        length(offset),
        settings.distance_model,
        settings.ref_distance,
        settings.max_distance,
        settings.rolloff_factor,
    )
    return bearings(offset, forward, up), gain


def _direction(place: Sequence[ParamValue], settings: PannerOptions) -> Numbers:
    """Return azimuth, elevation and gain."""
    where, gain = _locate(place, settings)
    return np.array(np.broadcast_arrays(*angles(where), gain))


def _equal_power(
    place: Sequence[ParamValue], settings: PannerOptions, channels: int
) -> tuple[Panning, Samples]:
    """Return how to pan by equal power, and the gain for both sides.

    https://webaudio.github.io/web-audio-api/#Spatialization-equal-power-panning
    """
    where, gain = _locate(place, settings)
    azimuth, _ = angles(where)
    # By the text: "Then wrap to range [-90, 90]: if (azimuth < -90) azimuth = -180 - azimuth; else
    # if (azimuth > 90) azimuth = 180 - azimuth;"
    azimuth = np.where(np.abs(azimuth) > 90, np.copysign(180, azimuth) - azimuth, azimuth)
    on_left = azimuth <= 0
    # By the text: "x = (azimuth + 90) / 180;" for mono, else "if (azimuth <= 0) x = (azimuth + 90)
    # / 90; else x = azimuth / 90;"
    x = (azimuth + 90) / 180 if channels == 1 else (azimuth + 90 * on_left) / 90
    # By the text: "gainL = cos(x * Math.PI / 2); gainR = sin(x * Math.PI / 2);"
    left, right = np.cos(x * (pi / 2)), np.sin(x * (pi / 2))
    panning = Panning(on_left, left.astype(np.float32), right.astype(np.float32))
    return panning, gain.astype(np.float32)

"""The dictionaries of Media Capture: what is asked of a track, what it is, what it could be.

Each is a frozen dataclass whose members may be absent (None), and at once a mapping of the members
that are there: `settings.sample_rate` and `settings["sample_rate"]` are the same,
`"latency" in settings` tells whether there is one, and `json.dumps(settings, default=dict)` works.
Wherever one is asked for, a dict does as well.

https://w3c.github.io/mediacapture-main/#constrainable-interface
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any, ClassVar, Self

from audiograph.options import read_options
from audiograph.values import finite

Convert = Callable[[str, Any], Any]

_MOST_ULONG = 2**32 - 1


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Dictionary(Mapping[str, Any]):
    """Members that may be absent: None as an attribute, no item as a mapping.

    Raises TypeError for a member of the wrong type.

    https://webidl.spec.whatwg.org/#idl-dictionaries
    """

    ignored: ClassVar[frozenset[str]] = frozenset()
    """Names that a dict may have and that mean nothing here."""

    def __post_init__(self) -> None:
        for member in fields(self):
            value, convert = getattr(self, member.name), member.metadata.get("convert")
            if value is not None and convert is not None:
                object.__setattr__(self, member.name, convert(member.name, value))

    @classmethod
    def read(cls, given: Mapping[str, Any] | None = None, /, **members: Any) -> Self:
        """Return what was given: such a dictionary, a dict, or the members as keywords.

        Raises TypeError for anything else, for both at once and for an unknown member.
        """
        # AD-HOC: Web IDL drops unknown members, and the specification itself warns of "confusing
        # programming errors" by that; only those of video are dropped here.
        if isinstance(given, Mapping) and not isinstance(given, cls):
            if members:
                raise TypeError(f"give either {cls.__name__} or its members, not both")
            members = {name: given[name] for name in given if name not in cls.ignored}
            given = None
        return read_options(cls, given, members)

    def __getitem__(self, name: str) -> Any:
        if name not in iter(self):
            raise KeyError(name)
        return getattr(self, name)

    def __iter__(self) -> Iterator[str]:
        names = (member.name for member in fields(self))
        return (name for name in names if getattr(self, name) is not None)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __repr__(self) -> str:
        members = ", ".join(f"{name}={value!r}" for name, value in self.items())
        return f"{type(self).__name__}({members})"


def _through(convert: Convert) -> dict[str, Convert]:
    """Return the metadata of a field whose value goes through `convert(name, value)`."""
    return {"convert": convert}


def _bare_or(kind: type[Dictionary], convert: Convert) -> dict[str, Convert]:
    """Return the metadata of a field that takes a dictionary of `kind` or a bare value."""
    return _through(
        lambda name, value: kind.read(value) if isinstance(value, Mapping) else convert(name, value)
    )


def _double(name: str, value: Any) -> float:
    if isinstance(value, bool):
        raise TypeError(f"{name} is a finite number, not {value!r}")
    return finite(name, value)


def _ulong(name: str, value: Any) -> int:
    # "[Clamp]: Set x to min(max(x, lowerBound), upperBound). Round x to the nearest integer,
    # choosing the even integer if it lies halfway between two": as Web IDL has it.
    return round(min(max(_double(name, value), 0), _MOST_ULONG))


def _boolean(name: str, value: Any) -> bool:
    if not isinstance(value, bool):
        raise TypeError(f"{name} is True or False, not {value!r}")
    return value


def _boolean_or_string(name: str, value: Any) -> bool | str:
    if not isinstance(value, bool | str):
        raise TypeError(f"{name} is True, False or a string, not {value!r}")
    return value


def _strings(name: str, value: Any) -> str | tuple[str, ...] | None:
    if isinstance(value, str):
        return value
    if not isinstance(value, Sequence) or not all(isinstance(each, str) for each in value):
        raise TypeError(f"{name} is a string or a list of strings, not {value!r}")
    # "If an empty list has been given as the value for a constraint, it MUST be interpreted as if
    # the constraint were not specified."
    return tuple(value) or None


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class DoubleRange(Dictionary):
    """From `min` to `max`, both included.

    https://w3c.github.io/mediacapture-main/#dom-doublerange
    """

    max: float | None = field(default=None, metadata=_through(_double))
    min: float | None = field(default=None, metadata=_through(_double))


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class ConstrainDoubleRange(DoubleRange):
    """A number: `min`, `max` and `exact` are required, `ideal` is wished for.

    https://w3c.github.io/mediacapture-main/#dom-constraindoublerange
    """

    exact: float | None = field(default=None, metadata=_through(_double))
    ideal: float | None = field(default=None, metadata=_through(_double))


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class ULongRange(Dictionary):
    """From `min` to `max`, both included; whole numbers.

    https://w3c.github.io/mediacapture-main/#dom-ulongrange
    """

    max: int | None = field(default=None, metadata=_through(_ulong))
    min: int | None = field(default=None, metadata=_through(_ulong))


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class ConstrainULongRange(ULongRange):
    """A whole number: `min`, `max` and `exact` are required, `ideal` is wished for.

    https://w3c.github.io/mediacapture-main/#dom-constrainulongrange
    """

    exact: int | None = field(default=None, metadata=_through(_ulong))
    ideal: int | None = field(default=None, metadata=_through(_ulong))


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class ConstrainBooleanParameters(Dictionary):
    """Yes or no: `exact` is required, `ideal` is wished for.

    https://w3c.github.io/mediacapture-main/#dom-constrainbooleanparameters
    """

    exact: bool | None = field(default=None, metadata=_through(_boolean))
    ideal: bool | None = field(default=None, metadata=_through(_boolean))


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class ConstrainDOMStringParameters(Dictionary):
    """One of some strings: `exact` is required, `ideal` is wished for.

    https://w3c.github.io/mediacapture-main/#dom-constraindomstringparameters
    """

    exact: str | Sequence[str] | None = field(default=None, metadata=_through(_strings))
    ideal: str | Sequence[str] | None = field(default=None, metadata=_through(_strings))


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class ConstrainBooleanOrDOMStringParameters(Dictionary):
    """Yes, no or a mode: `exact` is required, `ideal` is wished for.

    https://w3c.github.io/mediacapture-main/#dom-constrainbooleanordomstringparameters
    """

    exact: bool | str | None = field(default=None, metadata=_through(_boolean_or_string))
    ideal: bool | str | None = field(default=None, metadata=_through(_boolean_or_string))


ConstrainULong = int | ConstrainULongRange | Mapping[str, int]
ConstrainDouble = float | ConstrainDoubleRange | Mapping[str, float]
ConstrainBoolean = bool | ConstrainBooleanParameters | Mapping[str, bool]
ConstrainDOMString = (
    str | Sequence[str] | ConstrainDOMStringParameters | Mapping[str, str | Sequence[str]]
)
ConstrainBooleanOrDOMString = (
    bool | str | ConstrainBooleanOrDOMStringParameters | Mapping[str, bool | str]
)


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class MediaTrackConstraintSet(Dictionary):
    """What is asked of a track, for each property that matters.

    A bare value is wished for (in `MediaTrackConstraints`) or required (in its `advanced` sets).

    https://w3c.github.io/mediacapture-main/#media-track-constraints
    """

    # "Video-only constraints inside of "audio" are simply ignored."
    ignored = frozenset(
        {
            "width",
            "height",
            "aspect_ratio",
            "frame_rate",
            "facing_mode",
            "resize_mode",
            "background_blur",
        }
    )

    sample_rate: ConstrainULong | None = field(
        default=None, metadata=_bare_or(ConstrainULongRange, _ulong)
    )
    sample_size: ConstrainULong | None = field(
        default=None, metadata=_bare_or(ConstrainULongRange, _ulong)
    )
    echo_cancellation: ConstrainBooleanOrDOMString | None = field(
        default=None, metadata=_bare_or(ConstrainBooleanOrDOMStringParameters, _boolean_or_string)
    )
    auto_gain_control: ConstrainBoolean | None = field(
        default=None, metadata=_bare_or(ConstrainBooleanParameters, _boolean)
    )
    noise_suppression: ConstrainBoolean | None = field(
        default=None, metadata=_bare_or(ConstrainBooleanParameters, _boolean)
    )
    latency: ConstrainDouble | None = field(
        default=None, metadata=_bare_or(ConstrainDoubleRange, _double)
    )
    channel_count: ConstrainULong | None = field(
        default=None, metadata=_bare_or(ConstrainULongRange, _ulong)
    )
    device_id: ConstrainDOMString | None = field(
        default=None, metadata=_bare_or(ConstrainDOMStringParameters, _strings)
    )
    group_id: ConstrainDOMString | None = field(
        default=None, metadata=_bare_or(ConstrainDOMStringParameters, _strings)
    )


def _sets(name: str, value: Any) -> tuple[MediaTrackConstraintSet, ...]:
    if isinstance(value, str | Mapping) or not isinstance(value, Sequence):
        raise TypeError(f"{name} is a list of constraint sets, not {value!r}")
    return tuple(MediaTrackConstraintSet.read(each) for each in value)


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class MediaTrackConstraints(MediaTrackConstraintSet):
    """What is asked of a track, and further sets, each to be met as a whole or not at all.

    https://w3c.github.io/mediacapture-main/#media-track-constraints
    """

    advanced: Sequence[MediaTrackConstraintSet | Mapping[str, Any]] | None = field(
        default=None, metadata=_through(_sets)
    )


def _requested(name: str, value: Any) -> bool | MediaTrackConstraints:
    if isinstance(value, bool):
        return value
    if isinstance(value, Mapping):
        return MediaTrackConstraints.read(value)
    raise TypeError(f"{name} is True, False or constraints, not {value!r}")


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class MediaStreamConstraints(Dictionary):
    """Which tracks a stream shall have, and what is asked of each.

    https://w3c.github.io/mediacapture-main/#mediastreamconstraints
    """

    video: bool | MediaTrackConstraints | Mapping[str, Any] = field(
        default=False, metadata=_through(_requested)
    )
    audio: bool | MediaTrackConstraints | Mapping[str, Any] = field(
        default=False, metadata=_through(_requested)
    )


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class MediaTrackSettings(Dictionary):
    """What a track is: `sample_rate` in Hz, `sample_size` in bits, `latency` in seconds.

    https://w3c.github.io/mediacapture-main/#media-track-settings
    """

    sample_rate: int | None = None
    sample_size: int | None = None
    echo_cancellation: bool | str | None = None
    auto_gain_control: bool | None = None
    noise_suppression: bool | None = None
    latency: float | None = None
    channel_count: int | None = None
    device_id: str | None = None
    group_id: str | None = None


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class MediaTrackCapabilities(Dictionary):
    """What a track could be: a range or a list for each property.

    https://w3c.github.io/mediacapture-main/#media-track-capabilities
    """

    sample_rate: ULongRange | None = None
    sample_size: ULongRange | None = None
    echo_cancellation: Sequence[bool | str] | None = None
    auto_gain_control: Sequence[bool] | None = None
    noise_suppression: Sequence[bool] | None = None
    latency: DoubleRange | None = None
    channel_count: ULongRange | None = None
    device_id: str | None = None
    group_id: str | None = None


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class MediaTrackSupportedConstraints(Dictionary):
    """The properties that can be constrained: those that are True.

    https://w3c.github.io/mediacapture-main/#media-track-supported-constraints
    """

    sample_rate: bool = True
    sample_size: bool = True
    echo_cancellation: bool = True
    auto_gain_control: bool = True
    noise_suppression: bool = True
    latency: bool = True
    channel_count: bool = True
    device_id: bool = True
    group_id: bool = True

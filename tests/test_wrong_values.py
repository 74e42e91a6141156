"""Whatever is given where something else is needed: an error that says what, and no change."""

from __future__ import annotations

import inspect
import math
import typing
from collections.abc import Callable, Iterator
from dataclasses import fields
from types import NoneType
from typing import Any

import numpy as np
import pytest
from rendered import RATE

import audiograph as ag
from audiograph import AudioContext, AudioNode, AudioParam, DOMException, OfflineAudioContext
from audiograph.media.source import Source
from audiograph.node import NODES
from audiograph.param import Param

THINGS: list[Any] = [
    None, True, -1, 0, 2**31, 10**400, 1.5, math.nan, math.inf, -math.inf, "x", "", b"", (),
    (1, "a"), {}, {"a": 1}, object(), len, np.zeros(3), np.float32(1), np.array(2.0), 1j, ag.Event,
]  # fmt: skip
SAID = (TypeError, ValueError, DOMException)
KINDS: dict[object, list[Any]] = {
    int: [1.5, math.nan, "1", object(), np.zeros(2)],
    float: [math.nan, math.inf, "1", object(), np.zeros(2), 10**400],
    bool: [np.zeros(2)],
}
"""What no field of that type takes."""
FOREIGN = (
    "ambiguous", "cannot be interpreted", "convert", "iter", "len()", "must be real number",
    "not supported between", "only 0-dimensional", "positional", "unhashable",
)  # fmt: skip
"""Words of Python and of numpy, which do not say what is wrong."""


class Bypass(ag.AudioWorkletProcessor):
    parameter_descriptors = ({"name": "level"},)


@pytest.fixture(scope="module")
def context() -> Iterator[AudioContext]:
    context = AudioContext.suspended(sink_id={"type": "none"}, sample_rate=RATE)
    context.audio_worklet.register_processor("bypass", Bypass)
    yield context
    context.close()


def make(name: str, context: AudioContext, **options: Any) -> AudioNode[Any]:
    """Return a node; what is required is given unless it is in `options`."""
    stream = ag.MediaStream([ag.MediaStreamTrack(Source("test", 1, RATE))])
    required = {
        "feedforward": [1.0],
        "feedback": [1.0],
        "media_stream": stream,
        "media_stream_track": stream.get_tracks()[0],
        "media_element": ag.MediaElement(),
    }
    taken = {each.name for each in fields(NODES[name]._options_type)} & required.keys()
    names = ["bypass"] if name == "AudioWorkletNode" else []
    return NODES[name](context, *names, **{**{key: required[key] for key in taken}, **options})


CONSTRUCTIBLE = sorted(NODES.keys() - {"AudioDestinationNode"})
OPTIONS = [
    (name, each.name) for name in CONSTRUCTIBLE for each in fields(NODES[name]._options_type)
]
MEMBERS = [
    (name, member)
    for name in CONSTRUCTIBLE
    for member in dir(NODES[name])
    if not member.startswith("_")
]
ATTRIBUTES = [
    (name, member)
    for name, member in MEMBERS
    if inspect.isdatadescriptor(static := inspect.getattr_static(NODES[name], member))
    and getattr(static, "fset", static) is not None
    and not member.startswith("on")
    and not isinstance(getattr(NODES[name], member), Param)
]


def says(call: Callable[[], object]) -> bool:
    """Tell whether it raises; the error is of the right kind, and its words are ours."""
    try:
        call()
    except SAID as error:
        words = str(error)
    else:
        return False
    assert words
    assert not any(foreign in words for foreign in FOREIGN), words
    return True


@pytest.mark.parametrize(("name", "option"), OPTIONS)
def test_an_option_of_the_wrong_type_is_named(name: str, option: str, context) -> None:
    hint = typing.get_type_hints(NODES[name]._options_type)[option]
    kind = typing.get_args(hint)[0] if NoneType in typing.get_args(hint) else hint
    for wrong in KINDS.get(kind, []):
        with pytest.raises(TypeError, match=option):
            make(name, context, **{option: wrong})


@pytest.mark.parametrize(("name", "option"), OPTIONS)
def test_any_option_is_taken_or_refused_in_words(name: str, option: str, context) -> None:
    for thing in THINGS:
        says(lambda thing=thing: make(name, context, **{option: thing}))


@pytest.mark.parametrize(("name", "attribute"), ATTRIBUTES)
def test_an_attribute_that_refuses_a_value_keeps_its_own(
    name: str, attribute: str, context
) -> None:
    for thing in THINGS:
        node = make(name, context)
        before = getattr(node, attribute)
        if says(lambda node=node, thing=thing: setattr(node, attribute, thing)):
            assert getattr(node, attribute) is before or getattr(node, attribute) == before


NUMBERS = [math.nan, math.inf, 10**400, "1", None, object(), np.zeros(2)]


@pytest.mark.parametrize(
    ("method", "arguments"),
    [
        ("set_value_at_time", (1.0, 1.0)),
        ("linear_ramp_to_value_at_time", (1.0, 1.0)),
        ("exponential_ramp_to_value_at_time", (1.0, 1.0)),
        ("set_target_at_time", (1.0, 1.0, 1.0)),
        ("set_value_curve_at_time", ([1.0, 2.0], 1.0, 1.0)),
        ("cancel_scheduled_values", (1.0,)),
        ("cancel_and_hold_at_time", (1.0,)),
    ],
)
def test_automation_with_what_is_no_number_schedules_nothing(
    method: str, arguments: tuple[Any, ...], context
) -> None:
    param: AudioParam = ag.GainNode(context).gain
    before = param._timeline.state
    for at in range(len(arguments)):
        # Two zeros are a curve.
        for wrong in NUMBERS[: -1 if method == "set_value_curve_at_time" else None]:
            given = (*arguments[:at], wrong, *arguments[at + 1 :])
            assert says(lambda given=given: getattr(param, method)(*given))
    assert param._timeline.state == before


def test_times_that_are_no_numbers_are_type_errors_and_others_value_errors(context) -> None:
    source = ag.ConstantSourceNode(context)
    for wrong in (None, "now", object(), np.zeros(2)):
        with pytest.raises(TypeError, match="when is a time in seconds"):
            source.start(wrong)
    for wrong in (-1, math.nan, math.inf, 10**400, np.float32(-1)):
        with pytest.raises(ValueError, match=r"when is .*: a finite time of 0 seconds or more"):
            source.start(wrong)
    source.start()


@pytest.mark.parametrize("name", ["AudioBufferSourceNode", "ConstantSourceNode", "OscillatorNode"])
def test_that_a_source_was_started_is_told_before_a_time_that_is_none(name: str, context) -> None:
    source: Any = NODES[name](context)
    with pytest.raises(ag.InvalidStateError, match="stop before start"):
        source.stop(-1)
    source.start()
    with pytest.raises(ag.InvalidStateError, match="started only once"):
        source.start(-1)


@pytest.mark.parametrize("wrong", [1.5, math.nan, "1", object(), np.zeros(2)])
def test_a_port_that_is_no_number_is_a_type_error(wrong: Any, context) -> None:
    node, other = ag.GainNode(context), ag.GainNode(context)
    node.connect(other)
    for call in (
        lambda: node.connect(other, wrong),
        lambda: node.connect(other, 0, wrong),
        lambda: node.disconnect(wrong),
        lambda: node.disconnect(other, wrong),
        lambda: node.disconnect(other, 0, wrong),
    ):
        with pytest.raises(TypeError, match="put is a whole number"):
            call()
    node.disconnect(other)


@pytest.mark.parametrize("field", ["number_of_channels", "length", "sample_rate"])
def test_a_shape_that_is_none_is_told_by_its_name(field: str) -> None:
    shape = {"number_of_channels": 1, "length": 10, "sample_rate": RATE}
    for cls in (OfflineAudioContext, ag.AudioBuffer):
        for wrong in ("1", object(), np.zeros(2), math.nan, math.inf):
            with pytest.raises(TypeError, match=field):
                cls(**{**shape, field: wrong})
        for few in (-1, 0):
            with pytest.raises(ag.NotSupportedError):
                cls(**{**shape, field: few})


def test_a_length_may_be_a_product_of_seconds_and_a_rate() -> None:
    context = OfflineAudioContext(1, 0.5 * 48000.0, 48000)
    buffer = context.create_buffer(2, context.sample_rate * 2, context.sample_rate)
    assert (context.length, buffer.length) == (24000, 96000)
    assert type(buffer.length) is int


def test_a_buffer_too_large_for_the_memory_is_refused() -> None:
    with pytest.raises(ag.NotSupportedError, match="no memory"):
        ag.AudioBuffer(length=2**62, sample_rate=RATE)


def test_a_buffer_copies_between_arrays_and_nothing_else() -> None:
    buffer = ag.AudioBuffer(length=2, sample_rate=RATE)
    array = np.ones(2, np.float32)
    for wrong in ([1.0, 2.0], None, "x", 1.5, np.zeros((1, 2), np.float32)):
        with pytest.raises(TypeError, match="destination"):
            buffer.copy_from_channel(wrong, 0)
    for wrong in (None, "x", 1.5, [[1.0]], [1.0, "x"], 10**400):
        with pytest.raises(TypeError, match="source"):
            buffer.copy_to_channel(wrong, 0)
    for call in (buffer.copy_from_channel, buffer.copy_to_channel):
        for wrong in (1.5, "0", None):
            with pytest.raises(TypeError, match="channel is a whole number"):
                call(array, wrong)
            with pytest.raises(TypeError, match="buffer_offset is a whole number"):
                call(array, 0, wrong)
    assert not np.asarray(buffer).any()
    assert array.all()


def test_what_only_the_package_makes_says_how_it_is_made(context) -> None:
    for cls in (AudioNode, ag.AudioScheduledSourceNode):
        with pytest.raises(TypeError, match=cls.__name__):
            cls(context)
    with pytest.raises(TypeError, match="get_user_media"):
        ag.MediaStreamTrack("mic")
    with pytest.raises(TypeError, match="text"):
        ag.AudioWorkletNode(context, ["bypass"])


def test_what_an_event_carries_is_read_only() -> None:
    buffer = ag.AudioBuffer(length=1, sample_rate=RATE)
    fault = ZeroDivisionError("by 0")
    for event, carried in (
        (ag.ErrorEvent("error", error=fault), {"error": fault, "message": "by 0"}),
        (ag.MessageEvent("message", data=[1]), {"data": [1]}),
        (ag.OfflineAudioCompletionEvent("complete", rendered_buffer=buffer), {}),
    ):
        for name, value in {**carried, "type": event.type, "target": None}.items():
            assert getattr(event, name) == value
            with pytest.raises(AttributeError):
                setattr(event, name, None)


def test_events_are_made_of_what_they_carry() -> None:
    buffer = ag.AudioBuffer(length=1, sample_rate=RATE)
    init = ag.OfflineAudioCompletionEventInit(rendered_buffer=buffer)
    assert ag.OfflineAudioCompletionEvent("complete", init).rendered_buffer is buffer
    for call, said in (
        (lambda: ag.Event(5), "type of an event"),
        (lambda: ag.OfflineAudioCompletionEvent("complete"), "rendered_buffer"),
        (lambda: ag.OfflineAudioCompletionEvent("complete", rendered_buffer=1), "rendered_buffer"),
        (lambda: ag.MediaStreamTrackEvent("addtrack", track=None), "track"),
        (lambda: ag.DeviceChangeEvent("devicechange", devices=[1]), "devices"),
        (lambda: ag.DeviceChangeEvent("devicechange", devices=1), "devices"),
        (lambda: ag.EventTarget().dispatch_event("ended"), "Event"),
        (lambda: ag.EventTarget().add_event_listener(5, print), "type of an event"),
        (lambda: ag.EventTarget().add_event_listener("ended", 5), "callable"),
    ):
        with pytest.raises(TypeError, match=said):
            call()

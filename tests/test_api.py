"""The API, name by name, held to `api.txt`: kinds, types, defaults and what `help` shows."""

from __future__ import annotations

import ast
import inspect
import pydoc
import re
import typing
from collections.abc import Callable, Iterator, Mapping
from dataclasses import MISSING, dataclass, field, fields, is_dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pytest
from rendered import RATE

import audiograph as ag
from audiograph import api
from audiograph.media.source import Source

Offline = ag.OfflineAudioContext


@dataclass
class Entry:
    """An interface or a dictionary as it is stated."""

    name: str
    base: str
    members: dict[str, str] = field(default_factory=dict)
    """Attributes and fields: name to what is said of it."""
    methods: dict[str, str] = field(default_factory=dict)
    """Name to parameters."""


def read() -> tuple[dict[str, tuple[str, ...]], dict[str, Entry], dict[str, Entry]]:
    """Return the enumerations, interfaces and dictionaries of `api.txt`."""
    enums: dict[str, tuple[str, ...]] = {}
    kinds: dict[str, dict[str, Entry]] = {"interface": {}, "dictionary": {}}
    entry = Entry("", "")
    for line in Path(__file__).with_name("api.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("enum "):
            name, _, values = line.removeprefix("enum ").partition(": ")
            enums[name] = tuple(values.split())
        elif line.startswith(tuple(kinds)):
            kind, _, rest = line.partition(" ")
            name, _, base = rest.partition(" : ")
            entry = kinds[kind][name] = Entry(name, base)
        elif method := re.fullmatch(r"    (\w+)\((.*)\)", line):
            entry.methods[method[1]] = method[2]
        elif line.startswith("    "):
            names, _, told = line.strip().partition(": ")
            entry.members.update(dict.fromkeys(names.split(", "), told))
    return enums, kinds["interface"], kinds["dictionary"]


ENUMS, INTERFACES, DICTIONARIES = read()
ATTRIBUTES = [(each, name) for each in INTERFACES.values() for name in each.members]
METHODS = [(each, name) for each in INTERFACES.values() for name in each.methods]
FIELDS = [(each, name) for each in DICTIONARIES.values() for name in each.members]


def named(argument: object) -> str:
    return argument.name if isinstance(argument, Entry) else str(argument)


attributes = pytest.mark.parametrize(("entry", "name"), ATTRIBUTES, ids=named)
methods = pytest.mark.parametrize(("entry", "name"), METHODS, ids=named)
interfaces = pytest.mark.parametrize("entry", INTERFACES.values(), ids=named)
dictionaries = pytest.mark.parametrize("entry", DICTIONARIES.values(), ids=named)


class Bypass(ag.AudioWorkletProcessor):
    made: typing.ClassVar[list[Bypass]] = []

    def __init__(self, options: object) -> None:
        self.made.append(self)


@pytest.fixture(scope="module")
def samples() -> Iterator[Callable[[str], Any]]:
    """Return a function that makes an object of the interface of that name, with no options."""
    live = ag.AudioContext.suspended(sink_id={"type": "none"}, sample_rate=RATE)
    live.audio_worklet.register_processor("bypass", Bypass)
    stream = ag.MediaStream([ag.MediaStreamTrack(Source("test", 1, RATE))])
    track = stream.get_tracks()[0]
    buffer = ag.AudioBuffer(length=1, sample_rate=RATE)
    device = ("1", "audioinput", "mic", "2")

    def worklet_node() -> ag.AudioWorkletNode:
        return ag.AudioWorkletNode(live, "bypass")

    def processor() -> Bypass:
        worklet_node()
        return Bypass.made[-1]

    made: dict[str, Callable[[], Any]] = {
        "AudioBuffer": lambda: buffer,
        "AudioContext": lambda: live,
        "AudioDestinationNode": lambda: Offline(1, 1, RATE).destination,
        "AudioListener": lambda: live.listener,
        "AudioNode": lambda: ag.GainNode(live),
        "AudioParam": lambda: ag.GainNode(live).gain,
        "AudioParamMap": lambda: worklet_node().parameters,
        "AudioPlaybackStats": lambda: live.playback_stats,
        "AudioProcessingEvent": lambda: ag.AudioProcessingEvent(
            "audioprocess", playback_time=0, input_buffer=buffer, output_buffer=buffer
        ),
        "AudioScheduledSourceNode": lambda: ag.ConstantSourceNode(live),
        "AudioSinkInfo": lambda: ag.AudioSinkInfo("none"),
        "AudioWorklet": lambda: live.audio_worklet,
        "AudioWorkletGlobalScope": lambda: processor().global_scope,
        "AudioWorkletNode": worklet_node,
        "AudioWorkletProcessor": processor,
        "BaseAudioContext": lambda: Offline(1, 1, RATE),
        "DeviceChangeEvent": lambda: ag.DeviceChangeEvent("devicechange"),
        "IIRFilterNode": lambda: ag.IIRFilterNode(live, feedforward=[1], feedback=[1]),
        "InputDeviceInfo": lambda: ag.InputDeviceInfo(*device, _device=None),
        "MediaDeviceInfo": lambda: ag.MediaDeviceInfo(*device),
        "MediaDevices": lambda: ag.media_devices,
        "MediaElementAudioSourceNode": lambda: ag.MediaElementAudioSourceNode(
            live, media_element=ag.MediaElement()
        ),
        "MediaStream": lambda: stream,
        "MediaStreamAudioSourceNode": lambda: ag.MediaStreamAudioSourceNode(
            live, media_stream=stream
        ),
        "MediaStreamTrack": lambda: track,
        "MediaStreamTrackAudioSourceNode": lambda: ag.MediaStreamTrackAudioSourceNode(
            live, media_stream_track=track
        ),
        "MediaStreamTrackEvent": lambda: ag.MediaStreamTrackEvent("addtrack", track=track),
        "OfflineAudioCompletionEvent": lambda: ag.OfflineAudioCompletionEvent(
            "complete", rendered_buffer=buffer
        ),
        "OfflineAudioContext": lambda: Offline(1, 1, RATE),
        "OverconstrainedError": lambda: ag.OverconstrainedError("latency"),
    }

    def make(name: str) -> Any:
        if name in made:
            return made[name]()
        cls = getattr(ag, name)
        return cls(live) if "context" in inspect.signature(cls).parameters else cls()

    yield make
    track.stop()
    live.close()


def fits(value: object, told: str) -> bool:
    """Tell whether a value is of the type that is stated."""
    if " | " in told:
        return any(fits(value, each) for each in told.split(" | "))
    if told in ENUMS:
        return value in ENUMS[told]
    if told == "None":
        return value is None
    if told == "callback":
        return value is None or callable(value)
    if listed := re.fullmatch(r"tuple\[(\w+)\]", told):
        return isinstance(value, tuple) and all(fits(each, listed[1]) for each in value)
    numbers = {"int": int, "float": float, "bool": bool, "str": str}
    if told in numbers:
        return type(value) is numbers[told]
    return isinstance(value, np.ndarray if told == "ndarray" else getattr(ag, told))


@interfaces
def test_an_interface_is_a_class_with_its_base(entry: Entry) -> None:
    cls = getattr(ag, entry.name)
    base = Mapping if entry.base == "Mapping" else getattr(ag, entry.base or entry.name)
    assert issubclass(cls, base)


@attributes
def test_an_attribute_has_its_type(entry: Entry, name: str, samples) -> None:
    assert fits(getattr(samples(entry.name), name), entry.members[name].removesuffix("!"))


@attributes
def test_an_attribute_can_be_set_unless_it_is_read_only(entry: Entry, name: str, samples) -> None:
    each = samples(entry.name)
    value = getattr(each, name)
    if entry.members[name].endswith("!"):
        with pytest.raises(AttributeError):
            setattr(each, name, value)
        with pytest.raises(AttributeError):
            delattr(each, name)
    else:
        setattr(each, name, value)
    again = getattr(each, name)
    assert again == value or again is value


@methods
def test_a_method_has_its_parameters(entry: Entry, name: str) -> None:
    parameters = list(inspect.signature(getattr(getattr(ag, entry.name), name)).parameters.values())
    told = ast.parse(f"def told({entry.methods[name]}): ...").body[0]
    assert isinstance(told, ast.FunctionDef)
    names = [each.arg for each in told.args.args]
    listed = parameters[1 : 1 + len(names)]
    assert [each.name for each in listed] == names
    values = [ast.literal_eval(each) for each in told.args.defaults]
    defaults = [each.default for each in listed]
    assert defaults == [inspect.Parameter.empty] * (len(names) - len(values)) + values
    # What there is beyond them can be left out.
    for each in parameters[1 + len(names) :]:
        assert each.default is not inspect.Parameter.empty or each.kind is each.VAR_KEYWORD


@dictionaries
def test_a_dictionary_has_its_fields_and_defaults(entry: Entry) -> None:
    cls = getattr(ag, entry.name)
    assert is_dataclass(cls)
    if entry.base:
        assert issubclass(cls, getattr(ag, entry.base))
    inherited = DICTIONARIES[entry.base].members if entry.base else {}
    declared = {each.name: each for each in fields(cls)}
    assert declared.keys() == {**inherited, **entry.members}.keys()
    for name, told in entry.members.items():
        kind, _, default = told.partition(" = ")
        each = declared[name]
        if kind.endswith("*"):
            assert each.default is MISSING
        elif kind == "float" and default:
            assert each.default == pytest.approx(float(default), rel=1e-7)
        else:
            assert each.default == (ast.literal_eval(default) if default else None)


def literals(hint: object) -> set[object]:
    """Return what the Literals in a type allow."""
    if typing.get_origin(hint) is Literal:
        return set(typing.get_args(hint))
    return {value for part in typing.get_args(hint) for value in literals(part)}


@pytest.mark.parametrize(("entry", "name"), FIELDS, ids=named)
def test_a_field_that_is_an_enumeration_takes_its_values_alone(entry: Entry, name: str) -> None:
    kinds = re.split(r"[*]? = |[*]$| \| ", entry.members[name])
    allowed = {value for kind in kinds for value in ENUMS.get(kind, ())}
    assert literals(typing.get_type_hints(getattr(ag, entry.name))[name]) == allowed


@pytest.mark.parametrize(
    ("entry", "name"),
    [(each, name) for each, name in ATTRIBUTES if each.members[name] in ENUMS],
    ids=named,
)
def test_an_attribute_that_is_an_enumeration_refuses_all_else(entry, name: str, samples) -> None:
    each = samples(entry.name)
    before = getattr(each, name)
    for wrong in ("", "no such thing", None, 0, np.zeros(2)):
        with pytest.raises(TypeError, match=re.escape(repr(before))):
            setattr(each, name, wrong)
        assert getattr(each, name) == before


@pytest.mark.parametrize(
    "entry",
    [each for each in DICTIONARIES.values() if f"{each.name[:-7]}Node" in INTERFACES],
    ids=named,
)
def test_an_attribute_begins_at_its_option_s_default(entry: Entry, samples) -> None:
    node = samples(entry.name.removesuffix("Options") + "Node")
    for each in fields(getattr(ag, entry.name)):
        if each.name in entry.members and each.default is not MISSING and hasattr(node, each.name):
            value = getattr(node, each.name)
            if isinstance(value, ag.AudioParam):
                assert value.default_value == value.value == np.float32(each.default)
            else:
                assert value == each.default


@interfaces
def test_a_node_without_a_constructor_and_what_nodes_have_in_common_cannot_be_made(
    entry: Entry, samples
) -> None:
    if entry.name in ("AudioNode", "AudioScheduledSourceNode", "AudioParam", "MediaStreamTrack"):
        with pytest.raises(TypeError):
            getattr(ag, entry.name)(samples("AudioContext"))


def documented(cls: type) -> Iterator[tuple[str, object]]:
    """Yield the public members that `help` shows of a class, from the package."""
    for each in inspect.classify_class_attrs(cls):
        ours = each.defining_class.__module__.startswith("audiograph")
        plain = each.kind == "data" and not inspect.isdatadescriptor(each.object)
        if ours and not plain and not each.name.startswith("_"):
            yield each.name, each.object


@pytest.mark.parametrize(
    "name", [name for name in api.__all__ if inspect.isclass(getattr(ag, name))]
)
def test_a_class_and_its_members_are_documented(name: str) -> None:
    cls = getattr(ag, name)
    assert cls.__doc__
    own = {each.name for each in fields(cls)} if is_dataclass(cls) else set()
    for member, value in documented(cls):
        if member not in own and member not in vars(Exception):
            doc = pydoc._getdoc(value)
            assert doc, f"{name}.{member} has no docstring"
            assert doc[0].isupper() or doc[0] in "'\"`", f"{name}.{member}: {doc}"


@pytest.mark.parametrize("entry", [*INTERFACES.values(), *DICTIONARIES.values()], ids=named)
def test_a_class_tells_the_specification_s_page(entry: Entry) -> None:
    assert re.search(r"https://\S+[#/]\S+$", inspect.cleandoc(getattr(ag, entry.name).__doc__))


@pytest.mark.parametrize(("entry", "name"), [*ATTRIBUTES, *METHODS], ids=named)
def test_a_member_tells_the_specification_s_page(entry: Entry, name: str) -> None:
    cls = getattr(ag, entry.name)
    if not is_dataclass(cls):
        doc = pydoc._getdoc(inspect.getattr_static(cls, name))
        assert re.search(rf"https://\S+-{name.replace('_', '')}\b", doc) or (
            name.startswith("on") and re.search(rf"https://\S+-{name[2:]}\b", doc)
        ), doc


NODES = [name for name in INTERFACES if name.endswith("Node")]


PAGES = [
    *NODES, "AudioContext", "OfflineAudioContext", "AudioBuffer", "AudioListener", "AudioParam",
    "AudioPlaybackStats", "AudioProcessingEvent", "MediaDevices", "MediaStream",
    "MediaStreamTrack", "OfflineAudioCompletionEvent", "PeriodicWave",
]  # fmt: skip


@pytest.mark.parametrize("name", PAGES)
def test_help_shows_the_interface_and_nothing_else(name: str) -> None:
    cls = getattr(ag, name)
    stated: set[str] = set()
    if issubclass(cls, ag.EventTarget):
        stated |= {"add_event_listener", "remove_event_listener", "dispatch_event"}
    if issubclass(cls, ag.Event):
        stated |= {"type", "target"}
    for base in cls.__mro__:
        if base.__name__ in INTERFACES:
            entry = INTERFACES[base.__name__]
            stated |= {*entry.members, *entry.methods}
    shown = {name for name, _ in documented(cls)}
    assert shown - stated <= {"suspended", "follow"}
    assert stated <= shown


@pytest.mark.parametrize("name", [*NODES, "AudioContext", "OfflineAudioContext"])
def test_completion_offers_the_interface_and_nothing_else(name: str, samples) -> None:
    each = samples(name)
    public = {member for member in dir(each) if not member.startswith("_")}
    assert public == {member for member, _ in documented(type(each))}


@dictionaries
def test_help_shows_the_fields_of_a_dictionary(entry: Entry) -> None:
    cls = getattr(ag, entry.name)
    assert {each.name for each in fields(cls)} <= set(inspect.signature(cls).parameters)


@pytest.mark.parametrize(
    "name", ["AudioBuffer", "AudioContext", "GainNode", "OfflineAudioContext", "PeriodicWave"]
)
def test_help_shows_the_fields_that_a_constructor_takes(name: str) -> None:
    options = getattr(ag, name.removesuffix("Node") + "Options")
    parameters = inspect.signature(getattr(ag, name)).parameters
    for each in fields(options):
        shown = parameters[each.name]
        assert shown.kind is shown.KEYWORD_ONLY
        assert shown.default == (shown.empty if each.default is MISSING else each.default)


@pytest.mark.parametrize("name", ["AudioListener", *NODES])
def test_help_tells_a_parameter_s_unit_default_range_and_rate(name: str, samples) -> None:
    made = samples(name)
    for member, value in documented(type(made)):
        param = getattr(made, member)
        if not isinstance(param, ag.AudioParam):
            continue
        doc = " ".join(pydoc._getdoc(value).split())
        assert re.search(rf"An AudioParam, in .*: {param.default_value:g} by default, ", doc)
        assert f", {param.automation_rate}" in doc
        most = {-np.finfo(np.float32).max, np.finfo(np.float32).max}
        for bound in {param.min_value, param.max_value} - most:
            text = {RATE / 2: "sample_rate / 2", -RATE / 2: "-sample_rate / 2"}.get(bound)
            assert (text or f"{bound:g}") in doc or "max_delay_time" in doc


def test_arguments_have_the_specification_s_names() -> None:
    context = Offline(context_options=ag.OfflineAudioContextOptions(length=1, sample_rate=RATE))
    options = ag.GainOptions(gain=0.5)
    for node in (
        ag.GainNode(context, options),
        ag.GainNode(context, options=options),
        ag.GainNode(context=context, options=options),
        ag.GainNode(context=context, gain=0.5),
    ):
        assert (node.context, node.gain.value) == (context, 0.5)
    shape = ag.AudioBufferOptions(length=1, sample_rate=RATE)
    assert ag.AudioBuffer(options=shape).length == 1
    live = ag.AudioContext.suspended(
        context_options=ag.AudioContextOptions(sink_id={"type": "none"}, sample_rate=RATE)
    )
    assert live.sample_rate == RATE
    live.close()

"""What every node has in common, for every class in the registry."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field, fields
from typing import Any, Generic, TypeVar

import numpy as np
import pytest
from rendered import RATE
from sound_files import noise, write_file

import audiograph
import audiograph.nodes
from audiograph import (
    AnalyserNode,
    AudioBufferSourceNode,
    AudioContext,
    AudioNode,
    AudioParam,
    AudioWorkletProcessor,
    BiquadFilterNode,
    ConstantSourceNode,
    DOMException,
    GainNode,
    IndexSizeError,
    InvalidAccessError,
    InvalidStateError,
    MediaElement,
    MediaStream,
    MediaStreamTrack,
    NotSupportedError,
    OfflineAudioContext,
)
from audiograph.media.source import Source
from audiograph.node import NODES

Node = AudioNode[Any]
T = TypeVar("T")
MOST = 3.4028234663852886e38


@dataclass(frozen=True)
class Spec:
    """A node's tables in the specification."""

    inputs: int = 1
    outputs: int = 1
    count: int = 2
    mode: str = "max"
    interpretation: str = "speakers"
    params: dict[str, tuple[float, float, float, str, bool]] = field(default_factory=dict)
    """Name to (default, minimum, maximum, rate, whether the rate can be changed)."""
    fixed: dict[str, type[DOMException]] = field(default_factory=dict)
    given: dict[str, Any] = field(default_factory=dict)
    """Options that are required."""
    named: dict[str, str] = field(default_factory=dict)
    """What stands between the context and the options."""
    factory: str | None = None
    own_options: bool = True
    live: bool = False
    defaults: dict[str, Any] = field(default_factory=dict)


def _stream() -> MediaStream:
    return MediaStream([MediaStreamTrack(Source("test", 1, RATE))])


CENTS = 1200 * float(np.log2(MOST))
FIXED_MIX = {"channel_count": InvalidStateError, "channel_count_mode": InvalidStateError}

SPECS = {
    "AnalyserNode": Spec(
        factory="create_analyser",
        defaults={
            "fft_size": 2048,
            "frequency_bin_count": 1024,
            "min_decibels": -100,
            "max_decibels": -30,
            "smoothing_time_constant": 0.8,
        },
    ),
    "AudioBufferSourceNode": Spec(
        inputs=0,
        params={
            "playback_rate": (1, -MOST, MOST, "k-rate", False),
            "detune": (0, -MOST, MOST, "k-rate", False),
        },
        factory="create_buffer_source",
        own_options=False,
        defaults={"buffer": None, "loop": False, "loop_start": 0, "loop_end": 0},
    ),
    "AudioDestinationNode": Spec(outputs=1, mode="explicit", fixed=FIXED_MIX),
    "AudioWorkletNode": Spec(named={"name": "bypass"}),
    "BiquadFilterNode": Spec(
        params={
            "frequency": (350, 0, RATE / 2, "a-rate", True),
            "detune": (0, -CENTS, CENTS, "a-rate", True),
            "q": (1, -MOST, MOST, "a-rate", True),
            "gain": (0, -MOST, 40 * float(np.log10(MOST)), "a-rate", True),
        },
        factory="create_biquad_filter",
        defaults={"type": "lowpass"},
    ),
    "ChannelMergerNode": Spec(
        inputs=6, count=1, mode="explicit", fixed=FIXED_MIX, factory="create_channel_merger"
    ),
    "ChannelSplitterNode": Spec(
        outputs=6,
        count=6,
        mode="explicit",
        interpretation="discrete",
        fixed={**FIXED_MIX, "channel_interpretation": InvalidStateError},
        factory="create_channel_splitter",
    ),
    "ConstantSourceNode": Spec(
        inputs=0,
        params={"offset": (1, -MOST, MOST, "a-rate", True)},
        factory="create_constant_source",
        own_options=False,
    ),
    "ConvolverNode": Spec(
        mode="clamped-max",
        fixed={"channel_count": NotSupportedError},
        factory="create_convolver",
        defaults={"buffer": None, "normalize": True},
    ),
    "DelayNode": Spec(params={"delay_time": (0, 0, 1, "a-rate", True)}, factory="create_delay"),
    "DynamicsCompressorNode": Spec(
        mode="clamped-max",
        fixed={"channel_count": NotSupportedError},
        params={
            "threshold": (-24, -100, 0, "k-rate", False),
            "knee": (30, 0, 40, "k-rate", False),
            "ratio": (12, 1, 20, "k-rate", False),
            "attack": (float(np.float32(0.003)), 0, 1, "k-rate", False),
            "release": (0.25, 0, 1, "k-rate", False),
        },
        factory="create_dynamics_compressor",
        defaults={"reduction": 0},
    ),
    "GainNode": Spec(params={"gain": (1, -MOST, MOST, "a-rate", True)}, factory="create_gain"),
    "IIRFilterNode": Spec(
        given={"feedforward": lambda: [1.0], "feedback": lambda: [1.0, 0.5]},
        factory="create_iir_filter",
    ),
    "MediaElementAudioSourceNode": Spec(
        inputs=0,
        given={"media_element": MediaElement},
        factory="create_media_element_source",
        own_options=False,
        live=True,
    ),
    "MediaStreamAudioDestinationNode": Spec(
        outputs=0, mode="explicit", factory="create_media_stream_destination", live=True
    ),
    "MediaStreamAudioSourceNode": Spec(
        inputs=0,
        given={"media_stream": _stream},
        factory="create_media_stream_source",
        own_options=False,
        live=True,
    ),
    "MediaStreamTrackAudioSourceNode": Spec(
        inputs=0,
        given={"media_stream_track": lambda: _stream().get_tracks()[0]},
        factory="create_media_stream_track_source",
        own_options=False,
        live=True,
    ),
    "OscillatorNode": Spec(
        inputs=0,
        params={
            "frequency": (440, -RATE / 2, RATE / 2, "a-rate", True),
            "detune": (0, -CENTS, CENTS, "a-rate", True),
        },
        factory="create_oscillator",
        defaults={"type": "sine"},
    ),
    "ScriptProcessorNode": Spec(
        mode="explicit",
        fixed={"channel_count": NotSupportedError, "channel_count_mode": NotSupportedError},
        factory="create_script_processor",
        own_options=False,
        defaults={"buffer_size": 1024, "onaudioprocess": None},
    ),
    "PannerNode": Spec(
        mode="clamped-max",
        fixed={"channel_count": NotSupportedError},
        params={
            "position_x": (0, -MOST, MOST, "a-rate", True),
            "position_y": (0, -MOST, MOST, "a-rate", True),
            "position_z": (0, -MOST, MOST, "a-rate", True),
            "orientation_x": (1, -MOST, MOST, "a-rate", True),
            "orientation_y": (0, -MOST, MOST, "a-rate", True),
            "orientation_z": (0, -MOST, MOST, "a-rate", True),
        },
        factory="create_panner",
        defaults={
            "panning_model": "equalpower",
            "distance_model": "inverse",
            "ref_distance": 1,
            "max_distance": 10000,
            "rolloff_factor": 1,
            "cone_inner_angle": 360,
            "cone_outer_angle": 360,
            "cone_outer_gain": 0,
        },
    ),
    "StereoPannerNode": Spec(
        mode="clamped-max",
        fixed={"channel_count": NotSupportedError},
        params={"pan": (0, -1, 1, "a-rate", True)},
        factory="create_stereo_panner",
    ),
    "WaveShaperNode": Spec(
        factory="create_wave_shaper", defaults={"curve": None, "oversample": "none"}
    ),
}

CONSTRUCTIBLE = [name for name in SPECS if name != "AudioDestinationNode"]
nodes = pytest.mark.parametrize("name", list(SPECS))
constructible = pytest.mark.parametrize("name", CONSTRUCTIBLE)


@pytest.fixture
def context():
    context = AudioContext.suspended(sink_id={"type": "none"}, sample_rate=RATE)
    context.audio_worklet.register_processor("bypass", AudioWorkletProcessor)
    yield context
    if context.state != "closed":
        context.close()


def make(name: str, context: Any, **options: Any) -> Node:
    if name == "AudioDestinationNode":
        return OfflineAudioContext(2, 100, RATE).destination
    required = {key: value() for key, value in SPECS[name].given.items()}
    return NODES[name](context, *SPECS[name].named.values(), **required, **options)


def until(condition: Callable[[], object]) -> None:
    """Wait for a condition; fail when it does not come true in time."""
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline, "it did not come true in time"
        threading.Event().wait(0.001)


def test_the_registry_holds_every_node_there_is() -> None:
    for module in pkgutil.iter_modules(audiograph.nodes.__path__):
        importlib.import_module(f"audiograph.nodes.{module.name}")
    assert set(NODES) == set(SPECS)
    for name, cls in NODES.items():
        assert getattr(audiograph, name) is cls
        assert name in audiograph.__all__


@nodes
def test_its_defaults_are_those_of_the_specification(name: str, context) -> None:
    spec, node = SPECS[name], make(name, context)
    assert (node.number_of_inputs, node.number_of_outputs) == (spec.inputs, spec.outputs)
    assert node.channel_count == spec.count
    assert node.channel_count_mode == spec.mode
    assert node.channel_interpretation == spec.interpretation
    assert {declared.name for declared in node._param_declarations} == set(spec.params)
    for param_name, (default, low, high, rate, _) in spec.params.items():
        param = getattr(node, param_name)
        assert isinstance(param, AudioParam)
        assert param is getattr(node, param_name)
        assert param.value == param.default_value == default
        assert param.min_value == pytest.approx(low, rel=1e-7)
        assert param.max_value == pytest.approx(high, rel=1e-7)
        assert param.automation_rate == rate
    for attribute, value in spec.defaults.items():
        assert getattr(node, attribute) == value


@nodes
def test_what_is_read_only_cannot_be_set(name: str, context) -> None:
    node = make(name, context)
    read_only = ["context", "number_of_inputs", "number_of_outputs", *SPECS[name].params]
    if name == "MediaElementAudioSourceNode":
        read_only.append("media_element")
    if name == "MediaStreamAudioSourceNode":
        read_only.append("media_stream")
    if name == "MediaStreamAudioDestinationNode":
        read_only.append("stream")
    for attribute in read_only:
        before = getattr(node, attribute)
        with pytest.raises(AttributeError):
            setattr(node, attribute, before)
        assert getattr(node, attribute) is before
    for param_name in SPECS[name].params:
        for attribute in ("default_value", "min_value", "max_value"):
            with pytest.raises(AttributeError):
                setattr(getattr(node, param_name), attribute, 0)


@nodes
def test_automation_rates_change_where_they_may(name: str, context) -> None:
    node = make(name, context)
    for param_name, (_, _, _, rate, free) in SPECS[name].params.items():
        param = getattr(node, param_name)
        other = "a-rate" if rate == "k-rate" else "k-rate"
        param.automation_rate = rate
        if free:
            param.automation_rate = other
            assert param.automation_rate == other
        else:
            with pytest.raises(InvalidStateError):
                param.automation_rate = other
            assert param.automation_rate == rate
        with pytest.raises(TypeError):
            param.automation_rate = "z-rate"


CHANGES: list[tuple[str, Any]] = [
    ("channel_count", 3),
    ("channel_count_mode", "clamped-max"),
    ("channel_interpretation", "discrete"),
    ("channel_interpretation", "speakers"),
]


@nodes
@pytest.mark.parametrize(("attribute", "value"), CHANGES)
def test_channel_settings_change_where_they_may(name: str, attribute: str, value, context) -> None:
    node, error = make(name, context), SPECS[name].fixed.get(attribute)
    before = getattr(node, attribute)
    setattr(node, attribute, before)
    if error is not None and value != before:
        with pytest.raises(error):
            setattr(node, attribute, value)
        assert getattr(node, attribute) == before
    else:
        setattr(node, attribute, value)
        assert getattr(node, attribute) == value


@nodes
def test_impossible_channel_settings_change_nothing(name: str, context) -> None:
    node = make(name, context)
    for attribute, value, errors in (
        ("channel_count", 0, (NotSupportedError, InvalidStateError, IndexSizeError)),
        ("channel_count", 33, (NotSupportedError, InvalidStateError, IndexSizeError)),
        ("channel_count", 1.5, (TypeError,)),
        ("channel_count", "2", (TypeError,)),
        ("channel_count_mode", "min", (TypeError,)),
        ("channel_interpretation", "", (TypeError,)),
        ("channel_interpretation", None, (TypeError,)),
    ):
        before = getattr(node, attribute)
        with pytest.raises(errors):
            setattr(node, attribute, value)
        assert getattr(node, attribute) == before


@constructible
def test_it_is_made_from_an_options_object_or_its_fields(name: str, context) -> None:
    spec, cls = SPECS[name], NODES[name]
    required = lambda: {key: value() for key, value in spec.given.items()}  # noqa: E731
    values: dict[str, Any] = {
        param: min(max(0.25, low), high) for param, (_, low, high, _, _) in spec.params.items()
    }
    if spec.own_options and "channel_count" not in spec.fixed:
        values["channel_count"] = 4
    if spec.own_options and "channel_interpretation" not in spec.fixed:
        values["channel_interpretation"] = "discrete"
    for node in (
        cls(context, *spec.named.values(), cls._options_type(**required(), **values)),
        cls(context, *spec.named.values(), **required(), **values),
    ):
        for attribute, value in values.items():
            got = getattr(node, attribute)
            assert (got.value if isinstance(got, AudioParam) else got) == value
            if isinstance(got, AudioParam):
                assert got.default_value == spec.params[attribute][0]
        assert node.context is context
    if spec.factory is not None:
        assert type(getattr(context, spec.factory)(*required().values())) is cls


@constructible
def test_wrong_arguments_are_type_errors(name: str, context) -> None:
    spec, cls = SPECS[name], NODES[name]
    required = {key: value() for key, value in spec.given.items()}
    options, names = cls._options_type(**required), spec.named.values()
    for arguments, keywords in (
        ((), {}),
        ((None,), {}),
        (("context",), {}),
        ((context, *names, {}), {}),
        ((context, *names, 5), {}),
        ((context, *names, options), {"channel_count": 1}),
        ((context, *names), {**required, "no_such_field": 1}),
    ):
        with pytest.raises(TypeError):
            cls(*arguments, **keywords)
    for key in required:
        others = {name: value for name, value in required.items() if name != key}
        with pytest.raises(TypeError, match=key):
            cls(context, **others)
        with pytest.raises(TypeError):
            cls(context, **others, **{key: "nothing of the kind"})


@constructible
def test_an_option_that_a_parameter_cannot_take_is_a_type_error(name: str, context) -> None:
    for param in SPECS[name].params:
        for value in (np.nan, np.inf, "loud", None, 1e39, [1]):
            with pytest.raises(TypeError):
                make(name, context, **{param: value})


def test_a_misspelt_option_is_told_its_name(context) -> None:
    with pytest.raises(TypeError, match="did you mean 'gain'"):
        GainNode(context, gian=1)
    # As the specification spells them.
    for cls, name, ours in (
        (BiquadFilterNode, "Q", "q"),
        (AnalyserNode, "fftSize", "fft_size"),
        (GainNode, "channelCountMode", "channel_count_mode"),
        (AudioBufferSourceNode, "playbackRate", "playback_rate"),
    ):
        with pytest.raises(TypeError, match=f"{name!r}; did you mean {ours!r}"):
            cls(context, **{name: 1})


@constructible
def test_a_class_derived_from_it_is_the_user_s_own(name: str, context) -> None:
    base = NODES[name]
    before = dict(NODES)
    # A name that is taken, and a constructor of its own as the specification's VUMeterNode has.
    same = type(name, (base,), {})

    class Own(base):
        def __init__(self, context: Any, interval: float = 0.1) -> None:
            required = {key: value() for key, value in SPECS[name].given.items()}
            super().__init__(context, **SPECS[name].named, **required)
            self.interval = interval

    class Mixed(base, Generic[T]):
        """With a base that says nothing of options."""

    assert before == NODES
    assert Own(context, 0.5).interval == 0.5
    assert list(inspect.signature(Own).parameters) == ["context", "interval"]
    assert inspect.signature(same) == inspect.signature(Mixed) == inspect.signature(base)
    assert Own(context).channel_count == make(name, context).channel_count


@constructible
def test_help_shows_its_options_and_the_specification(name: str) -> None:
    cls = NODES[name]
    parameters = inspect.signature(cls).parameters
    first = ["context", *SPECS[name].named, "options"]
    assert list(parameters)[: len(first)] == first
    assert {each.name for each in fields(cls._options_type)} <= set(parameters)
    assert f"https://webaudio.github.io/web-audio-api/#{name}" in cls.__doc__


@nodes
def test_it_is_connected_once_and_disconnected_in_every_way(name: str, context) -> None:
    node = make(name, context)
    other = node.context
    gain = GainNode(other)
    if node.number_of_inputs:
        last = node.number_of_inputs - 1
        source = ConstantSourceNode(other)
        for arguments in ((node,), (node, 0), (node, 0, last), (node,)):
            assert source.connect(*arguments) is node
        assert source.connect(destination_node=node, output=0, input=last) is node
        source.disconnect(node, 0, last)
        with pytest.raises(InvalidAccessError):
            source.disconnect(node, 0, last)
        source.disconnect() if last else None
        with pytest.raises(InvalidAccessError):
            source.disconnect(node)
    if node.number_of_outputs:
        last = node.number_of_outputs - 1
        for take_away in (
            lambda: node.disconnect(),
            lambda: node.disconnect(last),
            lambda: node.disconnect(gain),
            lambda: node.disconnect(gain, last),
            lambda: node.disconnect(gain, last, 0),
            lambda: node.disconnect(destination_node=gain, output=last, input=0),
        ):
            assert node.connect(gain, last) is gain
            take_away()
            with pytest.raises(InvalidAccessError):
                node.disconnect(gain)
        for take_away in (
            lambda: node.disconnect(),
            lambda: node.disconnect(last),
            lambda: node.disconnect(gain.gain),
            lambda: node.disconnect(gain.gain, last),
            lambda: node.disconnect(destination_param=gain.gain, output=last),
        ):
            assert node.connect(destination_param=gain.gain, output=last) is None
            take_away()
            with pytest.raises(InvalidAccessError):
                node.disconnect(gain.gain)
        node.disconnect()
        node.disconnect(last)


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda source, gain: source.connect(gain.gain, 0, 1), "input 1: a parameter has none"),
        (lambda source, gain: source.disconnect(gain.gain, 0, 1), "input 1: a parameter has none"),
        (lambda source, gain: source.disconnect(input=0), "the node that it belongs to"),
        (lambda source, gain: source.disconnect(0, input=0), "the node that it belongs to"),
        (lambda source, gain: source.disconnect(0, 0), "the node or parameter .* comes first"),
        (
            lambda source, gain: source.connect(gain, destination_param=gain.gain),
            "either a destination_node or a destination_param",
        ),
        (
            lambda source, gain: source.disconnect(gain, destination_param=gain.gain),
            "either a destination_node or a destination_param",
        ),
    ],
)
def test_an_argument_that_would_be_left_out_is_a_type_error(call, said, context) -> None:
    source, gain = ConstantSourceNode(context), GainNode(context)
    source.connect(gain)
    source.connect(gain.gain)
    with pytest.raises(TypeError, match=said):
        call(source, gain)
    source.disconnect(gain, 0, 0)
    source.disconnect(gain.gain, 0)


@nodes
def test_impossible_connections_change_nothing(name: str, context) -> None:
    node = make(name, context)
    gain, foreign = GainNode(node.context), GainNode(OfflineAudioContext(1, 1, RATE))
    outputs = node.number_of_outputs
    for output in (-1, outputs, 99):
        for call in (
            lambda output=output: node.connect(gain, output),
            lambda output=output: node.connect(gain.gain, output),
            lambda output=output: node.disconnect(output),
            lambda output=output: node.disconnect(gain, output),
        ):
            with pytest.raises(IndexSizeError):
                call()
    for wrong in (None, "gain", 1.5, object()):
        with pytest.raises((TypeError, IndexSizeError)):
            node.connect(wrong)
    if outputs:
        for input in (-1, 1):
            with pytest.raises(IndexSizeError):
                node.connect(gain, 0, input)
            with pytest.raises(IndexSizeError):
                node.disconnect(gain, 0, input)
        with pytest.raises(TypeError):
            node.connect(gain, 0.5)
        for target in (foreign, foreign.gain):
            with pytest.raises(InvalidAccessError):
                node.connect(target)
            with pytest.raises(InvalidAccessError):
                node.disconnect(target)
    else:
        with pytest.raises(IndexSizeError):
            node.connect(gain)
    assert not node._wires


@constructible
def test_one_that_fails_is_mute_and_reported_and_the_rest_plays(
    name: str, context, caplog, tmp_path
) -> None:
    def fail(block: object) -> None:
        raise ZeroDivisionError("a fault of its own")

    node, rest = make(name, context), ConstantSourceNode(context, offset=0.25)
    rest.connect(context.destination)
    rest.start()
    if SPECS[name].inputs:
        rest.connect(node)
    if SPECS[name].outputs:
        node.connect(context.destination)
    if hasattr(node, "start"):
        node.start()
    if hasattr(node, "media_element"):
        node.media_element.src = write_file(tmp_path / "sound.wav", noise(2000))
        node.media_element.play()
    node._vertex.processor.process = fail
    out = np.empty((2, 1024), np.float32)
    for at in range(0, 1024, 256):
        context._renderer.render(context.destination._vertex, out[:, at : at + 256])
    assert (out == 0.25).all()
    until(lambda: caplog.records)
    assert [record.message for record in caplog.records] == [
        f"{name} failed and is mute from now on: ZeroDivisionError: a fault of its own"
    ]


@nodes
def test_an_option_that_is_no_channel_setting_of_its_own_is_refused(name: str, context) -> None:
    if name == "AudioDestinationNode" or SPECS[name].own_options:
        return
    with pytest.raises(TypeError, match="channel_count"):
        make(name, context, channel_count=1)


@pytest.mark.parametrize("cls", ["ChannelMergerNode", "ChannelSplitterNode"])
def test_channel_settings_that_are_fixed_cannot_be_given_either(cls: str, context) -> None:
    for wrong in ({"channel_count": 3}, {"channel_count_mode": "max"}):
        with pytest.raises(InvalidStateError):
            make(cls, context, **wrong)

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rendered import RATE

from audiograph import (
    AbortError,
    AudioParamDescriptor,
    AudioWorkletGlobalScope,
    AudioWorkletNode,
    AudioWorkletProcessor,
    InvalidStateError,
    NotSupportedError,
    OfflineAudioContext,
)


class Bypass(AudioWorkletProcessor):
    def process(self, inputs, outputs, parameters) -> bool:
        for channel, out in zip(inputs[0], outputs[0], strict=False):
            out[:] = channel
        return False


def described(*descriptors: Any) -> type[AudioWorkletProcessor]:
    class Described(Bypass):
        parameter_descriptors = descriptors

    return Described


@pytest.fixture
def context() -> OfflineAudioContext:
    return OfflineAudioContext(
        number_of_channels=1, length=1024, sample_rate=RATE, render_size_hint=256
    )


def test_a_context_has_one_worklet(context: OfflineAudioContext) -> None:
    assert context.audio_worklet is context.audio_worklet
    with pytest.raises(AttributeError):
        context.audio_worklet = None


def test_a_registered_class_makes_nodes_of_its_own_context_alone(
    context: OfflineAudioContext,
) -> None:
    context.audio_worklet.register_processor("bypass", Bypass)
    AudioWorkletNode(context, "bypass")
    with pytest.raises(InvalidStateError, match="'bypass'; there are: none"):
        AudioWorkletNode(OfflineAudioContext(1, 1, RATE), "bypass")


def test_an_unknown_name_is_told_the_known_ones(context: OfflineAudioContext) -> None:
    for name in ("one", "two"):
        context.audio_worklet.register_processor(name, Bypass)
    with pytest.raises(InvalidStateError, match="'three'; there are: 'one', 'two'"):
        AudioWorkletNode(context, "three")


@pytest.mark.parametrize(
    ("name", "processor", "error"),
    [
        ("", Bypass, NotSupportedError),
        ("taken", Bypass, NotSupportedError),
        (5, Bypass, TypeError),
        ("new", Bypass.process, TypeError),
        ("new", dict, TypeError),
        ("new", None, TypeError),
        ("new", described({"name": "a"}, {"name": "b"}, {"name": "a"}), NotSupportedError),
        ("new", described({"name": "a", "default_value": 2, "max_value": 1}), InvalidStateError),
        ("new", described({"name": "a", "default_value": -2, "min_value": -1}), InvalidStateError),
        ("new", described({"name": "a", "min_value": 1, "max_value": -1}), InvalidStateError),
        ("new", described({}), TypeError),
        ("new", described({"name": 5}), TypeError),
        ("new", described({"name": "a", "defaultValue": 5}), TypeError),
        ("new", described({"name": "a", "default_value": float("nan")}), TypeError),
        ("new", described({"name": "a", "default_value": "loud"}), TypeError),
        ("new", described({"name": "a", "max_value": 1e39}), TypeError),
        ("new", described({"name": "a", "automation_rate": "z-rate"}), TypeError),
        ("new", described("a"), TypeError),
        ("new", described(AudioParamDescriptor(name=5)), TypeError),
        ("new", described(AudioParamDescriptor(name="a", automation_rate="z-rate")), TypeError),
        ("new", described(AudioParamDescriptor(name="a", max_value=float("inf"))), TypeError),
    ],
)
def test_what_cannot_be_registered_changes_nothing(
    context: OfflineAudioContext, name: Any, processor: Any, error: type[Exception]
) -> None:
    context.audio_worklet.register_processor("taken", described({"name": "own"}))
    with pytest.raises(error):
        context.audio_worklet.register_processor(name, processor)
    assert list(AudioWorkletNode(context, "taken").parameters) == ["own"]
    if name == "new":
        context.audio_worklet.register_processor("new", Bypass)


def test_descriptors_that_are_no_list_are_told_their_class(context: OfflineAudioContext) -> None:
    # As in JavaScript, where it is a static getter.
    class Got(Bypass):
        @staticmethod
        def parameter_descriptors() -> list[dict[str, str]]:
            return [{"name": "a"}]

    with pytest.raises(TypeError, match=r"^Got\.parameter_descriptors is a sequence"):
        context.audio_worklet.register_processor("got", Got)


def test_parameters_are_described_by_descriptors_or_dicts(context: OfflineAudioContext) -> None:
    descriptor = AudioParamDescriptor(name="last", min_value=-1, max_value=1)
    full = {
        "name": "first",
        "default_value": 0.1,
        "min_value": 0,
        "max_value": 0.1,
        "automation_rate": "k-rate",
    }
    context.audio_worklet.register_processor("described", described(full, descriptor))
    parameters = AudioWorkletNode(context, "described").parameters
    assert list(parameters) == ["first", "last"]
    first, last = parameters.values()
    assert first.default_value == first.max_value == first.value == np.float32(0.1)
    assert (first.min_value, first.automation_rate) == (0, "k-rate")
    assert (last.default_value, last.min_value, last.max_value) == (0, -1, 1)
    assert last.automation_rate == "a-rate"


def test_a_function_is_called_with_the_scope(context: OfflineAudioContext) -> None:
    scopes: list[AudioWorkletGlobalScope] = []

    def module(scope: AudioWorkletGlobalScope) -> None:
        scopes.append(scope)
        scope.register_processor("bypass", Bypass)

    context.audio_worklet.add_module(module)
    AudioWorkletNode(context, "bypass")
    (scope,) = scopes
    assert scope is context.audio_worklet.global_scope
    assert (scope.sample_rate, scope.render_quantum_size) == (RATE, 256)
    assert (scope.current_frame, scope.current_time) == (0, 0)
    context.start_rendering()
    assert (scope.current_frame, scope.current_time) == (1024, 1024 / RATE)


MODULE = """
from audiograph import AudioWorkletProcessor

class Same(AudioWorkletProcessor):
    def process(self, inputs, outputs, parameters):
        return scope.current_frame < 5

register_processor("same", Same)
"""


def test_a_file_is_run_once(context: OfflineAudioContext, tmp_path: Path) -> None:
    path = tmp_path / "module.py"
    path.write_text(MODULE)
    context.audio_worklet.add_module(path)
    context.audio_worklet.add_module(str(path))
    node = AudioWorkletNode(context, "same")
    node.connect(context.destination)
    context.start_rendering()
    other = OfflineAudioContext(1, 1, RATE)
    other.audio_worklet.add_module(path)
    AudioWorkletNode(other, "same")


def test_what_a_module_raises_comes_through(context: OfflineAudioContext, tmp_path: Path) -> None:
    path = tmp_path / "module.py"
    path.write_text("register_processor('', object)")
    for _ in range(2):
        with pytest.raises(NotSupportedError):
            context.audio_worklet.add_module(path)
    path.write_text("open('no such file')")
    with pytest.raises(FileNotFoundError):
        context.audio_worklet.add_module(path)

    def fail(_: object) -> None:
        raise KeyError("of its own")

    with pytest.raises(KeyError):
        context.audio_worklet.add_module(fail)


def test_what_is_no_module_is_an_error(context: OfflineAudioContext, tmp_path: Path) -> None:
    (tmp_path / "text.txt").write_text("")
    for name in ("nothing.py", "text.txt", "."):
        with pytest.raises(AbortError, match="cannot load"):
            context.audio_worklet.add_module(tmp_path / name)
    for wrong in (None, 5, ["module.py"]):
        with pytest.raises(TypeError):
            context.audio_worklet.add_module(wrong)


@pytest.mark.parametrize("address", ["https://example.org/gain.py", "file:///tmp/gain.py"])
def test_no_module_is_fetched(context: OfflineAudioContext, address: str) -> None:
    with pytest.raises(NotSupportedError, match="modules come from files: fetch it"):
        context.audio_worklet.add_module(address)


def test_a_processor_cannot_be_made_by_hand(context: OfflineAudioContext) -> None:
    with pytest.raises(TypeError, match="Bypass is made by an AudioWorkletNode"):
        Bypass()
    made: list[Exception] = []

    class Twice(Bypass):
        def __init__(self, options: object) -> None:
            super().__init__(options)
            try:
                Bypass()
            except TypeError as error:
                made.append(error)

    context.audio_worklet.register_processor("twice", Twice)
    AudioWorkletNode(context, "twice")
    assert len(made) == 1


def test_the_worklet_and_its_scope_have_ports(context: OfflineAudioContext) -> None:
    worklet = context.audio_worklet
    heard: list[Any] = []
    worklet.global_scope.port.onmessage = lambda event: worklet.global_scope.port.post_message(
        [event.data, worklet.global_scope.current_frame]
    )
    worklet.port.onmessage = lambda event: heard.append(event.data)
    worklet.port.post_message("before")
    context.suspend(512 / RATE, lambda _: worklet.port.post_message("later"))
    context.start_rendering()
    assert heard == [["before", 0], ["later", 512]]

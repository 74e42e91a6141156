from __future__ import annotations

import gc
import threading
import weakref
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rendered import QUANTUM, RATE, noise, play, render

from audiograph import (
    AudioContext,
    AudioParam,
    AudioWorkletNode,
    AudioWorkletNodeOptions,
    AudioWorkletProcessor,
    ConstantSourceNode,
    DelayNode,
    ErrorEvent,
    GainNode,
    IndexSizeError,
    NotSupportedError,
    OfflineAudioContext,
)

BLOCKS = (QUANTUM, 3 * QUANTUM, 16384)


class Bypass(AudioWorkletProcessor):
    def process(self, inputs, outputs, parameters) -> bool:
        for channel, out in zip(inputs[0], outputs[0], strict=True):
            out[:] = channel
        return False


class Scale(AudioWorkletProcessor):
    parameter_descriptors = ({"name": "gain", "default_value": 1},)

    def process(self, inputs, outputs, parameters) -> bool:
        for channel, out in zip(inputs[0], outputs[0], strict=False):
            out[:] = channel * parameters["gain"]
        return True


class Clock(AudioWorkletProcessor):
    """Puts out the number of its frame, counted from the scope's clock."""

    def process(self, inputs, outputs, parameters) -> bool:
        scope = self.global_scope
        assert scope.current_time == scope.current_frame / scope.sample_rate
        outputs[0][0][:] = scope.current_frame + np.arange(scope.render_quantum_size)
        return True


class Census(AudioWorkletProcessor):
    """Puts out how many channels come in and go out, and how often it was called."""

    def __init__(self, options: AudioWorkletNodeOptions) -> None:
        self.calls = 0
        self.wanted = options.processor_options or 10**9

    def process(self, inputs, outputs, parameters) -> bool:
        self.calls += 1
        for out in outputs[0]:
            out[:] = len(inputs[0]) + 100 * len(outputs[0]) + 10000 * self.calls
        return self.calls < self.wanted


class Breaks(AudioWorkletProcessor):
    """Passes its input on, until the call of the number in its options."""

    def __init__(self, options: AudioWorkletNodeOptions) -> None:
        self.left = options.processor_options
        if not self.left:
            raise RuntimeError("never began")

    def process(self, inputs, outputs, parameters) -> bool:
        outputs[0][0][:] = 1
        self.left -= 1
        if not self.left:
            raise RuntimeError("broke off")
        return True


CLASSES = {"bypass": Bypass, "scale": Scale, "clock": Clock, "census": Census, "breaks": Breaks}


def worklet(context: Any, kind: str | type[AudioWorkletProcessor], **options: Any):
    """Return a node of one of the classes above, or of a class."""
    cls = CLASSES[kind] if isinstance(kind, str) else kind
    if cls.__name__ not in context.audio_worklet.global_scope._descriptors:
        context.audio_worklet.register_processor(cls.__name__, cls)
    return AudioWorkletNode(context, cls.__name__, **options)


def offline(frames: int = 1024, channels: int = 1) -> OfflineAudioContext:
    return OfflineAudioContext(channels, frames, RATE)


@pytest.mark.parametrize("quantum", [128, 100, 1000])
@pytest.mark.parametrize("block", [1, 4, 1000])
def test_it_is_called_for_every_quantum_with_the_time_of_that_quantum(
    quantum: int, block: int
) -> None:
    out = render(
        lambda context: worklet(context, "clock").connect(context.destination),
        5000,
        quantum=quantum,
        block=quantum * block,
    )
    np.testing.assert_array_equal(out[0], np.arange(5000))


@pytest.mark.parametrize("channels", [1, 2, 5])
def test_what_it_writes_is_its_output(channels: int) -> None:
    def graph(context: OfflineAudioContext) -> None:
        play(context, noise(channels, 3000)).connect(worklet(context, "bypass")).connect(
            context.destination
        )

    np.testing.assert_array_equal(render(graph, 3000, channels=channels), noise(channels, 3000))


def test_arrays_are_float32_and_outputs_are_zeros() -> None:
    seen: list[Any] = []

    class Look(AudioWorkletProcessor):
        parameter_descriptors = ({"name": "a"}, {"name": "b", "automation_rate": "k-rate"})

        def process(self, inputs, outputs, parameters) -> bool:
            arrays = [each for port in (*inputs, *outputs) for each in port]
            seen.append({each.shape for each in arrays})
            assert {each.dtype for each in (*arrays, *parameters.values())} == {np.dtype("f4")}
            assert not any(each.any() for port in outputs for each in port)
            assert list(parameters) == ["a", "b"]
            for each in arrays:
                each[:] = 1
            return True

    context = offline(1024)
    node = worklet(context, Look, number_of_inputs=2, number_of_outputs=3)
    node.onprocessorerror = lambda event: seen.append(event.error)
    play(context, noise(2, 1024)).connect(node, 0, 1)
    node.connect(context.destination)
    context.start_rendering()
    assert seen == [{(QUANTUM,)}] * 8


def test_what_it_writes_into_its_inputs_is_heard_nowhere_else() -> None:
    class Spoil(AudioWorkletProcessor):
        def process(self, inputs, outputs, parameters) -> bool:
            inputs[0][0][:] = 7
            return False

    def graph(context: OfflineAudioContext) -> None:
        source = play(context, noise(1, 1000))
        source.connect(worklet(context, Spoil)).connect(context.destination)
        source.connect(context.destination)

    for _ in range(2):
        np.testing.assert_array_equal(render(graph, 1000), noise(1, 1000))


def test_an_input_has_no_channels_unless_something_active_is_connected() -> None:
    def graph(context: OfflineAudioContext) -> None:
        node = worklet(context, "census")
        play(context, np.ones((3, 300)), 256 / RATE).connect(node).connect(context.destination)

    for block in BLOCKS:
        out = render(graph, 1024, block=block)[0].reshape(-1, QUANTUM)
        assert (out == out[:, :1]).all()
        np.testing.assert_array_equal(out[:, 0] % 100, [0, 0, 3, 3, 3, 0, 0, 0])
        np.testing.assert_array_equal(out[:, 0] // 10000, np.arange(1, 9))


@pytest.mark.parametrize(
    ("options", "counts"),
    [
        ({}, [1, 3, 3, 1]),
        ({"channel_count_mode": "clamped-max"}, [1, 2, 2, 1]),
        ({"channel_count_mode": "explicit"}, [2, 2, 2, 2]),
        ({"channel_count": 4, "channel_count_mode": "explicit"}, [4, 4, 4, 4]),
        ({"output_channel_count": [5]}, [5, 5, 5, 5]),
        ({"number_of_inputs": 2}, [1, 1, 1, 1]),
    ],
    ids=str,
)
def test_the_output_has_the_channels_of_the_input_or_those_asked_for(
    options: dict[str, Any], counts: list[int]
) -> None:
    seen: list[int] = []

    class Count(AudioWorkletProcessor):
        def process(self, inputs, outputs, parameters) -> bool:
            seen.append(len(outputs[0]))
            return True

    def graph(context: OfflineAudioContext) -> None:
        node = worklet(context, Count, **options)
        play(context, np.ones((3, 256)), QUANTUM / RATE).connect(node)
        node.connect(context.destination)

    for block in BLOCKS:
        seen.clear()
        render(graph, 512, block=block)
        assert seen == counts


def test_each_output_has_its_channels() -> None:
    class Number(AudioWorkletProcessor):
        def process(self, inputs, outputs, parameters) -> bool:
            for number, output in enumerate(outputs):
                for channel, out in enumerate(output):
                    out[:] = 10 * number + channel + 1
            return True

    def graph(context: OfflineAudioContext) -> None:
        node = worklet(context, Number, number_of_inputs=0, number_of_outputs=2,
                       output_channel_count=[1, 3])  # fmt: skip
        splitter = context.create_channel_splitter(3)
        merger = context.create_channel_merger(4)
        node.connect(merger, 0, 3)
        node.connect(splitter, 1)
        for channel in range(3):
            splitter.connect(merger, channel, channel)
        merger.connect(context.destination)

    out = render(graph, 256, channels=4)
    np.testing.assert_array_equal(out, np.repeat([[11], [12], [13], [1]], 256, 1))


def test_a_node_without_outputs_is_called_as_well() -> None:
    frames: list[int] = []

    class Listen(AudioWorkletProcessor):
        def process(self, inputs, outputs, parameters) -> bool:
            assert len(outputs) == 0
            frames.append(len(inputs[0]))
            return False

    context = offline(1024)
    node = worklet(context, Listen, number_of_outputs=0)
    play(context, np.ones((2, 200)), 512 / RATE).connect(node)
    context.start_rendering()
    # Once, since it is active at first, and then for the input.
    assert frames == [0, 2, 2]


class Sizes(AudioWorkletProcessor):
    parameter_descriptors = ({"name": "param", "default_value": 3},)

    def process(self, inputs, outputs, parameters) -> bool:
        outputs[0][0][:] = 1000 * len(parameters["param"]) + parameters["param"]
        return True


@pytest.mark.parametrize("block", BLOCKS)
def test_a_parameter_has_a_value_a_frame_or_one_for_the_quantum(block: int) -> None:
    def graph(context: OfflineAudioContext) -> None:
        node = worklet(context, Sizes)
        param = node.parameters["param"]
        param.set_value_at_time(3, 256 / RATE).linear_ramp_to_value_at_time(5, 448 / RATE)
        node.connect(context.destination)

    out = render(graph, 1024, block=block)[0]
    sizes, values = out // 1000, out % 1000
    np.testing.assert_array_equal(sizes, np.repeat([1, QUANTUM, 1], [256, 256, 512]))
    frames = np.arange(1024)
    np.testing.assert_allclose(values, 3 + 2 * np.clip((frames - 256) / 192, 0, 1), atol=1e-2)


def test_a_k_rate_parameter_has_one_value_for_the_quantum() -> None:
    def graph(context: OfflineAudioContext) -> None:
        node = worklet(context, Sizes)
        node.parameters["param"].automation_rate = "k-rate"
        source = ConstantSourceNode(context, offset=0)
        source.offset.linear_ramp_to_value_at_time(10, 1024 / RATE)
        source.start()
        source.connect(node.parameters["param"])
        node.connect(context.destination)

    out = render(graph, 1024)[0]
    quanta = np.arange(1024) // QUANTUM * QUANTUM
    np.testing.assert_allclose(out, 1003 + 10 * quanta / 1024, atol=1e-3)


def test_parameters_can_be_given_when_the_node_is_made_and_are_params_like_others() -> None:
    context = offline()
    node = worklet(context, "scale", parameter_data={"gain": 0.5, "none of mine": 1})
    assert list(node.parameters) == ["gain"]
    assert len(node.parameters) == 1
    assert "gain" in node.parameters
    gain = node.parameters["gain"]
    assert isinstance(gain, AudioParam)
    assert (gain.value, gain.default_value) == (0.5, 1)
    assert node.parameters.get("none of mine") is None
    with pytest.raises(KeyError):
        node.parameters["none of mine"]
    with pytest.raises(TypeError):
        node.parameters["gain"] = gain
    with pytest.raises(AttributeError):
        node.parameters = {}
    with pytest.raises(TypeError, match="finite"):
        worklet(context, "scale", parameter_data={"gain": np.nan})


def test_it_is_called_until_it_says_that_it_is_done() -> None:
    def graph(context: OfflineAudioContext) -> None:
        worklet(context, "census", processor_options=3).connect(context.destination)

    for block in BLOCKS:
        calls = render(graph, 1024, block=block)[0].reshape(-1, QUANTUM)[:, 0] // 10000
        np.testing.assert_array_equal(calls, [1, 2, 3, 0, 0, 0, 0, 0])


def test_one_that_is_done_is_called_while_there_is_input() -> None:
    def graph(context: OfflineAudioContext) -> None:
        node = worklet(context, "census", processor_options=1)
        play(context, np.ones(200), 512 / RATE).connect(node)
        node.connect(context.destination)

    for block in BLOCKS:
        calls = render(graph, 1024, block=block)[0].reshape(-1, QUANTUM)[:, 0] // 10000
        np.testing.assert_array_equal(calls, [1, 0, 0, 0, 2, 3, 0, 0])


def test_one_that_stays_active_has_a_tail() -> None:
    class Echo(AudioWorkletProcessor):
        def __init__(self, options: object) -> None:
            self.kept = np.zeros(QUANTUM, np.float32)

        def process(self, inputs, outputs, parameters) -> bool:
            outputs[0][0][:] = self.kept
            self.kept = inputs[0][0] if inputs[0] else self.kept / 2
            return bool(self.kept.max() > 0.1)

    def graph(context: OfflineAudioContext) -> None:
        play(context, np.ones(QUANTUM)).connect(worklet(context, Echo)).connect(context.destination)

    for block in BLOCKS:
        out = render(graph, 1024, block=block)[0].reshape(-1, QUANTUM)[:, 0]
        np.testing.assert_array_equal(out, [0, 1, 0.5, 0.25, 0.125, 0, 0, 0])


def test_an_active_one_plays_though_nobody_holds_the_node_and_goes_when_it_is_done() -> None:
    context = offline(4096)
    node = worklet(context, "census", processor_options=8)
    node.connect(context.destination)
    reference, gone = weakref.ref(node), []
    del node

    def look(_: object) -> None:
        gc.collect()
        gone.append(reference() is None)

    for frame in (512, 2048):
        context.suspend(frame / RATE, look)
    out = context.start_rendering().get_channel_data(0)
    assert gone == [False, True]
    assert np.flatnonzero(out)[-1] == 1023
    assert context._renderer.graph._steps == []


def test_an_active_one_goes_with_its_context() -> None:
    def use() -> weakref.ref[OfflineAudioContext]:
        context = offline(1024)
        worklet(context, "clock").connect(context.destination)
        context.start_rendering(QUANTUM)
        return weakref.ref(context)

    reference = use()
    gc.collect()
    assert reference() is None


@pytest.mark.parametrize("block", BLOCKS)
def test_one_that_raises_is_silent_from_then_on_and_the_rest_plays(block: int, caplog) -> None:
    events: list[ErrorEvent] = []

    def graph(context: OfflineAudioContext) -> Any:
        node = worklet(context, "breaks", processor_options=3)
        node.onprocessorerror = events.append
        source = ConstantSourceNode(context)
        source.start()
        source.connect(node).connect(context.destination)
        source.connect(GainNode(context, gain=10)).connect(context.destination)
        return node

    out = render(graph, 1024, block=block)[0]
    np.testing.assert_array_equal(out, np.repeat([11, 10], [256, 768]))
    (event,) = events
    assert isinstance(event, ErrorEvent)
    assert (event.type, event.message) == ("processorerror", "broke off")
    assert isinstance(event.error, RuntimeError)
    assert isinstance(event.target, AudioWorkletNode)
    assert "AudioWorkletNode failed and is mute from now on: RuntimeError" in caplog.text
    # The line at which it broke off, for whoever wrote it.
    assert f'File "{__file__}"' in caplog.text


def test_one_without_a_method_process_fails() -> None:
    events: list[ErrorEvent] = []
    context = offline()
    node = worklet(context, AudioWorkletProcessor)
    node.onprocessorerror = events.append
    context.start_rendering()
    assert "no method process" in events[0].message


@pytest.mark.parametrize("early", [True, False])
def test_one_whose_constructor_raises_is_silent_and_whoever_listens_first_is_told(
    early: bool, caplog
) -> None:
    events: list[ErrorEvent] = []
    context = offline()
    node = worklet(context, "breaks", processor_options=0)
    if early:
        node.onprocessorerror = events.append
        assert [event.message for event in events] == ["never began"]
    source = ConstantSourceNode(context)
    source.start()
    source.connect(node).connect(context.destination)
    assert not context.start_rendering().get_channel_data(0).any()
    node.add_event_listener("processorerror", events.append)
    assert [event.message for event in events] == ["never began"]
    (record,) = caplog.records
    assert record.message.endswith("RuntimeError: never began")


def test_messages_go_both_ways_and_come_between_blocks() -> None:
    class Talk(AudioWorkletProcessor):
        def __init__(self, options: object) -> None:
            self.level = 0
            self.port.onmessage = self.change
            self.port.post_message("made")

        def change(self, event: Any) -> None:
            self.level = event.data
            self.port.post_message((event.data, self.global_scope.current_frame))

        def process(self, inputs, outputs, parameters) -> bool:
            outputs[0][0][:] = self.level
            return True

    context = offline(1024)
    node = worklet(context, Talk)
    node.connect(context.destination)
    heard: list[Any] = []
    node.port.onmessage = lambda event: heard.append(event.data)
    assert heard == ["made"]
    node.port.post_message(1)
    context.suspend(384 / RATE, lambda _: node.port.post_message(2))
    out = context.start_rendering().get_channel_data(0)
    np.testing.assert_array_equal(out, np.repeat([1, 2], [384, 640]))
    assert heard == ["made", (1, 0), (2, 384)]


def test_a_handler_of_the_processor_that_raises_does_not_stop_it() -> None:
    class Deaf(Clock):
        def __init__(self, options: object) -> None:
            self.port.onmessage = lambda event: 1 / 0

    context = offline(256)
    node = worklet(context, Deaf)
    node.connect(context.destination)
    node.port.post_message("hello")
    np.testing.assert_array_equal(context.start_rendering().get_channel_data(0), np.arange(256))


def test_a_constructor_that_takes_nothing_gets_nothing(caplog) -> None:
    class Level(AudioWorkletProcessor):
        def __init__(self) -> None:
            super().__init__()
            self.level = 0.5

        def process(self, inputs, outputs, parameters) -> bool:
            outputs[0][0][:] = self.level
            return True

    context = offline(256)
    worklet(context, Level, processor_options="unheard").connect(context.destination)
    assert (context.start_rendering().get_channel_data(0) == 0.5).all()
    assert not caplog.records


def test_a_constructor_that_takes_more_than_options_is_told_what_it_gets(caplog) -> None:
    class Greedy(Bypass):
        def __init__(self, options: object, level: float) -> None: ...

    class Named(Bypass):
        def __init__(self, *, level: float) -> None: ...

    for cls in (Greedy, Named):
        events: list[ErrorEvent] = []
        node = worklet(offline(), cls)
        node.onprocessorerror = events.append
        (event,) = events
        assert isinstance(event.error, TypeError)
        assert cls.__name__ in event.message
        assert "level" in event.message
        assert "processor_options" in event.message


def test_a_type_error_of_the_constructor_itself_comes_through(caplog) -> None:
    calls: list[object] = []

    class Wrong(Bypass):
        def __init__(self, options: object = None) -> None:
            calls.append(options)
            raise TypeError("of its own")

    events: list[ErrorEvent] = []
    worklet(offline(), Wrong).onprocessorerror = events.append
    assert [event.message for event in events] == ["of its own"]
    assert len(calls) == 1


def test_the_constructor_gets_the_node_s_options() -> None:
    seen: list[Any] = []

    class Keep(AudioWorkletProcessor):
        def __init__(self, options: AudioWorkletNodeOptions) -> None:
            super().__init__(options)
            seen.append((options, threading.current_thread()))

    mine = object()
    given = AudioWorkletNodeOptions(number_of_inputs=2, processor_options=mine)
    context = offline()
    context.audio_worklet.register_processor("keep", Keep)
    AudioWorkletNode(context, "keep", given)
    AudioWorkletNode(context, "keep")
    (first, thread), (second, _) = seen
    assert first is given
    assert first.processor_options is mine
    assert thread is threading.current_thread()
    assert second == AudioWorkletNodeOptions()


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"number_of_inputs": 0, "number_of_outputs": 0}, NotSupportedError),
        ({"number_of_inputs": -1}, NotSupportedError),
        ({"number_of_inputs": 1.5}, TypeError),
        ({"output_channel_count": [0]}, NotSupportedError),
        ({"output_channel_count": [33]}, NotSupportedError),
        ({"output_channel_count": []}, IndexSizeError),
        ({"output_channel_count": [1, 1]}, IndexSizeError),
        ({"number_of_outputs": 2, "output_channel_count": [1]}, IndexSizeError),
        ({"output_channel_count": [1.5]}, TypeError),
        ({"channel_count": 0}, NotSupportedError),
        ({"channel_count_mode": "least"}, TypeError),
        ({"parameter_data": {"gain": "loud"}}, TypeError),
    ],
    ids=str,
)
def test_impossible_options_are_errors(options: dict[str, Any], error: type[Exception]) -> None:
    with pytest.raises(error):
        worklet(offline(), "scale", **options)


def test_it_may_stand_in_a_loop_with_a_delay() -> None:
    def graph(context: OfflineAudioContext, through: Any) -> None:
        delay = DelayNode(context, delay_time=200 / RATE)
        half = through(context)
        play(context, noise(1, 100)).connect(delay).connect(half).connect(delay)
        half.connect(context.destination)

    for block in BLOCKS:
        np.testing.assert_array_equal(
            render(
                lambda context: graph(
                    context, lambda c: worklet(c, "scale", parameter_data={"gain": 0.5})
                ),
                5000,
                block=block,
            ),
            render(lambda context: graph(context, lambda c: GainNode(c, gain=0.5)), 5000),
        )


@given(
    seed=st.integers(0, 10**6),
    block=st.integers(1, 40),
    chain=st.lists(st.sampled_from(["census", "scale", "bypass"]), min_size=1, max_size=3),
)
def test_blocks_of_any_length_give_the_same(seed: int, block: int, chain: list[str]) -> None:
    def graph(context: OfflineAudioContext) -> list[Any]:
        chance = np.random.default_rng(seed)
        nodes = [worklet(context, kind, processor_options=int(chance.integers(1, 20)))
                 for kind in chain]  # fmt: skip
        for node, following in zip(nodes, [*nodes[1:], context.destination], strict=True):
            node.connect(following)
        for _ in range(chance.integers(1, 4)):
            source = play(
                context,
                noise(int(chance.integers(1, 5)), int(chance.integers(1, 900))),
                int(chance.integers(0, 3000)) / RATE,
            )
            delay = DelayNode(context, delay_time=int(chance.integers(0, 700)) / RATE)
            target = nodes[chance.integers(len(nodes))]
            source.connect(delay if chance.random() < 0.4 else target)
            delay.connect(target)
            if chance.random() < 0.2:
                delay.connect(GainNode(context, gain=0.5)).connect(delay)
        for node in nodes:
            if node.parameters:
                gain = node.parameters["gain"]
                gain.set_value_at_time(0.5, int(chance.integers(0, 2000)) / RATE)
                gain.linear_ramp_to_value_at_time(2, int(chance.integers(2000, 4000)) / RATE)
        return nodes

    np.testing.assert_array_equal(
        render(graph, 5120, channels=2, block=block * QUANTUM),
        render(graph, 5120, channels=2, block=QUANTUM),
    )


def test_a_live_context_calls_it_in_the_rendering_thread() -> None:
    class Report(AudioWorkletProcessor):
        def __init__(self, options: object) -> None:
            self.port.onmessage = self.answer

        def answer(self, event: Any) -> None:
            self.port.post_message((event.data, self.frames, threading.get_ident()))

        def process(self, inputs, outputs, parameters) -> bool:
            self.frames = self.global_scope.current_frame
            return True

    answers: list[Any] = []
    come = threading.Event()

    def hear(event: Any) -> None:
        answers.append((*event.data, threading.get_ident()))
        come.set()

    context = AudioContext.suspended(sink_id={"type": "none"}, sample_rate=RATE)
    node = worklet(context, Report)
    node.port.onmessage = hear
    context.resume()
    while not answers:
        node.port.post_message("hello")
        come.wait(0.01)
    context.close()
    said, frames, rendering, attending = answers[0]
    assert said == "hello"
    assert frames % QUANTUM == 0
    assert len({rendering, attending, threading.get_ident()}) == 3

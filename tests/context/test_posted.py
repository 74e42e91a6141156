"""What is asked of the render side while nothing is rendered: done, or dropped, never piled up."""

from __future__ import annotations

import gc
import threading
import weakref
from collections.abc import Callable

import numpy as np
import pytest
from rendered import RATE, play, samples_of

from audiograph import (
    AudioContext,
    AudioWorkletNode,
    AudioWorkletProcessor,
    BaseAudioContext,
    ConstantSourceNode,
    GainNode,
    OfflineAudioContext,
)
from audiograph.context.offline import MOST_WAITING
from audiograph.render.vertex import Vertex

from .test_live import until


def live() -> AudioContext:
    return AudioContext.suspended(sink_id={"type": "none"}, sample_rate=RATE)


def offline() -> OfflineAudioContext:
    return OfflineAudioContext(2, 1000, RATE)


contexts = pytest.mark.parametrize("make", [live, offline])

Make = Callable[[], BaseAudioContext]


def vertices() -> int:
    gc.collect()
    return sum(isinstance(each, Vertex) for each in gc.get_objects())


def change_much(context: BaseAudioContext) -> None:
    gain, source = GainNode(context), ConstantSourceNode(context)
    for i in range(1000):
        gain.gain.value = i
        source.connect(gain)
        gain.channel_count = 1 + i % 2
        source.disconnect()
        GainNode(context).connect(GainNode(context))


@contexts
def test_what_changes_without_a_block_does_not_pile_up(make: Make) -> None:
    context = make()
    before = vertices()
    change_much(context)
    gc.collect()
    GainNode(context)
    assert context._renderer.waiting <= MOST_WAITING + 1
    context._renderer.settle()
    assert vertices() <= before + 3
    context.close()


def test_nor_in_a_suspension() -> None:
    context, waiting = offline(), []

    def change(_: object) -> None:
        change_much(context)
        waiting.append(context._renderer.waiting)

    context.suspend(0, change)
    context.start_rendering()
    assert waiting[0] <= MOST_WAITING + 1


@contexts
def test_a_closed_context_takes_no_messages_and_keeps_no_sources(make: Make) -> None:
    context = make()
    early = ConstantSourceNode(context)
    early.start()
    reference = weakref.ref(early)
    context.close()
    del early
    gc.collect()
    assert reference() is None
    change_much(context)
    for _ in range(100):
        source = ConstantSourceNode(context)
        source.connect(context.destination)
        source.start()
        source.stop(1)
    reference = weakref.ref(source)
    del source
    gc.collect()
    assert reference() is None
    assert context._renderer.waiting == 0
    assert not context._playing


def test_a_rendering_that_is_complete_is_closed_too() -> None:
    context = offline()
    play(context, np.ones(5000)).connect(context.destination)
    context.start_rendering()
    change_much(context)
    assert context._renderer.waiting == 0
    assert not context._playing


def test_what_closes_the_context_while_it_renders_does_not_stop_the_changes_of_the_chunk() -> None:
    context = OfflineAudioContext(sample_rate=RATE)
    source = ConstantSourceNode(context)
    source.start()
    source.connect(context.destination)

    def close(_: object) -> None:
        context.close()
        source.offset.value = 0.5

    context.suspend(128 / RATE, close)
    out = samples_of(context.start_rendering(256))[0]
    np.testing.assert_array_equal(out, np.repeat([1, 0.5], 128))


def test_a_callback_that_closes_and_raises_leaves_it_closed() -> None:
    context = offline()

    def fail(_: object) -> None:
        context.close()
        raise KeyError("mine")

    context.suspend(0, fail)
    with pytest.raises(KeyError, match="mine"):
        context.start_rendering()
    assert context.state == "closed"


class Answering(AudioWorkletProcessor):
    """Sends every message back."""

    def __init__(self, options: object) -> None:
        super().__init__()
        self.port.onmessage = lambda event: self.port.post_message(event.data)

    def process(self, inputs: object, outputs: object, parameters: object) -> bool:
        return True


def test_a_suspended_context_does_what_it_is_told() -> None:
    context = live()
    context.audio_worklet.register_processor("answering", Answering)
    node, answers = AudioWorkletNode(context, "answering"), []
    node.port.onmessage = lambda event: answers.append(event.data)
    for message in range(3):
        node.port.post_message(message)
    until(lambda: len(answers) == 3)
    assert answers == [0, 1, 2]
    assert context.current_time == 0
    context.close()


def test_an_answer_to_every_answer_ends_neither_in_a_hang_nor_in_the_stack() -> None:
    for make in (live, offline):
        context = make()
        context.audio_worklet.register_processor("answering", Answering)
        node = AudioWorkletNode(context, "answering")
        node.port.onmessage = lambda event, node=node: node.port.post_message(event.data + 1)
        node.port.post_message(0)
        if make is offline:
            context.start_rendering()
        else:
            context.resume()
            until(lambda context=context: context.current_time > 0)
        if context.state != "closed":
            context.close()


def test_another_thread_may_change_it_while_it_starts_and_stops() -> None:
    context, stop, errors = live(), threading.Event(), []
    source = ConstantSourceNode(context)
    source.start()

    def change() -> None:
        try:
            while not stop.is_set():
                gain = GainNode(context)
                source.connect(gain).connect(context.destination)
                gain.gain.value = 0.5
                source.disconnect()
        except Exception as error:  # noqa: BLE001 - for the test to show
            errors.append(error)

    threads = [threading.Thread(target=change) for _ in range(2)]
    for thread in threads:
        thread.start()
    for _ in range(10):
        reached = context.current_time
        context.resume()
        until(lambda reached=reached: context.current_time > reached)
        context.suspend()
    stop.set()
    for thread in threads:
        thread.join()
    context.close()
    assert not errors

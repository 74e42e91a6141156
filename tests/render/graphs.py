"""Graphs made by chance: every kind of node, wire, loop, start, stop and automation."""

from __future__ import annotations

from random import Random
from typing import Any

from rendered import RATE, buffer_of, noise, play

from audiograph import (
    AudioNode,
    BiquadFilterNode,
    ChannelMergerNode,
    ChannelSplitterNode,
    ConstantSourceNode,
    ConvolverNode,
    DelayNode,
    DynamicsCompressorNode,
    GainNode,
    IIRFilterNode,
    OfflineAudioContext,
    OscillatorNode,
    PannerNode,
    StereoPannerNode,
    WaveShaperNode,
)

Node = AudioNode[Any]


class RandomGraph:
    """A graph that depends on its seed alone; `build` makes it, the same each time.

    With `transforming`, among its nodes are such as use fast Fourier transforms. Longer ones round
    otherwise, so that there nothing moves a parameter.
    """

    def __init__(self, seed: int, frames: int, *, transforming: bool = False) -> None:
        self._seed = seed
        self._transforming = transforming
        self._frames = frames

    def build(self, context: OfflineAudioContext) -> list[Node]:
        chance = Random(self._seed)
        nodes = [self._source(context, chance) for _ in range(chance.randint(1, 5))]
        for _ in range(chance.randint(0, 7)):
            nodes.append(self._effect(context, chance, nodes))
        for _ in range(chance.choice([0, 0, 1, 2])):
            self._loop(context, chance, nodes)
        for _ in range(0 if self._transforming else chance.choice([0, 0, 1, 2])):
            self._modulate(context, chance, nodes)
        for node in chance.sample(nodes, chance.randint(1, min(3, len(nodes)))) + nodes[-1:]:
            node.connect(context.destination, chance.randrange(node.number_of_outputs))
        for _ in range(chance.choice([0, 0, 0, 1, 2])):
            self._interrupt(context, chance, nodes)
        return nodes

    def _time(self, chance: Random) -> float:
        frame = chance.choice([0, 128 * chance.randrange(1, 40), chance.randrange(self._frames)])
        return (frame + chance.choice([0, 0, 0, 0.25, 0.5, chance.random()])) / RATE

    def _source(self, context: OfflineAudioContext, chance: Random) -> Node:
        kind = chance.choice(["buffer", "buffer", "buffer", "constant", "oscillator"])
        start = self._time(chance)
        source: Any
        if kind == "buffer":
            channels = chance.choice([1, 1, 2, 2, 3, 4, 6])
            source = play(
                context,
                noise(channels, chance.randint(1, 2000), chance.randrange(99)) / channels,
                start,
                chance.choice([0, 0, chance.random() / 50]),
                *chance.choice([(), (), (chance.random() / 20,)]),
                rate=chance.choice([RATE, RATE, RATE, 44100, 22050]),
                loop=chance.random() < 0.5,
                playback_rate=chance.choice([1, 1, 1, 0.7, 2, -1, -0.3, 0]),
                loop_start=chance.choice([0, chance.random() / 100]),
                loop_end=chance.choice([0, chance.random() / 50]),
            )
            if chance.random() < 0.2:
                self._automate(source.playback_rate, chance, 0.25, 2)
            if chance.random() < 0.1:
                self._automate(source.detune, chance, -700, 700)
        elif kind == "constant":
            source = ConstantSourceNode(context, offset=chance.uniform(-1, 1))
            source.start(start)
            if chance.random() < 0.5:
                self._automate(source.offset, chance, -1, 1)
        else:
            source = OscillatorNode(context, frequency=chance.uniform(-900, 9000))
            source.start(start)
            if chance.random() < 0.3:
                self._automate(source.frequency, chance, 100, 2000)
            if chance.random() < 0.2:
                self._automate(source.detune, chance, -1200, 1200)
        if chance.random() < 0.6:
            source.stop(start + self._time(chance) / 2)
        return source

    def _automate(self, param: Any, chance: Random, low: float, high: float) -> None:
        if chance.random() < 0.3 and param._rate_error is None:
            param.automation_rate = chance.choice(["a-rate", "k-rate"])
        for _ in range(chance.randint(1, 4)):
            schedule = chance.choice([param.set_value_at_time, param.linear_ramp_to_value_at_time])
            schedule(chance.uniform(low, high), self._time(chance))

    def _effect(self, context: OfflineAudioContext, chance: Random, nodes: list[Node]) -> Node:
        kind = chance.choice(
            ["gain", "gain", "delay", "delay", "splitter", "merger", "panner", "filter", "shaper"]
            + ["iir", "compressor"]
            + ["room", "head", "oversampler"] * self._transforming
        )
        node: Node
        if kind == "gain":
            node = self._gain(context, chance)
        elif kind == "delay":
            node = self._delay(context, chance)
        elif kind == "panner":
            node = StereoPannerNode(context, pan=chance.uniform(-1, 1))
            if chance.random() < 0.3:
                self._automate(node.pan, chance, -1, 1)
        elif kind == "filter":
            node = BiquadFilterNode(context, frequency=chance.uniform(100, 9000))
            node.type = chance.choice(["lowpass", "highpass", "peaking", "notch"])
        elif kind == "iir":
            node = IIRFilterNode(
                context,
                feedforward=[0.3, chance.uniform(0, 0.2)],
                feedback=[1, chance.uniform(-0.9, 0.9), *chance.choice([(), (0.05, 0.02)])],
            )
        elif kind == "compressor":
            node = DynamicsCompressorNode(context, threshold=chance.uniform(-10, 0), knee=0)
        elif kind == "room":
            frames, channels = chance.randint(1, 900), chance.choice([1, 1, 2, 4])
            node = ConvolverNode(context, buffer=buffer_of(noise(channels, frames)))
        elif kind == "head":
            node = PannerNode(context, panning_model="HRTF", position_x=chance.uniform(-2, 2))
        elif kind in ("shaper", "oversampler"):
            node = WaveShaperNode(context, curve=chance.choice([[-1, 0, 0.5], [-1, 0.1, 1]]))
            if kind == "oversampler":
                node.oversample = chance.choice(["2x", "4x"])
        elif kind == "splitter":
            node = ChannelSplitterNode(context, number_of_outputs=chance.randint(1, 6))
        else:
            node = ChannelMergerNode(context, number_of_inputs=chance.randint(1, 6))
        for _ in range(chance.randint(1, 3)):
            source = chance.choice(nodes)
            source.connect(
                node,
                chance.randrange(source.number_of_outputs),
                chance.randrange(node.number_of_inputs),
            )
        return node

    def _gain(self, context: OfflineAudioContext, chance: Random) -> GainNode:
        gain = GainNode(context, gain=chance.choice([1, 0.5, -0.8]), **self._mixing(chance))
        if chance.random() < 0.3:
            self._automate(gain.gain, chance, -1, 1)
        return gain

    def _delay(self, context: OfflineAudioContext, chance: Random) -> DelayNode:
        frames = chance.choice([0, 1, 0.5, 100, 128, 300.25, 384, 2000, chance.uniform(0, 3000)])
        delay = DelayNode(
            context,
            max_delay_time=chance.choice([0.1, 0.02, 1]),
            delay_time=frames / RATE,
            **self._mixing(chance),
        )
        if chance.random() < 0.2:
            self._automate(delay.delay_time, chance, 0, 0.05)
        return delay

    def _mixing(self, chance: Random) -> dict[str, Any]:
        if chance.random() < 0.6:
            return {}
        return {
            "channel_count": chance.choice([1, 2, 2, 3, 4, 6]),
            "channel_count_mode": chance.choice(["max", "clamped-max", "explicit"]),
            "channel_interpretation": chance.choice(["speakers", "speakers", "discrete"]),
        }

    def _loop(self, context: OfflineAudioContext, chance: Random, nodes: list[Node]) -> None:
        delay, gain = (
            self._delay(context, chance),
            GainNode(context, gain=chance.uniform(-0.6, 0.6)),
        )
        chance.choice(nodes).connect(delay)
        delay.connect(gain)
        gain.connect(delay)
        if chance.random() < 0.4:
            other = self._delay(context, chance)
            gain.connect(other).connect(GainNode(context, gain=0.3)).connect(delay)
            nodes.append(other)
        if chance.random() < 0.2 and not self._transforming:
            gain.connect(GainNode(context, gain=0.001)).connect(delay.delay_time)
        nodes += [delay, gain]

    def _modulate(self, context: OfflineAudioContext, chance: Random, nodes: list[Node]) -> None:
        target = chance.choice(nodes)
        if target._params:
            name, param = chance.choice(list(target._params.items()))
            scale = {"frequency": 300, "detune": 100, "delay_time": 0.002}.get(name, 0.3)
            depth = GainNode(context, gain=scale)
            source = chance.choice(nodes)
            source.connect(depth, chance.randrange(source.number_of_outputs))
            depth.connect(param)

    def _interrupt(self, context: OfflineAudioContext, chance: Random, nodes: list[Node]) -> None:
        seed = chance.random()

        def change(context: OfflineAudioContext) -> None:
            again = Random(seed)
            new = self._source(context, again)
            again.choice([n for n in nodes if n.number_of_inputs] or [context.destination])
            new.connect(
                again.choice([context.destination, *(n for n in nodes if n.number_of_inputs)])
            )
            nodes.append(new)
            if again.random() < 0.5:
                again.choice(nodes).disconnect()
            for node in nodes:
                if isinstance(node, GainNode) and again.random() < 0.3:
                    node.gain.value = again.random()
                if isinstance(node, GainNode) and again.random() < 0.1:
                    node.channel_count_mode = "explicit"

        when = chance.randrange(1, self._frames // 128) * 128 / RATE
        if round(when * RATE) // 128 * 128 not in context._suspensions:
            context.suspend(when, change)

"""Audio routing with a Web Audio engine inside.

What flows where::

    the shell ──▶ cli ──▶ media (MediaStream: device, file, pipe, tone)      control side
                     └──▶ context + nodes (the graph)  ──post──▶ render ──▶ sinks   render side

The layers, from the top; imports point down the list:

- ``cli``        what the user types: one module a command; parse, call, print
- ``context``    BaseAudioContext, AudioContext, OfflineAudioContext
- ``nodes``      one module a node: options, node (control side), processor (render side)
- ``node``, ``param``, ``buffer``   what every node is made of
- ``media``      MediaStream, MediaStreamTrack, MediaDevices, MediaElement; readers of files, pipes,
                 tones
- ``render``     runs on the render thread: knows processors and arrays, never nodes
- ``sinks``      files, pipes, devices, memory
- ``portaudio``  sound devices, through sounddevice

Names are those of the Web Audio API, Media Capture and MediaStream Recording, members in
snake_case. Importing the package is free; the engine is loaded when a name is first used.

>>> import audiograph
>>> context = audiograph.OfflineAudioContext(number_of_channels=1, length=480, sample_rate=48000)
>>> tone = audiograph.OscillatorNode(context, frequency=1000)
>>> tone.connect(context.destination).number_of_inputs
1
>>> tone.start()
>>> context.start_rendering().length
480
"""

from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from audiograph.api import *  # noqa: F403

__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    # NB: `from audiograph import sndfile` asks here first, and must not load the whole engine.
    is_module = find_spec(f"{__name__}.{name}") is not None
    if is_module or (name.startswith("_") and name != "__all__"):
        raise AttributeError(f"module 'audiograph' has no attribute {name!r}")
    try:
        # NB: not `from audiograph import api`, which asks for the attribute, that is, comes here.
        value = getattr(import_module("audiograph.api"), name)
    except AttributeError:
        raise AttributeError(f"module 'audiograph' has no attribute {name!r}") from None
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *import_module("audiograph.api").__all__})

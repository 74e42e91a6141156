"""Sound devices, through PortAudio: the bottom layer, and the only one that meets sounddevice.

::

    devices ──▶ Device ──▶ InputStream ──▶ on_block(samples, lost, time)
                      └──▶ OutputStream ──▶ render(out, time)
                                 │
                 clock · realtime · watch (what every running stream has)
                                 │
               library (load, refresh)  ·  calls (one thread, a time limit)  ·  quiet

- ``library``   brings PortAudio in when it is first needed, and starts it anew to see new devices
- ``calls``     makes every call into PortAudio from one thread and never waits for ever
- ``quiet``     keeps what the C libraries print off the terminal
- ``devices``   what there is, under ids that survive a restart
- ``streams``   one direction each, never both: a duplex stream loses input without a word
- ``realtime``  what holds for the whole process while a stream runs
- ``clock``     a device's own time, smoothed out of its callbacks
- ``bridge``    from one device's clock to another's; ``interpolation`` is how

Nothing here is loaded before a device is asked for, so everything that needs no device works
on a machine without PortAudio.
"""

from audiograph.portaudio.bridge import Bridge
from audiograph.portaudio.clock import Clock
from audiograph.portaudio.devices import (
    Device,
    DeviceKind,
    default_device,
    devices,
    supported_rates,
    supports,
)
from audiograph.portaudio.library import load, refresh
from audiograph.portaudio.quiet import chatter
from audiograph.portaudio.streams import InputStream, OutputStream
from audiograph.portaudio.xruns import Xruns

__all__ = [
    "Bridge",
    "Clock",
    "Device",
    "DeviceKind",
    "InputStream",
    "OutputStream",
    "Xruns",
    "chatter",
    "default_device",
    "devices",
    "load",
    "refresh",
    "supported_rates",
    "supports",
]

"""Write a little sound to an output device and close it at once."""

from __future__ import annotations

import sys

import numpy as np

from audiograph.portaudio import devices
from audiograph.sinks.device import DeviceSink

found = {(device.label, device.kind): device for device in devices()}
sink = DeviceSink(
    found["speakers", "audiooutput"],
    sample_rate=48000,
    channels=2,
    latency=0.3,
    on_fault=lambda error: None,
)
# A monitor does not hear how a new client begins.
sink.write(np.zeros((2, 9600), np.float32))
sink.write(np.random.default_rng(3).uniform(-1, 1, (2, 4800)).astype(np.float32))
sink.close()
sys.stdout.write('{"step": "closed"}\n')

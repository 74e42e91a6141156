"""Play a signal to the speakers and record what comes back, through our own streams."""

from __future__ import annotations

import json
import sys
import threading
import time
from pathlib import Path

import numpy as np

from audiograph import portaudio


def main(directory: Path, latency: float, block_frames: int) -> None:
    found = {(device.label, device.kind): device for device in portaudio.devices()}
    noise = np.load(directory / "noise.npy")
    heard: list[np.ndarray] = []
    listening = threading.Event()
    played = threading.Event()
    faults: list[str] = []
    position = 0
    # A monitor does not hear how a new client begins.
    silence = 9600

    def on_block(samples: np.ndarray, lost: bool, at: float) -> None:
        heard.append(samples)
        listening.set()

    def render(out: np.ndarray, at: float) -> None:
        nonlocal position, silence
        out.fill(0)
        if not listening.is_set() or silence > 0:
            silence -= out.shape[1]
            return
        part = noise[:, position : position + out.shape[1]]
        out[:, : part.shape[1]] = part
        position += part.shape[1]
        if position == noise.shape[1]:
            played.set()

    settings = {
        "sample_rate": 48000,
        "channels": 2,
        "latency": latency,
        "block_frames": block_frames,
        "on_fault": lambda error: faults.append(str(error)),
    }
    speakers = portaudio.OutputStream(found["speakers", "audiooutput"], render=render, **settings)
    loopback = portaudio.InputStream(found["loopback", "audioinput"], on_block=on_block, **settings)
    with loopback, speakers:
        in_time = played.wait(15)
        speakers.drain()
        # What has sounded is still on its way through the input's own buffer.
        end = loopback.frames + round((latency + 0.2) * 48000)
        while loopback.frames < end and not faults:
            time.sleep(0.01)
    np.save(directory / "heard.npy", np.concatenate(heard, axis=1))
    json.dump(
        {
            "in_time": in_time,
            "faults": faults,
            "overruns": loopback.overruns.count,
            "delay": speakers.delay,
            "rate": loopback.clock.rate,
            "switch_seconds": sys.getswitchinterval(),
        },
        sys.stdout,
    )
    sys.stdout.write("\n")


main(Path(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3]))

"""Run an input and an output until both have failed, and tell how that went."""

from __future__ import annotations

import json
import queue
import sys
import threading
import time

from audiograph import portaudio


def tell(**what: object) -> None:
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


def main(raising: bool) -> None:
    faults: queue.Queue[tuple[float, Exception]] = queue.Queue()
    delivered = threading.Event()
    count = 0

    def on_block(samples: object, lost: bool, time: float) -> None:
        nonlocal count
        count += 1
        if count > 20:
            delivered.set()
        if raising and count > 30:
            raise ValueError("a bug in the callback")

    def render(out: object, time: float) -> None:
        out[...] = 0  # type: ignore[index]

    settings = {
        "sample_rate": 48000,
        "channels": 2,
        "latency": 0.02,
        "on_fault": lambda error: faults.put((time.monotonic(), error)),
    }
    mic = portaudio.InputStream(
        portaudio.default_device("audioinput"), on_block=on_block, **settings
    )
    speakers = portaudio.OutputStream(
        portaudio.default_device("audiooutput"), render=render, **settings
    )
    mic.start()
    speakers.start()
    delivered.wait(15)
    tell(step="running")
    for _ in range(1 if raising else 2):
        _, error = faults.get(timeout=15)
        tell(step="fault", error=type(error).__name__, message=str(error))
    begun = time.monotonic()
    mic.close()
    speakers.close()
    mic.close()
    tell(
        step="closed",
        seconds=time.monotonic() - begun,
        closed=mic.closed and speakers.closed,
        given_up=[mic.given_up, speakers.given_up],
        refreshed=portaudio.refresh(),
        switch_seconds=sys.getswitchinterval(),
        more_faults=faults.qsize(),
    )


main(sys.argv[1:] == ["raising"])

"""Play a tone on the speakers, then on the default device, and tell what the context says."""

from __future__ import annotations

import json
import sys

from audiograph import AudioContext, OscillatorNode, media_devices


def tell(context: AudioContext) -> None:
    what = {
        "sink": context.sink_id,
        "state": context.state,
        "time": context.current_time,
        "heard": context.get_output_timestamp().context_time,
        "latency": context.output_latency,
        "stats": context.playback_stats.to_json(),
    }
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


(speakers,) = (
    each.device_id
    for each in media_devices.enumerate_devices()
    if each.kind == "audiooutput" and each.label == "speakers"
)
context = AudioContext.suspended(sink_id=speakers)
tone = OscillatorNode(context, frequency=1000)
tone.connect(context.destination)
tone.start()
context.resume()
tell(context)
sys.stdin.readline()
tell(context)
context.set_sink_id("")
tell(context)
sys.stdin.readline()
tell(context)
context.close()

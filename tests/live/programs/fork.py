"""Fork while a context plays; tell how long the child took to end, then play on for a moment."""

from __future__ import annotations

import json
import os
import sys
import time

from audiograph import AudioContext

context = AudioContext.suspended()
context.resume()
begun = time.monotonic()
child = os.fork()
if not child:
    sys.exit()
_, status = os.waitpid(child, 0)
seconds = time.monotonic() - begun
before = context.current_time
while context.current_time == before:
    time.sleep(0.001)
sys.stdout.write(json.dumps({"seconds": seconds, "status": status, "state": context.state}) + "\n")

"""Play a file with a media element that nobody has taken."""

from __future__ import annotations

import json
import sys
import threading

from audiograph import MediaElement

element = MediaElement(sys.argv[1])
ended = threading.Event()
element.onended = lambda event: ended.set()
element.play()
in_time = ended.wait(10)
sys.stdout.write(json.dumps({"in_time": in_time, "current_time": element.current_time}) + "\n")
sys.stdout.flush()
sys.stdin.readline()

"""Make contexts and leave at once, whatever they are doing."""

from audiograph import AudioContext

contexts = [AudioContext() for _ in range(4)]

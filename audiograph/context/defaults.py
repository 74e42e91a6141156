"""What a live context gets where nobody says otherwise."""

DEFAULT_SAMPLE_RATE = 48000.0
"""The rate where neither the options nor a device say one."""

LATENCY_SECONDS = {"interactive": 0.02, "balanced": 0.05, "playback": 0.15}
"""What a latency hint asks the device for."""

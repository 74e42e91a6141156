"""PortAudio's errors in our terms."""

from __future__ import annotations

from typing import Any

import pytest

from audiograph.portaudio.devices import Device
from audiograph.portaudio.failures import explained

DEVICE = Device("id", "Mic", "audioinput", "ALSA", 0, 2, 44100.0, 0.01, 0.1, True, "group")


@pytest.mark.parametrize(
    ("arguments", "name", "words"),
    [
        (("Error opening: Invalid number of channels", -9998), "NotSupportedError", "6 channels"),
        (("Error opening: Invalid sample rate", -9997), "NotSupportedError", "try 44100 Hz"),
        (("Error opening: Invalid device", -9996), "NotFoundError", "gone"),
        (("Error opening: Device unavailable", -9985), "NotReadableError", "another program"),
        (("Host error", -9999, (0, -13, "Permission denied")), "NotAllowedError", "group audio"),
        (("Host error", -9999, (0, -5, "Input/output error")), "NotReadableError", "Input/output"),
        (("Error opening: Timed out", -9987), "NotReadableError", "Timed out"),
        (("Error querying device 3",), "NotReadableError", "Error querying device 3"),
    ],
)
def test_each_says_which_device_and_why(arguments: Any, name: str, words: str) -> None:
    error = explained(Exception(*arguments), DEVICE, sample_rate=96000, channels=6)
    assert error.name == name
    assert "input 'Mic' (ALSA)" in str(error)
    assert words in str(error)

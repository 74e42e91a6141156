from __future__ import annotations

import ctypes.util
import os
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., "subprocess.CompletedProcess[str]"]

PROBE = """
import sys, types, click
import audiograph.cli
from audiograph.cli import output
from audiograph.cli.command import Command
from audiograph.cli.talk import Progress, Talk

def body(talk):
{body}

sys.modules["audiograph.cli.probe"] = types.SimpleNamespace(
    command=Command("probe", callback=click.pass_obj(body), help="Test the frame.")
)
audiograph.cli.COMMANDS += ("probe",)
audiograph.cli.main()
"""
"""The program with one more command, `probe`, whose body a test gives."""


def environment(**changes: str) -> dict[str, str]:
    inherited = {
        key: value
        for key, value in os.environ.items()
        if key not in ("NO_COLOR", "FORCE_COLOR", "COLUMNS", "LINES") and "COMPLETE" not in key
    }
    return {**inherited, "TERM": "xterm", "PYTHONWARNINGS": "error", **changes}


def probe_command(body: str, *args: str) -> list[str]:
    indented = textwrap.indent(textwrap.dedent(body), "    ")
    return [sys.executable, "-c", PROBE.format(body=indented), *args, "probe"]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Run the real program in an empty directory."""

    def run(
        *args: str, env: dict[str, str] | None = None, **options: Any
    ) -> subprocess.CompletedProcess[str]:
        return _run([sys.executable, "-m", "audiograph", *args], tmp_path, env, options)

    return run


@pytest.fixture
def run_probe(tmp_path: Path) -> Run:
    """Run the real program with a command of which the body is given, and arguments before it."""

    def run_probe(
        body: str, *args: str, env: dict[str, str] | None = None, **options: Any
    ) -> subprocess.CompletedProcess[str]:
        return _run(probe_command(body, *args), tmp_path, env, options)

    return run_probe


def _run(
    words: list[str], folder: Path, env: dict[str, str] | None, options: dict[str, Any]
) -> subprocess.CompletedProcess[str]:
    if "stdout" not in options:
        options["stdout"] = subprocess.PIPE
    return subprocess.run(
        words,
        cwd=folder,
        env=environment(**(env or {})),
        stdin=options.pop("stdin", subprocess.DEVNULL),
        stderr=options.pop("stderr", subprocess.PIPE),
        text=True,
        timeout=60,
        check=False,
        **options,
    )


@pytest.fixture
def alsa(tmp_path: Path) -> dict[str, str]:
    """Return the environment of a machine with two sound devices that are not there.

    They take and give samples as fast as asked, which is of no use but to be listed.
    """
    if not sys.platform.startswith("linux") or ctypes.util.find_library("portaudio") is None:
        pytest.skip("needs PortAudio on Linux")
    configuration = tmp_path / "asound.conf"
    configuration.write_text(
        'pcm.!default { type null hint { show on description "Default" } }\n'
        'pcm.scarlett { type null hint { show on description "Scarlett" } }\n'
    )
    return {"ALSA_CONFIG_PATH": str(configuration)}


@pytest.fixture
def no_devices(alsa: dict[str, str]) -> dict[str, str]:
    """Return the environment of a machine without a sound device."""
    # NB: PortAudio aborts where ALSA's configuration has no devices at all.
    Path(alsa["ALSA_CONFIG_PATH"]).write_text("pcm.absent { type hw card 31 }\n")
    return alsa

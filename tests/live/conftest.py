"""Fixtures of the live tests: a sound server for each, and our program run against it."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from queue import Empty, Queue
from typing import Any

import pytest

from .command import Command, environment
from .server import SECONDS, Server, missing, running

PROGRAMS = Path(__file__).parent / "programs"
ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def _shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[], Server]]:
    """Return what gives the shared server: a new one, should the last have died."""
    _need_a_server()
    with contextlib.ExitStack() as started:
        servers: list[Server] = []

        def shared() -> Server:
            if not servers or not servers[-1].alive:
                servers.append(started.enter_context(running(tmp_path_factory.mktemp("sound"))))
                servers[-1].settle()
            return servers[-1]

        yield shared


@pytest.fixture
def server(_shared: Callable[[], Server]) -> Iterator[Server]:
    """A sound server, which all tests share and none may break.

    Where it cannot run the test is skipped; with AUDIOGRAPH_REQUIRE_LIVE=1 it fails.
    """
    server = _shared()
    yield server
    server.stop_clients()


@pytest.fixture
def own_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A sound server for this test alone, to kill or to freeze. Its first block takes 2 s."""
    _need_a_server()
    with running(tmp_path_factory.mktemp("sound")) as server:
        yield server


def _need_a_server() -> None:
    lacking = missing()
    if not lacking:
        return
    reason = f"no sound server for live tests, not installed: {', '.join(lacking)}"
    if os.environ.get("AUDIOGRAPH_REQUIRE_LIVE") == "1":
        pytest.fail(reason)
    pytest.skip(reason)


class Program:
    """A Python program from `programs/` that tells a line of JSON at each step."""

    def __init__(self, name: str, *arguments: str, environment: dict[str, str]) -> None:
        self.process = subprocess.Popen(
            [sys.executable, str(PROGRAMS / f"{name}.py"), *arguments],
            stdin=subprocess.PIPE,
            env={**environment, "PYTHONPATH": os.pathsep.join(_paths(environment))},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self._lines: Queue[str] = Queue()
        self._errors: list[str] = []
        self._threads = [
            threading.Thread(target=self._gather, daemon=True),
            threading.Thread(target=self._gather_errors, daemon=True),
        ]
        for thread in self._threads:
            thread.start()

    def _gather(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._lines.put(line)

    def _gather_errors(self) -> None:
        assert self.process.stderr is not None
        self._errors.extend(self.process.stderr)

    def told(self, seconds: float = SECONDS) -> Any:
        """Return what the program tells next."""
        try:
            return json.loads(self._lines.get(timeout=seconds))
        except Empty:
            raise TimeoutError(
                f"the program said nothing for {seconds:g} s; on stderr: {self._errors}"
            ) from None

    def tell(self) -> None:
        """Send the program a line, which it waits for."""
        assert self.process.stdin is not None
        self.process.stdin.write("\n")
        self.process.stdin.flush()

    def ended(self, seconds: float = SECONDS) -> tuple[int, str]:
        """Wait for the program's end; return its exit status and what it wrote to stderr."""
        status = self.process.wait(seconds)
        for thread in self._threads:
            thread.join(SECONDS)
        return status, "".join(self._errors)

    def stop(self) -> None:
        self.process.kill()
        self.ended()
        for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
            assert stream is not None
            stream.close()


def _paths(environment: dict[str, str]) -> list[str]:
    return [*filter(None, environment.get("PYTHONPATH", "").split(os.pathsep)), str(ROOT)]


@pytest.fixture
def program(request: pytest.FixtureRequest) -> Iterator[Callable[..., Program]]:
    """Start `programs/NAME.py ARGUMENTS…` with the environment given."""
    started: list[Program] = []

    def start(name: str, *arguments: str, environment: dict[str, str]) -> Program:
        started.append(Program(name, *arguments, environment=environment))
        return started[-1]

    yield start
    for each in started:
        each.stop()


@pytest.fixture
def audiograph(tmp_path: Path) -> Iterator[Callable[..., Command]]:
    """Start `audiograph WORDS…` in an empty folder with the environment given."""
    started: list[Command] = []

    def start(*words: object, on: Server | None = None, **options: Any) -> Command:
        base = options.pop("env", None) or (dict(os.environ) if on is None else on.environment)
        started.append(Command(*words, folder=tmp_path, environment=environment(base), **options))
        return started[-1]

    yield start
    for each in started:
        each.stop()

"""Fixtures: the program built and installed from a clean copy, with a compiler and without."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

WITHOUT_COMPILER = {"CC": "false", "CXX": "false"}
"""For a build that is interpreted, which takes a third of the time."""


def run(
    *command: str | Path, cwd: Path, env: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a command that has to succeed."""
    done = subprocess.run(
        [str(word) for word in command],
        cwd=cwd,
        env={**os.environ, **(env or {})},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, f"{command} failed\n{done.stdout}\n{done.stderr}"
    return done


def pip(*arguments: str | Path, cwd: Path, env: dict[str, str] | None = None) -> None:
    """Run pip without a network: what is needed is there already."""
    offline = {
        "PIP_NO_INDEX": "1",
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "PIP_ROOT_USER_ACTION": "ignore",
    }
    run(sys.executable, "-m", "pip", *arguments, cwd=cwd, env={**offline, **(env or {})})


@dataclass(frozen=True)
class Installation:
    """A place that the program was installed to."""

    prefix: Path

    @property
    def packages(self) -> Path:
        (found,) = self.prefix.glob("**/site-packages")
        return found

    def run(self, *command: str | Path) -> subprocess.CompletedProcess[str]:
        """Run a command in an empty directory, with this installation first."""
        directory = self.prefix / "work"
        directory.mkdir(exist_ok=True)
        paths = f"{self.prefix / 'bin'}{os.pathsep}{os.environ['PATH']}"
        return run(*command, cwd=directory, env={"PATH": paths, "PYTHONPATH": str(self.packages)})


def copy_checkout(to: Path) -> Path:
    """Copy what belongs to the package, without anything built, into a new directory."""
    to.mkdir()
    for name in ("pyproject.toml", "README.md", "LICENSE", "CHANGELOG.md"):
        shutil.copy(ROOT / name, to)
    for name in ("audiograph", "man"):
        built = shutil.ignore_patterns("__pycache__", "*.so", "*.c")
        shutil.copytree(ROOT / name, to / name, ignore=built)
    return to


@pytest.fixture(scope="session")
def build(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Return a function that builds a wheel from `source`, by default a clean copy."""
    pytest.importorskip("Cython", reason="building needs Cython")
    pytest.importorskip("setuptools", "77", reason="building needs setuptools 77 or newer")

    def build(source: Path | None = None, env: dict[str, str] | None = None) -> Path:
        to = tmp_path_factory.mktemp("wheel")
        source = source or copy_checkout(tmp_path_factory.mktemp("clean") / "checkout")
        pip("wheel", "--no-deps", "--no-build-isolation", "-w", to, source, cwd=to, env=env)
        (wheel,) = to.iterdir()
        return wheel

    return build


@pytest.fixture(scope="session")
def once(
    build: Callable[..., Path], tmp_path_factory: pytest.TempPathFactory
) -> Callable[..., Path]:
    """Return a function like `build` with a name for the wheel, which one worker builds for all."""
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base

    def once(name: str, env: dict[str, str] | None = None) -> Path:
        with (shared / f"{name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            built = shared / name
            if not built.exists():
                build(env=env).parent.rename(built)
        (wheel,) = built.iterdir()
        return wheel

    return once


@pytest.fixture(scope="session")
def wheel(once: Callable[..., Path]) -> Path:
    """Return a wheel that was built with a compiler."""
    compiler = (sysconfig.get_config_var("CC") or "cc").split()[0]
    if shutil.which(compiler) is None:
        pytest.skip(f"there is no compiler {compiler}")
    return once("compiled")


@pytest.fixture(scope="session")
def plain_wheel(once: Callable[..., Path]) -> Path:
    """Return a wheel that was built without a compiler."""
    return once("plain", WITHOUT_COMPILER)


def install(wheel: Path, prefix: Path) -> Installation:
    # Without --ignore-installed pip would remove the installation that the tests run from.
    pip("install", "--ignore-installed", "--no-deps", "--prefix", prefix, wheel, cwd=prefix)
    return Installation(prefix)


@pytest.fixture(scope="session")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Installation:
    return install(wheel, tmp_path_factory.mktemp("installed"))


@pytest.fixture(scope="session")
def plainly_installed(plain_wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Installation:
    """Return the installation of a machine without a compiler."""
    return install(plain_wheel, tmp_path_factory.mktemp("installed"))

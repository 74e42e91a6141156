from __future__ import annotations

import sys

import pytest

from .conftest import ROOT, Installation

TONE = ("audiograph", "-v", "route", "--tone", "440", "--duration", "0.1", "--to")


def said(installed: Installation, name: str) -> list[str]:
    """Return what `audiograph -v` says about the kernels when it writes a tone to `name`."""
    lines = installed.run(*TONE, name).stderr.splitlines()
    return [line for line in lines if "interpreted" in line]


def test_the_installed_program_runs_compiled(installed: Installation) -> None:
    script = "from audiograph.render import kernels; print(kernels.COMPILED, kernels.__file__)"
    compiled, file = installed.run(sys.executable, "-c", script).stdout.split()
    assert compiled == "True"
    assert file.startswith(str(installed.packages))
    assert said(installed, "tone.wav") == []


def test_without_a_compiler_the_program_runs_interpreted_and_v_says_so_once(
    plainly_installed: Installation,
) -> None:
    (line,) = said(plainly_installed, "tone.wav")
    assert "install a C compiler" in line


def test_compiled_and_interpreted_programs_write_the_same_file(
    installed: Installation, plainly_installed: Installation
) -> None:
    files = []
    for each in (installed, plainly_installed):
        each.run(*TONE, "same.wav")
        files.append((each.prefix / "work" / "same.wav").read_bytes())
    assert files[0] == files[1]


def test_man_pages_are_installed_where_man_looks(installed: Installation) -> None:
    pages = {page.name for page in (installed.prefix / "share" / "man" / "man1").iterdir()}
    assert pages == {page.name for page in (ROOT / "man").iterdir()}


@pytest.mark.parametrize("arguments", [["--version"], ["--help"]])
def test_the_program_answers(installed: Installation, arguments: list[str]) -> None:
    assert "audiograph" in installed.run("audiograph", *arguments).stdout
    module = installed.run(sys.executable, "-m", "audiograph", *arguments)
    assert "audiograph" in module.stdout

from __future__ import annotations

import sys
import tomllib
from collections.abc import Callable
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path
from zipfile import ZipFile

from .conftest import ROOT, WITHOUT_COMPILER, copy_checkout, run

with (ROOT / "pyproject.toml").open("rb") as file:
    _MODULES = tomllib.load(file)["tool"]["setuptools"]["ext-modules"]

COMPILED = {module["name"].replace(".", "/") + EXTENSION_SUFFIXES[0] for module in _MODULES}


def sources() -> set[str]:
    """Return every file of the package that is written by hand."""
    return {
        path.relative_to(ROOT).as_posix()
        for pattern in ("*.py", "*.pyi", "py.typed", "data/*")
        for path in (ROOT / "audiograph").rglob(pattern)
    }


def names(wheel: Path) -> set[str]:
    return set(ZipFile(wheel).namelist())


def man_pages(wheel: Path) -> set[str]:
    return {Path(name).name for name in names(wheel) if "/data/share/man/man1/" in name}


def test_a_wheel_holds_the_whole_program_compiled(wheel: Path) -> None:
    in_package = {name for name in names(wheel) if name.startswith("audiograph/")}
    assert in_package == sources() | COMPILED
    assert man_pages(wheel) == {page.name for page in (ROOT / "man").iterdir()}
    assert any(name.endswith("licenses/LICENSE") for name in names(wheel))


def test_a_wheel_built_without_a_compiler_lacks_the_compiled_modules_alone(
    wheel: Path, plain_wheel: Path
) -> None:
    def contents(archive: Path) -> set[str]:
        return {name for name in names(archive) if ".data/" not in name}

    assert contents(wheel) - contents(plain_wheel) == COMPILED
    assert man_pages(plain_wheel) == man_pages(wheel)


def test_a_source_archive_builds_the_same_wheel(
    build: Callable[..., Path], plain_wheel: Path, tmp_path: Path
) -> None:
    checkout = copy_checkout(tmp_path / "checkout")
    call = "import sys, setuptools.build_meta as backend; backend.build_sdist(sys.argv[1])"
    run(sys.executable, "-c", call, tmp_path / "built", cwd=checkout)
    (archive,) = (tmp_path / "built").iterdir()
    run("tar", "--extract", "--file", archive, cwd=tmp_path / "built")
    (unpacked,) = (path for path in (tmp_path / "built").iterdir() if path.is_dir())
    # All that is compiled is a module too; the compiler would take most of the time.
    assert names(build(unpacked, WITHOUT_COMPILER)) == names(plain_wheel)

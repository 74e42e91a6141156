from __future__ import annotations

import re
import shlex
import shutil
import subprocess
from pathlib import Path

import click
import pytest

from audiograph.cli import COMMANDS, main, summary
from audiograph.cli.devices import document
from audiograph.cli.inspect import file_document
from audiograph.media.probe import FileInfo, Levels
from audiograph.portaudio import Device

MAN = Path(__file__).parents[2] / "man"
PAGES = ["audiograph", *(f"audiograph-{name}" for name in COMMANDS)]


def source(page: str) -> str:
    return (MAN / f"{page}.1").read_text(encoding="utf-8")


def plain(text: str) -> str:
    """Return man page source without its escapes."""
    return text.replace("\\-", "-").replace("\\(aq", "'").replace("\\(ti", "~")


def section(page: str, title: str) -> str:
    parts = re.split(r"^\.SH (.+)\n", source(page), flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))[title]


def command_of(page: str) -> click.Command:
    _, _, name = page.partition("-")
    command = main.get_command(click.Context(main), name) if name else main
    assert command is not None
    return command


def examples(text: str) -> list[str]:
    """Return the command lines of a help text or a man page that call audiograph."""
    return [line.strip() for line in text.splitlines() if re.match(r"\s*[^.].*audiograph ", line)]


def test_every_command_has_a_page_and_every_page_a_command() -> None:
    assert sorted(path.stem for path in MAN.glob("*.1")) == sorted(PAGES)


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize(
    "tool",
    [
        ["groff", "-man", "-ww", "-Tutf8", "-z"],
        ["mandoc", "-Tlint", "-Wstyle"],
        ["man", "--warnings=w", "-l"],
    ],
    ids=lambda tool: tool[0],
)
def test_a_page_renders_without_a_warning(page: str, tool: list[str]) -> None:
    if shutil.which(tool[0]) is None:
        pytest.skip(f"needs {tool[0]}")
    result = subprocess.run(
        [*tool, str(MAN / f"{page}.1")], capture_output=True, text=True, check=False
    )
    complaints = result.stderr + (result.stdout if tool[0] == "mandoc" else "")
    assert (complaints, result.returncode) == ("", 0)


@pytest.mark.parametrize("page", PAGES)
def test_examples_come_right_after_the_description(page: str) -> None:
    titles = re.findall(r"^\.SH (.+)$", source(page), flags=re.MULTILINE)
    assert titles[:4] == ["NAME", "SYNOPSIS", "DESCRIPTION", "EXAMPLES"]
    assert titles[-1] == "SEE ALSO"
    assert "OPTIONS" in titles
    assert "EXIT STATUS" in titles


@pytest.mark.parametrize("page", PAGES)
def test_a_page_has_every_option_of_its_command_and_no_other(page: str) -> None:
    command = command_of(page)
    params = command.get_params(click.Context(command, help_option_names=["-h", "--help"]))
    options = {
        name
        for param in params
        if isinstance(param, click.Option)
        for name in (*param.opts, *param.secondary_opts)
    }
    tags = re.findall(r"^\.TP\n\.\w+ (.+)$", section(page, "OPTIONS"), flags=re.MULTILINE)
    documented = {
        word for tag in tags for word in re.findall(r"(?<!\w)--?[a-z][a-z-]*", plain(tag))
    }
    assert documented == options


@pytest.mark.parametrize("name", COMMANDS)
def test_a_page_has_the_name_and_the_summary_of_its_command(name: str) -> None:
    text = summary(name)
    line = f"audiograph-{name} - {text[0].lower()}{text[1:]}"
    assert plain(section(f"audiograph-{name}", "NAME")).strip() == line


def test_the_main_page_has_every_command_with_its_summary() -> None:
    for name in COMMANDS:
        assert f".B {name}\n{summary(name)}.\n" in section("audiograph", "COMMANDS")
        assert f".BR audiograph\\-{name} (1)" in section("audiograph", "SEE ALSO")


@pytest.mark.parametrize("page", PAGES)
def test_every_example_is_a_command_line_that_audiograph_takes(page: str) -> None:
    _, _, in_help = (command_of(page).help or "").partition("For example:")
    found = examples(in_help) + examples(plain(section(page, "EXAMPLES")))
    assert len(found) >= 2
    for line in found:
        for call in re.findall(r"\baudiograph ((?:[^|>)\"#]|\"[^\"]*\")*)", line):
            name, *words = shlex.split(call)
            command_of(f"audiograph-{name}").make_context(name, words)


DEVICE = Device(
    id="alsa-in-usb-1234",
    label="USB",
    kind="audioinput",
    host_api="ALSA",
    index=0,
    channels=2,
    default_sample_rate=48000,
    low_latency=0.01,
    high_latency=0.04,
    is_default=True,
    group_id="1234",
)
FILE = FileInfo(
    path=Path("a.wav"),
    size=44,
    container="WAV",
    container_name="WAV (Microsoft)",
    subtype="PCM_16",
    subtype_name="Signed 16 bit PCM",
    sample_rate=48000,
    channels=1,
    frames=0,
    header_frames=0,
    bits=16,
    tags={},
    levels=(Levels(0, 0, 0, 0),),
)


def keys(value: object) -> set[str]:
    """Return the keys of a document and of those in it."""
    if isinstance(value, dict):
        return set(value).union(*map(keys, value.values()))
    return set().union(*map(keys, value)) if isinstance(value, (list, tuple)) else set()


@pytest.mark.parametrize(
    ("page", "document"),
    [
        ("audiograph-devices", {"schema": 1, "devices": [document(DEVICE)]}),
        (
            "audiograph-inspect",
            {"schema": 1, "devices": [{"sample_rates": ()}], "file": file_document(FILE)},
        ),
    ],
)
def test_a_page_has_every_key_of_the_json_and_no_other(
    page: str, document: dict[str, object]
) -> None:
    bold = re.findall(r"^\.(B|BR|BI) (.+)$", section(page, "JSON"), flags=re.MULTILINE)
    words = {word for _, line in bold for word in re.findall(r"[a-z_]+", plain(line))}
    other = {"audioinput", "audiooutput", "audiograph", "devices", "and"}
    assert words - other == keys(document) - other

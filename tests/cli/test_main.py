from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import click
import pytest

import audiograph
from audiograph.cli import COMMANDS, main, summary

from .conftest import Run, environment, probe_command

HEAVY = ("numpy", "rich", "soundfile", "sounddevice", "soxr", "importlib.metadata", "difflib")


def command_named(name: str) -> click.Command:
    command = main.get_command(click.Context(main), name)
    assert command is not None
    return command


def test_help_goes_to_stdout_and_names_every_command(run: Run) -> None:
    result = run("--help")
    assert (result.returncode, result.stderr) == (0, "")
    for name in COMMANDS:
        assert f"\n  {name} " in result.stdout
    assert run("-h").stdout == result.stdout


@pytest.mark.parametrize("name", COMMANDS)
def test_the_help_of_a_command_has_examples_that_fit_the_terminal(run: Run, name: str) -> None:
    result = run(name, "--help")
    assert (result.returncode, result.stderr) == (0, "")
    assert "\n  For example:\n\n    " in result.stdout
    assert f"audiograph {name}" in result.stdout.split("For example:")[1]
    assert max(map(len, result.stdout.splitlines())) <= 80


@pytest.mark.parametrize("name", COMMANDS)
def test_a_summary_is_the_first_line_of_the_help_read_without_importing(name: str) -> None:
    command = command_named(name)
    assert command.name == name
    assert summary(name) == (command.help or "").splitlines()[0].rstrip(".")
    assert len(summary(name)) <= 60


@pytest.mark.parametrize("words", [["--help"], *([name, "--help"] for name in COMMANDS)])
def test_help_imports_nothing_heavy(words: list[str]) -> None:
    code = (
        "import sys; from audiograph.cli import main; "
        f"main({words!r}, standalone_mode=False); "
        f"print([name for name in {HEAVY!r} if name in sys.modules], file=sys.stderr)"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert result.stderr == "[]\n"


def test_help_imports_no_command() -> None:
    code = (
        "import sys; from audiograph.cli import COMMANDS, main; "
        "main(['--help'], standalone_mode=False); "
        "print([n for n in COMMANDS if f'audiograph.cli.{n}' in sys.modules], file=sys.stderr)"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert result.stderr == "[]\n"


def test_help_takes_at_most_twice_as_long_as_importing_click() -> None:
    def seconds(*words: str) -> float:
        start = time.perf_counter()
        subprocess.run([sys.executable, *words], stdout=subprocess.DEVNULL, check=True)
        return time.perf_counter() - start

    runs = [
        (seconds("-c", "import click"), seconds("-m", "audiograph", "--help")) for _ in range(9)
    ]
    click_seconds, help_seconds = (min(column) for column in zip(*runs, strict=True))
    assert help_seconds <= 2 * click_seconds


def test_the_version_is_the_package_s(run: Run) -> None:
    result = run("--version")
    assert (result.stdout, result.returncode) == (f"audiograph {audiograph.__version__}\n", 0)


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["--nope"], "no such option '--nope' (see 'audiograph --help')"),
        (
            ["devises"],
            "no such command 'devises'. Did you mean 'devices'? (see 'audiograph --help')",
        ),
        (
            ["devices", "--jason"],
            "no such option '--jason'. Did you mean '--json'? (see 'audiograph devices --help')",
        ),
        (["capture"], "missing argument 'OUT' (see 'audiograph capture --help')"),
        (
            ["route", "--gain", "loud"],
            "invalid value for '--gain': 'loud' is no gain: a factor (0.5) or decibels "
            "(-6dB, +3dB, -infdB for silence) (see 'audiograph route --help')",
        ),
        (
            ["route", "--tone", "440", "--tone", "A4"],
            "invalid value for '--tone': 'A4' is no frequency: hertz above zero (440, 440Hz) or "
            "kilohertz (4.4k, 1.2kHz) (see 'audiograph route --help')",
        ),
        (
            ["completion", "tcsh"],
            "invalid value for '{bash|zsh|fish}': 'tcsh' is not one of 'bash', 'zsh', 'fish' "
            "(see 'audiograph completion --help')",
        ),
    ],
)
def test_wrong_usage_is_one_line_and_status_2(run: Run, words: list[str], line: str) -> None:
    result = run(*words)
    assert (result.stdout, result.stderr) == ("", f"audiograph: {line}\n")
    assert result.returncode == 2


def test_without_a_command_the_help_is_shown_but_it_is_wrong_usage(run: Run) -> None:
    result = run()
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr.startswith("Usage: audiograph ")


@pytest.mark.parametrize(
    ("body", "line", "status"),
    [
        ("raise FileNotFoundError(2, 'No such file', 'a.wav')", "a.wav: no such file", 1),
        ("from audiograph.errors import NotFoundError\nraise NotFoundError('no mic')", "no mic", 3),
        (
            "raise ValueError('rate 0:\\n out\\x1b[31m of range')",
            "rate 0: out\\x1b[31m of range",
            1,
        ),
        ("raise KeyboardInterrupt", "interrupted", 130),
        (
            "try:\n    raise KeyboardInterrupt\nfinally:\n    raise RuntimeError('no lock')",
            "interrupted",
            130,
        ),
        ("raise MemoryError", "out of memory; shorter pieces or fewer channels need less", 1),
        ("def f(): f()\nf()", "the input is nested too deeply", 1),
        (
            "1 / 0",
            "unexpected ZeroDivisionError: division by zero; this is a bug, please report it "
            "with what you typed (-vv shows the traceback)",
            1,
        ),
    ],
)
def test_an_error_is_one_line_and_a_status(
    run_probe: Run, body: str, line: str, status: int
) -> None:
    result = run_probe(body)
    assert (result.stdout, result.stderr) == ("", f"audiograph: {line}\n")
    assert result.returncode == status


def test_what_was_printed_before_an_error_still_arrives(run_probe: Run) -> None:
    result = run_probe("output.write('data')\nraise ValueError('late')")
    assert (result.stdout, result.stderr) == ("data\n", "audiograph: late\n")


def test_a_traceback_is_shown_with_vv_alone(run_probe: Run) -> None:
    assert "Traceback" not in run_probe("1 / 0", "-v").stderr
    assert "\nZeroDivisionError: division by zero\n" in run_probe("1 / 0", "-vv").stderr


def test_a_reader_that_goes_away_ends_the_program_quietly(run: Run, run_probe: Run) -> None:
    for start, words in ((run, ["--help"]), (run_probe, ["output.write('x' * 1_000_000)"])):
        reader, writer = os.pipe()
        os.close(reader)
        result = start(*words, stdout=writer)
        os.close(writer)
        assert (result.stderr, result.returncode) == ("", 141)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_is_reported_once(run: Run) -> None:
    with Path("/dev/full").open("w") as full:
        result = run("--help", stdout=full)
    assert result.stderr == "audiograph: no space left on device\n"
    assert result.returncode == 1


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_data_that_a_full_disk_does_not_take_is_an_error(run_probe: Run) -> None:
    with Path("/dev/full").open("w") as full:
        result = run_probe("output.write('data')", stdout=full)
    assert (result.stderr, result.returncode) == (
        "audiograph: cannot write to stdout: No space left on device; make room, or write to "
        "another disk\n",
        1,
    )


def test_data_for_a_stdout_that_is_closed_is_an_error(run_probe: Run) -> None:
    words = probe_command("output.write('data')")
    result = subprocess.run(
        ["sh", "-c", 'exec "$@" >&-', "sh", *words],
        env=environment(),
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    assert (result.stderr, result.returncode) == ("audiograph: stdout is closed\n", 1)


def test_a_file_never_takes_the_place_of_a_standard_stream(tmp_path: Path) -> None:
    body = "import os\nraise SystemExit(os.open('/dev/null', os.O_RDONLY))"
    result = subprocess.run(
        ["sh", "-c", 'exec "$@" <&- >&- 2>&-', "sh", *probe_command(body)],
        env=environment(),
        check=False,
    )
    assert result.returncode >= 3


def test_a_stderr_that_is_closed_stops_nothing(run_probe: Run) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    result = run_probe("talk.note('hello')\noutput.write('data')", stderr=writer)
    os.close(writer)
    assert (result.stdout, result.returncode) == ("data\n", 0)


def test_an_interrupt_while_it_is_loaded_shows_no_traceback(run: Run, tmp_path: Path) -> None:
    (tmp_path / "click.py").write_text("import os, signal\nos.kill(os.getpid(), signal.SIGINT)")
    result = run("--help", env={"PYTHONPATH": str(tmp_path)})
    assert (result.returncode, result.stdout, result.stderr) == (-signal.SIGINT, "", "")


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_a_signal_interrupts(name: str) -> None:
    body = """
    import signal
    output.write("ready")
    sys.stdout.flush()
    signal.pause()
    """
    with subprocess.Popen(
        probe_command(body),
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        process.send_signal(getattr(signal, name))
        _, stderr = process.communicate(timeout=60)
    assert (stderr, process.returncode) == ("audiograph: interrupted\n", 130)


def test_an_interrupt_at_the_very_end_tears_nothing(run_probe: Run) -> None:
    body = """
    import atexit, os, signal
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        atexit.register(os.kill, os.getpid(), getattr(signal, name))
    output.write("done")
    """
    result = run_probe(body)
    assert (result.stdout, result.stderr, result.returncode) == ("done\n", "", 0)


def test_what_the_caller_ignores_stays_ignored() -> None:
    body = "import signal, os\nos.kill(os.getpid(), signal.SIGHUP)\noutput.write('still here')"
    result = subprocess.run(
        ["sh", "-c", 'trap "" HUP; exec "$@"', "sh", *probe_command(body)],
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert (result.stdout, result.stderr, result.returncode) == ("still here\n", "", 0)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "audiograph: note\n"),
        (["-q"], ""),
        (["-v"], "audiograph: note\naudiograph: detail\n"),
        (["-vv"], "audiograph: note\naudiograph: detail\naudiograph: more\n"),
    ],
)
def test_q_and_v_choose_how_much_is_said(run_probe: Run, words: list[str], said: str) -> None:
    body = "talk.note('note')\ntalk.detail('detail')\ntalk.detail('more', level=2)"
    lines = run_probe(body, *words).stderr.splitlines(keepends=True)
    # Where the kernels are not compiled, -v has a line about it.
    assert "".join(line for line in lines if "interpreted" not in line) == said


@pytest.mark.parametrize("words", [["-q", "probe"], ["probe", "-q"], ["probe", "--quiet"]])
def test_q_may_stand_before_or_after_the_command(words: list[str]) -> None:
    command = [*probe_command("talk.note('note')")[:-1], *words]
    result = subprocess.run(command, env=environment(), capture_output=True, text=True, check=False)
    assert (result.stderr, result.returncode) == ("", 0)


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_completion_script_is_one_that_the_shell_reads(run: Run, shell: str) -> None:
    if shell == "bash" and shutil.which("bash") is None:
        pytest.skip("needs bash")
    result = run("completion", shell)
    assert (result.stderr, result.returncode) == ("", 0)
    assert "_AUDIOGRAPH_COMPLETE" in result.stdout
    if shutil.which(shell):
        subprocess.run([shell, "-n"], input=result.stdout, text=True, check=True)


@pytest.mark.parametrize(
    ("words", "completions"),
    [
        ("audiograph de", ["devices"]),
        ("audiograph devices --in", ["--inputs"]),
        ("audiograph completion f", ["fish"]),
        ("audiograph route --raw s", ["s16le", "s24le"]),
    ],
)
def test_the_shell_gets_completions(run: Run, words: str, completions: list[str]) -> None:
    assert offered(run, words) == [f"plain,{word}" for word in completions]


def offered(run: Run, words: str, **variables: str) -> list[str]:
    """Return what a shell is told when Tab is pressed behind `words`, and nothing went wrong."""
    variables |= {
        "_AUDIOGRAPH_COMPLETE": "bash_complete",
        "COMP_WORDS": words,
        "COMP_CWORD": str(len(words.split(" ")) - 1),
    }
    result = run(env=variables)
    assert (result.stderr, result.returncode) == ("", 0)
    return result.stdout.split()


def test_the_shell_gets_devices_by_id_or_by_a_word_of_the_label(
    run: Run, alsa: dict[str, str]
) -> None:
    found = json.loads(run("devices", "--json", env=alsa).stdout)["devices"]
    ids = {(device["label"], device["kind"]): device["id"] for device in found}
    scarlett = ids["scarlett", "audioinput"]
    for typed in ("--mic Scar", f"--mic {scarlett[:-2]}"):
        for command in ("route", "capture take.wav"):
            assert offered(run, f"audiograph {command} {typed}", **alsa) == [f"plain,{scarlett}"]
    speakers = ids["scarlett", "audiooutput"]
    assert offered(run, "audiograph route --to scar", **alsa) == [f"plain,{speakers}", "file,scar"]
    inputs = [f"plain,{id}" for (_, kind), id in ids.items() if kind == "audioinput"]
    assert offered(run, "audiograph route --mic ", **alsa) == ["plain,default", *inputs]


def test_the_shell_gets_words_and_files_where_there_is_no_device(
    run: Run, no_devices: dict[str, str]
) -> None:
    assert offered(run, "audiograph route --mic x", **no_devices) == []
    assert offered(run, "audiograph route --to s", **no_devices) == ["plain,speakers", "file,s"]
    assert offered(run, "audiograph route --to ./t", **no_devices) == ["file,./t"]

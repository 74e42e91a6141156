from __future__ import annotations

import os
import pty
import subprocess

import pytest

from .conftest import Run, environment, probe_command

PROGRESS = """
Progress.PATIENCE_SECONDS = Progress.INTERVAL_SECONDS = 0
with talk.progress("rendering", {total}) as progress:
    for second in range(4):
        progress.update(second)
"""


def seen_on_a_terminal(words: list[str], **variables: str) -> tuple[str, str, int]:
    """Return what a program prints on stdout, and on stderr where that is a terminal."""
    controller, terminal = pty.openpty()
    with subprocess.Popen(
        words, env=environment(**variables), stdout=subprocess.PIPE, stderr=terminal
    ) as process:
        os.close(terminal)
        shown = b""
        while True:
            try:
                shown += (piece := os.read(controller, 65536))
            except OSError:  # Linux tells the end of a terminal by an error.
                break
            if not piece:
                break
        assert process.stdout is not None
        stdout = process.stdout.read()
    os.close(controller)
    return stdout.decode(), shown.decode(), process.returncode


@pytest.mark.parametrize("total", [4, None])
def test_a_bar_shows_progress_on_a_terminal_and_leaves_stdout_alone(total: int | None) -> None:
    body = PROGRESS.format(total=total) + "output.write('data')"
    stdout, shown, status = seen_on_a_terminal(probe_command(body))
    assert (stdout, status) == ("data\n", 0)
    assert "rendering" in shown
    assert ("75%" in shown) is (total is not None)


def test_no_color_is_respected() -> None:
    words = probe_command(PROGRESS.format(total=4))
    _, shown, _ = seen_on_a_terminal(words)
    assert "\x1b[3" in shown
    _, shown, _ = seen_on_a_terminal(words, NO_COLOR="1")
    assert "rendering" in shown
    assert "\x1b[3" not in shown


def test_a_dumb_terminal_and_quiet_get_no_bar() -> None:
    body = PROGRESS.format(total=4)
    assert seen_on_a_terminal(probe_command(body), TERM="dumb") == ("", "", 0)
    assert seen_on_a_terminal(probe_command(body, "-q")) == ("", "", 0)


def test_a_pipe_gets_no_bar_and_rich_is_not_imported(run_probe: Run) -> None:
    body = PROGRESS.format(total=4) + "output.write(str('rich' in sys.modules))"
    result = run_probe(body)
    assert (result.stdout, result.stderr) == ("False\n", "")


def test_what_is_done_within_a_second_gets_no_bar() -> None:
    body = "with talk.progress('short', 2) as progress:\n    progress.update(1)"
    assert seen_on_a_terminal(probe_command(body)) == ("", "", 0)


def test_a_note_during_progress_stands_on_its_own_line() -> None:
    body = PROGRESS.format(total=4) + "        talk.note(f'passed {second}')"
    _, shown, _ = seen_on_a_terminal(probe_command(body))
    assert "audiograph: passed 2\r\n" in shown


def test_an_interruption_leaves_the_bar_behind_and_says_so_on_a_line_of_its_own() -> None:
    body = PROGRESS.format(total=4) + "    raise KeyboardInterrupt"
    _, shown, status = seen_on_a_terminal(probe_command(body))
    assert status == 130
    assert shown.endswith("audiograph: interrupted\r\n")
    assert "\x1b[?25h" in shown


def test_audio_is_not_written_to_a_terminal_nor_read_from_one() -> None:
    controller, terminal = pty.openpty()
    for stream, line in (
        ("stdout", "written to a terminal: send it on with '> out.wav' or '| program'"),
        ("stdin", "read from a terminal: bring it with '< in.wav' or 'program |'"),
    ):
        streams = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, stream: terminal}
        result = subprocess.run(
            probe_command(f"output.audio_{stream}()"),
            env=environment(),
            **streams,  # type: ignore[arg-type]
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
        message = f"audiograph: audio is not {line} (see 'audiograph probe --help')\n"
        assert (result.stderr, result.returncode) == (message, 2)
    os.close(controller)
    os.close(terminal)


def test_audio_goes_to_a_pipe_and_comes_from_one(run_probe: Run) -> None:
    body = "output.audio_stdout().write(output.audio_stdin().read())"
    result = run_probe(body, stdin=None, input="samples")
    assert (result.stdout, result.returncode) == ("samples", 0)

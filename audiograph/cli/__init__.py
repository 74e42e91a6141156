"""What the user types: one module a command, and the frame around them.

- ``__init__``    the group: finds commands, runs one, turns errors into a line and a status
- ``command``     what all commands share: help as their module's docstring, ``-q``, ``-v``
- ``options``     options that more than one command has
- ``quantities``  gains, times, frequencies, rates as people write them
- ``matching``    one of a list by id, label or part of a label
- ``suggestions`` devices for the Tab key
- ``talk``        everything but data, on stderr
- ``output``      data, on stdout
- ``failure``     an exception as one line and an exit status
- ``process``     signals and standard streams

A command is a module named in `COMMANDS` with a `command` in it. It is imported when it runs or
when its own help is asked, and imports numpy and the library in its body alone, because
``audiograph --help`` has to answer at once.
"""

from __future__ import annotations

import linecache
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Any, NoReturn

import click

from audiograph import __version__
from audiograph.cli import process
from audiograph.cli.command import QUIET, VERBOSE, keep_indented
from audiograph.cli.talk import Talk

COMMANDS = ("route", "capture", "devices", "tracks", "inspect", "completion")
"""The commands in the order of the help, each a module of this package."""

COMPLETION_VARIABLE = "_AUDIOGRAPH_COMPLETE"
"""The environment variable through which a shell asks for completions."""


class Program(click.Group):
    """The group of all commands, which are imported one by one as they are needed."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.help = keep_indented(self.help)
        self.params += [QUIET, VERBOSE]

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = import_module(f"{__name__}.{cmd_name}").command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        try:
            return super().resolve_command(ctx, args)
        except click.NoSuchCommand as error:
            # click suggests from a dictionary of loaded commands, which stays empty here.
            raise click.NoSuchCommand(error.command_name, possibilities=COMMANDS, ctx=ctx) from None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, summary(name)) for name in COMMANDS])

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        **extra: Any,
    ) -> Any:
        if not standalone_mode:
            return super().main(args, prog_name, complete_var, standalone_mode=False, **extra)
        return self._run_and_exit(sys.argv[1:] if args is None else list(args), **extra)

    def _run_and_exit(self, args: list[str], **extra: Any) -> NoReturn:
        """Run the program and leave Python: click's own `main`, with our errors and statuses."""
        talk = extra.setdefault("obj", Talk())
        try:
            process.prepare()
            _answer_shell(self)
            with self.make_context("audiograph", args, **extra) as ctx:
                self.invoke(ctx)
            process.flush_stdout()
            status = 0
        except click.exceptions.Exit as end:
            status = end.exit_code
        except SystemExit:
            raise
        except BaseException as error:  # noqa: BLE001 - the one place where errors become text
            from audiograph.cli.failure import report

            status = report(error, talk)
        finally:
            process.abandon_broken_stdout()
            process.leave()
        sys.exit(status)


def summary(name: str) -> str:
    """Return a command's one-line help: its module's first line, read without importing it."""
    return linecache.getline(f"{__path__[0]}/{name}.py", 1).strip().strip('"').rstrip(".")


def _answer_shell(program: click.Command) -> None:
    """Leave with completions if it is a shell that asks."""
    instruction = os.environ.get(COMPLETION_VARIABLE)
    if instruction:
        from click.shell_completion import shell_complete

        sys.exit(shell_complete(program, {}, "audiograph", COMPLETION_VARIABLE, instruction))


@click.group(cls=Program, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, message="%(prog)s %(version)s", help="Print the version.")
def main() -> None:
    """Route audio between devices, files and pipes, through a Web Audio graph.

    For example:

      audiograph route                            # hear the microphone
      audiograph route --file in.ogg --gain -6dB --to out.wav
      audiograph capture take.flac --duration 1:30
      audiograph devices --inputs
      audiograph inspect take.flac --json | jq .file.channels

    Every command tells more with --help, and has a man page with more examples. Data goes to
    stdout and everything else to stderr. Exit statuses: 0 done, 1 failed, 2 wrong usage, 3 no
    such device or no permission, 130 interrupted before anything was recorded.
    """

"""What all commands share: a help text with examples, `-q` and `-v`.

A command's help is its module's docstring. The first line is its summary in the program's own
help; indented paragraphs, such as examples, keep their lines.
"""

from __future__ import annotations

import inspect
from typing import Any

import click

from audiograph.cli.talk import Talk


class Command(click.Command):
    """A command of audiograph."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.help = keep_indented(self.help)
        self.params += [QUIET, VERBOSE]

    def invoke(self, ctx: click.Context) -> Any:
        _tell_of_kernels(ctx.ensure_object(Talk))
        return super().invoke(ctx)


def keep_indented(help_text: str | None) -> str:
    r"""Return a help text with click's mark (`\b`) on the paragraphs whose lines must stay."""
    paragraphs = inspect.cleandoc(help_text or "").split("\n\n")
    return "\n\n".join(f"\b\n{text}" if text.startswith(" ") else text for text in paragraphs)


def _tell_of_kernels(talk: Talk) -> None:
    if talk.verbosity:
        from audiograph.render.kernels import COMPILED

        if not COMPILED:
            talk.detail(
                "the signal processing runs interpreted, slower; to have it compiled, install a "
                "C compiler and Python's headers (gcc, python3-dev), then audiograph again"
            )


def _be_quiet(ctx: click.Context, param: click.Parameter, value: bool) -> None:
    if value:
        ctx.ensure_object(Talk).quiet = True


def _be_verbose(ctx: click.Context, param: click.Parameter, value: int) -> None:
    ctx.ensure_object(Talk).verbosity += value


QUIET = click.Option(
    ["-q", "--quiet"],
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_be_quiet,
    help="Say nothing but errors; no progress bar.",
)
VERBOSE = click.Option(
    ["-v", "--verbose"],
    count=True,
    is_eager=True,
    expose_value=False,
    callback=_be_verbose,
    help="Say more; -vv shows a traceback with an error.",
)

"""Print the completion script for a shell.

Once the shell has read it, the Tab key completes commands, options, devices and file names.

For example:

  eval "$(audiograph completion bash)"        # in ~/.bashrc
  eval "$(audiograph completion zsh)"         # in ~/.zshrc
  audiograph completion fish > ~/.config/fish/completions/audiograph.fish
"""

from __future__ import annotations

import click

from audiograph.cli import COMPLETION_VARIABLE, main, output
from audiograph.cli.command import Command


@click.command("completion", cls=Command, help=__doc__)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def command(shell: str) -> None:
    """Print click's script for the shell."""
    from click.shell_completion import get_completion_class

    completion = get_completion_class(shell)
    if completion is None:
        raise ValueError(f"no completion for {shell}")
    output.write(completion(main, {}, "audiograph", COMPLETION_VARIABLE).source())

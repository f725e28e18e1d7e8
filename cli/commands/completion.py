"""`optimizer completion`: have the shell complete commands, options and what is stored."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from cli import typer
from cli.output import write_out


class Shell(StrEnum):
    """Shells that can complete."""

    BASH = "bash"
    ZSH = "zsh"
    FISH = "fish"


def completion(
    shell: Annotated[
        Shell, typer.Argument(help="The shell that is to complete.", show_default=False)
    ],
) -> None:
    """Print the script that makes a shell complete commands, options and names in the history.

    For bash and zsh, eval what it prints; for fish, pipe it into source.

    Example: optimizer completion bash
    """
    from cli.completion.scripts import script

    write_out(script(shell.value))

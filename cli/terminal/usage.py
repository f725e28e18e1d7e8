"""What is said of a command line that cannot be understood."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from cli.terminal.manners import COLOR, SWITCHES
from optimizer.models.dataclass import dataclass
from optimizer.models.nearest import meant

SUGGESTIONS = re.compile(r" ?\((?:Possible options|Did you mean)[^)]*\)$| Did you mean [^?]*\?$")
"""What the parser itself adds."""

NO_COMMAND = re.compile(r"No such command '(.*)'\.", re.DOTALL)
NO_CHOICE = re.compile(r"'([^']*)' is not one of (.*)\.", re.DOTALL)
PARSER_WORDS = "Value error, "
"""What the parser puts before the message of a check of ours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Misuse:
    """What is wrong with a command line.

    Attributes:
        usage: How the command is used, or None where none was recognized.
        message: What is wrong.
        hint: What was meant, or where help is.
    """

    usage: str | None
    message: str
    hint: str | None


def asks_for_help(problem: Exception) -> bool:
    """Tell whether a group was named without a command, which asks which there are."""
    return type(problem).__name__ == "NoArgsIsHelpError"


def misuse(problem: Any) -> Misuse:
    """Return what is wrong, from what the parser raised."""
    context = getattr(problem, "ctx", None)
    if asks_for_help(problem):
        return Misuse(usage=None, message="a command is missing", hint=_help(context))
    message = SUGGESTIONS.sub("", problem.format_message()).replace(PARSER_WORDS, "")
    return Misuse(
        usage=None if context is None else context.get_usage(),
        message=message,
        hint=_meant(problem, message, context) or _help(context),
    )


def _meant(problem: Any, message: str, context: Any) -> str | None:
    option = getattr(problem, "option_name", None)
    if option is not None and getattr(problem, "possibilities", None) is not None:
        return meant(option, options_of(context.command))
    if found := NO_COMMAND.match(message):
        return meant(found[1], context.command.list_commands(context))
    if found := NO_CHOICE.search(message):
        return meant(found[1], [one.strip(" '") for one in found[2].split(",")])
    return None


def options_of(command: Any) -> Iterator[str]:
    """Yield what a command takes as options, in the order of its help."""
    for parameter in command.params:
        if parameter.param_type_name == "option" and not parameter.hidden:
            yield from _long_first((*parameter.opts, *parameter.secondary_opts))
    yield from ("--help", *_long_first(tuple(SWITCHES)), COLOR)


def _long_first(names: Sequence[str]) -> list[str]:
    return sorted(names, key=lambda name: not name.startswith("--"))


def _help(context: Any) -> str | None:
    return None if context is None else f"See '{context.command_path} --help'."

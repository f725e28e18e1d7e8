"""What could stand at the cursor of a command line."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from enum import Enum
from typing import Any, get_args

from cli.completion.names import FINDERS, Names
from cli.completion.scripts import FILES
from cli.terminal.manners import COLOR, SWITCHES, Color

LONGEST_HELP = 60
"""Characters of what is said of a name."""


def complete(words: Sequence[str]) -> str:
    """Return what could take the place of the last word: a name and what it is to a line.

    Where the shell knows better, as with names of files, the answer is `:files`.
    """
    *before, current = words or [""]
    found = [(name, what) for name, what in _candidates(before, current) if _fits(name, current)]
    if not found and not current.startswith("-"):
        return f"{FILES}\n"
    return "".join(f"{name}\t{_short(what)}\n" if what else f"{name}\n" for name, what in found)


def _fits(name: str, current: str) -> bool:
    return name.startswith(current) and "\n" not in name and "\t" not in name


def _candidates(before: Sequence[str], current: str) -> Names:
    """Return what may come next, whether it begins like the current word or not."""
    if before and before[-1] == COLOR:
        return ((one.value, "") for one in Color)
    words = [word for word in before if word not in SWITCHES and not word.startswith(COLOR)]
    context, rest = _context(words)
    command = context.command
    option = _waiting(command, rest)
    if option is not None:
        return _values(option, words, current)
    if current.startswith("-"):
        return _options(command)
    if hasattr(command, "list_commands") and not rest:
        return _commands(context)
    return _of_arguments(command, rest, words, current)


def _context(words: Sequence[str]) -> tuple[Any, Sequence[str]]:
    """Return the command that words lead to, in its surroundings, and the words behind it."""
    from typer.main import get_command

    from cli.app import only

    command: Any = get_command(only(words[0] if words else ""))
    context: Any = command.context_class(command, info_name="optimizer")
    for i, word in enumerate(words):
        inner = command.get_command(context, word) if hasattr(command, "list_commands") else None
        if inner is None:
            return context, words[i:]
        command = inner
        context = command.context_class(command, parent=context, info_name=word)
    return context, ()


def _commands(context: Any) -> Iterator[tuple[str, str]]:
    for name in context.command.list_commands(context):
        inner = context.command.get_command(context, name)
        if inner is not None and not inner.hidden:
            yield name, inner.get_short_help_str(limit=LONGEST_HELP)


def _options(command: Any) -> Iterator[tuple[str, str]]:
    from cli.terminal.usage import options_of

    told = {
        name: parameter.help or ""
        for parameter in command.params
        if parameter.param_type_name == "option"
        for name in parameter.opts
    }
    for name in options_of(command):
        if name.startswith("--"):
            yield name, told.get(name, "")


def _waiting(command: Any, rest: Sequence[str]) -> Any:
    """Return the option whose value comes next, or None."""
    if not rest or not rest[-1].startswith("-"):
        return None
    for parameter in command.params:
        takes_value = parameter.param_type_name == "option" and not parameter.is_flag
        if takes_value and rest[-1] in parameter.opts:
            return parameter
    return None


def _of_arguments(command: Any, rest: Sequence[str], words: Sequence[str], current: str) -> Names:
    """Return the values of the argument that comes next."""
    arguments = [one for one in command.params if one.param_type_name == "argument"]
    if not arguments:
        return ()
    taken, skip = 0, False
    for word in rest:
        if skip:
            skip = False
        elif word.startswith("-"):
            skip = _waiting(command, [word]) is not None
        else:
            taken += 1
    argument = arguments[min(taken, len(arguments) - 1)]
    if taken >= len(arguments) and argument.nargs != -1:
        return ()
    return _values(argument, words, current)


def _values(parameter: Any, words: Sequence[str], current: str) -> Names:
    choices = _choices(parameter)
    if choices:
        return [(one, "") for one in choices]
    key = f"{words[0] if words else ''} {parameter.name}"
    find = FINDERS.get(key) or FINDERS.get(parameter.name)
    if find is None:
        return ()
    with suppress(OSError):
        return list(find(words, current))
    return ()


def _choices(parameter: Any) -> list[str]:
    """Return the values that are possible, where they are listed."""
    annotation = getattr(getattr(parameter, "type_descriptor", None), "annotation", None)
    for one in (annotation, *get_args(annotation)):
        if isinstance(one, type) and issubclass(one, Enum):
            return [str(value.value) for value in one]
    return []


def _short(text: str) -> str:
    from reports.text import line

    return line(text).partition(". ")[0][:LONGEST_HELP]

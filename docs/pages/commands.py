"""The page on the commands."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Annotated, Any, get_args, get_origin, get_type_hints

import typer

import cli.main
from cli.app import app
from cli.terminal.manners import OPTIONS
from pages.markdown import capital, fenced, joined, table

COMPLETION = """eval "$(optimizer completion bash)"  # in ~/.bashrc
eval "$(optimizer completion zsh)"   # in ~/.zshrc
optimizer completion fish | source   # in ~/.config/fish/config.fish"""

KINDS = {str: "text", int: "whole number", float: "number", Path: "path", bool: "flag"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """One command: its words on the command line and the function behind it."""

    name: str
    function: Callable[..., Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """One argument or option of a command."""

    names: str
    value: str
    default: str
    variable: str
    help: str
    is_option: bool


def commands() -> Iterator[str]:
    """Yield the page on the commands."""
    known = table_of_commands()
    yield "# Commands"
    yield (
        "Payload goes to standard output, narration to standard error. `--json` prints JSON with a "
        "`format_version` instead of text. Every command has `-h` and `--help`; "
        "`optimizer --version` prints the version. "
        "Colour is left out where the output is no terminal, or where `NO_COLOR` is set; "
        "`FORCE_COLOR` brings it back. "
        "Output that is longer than the terminal is shown in `$OPTIMIZER_PAGER`, else `$PAGER`, "
        "else `less`; never where it is no terminal, in CI, or with `--json`. "
        "Characters that the output's encoding lacks are told in ASCII."
    )
    yield "Every command takes these, in any position:"
    yield table(("Option", "What it does"), [(f"`{name}`", what) for name, what in OPTIONS.items()])
    yield (
        "Ctrl-C ends with exit code 130, SIGTERM with 143. `optimizer completion` prints what "
        "makes a shell complete commands, options and names in the history:"
    )
    yield fenced("bash", COMPLETION)
    yield table(("Command", "What it does"), [_command_row(command) for command in known])
    yield "## Exit codes"
    yield table(("Code", "Meaning"), _exit_codes())
    for command in known:
        yield from _command(command)


def table_of_commands() -> list[Command]:
    """Return the commands in the order of the table in `cli.app`."""
    found = [Command(name=_name(c), function=_function(c)) for c in app.registered_commands]
    for group in app.registered_groups:
        inner = group.typer_instance
        if inner is not None:
            found += [
                Command(name=f"{inner.info.name} {_name(c)}", function=_function(c))
                for c in inner.registered_commands
            ]
    return found


def parameters(command: Command) -> list[Parameter]:
    """Return the arguments of a command, then its options, in the order of its function."""
    hints = get_type_hints(command.function, include_extras=True)
    signature = inspect.signature(command.function).parameters
    found = [_parameter(name, hints[name], signature[name].default) for name in signature]
    return sorted(found, key=lambda parameter: parameter.is_option)


def _name(command: Any) -> str:
    return command.name or _function(command).__name__.replace("_", "-")


def _function(command: Any) -> Callable[..., Any]:
    function: Callable[..., Any] = command.callback
    return function


def _parameter(name: str, hint: Any, default: object) -> Parameter:
    kind, info = get_args(hint)
    is_option = isinstance(info, type(typer.Option()))
    declared = (info.default, *(info.param_decls or ()))  # typer keeps the first as a default
    options = [text for text in declared if isinstance(text, str) and text.startswith("-")]
    names = sorted(options, key=len) if is_option else [name.upper()]
    values = " ".join(filter(None, [_kind(kind), _range(info)]))
    required = default is inspect.Parameter.empty
    return Parameter(
        names=", ".join(f"`{text}`" for text in names),
        value=values,
        default="required" if required else _default(default),
        variable=f"`{info.envvar}`" if info.envvar else "",
        help=info.help or "",
        is_option=is_option,
    )


def _kind(kind: Any) -> str:
    """Return in words what an option takes."""
    if get_origin(kind) is Annotated:
        kind = get_args(kind)[0]
    options = [part for part in get_args(kind) if part is not type(None)]
    if get_origin(kind) is tuple:
        return " and ".join(_kind(part) for part in get_args(kind))
    if get_origin(kind) is list:
        return f"{_kind(options[0])}, repeatable"
    if options:
        return _kind(options[0])
    if issubclass(kind, Enum):
        return " or ".join(f"`{member.value}`" for member in kind)
    return KINDS.get(kind, "time")


def _range(info: Any) -> str:
    low, high = info.min, info.max
    if low is None:
        return ""
    return f"from {low:g} on" if high is None else f"from {low:g} to {high:g}"


def _default(value: object) -> str:
    if value is None or value is False:
        return ""
    return f"`{value.value if isinstance(value, Enum) else value}`"


def _command_row(command: Command) -> tuple[str, str]:
    anchor = command.name.replace(" ", "-")
    return f"[`{command.name}`](#{anchor})", _paragraphs(command.function)[0]


def _command(command: Command) -> Iterator[str]:
    """Yield the section on one command."""
    yield f"## {command.name}"
    text = _paragraphs(command.function)
    yield from (part for part in text if not part.startswith("Example: "))
    yield from (
        fenced("bash", part.removeprefix("Example: "))
        for part in text
        if part.startswith("Example: ")
    )
    known = parameters(command)
    arguments = [(p.names, p.value, p.default, p.help) for p in known if not p.is_option]
    if arguments:
        yield table(("Argument", "Value", "Default", "Meaning"), arguments)
    options = [(p.names, p.value, p.default, p.variable, p.help) for p in known if p.is_option]
    if options:
        yield table(("Option", "Value", "Default", "Variable", "Meaning"), options)


def _exit_codes() -> list[tuple[str, str]]:
    """Return the codes that the entry point's docstring lists."""
    text = " ".join((cli.main.__doc__ or "").partition("Exit codes:")[2].split())
    return [
        (code, capital(meaning.strip(" .")))
        for code, meaning in re.findall(r"(\d+) ([^;]+)(?:;|$)", text)
    ]


def _paragraphs(function: Callable[..., Any]) -> list[str]:
    return [joined(part) for part in inspect.cleandoc(function.__doc__ or "").split("\n\n")]

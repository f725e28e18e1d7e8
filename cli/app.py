"""The command table, in the order of the work; a command is imported when it is asked for."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module
from types import FunctionType
from typing import TYPE_CHECKING, Annotated, Any, cast

from cli.terminal.manners import EPILOG
from cli.typer import Exit, Option, for_typer
from optimizer.models.dataclass import dataclass

if TYPE_CHECKING:
    import typer

    app: typer.Typer
    UsageProblem: type[Exception]

ABOUT: dict[str, Any] = {
    "name": "optimizer",
    "help": "The decision layer for prompts: from stored test results to an explained decision.",
    "no_args_is_help": True,
    "pretty_exceptions_enable": False,
    "rich_markup_mode": None,
    "context_settings": {"help_option_names": ["-h", "--help"], "max_content_width": 100},
}

COMMANDS: tuple[str, ...] = (
    "analyze",
    "ingest",
    "runs",
    "show",
    "decide",
    "explain",
    "strategies",
    "approve",
    "reject",
    "apply",
    "rollback",
    "outcome",
    "audit",
    "power",
    "compare",
    "flaky",
    "feedback",
    "windows",
    "drift",
    "anomalies",
    "models",
    "frontier",
    "optimize",
    "lint",
    "gate",
    "comment",
    "report",
    "init",
    "status",
    "doctor",
    "formats",
    "convert",
    "stats",
    "schema",
    "completion",
    "demo",
)
"""The commands: each is the function of its name in the module of its name in `cli.commands`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Commands with a first word in common, which is the module that they are in.

    Attributes:
        name: That word.
        help: What they are for.
        commands: The names of their functions.
    """

    name: str
    help: str
    commands: tuple[str, ...]


GROUPS: tuple[Group, ...] = (
    Group(
        name="rollout",
        help="A decision put in force step by step.",
        commands=("start", "advance", "status"),
    ),
    Group(
        name="baseline",
        help="What candidates are held against.",
        commands=("set_", "show", "clear"),
    ),
    Group(
        name="experiment",
        help="Variants against a baseline, over the runs that come in.",
        commands=(
            "plan",
            "start",
            "status",
            "report",
            "pause",
            "resume",
            "conclude",
            "cancel",
            "archive",
        ),
    ),
    Group(
        name="prompts",
        help="Prompts in files, and their versions.",
        commands=(
            "extract",
            "list_",
            "show_",
            "diff",
            "log",
            "record",
            "promote",
            "rollback",
            "export",
        ),
    ),
    Group(
        name="replay",
        help="What would have become of recorded requests.",
        commands=("caching", "limits", "batching"),
    ),
    Group(name="budget", help="What was spent, and what may be.", commands=("status",)),
    Group(name="config", help="The settings in force.", commands=("show",)),
    Group(
        name="store",
        help="The history as a file.",
        commands=("compact", "rebuild", "export", "import_", "migrate"),
    ),
    Group(
        name="lake",
        help="Runs that many jobs publish, read as one history.",
        commands=("publish", "compact", "query", "status"),
    ),
)


def run(arguments: Sequence[str]) -> int:
    """Run a command and return its exit code.

    Raises:
        UsageProblem: The command line is wrong.
    """
    from cli.plain import understood

    found = _found(arguments)
    said = None if found is None else understood(*found)
    try:
        if found is None or said is None:
            return (
                only(arguments[0])(list(arguments), prog_name="optimizer", standalone_mode=False)
                or 0
            )
        found[0](**said)
    except Exit as end:
        return end.exit_code
    except misuses() as problem:
        if said is not None:
            from typer.main import get_command

            whole = get_command(only(arguments[0]))
            problem.ctx = _context(whole, "optimizer", list(arguments))  # type: ignore[attr-defined]
        raise
    return 0


def misuses() -> tuple[type[Exception], ...]:
    """Return what a wrong command line is raised as; nothing before there was a look at one."""
    return (_usage_problem(),) if "typer" in sys.modules else ()


def only(name: str) -> typer.Typer:
    """Return an application with one command or group, where there is one of that name; else all.

    Building the options of every command takes longer than a short command itself.
    """
    commands = [one for one in COMMANDS if one == name]
    groups = [one for one in GROUPS if one.name == name]
    if not commands and not groups:
        return _built(COMMANDS, GROUPS)
    return _built(commands, groups)


def _built(commands: Sequence[str], groups: Sequence[Group]) -> typer.Typer:
    import typer

    built = typer.Typer(**ABOUT)
    for name in commands:
        built.command(epilog=EPILOG)(for_typer(_function(name, name)))
    for group in groups:
        inner = typer.Typer(name=group.name, help=group.help, no_args_is_help=True)
        for name in group.commands:
            command = inner.command(_word(name), epilog=EPILOG)
            command(for_typer(_function(group.name, name)))
        built.add_typer(inner)
    built.callback(invoke_without_command=True)(for_typer(cast(FunctionType, root)))
    return built


def root(
    version: Annotated[bool, Option("--version", "-V", help="Show the version.")] = False,
) -> None:
    """Answer `--version` wherever it stands."""
    if version:
        from cli.output import write_out
        from optimizer import __version__

        write_out(f"optimizer {__version__}\n")
        raise Exit


def _found(arguments: Sequence[str]) -> tuple[FunctionType, Sequence[str]] | None:
    """Return the command that words begin with, and the words behind it; None where none is."""
    first, *rest = arguments
    if first in COMMANDS:
        return _function(first, first), rest
    for group in GROUPS:
        for name in group.commands:
            if group.name == first and rest[:1] == [_word(name)]:
                return _function(first, name), rest[1:]
    return None


def _function(module: str, name: str) -> FunctionType:
    return cast(FunctionType, getattr(import_module(f"cli.commands.{module}"), name))


def _word(name: str) -> str:
    return name.rstrip("_").replace("_", "-")


def _context(command: Any, name: str | None, words: list[str], around: Any = None) -> Any:
    """Return the surroundings of the innermost command that words lead to, as typer makes them."""
    context = command.make_context(name, words, parent=around)
    if not hasattr(command, "resolve_command"):
        return context
    left = [*context._protected_args, *context.args]
    name, inner, rest = command.resolve_command(context, left)
    return _context(inner, name, rest, context)


def _usage_problem() -> type[Exception]:
    """Return what every misuse of the command line is raised as."""
    import typer

    return typer.BadParameter.__mro__[2]


def __getattr__(name: str) -> Any:
    if name == "app":
        return _built(COMMANDS, GROUPS)
    if name == "UsageProblem":
        return _usage_problem()
    raise AttributeError(name)

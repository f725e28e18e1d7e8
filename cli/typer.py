"""What commands say to typer, which is imported when a command line has to be parsed by it.

Commands declare their options in its words: `typer.Option("--json", help=...)`. A plain command
line is understood without it (`cli.plain`), and typer is slower to import than most commands run.
"""

from __future__ import annotations

from collections.abc import Callable
from types import FunctionType
from typing import TYPE_CHECKING, Annotated, Any, get_args, get_origin, get_type_hints

if TYPE_CHECKING:
    pass


class Declared:
    """An argument or option as it was declared.

    Attributes:
        kind: `Option` or `Argument`.
        names: Its names, where they were said.
        said: What else was said of it.
    """

    __slots__ = ("kind", "names", "said")

    def __init__(self, kind: str, names: tuple[str, ...], said: dict[str, Any]) -> None:
        self.kind, self.names, self.said = kind, names, said


class Exit(Exception):  # noqa: N818 - as typer names it
    """Ends a command with an exit code."""

    def __init__(self, exit_code: int = 0) -> None:
        self.exit_code = exit_code


def Option(*names: str, **said: Any) -> Declared:  # noqa: N802 - as typer names it
    """Declare an option, as `typer.Option`."""
    return Declared("Option", names, said)


def Argument(**said: Any) -> Declared:  # noqa: N802 - as typer names it
    """Declare an argument, as `typer.Argument`."""
    return Declared("Argument", (), said)


def declared(function: Callable[..., Any]) -> dict[str, tuple[Any, Any]]:
    """Return the type of each parameter of a command, and how it was declared, by name."""
    hints = get_type_hints(function, include_extras=True)
    hints.pop("return", None)
    return {
        name: get_args(hint)[:2] if get_origin(hint) is Annotated else (hint, None)
        for name, hint in hints.items()
    }


def for_typer(function: FunctionType) -> FunctionType:
    """Return a command of which typer understands the declarations: they are its own."""
    import typer

    copied = FunctionType(
        function.__code__,
        function.__globals__,
        function.__name__,
        function.__defaults__,
        function.__closure__,
    )
    copied.__doc__, copied.__module__ = function.__doc__, function.__module__
    copied.__annotations__ = dict(function.__annotations__)
    for name, (kind, how) in declared(function).items():
        if isinstance(how, Declared):
            own = getattr(typer, how.kind)(*how.names, **how.said)
            copied.__annotations__[name] = Annotated[kind, own]
    return copied


def __getattr__(name: str) -> Any:
    if name != "BadParameter":
        raise AttributeError(name)
    from typer import BadParameter

    return BadParameter

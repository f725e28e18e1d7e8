"""How the program speaks: what is said, coloured and shown; every command has these options."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextvars import ContextVar
from dataclasses import replace
from enum import StrEnum

from optimizer.models.dataclass import dataclass
from optimizer.models.errors import ConfigError


class Color(StrEnum):
    """When output is coloured."""

    AUTO = "auto"
    ALWAYS = "always"
    NEVER = "never"


@dataclass(frozen=True, slots=True, kw_only=True)
class Manner:
    """How the program speaks.

    Attributes:
        quiet: Say the verdict only, on one line, and what went wrong.
        brief: Say the verdict only, in lines that fit.
        verbose: Tell what is read and how long each stage takes.
        color: When output is coloured.
        progress: Show how far it is, where somebody watches.
        pager: Show what is longer than the terminal in a pager.
    """

    quiet: bool = False
    brief: bool = False
    verbose: bool = False
    color: Color = Color.AUTO
    progress: bool = True
    pager: bool = True


_MANNER: ContextVar[Manner] = ContextVar("manner")

SWITCHES: Mapping[str, Mapping[str, bool | Color]] = {
    "-q": {"quiet": True},
    "--quiet": {"quiet": True},
    "--verbose": {"verbose": True},
    "--no-color": {"color": Color.NEVER},
    "--no-progress": {"progress": False},
    "--no-pager": {"pager": False},
}
COLOR = "--color"

OPTIONS: Mapping[str, str] = {
    "-q, --quiet": "Print the verdict only; exit codes stay as they are.",
    "--verbose": "Tell what is read and how long each stage takes, on standard error.",
    "--color WHEN": "auto, always or never; --no-color is never.",
    "--no-progress": "Show no progress bars.",
    "--no-pager": "Show long output at once.",
}
"""What every command takes, in any position, and what for."""

EPILOG = "Everywhere: -q/--quiet, --verbose, --color WHEN, --no-progress, --no-pager."


def manner() -> Manner:
    """Return how the program is to speak."""
    return _MANNER.get(Manner())


def speak(how: Manner) -> None:
    """Speak so from now on."""
    _MANNER.set(how)


def understood(arguments: Sequence[str]) -> tuple[Manner, list[str]]:
    """Return the manner that arguments ask for, and the other arguments.

    Behind `--` nothing is an option.

    Raises:
        ConfigError: `--color` is told something that it does not know.
    """
    end = arguments.index("--") if "--" in arguments else len(arguments)
    how, rest, waiting = Manner(), list[str](), False
    for one in arguments[:end]:
        if waiting:
            how, waiting = replace(how, color=_color(one)), False
        elif one in SWITCHES:
            how = replace(how, **SWITCHES[one])  # type: ignore[arg-type]
        elif one.startswith(f"{COLOR}="):
            how = replace(how, color=_color(one.removeprefix(f"{COLOR}=")))
        elif one == COLOR:
            waiting = True
        else:
            rest.append(one)
    if waiting:
        raise ConfigError(f"{COLOR}: no value, expected one of {', '.join(Color)}")
    return how, [*rest, *arguments[end:]]


def _color(said: str) -> Color:
    if said not in list(Color):
        raise ConfigError(f"{COLOR} {said}: unknown, expected one of {', '.join(Color)}")
    return Color(said)

"""Command lines that are plain: understood without a parser, as the parser would.

Plain are whole names of options, each at most once unless it is a list, with values that do not
begin with a dash. Whatever else there is, a fault above all, is left to typer, which has the words
for it.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from enum import Enum
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin

from cli.typer import Declared, declared

UNDERSTOOD = frozenset(
    {"help", "envvar", "metavar", "callback", "min", "max", "show_default", "formats"}
)
"""What may be said of an option that is understood here."""

SIMPLE = (str, Path, int, float)


class NotPlainError(Exception):
    """The command line is left to the parser."""


class Parameter:
    """One argument or option of a command.

    Attributes:
        names: Names of an option; none for an argument.
        is_flag: Whether it takes no value.
        is_list: Whether it may be said several times.
    """

    def __init__(self, name: str, kind: Any, how: Declared | None, default: Any) -> None:
        if not isinstance(how, Declared) or not how.said.keys() <= UNDERSTOOD:
            raise NotPlainError
        self.default, self.said, self.is_argument = default, how.said, how.kind == "Argument"
        self.names = how.names or (() if self.is_argument else (f"--{name.replace('_', '-')}",))
        self._kind, self.is_list = _single(kind)
        self.is_flag = self._kind is bool
        if self.is_flag and not how.names:
            raise NotPlainError  # it has a name to switch it off as well

    def value(self, words: Sequence[str]) -> Any:
        """Return what was said, or its default, checked as the parser would."""
        found = self._said(words)
        check: Callable[[Any], Any] | None = self.said.get("callback")
        return found if check is None else check(found)

    def _said(self, words: Sequence[str]) -> Any:
        if not words:
            if self.default is ... or self._is_in_environment():
                raise NotPlainError
            return self.default
        if self.is_list:
            return [self._converted(word) for word in words]
        if len(words) > 1:
            raise NotPlainError
        return self.is_flag or self._converted(words[0])

    def _is_in_environment(self) -> bool:
        return bool(os.environ.get(self.said.get("envvar", "")))

    def _converted(self, word: str) -> Any:
        if isinstance(self._kind, type) and issubclass(self._kind, Enum):
            return next((one for one in self._kind if one.value == word), None) or _not_plain()
        if self._kind not in SIMPLE:
            raise NotPlainError
        try:
            made = self._kind(word)
        except ValueError:
            raise NotPlainError from None
        if self._kind in {int, float} and not self._is_within(made):
            raise NotPlainError
        return made

    def _is_within(self, number: float) -> bool:
        low, high = self.said.get("min"), self.said.get("max")
        return (low is None or low <= number) and (high is None or number <= high)


def understood(function: Callable[..., Any], words: Sequence[str]) -> Mapping[str, Any] | None:
    """Return what a command is to be called with, or None where words are not plain."""
    try:
        return _read(_parameters(function), words)
    except NotPlainError:
        return None


def _parameters(function: Callable[..., Any]) -> dict[str, Parameter]:
    told = declared(function)
    defaults = function.__defaults__ or ()
    required = len(told) - len(defaults)
    given = [*[...] * required, *defaults]
    return {
        name: Parameter(name, kind, how, default)
        for (name, (kind, how)), default in zip(told.items(), given, strict=True)
    }


def _read(parameters: Mapping[str, Parameter], words: Sequence[str]) -> Mapping[str, Any]:
    named = {option: name for name, one in parameters.items() for option in one.names}
    said: dict[str, list[str]] = {name: [] for name in parameters}
    waiting: str | None = None
    loose: list[str] = []
    for word in words:
        option, equals, value = word.partition("=") if word.startswith("--") else (word, "", "")
        if waiting is not None:
            if word.startswith("-"):
                raise NotPlainError
            said[waiting].append(word)
            waiting = None
        elif option in named and not equals:
            if parameters[named[option]].is_flag:
                said[named[option]] = [word]
            else:
                waiting = named[option]
        elif option in named and not parameters[named[option]].is_flag:
            said[named[option]].append(value)
        elif word.startswith("-"):
            raise NotPlainError
        else:
            loose.append(word)
    if waiting is not None:
        raise NotPlainError
    _place(parameters, loose, said)
    return {name: one.value(said[name]) for name, one in parameters.items()}


def _place(
    parameters: Mapping[str, Parameter], loose: Sequence[str], said: dict[str, list[str]]
) -> None:
    """Give words to the arguments in their order; a list takes all that are left."""
    left = list(loose)
    arguments = [name for name, one in parameters.items() if one.is_argument]
    for i, name in enumerate(arguments):
        if parameters[name].is_list and i < len(arguments) - 1:
            raise NotPlainError
        taken = len(left) if parameters[name].is_list else 1
        said[name], left = left[:taken], left[taken:]
    if left:
        raise NotPlainError


def _single(kind: Any) -> tuple[Any, bool]:
    """Return the type of one value, and whether there may be several."""
    if get_origin(kind) in {UnionType, Union}:
        options = [one for one in get_args(kind) if one is not NoneType]
        if len(options) != 1:
            raise NotPlainError
        return _single(options[0])
    if get_origin(kind) is list:
        return get_args(kind)[0], True
    return kind, False


def _not_plain() -> Any:
    raise NotPlainError

"""What a parameter of a kernel takes, and by which other names it is known."""

from __future__ import annotations

import ast
import inspect
import json
import math
import sys
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, get_args

from optimizer.models.dataclass import dataclass

LARGEST = 10**15
"""Whole numbers from here on are no longer exact as floating-point numbers."""

FURTHEST = 1e100
"""Numbers up to here can be squared and multiplied without an overflow."""

SHOWN = 40
"""Characters of a value that an error shows."""

OPTIONAL = " | None"
COMPLEMENT = "1 - alpha"
DIFFERENCE = "second - first"

ALIASES: dict[str, tuple[str, ...]] = {
    "level": ("conf", "confidence"),
    "successes": ("k", "x"),
    "first_successes": ("xA", "x1"),
    "first_n": ("nA", "n1"),
    "second_successes": ("xB", "x2"),
    "second_n": ("nB", "n2"),
    "first": ("A", "a", "pA", "yA"),
    "second": ("B", "b", "pB", "yB"),
    "first_covariate": ("xA",),
    "second_covariate": ("xB",),
    "first_numerator": ("numA",),
    "first_denominator": ("denA",),
    "second_numerator": ("numB",),
    "second_denominator": ("denB",),
    "differences": ("d",),
    "values": ("x", "y", "d"),
    "families": ("family", "cluster"),
    "p_values": ("p",),
    "e_values": ("e",),
    "q": ("quantile",),
    "population": ("N",),
    "optimum": ("t_opt",),
    "information": ("info",),
    "looks": ("K",),
    "discordance": ("psi",),
    "difference": ("delta",),
    "size": ("m",),
    "reference": ("ref",),
    "current": ("cur",),
}
"""Parameter -> what it is called elsewhere; a parameter of that very name comes first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """What a parameter takes.

    Attributes:
        name: In words.
        read: Returns a value as the kernel takes it, or raises ValueError with what was found.
    """

    name: str
    read: Callable[[object], object]


def kind_of(function: Callable[..., Any], parameter: inspect.Parameter) -> Kind:
    """Return what a parameter takes, by its annotation."""
    annotation = str(parameter.annotation)
    if annotation.endswith(OPTIONAL):
        kind = KINDS[annotation.removesuffix(OPTIONAL)]
        return Kind(name=f"{kind.name}, or none", read=partial(_optional, kind.read))
    if annotation in KINDS:
        return KINDS[annotation]
    options = _options(function, annotation)
    return Kind(name=f"one of {', '.join(options)}", read=partial(_choice, options))


def aliases_of(function: Callable[..., Any], name: str) -> tuple[str, ...]:
    """Return what else stands for a parameter of a kernel, for a reader."""
    own = inspect.signature(function).parameters
    found = [alias for alias in ALIASES.get(name, ()) if alias not in own]
    if name == "level" and "alpha" not in own:
        found.append(COMPLEMENT)
    if name == "differences" and "first" not in own:
        found.append(DIFFERENCE)
    return tuple(found)


def shown(value: object) -> str:
    """Return a value as an error shows it."""
    text = json.dumps(value, default=str)
    return text if len(text) <= SHOWN else f"{text[: SHOWN - 3]}..."


def _options(function: Callable[..., Any], annotation: str) -> tuple[str, ...]:
    """Return the texts that a parameter takes: written out, or by the name of their type."""
    if annotation.startswith("Literal"):
        return tuple(ast.literal_eval(annotation.removeprefix("Literal")))
    return get_args(getattr(sys.modules[function.__module__], annotation))


def _optional(read: Callable[[object], object], value: object) -> object:
    return None if value in (None, "none", "None") else read(value)


def _choice(options: Sequence[str], value: object) -> object:
    if value not in options:
        raise ValueError(shown(value))
    return value


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(shown(value))  # noqa: TRY004 - the reader says what was found
    if FURTHEST < abs(value) < math.inf:
        raise ValueError(f"{shown(value)}, beyond {FURTHEST:g}")
    return float(value)


def _whole(value: object) -> int:
    number = _number(value)
    if abs(number) >= LARGEST:
        raise ValueError(f"{shown(value)}, beyond {LARGEST:g}")
    if not number.is_integer():
        raise ValueError(shown(value))
    return int(number)


def _truth(value: object) -> bool:
    if not isinstance(value, bool):
        raise ValueError(shown(value))  # noqa: TRY004 - as above
    return value


def _each(read: Callable[[object], object], value: object) -> list[object]:
    """Return a list, each item as `read` returns it."""
    if not isinstance(value, list):
        raise ValueError(shown(value))  # noqa: TRY004 - as above
    found = []
    for place, item in enumerate(value, start=1):
        try:
            found.append(read(item))
        except ValueError as error:
            raise ValueError(f"{error} at place {place}") from None
    return found


def _pair(value: object) -> tuple[object, ...]:
    found = _each(_number, value)
    if len(found) != 2:  # noqa: PLR2004 - a pair
        raise ValueError(shown(value))
    return tuple(found)


def _cell(value: object) -> float:
    return float(value) if isinstance(value, bool) else _number(value)


def _label(value: object) -> object:
    if not isinstance(value, str | int | float):
        raise ValueError(shown(value))  # noqa: TRY004 - as above
    return value


def _array(value: object) -> object:
    """Return one number, a list of them, or a list of such lists."""
    if not isinstance(value, list):
        return _cell(value)
    is_table = any(isinstance(item, list) for item in value)
    return _each(partial(_each, _cell) if is_table else _cell, value)


KINDS: dict[str, Kind] = {
    "float": Kind(name="a number", read=_number),
    "int": Kind(name="a whole number", read=_whole),
    "bool": Kind(name="true or false", read=_truth),
    "ArrayLike": Kind(name="numbers", read=_array),
    "Sequence[float]": Kind(name="a list of numbers", read=partial(_each, _number)),
    "Sequence[int]": Kind(name="a list of whole numbers", read=partial(_each, _whole)),
    "Sequence[ArrayLike]": Kind(
        name="a list of lists of numbers", read=partial(_each, partial(_each, _cell))
    ),
    "Sequence[Sequence[ArrayLike]]": Kind(
        name="a list of lists of lists of numbers",
        read=partial(_each, partial(_each, partial(_each, _cell))),
    ),
    "tuple[float, float]": Kind(name="two numbers", read=_pair),
    "Labels": Kind(name="a list of names or numbers", read=partial(_each, _label)),
}
"""Annotation of a parameter -> what it takes."""

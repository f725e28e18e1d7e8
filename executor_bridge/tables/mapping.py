"""Which column of a table is what: the mapping of a user, taken to pieces.

A mapping has lines such as `FIELD=COLUMN`. COLUMN is the name of a column, a path into nested
values (`usage.tokens`, `choices[0].text`), either with a factor (`seconds*1000`), a pattern with
one `*` that finds several columns (`feedback.*`), or `'text` for a constant.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping, Set
from typing import Any

from executor_bridge.tables.fields import ALL, Field, field_of, is_field
from optimizer.models.dataclass import dataclass
from optimizer.models.errors import ConfigError

Row = Mapping[str, Any]

QUOTE = "'"
SCALED = re.compile(
    r"(?P<column>.+?)\s*\*\s*(?P<factor>\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)$", re.DOTALL
)
STEP = re.compile(r"([^.\[\]]+)|\[(\d+)\]")
PATH = re.compile(r"[^.\[\]]+(?:\.[^.\[\]]+|\[\d+\])*$")


@dataclass(frozen=True, slots=True)
class Constant:
    """The same value for all rows."""

    value: str

    def of(self, row: Row) -> Any:
        """Return it."""
        return self.value

    def roots(self, names: frozenset[str]) -> frozenset[str]:
        """Return no column: it is in every table."""
        return frozenset()


@dataclass(frozen=True, slots=True)
class Column:
    """A column, or what lies at a path in one.

    Attributes:
        text: As the user wrote it; a column of exactly this name goes first.
        name: The same without its factor.
        path: Its steps, none where it is only a name.
        factor: What its numbers are multiplied by, as the user wrote.
        unit: What they are multiplied by because of their unit.
    """

    text: str
    name: str
    path: tuple[str | int, ...] = ()
    factor: float = 1
    unit: float = 1

    def of(self, row: Row) -> Any:
        """Return the value in a row, None where there is none."""
        if self.text in row:
            return _scaled(row[self.text], self.unit)
        value = row[self.name] if self.name in row else self._walked(row)
        return _scaled(value, self.factor * self.unit)

    def root(self, names: frozenset[str]) -> str | None:
        """Return the column it takes from, None where a table of these columns has none."""
        first = str(self.path[0]) if self.path else self.name
        return next((one for one in (self.text, self.name, first) if one in names), None)

    def roots(self, names: frozenset[str]) -> frozenset[str]:
        """Return the column it takes from, as a set."""
        root = self.root(names)
        return frozenset(() if root is None else (root,))

    def _walked(self, row: Row) -> Any:
        found: Any = row
        for step in self.path:
            found = unpacked(found)
            if isinstance(step, int):
                is_there = isinstance(found, list) and step < len(found)
            else:
                is_there = isinstance(found, Mapping) and step in found
            if not is_there:
                return None
            found = found[step]
        return found


@dataclass(frozen=True, slots=True)
class Pattern:
    """Several columns: what stands for the `*` is the name of each."""

    before: str
    after: str

    def items(self, row: Row, taken: Set[str]) -> Iterator[tuple[str, Any]]:
        """Yield names and values, those of columns mapped otherwise left out."""
        for column, value in row.items():
            if column not in taken and (name := self.name_in(column)):
                yield name, value
        if self.before.endswith(".") and not self.after:
            inner = unpacked(row.get(self.before[:-1]))
            if isinstance(inner, Mapping):
                yield from inner.items()

    def name_in(self, column: str) -> str | None:
        """Return what stands for the `*` in the name of a column, None where it does not fit."""
        fits = column.startswith(self.before) and column.endswith(self.after)
        return column[len(self.before) : len(column) - len(self.after)] if fits else None

    def roots(self, names: frozenset[str]) -> frozenset[str]:
        """Return the columns that fit."""
        found = {name for name in names if self.name_in(name)}
        if self.before[:-1] in names and self.before.endswith("."):
            found.add(self.before[:-1])
        return frozenset(found)


Place = Constant | Column | Pattern


def place_of(field: Field, text: str) -> Place:
    """Return what the right side of a line of a mapping means.

    Raises:
        ConfigError: It means nothing.
    """
    if text.startswith(QUOTE):
        return Constant(text[1:].removesuffix(QUOTE))
    if not text.strip():
        raise ConfigError(f"--map {_name(field)}: no column is named, expected FIELD=COLUMN")
    if field.part == ALL:
        if text.count(ALL) != 1:
            raise ConfigError(
                f"--map {_name(field)}: {text!r}, expected a pattern with one `*`, "
                f"such as {field.name}.*=feedback.*"
            )
        return Pattern(*text.split(ALL))
    scaled = SCALED.match(text)
    name = scaled["column"] if scaled else text
    factor = float(scaled["factor"]) if scaled else 1
    return Column(text=text, name=name, path=_path(name), factor=factor, unit=field.factor)


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a mapping."""

    field: Field
    place: Place
    text: str


def lines_of(mapping: Mapping[str, str]) -> tuple[Line, ...]:
    """Return the lines of a mapping.

    Raises:
        ConfigError: One of them means nothing; the error says which and why.
    """
    fields = ((field_of(name), name, column) for name, column in mapping.items())
    return tuple(
        Line(field, place_of(field, column), f"{name}={column}") for field, name, column in fields
    )


def own_lines(columns: tuple[str, ...]) -> tuple[Line, ...]:
    """Return the lines for a table whose columns are called as our fields are."""
    return lines_of({name: name for name in columns if is_field(name)})


def _name(field: Field) -> str:
    return field.name if field.part is None else f"{field.name}.{field.part}"


def _path(name: str) -> tuple[str | int, ...]:
    """Return the steps of a path, none where a name is no path."""
    if not PATH.match(name):
        return ()
    return tuple(int(index) if index else step for step, index in STEP.findall(name))


def unpacked(value: Any) -> Any:
    """Return a value, JSON text in a cell as what it says."""
    if isinstance(value, str) and value[:1] in ("{", "["):
        try:
            return json.loads(value)
        except (ValueError, RecursionError):
            return value
    return value


def _scaled(value: Any, factor: float) -> Any:
    """Return a number multiplied, anything else as it is."""
    if factor == 1:
        return value
    try:
        number = float(value)
    except (TypeError, ValueError):
        return value
    return number * factor if math.isfinite(number) and not isinstance(value, bool) else value

"""Rows of a result for machines: raw values, with their units in the names of the columns."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from enum import StrEnum
from functools import reduce
from typing import Any

from optimizer.models.dataclass import dataclass

BETWEEN_TEXTS = "; "
"""Between the texts of a cell that holds several."""

Value = str | int | float | bool | datetime | None


class Kind(StrEnum):
    """What the cells of a column are."""

    TEXT = "text"
    WHOLE = "whole number"
    NUMBER = "number"
    FLAG = "true or false"
    TIME = "time"


@dataclass(frozen=True, slots=True)
class DataColumn:
    """One value of each record.

    Attributes:
        name: With the unit, as `cost_usd`.
        kind: What the values are.
        read: Returns the value of a record.
    """

    name: str
    kind: Kind
    read: Callable[[Any], object]


@dataclass(frozen=True, slots=True)
class DataTable:
    """Records, and which of their values are columns.

    Attributes:
        name: What a row is of, in the plural: metrics, cases, runs.
        columns: The columns, in their order; the same for every result of a kind.
        records: One for each row.
    """

    name: str
    columns: tuple[DataColumn, ...]
    records: Sequence[Any]


def rows(table: DataTable) -> Iterator[tuple[Value, ...]]:
    """Yield the rows of a table; what is unknown or has no bound is None."""
    readers = [(column.read, AS_KIND[column.kind]) for column in table.columns]
    for record in table.records:
        yield tuple(
            None if (found := read(record)) is None else as_kind(found) for read, as_kind in readers
        )


def text(name: str, read: str | Callable[[Any], object] | None = None) -> DataColumn:
    """Return a column of texts, read from a path of attributes: of its own name unless said."""
    return DataColumn(name, Kind.TEXT, _reader(read or name))


def whole(name: str, read: str | Callable[[Any], object] | None = None) -> DataColumn:
    """Return a column of whole numbers, read likewise."""
    return DataColumn(name, Kind.WHOLE, _reader(read or name))


def number(name: str, read: str | Callable[[Any], object] | None = None) -> DataColumn:
    """Return a column of numbers, read likewise."""
    return DataColumn(name, Kind.NUMBER, _reader(read or name))


def flag(name: str, read: str | Callable[[Any], object] | None = None) -> DataColumn:
    """Return a column of true and false, read likewise."""
    return DataColumn(name, Kind.FLAG, _reader(read or name))


def time(name: str, read: str | Callable[[Any], object] | None = None) -> DataColumn:
    """Return a column of times, read likewise."""
    return DataColumn(name, Kind.TIME, _reader(read or name))


def _reader(read: str | Callable[[Any], object]) -> Callable[[Any], object]:
    if callable(read):
        return read
    names = tuple(read.split("."))
    return lambda record: reduce(_attribute, names, record)


def _attribute(record: Any, name: str) -> Any:
    """Return an attribute, or the element at a place; of what is unknown there is none."""
    if record is None:
        return None
    return record[int(name)] if name.isdecimal() else getattr(record, name)


def _as_text(value: Any) -> str:
    if isinstance(value, StrEnum):
        return value.value
    if isinstance(value, tuple | list):
        return BETWEEN_TEXTS.join(map(_as_text, value))
    return str(value)


def _as_number(value: Any) -> float | None:
    found = float(value)
    return found if math.isfinite(found) else None


def _as_whole(value: Any) -> int | None:
    return int(value) if math.isfinite(value) else None


def _as_time(value: datetime) -> datetime:
    return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)


AS_KIND: dict[Kind, Callable[[Any], Value]] = {
    Kind.TEXT: _as_text,
    Kind.WHOLE: _as_whole,
    Kind.NUMBER: _as_number,
    Kind.FLAG: bool,
    Kind.TIME: _as_time,
}
"""What makes a value one of its kind."""

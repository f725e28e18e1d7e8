"""The rows that a query returned."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from operator import itemgetter
from typing import Any

from optimizer.models.data_tables import DataColumn, DataTable, Kind, text, whole
from optimizer.models.lakes import LakeAnswer, StorePublished

PUBLISHED: tuple[DataColumn, ...] = (
    text("lake"),
    whole("n_runs"),
    whole("n_decisions"),
    whole("n_unchanged"),
    text("conflicts"),
)

KINDS: dict[str, Kind] = {
    "BOOLEAN": Kind.FLAG,
    "TINYINT": Kind.WHOLE,
    "SMALLINT": Kind.WHOLE,
    "INTEGER": Kind.WHOLE,
    "BIGINT": Kind.WHOLE,
    "UTINYINT": Kind.WHOLE,
    "USMALLINT": Kind.WHOLE,
    "UINTEGER": Kind.WHOLE,
    "FLOAT": Kind.NUMBER,
    "DOUBLE": Kind.NUMBER,
    "TIMESTAMP": Kind.TIME,
}
"""What the cells of a column are, by its type; of any other they are texts."""


TIME = "TIMESTAMP"


def answer_tables(found: LakeAnswer) -> tuple[DataTable, ...]:
    """Return the rows that a query returned."""
    columns = tuple(
        DataColumn(name, KINDS.get(kind, Kind.TEXT), _time(i) if kind == TIME else itemgetter(i))
        for i, (name, kind) in enumerate(zip(found.columns, found.types, strict=True))
    )
    return (DataTable("rows", columns, found.rows),)


def _time(place: int) -> Callable[[Any], datetime | None]:
    def read(row: Any) -> datetime | None:
        return None if row[place] is None else datetime.fromisoformat(row[place])

    return read


def published_tables(done: StorePublished) -> tuple[DataTable, ...]:
    """Return what became of a history that was published."""
    return (DataTable("stores", PUBLISHED, [done]),)

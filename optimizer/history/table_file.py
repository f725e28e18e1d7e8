"""A table of a result as a Parquet file, with a type for every column."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
from numpy.typing import NDArray

from optimizer.history.troubles import first_line
from optimizer.models.data_tables import DataTable, Kind, rows

TYPES: Mapping[Kind, str] = {
    Kind.TEXT: "VARCHAR",
    Kind.WHOLE: "BIGINT",
    Kind.NUMBER: "DOUBLE",
    Kind.FLAG: "BOOLEAN",
    Kind.TIME: "TIMESTAMP",
}
"""Times are in UTC and without a zone, as in the history."""


def write_parquet(table: DataTable, path: Path) -> None:
    """Write a table to a Parquet file; what is unknown is null.

    Raises:
        OSError: It cannot be written.
    """
    names = [column.name for column in table.columns]
    found = list(zip(*rows(table), strict=True)) or [()] * len(names)
    columns = {
        column.name: COLUMNS[column.kind](values)
        for column, values in zip(table.columns, found, strict=True)
    }
    with duckdb.connect(":memory:", config={"threads": 1}) as connection:
        connection.register("found", columns)
        typed = [
            duckdb.ColumnExpression(column.name).cast(TYPES[column.kind]).alias(column.name)
            for column in table.columns
        ]
        try:
            connection.view("found").select(*typed).write_parquet(str(path), compression="zstd")
        except duckdb.IOException as error:
            raise OSError(first_line(error)) from error


def _texts(values: Sequence[Any]) -> NDArray[Any]:
    whole = [None if v is None else v.encode("utf-8", "replace").decode() for v in values]
    return np.array(whole, dtype=object)


def _times(values: Sequence[Any]) -> NDArray[Any]:
    naive = [None if value is None else value.replace(tzinfo=None) for value in values]
    return np.array(naive, dtype="datetime64[us]")


def _masked(dtype: type) -> Callable[[Sequence[Any]], Any]:
    def column(values: Sequence[Any]) -> Any:
        unknown = [value is None for value in values]
        known = [0 if value is None else value for value in values]
        return np.ma.array(np.array(known, dtype=dtype), mask=unknown)

    return column


COLUMNS: Mapping[Kind, Callable[[Sequence[Any]], Any]] = {
    Kind.TEXT: _texts,
    Kind.WHOLE: _masked(np.int64),
    Kind.NUMBER: _masked(np.float64),
    Kind.FLAG: _masked(np.bool_),
    Kind.TIME: _times,
}
"""What makes the values of a kind one column."""

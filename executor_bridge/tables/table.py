"""A file as a table: the names of its columns, and its rows, as often as they are asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from executor_bridge.files.source import PARQUET_MAGIC
from executor_bridge.lenient import Skipped
from executor_bridge.tables.csv_rows import csv_columns, csv_rows
from executor_bridge.tables.json_rows import json_columns, json_rows
from executor_bridge.tables.parquet import Blanked, parquet_columns, parquet_rows
from executor_bridge.tables.split_rows import LOOKED_BYTES, split_columns, split_rows
from optimizer.models.dataclass import dataclass
from optimizer.models.ingest import IngestSettings
from optimizer.models.redaction import is_secret
from optimizer.models.tasks import Source

Rows = Iterator[tuple[str, dict[str, Any]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A file as a table.

    Attributes:
        columns: Their names; of JSON those in the first rows.
        rows: Yields the rows with their places; takes those that cannot be read.
        blanked: What blanks secrets in the rows; nothing to do where that was done in the bytes.
        is_secret: Whether secrets are left in the bytes, as names of columns tell.
    """

    columns: tuple[str, ...]
    rows: Callable[[Skipped], Rows]
    blanked: Blanked
    is_secret: bool = False


def table_of(source: Source, settings: IngestSettings) -> Table:
    """Return a file as a table.

    Raises:
        FormatError: It is none.
    """
    start = bytes(source.content[:64]).lstrip()
    blanked = Blanked(settings)
    if start.startswith(PARQUET_MAGIC):
        return Table(
            columns=parquet_columns(source),
            rows=lambda _: parquet_rows(source, blanked),
            blanked=blanked,
        )
    if names := split_columns(bytes(source.content[:LOOKED_BYTES])):
        return Table(
            columns=names,
            rows=lambda skipped: split_rows(source, skipped),
            blanked=blanked,
        )
    if start[:1] in (b"[", b"{"):
        return Table(
            columns=json_columns(source, settings),
            rows=lambda skipped: json_rows(source, skipped),
            blanked=blanked,
        )
    columns = csv_columns(source)
    return Table(
        columns=columns,
        rows=lambda skipped: csv_rows(source, skipped),
        blanked=blanked,
        is_secret=settings.redact and any(map(is_secret, columns)),
    )

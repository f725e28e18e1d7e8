"""Rows from one history to another that is open beside it."""

from __future__ import annotations

from collections.abc import Iterator

from optimizer.history.fates import FATES
from optimizer.history.store import History
from optimizer.history.tables import TABLES

SOURCE_BYTES = 64 * 2**20
"""Kept files that are read at once, uncompressed, or one."""

VECTOR_ROWS = 2048
"""Rows that the database reads together where a column is compressed."""

SINGLE = frozenset({"Uncompressed", "Constant", "Empty Validity", "Empty"})
"""Ways of storing in which a row can be read without its neighbours."""


def copy_table(history: History, table: str, *, columns: str = "*") -> None:
    """Copy every row of a table of `history` to `fresh`, in their order."""
    history.connection.execute(
        f"INSERT INTO fresh.{table} BY NAME SELECT {columns} FROM history.{table} ORDER BY rowid"
    )


def copy_sources(history: History, *, content: str = "*") -> None:
    """Copy what is known of files, few at a time as their bytes may be many."""
    for first, last in source_spans(history):
        history.connection.execute(
            f"INSERT INTO fresh.sources BY NAME SELECT {content} FROM history.sources "
            "WHERE rowid BETWEEN $first AND $last ORDER BY rowid",
            {"first": first, "last": last},
        )


def source_spans(history: History) -> Iterator[tuple[int, int]]:
    """Yield the first and the last row of files that may be read together.

    Of a history that was made before files could be read one by one, as many as the database reads
    in any case.
    """
    rows = history.connection.execute(
        "SELECT rowid, CASE WHEN kept = 'blob' THEN n_bytes ELSE 0 END FROM sources ORDER BY rowid"
    ).fetchall()
    singly = _are_single(history)
    first, last, n_bytes = None, -1, 0
    for row, size in rows:
        is_enough = n_bytes + size > SOURCE_BYTES if singly else _vector(row) != _vector(first)
        if first is not None and is_enough:
            yield first, last
            first, n_bytes = None, 0
        first = row if first is None else first
        last, n_bytes = row, n_bytes + size
    if first is not None:
        yield first, last


def _vector(row: int | None) -> int:
    return (row or 0) // VECTOR_ROWS


def _are_single(history: History) -> bool:
    rows = history.connection.execute(
        "SELECT DISTINCT compression FROM pragma_storage_info('sources') "
        "WHERE column_name = 'content' AND segment_type = 'BLOB'"
    ).fetchall()
    return {name for (name,) in rows} <= SINGLE


def batches_of(history: History) -> int:
    """Return how many batches the runs are copied in."""
    rows = history.connection.execute(f"SELECT coalesce(max(batch) + 1, 0) FROM {FATES}").fetchall()
    return int(rows[0][0])


def counts(history: History, database: str | None = None) -> dict[str, int]:
    """Return how many rows each table has."""
    prefix = f"{database}." if database else ""
    return {
        table.name: history.connection.execute(
            f"SELECT count(*) FROM {prefix}{table.name}"
        ).fetchall()[0][0]
        for table in TABLES
    }

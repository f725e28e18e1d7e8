"""Can all that is stored be read, and is it what was put there?"""

from __future__ import annotations

import hashlib
from collections.abc import Callable

import zstandard

from optimizer.history import duck as duckdb
from optimizer.history import queries
from optimizer.history.recording import raw_content
from optimizer.history.store import History, schema_text, table_names
from optimizer.history.troubles import first_line
from optimizer.models.dataclass import dataclass

Column = tuple[str, str]
"""Its name and its type."""

BYTE_ORDER_MARK = b"\xef\xbb\xbf"
"""Left out of what is kept of a file, but not of its hash."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Damage:
    """A table that cannot be read, and what the database says of it."""

    table: str
    reason: str


def unreadable_tables(
    history: History, *, told: Callable[[int, int], None] | None = None
) -> list[Damage]:
    """Read every column of every row, so that the database verifies all blocks in use.

    Args:
        history: What to read.
        told: Called with how many tables of how many are read.
    """
    found = []
    tables = table_names(history.connection)
    for n, table in enumerate(tables):
        if told is not None:
            told(n, len(tables))
        try:
            history.connection.execute(f"SELECT bit_xor(hash(t)) FROM {table} AS t").fetchall()
        except duckdb.OutOfMemoryException:
            raise
        except duckdb.Error as error:
            found.append(Damage(table=table, reason=first_line(error)))
    return found


def misshapen_tables(history: History) -> list[Damage]:
    """Return the tables and views that are not, or have not the columns that the schema gives."""
    found, expected = columns_of(history.connection), _expected_columns()
    return [
        Damage(table=table, reason=_lack(found.get(table, set()), columns))
        for table, columns in expected.items()
        if found.get(table) != columns
    ]


def columns_of(connection: duckdb.DuckDBPyConnection) -> dict[str, set[Column]]:
    """Return the columns of each table and view."""
    rows = connection.execute(
        "SELECT table_name, column_name, data_type FROM duckdb_columns() "
        "WHERE NOT internal ORDER BY table_name"
    ).fetchall()
    found: dict[str, set[Column]] = {}
    for table, *column in rows:
        found.setdefault(table, set()).add((column[0], column[1]))
    return found


def _expected_columns() -> dict[str, set[Column]]:
    with duckdb.connect(":memory:") as connection:
        connection.execute(schema_text())
        return columns_of(connection)


def _lack(found: set[Column], expected: set[Column]) -> str:
    if not found:
        return "there is none"
    wrong = sorted(name for name, _ in found ^ expected)
    return f"columns are not those of the schema: {', '.join(dict.fromkeys(wrong))}"


def altered_files(history: History) -> list[str]:
    """Return the hashes of the kept files that are not what was ingested.

    Of a file in which secrets were blanked no hash is known: it must unpack, no more.
    """
    files = queries.kept_files(history)
    return [file.source_sha256 for file in files if _is_altered(history, file)]


def _is_altered(history: History, file: queries.KeptFile) -> bool:
    try:
        content = raw_content(history, file.source_sha256) or b""
    except zstandard.ZstdError:
        return True
    return not is_what_was_ingested(content, file.source_sha256, n_redacted=file.n_redacted)


def is_what_was_ingested(content: bytes, source_sha256: str, *, n_redacted: int) -> bool:
    """Tell whether bytes have the hash of a file; of one in which secrets were blanked any have."""
    hashes = [hashlib.sha256(mark + content).hexdigest() for mark in (b"", BYTE_ORDER_MARK)]
    return n_redacted > 0 or source_sha256 in hashes

"""Can all that is stored be read, and is it what was put there?"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import duckdb
import zstandard

from optimizer.history import queries
from optimizer.history.recording import raw_content
from optimizer.history.store import History, first_line, table_names

BYTE_ORDER_MARK = b"\xef\xbb\xbf"
"""Left out of what is kept of a file, but not of its hash."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Damage:
    """A table that cannot be read, and what the database says of it."""

    table: str
    reason: str


def unreadable_tables(history: History) -> list[Damage]:
    """Read every column of every row, so that the database verifies all blocks in use."""
    found = []
    for table in table_names(history.connection):
        try:
            history.connection.execute(f"SELECT bit_xor(hash(t)) FROM {table} AS t").fetchall()
        except duckdb.OutOfMemoryException:
            raise
        except duckdb.Error as error:
            found.append(Damage(table=table, reason=first_line(error)))
    return found


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
    hashes = [hashlib.sha256(mark + content).hexdigest() for mark in (b"", BYTE_ORDER_MARK)]
    return not file.n_redacted and file.source_sha256 not in hashes

"""A lake: published runs as Parquet files, read as a history in memory.

Only files whose mark is there are read, and of each run one version from one file, so that a
reader never sees half a run, nor one twice; see `lakes.names`.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from optimizer.history.lakes.names import (
    KINDS,
    SHARED,
    Kind,
    Mark,
    Name,
    Version,
    Visible,
    parsed,
    resolve,
)
from optimizer.history.lakes.places import Place, place_of
from optimizer.history.store import (
    SCHEMA_VERSION,
    History,
    temporary_history,
)
from optimizer.history.troubles import first_line
from optimizer.models.dataclass import dataclass
from optimizer.models.errors import HistoryError, NoHistoryError

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

TABLES = tuple(table for kind in KINDS for table in kind.tables)
"""The tables of a lake; the others of a history are empty in it."""

VERSIONS = "optimizer.versions"
"""Where the mark of a compacted file says what it holds: a list of [id, key, content, time]."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Files of a table that are read in the same way.

    Attributes:
        files: What the engine opens them by: paths, or s3:// addresses.
        key: The column that `without` is of; empty: nothing is left out.
        without: Values of it whose rows are read elsewhere, or were replaced.
    """

    files: tuple[str, ...]
    key: str = ""
    without: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Days:
    """Days of a lake that are read, both included; None: no bound."""

    since: date | None = None
    until: date | None = None

    def has(self, name: Name) -> bool:
        """Tell whether the files of a name are read."""
        day = date.fromisoformat(name.day)
        return (self.since is None or day >= self.since) and (
            self.until is None or day <= self.until
        )


EVERY_DAY = Days()
NEVER = datetime(1970, 1, 1, tzinfo=UTC)
"""When the tables of a lake were made: a lake has no such time."""


@contextmanager
def open_lake(lake: Path | str, days: Days = EVERY_DAY) -> Iterator[History]:
    """Open a lake as a history that can only be read: a view per table, files behind it.

    It is the lake as it is now; what is published later is not seen.

    Raises:
        NoHistoryError: There is no lake.
        HistoryError: It cannot be read, or a newer program wrote it.
    """
    with place_of(lake) as place, connected(place) as history:
        show_tables(history.connection, committed(place, history.connection, days))
        yield history


def committed_parts(lake: Path | str, days: Days = EVERY_DAY) -> dict[str, tuple[Part, ...]]:
    """Return which files each table is read from, for an engine of another kind.

    Raises:
        NoHistoryError: There is no lake.
        HistoryError: It cannot be read, or a newer program wrote it.
    """
    with place_of(lake) as place, connected(place) as history:
        return dict(committed(place, history.connection, days))


def committed(
    place: Place, connection: DuckDBPyConnection, days: Days = EVERY_DAY
) -> Mapping[str, tuple[Part, ...]]:
    """Return which files each table is read from; () where it has no rows."""
    found: dict[str, tuple[Part, ...]] = dict.fromkeys(TABLES, ())
    n_marks = 0
    for kind in KINDS:
        marks = marks_of(kind, place, connection)
        n_marks += len(marks)
        visible = [one for one in resolve(marks).visible if days.has(one.name)]
        found |= {table: parts(kind, table, visible, place) for table in kind.tables}
    if not n_marks:
        raise no_lake(place)
    return found


def require_lake(place: Place) -> None:
    """Refuse a place in which nothing was published.

    Raises:
        NoHistoryError: It is one.
    """
    if not any(True for kind in KINDS for _ in place.entries(kind.mark)):
        raise no_lake(place)


def no_lake(place: Place) -> NoHistoryError:
    """Return what is said where nothing was published."""
    return NoHistoryError(
        f"{place.location}: there is no lake here, expected runs/day=YYYY-MM-DD/*.parquet",
        hint="Publish with 'optimizer lake publish FILES --lake LAKE'.",
    )


def parts(kind: Kind, table: str, visible: Iterable[Visible], place: Place) -> tuple[Part, ...]:
    """Return how a table is read from the files that are to be read."""
    by_left_out = defaultdict[tuple[str, ...], list[str]](list)
    for one in visible:
        if table in one.name.tables:
            left_out = () if table in SHARED else one.without
            by_left_out[left_out].append(place.url(one.name.path(table)))
    return tuple(
        Part(files=tuple(files), key=kind.key if without else "", without=without)
        for without, files in by_left_out.items()
    )


def marks_of(kind: Kind, place: Place, connection: DuckDBPyConnection) -> list[Mark]:
    """Return the marks of a lake and what each stands for.

    Raises:
        HistoryError: A file is not one of a lake, or a newer program wrote it.
    """
    return marks_among(kind, [one.path for one in place.entries(kind.mark)], place, connection)


def marks_among(
    kind: Kind, paths: Iterable[str], place: Place, connection: DuckDBPyConnection
) -> list[Mark]:
    """Return the marks at some places and what each stands for, as `marks_of` does."""
    names = [_name(kind, place, path) for path in paths]
    several = [name for name in names if name.version is None]
    held = _held(kind, several, place, connection)
    return [
        Mark(name=name, ids=held[name.text] if name.version is None else {name.version: None})
        for name in names
    ]


def show_tables(connection: DuckDBPyConnection, tables: Mapping[str, Sequence[Part]]) -> None:
    """Put a view on the files in the place of each table that has some."""
    for table, found in tables.items():
        if found:
            query = " UNION ALL ".join(
                _select(connection, table, part, f"{table}_{i}") for i, part in enumerate(found)
            )
            columns = _columns(connection, table)
            connection.execute(f"DROP TABLE {table}")
            connection.execute(f"CREATE VIEW {table} AS {_once(table, columns, query)}")


@contextmanager
def connected(place: Place) -> Iterator[History]:
    """Open a database in memory that can read a place and has the tables of a history, empty."""
    try:
        with temporary_history(NEVER) as history:
            place.introduce(history.connection)
            yield history
    except duckdb.Error as error:
        raise _trouble(place, error) from error


def _name(kind: Kind, place: Place, path: str) -> Name:
    name = parsed(kind, path)
    if name is None:
        raise HistoryError(
            f"{place.location}/{path}: not a file of a lake, expected "
            f"{kind.mark}/day=YYYY-MM-DD/KEY-CONTENT-vN-TABLES.parquet",
            hint="Move it away: a lake holds only what was published into it.",
        )
    if name.schema > SCHEMA_VERSION:
        raise HistoryError(
            f"{place.location}/{path}: schema version is {name.schema}, "
            f"expected at most {SCHEMA_VERSION}",
            hint="Update the program: a newer one wrote this file.",
        )
    return name


def _held(
    kind: Kind, names: Sequence[Name], place: Place, connection: DuckDBPyConnection
) -> dict[str, dict[Version, str | None]]:
    """Read what compacted files hold from their marks."""
    if not names:
        return {}
    texts = {place.url(name.path(kind.mark)): name.text for name in names}
    rows = connection.execute(
        "SELECT file_name, value FROM parquet_kv_metadata($files) WHERE key = $key",
        {"files": list(texts), "key": VERSIONS},
    ).fetchall()
    held = {
        texts[file]: {Version(at, content, key): one for one, key, content, at in json.loads(value)}
        for file, value in rows
    }
    for file, text in texts.items():
        if text not in held:
            raise HistoryError(f"{file}: says not what it holds, expected a mark of a lake")
    return held


def _select(connection: DuckDBPyConnection, table: str, part: Part, variable: str) -> str:
    """Return the query of a part; its files are in a variable, which is not parsed each time."""
    connection.execute(f"SET VARIABLE {variable}_files = $files", {"files": list(part.files)})
    columns = ", ".join(_columns(connection, table))
    query = (
        f"SELECT {columns} FROM read_parquet(getvariable('{variable}_files'), "
        "hive_partitioning = false)"
    )
    if not part.without:
        return query
    connection.execute(f"SET VARIABLE {variable}_out = $out", {"out": list(part.without)})
    return f"{query} WHERE NOT list_contains(getvariable('{variable}_out'), {part.key})"


def _once(table: str, columns: Sequence[str], query: str) -> str:
    """Return a query without repeats of what several runs name."""
    key = SHARED.get(table)
    if key is None:
        return query
    chosen = ", ".join(key if c == key else f"min({c}) AS {c}" for c in columns)
    return f"SELECT {chosen} FROM ({query}) GROUP BY {key}"


def _columns(connection: DuckDBPyConnection, table: str) -> list[str]:
    rows = connection.execute(
        "SELECT column_name FROM duckdb_columns() WHERE table_name = $table ORDER BY column_index",
        {"table": table},
    ).fetchall()
    return [name for (name,) in rows]


def _trouble(place: Place, error: duckdb.Error) -> HistoryError:
    return HistoryError(
        f"{place.location}: cannot be read as a lake: {first_line(error)}",
        hint="Publish the files again that its runs came from, or move the damaged file away.",
    )

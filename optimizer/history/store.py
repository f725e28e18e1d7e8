"""Opening and creating the history database."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from importlib import resources
from pathlib import Path

from optimizer.history import duck as duckdb
from optimizer.history.engines import DuckEngine, Engine
from optimizer.history.location import is_lake, s3_location
from optimizer.history.waiting import Patience
from optimizer.models.dataclass import dataclass
from optimizer.models.errors import HistoryError, NoHistoryError
from optimizer.models.names import legible

STORE_RUNS = "Store the results of this folder with 'optimizer ingest .', or name files."
SCHEMA_VERSION = 5

OFFLINE: dict[str, str | bool | int | float | list[str]] = {
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
}
"""DuckDB must not fetch anything because of what a file is called or holds."""

READING_MEMORY = "50%"
"""Of this machine's memory. A question on more than that goes on by way of the disk."""

ROW_GROUP_ROWS = 16_384
"""Rows of a table that are written together. The last of a transaction, which are fewer, take up
memory when it is committed: their texts more than twice over."""

FEW_ROW_GROUP_ROWS = 2048
"""The fewest there can be: what is added to a group writes all of it anew, so that one row more is
written the faster, the fewer rows it is put beside."""

LOCKED = "could not set lock"

CANNOT_LOCK = ("not supported", "no locks available", "not implemented")
"""What the system says, in lower case, where waiting for a lock would not help."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """Something that DuckDB cannot do, in our words.

    Attributes:
        phrases: What it says then, in lower case; () where the kind of error tells.
        kind: The kind of its error.
        found: What to say of it; what it said follows where that ends with a colon.
        hint: What to do.
    """

    phrases: tuple[str, ...] = ()
    kind: type[duckdb.Error] = duckdb.Error
    found: str
    hint: str | None = None

    def explains(self, error: duckdb.Error) -> bool:
        """Tell whether this is what an error says."""
        text = first_line(error).lower()
        is_said = not self.phrases or any(phrase in text for phrase in self.phrases)
        return is_said and isinstance(error, self.kind)


TROUBLES = (
    Trouble(
        phrases=(LOCKED,),
        found="its file system cannot lock it, expected one that can:",
        hint="Name a file on a disk of this machine with --store.",
    ),
    Trouble(
        phrases=("no space left", "quota exceeded", "max_temp_directory_size"),
        found="the disk is full; nothing of this step was stored",
        hint="Make room, then run the same command again.",
    ),
    Trouble(
        phrases=("file too large",),
        found="it may not grow any further; nothing of this step was stored",
        hint="Raise the limit on the size of files (ulimit -f), then run the same command again.",
    ),
    Trouble(
        phrases=("permission denied", "read-only"),
        found="cannot be written or read:",
        hint="Ask for the right to use it, or name another file with --store.",
    ),
    Trouble(
        kind=duckdb.OutOfMemoryException,
        found="too little memory:",
        hint="Try it where there is more.",
    ),
    Trouble(kind=duckdb.ConstraintException, found="the history refused a row:"),
    Trouble(
        kind=duckdb.ConversionException,
        found="holds a value that cannot be used:",
        hint="See with 'optimizer doctor' what is damaged.",
    ),
    Trouble(
        found="not a usable history:",
        hint="Name another file with --store. A damaged history: move it away, then take a backup "
        "with 'optimizer store import EXPORT', or try 'optimizer store rebuild'.",
    ),
)
"""The first that explains an error counts; the last explains all."""


class History:
    """An open history database, and who answers questions to it."""

    def __init__(
        self, connection: duckdb.DuckDBPyConnection, *, engine: Engine | None = None
    ) -> None:
        self.connection = connection
        self.engine = engine or DuckEngine(connection)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Commit what is done inside, or nothing of it."""
        self.connection.begin()
        try:
            yield
        except BaseException:
            self.connection.rollback()
            raise
        self.connection.commit()


@contextmanager
def open_history(
    path: Path,
    *,
    lock_timeout_s: float,
    now: datetime,
    create: bool = True,
    row_group_rows: int = ROW_GROUP_ROWS,
) -> Iterator[History]:
    """Open the history at `path` for writing.

    While it is open no other process can use it: open, write, close.

    Args:
        path: The file; its folder is made.
        lock_timeout_s: How long to wait for another process, in seconds.
        now: Recorded as the time of creation, UTC.
        create: Whether one is made where there is none.
        row_group_rows: Rows that are written together; few where few rows will be added.

    Raises:
        HistoryError: It is no history, of another schema version, locked or not writable; or
            there is none, and none is to be made.
    """
    require_text(path)
    refuse_lake(path)
    if not create:
        _require_file(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise HistoryError(f"{path}: cannot make its folder: {error.strerror}") from error
    if create:
        _make(path, now)
    with _connected(
        path, read_only=False, lock_timeout_s=lock_timeout_s, row_group_rows=row_group_rows
    ) as connection:
        if schema_version(History(connection)) is None and not table_names(connection):
            _create(connection, now)
        _require_version(connection, path)
        yield History(connection)


@contextmanager
def read_history(path: Path, *, lock_timeout_s: float) -> Iterator[History]:
    """Open the history at `path`, or a lake, for reading; several processes may at once.

    Raises:
        HistoryError: There is none, or as in `open_history`.
    """
    if is_lake(path):
        from optimizer.history.lake import open_lake  # noqa: PLC0415 - few histories are lakes

        with open_lake(path) as history:
            yield history
        return
    _require_file(path)
    with _connected(path, read_only=True, lock_timeout_s=lock_timeout_s) as connection:
        _require_version(connection, path)
        yield History(connection)


@contextmanager
def temporary_history(now: datetime) -> Iterator[History]:
    """Make a history in memory, for looking at files without storing them."""
    with duckdb.connect(":memory:", config=OFFLINE) as connection:
        _configure(connection)
        _create(connection, now)
        yield History(connection)


@contextmanager
def open_any_version(
    path: Path, *, lock_timeout_s: float, read_only: bool = False
) -> Iterator[History]:
    """Open a history of whatever schema version, to migrate or to examine it."""
    refuse_lake(path)
    _require_file(path)
    with _connected(path, read_only=read_only, lock_timeout_s=lock_timeout_s) as connection:
        yield History(connection)


def schema_text() -> str:
    """Return the annotated schema."""
    return resources.files(__package__).joinpath("schema.sql").read_text(encoding="utf-8")


def schema_version(history: History) -> int | None:
    """Return the schema version of an open database, or None where it is no history."""
    try:
        rows = history.connection.execute("SELECT version FROM schema_version").fetchall()
    except duckdb.CatalogException:
        return None
    return int(rows[0][0]) if len(rows) == 1 else None


def table_names(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """Return the names of the tables of a database, sorted."""
    rows = connection.execute("SELECT table_name FROM duckdb_tables() ORDER BY 1").fetchall()
    return [name for (name,) in rows]


def first_line(error: duckdb.Error) -> str:
    """Return what an error of the database says, without its suggestions."""
    return str(error).partition("\n")[0]


def _make(path: Path, now: datetime) -> None:
    """Make a history where there is none: beside, then in its place, so that none is half made."""
    if _is_there(path):
        return
    beside = path.with_name(f".{os.getpid()}.part")
    try:
        beside.unlink(missing_ok=True)
        with duckdb.connect(beside.absolute(), config=OFFLINE) as connection:
            _create(connection, now)
        _clear_empty(path)
        os.link(beside, path)
    except FileExistsError:
        pass  # another process was faster
    except OSError as error:
        raise HistoryError(f"{path}: cannot be made: {error.strerror}") from error
    except duckdb.Error as error:
        raise _trouble(path, error) from error
    finally:
        with suppress(OSError):
            beside.unlink(missing_ok=True)


def _clear_empty(path: Path) -> None:
    """Take a file without content out of the way; one that another process just made stays."""
    if not path.exists() or path.stat().st_size > 0:
        return
    aside = path.with_name(f".{os.getpid()}.empty")
    path.rename(aside)
    if aside.stat().st_size > 0:
        os.link(aside, path)
    aside.unlink()


def _is_there(path: Path) -> bool:
    return path.exists() and path.stat().st_size > 0


def require_text(path: Path) -> None:
    """Refuse a name that DuckDB, which takes text only, cannot open."""
    name = str(path.absolute())
    if legible(name) != name:
        raise HistoryError(
            f"{legible(str(path))}: a file or folder whose name is not UTF-8, expected UTF-8",
            hint="Name another one.",
        )


def refuse_lake(path: Path) -> None:
    """Refuse a lake where something is to be written.

    Raises:
        HistoryError: It is one.
    """
    if is_lake(path):
        raise HistoryError(
            f"{s3_location(path) or path}: a lake, which commands only read; "
            "expected a history file",
            hint="Publish into it with 'optimizer lake publish FILES --lake LAKE', or name a "
            "history file with --store.",
        )


def _require_file(path: Path) -> None:
    require_text(path)
    if path.is_dir():
        raise NoHistoryError(
            f"{path}: a folder, expected a history file, or a lake with runs/day=YYYY-MM-DD",
            hint="Publish into a lake with 'optimizer lake publish FILES --lake LAKE'.",
        )
    if not _is_there(path):
        raise NoHistoryError(
            f"{path}: there is no history here yet",
            hint=STORE_RUNS,
        )


@contextmanager
def _connected(
    path: Path, *, read_only: bool, lock_timeout_s: float, row_group_rows: int = ROW_GROUP_ROWS
) -> Iterator[duckdb.DuckDBPyConnection]:
    connection = _connect(
        path, read_only=read_only, lock_timeout_s=lock_timeout_s, row_group_rows=row_group_rows
    )
    try:
        _configure(connection)
        yield connection
    except duckdb.Error as error:
        raise _trouble(path, error) from error
    finally:
        _close(connection, path)


def _configure(connection: duckdb.DuckDBPyConnection) -> None:
    """Keep DuckDB from drawing bars, and from taking Python variables for tables."""
    connection.execute(
        "SET enable_progress_bar = false; SET python_enable_replacements = false"
    ).fetchall()


def _close(connection: duckdb.DuckDBPyConnection, path: Path) -> None:
    try:
        connection.close()
    except duckdb.Error as error:
        raise _trouble(path, error) from error


def _connect(
    path: Path, *, read_only: bool, lock_timeout_s: float, row_group_rows: int
) -> duckdb.DuckDBPyConnection:
    """Connect, waiting for other processes with a jittered, growing back-off.

    A process that rewrites the history puts a new file in its place while others wait: what was
    opened counts only if it still has the name when it is locked.
    """
    patience = Patience(path, lock_timeout_s)
    while True:
        found = _identity(path)
        try:
            if read_only:
                connection = duckdb.connect(path.absolute(), read_only=True, config=_reading(path))
            else:
                connection = _connect_to_write(path, row_group_rows)
        except duckdb.Error as error:
            if _identity(path) != found:
                continue
            if not _is_locked(error):
                raise _trouble(path, error) from error
            if not patience.wait(first_line(error)):
                raise HistoryError(
                    f"{path}: another process has it open: {first_line(error)}",
                    hint="Wait for it, or raise store.lock_timeout_s.",
                ) from error
        else:
            if _identity(path) == found:
                return connection
            connection.close()


def _reading(path: Path) -> dict[str, str | bool | int | float | list[str]]:
    """Return how to read: a large question is answered in parts, not with all of the memory.

    What does not fit goes to a folder of this process: beside the history, where there is likely
    room, unless nothing can be written there. It is made when it is needed, and goes at the end.
    """
    beside = path.absolute().parent
    folder = beside if os.access(beside, os.W_OK) else Path(tempfile.gettempdir())
    spilled = folder / f"{path.name}.{os.getpid()}.tmp"
    return OFFLINE | {"memory_limit": READING_MEMORY, "temp_directory": str(spilled)}


def _identity(path: Path) -> tuple[int, int] | None:
    """Return what tells a file from another that takes its name; None: there is none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _connect_to_write(path: Path, row_group_rows: int) -> duckdb.DuckDBPyConnection:
    """Connect so that what is written goes to the file early: by small row groups.

    Their size can only be told of a file that is attached, and only counts for what is written.
    """
    connection = duckdb.connect(":memory:", config=OFFLINE)
    try:
        name = str(path.absolute()).replace("'", "''")
        connection.execute(f"ATTACH '{name}' AS history (ROW_GROUP_SIZE {row_group_rows})")
        connection.execute("USE history")
    except BaseException:
        connection.close()
        raise
    return connection


def _is_locked(error: duckdb.Error) -> bool:
    text = first_line(error).lower()
    waits = LOCKED in text and not any(phrase in text for phrase in CANNOT_LOCK)
    return waits and isinstance(error, duckdb.IOException)


def _trouble(path: Path, error: duckdb.Error) -> HistoryError:
    """Say in our words what DuckDB could not do."""
    found = next(one for one in TROUBLES if one.explains(error))
    said = f" {first_line(error)}" if found.found.endswith(":") else ""
    return HistoryError(f"{path}: {found.found}{said}", hint=found.hint)


def _create(connection: duckdb.DuckDBPyConnection, now: datetime) -> None:
    history = History(connection)
    with history.transaction():
        connection.execute(schema_text())
        connection.execute(
            "INSERT INTO schema_version VALUES (?, ?)", [SCHEMA_VERSION, now.replace(tzinfo=None)]
        )


def _require_version(connection: duckdb.DuckDBPyConnection, path: Path) -> None:
    found = schema_version(History(connection))
    if found == SCHEMA_VERSION:
        return
    tables = table_names(connection)
    if not tables:
        raise NoHistoryError(
            f"{path}: an empty DuckDB file, expected a history",
            hint=STORE_RUNS,
        )
    if "schema_version" not in tables:
        raise HistoryError(
            f"{path}: a DuckDB file that is not a history (it has {', '.join(tables[:3])})",
            hint="Name another file with --store.",
        )
    newer = found is not None and found > SCHEMA_VERSION
    raise HistoryError(
        f"{path}: schema version is {'missing' if found is None else found}, "
        f"expected {SCHEMA_VERSION}",
        hint="Update the program: a newer one wrote this file."
        if newer
        else "Run 'optimizer store migrate'.",
    )

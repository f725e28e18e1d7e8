"""Writing a history anew: beside the old one, then in its place, whole or not at all.

The lock of the old file is held throughout, so that nothing is written to it meanwhile. Whoever
waited for it finds that the file has changed, and opens the new one.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path

import duckdb

from optimizer.history.store import ROW_GROUP_ROWS, History, open_history, schema_text
from optimizer.models.dataclass import dataclass
from optimizer.models.errors import HistoryError

MEMORY_BYTES = 400 * 2**20
"""What the database may keep in memory while it rewrites; the rest waits on disk."""

ROOM = 2.0
"""Room on disk that rewriting asks for, as a multiple of the file: for the new one, and to sort."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rewrite:
    """A history that is being written anew.

    Attributes:
        old: The history as it is; its tables are those of the database `history`.
        path: Its file, links resolved.
    """

    old: History
    path: Path

    @contextmanager
    def fresh(self) -> Iterator[History]:
        """Let statements that name no database speak of the new history."""
        self.old.connection.execute("USE fresh")
        try:
            yield self.old
        finally:
            self.old.connection.execute("USE history")


@contextmanager
def rewritten(path: Path, *, lock_timeout_s: float, now: datetime) -> Iterator[Rewrite]:
    """Give an empty history beside the one at `path`, and put it in its place at the end.

    The new one is the database `fresh`; it has the tables of the schema and not a row in them.
    Where anything fails, the old file is as it was.

    Args:
        path: The history.
        lock_timeout_s: How long to wait for other processes, in seconds.
        now: The time, UTC.

    Raises:
        HistoryError: It cannot be opened, or there is too little room on its disk.
    """
    target = path.resolve()
    with open_history(target, lock_timeout_s=lock_timeout_s, now=now, create=False) as old:
        beside = target.with_name(f".{target.name}.new")
        _remove(beside)
        require_room(target)
        with _spilling(old.connection, target):
            try:
                _attach(old.connection, beside)
                yield Rewrite(old=old, path=target)
                _settle(old.connection, target)
                _put_in_place(beside, target)
            except OSError as error:
                raise HistoryError(
                    f"{path}: cannot be replaced: {error.strerror}; it is as it was"
                ) from error
            finally:
                with suppress(duckdb.Error):
                    old.connection.execute("USE history; DETACH DATABASE IF EXISTS fresh")
                _remove(beside)


def require_room(path: Path) -> None:
    """Refuse to begin where the disk has too little room.

    Raises:
        HistoryError: It has.
    """
    needed = int(ROOM * path.stat().st_size)
    free = shutil.disk_usage(path.parent).free
    if free < needed:
        raise HistoryError(
            f"{path}: {free:,} bytes are free on its disk, expected at least {needed:,} to write "
            "it anew",
            hint="Make room, or move the history to a larger disk.",
        )


@contextmanager
def _spilling(connection: duckdb.DuckDBPyConnection, path: Path) -> Iterator[None]:
    """Bound the memory of a connection; what does not fit waits beside the history."""
    folder = path.with_name(f".{path.name}.tmp")
    shutil.rmtree(folder, ignore_errors=True)
    spill_to(connection, folder)
    try:
        yield
    finally:
        with suppress(duckdb.Error):
            connection.execute("RESET memory_limit")
        shutil.rmtree(folder, ignore_errors=True)


def spill_to(connection: duckdb.DuckDBPyConnection, folder: Path) -> None:
    """Bound the memory of a connection; what does not fit waits in a folder."""
    name = str(folder).replace("'", "''")
    connection.execute(f"SET temp_directory = '{name}'; SET memory_limit = '{MEMORY_BYTES}B'")


def _attach(connection: duckdb.DuckDBPyConnection, beside: Path) -> None:
    name = str(beside).replace("'", "''")
    connection.execute(f"ATTACH '{name}' AS fresh (ROW_GROUP_SIZE {ROW_GROUP_ROWS})")
    connection.execute("USE fresh")
    connection.execute(schema_text())
    connection.execute("USE history")


def _settle(connection: duckdb.DuckDBPyConnection, target: Path) -> None:
    """Bring all of the new history into its file, and leave no log of the old one behind.

    A log that stayed would be taken for one of the new file, whose name is the same.
    """
    connection.execute("USE history")
    connection.execute("CHECKPOINT fresh")
    connection.execute("DETACH fresh")
    if log_of(target).exists():
        connection.execute("CHECKPOINT history")


def _put_in_place(beside: Path, target: Path) -> None:
    """Give the new file the permissions of the old one, then its name."""
    was = target.stat()
    with suppress(PermissionError):
        os.chown(beside, was.st_uid, was.st_gid)
    beside.chmod(was.st_mode & 0o7777)
    synced(beside)
    beside.replace(target)
    synced(target.parent)


def synced(path: Path) -> None:
    """Have a file or a folder written to the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def log_of(path: Path) -> Path:
    """Return the name of the file in which the database keeps what is not in `path` yet."""
    return path.with_name(f"{path.name}.wal")


def _remove(beside: Path) -> None:
    """Remove what was written beside, now or by a process that was stopped."""
    for path in (beside, log_of(beside)):
        path.unlink(missing_ok=True)

"""Taking an export into a history, all or nothing."""

from __future__ import annotations

import shutil
import tarfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import duckdb

from optimizer.history.copying import counts
from optimizer.history.integrity import columns_of
from optimizer.history.manifest import ANOTHER_COPY, MANIFEST, Manifest, read_manifest
from optimizer.history.merging import Merged, merge
from optimizer.history.rewriting import spill_to
from optimizer.history.store import History, open_history, require_text
from optimizer.history.tables import TABLES
from optimizer.history.troubles import first_line
from optimizer.models.dataclass import dataclass
from optimizer.models.errors import HistoryError
from optimizer.models.upkeep import Imported, TableRows

Told = Callable[[int, int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportJob:
    """What to import, and how.

    Attributes:
        source: The export: a folder or an archive.
        store: The history, which need not be there yet.
        replace: Whether what is there with other content is replaced.
        lock_timeout_s: How long to wait for other processes, in seconds.
        actor: Who, for the audit log.
        now: The time, UTC.
        told: Called with how many tables of how many are taken.
    """

    source: Path
    store: Path
    replace: bool
    lock_timeout_s: float
    actor: str
    now: datetime
    told: Told | None = None


def import_store(job: ImportJob) -> Imported:
    """Take an export into a history; an empty one becomes equal to what was exported.

    Raises:
        HistoryError: The export is damaged or newer, or contradicts the history; that is as it was.
    """
    with _unpacked(job) as folder:
        manifest = read_manifest(folder, job.source)
        files = {
            table.table: [str(folder / file.name) for file in table.files]
            for table in manifest.tables
        }
        with open_history(job.store, lock_timeout_s=job.lock_timeout_s, now=job.now) as history:
            _require_columns(history, manifest, folder, job.source)
            before = counts(history)
            is_empty = not any(n for table, n in before.items() if table != "schema_version")
            spill_to(history.connection, _waiting(job.store))
            try:
                merged = _taken(history, files, job) if is_empty else _merged(history, files, job)
            finally:
                shutil.rmtree(_waiting(job.store), ignore_errors=True)
            after = counts(history)
    return Imported(
        store=job.store,
        source=job.source,
        tables=tuple(
            TableRows(table=table, n_before=n, n_after=after[table]) for table, n in before.items()
        ),
        n_new_runs=after["runs"] if is_empty else merged.n_new_runs,
        n_known_runs=merged.n_known_runs,
        replaced=merged.replaced,
        n_audit_lines_left=merged.n_audit_lines_left,
    )


def _taken(history: History, files: Mapping[str, list[str]], job: ImportJob) -> Merged:
    """Fill an empty history: it says then what the exported one said, and no word more."""
    with history.transaction():
        history.connection.execute("DELETE FROM schema_version")
        for n, table in enumerate(TABLES):
            if job.told is not None:
                job.told(n, len(TABLES))
            history.connection.execute(
                f"INSERT INTO {table.name} BY NAME SELECT * FROM read_parquet($files)",
                {"files": files[table.name]},
            )
        _unbounded(history)
    return Merged()


def _merged(history: History, files: Mapping[str, list[str]], job: ImportJob) -> Merged:
    return merge(
        history,
        files,
        name=str(job.source),
        replace=job.replace,
        actor=job.actor,
        now=job.now,
        told=job.told,
        settle=lambda: _unbounded(history),
    )


def _unbounded(history: History) -> None:
    """Let the database use what memory it wants: a commit cannot wait on disk."""
    history.connection.execute("RESET memory_limit")


def _require_columns(history: History, manifest: Manifest, folder: Path, name: Path) -> None:
    """Refuse files that have not the columns of the schema.

    Raises:
        HistoryError: One has not, or cannot be read.
    """
    expected = columns_of(history.connection)
    for table in manifest.tables:
        for file in table.files:
            try:
                rows = history.connection.execute(
                    "SELECT column_name, column_type FROM (DESCRIBE SELECT * FROM "
                    "read_parquet($file))",
                    {"file": str(folder / file.name)},
                ).fetchall()
            except duckdb.Error as error:
                raise HistoryError(
                    f"{name / file.name}: {first_line(error)}, expected Parquet", hint=ANOTHER_COPY
                ) from error
            wrong = sorted(column for column, _ in {*rows} ^ expected[table.table])
            if wrong:
                raise HistoryError(
                    f"{name / file.name}: columns are not those of the schema: {', '.join(wrong)}",
                    hint=ANOTHER_COPY,
                )


def _waiting(store: Path) -> Path:
    return store.absolute().with_name(f".{store.name}.tmp")


@contextmanager
def _unpacked(job: ImportJob) -> Iterator[Path]:
    """Give the folder of an export; an archive is unpacked beside the history meanwhile.

    Raises:
        HistoryError: There is none, or the archive is damaged.
    """
    require_text(job.source)
    if job.source.is_dir():
        yield job.source.absolute()
        return
    if not job.source.exists():
        raise HistoryError(
            f"{job.source}: there is none, expected an export of 'optimizer store export'"
        )
    folder = job.store.absolute().with_name(f".{job.store.name}.import")
    shutil.rmtree(folder, ignore_errors=True)
    try:
        folder.mkdir(parents=True)
        with tarfile.open(job.source, "r:") as archive:
            _unpack(archive, folder)
        yield folder
    except (tarfile.TarError, EOFError) as error:
        raise HistoryError(
            f"{job.source}: {error}, expected an archive of 'optimizer store export'",
            hint=ANOTHER_COPY,
        ) from error
    except OSError as error:
        raise HistoryError(f"{job.source}: cannot be unpacked: {error.strerror}") from error
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _unpack(archive: tarfile.TarFile, folder: Path) -> None:
    """Unpack plain files of plain names; whatever else is in there is none of ours."""
    for member in archive:
        is_plain = member.isfile() and "/" not in member.name
        if is_plain and (member.name == MANIFEST or member.name.endswith(".parquet")):
            archive.extract(member, folder, filter="data")

"""The history as Parquet files, one or more per table, and a manifest of them."""

from __future__ import annotations

import shutil
import tarfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from optimizer import __version__
from optimizer.history.copying import source_spans
from optimizer.history.manifest import (
    FORMAT,
    FORMAT_VERSION,
    MANIFEST,
    ExportedFile,
    ExportedTable,
    Manifest,
    sha256_of,
    write_manifest,
)
from optimizer.history.rewriting import MEMORY_BYTES, spill_to, synced
from optimizer.history.store import SCHEMA_VERSION, History, require_text
from optimizer.history.tables import TABLES
from optimizer.history.troubles import first_line
from optimizer.models.dataclass import dataclass
from optimizer.models.errors import HistoryError

WHOLE_TEXTS = "task_payloads"
"""A view of the schema that other programs like to read; nothing is imported from it."""

PARQUET_ROWS = 30_000
"""Rows that are written together."""

TAR = ".tar"

Told = Callable[[int, int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Exported:
    """One file that was written.

    Attributes:
        table: The table it holds.
        path: The file, or the archive that it is in.
        n_rows: Rows in it.
    """

    table: str
    path: Path
    n_rows: int


def export_parquet(
    history: History,
    target: Path,
    *,
    now: datetime,
    whole_texts: bool = False,
    told: Told | None = None,
) -> list[Exported]:
    """Write every table to `target`, which appears whole or not at all.

    A folder that is there already gets the new files; its manifest is taken away first and comes
    last, so that nothing in between is taken for an export.

    Args:
        history: What to write.
        target: A folder, or an archive where its name ends in .tar.
        now: The time, UTC.
        whole_texts: Whether the view of texts that are whole is written as well.
        told: Called with how many tables of how many are written.

    Raises:
        HistoryError: It cannot be written, or its name is no text.
    """
    require_text(target)
    try:
        target.absolute().parent.mkdir(parents=True, exist_ok=True)
        with _staged(target) as folder:
            _bound(history, folder)
            tables = _write_tables(history, folder, told)
            views = _write_view(history, folder) if whole_texts else []
            write_manifest(folder, _manifest(tables, now))
            _settle(folder, target)
    except duckdb.Error as error:
        raise HistoryError(f"{target}: cannot be written: {first_line(error)}") from error
    except OSError as error:
        raise HistoryError(f"{target}: cannot be made: {error.strerror}") from error
    return [
        Exported(
            table=table.table,
            path=target if _is_archive(target) else target / file.name,
            n_rows=file.n_rows,
        )
        for table in [*tables, *views]
        for file in table.files
    ]


@contextmanager
def _staged(target: Path) -> Iterator[Path]:
    """Give a folder beside the target, which is gone at the end."""
    folder = target.absolute().with_name(f".{target.name}.part")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _bound(history: History, folder: Path) -> None:
    spill_to(history.connection, folder / "waiting")


def _write_tables(history: History, folder: Path, told: Told | None) -> list[ExportedTable]:
    written = list[ExportedTable]()
    for table in TABLES:
        if told is not None:
            told(len(written), len(TABLES))
        files = _sources(history, folder) if table.name == "sources" else None
        if files is None:
            files = (_write(history, f"FROM {table.name}", folder / f"{table.name}.parquet"),)
        written.append(_table(table.name, files))
    return written


def _write_view(history: History, folder: Path) -> list[ExportedTable]:
    """Write the texts of tasks, whole: what is put together cannot wait on disk."""
    history.connection.execute("RESET memory_limit")
    file = _write(history, f"FROM {WHOLE_TEXTS}", folder / f"{WHOLE_TEXTS}.parquet")
    history.connection.execute(f"SET memory_limit = '{MEMORY_BYTES}B'")
    return [_table(WHOLE_TEXTS, (file,))]


def _sources(history: History, folder: Path) -> tuple[ExportedFile, ...]:
    """Write the files that were kept, few to a file as their bytes may be many."""
    spans = list(source_spans(history)) or [(0, 0)]
    return tuple(
        _write(
            history,
            f"FROM sources WHERE rowid BETWEEN {first} AND {last}",
            folder / ("sources.parquet" if n == 1 else f"sources-{n}.parquet"),
        )
        for n, (first, last) in enumerate(spans, start=1)
    )


def _write(history: History, rows: str, path: Path) -> ExportedFile:
    name = str(path).replace("'", "''")
    n_rows = history.connection.execute(
        f"COPY ({rows}) TO '{name}' "
        f"(FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE {PARQUET_ROWS})"
    ).fetchall()[0][0]
    synced(path)
    return ExportedFile(
        name=path.name, n_rows=n_rows, n_bytes=path.stat().st_size, sha256=sha256_of(path)
    )


def _table(name: str, files: tuple[ExportedFile, ...]) -> ExportedTable:
    return ExportedTable(table=name, n_rows=sum(file.n_rows for file in files), files=files)


def _manifest(tables: list[ExportedTable], now: datetime) -> Manifest:
    return Manifest(
        format=FORMAT,
        format_version=FORMAT_VERSION,
        program=__version__,
        schema_version=SCHEMA_VERSION,
        exported_at=now.astimezone(UTC).isoformat(),
        tables=tuple(tables),
    )


def _settle(folder: Path, target: Path) -> None:
    """Give what was staged its name."""
    shutil.rmtree(folder / "waiting", ignore_errors=True)
    if _is_archive(target):
        _archive(folder, target)
    elif target.exists():
        (target / MANIFEST).unlink(missing_ok=True)
        for path in sorted(folder.iterdir(), key=lambda path: path.name == MANIFEST):
            path.replace(target / path.name)
    else:
        folder.rename(target.absolute())
    synced(target.absolute().parent)


def _archive(folder: Path, target: Path) -> None:
    """Put the files of a folder into one file; the manifest comes first in it."""
    beside = target.absolute().with_name(f".{target.name}.writing")
    try:
        with tarfile.open(beside, "w") as archive:
            for path in sorted(folder.iterdir(), key=lambda path: path.name != MANIFEST):
                archive.add(path, arcname=path.name)
        synced(beside)
        beside.replace(target)
    finally:
        beside.unlink(missing_ok=True)


def _is_archive(target: Path) -> bool:
    return target.suffix == TAR

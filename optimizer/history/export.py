"""The history as Parquet files, one per table."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from optimizer.history.store import History, require_text
from optimizer.models.dataclass import dataclass
from optimizer.models.errors import HistoryError

TABLES = (
    "audit_log",
    "baselines",
    "decisions",
    "experiments",
    "ingest_rejects",
    "looks",
    "prompts",
    "reports",
    "runs",
    "sources",
    "task_payloads",
    "tasks",
    "variants",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Exported:
    """One file that was written.

    Attributes:
        table: The table it holds.
        path: The file.
        n_rows: Rows in it.
    """

    table: str
    path: Path
    n_rows: int


def export_parquet(
    history: History, folder: Path, *, told: Callable[[int, int], None] | None = None
) -> list[Exported]:
    """Write every table to `folder`; each file appears whole or not at all.

    Args:
        history: What to write.
        folder: Where to; made if it is not there.
        told: Called with how many tables of how many are written.

    Raises:
        HistoryError: The folder cannot be made, or its name is no text.
    """
    require_text(folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise HistoryError(f"{folder}: cannot be made: {error.strerror}") from error
    written = list[Exported]()
    for table in TABLES:
        if told is not None:
            told(len(written), len(TABLES))
        written.append(_export(history, table, folder))
    return written


def _export(history: History, table: str, folder: Path) -> Exported:
    path, staging = folder / f"{table}.parquet", folder / f".{table}.parquet.part"
    relation = history.connection.table(table)
    n_rows = int(relation.count("*").fetchall()[0][0])
    try:
        relation.write_parquet(str(staging), compression="zstd")
        staging.replace(path)
    finally:
        staging.unlink(missing_ok=True)
    return Exported(table=table, path=path, n_rows=n_rows)

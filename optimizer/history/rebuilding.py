"""Making a history again from the files that it was made of.

What came with a run is read again; what people and the program said since is carried over:
decisions, experiments, baselines, feedback, versions of prompts, tests of optimizations, the audit
log.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import duckdb
import zstandard

from optimizer.history.columns import prepare
from optimizer.history.copying import copy_sources, copy_table
from optimizer.history.integrity import is_what_was_ingested
from optimizer.history.recording import TABLES_OF_RUNS, raw_content, record
from optimizer.history.rewriting import MEMORY_BYTES, Rewrite, rewritten
from optimizer.history.settings import RawPolicy, StoreSettings
from optimizer.history.sifting import carry_over, differing, restore_provenance, unite
from optimizer.history.sources import KeptSource, kept_sources
from optimizer.history.store import History
from optimizer.history.tables import TABLES
from optimizer.models.dataclass import dataclass
from optimizer.models.errors import FormatError, HistoryError, OptimizerError
from optimizer.models.tasks import Reading, RunHeader
from optimizer.models.upkeep import NotRebuilt, Rebuilt

DERIVED = (*TABLES_OF_RUNS, "variants", "prompts")
"""The tables that are made of files."""

LATER_BYTES = 32_000_000
"""A larger file is decoded while it is written."""

NO_FILE_TOOL = "optimizer"
"""Runs that the program made itself, of held-out tests: no file of a tool tells them."""

LISTED = 10
"""Files that an error lists."""

BACKUP = "Run 'optimizer store import EXPORT --store NEW' on a backup."


@dataclass(frozen=True, slots=True, kw_only=True)
class RebuildJob:
    """What to rebuild, and how.

    Attributes:
        store: The history.
        settings: What is kept of files.
        read: Reads a file again, given its bytes; None of them: from where it was.
        strict: Whether nothing is done where a file is missing, or tells something else now.
        take_files: Whether a run that its file tells otherwise now is taken from the file.
        lock_timeout_s: How long to wait for other processes, in seconds.
        now: The time, UTC.
        told: Called with how many files of how many are read.
    """

    store: Path
    settings: StoreSettings
    read: Callable[[KeptSource, bytes | None], Reading]
    strict: bool
    take_files: bool
    lock_timeout_s: float
    now: datetime
    told: Callable[[int, int], None] | None = None


def rebuild(job: RebuildJob) -> Rebuilt:
    """Rebuild a history, all or nothing.

    Raises:
        HistoryError: What is not made of files cannot be read, or a run can neither be rebuilt nor
            carried over, or `strict` is broken; the history is as it was then.
    """
    n_bytes = job.store.stat().st_size if job.store.exists() else 0
    with rewritten(job.store, lock_timeout_s=job.lock_timeout_s, now=job.now) as rewrite:
        damaged = _damaged(rewrite.old)
        carried = _read_again(rewrite, job, damaged)
        if "runs" not in damaged:
            restore_provenance(rewrite.old)
            carried += _told_otherwise(rewrite.old, damaged, carried, job)
        told = [one for one in carried if one.reason != NO_FILE_TOOL]
        if job.strict and told:
            raise _incomplete(job.store, told)
        carry_over(rewrite.old, [i for one in carried for i in one.run_ids], damaged)
        _carry_the_rest(rewrite.old, damaged)
        counts = _counts(rewrite.old, [i for one in carried for i in one.run_ids])
    return Rebuilt(
        store=job.store,
        n_files=counts[0],
        n_runs=counts[1],
        n_tasks=counts[2],
        carried=tuple(told),
        damaged=tuple(sorted(damaged)),
        n_bytes_before=n_bytes,
        n_bytes_after=job.store.stat().st_size,
    )


def _damaged(history: History) -> frozenset[str]:
    """Return the tables that lack a column or cannot be read.

    Raises:
        HistoryError: One of them is not made of files.
    """
    damaged = dict[str, str]()
    for table in TABLES:
        columns = history.connection.execute(
            "SELECT string_agg(column_name, ', ' ORDER BY column_index) FROM duckdb_columns() "
            "WHERE database_name = 'fresh' AND table_name = $table",
            {"table": table.name},
        ).fetchall()[0][0]
        # Kept files are looked at one by one.
        columns = columns.replace(", content", "") if table.name == "sources" else columns
        try:
            history.connection.execute(
                f"SELECT bit_xor(hash({columns})) FROM history.main.{table.name}"
            ).fetchall()
        except duckdb.OutOfMemoryException:
            raise
        except duckdb.Error as error:
            damaged[table.name] = str(error).partition("\n")[0]
    lost = [name for name in damaged if name not in DERIVED]
    if lost:
        raise HistoryError(
            f"table {lost[0]}: {damaged[lost[0]]}; it is not made of files, so that it cannot be "
            "rebuilt",
            hint=BACKUP,
        )
    return frozenset(damaged)


def _read_again(rewrite: Rewrite, job: RebuildJob, damaged: frozenset[str]) -> list[NotRebuilt]:
    """Read every file again into the new history, and return what could not be."""
    carried = list[NotRebuilt]()
    sources = kept_sources(rewrite.old, are_runs_known="runs" not in damaged)
    for n, source in enumerate(sources):
        if job.told is not None:
            job.told(n, len(sources))
        try:
            reading = _reading(rewrite.old, source, job)
        except _NotThereError as error:
            carried.append(_left(source, source.run_ids, str(error)))
            continue
        runs = [run for run in reading.runs if _is_wanted(source, run.header)]
        missing = set(source.run_ids) - {run.header.run_id for run in runs}
        if missing:
            reason = "the file tells other runs than are stored"
            carried.append(_left(source, sorted(missing), reason))
        if runs:
            _record(rewrite, replace(reading, runs=tuple(runs)), source, job)
    return carried


class _NotThereError(Exception):
    """A file cannot be read again."""


def _reading(history: History, source: KeptSource, job: RebuildJob) -> Reading:
    """Read a file again.

    Raises:
        _NotThereError: It is not kept, not what was ingested, or cannot be read.
    """
    if source.tool == NO_FILE_TOOL:
        raise _NotThereError(NO_FILE_TOOL)
    content = _content(history, source)
    try:
        reading = job.read(source, content)
    except OptimizerError as error:
        raise _NotThereError(str(error).partition("\n")[0]) from error
    if content is None and reading.source.sha256 != source.sha256:
        raise _NotThereError("the file has changed since it was ingested")
    path = source.path if source.path is not None else reading.source.path
    found = replace(reading.source, path=path, sha256=source.sha256)
    return replace(reading, source=found)


def _content(history: History, source: KeptSource) -> bytes | None:
    """Return the bytes of a file; None where the file itself is to be read.

    Raises:
        _NotThereError: Nothing of it was kept, or it is not what was ingested.
    """
    if source.kept == RawPolicy.REFERENCE and source.path is not None:
        return None
    if source.kept != RawPolicy.BLOB:
        raise _NotThereError(
            "its bytes have expired" if source.kept == "expired" else "it was not kept"
        )
    try:
        content = raw_content(history, source.sha256)
    except (zstandard.ZstdError, duckdb.Error) as error:
        raise _NotThereError(f"what was kept of it is damaged: {error}") from error
    if content is None:
        raise _NotThereError("it was not kept")
    if not is_what_was_ingested(content, source.sha256, n_redacted=source.n_redacted):
        raise _NotThereError("what was kept of it is not what was ingested")
    return content


def _is_wanted(source: KeptSource, header: RunHeader) -> bool:
    """Tell whether a run of a file is that which is stored; of unknown ones every run is."""
    if source.contents is None:
        return True
    return source.contents.get(header.run_id) == header.content_sha256


def _record(rewrite: Rewrite, reading: Reading, source: KeptSource, job: RebuildJob) -> None:
    """Write the runs of a file into the new history.

    Raises:
        HistoryError: A task is not as the bridge expects.
    """
    connection = rewrite.old.connection
    settings = job.settings.model_copy(update={"raw": RawPolicy.NONE})
    ready = prepare(reading, settings, later=source.n_bytes > LATER_BYTES)
    with rewrite.fresh() as fresh:
        try:
            record(fresh, [ready], settings, replace=True, actor="", now=source.ingested_at)
        except FormatError as error:
            raise HistoryError(f"{source.path}: {error}") from error
    connection.execute(f"RESET threads; SET memory_limit = '{MEMORY_BYTES}B'")


def _left(source: KeptSource, run_ids: Iterable[str], reason: str) -> NotRebuilt:
    return NotRebuilt(
        path=source.path, source_sha256=source.sha256, run_ids=tuple(run_ids), reason=reason
    )


def _told_otherwise(
    history: History, damaged: frozenset[str], carried: Sequence[NotRebuilt], job: RebuildJob
) -> list[NotRebuilt]:
    """Return the runs of which the files tell something else now than is stored."""
    if job.take_files:
        return []
    known = {i for one in carried for i in one.run_ids}
    return [
        NotRebuilt(
            path=run.path,
            source_sha256=run.source_sha256,
            run_ids=(run.run_id,),
            reason=f"read again it differs in {', '.join(run.tables)}",
        )
        for run in differing(history, damaged)
        if run.run_id not in known
    ]


def _incomplete(store: Path, carried: Sequence[NotRebuilt]) -> HistoryError:
    listed = [f"  {one.path or one.source_sha256[:12]}: {one.reason}" for one in carried[:LISTED]]
    if len(carried) > LISTED:
        listed.append(f"  and {len(carried) - LISTED:,} more")
    return HistoryError(
        f"{store}: {len(carried):,} of its files cannot be read again as they were, expected "
        "all; nothing was changed\n" + "\n".join(listed),
        hint="Leave --strict out to carry their runs over as they are.",
    )


def _carry_the_rest(history: History, damaged: frozenset[str]) -> None:
    """Carry over what is not made of files."""
    for table in _not_derived():
        history.connection.execute(f"DELETE FROM fresh.{table}")
        if table == "sources":
            copy_sources(history)
        else:
            copy_table(history, table)
    for table, key in (("variants", "variant_id"), ("prompts", "prompt_sha256")):
        if table not in damaged:
            unite(history, table, key)


def _not_derived() -> Iterator[str]:
    return (table.name for table in TABLES if table.name not in DERIVED)


def _counts(history: History, carried: Sequence[str]) -> tuple[int, int, int]:
    """Return how many files, runs and tasks were made of files again."""
    rows = history.connection.execute(
        "SELECT count(DISTINCT runs.source_sha256), count(DISTINCT runs.run_id), "
        "coalesce(sum(n_tasks), 0) FROM fresh.runs AS runs LEFT JOIN fresh.reports AS reports "
        "ON reports.run_id = runs.run_id AND reports.variant_id IS NULL "
        "WHERE NOT list_contains(CAST($carried AS VARCHAR[]), runs.run_id)",
        {"carried": list(carried)},
    ).fetchall()
    n_files, n_runs, n_tasks = rows[0]
    return int(n_files), int(n_runs), int(n_tasks)

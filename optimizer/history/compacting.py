"""Writing the history anew in the order in which it is read, without what is no longer kept.

Tasks are sorted by workflow, by when their run began, by run and by their place in it: a question
on one workflow then skips the blocks of all others. What names its run and no workflow is sorted by
the ids of runs, so that a question on some runs skips what lies between.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from optimizer.history.audit import AuditLine, append_audit
from optimizer.history.copying import batches_of, copy_sources, copy_table, counts
from optimizer.history.fates import FATES, Emptied, emptied, make_fates
from optimizer.history.recording import TABLES_OF_RUNS
from optimizer.history.retention import Expiry, expiry
from optimizer.history.rewriting import Rewrite, rewritten
from optimizer.history.settings import RetentionSettings
from optimizer.history.store import History, read_history
from optimizer.history.tables import TABLES
from optimizer.history.texts import PAYLOADS
from optimizer.models.dataclass import dataclass
from optimizer.models.upkeep import Compacted, EmptiedPayloads, OldRun, TableRows

Told = Callable[[int, int], None]

BY_RUN = ("batch", "fates.place, kept.rowid")
BY_TASK = ("batch", "fates.place, kept.position, kept.rowid")
BY_RUN_ID = ("batch_by_id", "kept.run_id, kept.rowid")
BY_TASK_ID = ("batch_by_id", "kept.run_id, kept.position, kept.rowid")
ORDER = {"runs": BY_RUN, "tasks": BY_TASK, "reports": BY_RUN_ID}
"""In which batches the rows of tables that came with a run are copied, and how they are sorted;
where nothing is said, by the ids of runs and by task."""

TEXT_FIELDS = ", ".join(f"'{name}'" for name in PAYLOADS)
STAYS = {
    "task_texts": "NOT fates.empties",
    "long_texts": f"NOT (fates.empties AND kept.field IN ({TEXT_FIELDS}))",
}
"""Which rows of a run that is kept stay; where nothing is said, all."""

EXPIRED_ON = "inputs, outputs and metadata expired on"
"""How the warning begins that a run carries from then on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Compaction:
    """What to write anew, and how.

    Attributes:
        store: The history.
        settings: What is let go.
        lock_timeout_s: How long to wait for other processes, in seconds.
        actor: Who, for the audit log.
        now: The time, UTC.
        told: Called with how many steps of how many are done.
    """

    store: Path
    settings: RetentionSettings
    lock_timeout_s: float
    actor: str
    now: datetime
    told: Told | None = None


def compact(job: Compaction) -> Compacted:
    """Write a history anew, all or nothing.

    Raises:
        HistoryError: It cannot be opened or written; it is as it was then.
    """
    n_bytes = job.store.stat().st_size if job.store.exists() else 0
    with rewritten(job.store, lock_timeout_s=job.lock_timeout_s, now=job.now) as rewrite:
        let_go, lost, before = _prepared(rewrite.old, job)
        _copy(rewrite, job)
        with rewrite.fresh() as fresh:
            append_audit(fresh, _lines(job, let_go, lost))
        after = counts(rewrite.old, "fresh")
    return _compacted(
        job,
        let_go,
        lost.payloads,
        n_bytes=(n_bytes, job.store.stat().st_size),
        tables=_rows(before, after),
    )


def would_compact(job: Compaction) -> Compacted:
    """Say what `compact` would let go; nothing is changed."""
    with read_history(job.store, lock_timeout_s=job.lock_timeout_s) as history:
        let_go, lost, before = _prepared(history, job)
        after = before | {
            table: _n_left(history, table)
            for table in TABLES_OF_RUNS
            if let_go.going or lost.payloads.n_runs
        }
    return _compacted(
        job,
        let_go,
        lost.payloads,
        n_bytes=(job.store.stat().st_size, None),
        tables=_rows(before, after),
    )


def _prepared(history: History, job: Compaction) -> tuple[Expiry, Emptied, dict[str, int]]:
    """Decide on every run, and return what is let go, what is emptied and how many rows are."""
    let_go = expiry(history, job.settings, job.now)
    make_fates(history, [run.run_id for run in let_go.going], empty_before=let_go.empty_before)
    return let_go, emptied(history, let_go.empty_before), counts(history)


def _copy(rewrite: Rewrite, job: Compaction) -> None:
    """Fill the new history."""
    n_batches = batches_of(rewrite.old)
    total = len(TABLES) - len(TABLES_OF_RUNS) + len(TABLES_OF_RUNS) * n_batches
    done = 0
    for table in TABLES:
        if job.told is not None:
            job.told(done, total)
        if table.name == "sources":
            copy_sources(rewrite.old, content=_content())
        elif table.name == "executions":
            copy_table(rewrite.old, table.name, columns=_columns_of_executions())
        elif not table.came_with_run:
            copy_table(rewrite.old, table.name)
        else:
            for batch in range(n_batches):
                _copy_batch(rewrite.old, table.name, batch, job)
                done += 1
                if job.told is not None:
                    job.told(done, total)
            _copy_orphans(rewrite.old, table.name)
            continue
        done += 1


def _copy_batch(history: History, table: str, batch: int, job: Compaction) -> None:
    """Copy the rows of some runs, sorted."""
    batch_column, order = ORDER.get(table, BY_TASK_ID)
    columns = "kept.*"
    if table == "runs":
        said = f"{EXPIRED_ON} {job.now:%Y-%m-%d}"
        columns = (
            "kept.* REPLACE (CASE WHEN fates.empties THEN CAST(to_json(list_append("
            f"from_json(kept.warnings, '[\"VARCHAR\"]'), '{said}')) AS VARCHAR) "
            "ELSE kept.warnings END AS warnings)"
        )
    history.connection.execute(
        f"INSERT INTO fresh.{table} BY NAME SELECT {columns} FROM history.{table} AS kept "
        f"JOIN {FATES} AS fates USING (run_id) "
        f"WHERE fates.{batch_column} = $batch AND NOT fates.goes "
        f"AND {STAYS.get(table, 'true')} ORDER BY {order}",
        {"batch": batch},
    )


def _copy_orphans(history: History, table: str) -> None:
    """Copy the rows of runs that are not stored: a damaged history loses nothing more."""
    history.connection.execute(
        f"INSERT INTO fresh.{table} BY NAME SELECT * FROM history.{table} AS kept "
        f"WHERE run_id NOT IN (SELECT run_id FROM {FATES})"
    )


def _n_left(history: History, table: str) -> int:
    rows = history.connection.execute(
        f"SELECT count(*) FROM {table} AS kept LEFT JOIN {FATES} AS fates USING (run_id) "
        f"WHERE coalesce(NOT fates.goes AND {STAYS.get(table, 'true')}, true)"
    ).fetchall()
    return int(rows[0][0])


def _content() -> str:
    """Return the columns of a kept file: emptied or as they are."""
    is_emptied = "source_sha256 IN (SELECT source_sha256 FROM temp.main.emptied_sources)"
    return (
        f"* REPLACE (CASE WHEN {is_emptied} THEN NULL ELSE content END AS content, "
        f"CASE WHEN {is_emptied} THEN 'expired' ELSE kept END AS kept)"
    )


def _columns_of_executions() -> str:
    """Return the columns of a test of an optimization: without outputs, or as they are."""
    return (
        "* REPLACE (CASE WHEN executed_at < (SELECT empty_before FROM temp.main.cutoff) "
        "THEN CAST(json_merge_patch(body, '{\"outputs\": null}') AS VARCHAR) "
        "ELSE body END AS body)"
    )


def _lines(job: Compaction, let_go: Expiry, lost: Emptied) -> list[AuditLine]:
    """Return what the audit log says of what was let go."""
    said = job.settings.model_dump().items()
    policy = {name: value for name, value in said if value is not None}

    def line(action: str, subject: str, **detail: object) -> AuditLine:
        return AuditLine(
            logged_at=job.now,
            actor=job.actor,
            action=action,
            subject=subject,
            detail={**detail, "retention": policy},
        )

    lines = [
        line(
            "run.expired",
            run.run_id,
            workflow_id=run.workflow_id,
            started_at=run.started_at.isoformat(),
        )
        for run in let_go.going
    ]
    lines += [line("payloads.expired", run_id) for run_id in lost.run_ids]
    lines += [line("source.expired", sha256) for sha256 in lost.source_sha256s]
    if lost.payloads.n_executions:
        n_executions = lost.payloads.n_executions
        lines.append(line("executions.expired", job.store.name, n_executions=n_executions))
    return lines


def _rows(before: dict[str, int], after: dict[str, int]) -> tuple[TableRows, ...]:
    return tuple(
        TableRows(table=table, n_before=before[table], n_after=after[table]) for table in before
    )


def _compacted(
    job: Compaction,
    let_go: Expiry,
    payloads: EmptiedPayloads,
    *,
    n_bytes: tuple[int, int | None],
    tables: tuple[TableRows, ...],
) -> Compacted:
    expired: tuple[OldRun, ...] = let_go.going
    return Compacted(
        store=job.store,
        is_dry_run=n_bytes[1] is None,
        n_bytes_before=n_bytes[0],
        n_bytes_after=n_bytes[1],
        tables=tables,
        expired=expired,
        kept=let_go.kept,
        payloads=payloads,
    )

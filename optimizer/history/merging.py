"""Joining an export with a history that has rows of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from optimizer.history import queries
from optimizer.history.audit import AuditLine, append_audit
from optimizer.history.recording import TABLES_OF_RUNS
from optimizer.history.store import History
from optimizer.history.tables import AUDIT_LOG, TABLES, Table
from optimizer.models.dataclass import dataclass
from optimizer.models.errors import HistoryError

LISTED = 10
"""Contradictions that are listed."""

Files = Mapping[str, list[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Merged:
    """What became of an export.

    Attributes:
        n_new_runs: Runs that were taken.
        n_known_runs: Runs that were there already with the same content.
        replaced: Runs that took the place of others of the same id.
        n_audit_lines_left: Lines of the audit log that were not taken, as their chain is another.
    """

    n_new_runs: int = 0
    n_known_runs: int = 0
    replaced: tuple[str, ...] = ()
    n_audit_lines_left: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Conflict:
    """A row that is there with other content."""

    table: str
    key: str


def merge(
    history: History,
    files: Files,
    *,
    name: str,
    replace: bool,
    actor: str,
    now: datetime,
    told: Callable[[int, int], None] | None,
    settle: Callable[[], None],
) -> Merged:
    """Take what a history lacks, in one transaction.

    Args:
        history: The history.
        files: The files of each table of the export.
        name: What the user calls the export.
        replace: Whether what is there with other content is replaced.
        actor: Who, for the audit log.
        now: The time, UTC.
        told: Called with how many tables of how many are taken.
        settle: Called before all is committed.

    Raises:
        HistoryError: Something is there with other content, and is not to be replaced.
    """
    _choose_runs(history, files)
    with history.transaction():
        changed = _changed_runs(history)
        conflicts = [_Conflict(table="runs", key=run_id) for run_id, *_ in changed]
        for table in TABLES:
            conflicts += _conflicts(history, table, files)
        if conflicts and not replace:
            raise _contradiction(name, conflicts)
        _remove_runs(history)
        n_taken = 0
        for n, table in enumerate(TABLES):
            if told is not None:
                told(n, len(TABLES))
            n_taken += _take(history, table, files)
        n_new, n_known = _run_counts(history)
        n_left = _follow(history, files)
        lines = [_replaced(row, actor, now) for row in changed]
        if n_taken or lines:
            detail = {"n_runs": n_new, "n_rows": n_taken, "n_audit_lines_left": n_left}
            lines.append(
                AuditLine(
                    logged_at=now, actor=actor, action="store.imported", subject=name, detail=detail
                )
            )
        if lines:
            append_audit(history, lines)
        settle()
    return Merged(
        n_new_runs=n_new,
        n_known_runs=n_known,
        replaced=tuple(run_id for run_id, *_ in changed),
        n_audit_lines_left=n_left,
    )


def _choose_runs(history: History, files: Files) -> None:
    """Say of each run of the export whether it is new, known or changed."""
    history.connection.execute(
        """
        CREATE OR REPLACE TEMP TABLE chosen AS
        SELECT
            incoming.run_id,
            any_value(stored.content_sha256) AS old_content_sha256,
            any_value(stored.source_sha256) AS old_source_sha256,
            any_value(incoming.content_sha256) AS new_content_sha256,
            CASE
                WHEN count(stored.run_id) = 0 THEN 'new'
                WHEN bool_and(stored.content_sha256 = incoming.content_sha256) THEN 'known'
                ELSE 'changed'
            END AS fate
        FROM read_parquet($files) AS incoming
        LEFT JOIN runs AS stored ON stored.run_id = incoming.run_id
        GROUP BY incoming.run_id
        """,
        {"files": files["runs"]},
    )


def _changed_runs(history: History) -> list[tuple[str, ...]]:
    return history.connection.execute(
        "SELECT run_id, old_content_sha256, old_source_sha256, new_content_sha256 "
        "FROM temp.main.chosen WHERE fate = 'changed' ORDER BY run_id"
    ).fetchall()


def _run_counts(history: History) -> tuple[int, int]:
    """Return how many runs are new, and how many are known."""
    rows = history.connection.execute(
        "SELECT count(*) FILTER (fate = 'new'), count(*) FILTER (fate = 'known') "
        "FROM temp.main.chosen"
    ).fetchall()
    return int(rows[0][0]), int(rows[0][1])


def _conflicts(history: History, table: Table, files: Files) -> list[_Conflict]:
    """Return the rows that are there with other content, and take them out."""
    if not table.must_agree:
        return []
    keys = ", ".join(table.key)
    compared = ", ".join((*table.key, *table.content)) if table.content else "*"
    named = " || ' ' || ".join(f"CAST({column} AS VARCHAR)" for column in table.key)
    history.connection.execute(
        f"CREATE OR REPLACE TEMP TABLE other AS SELECT DISTINCT {keys} FROM "
        f"(SELECT {compared} FROM read_parquet($files) EXCEPT "
        f"SELECT {compared} FROM {table.name}) AS changed "
        f"SEMI JOIN {table.name} USING ({keys})",
        {"files": files[table.name]},
    )
    rows = history.connection.execute(f"SELECT {named} FROM temp.main.other ORDER BY 1").fetchall()
    history.connection.execute(
        f"DELETE FROM {table.name} WHERE ({keys}) IN (SELECT ({keys}) FROM temp.main.other)"
    )
    return [_Conflict(table=table.name, key=key) for (key,) in rows]


def _contradiction(name: str, conflicts: list[_Conflict]) -> HistoryError:
    listed = [f"  {one.table}: {one.key}" for one in conflicts[:LISTED]]
    if len(conflicts) > LISTED:
        listed.append(f"  and {len(conflicts) - LISTED:,} more")
    return HistoryError(
        f"{name}: {len(conflicts):,} of its rows are stored with other content, expected the same; "
        "nothing was imported\n" + "\n".join(listed),
        hint="Import it into a new history with --store, or take its rows with --replace.",
    )


def _remove_runs(history: History) -> None:
    for table in TABLES_OF_RUNS:
        history.connection.execute(
            f"DELETE FROM {table} WHERE run_id IN "
            "(SELECT run_id FROM temp.main.chosen WHERE fate = 'changed')"
        )


def _take(history: History, table: Table, files: Files) -> int:
    """Insert the rows that a table lacks, and return how many."""
    if table.name in (AUDIT_LOG, "schema_version"):
        return 0
    rows = f"SELECT incoming.* FROM read_parquet($files) AS incoming {_lacking(table)}"
    if not table.key:
        rows = f"SELECT * FROM read_parquet($files) EXCEPT ALL SELECT * FROM {table.name}"
    found = history.connection.execute(
        f"INSERT INTO {table.name} BY NAME {rows}", {"files": files[table.name]}
    ).fetchall()
    return int(found[0][0])


def _lacking(table: Table) -> str:
    if table.came_with_run:
        return "WHERE run_id IN (SELECT run_id FROM temp.main.chosen WHERE fate <> 'known')"
    return f"ANTI JOIN {table.name} USING ({', '.join(table.key)})"


def _follow(history: History, files: Files) -> int:
    """Take the lines of an audit log that goes on from ours, and return how many were left.

    A chain cannot be joined with another: where the two differ, ours stays.
    """
    last = queries.last_audit(history)
    seq, ours = last or (0, "")
    rows = history.connection.execute(
        "SELECT coalesce(max(seq), 0), any_value(hash) FILTER (seq = $seq) "
        "FROM read_parquet($files)",
        {"files": files[AUDIT_LOG], "seq": seq},
    ).fetchall()
    n_theirs, theirs = int(rows[0][0]), rows[0][1]
    if n_theirs > seq and (seq == 0 or theirs == ours):
        history.connection.execute(
            f"INSERT INTO {AUDIT_LOG} BY NAME SELECT * FROM read_parquet($files) "
            "WHERE seq > $seq ORDER BY seq",
            {"files": files[AUDIT_LOG], "seq": seq},
        )
        return 0
    known = history.connection.execute(
        f"SELECT count(*) FROM read_parquet($files) AS incoming SEMI JOIN {AUDIT_LOG} "
        "USING (seq, hash)",
        {"files": files[AUDIT_LOG]},
    ).fetchall()[0][0]
    return n_theirs - int(known)


def _replaced(row: tuple[str, ...], actor: str, now: datetime) -> AuditLine:
    run_id, old_content, old_source, new_content = row
    return AuditLine(
        logged_at=now,
        actor=actor,
        action="run.replaced",
        subject=run_id,
        detail={
            "old_content_sha256": old_content,
            "old_source_sha256": old_source,
            "new_content_sha256": new_content,
        },
    )

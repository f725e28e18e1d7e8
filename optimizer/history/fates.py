"""What becomes of each run and each kept file when a history is written anew."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from optimizer.history.columns import as_stored
from optimizer.history.store import History
from optimizer.history.texts import PAYLOADS
from optimizer.models.dataclass import dataclass
from optimizer.models.upkeep import EmptiedPayloads

FATES = "temp.main.fates"
"""The table of what becomes of each run: its place in the new order, and whether it stays."""

BATCH_ROWS = 500_000
"""Tasks of whole runs that are sorted at once, about."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Emptied:
    """What loses its texts.

    Attributes:
        run_ids: Runs.
        source_sha256s: Kept files.
        payloads: How many these are.
    """

    run_ids: tuple[str, ...]
    source_sha256s: tuple[str, ...]
    payloads: EmptiedPayloads


def make_fates(
    history: History, going: Sequence[str], *, empty_before: datetime | None = None
) -> None:
    """Decide on every run and every kept file, in tables of this connection.

    Args:
        history: The history.
        going: The runs that go.
        empty_before: Runs that began before this lose their texts, UTC; None: none does.
    """
    before = None if empty_before is None else as_stored(empty_before)
    texts = ", ".join(f"'{name}'" for name in PAYLOADS)
    history.connection.execute(
        "CREATE OR REPLACE TEMP TABLE cutoff AS SELECT CAST($before AS TIMESTAMP) AS empty_before",
        {"before": before},
    )
    history.connection.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE fates AS
        WITH
        sizes AS (SELECT run_id, count(*) AS n FROM tasks GROUP BY run_id),
        told AS (
            SELECT run_id FROM task_texts WHERE $before IS NOT NULL
            UNION
            SELECT run_id FROM long_texts WHERE $before IS NOT NULL AND field IN ({texts})
        ),
        known AS (
            SELECT run_id, min(workflow_id) AS workflow_id, min(started_at) AS started_at
            FROM runs
            GROUP BY run_id
        )
        SELECT
            run_id,
            started_at,
            row_number() OVER in_order AS place,
            CAST(floor((sum(coalesce(n, 0)) OVER in_order) / {BATCH_ROWS}) AS INTEGER) AS batch,
            CAST(floor((sum(coalesce(n, 0)) OVER by_id) / {BATCH_ROWS}) AS INTEGER) AS batch_by_id,
            run_id IN (SELECT unnest(CAST($going AS VARCHAR[]))) AS goes,
            coalesce(started_at < CAST($before AS TIMESTAMP), false)
                AND run_id IN (SELECT run_id FROM told) AS empties
        FROM known
        LEFT JOIN sizes USING (run_id)
        WINDOW
            in_order AS (ORDER BY workflow_id, started_at, run_id),
            by_id AS (ORDER BY run_id)
        """,
        {"before": before, "going": list(going)},
    )
    _choose_sources(history)


def _choose_sources(history: History) -> None:
    """Choose the kept files that are emptied: no run that is left with its texts needs them."""
    history.connection.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE emptied_sources AS
        WITH
        fate_of AS (
            SELECT
                runs.source_sha256,
                bool_and(fates.goes) AS all_go,
                bool_and(fates.goes OR coalesce(fates.started_at < empty_before, false)) AS all_old
            FROM runs
            JOIN {FATES} AS fates ON fates.run_id = runs.run_id
            CROSS JOIN temp.main.cutoff
            GROUP BY runs.source_sha256
        )
        SELECT DISTINCT sources.source_sha256
        FROM sources
        CROSS JOIN temp.main.cutoff
        LEFT JOIN fate_of ON fate_of.source_sha256 = sources.source_sha256
        WHERE sources.kept = 'blob'
            AND coalesce(all_go OR all_old, sources.ingested_at < empty_before, false)
        """
    )


def emptied(history: History, empty_before: datetime | None) -> Emptied:
    """Return what loses its texts by what was decided."""
    runs = history.connection.execute(
        f"SELECT run_id FROM {FATES} WHERE empties AND NOT goes ORDER BY place"
    ).fetchall()
    sources = history.connection.execute(
        "SELECT source_sha256 FROM temp.main.emptied_sources ORDER BY source_sha256"
    ).fetchall()
    executions = 0
    if empty_before is not None:
        executions = history.connection.execute(
            "SELECT count(*) FROM executions WHERE executed_at < $before "
            "AND json_extract_string(body, '$.outputs') IS NOT NULL",
            {"before": as_stored(empty_before)},
        ).fetchall()[0][0]
    return Emptied(
        run_ids=tuple(run_id for (run_id,) in runs),
        source_sha256s=tuple(sha256 for (sha256,) in sources),
        payloads=EmptiedPayloads(n_runs=len(runs), n_files=len(sources), n_executions=executions),
    )

"""Histories of any size, made inside DuckDB.

    python benchmarks/growing_data.py STORE ROWS [--workflows 1000] [--sorted] [--without-texts]

One workflow, `own`, has one run of a hundred, whatever the size. Another, `fixed`, always has the
same ten runs of 1,000 tasks, spread over the whole time: only what others do grows around it. Runs
lie in order of arrival or, `sorted`, as `store compact` leaves them.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from optimizer.history.queries import Z2, text
from optimizer.history.store import History, open_history

OWN, FIXED = "wf_0400", "wf_0600"
"""Between the others by name: no luck makes them quick to find."""

N_VARIANTS = 3
N_FIXED_RUNS = 10
MEAN_TASKS = 1_050
BATCH = 4_000_000
"""Rows that are stored in one transaction."""

RUNS = """
CREATE TEMP TABLE planned AS
SELECT
    *,
    row_number() OVER (
        ORDER BY CASE WHEN $is_sorted THEN workflow_id END, started_at, run_id
    ) - 1 AS place_of_run,
    row_number() OVER (ORDER BY CASE WHEN $is_sorted THEN run_id END, started_at, run_id) - 1
        AS place_of_texts
FROM (
SELECT
    run,
    'eval-' || substr(md5(CAST(run AS VARCHAR)), 1, 12) AS run_id,
    CASE
        WHEN run % $every_fixed = 3 AND run < 10 * $every_fixed THEN $fixed
        WHEN run % 100 = 50 THEN $own
        ELSE 'wf_' || lpad(CAST(2 * (hash(run, 1) % $n_others) + 1 AS VARCHAR), $digits, '0')
    END AS workflow_id,
    CASE WHEN run % $every_fixed = 3 AND run < 10 * $every_fixed THEN 1000
        ELSE 100 + hash(run, 2) % 1901 END AS n_tasks,
    TIMESTAMP '2026-01-01' + to_microseconds(run * 86400000000 * 320 // $n_runs) AS started_at
FROM range($n_runs) AS r(run)
) AS run
"""

VARIANTS = """
INSERT INTO variants BY NAME
SELECT DISTINCT
    substr(md5(workflow_id || '-v' || v), 1, 16) AS variant_id,
    'v' || v AS label,
    'p' || v AS prompt_id,
    'p' AS provider,
    'm' || v AS model,
    '{"temperature":0.' || v || '}' AS parameters
FROM planned, range($n_variants) AS r(v)
"""

BATCH_RUNS = """
INSERT INTO runs BY NAME
SELECT
    run_id,
    workflow_id,
    started_at,
    started_at + to_seconds(CAST(n_tasks AS DOUBLE)) AS finished_at,
    n_tasks AS duration_s,
    sha256(run_id) AS content_sha256,
    sha256('file of ' || run_id) AS source_sha256,
    1 AS place,
    'native' AS tool,
    'main' AS branch,
    true AS pairable,
    '[]' AS warnings,
    '{}' AS metadata,
    started_at + INTERVAL 1 HOUR AS ingested_at
FROM planned
WHERE place_of_run >= $first AND place_of_run < $last
ORDER BY place_of_run
"""

BATCH_SOURCES = """
INSERT INTO sources BY NAME
SELECT sha256('file of ' || run_id) AS source_sha256, run_id || '.json' AS path,
    950 * n_tasks AS n_bytes, 'reference' AS kept, 0 AS n_redacted,
    started_at + INTERVAL 1 HOUR AS ingested_at
FROM planned
WHERE place_of_run >= $first AND place_of_run < $last
ORDER BY place_of_run
"""

BATCH_TASKS = """
INSERT INTO tasks BY NAME
SELECT
    run_id,
    workflow_id,
    place AS position,
    't' || place AS task_id,
    'case-' || place AS case_id,
    'given' AS case_source,
    substr(md5(workflow_id || '-v' || (run // 7 % $n_variants)), 1, 16) AS variant_id,
    'v' || (run // 7 % $n_variants) AS variant,
    'faq' AS dataset,
    'normal' AS scenario,
    CASE WHEN chance < 80 + 3 * (run // 7 % $n_variants) THEN 'succeeded'
        WHEN chance < 96 THEN 'failed' WHEN chance < 98 THEN 'timeout' ELSE 'error' END AS status,
    CASE WHEN chance < 80 + 3 * (run // 7 % $n_variants) THEN NULL
        WHEN chance < 96 THEN 'validation' WHEN chance < 98 THEN 'timeout'
        ELSE 'api' END AS failure_kind,
    CASE WHEN chance < 80 + 3 * (run // 7 % $n_variants) THEN NULL
        WHEN chance < 96 THEN 'expected yes' WHEN chance < 98 THEN 'Request timed out'
        ELSE 'HTTP 503' END AS error_message,
    CASE WHEN chance < 80 + 3 * (run // 7 % $n_variants) THEN 1 ELSE 0 END AS score,
    200 + 10 * chance + hash(run, place, 2) % 2000 AS latency_ms,
    150 + hash(run, place, 3) % 800 AS tokens,
    100 AS tokens_in,
    50 + hash(run, place, 3) % 800 AS tokens_out,
    (150 + hash(run, place, 3) % 800) * 1e-6 AS cost_usd,
    false AS cached,
    1 AS attempts,
    'tenant-' || place % 5 AS tenant,
    started_at + to_milliseconds(place * 1000) AS created_at,
    started_at + to_milliseconds(place * 1000 + 900) AS finished_at
FROM (
    SELECT planned.*, unnest(range(CAST(n_tasks AS BIGINT))) AS place
    FROM planned
    WHERE place_of_run >= $first AND place_of_run < $last
    ORDER BY place_of_run
) AS task, LATERAL (SELECT hash(run, place) % 100) AS drawn(chance)
"""

BATCH_TEXTS = """
INSERT INTO task_texts BY NAME
SELECT
    run_id,
    place AS position,
    '{"question":"what of order ' || place || '? ' || md5(CAST(place AS VARCHAR)) || '"}' AS inputs,
    '{"text":"' || md5(CAST(hash(run, place, 4) % 1000 AS VARCHAR)) || ' it is"}' AS outputs,
    '{}' AS metadata
FROM (
    SELECT planned.*, unnest(range(CAST(n_tasks AS BIGINT))) AS place
    FROM planned
    WHERE place_of_texts >= $first AND place_of_texts < $last
    ORDER BY place_of_texts
) AS task
"""

BATCH_SCORES = """
INSERT INTO task_scores BY NAME
SELECT run_id, place AS position, 'exact' AS scorer, hash(run, place, 5) % 2 AS value,
    hash(run, place, 5) % 2 = 1 AS passed
FROM (
    SELECT planned.*, unnest(range(CAST(n_tasks AS BIGINT))) AS place
    FROM planned
    WHERE place_of_texts >= $first AND place_of_texts < $last AND run % 10 = 0
    ORDER BY place_of_texts
) AS task
"""

BATCH_INCOMING = """
CREATE OR REPLACE TEMP VIEW incoming AS
SELECT *
FROM tasks
WHERE run_id IN (
    SELECT run_id FROM planned WHERE place_of_run >= {first} AND place_of_run < {last}
)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """What a history is like.

    Attributes:
        n_rows: Tasks, about.
        n_workflows: Workflows.
        is_sorted: Whether it is compacted; else runs lie as they came in.
        has_texts: Whether inputs and outputs are there.
    """

    n_rows: int
    n_workflows: int = 1000
    is_sorted: bool = False
    has_texts: bool = True


def fill(store: Path, shape: Shape) -> Iterator[int]:
    """Make a history; yield how many runs are stored after each batch."""
    n_runs = max(shape.n_rows // MEAN_TASKS, N_FIXED_RUNS)
    with open_history(store, lock_timeout_s=1, now=datetime.now(UTC)) as history:
        plan = {
            "n_runs": n_runs,
            "every_fixed": n_runs // N_FIXED_RUNS,
            "n_others": shape.n_workflows - len((OWN, FIXED)),
            "digits": len(str(2 * shape.n_workflows)),
            "own": OWN,
            "fixed": FIXED,
            "is_sorted": shape.is_sorted,
        }
        history.connection.execute(RUNS, plan)
        history.connection.execute(VARIANTS, {"n_variants": N_VARIANTS})
        per_batch = BATCH // MEAN_TASKS
        for first in range(0, n_runs, per_batch):
            last = min(first + per_batch, n_runs)
            _store(history, first, last, has_texts=shape.has_texts)
            yield last
        if shape.is_sorted:
            _sort_reports(history)


def _store(history: History, first: int, last: int, *, has_texts: bool) -> None:
    run = history.connection.execute
    places = {"first": first, "last": last}
    with history.transaction():
        for statement in (BATCH_RUNS, BATCH_SOURCES, BATCH_SCORES):
            run(statement, places)
        if has_texts:
            run(BATCH_TEXTS, places)
        run(BATCH_TASKS, places | {"n_variants": N_VARIANTS})
        run(BATCH_INCOMING.format(**places))
        figures = {"z2": Z2, "has_repeats": False}
        rows = text("report_rows")
        run(f"INSERT INTO reports BY NAME SELECT * EXCLUDE (percentiles_ms) FROM ({rows})", figures)


def _sort_reports(history: History) -> None:
    run = history.connection.execute
    run("CREATE TEMP TABLE made AS SELECT * FROM reports")
    with history.transaction():
        run("DELETE FROM reports")
        run("INSERT INTO reports SELECT * FROM made ORDER BY run_id")


def main() -> None:
    """Make one history and say how far it is."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("store", type=Path)
    parser.add_argument("rows", type=int)
    parser.add_argument("--workflows", type=int, default=1000)
    parser.add_argument("--sorted", action="store_true")
    parser.add_argument("--without-texts", action="store_true")
    said = parser.parse_args()
    shape = Shape(
        n_rows=said.rows,
        n_workflows=said.workflows,
        is_sorted=said.sorted,
        has_texts=not said.without_texts,
    )
    for stored in fill(said.store, shape):
        print(f"{stored:,} runs", file=sys.stderr)


if __name__ == "__main__":
    main()

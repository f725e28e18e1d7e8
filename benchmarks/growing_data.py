"""Histories of any size: 1,000 workflows in order of arrival, made inside DuckDB.

python benchmarks/growing_data.py STORE ROWS

One workflow, `own`, has one run of a hundred, whatever the size. Another, `fixed`, always has the
same ten runs of 1,000 tasks, spread over the whole time: only what others do grows around it.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from optimizer.history.queries import Z2, text
from optimizer.history.store import History, open_history

OWN, FIXED = "wf_0400", "wf_0600"
"""Between the others by name: no luck makes them quick to find."""

N_OTHERS = 998
N_VARIANTS = 3
N_FIXED_RUNS = 10
MEAN_TASKS = 1_050
BATCH = 4_000_000
"""Rows that are stored in one transaction."""

RUNS = """
CREATE TEMP TABLE planned AS
SELECT
    run,
    'eval-' || substr(md5(CAST(run AS VARCHAR)), 1, 12) AS run_id,
    CASE
        WHEN run % $every_fixed = 3 AND run < 10 * $every_fixed THEN $fixed
        WHEN run % 100 = 50 THEN $own
        ELSE 'wf_' || lpad(CAST(2 * (hash(run, 1) % $n_others) + 1 AS VARCHAR), 4, '0')
    END AS workflow_id,
    CASE WHEN run % $every_fixed = 3 AND run < 10 * $every_fixed THEN 1000
        ELSE 100 + hash(run, 2) % 1901 END AS n_tasks,
    TIMESTAMP '2026-01-01' + to_microseconds(run * 86400000000 * 320 // $n_runs) AS started_at
FROM range($n_runs) AS r(run)
"""

VARIANTS = """
INSERT INTO variants BY NAME
SELECT DISTINCT
    workflow_id || '-v' || v AS variant_id,
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
WHERE run >= $first AND run < $last
"""

BATCH_SOURCES = """
INSERT INTO sources BY NAME
SELECT sha256('file of ' || run_id) AS source_sha256, run_id || '.json' AS path,
    950 * n_tasks AS n_bytes, 'reference' AS kept, 0 AS n_redacted,
    started_at + INTERVAL 1 HOUR AS ingested_at
FROM planned
WHERE run >= $first AND run < $last
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
    workflow_id || '-v' || (run // 7 % $n_variants) AS variant_id,
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
    WHERE run >= $first AND run < $last
) AS task, LATERAL (SELECT hash(run, place) % 100) AS drawn(chance)
"""

BATCH_TEXTS = """
INSERT INTO task_texts BY NAME
SELECT
    run_id,
    place AS position,
    '{"question":"what of order ' || place || '?"}' AS inputs,
    '{"text":"answer ' || hash(run, place, 4) % 1000 || '"}' AS outputs,
    '{}' AS metadata
FROM (
    SELECT planned.*, unnest(range(CAST(n_tasks AS BIGINT))) AS place
    FROM planned
    WHERE run >= $first AND run < $last
) AS task
"""

BATCH_SCORES = """
INSERT INTO task_scores BY NAME
SELECT run_id, place AS position, 'exact' AS scorer, hash(run, place, 5) % 2 AS value,
    hash(run, place, 5) % 2 = 1 AS passed
FROM (
    SELECT planned.*, unnest(range(CAST(n_tasks AS BIGINT))) AS place
    FROM planned
    WHERE run >= $first AND run < $last AND run % 10 = 0
) AS task
"""

BATCH_INCOMING = """
CREATE OR REPLACE TEMP VIEW incoming AS
SELECT *
FROM tasks
WHERE run_id IN (SELECT run_id FROM planned WHERE run >= {first} AND run < {last})
"""


def fill(store: Path, n_rows: int) -> Iterator[int]:
    """Make a history of about so many tasks; yield how many runs are stored after each batch."""
    n_runs = max(n_rows // MEAN_TASKS, N_FIXED_RUNS)
    with open_history(store, lock_timeout_s=1, now=datetime.now(UTC)) as history:
        plan = {"n_runs": n_runs, "every_fixed": n_runs // N_FIXED_RUNS, "n_others": N_OTHERS}
        plan |= {"own": OWN, "fixed": FIXED}
        history.connection.execute(RUNS, plan)
        history.connection.execute(VARIANTS, {"n_variants": N_VARIANTS})
        per_batch = BATCH // MEAN_TASKS
        for first in range(0, n_runs, per_batch):
            last = min(first + per_batch, n_runs)
            _store(history, first, last)
            yield last


def _store(history: History, first: int, last: int) -> None:
    run = history.connection.execute
    places = {"first": first, "last": last}
    with history.transaction():
        for statement in (BATCH_RUNS, BATCH_SOURCES, BATCH_TEXTS, BATCH_SCORES):
            run(statement, places)
        run(BATCH_TASKS, places | {"n_variants": N_VARIANTS})
        run(BATCH_INCOMING.format(**places))
        figures = {"z2": Z2, "has_repeats": False}
        rows = text("report_rows")
        run(f"INSERT INTO reports BY NAME SELECT * EXCLUDE (percentiles_ms) FROM ({rows})", figures)


if __name__ == "__main__":
    for stored in fill(Path(sys.argv[1]), int(sys.argv[2])):
        print(f"{stored:,} runs", file=sys.stderr)

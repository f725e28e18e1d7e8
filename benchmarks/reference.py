"""What a user would run instead: DuckDB alone, nothing checked.

    python benchmarks/reference.py ingest FOLDER DATABASE
    python benchmarks/reference.py aggregate DATABASE WORKFLOW
    python benchmarks/reference.py cases DATABASE WORKFLOW
    python benchmarks/reference.py queries DATABASE WORKFLOW
    python benchmarks/reference.py members FILE

`queries` asks what one decision asks. `ingest` prints the seconds that reading the files and
writing one table took, `members` those of reading every member of an archive as JSON, which is
what it takes to get at whole samples.
"""

from __future__ import annotations

import json
import re
import sys
import time
import zipfile
from pathlib import Path
from typing import Any

import duckdb
from prompts import prose_prompts

COLUMNS = ("case_table", "requests")
"""Queries whose rows are worked on as columns."""

ASKED = (
    "windows",
    "variant_prompts",
    "experiments",
    "run_points",
    "case_table",
    "requests",
    "past_decisions",
    "studies",
    "breaker_events",
    "stored_decisions",
    "last_audit",
    "audit",
)
"""What a decision on one workflow asks."""

QUERIES = Path(__file__).parents[1] / "optimizer" / "history" / "queries"

TASK = (
    "STRUCT(task_id VARCHAR, workflow_id VARCHAR, dataset VARCHAR, scenario VARCHAR, "
    "task_status VARCHAR, error_message VARCHAR, attempt_count BIGINT, created_at TIMESTAMP, "
    "finished_at TIMESTAMP, execution_time DOUBLE, metadata JSON, "
    "test_result STRUCT(status VARCHAR, tokens_used BIGINT, cost DOUBLE, inputs JSON, "
    "outputs JSON, prompt_variant VARCHAR, score DOUBLE))[]"
)
INGEST = f"""
CREATE TABLE tasks AS
SELECT
    run_id, task.workflow_id, task.task_id, task.dataset, task.scenario, task.task_status,
    task.error_message, task.attempt_count, task.created_at, task.finished_at,
    task.execution_time, task.metadata, task.test_result.status, task.test_result.tokens_used,
    task.test_result.cost, task.test_result.inputs, task.test_result.outputs,
    task.test_result.prompt_variant, task.test_result.score
FROM (
    SELECT run_id, unnest(task_results) AS task
    FROM read_json(
        $files,
        maximum_object_size = 1000000000,
        columns = {{run_id: 'VARCHAR', task_results: '{TASK}'}}
    )
)
"""
AGGREGATE = """
SELECT
    variant_id, count(*), avg(CASE WHEN status = 'succeeded' THEN 1e0 ELSE 0e0 END),
    avg(latency_ms), stddev_samp(latency_ms),
    percentile_cont(0.5) WITHIN GROUP (ORDER BY latency_ms),
    percentile_cont(0.95) WITHIN GROUP (ORDER BY latency_ms),
    avg(cost_usd), avg(tokens), count(DISTINCT case_id)
FROM tasks
WHERE workflow_id = $workflow
GROUP BY variant_id
"""
CASES = """
SELECT
    case_id, variant_id, count(*), avg(CASE WHEN status = 'succeeded' THEN 1e0 ELSE 0e0 END),
    avg(score), var_samp(score), avg(latency_ms), avg(cost_usd), avg(tokens)
FROM tasks
WHERE workflow_id = $workflow
GROUP BY case_id, variant_id
"""


def ingest(folder: str, database: str) -> None:
    """Read every file of a folder into one table."""
    start = time.perf_counter()
    with duckdb.connect(database) as connection:
        connection.execute("SET preserve_insertion_order = false")
        connection.execute(INGEST, {"files": f"{folder}/*.json"})
    print(time.perf_counter() - start)


def aggregate(database: str, workflow: str) -> None:
    """Print the figures of each variant of a workflow."""
    with duckdb.connect(database, read_only=True) as connection:
        print(connection.execute(AGGREGATE, {"workflow": workflow}).fetchall())


def cases(database: str, workflow: str) -> None:
    """Fetch what each case gave under each variant, and print how many rows that is.

    Whoever compares by hand imports numpy and the special functions that p-values take.
    """
    import numpy  # noqa: F401, PLC0415 - what a comparison by hand starts with
    import scipy.special  # noqa: F401, PLC0415

    with duckdb.connect(database, read_only=True) as connection:
        print(len(connection.execute(CASES, {"workflow": workflow}).fetchnumpy()["case_id"]))


def queries(database: str, workflow: str) -> None:
    """Ask all that a decision on one workflow asks, and fetch it."""
    params: dict[str, Any] = {
        "workflow_ids": [workflow],
        "first_id": workflow,
        "last_id": workflow,
        "as_of": None,
        "max_runs": 5,
        "slow_ms": 5000.0,
        "z2": 3.84,
        "unjudged": "nobody judged",
        "max_tasks": 2000,
        "max_texts": 500,
        "max_decisions": 50,
        "workflow_id": workflow,
        "experiment_id": None,
        "variant_ids": ["v0"],
        "decision_ids": ["d"],
        "subject": "d",
        "actor": None,
        "since": None,
        "until": None,
    }
    with duckdb.connect(database, read_only=True) as connection:
        for name in ASKED:
            text = (QUERIES / f"{name}.sql").read_text(encoding="utf-8")
            wanted = set(re.findall(r"\$(\w+)", text))
            used = {key: value for key, value in params.items() if key in wanted}
            found = connection.execute(text, used)
            found.fetchnumpy() if name in COLUMNS else found.fetchall()


def words(n: str) -> None:
    """Find the words of long prompts, and nothing else."""
    prompts, word = prose_prompts(int(n)), re.compile(r"\w+")
    start = time.process_time()
    for prompt in prompts:
        word.findall(prompt)
    print(time.process_time() - start)


def members(path: str) -> None:
    """Read every member of an archive, one at a time."""
    start = time.perf_counter()
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            json.loads(archive.read(name))
    print(time.perf_counter() - start)


if __name__ == "__main__":
    {
        "ingest": ingest,
        "aggregate": aggregate,
        "cases": cases,
        "queries": queries,
        "members": members,
        "words": words,
    }[sys.argv[1]](*sys.argv[2:])

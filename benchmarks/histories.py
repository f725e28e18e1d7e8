"""Histories to ask: made in the database, or ingested from made-up files."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from timing import OPTIMIZER, Bench, run, script

from optimizer.history.store import open_history


def ingested(bench: Bench, name: str, *, n_workflows: int, n_tasks: int) -> str:
    """Return a history of made-up workflows, of so many tasks a variant."""
    file, store = bench.folder / f"{name}.jsonl", bench.fresh(f"{name}.duckdb")
    script("workflow_data.py", str(file), str(n_workflows), str(n_tasks))
    run([*OPTIMIZER, "ingest", str(file), "--store", store])
    return store


def fill(store: Path, *, n_tasks: int, n_workflows: int) -> None:
    """Make a history of ten runs a workflow, in order of arrival, without reading any file."""
    n_runs = 10 * n_workflows
    started_at = "TIMESTAMP '2026-01-01' + to_minutes(CAST(run AS INTEGER))"
    with open_history(store, lock_timeout_s=1, now=datetime.now(UTC)) as history:
        ask = history.connection.execute
        ask(
            f"""INSERT INTO runs BY NAME
            SELECT 'r' || run AS run_id, 'wf_' || run % {n_workflows} AS workflow_id,
                {started_at} AS started_at, {started_at} AS finished_at, 1 AS duration_s,
                '' AS content_sha256, '' AS source_sha256, 1 AS place, 'native' AS tool,
                true AS pairable, '[]' AS warnings, '{{}}' AS metadata,
                {started_at} AS ingested_at
            FROM range({n_runs}) AS r(run)"""
        )
        ask("INSERT INTO variants (variant_id, label) VALUES ('v0', 'a'), ('v1', 'b')")
        ask(
            f"""INSERT INTO tasks BY NAME
            SELECT 'r' || run AS run_id, 'wf_' || run % {n_workflows} AS workflow_id,
                place AS position, 't' || place AS task_id, 'c' || place AS case_id,
                'given' AS case_source, 'v' || (run // {n_workflows}) % 2 AS variant_id,
                CASE WHEN (run // {n_workflows}) % 2 = 0 THEN 'a' ELSE 'b' END AS variant,
                'normal' AS scenario,
                CASE WHEN hash(run, place) % 10 < 8 THEN 'succeeded' ELSE 'failed' END AS status,
                hash(place, run) % 2000 AS latency_ms, hash(run + place) % 900 AS tokens,
                0.001 AS cost_usd, 1 AS attempts, {started_at} AS created_at
            FROM (
                SELECT n * {n_runs} // {n_tasks} AS run, n % ({n_tasks} // {n_runs}) AS place
                FROM range({n_tasks}) AS t(n)
            )"""
        )
        ask(f"INSERT INTO reports BY NAME {report_rows()}")


def report_rows() -> str:
    """Return the statement that makes reports, over all tasks."""
    counts = {
        "count(*)": ("n_tasks", "n_completed", "n_latency", "n_cost", "n_tokens"),
        "count(DISTINCT variant_id)": ("n_variants",),
        "count(DISTINCT case_id)": ("n_cases",),
        "count(*) FILTER (status = 'succeeded')": ("n_succeeded",),
        "count(*) FILTER (status = 'failed')": ("n_failed", "n_unclassified_failures"),
        "0": (
            "n_timeout",
            "n_error",
            "n_cancelled",
            "n_scored",
            "n_retries",
            "n_timeout_failures",
            "n_api_failures",
            "n_validation_failures",
            "n_llm_failures",
        ),
    }
    columns = ", ".join(f"{count} AS {name}" for count, names in counts.items() for name in names)
    return (
        f"SELECT run_id, variant_id, min(variant) AS variant, {columns} "
        "FROM tasks GROUP BY GROUPING SETS ((run_id), (run_id, variant_id))"
    )

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from optimizer.history import queries
from optimizer.history.store import ROW_GROUP_ROWS, History, open_history, read_history

FEW, MANY = 4, 12
"""Workflows of the histories."""

TASKS = 20_000
"""Of each workflow: more than are written together, so that they lie apart."""

RUN = "r" + hashlib.md5(b"1", usedforsecurity=False).hexdigest()[:7]
"""Ids of runs say nothing of the workflow."""

ASKED: dict[str, Any] = {
    "workflow_id": "wf_00001",
    "workflow_ids": ["wf_00001"],
    "first_id": "wf_00001",
    "last_id": "wf_00001",
    "run_id": RUN,
    "run_ids": [RUN],
    "other_run_ids": [RUN],
    "arms": [f"v\n{RUN}"],
    "variant_id": "v",
    "variant": None,
    "variant_ids": ["v"],
    "as_of": None,
    "max_runs": 5,
    "max_tasks": 100,
    "max_texts": 5,
    "slow_ms": 1.0,
    "z2": 3.84,
    "unjudged": "u",
    "limit": 5,
    "metric": "latency",
    "size_us": 3_600_000_000,
    "slide_us": 3_600_000_000,
    "n_slides": 1,
    "gap_us": 1_000_000,
    "n_bins": 10,
    "scorer": "s",
    "key": "dataset",
    "path": "/dataset",
    "positions": [0],
    "case_ids": ["c1"],
    "failing": [True],
    "earlier_runs": 5,
    "before_at": datetime(2025, 12, 1),
    "starts_at": datetime(2026, 1, 1),
    "ends_at": datetime(2026, 2, 1),
}

OF_TASKS = re.compile(r"\b(?:FROM|JOIN) (?:tasks|task_texts|task_scores|task_origins|long_texts)\b")
OF_A_PART = ("$workflow_id", "$workflow_ids", "$run_id", "$run_ids", "$arms")
LARGE = ("tasks", "task_texts")


def bodies() -> Iterator[tuple[str, str]]:
    folder = Path(queries.__file__).parent
    for file in sorted(folder.glob("*.sql")):
        body = re.sub(r"--.*", "", file.read_text(encoding="utf-8"))
        yield file.stem, body


ABOUT_A_PART = [
    name
    for name, body in bodies()
    if OF_TASKS.search(body)
    and name != "matched_feedback"
    and any(re.search(rf"{re.escape(param)}\b", body) for param in OF_A_PART)
]


@pytest.fixture(scope="module", params=["compacted", "arrived"])
def stores(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder = tmp_path_factory.mktemp(request.param)
    made = {}
    for n in (FEW, MANY):
        made[n] = folder / f"{n}.duckdb"
        with open_history(made[n], lock_timeout_s=1, now=datetime(2026, 1, 1, tzinfo=UTC)) as one:
            fill(one, n, runs=1 if request.param == "compacted" else 2)
    return made


def fill(history: History, n_workflows: int, *, runs: int) -> None:
    """Make workflows with tasks that lie together; of several runs each lies apart."""
    run = history.connection.execute
    at = "TIMESTAMP '2026-01-05' + to_hours(CAST(n AS INTEGER))"
    run(
        f"""INSERT INTO runs BY NAME
        SELECT 'r' || substr(md5(CAST(n AS VARCHAR)), 1, 7) AS run_id,
            printf('wf_%05d', n % {n_workflows}) AS workflow_id,
            {at} AS started_at, {at} AS finished_at, '' AS content_sha256, '' AS source_sha256,
            1 AS place, 'native' AS tool, true AS pairable, '[]' AS warnings, '{{}}' AS metadata,
            {at} AS ingested_at
        FROM range({n_workflows * runs}) AS r(n)"""
    )
    run("INSERT INTO variants (variant_id, label) VALUES ('v', 'a')")
    run(
        f"""INSERT INTO tasks BY NAME
        SELECT runs.run_id, runs.workflow_id, seat AS position, 't' || seat AS task_id,
            'c' || seat AS case_id, 'given' AS case_source, 'v' AS variant_id, 'a' AS variant,
            'normal' AS scenario, 'succeeded' AS status, 1.0 AS latency_ms, 1 AS attempts,
            runs.started_at AS created_at
        FROM runs CROSS JOIN range({TASKS}) AS r(seat)
        ORDER BY runs.started_at, seat"""
    )
    run(
        """INSERT INTO task_texts BY NAME
        SELECT run_id, position, '{"q": 1}' AS inputs, '{"a": 1}' AS outputs
        FROM tasks ORDER BY run_id, position"""
    )
    counts = [
        row[0]
        for row in run("DESCRIBE reports").fetchall()
        if row[0].startswith("n_") and row[0] != "n_effective"
    ]
    whole = ", ".join(f"{TASKS} AS {name}" for name in counts)
    for variant in ("NULL", "'v'"):
        run(
            f"INSERT INTO reports BY NAME SELECT run_id, {variant} AS variant_id, "
            f"'a' AS variant, {whole} FROM runs"
        )


def rows_scanned(path: Path, name: str) -> int:
    """Return how many rows of tasks and their texts a query reads."""
    text = queries.text(name)
    params = {key: ASKED[key] for key in set(re.findall(r"\$(\w+)", text))}
    with read_history(path, lock_timeout_s=1) as history:
        asked = history.connection.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {text}", params)
        plan = json.loads(asked.fetchall()[0][1])
    return sum(scans(plan["operator"]))


def scans(operators: list[dict[str, Any]]) -> Iterator[int]:
    for one in operators:
        table = str(one["extra_info"].get("Table", "")).rpartition(".")[2]
        if table in LARGE:
            yield one["rows_scanned"]
        yield from scans(one.get("children", []))


@pytest.mark.parametrize("name", ABOUT_A_PART)
def test_reads_no_more_of_a_history_that_grows_by_other_workflows(
    stores: dict[int, Path], name: str
) -> None:
    edges = 8 * ROW_GROUP_ROWS
    assert rows_scanned(stores[MANY], name) <= rows_scanned(stores[FEW], name) + edges

from __future__ import annotations

import json
import runpy
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from executor_bridge import read
from optimizer.history.lake import open_lake
from optimizer.history.lakes.names import RUNS, SHARED
from optimizer.history.settings import StoreSettings
from optimizer.history.store import History, read_history
from optimizer.models.ingest import FileOutcome, IngestSettings
from optimizer.pipeline.ingest import IngestJob, ingest
from optimizer.pipeline.publishing import PublishJob, publish

NOON = datetime(2026, 3, 9, 12, tzinfo=UTC)
STATUS = {"+": "succeeded", "-": "failed", "t": "timeout", "e": "error"}
RESULT = {"+": "success", "-": "failed", "t": "timeout", "e": "error"}
PLACED = (*(table for table in RUNS.tables if table not in SHARED), *SHARED)

Contents = dict[str, list[tuple[Any, ...]]]


def write_run(
    folder: Path, run_id: str, marks: str = "+-", *, day: int = 1, workflow: str = "wf"
) -> str:
    """Write a native file; one mark a task: + passed, - failed, t timed out, e errored."""
    tasks = [
        {
            "task_id": f"{run_id}-{i}",
            "task_status": STATUS[mark],
            "workflow_id": workflow,
            "created_at": f"2026-03-0{day}T10:00:00Z",
            "execution_time": 0.1 + i,
            "test_result": {
                "status": RESULT[mark],
                "inputs": {"text": f"case {i} " * (400 if i == 0 else 1)},
                "outputs": {"kind": mark},
            },
            "metadata": {"case_id": f"c{i}"},
        }
        for i, mark in enumerate(marks)
    ]
    content = {
        "run_id": run_id,
        "workflow_id": workflow,
        "started_at": f"2026-03-0{day}T10:00:00Z",
        "finished_at": f"2026-03-0{day}T10:05:00Z",
        "task_results": tasks,
        "metadata": {"prompt": f"Sort {{text}} as {workflow}.", "model": "m"},
    }
    path = folder / f"{run_id}-{len(marks)}.json"
    path.write_text(json.dumps(content))
    return str(path)


def published(
    paths: Sequence[str], lake: Path | str, *, now: datetime = NOON, **how: bool
) -> list[FileOutcome]:
    job = PublishJob(
        lake=str(lake),
        settings=StoreSettings(),
        replace=how.get("replace", False),
        keep_going=how.get("keep_going", False),
        actor="ann",
        now=now,
    )
    return list(publish(paths, lambda path: read(path, IngestSettings()), job))


def ingested(paths: Sequence[str], store: Path) -> Contents:
    """What a history holds that is made of some files."""
    job = IngestJob(
        store=store,
        settings=StoreSettings(),
        replace=True,
        keep_going=False,
        actor="ann",
        now=NOON,
    )
    list(ingest(paths, lambda path: read(path, IngestSettings()), job))
    with read_history(store, lock_timeout_s=10) as history:
        return contents_of(history)


def contents_of(history: History) -> Contents:
    """All that came with runs, but for when and how they were stored."""
    left_out = {"runs": "EXCLUDE (ingested_at)", "sources": "EXCLUDE (ingested_at, content, kept)"}
    return {
        table: history.connection.execute(
            f"SELECT * {left_out.get(table, '')} FROM {table} ORDER BY ALL"
        ).fetchall()
        for table in PLACED
    }


def lake_contents(lake: Path | str) -> Contents:
    with open_lake(lake) as history:
        return contents_of(history)


@pytest.fixture(scope="session")
def native() -> Callable[..., str]:
    return write_run


@pytest.fixture(scope="session")
def publish_files() -> Callable[..., list[FileOutcome]]:
    return published


@pytest.fixture(scope="session")
def contents_stored() -> Callable[..., Contents]:
    return ingested


@pytest.fixture(scope="session")
def contents() -> Callable[..., Contents]:
    return lake_contents


@pytest.fixture(scope="session")
def builders() -> dict[str, Any]:
    """What makes runs and readings for the tests of the history."""
    return runpy.run_path(str(Path(__file__).parents[2] / "history" / "conftest.py"))


@pytest.fixture(scope="session")
def make_run(builders: dict[str, Any]) -> Callable[..., Any]:
    made: Callable[..., Any] = builders["make_run"]
    return made


@pytest.fixture(scope="session")
def make_reading(builders: dict[str, Any]) -> Callable[..., Any]:
    made: Callable[..., Any] = builders["make_reading"]
    return made

from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from executor_bridge import read
from optimizer.config.load import load
from optimizer.history.columns import prepare
from optimizer.history.recording import record
from optimizer.history.settings import StoreSettings
from optimizer.history.store import open_history
from optimizer.models.decisions import Decision
from optimizer.models.ingest import IngestSettings
from optimizer.pipeline.batch import FEW, BatchJob, as_decision, decide_all

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
NAMES = [f"wf_{number:04}" for number in range(FEW + 10)]


def run_json(workflow_id: str, n_passed: int) -> dict[str, Any]:
    tasks = [
        {
            "task_id": f"{workflow_id}-{i}",
            "workflow_id": workflow_id,
            "task_status": "succeeded" if i < n_passed else "failed",
            "created_at": NOON.isoformat(),
            "execution_time": 0.1,
            "metadata": {"case_id": f"c{i}"},
        }
        for i in range(20)
    ]
    return {
        "run_id": f"run of {workflow_id}",
        "workflow_id": workflow_id,
        "started_at": NOON.isoformat(),
        "finished_at": (NOON + timedelta(minutes=1)).isoformat(),
        "task_results": tasks,
    }


@pytest.fixture
def store(tmp_path: Path) -> Path:
    runs = (run_json(name, number % 20) for number, name in enumerate(NAMES))
    file = tmp_path / "runs.jsonl"
    file.write_text("".join(json.dumps(run) + "\n" for run in runs))
    path = tmp_path / "history.duckdb"
    with open_history(path, lock_timeout_s=1, now=NOON) as history:
        ready = prepare(read(str(file), IngestSettings()), StoreSettings())
        record(history, [ready], StoreSettings(), replace=False, actor="a", now=NOON)
    return path


def decided(store: Path, n_processes: int, **changes: Any) -> list[Decision]:
    store = Path(shutil.copy(store, store.with_name(f"{n_processes}.duckdb")))
    loaded = load(start=Path("/"), environ={})
    fields: dict[str, Any] = {
        "store": store,
        "config": loaded.config,
        "config_sha256": loaded.sha256,
        "as_of": None,
        "now": NOON,
        "fail_fast": False,
        "lock_timeout_s": 5.0,
        "n_processes": n_processes,
    }
    rounds = decide_all(NAMES, BatchJob(**(fields | changes)), actor="a")
    return [as_decision(told.text) for stored in rounds for told in stored]


def test_several_processes_decide_as_one_does_in_the_order_asked(store: Path) -> None:
    alone = decided(store, 1)
    assert [decision.workflow_id for decision in alone] == NAMES
    assert decided(store, 2) == alone


def test_workflows_without_a_run_by_then_are_left_out(store: Path) -> None:
    assert decided(store, 1, as_of=NOON - timedelta(days=1)) == []

from __future__ import annotations

import io
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from executor_bridge import read
from optimizer.models.errors import FormatError
from optimizer.models.ingest import IngestSettings

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
ROOT = Path(__file__).resolve().parents[2]
SHARED_RUNS = ROOT.parent / "shared" / "data" / "runs"


def make_task(n=0, **changes):
    task = {
        "task_id": f"t{n}",
        "workflow_id": "w",
        "dataset": "faq",
        "scenario": "normal",
        "task_status": "succeeded",
        "test_result": make_result(n),
        "error_message": None,
        "attempt_count": 1,
        "created_at": f"2026-03-01T12:00:{n:02}Z",
        "finished_at": None,
        "execution_time": 0.5,
        "metadata": {},
    }
    return task | changes


def make_result(n=0, **changes):
    result = {
        "workflow_id": "w",
        "execution_id": f"e{n}",
        "timestamp": "2026-03-01T12:00:00Z",
        "status": "success",
        "execution_time": 0.5,
        "tokens_used": 10,
        "cost": 0.25,
        "inputs": {"question": n},
        "outputs": {"answer": n},
        "error_message": None,
        "prompt_variant": "v1",
        "dataset": "faq",
        "score": 1.0,
        "metadata": {},
    }
    return result | changes


def make_run(*tasks, **changes):
    run = {
        "run_id": "r",
        "workflow_id": "w",
        "started_at": "2026-03-01T12:00:00Z",
        "finished_at": "2026-03-01T12:01:00Z",
        "total_duration": 60.0,
        "task_results": list(tasks or [make_task(0), make_task(1), make_task(2)]),
        "metadata": {},
    }
    return run | changes


class Reader:
    """Reads what a test makes up, from standard input."""

    error = FormatError
    task = staticmethod(make_task)
    result = staticmethod(make_result)
    run = staticmethod(make_run)

    def reading(self, content, *, bridge=None, **settings):
        if not isinstance(content, bytes):
            content = json.dumps(content).encode()
        return read(
            "-",
            IngestSettings(**settings),
            bridge=bridge,
            stdin=io.BytesIO(content),
            received_at=NOON,
        )

    def header(self, content, **settings):
        (run,) = self.reading(content, **settings).runs
        return run.header

    def rows(self, content, **settings):
        (run,) = self.reading(content, **settings).runs
        return list(run.tasks)

    def all_rows(self, content, **settings):
        return [list(run.tasks) for run in self.reading(content, **settings).runs]

    def row(self, task, *, metadata=None, **settings):
        (row,) = self.rows(make_run(task, metadata=metadata or {}), **settings)
        return row

    def refused(self, content, **settings):
        with pytest.raises(FormatError) as caught:
            self.all_rows(content, **settings)
        return caught.value

    def faults(self, content, **settings):
        return [str(fault) for fault in self.refused(content, **settings).faults]


@pytest.fixture
def native():
    return Reader()


@pytest.fixture
def root():
    return ROOT


@pytest.fixture
def shared_runs():
    if not SHARED_RUNS.is_dir():
        pytest.skip("../shared/data is not here")
    return SHARED_RUNS

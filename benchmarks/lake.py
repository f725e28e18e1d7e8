"""How fast runs are published, and what a lake of many runs costs to open and to ask.

    python benchmarks/lake.py FOLDER [--runs 10000] [--tasks 20]

Publishes runs of a few tasks into FOLDER/lake, asks before and after `compact`, and prints one
JSON object. Times are CPU seconds of this process unless their names say otherwise.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from executor_bridge import read
from optimizer.history import queries
from optimizer.history.lake import open_lake
from optimizer.history.lakes.compacting import compact
from optimizer.history.lakes.settings import LakeSettings
from optimizer.history.settings import StoreSettings
from optimizer.models.ingest import IngestSettings
from optimizer.pipeline.publishing import PublishJob, publish

FIRST = datetime(2026, 1, 1, 8, tzinfo=UTC)
N_DAYS = 30
N_WORKFLOWS = 100
EVERYTHING = LakeSettings(grace_s=0)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--runs", type=int, default=10_000)
    parser.add_argument("--tasks", type=int, default=20)
    said = parser.parse_args()
    files, lake = said.folder / "files", said.folder / "lake"
    files.mkdir(parents=True)
    paths = [write_run(files, i, said.tasks) for i in range(said.runs)]
    job = PublishJob(
        lake=str(lake),
        settings=StoreSettings(),
        replace=False,
        keep_going=False,
        actor="benchmark",
        now=FIRST,
    )
    found: dict[str, Any] = {"n_runs": said.runs, "n_tasks": said.runs * said.tasks}
    found["publish"] = timed(lambda: list(publish(paths, as_read, job)))
    found["publish_runs_per_s"] = said.runs / found["publish"]["wall_s"]
    found["publish_again"] = timed(lambda: list(publish(paths[:100], as_read, job)))
    found["before_compact"] = asked(lake)
    found["compact"] = timed(lambda: compact(lake, EVERYTHING, now=datetime.now(UTC)))
    found["after_compact"] = asked(lake)
    print(json.dumps(found, indent=2))


def as_read(path: str) -> Any:
    """Read a result file."""
    return read(path, IngestSettings())


def asked(lake: Path) -> dict[str, Any]:
    """Open a lake and ask it some questions, each with the opening."""

    def opened(ask: Callable[[Any], object]) -> dict[str, float]:
        def work() -> None:
            with open_lake(lake) as history:
                ask(history)

        return timed(work)

    figures = "SELECT workflow_id, avg(latency_ms) FROM tasks GROUP BY 1 ORDER BY 1"
    return {
        "open": opened(lambda history: None),
        "runs": opened(lambda history: queries.runs(history, limit=20)),
        "tasks": opened(lambda history: history.connection.execute(figures).fetchall()),
    }


def timed(work: Callable[[], object]) -> dict[str, float]:
    """Do something and say how long it took."""
    cpu, wall = time.process_time(), time.perf_counter()
    work()
    return {"cpu_s": time.process_time() - cpu, "wall_s": time.perf_counter() - wall}


def write_run(folder: Path, number: int, n_tasks: int) -> str:
    """Write a native result file."""
    at = FIRST + timedelta(days=number % N_DAYS, seconds=number)
    workflow = f"wf-{number % N_WORKFLOWS:03}"
    tasks = [
        {
            "task_id": f"r{number}-{i}",
            "workflow_id": workflow,
            "task_status": "failed" if (i + number) % 5 == 0 else "succeeded",
            "created_at": at.isoformat(),
            "execution_time": 0.1 + (i * 7 + number) % 13 / 10,
            "metadata": {"case_id": f"c{i}"},
        }
        for i in range(n_tasks)
    ]
    run = {
        "run_id": f"r{number}",
        "workflow_id": workflow,
        "started_at": at.isoformat(),
        "finished_at": (at + timedelta(minutes=5)).isoformat(),
        "metadata": {"prompt_variant": f"v{number % 3}"},
        "task_results": tasks,
    }
    path = folder / f"{number}.json"
    path.write_text(json.dumps(run))
    return str(path)


if __name__ == "__main__":
    main()

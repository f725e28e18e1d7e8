"""Synthetic runs for the benchmarks: shaped like real ones, of any number.

python benchmarks/data.py FOLDER FILES TASKS
"""

from __future__ import annotations

import json
import random
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

WORDS = [
    "the",
    "customer",
    "asks",
    "about",
    "refund",
    "policy",
    "and",
    "shipping",
    "delays",
    "while",
    "an",
    "order",
    "stays",
    "open",
    "please",
    "answer",
    "briefly",
    "with",
    "the",
    "next",
    "step",
]
START = datetime(2026, 3, 1, tzinfo=UTC)


def write_runs(folder: Path, *, n_files: int, n_tasks: int) -> None:
    """Write `n_files` runs of `n_tasks` tasks each, about 950 bytes a task."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(n_files):
        run = _run(number, n_tasks)
        (folder / f"run-{number:04}.json").write_text(json.dumps(run), encoding="utf-8")


def _run(number: int, n_tasks: int) -> dict[str, Any]:
    rng = random.Random(number)
    started_at = START + timedelta(hours=number)
    workflow_id = f"wf_{number % 10:03}"
    return {
        "run_id": f"run-{number:04}",
        "workflow_id": workflow_id,
        "started_at": started_at.isoformat(),
        "finished_at": (started_at + timedelta(seconds=700)).isoformat(),
        "total_duration": 700.0,
        "metadata": {
            "model": "m",
            "provider": "p",
            "prompt_variant": f"v{number % 3}",
            "parameters": {"temperature": 0},
        },
        "task_results": [
            _task(rng, number, place, workflow_id, started_at) for place in range(n_tasks)
        ],
    }


def _task(
    rng: random.Random, number: int, place: int, workflow_id: str, started_at: datetime
) -> dict[str, Any]:
    status = rng.choices(["succeeded", "failed", "timeout", "error"], [80, 12, 4, 4])[0]
    seconds = rng.lognormvariate(0, 0.5)
    created_at = started_at + timedelta(seconds=0.3 * place)
    message = {
        "succeeded": None,
        "failed": "assertion failed: expected 'yes'",
        "timeout": "Request timed out",
        "error": "HTTP 503",
    }[status]
    result = None
    if status in ("succeeded", "failed"):
        result = {
            "workflow_id": workflow_id,
            "execution_id": f"e{number}-{place}",
            "timestamp": created_at.isoformat(),
            "status": "success" if status == "succeeded" else "failed",
            "execution_time": seconds,
            "tokens_used": rng.randint(50, 900),
            "cost": rng.random() / 1000,
            "inputs": {"question": " ".join(rng.choices(WORDS, k=20)), "number": place},
            "outputs": {"text": " ".join(rng.choices(WORDS, k=30))},
            "error_message": message,
            "prompt_variant": f"v{number % 3}",
            "dataset": "faq",
            "metadata": {},
            "score": 1.0 if status == "succeeded" else 0.0,
        }
    return {
        "task_id": f"r{number}:c{place}",
        "workflow_id": workflow_id,
        "dataset": "faq",
        "scenario": "normal",
        "task_status": status,
        "test_result": result,
        "error_message": message,
        "attempt_count": 1,
        "created_at": created_at.isoformat(),
        "finished_at": (created_at + timedelta(seconds=seconds)).isoformat(),
        "execution_time": seconds,
        "metadata": {"case_id": f"c{place}", "repeat": 0, "tokens_in": 100, "tokens_out": 50},
    }


if __name__ == "__main__":
    write_runs(Path(sys.argv[1]), n_files=int(sys.argv[2]), n_tasks=int(sys.argv[3]))

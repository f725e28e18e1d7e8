"""Synthetic runs of many workflows, for decisions.

python benchmarks/workflow_data.py FILE WORKFLOWS TASKS
"""

from __future__ import annotations

import json
import random
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

from data import START

VARIANTS = 3


def write_workflows(file: Path, *, n_workflows: int, n_tasks: int) -> None:
    """Write runs of many workflows, each of three variants with so many tasks in two runs."""
    rng = random.Random(1)
    with file.open("w", encoding="utf-8") as out:
        for number in range(n_workflows):
            for run in _runs(rng, f"wf_{number:05}", n_tasks):
                out.write(json.dumps(run) + "\n")


def _runs(rng: random.Random, workflow_id: str, n_tasks: int) -> Iterator[dict[str, Any]]:
    for place in range(2 * VARIANTS):
        variant = place % VARIANTS
        started_at = START + timedelta(hours=place)
        tasks = [_task(rng, workflow_id, place, variant, case) for case in range(n_tasks // 2)]
        yield {
            "run_id": f"{workflow_id}-{place}",
            "workflow_id": workflow_id,
            "started_at": started_at.isoformat(),
            "finished_at": (started_at + timedelta(seconds=n_tasks)).isoformat(),
            "metadata": {
                "prompt_variant": f"v{variant}",
                "provider": "p",
                "model": f"m{variant}",
                "parameters": {"temperature": 0.3 * variant},
            },
            "task_results": tasks,
        }


def _task(
    rng: random.Random, workflow_id: str, place: int, variant: int, case: int
) -> dict[str, Any]:
    passed = rng.random() < 0.8 + 0.05 * variant
    seconds = rng.lognormvariate(0, 0.4)
    created_at = START + timedelta(hours=place, seconds=0.4 * case)
    task_id = f"{workflow_id}-{place}:{case}"
    return {
        "task_id": task_id,
        "workflow_id": workflow_id,
        "task_status": "succeeded" if passed else "failed",
        "test_result": {
            "workflow_id": workflow_id,
            "execution_id": task_id,
            "timestamp": created_at.isoformat(),
            "status": "success" if passed else "failed",
            "execution_time": seconds,
            "tokens_used": rng.randint(50, 900),
            "cost": rng.random() / 1000,
            "inputs": {"question": f"what about order {rng.randint(0, 3 * case)}?"},
            "outputs": {"text": f"answer {rng.randint(0, 9)}"},
            "score": float(passed),
        },
        "created_at": created_at.isoformat(),
        "execution_time": seconds,
        "metadata": {"case_id": f"c{case}", "tokens_in": 100},
    }


if __name__ == "__main__":
    write_workflows(Path(sys.argv[1]), n_workflows=int(sys.argv[2]), n_tasks=int(sys.argv[3]))

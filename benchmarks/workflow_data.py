"""Synthetic runs of many workflows, for decisions.

python benchmarks/workflow_data.py FILE WORKFLOWS TASKS

Every workflow asks questions of a dozen random words, in order of their cases. One workflow in
four is asked a third of its questions again, in other cases; in the others no two are alike.
"""

from __future__ import annotations

import json
import random
import sys
from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

from data import START

VARIANTS = 3
WORDS_OF_A_QUESTION = 12
REPEATING = 4
"""One workflow of so many asks some questions again."""

ASKED_AGAIN = 3
"""There, one case of so many asks what an earlier one did."""

LETTERS = "abcdefghijklmnopqrstuvwxyz"
N_WORDS = 5_000
SHORTEST, LONGEST = 2, 10


def write_workflows(file: Path, *, n_workflows: int, n_tasks: int) -> None:
    """Write runs of many workflows, each of three variants with so many tasks in two runs."""
    rng = random.Random(1)
    words = [
        "".join(rng.choices(LETTERS, k=rng.randint(SHORTEST, LONGEST))) for _ in range(N_WORDS)
    ]
    with file.open("w", encoding="utf-8") as out:
        for number in range(n_workflows):
            is_repeating = number % REPEATING == 0
            questions = list(_questions(rng, words, n_tasks // 2, is_repeating=is_repeating))
            for run in _runs(rng, f"wf_{number:05}", questions):
                out.write(json.dumps(run) + "\n")


def _questions(
    rng: random.Random, words: Sequence[str], n: int, *, is_repeating: bool
) -> Iterator[str]:
    asked: list[str] = []
    for _ in range(n):
        if is_repeating and asked and rng.randrange(ASKED_AGAIN) == 0:
            yield rng.choice(asked)
        else:
            asked.append(" ".join(rng.choices(words, k=WORDS_OF_A_QUESTION)))
            yield asked[-1]


def _runs(
    rng: random.Random, workflow_id: str, questions: Sequence[str]
) -> Iterator[dict[str, Any]]:
    n_tasks = 2 * len(questions)
    for place in range(2 * VARIANTS):
        variant = place % VARIANTS
        started_at = START + timedelta(hours=place)
        tasks = [
            _task(rng, workflow_id, place, case, question)
            for case, question in enumerate(questions)
        ]
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
    rng: random.Random, workflow_id: str, place: int, case: int, question: str
) -> dict[str, Any]:
    passed = rng.random() < 0.8 + 0.05 * (place % VARIANTS)
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
            "inputs": {"question": question},
            "outputs": {"text": f"answer {rng.randint(0, 9)}"},
            "score": float(passed),
        },
        "created_at": created_at.isoformat(),
        "execution_time": seconds,
        "metadata": {"case_id": f"c{case}", "tokens_in": 100},
    }


if __name__ == "__main__":
    write_workflows(Path(sys.argv[1]), n_workflows=int(sys.argv[2]), n_tasks=int(sys.argv[3]))

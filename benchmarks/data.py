"""Synthetic runs for the benchmarks: shaped like real ones, of any number.

python benchmarks/data.py FOLDER FILES TASKS [native|promptfoo|promptfoo_jsonl]
"""

from __future__ import annotations

import json
import random
import sys
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import count, islice
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


def write_runs(folder: Path, *, n_files: int, n_tasks: int, form: str = "native") -> None:
    """Write `n_files` runs of `n_tasks` tasks each, about 950 bytes a task in the native form."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(n_files):
        run = _run(number, n_tasks)
        match form:
            case "promptfoo":
                text = json.dumps(_evaluation(run))
            case "promptfoo_jsonl":
                text = "".join(
                    f"{json.dumps(row)}\n" for row in run_results(run, run["task_results"])
                )
            case _:
                text = json.dumps(run)
        suffix = "jsonl" if form == "promptfoo_jsonl" else "json"
        (folder / f"run-{number:04}.{suffix}").write_text(text, encoding="utf-8")


def write_pair(folder: Path, *, n_cases: int, n_chars: int) -> tuple[Path, Path]:
    """Write two runs of the same cases under two variants, with outputs of so many characters."""
    folder.mkdir(parents=True, exist_ok=True)
    files = folder / "baseline.json", folder / "candidate.json"
    for file, number in zip(files, (0, 10), strict=True):
        run = _run(number, n_cases)
        rng = random.Random(number)
        for task in run["task_results"]:
            if task["test_result"] is not None:
                task["test_result"]["outputs"]["text"] = _prose(rng, n_chars)
        file.write_text(json.dumps(run), encoding="utf-8")
    return files


def _prose(rng: random.Random, n_chars: int) -> str:
    paragraph = " ".join(rng.choices(WORDS, k=min(n_chars // 4, 1_000)))
    return (paragraph * (n_chars // len(paragraph) + 1))[:n_chars]


def _run(number: int, n_tasks: int) -> dict[str, Any]:
    return {**run_head(number), "task_results": list(islice(run_tasks(number), n_tasks))}


def run_head(number: int) -> dict[str, Any]:
    """Return a run but for its tasks."""
    started_at = _started_at(number)
    return {
        "run_id": f"run-{number:04}",
        "workflow_id": _workflow_id(number),
        "started_at": started_at.isoformat(),
        "finished_at": (started_at + timedelta(seconds=700)).isoformat(),
        "total_duration": 700.0,
        "metadata": {
            "model": "m",
            "provider": "p",
            "prompt_variant": f"v{number % 3}",
            "parameters": {"temperature": 0},
        },
    }


def run_tasks(number: int) -> Iterator[dict[str, Any]]:
    """Yield the tasks of a run without end."""
    rng = random.Random(number)
    for place in count():
        yield _task(rng, number, place, _workflow_id(number), _started_at(number))


def _workflow_id(number: int) -> str:
    return f"wf_{number % 10:03}"


def _started_at(number: int) -> datetime:
    return START + timedelta(hours=number)


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


def _evaluation(run: dict[str, Any]) -> dict[str, Any]:
    """Return the same run as promptfoo writes it."""
    prompt = {"raw": "{{question}}", "label": run["metadata"]["prompt_variant"], "provider": "p:m"}
    return {
        "evalId": run["run_id"],
        "results": {
            "version": 3,
            "timestamp": run["started_at"],
            "prompts": [prompt],
            "results": list(run_results(run, run["task_results"])),
            "stats": {"durationMs": 700_000},
        },
        "config": {"description": run["workflow_id"], "providers": ["p:m"]},
        "metadata": {"promptfooVersion": "0.123.1", "evaluationCreatedAt": run["started_at"]},
    }


def run_results(run: dict[str, Any], tasks: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Yield tasks of a run as promptfoo's results."""
    for place, task in enumerate(tasks):
        result = task["test_result"] or {"inputs": {"question": "?", "number": place}}
        passed = task["task_status"] == "succeeded"
        failed = task["task_status"] == "failed"
        usage = {"prompt": 100, "completion": 50, "total": 150, "cached": 0}
        grading = {
            "pass": passed,
            "score": float(passed),
            "reason": task["error_message"],
            "componentResults": [
                {"pass": passed, "score": float(passed), "assertion": {"type": "contains"}}
            ],
        }
        variables = result["inputs"]
        yield {
            "id": task["task_id"],
            "promptIdx": 0,
            "testIdx": place,
            "promptId": "0" * 64,
            "provider": {"id": "p:m", "label": ""},
            "prompt": {"raw": variables["question"], "label": run["metadata"]["prompt_variant"]},
            "vars": variables,
            "testCase": {
                "vars": variables,
                "assert": [{"type": "contains", "value": "yes"}],
                "metadata": {"testCaseId": task["metadata"]["case_id"]},
            },
            "success": passed,
            "failureReason": 0 if passed else 1 if failed else 2,
            "error": task["error_message"],
            "score": result.get("score", 0),
            "latencyMs": 1000 * task["execution_time"],
            "cost": result.get("cost", 0),
            "response": {"output": result.get("outputs", {}).get("text"), "tokenUsage": usage},
            "tokenUsage": {**usage, "assertions": {"total": 0}},
            "gradingResult": grading if passed or failed else None,
            "namedScores": {},
            "metadata": {},
        }


if __name__ == "__main__":
    folder, files, tasks, *form = sys.argv[1:]
    write_runs(Path(folder), n_files=int(files), n_tasks=int(tasks), form="".join(form))

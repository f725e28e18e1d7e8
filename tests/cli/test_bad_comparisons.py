from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., Any]
Write = Callable[..., Path]


@pytest.fixture
def arms(run_file: Write) -> Callable[..., tuple[Path, Path]]:
    """Write two runs by their marks; `old` and `now` change each task by its number."""

    def write(
        old_marks: str,
        now_marks: str,
        old: Callable[[int], dict[str, Any]] = lambda _: {},
        now: Callable[[int], dict[str, Any]] = lambda _: {},
    ) -> tuple[Path, Path]:
        paths = []
        for name, marks, changed in (("old", old_marks, old), ("now", now_marks, now)):
            tasks = json.loads(run_file(f"{name}.json", marks).read_text())["task_results"]
            for i, task in enumerate(tasks):
                change = changed(i)
                task["metadata"] |= change.pop("metadata", {})
                task.update(change)
            label = {"prompt_variant": name}
            paths.append(run_file(f"{name}.json", run_id=name, metadata=label, task_results=tasks))
        return paths[0], paths[1]

    return write


def said(result: Any) -> str:
    return " ".join(result.out.split())


def score(value: float) -> dict[str, Any]:
    return {"metadata": {"score": value}}


def cost(value: float) -> dict[str, Any]:
    return {
        "test_result": {
            "workflow_id": "wf",
            "execution_id": "x",
            "timestamp": "2026-03-01T12:00:00Z",
            "status": "success",
            "execution_time": 0.5,
            "tokens_used": 1,
            "cost": value,
            "inputs": {},
            "outputs": {},
        }
    }


@pytest.mark.parametrize("key", ["nope", '"', "$[*]", "a/b~c", "dataset", ""])
def test_a_family_that_no_task_has_is_named(
    optimizer: Run, arms: Callable[..., tuple[Path, Path]], key: str
) -> None:
    refused = optimizer("compare", *arms("++--" * 5, "+++-" * 5), "--family", key)
    assert refused.code == 2
    assert "no task of" in refused.err


def test_any_key_can_tell_the_family(
    optimizer: Run, arms: Callable[..., tuple[Path, Path]]
) -> None:
    def named(i: int) -> dict[str, Any]:
        return {"metadata": {'a/b~"c': f"f{i // 4}"}}

    found = optimizer(
        "compare", *arms("++--" * 5, "+++-" * 5, named, named), "--family", 'a/b~"c', "--json"
    )
    assert found.json["comparisons"][0]["metrics"][0]["unit"] == "family"


def test_a_candidate_that_cancels_what_would_fail_is_not_passed(
    optimizer: Run, arms: Callable[..., tuple[Path, Path]]
) -> None:
    old, now = arms("-" * 9 + "+" * 91, "c" * 9 + "+" * 91)
    result = optimizer("gate", now, "--baseline", old, "--guardrail", "success:5pp:prove")
    assert result.code == 2
    assert "9 under the candidate alone: what is missing favours one arm" in said(result)


def test_a_score_that_is_missing_is_named(
    optimizer: Run, arms: Callable[..., tuple[Path, Path]]
) -> None:
    result = optimizer("compare", *arms("+" * 9, "+" * 9, lambda _: score(0.5)), "-m", "score")
    assert said(result).startswith(
        "INCONCLUSIVE: now against old: no shared case has a score in both arms."
    )

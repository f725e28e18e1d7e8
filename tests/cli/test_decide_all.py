from __future__ import annotations

import json
import random
import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from optimizer.config.load import load
from optimizer.history import queries
from optimizer.history.store import read_history
from optimizer.models.errors import OptimizerError
from optimizer.pipeline import batch
from optimizer.pipeline.batch import BatchJob, decide_all

Run = Callable[..., Any]

START = datetime(2026, 3, 1, 12, tzinfo=UTC)
NOW = datetime(2026, 4, 1, tzinfo=UTC)
BUDGET = json.dumps([{"name": "all", "daily_limit_usd": 0.2}])
SIGNIFICANT = 12
"""Digits of a float: the database may add up the same rows in another order."""

KINDS: dict[str, dict[str, Any]] = {
    "better": {"rates": (0.5, 0.95), "runs": 4, "cases": 40},
    "tied": {"rates": (0.8, 0.8), "runs": 4, "cases": 40},
    "drifting": {"rates": (0.9,), "runs": 8, "cases": 30, "falls_from": 5},
    "few": {"rates": (0.5, 0.7), "runs": 2, "cases": 3},
    "alone": {"rates": (0.7,), "runs": 1, "cases": 30},
    "repeating": {"rates": (0.9, 0.9), "runs": 2, "cases": 60, "questions": 12},
    "unpriced": {"rates": (0.6, 0.9), "runs": 4, "cases": 25, "priced": False},
    "chosen": {"rates": (0.4, 0.9), "runs": 1, "cases": 90, "mixed": True},
    "failing": {"rates": (0.0, 0.9), "runs": 4, "cases": 30},
    "tried": {"rates": (0.7, 0.8), "runs": 4, "cases": 20},
}


def runs(name: str, kind: dict[str, Any], first: int, last: int) -> Iterator[dict[str, Any]]:
    """Yield runs of a workflow, one variant each unless they are mixed."""
    rates = kind["rates"]
    for place in range(first, min(last, kind["runs"])):
        rng = random.Random(f"{name} {place}")
        began = START + timedelta(hours=place)
        tasks = []
        for case in range(kind["cases"]):
            at = place if not kind.get("mixed") else rng.randrange(len(rates))
            rate = rates[at % len(rates)] - 0.4 * (place >= kind.get("falls_from", 99))
            task_id, at_s = f"{name}-{place}-{case}", began + timedelta(seconds=case / 3)
            question = f"{name} asks {case % kind.get('questions', 99)} of what is stored there"
            result = {
                "workflow_id": name,
                "execution_id": task_id,
                "timestamp": at_s.isoformat(),
                "status": "success",
                "execution_time": rng.lognormvariate(0, 0.4),
                "tokens_used": rng.randint(50, 900),
                "inputs": {"question": question},
                "outputs": {"text": f"answer {case % 4}"},
            } | ({"cost": rng.random() / 1000} if kind.get("priced", True) else {})
            passed = rng.random() < rate
            result["status"] = "success" if passed else "failed"
            tasks.append(
                {
                    "task_id": task_id,
                    "workflow_id": name,
                    "task_status": "succeeded" if passed else "failed",
                    "test_result": result,
                    "created_at": at_s.isoformat(),
                    "execution_time": result["execution_time"],
                    "metadata": {"case_id": f"c{case}", "tokens_in": 100}
                    | ({"prompt_variant": f"v{at % len(rates)}"} if kind.get("mixed") else {}),
                }
            )
        yield {
            "run_id": f"{name}-{place}",
            "workflow_id": name,
            "started_at": began.isoformat(),
            "finished_at": (began + timedelta(minutes=5)).isoformat(),
            "metadata": {
                "prompt_variant": f"v{place % len(rates)}",
                "provider": "p",
                "model": f"m{place % len(rates)}",
                "parameters": {"temperature": 0.3 * (place % len(rates))},
            },
            "task_results": tasks,
        }


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory, run_in: Run) -> Path:
    """Make a history of workflows of every kind, decided on before, judged and experimented on."""
    folder = tmp_path_factory.mktemp("kinds")
    for number, (first, last) in enumerate(((0, 3), (3, 99))):
        lines = [json.dumps(one) for n, k in KINDS.items() for one in runs(n, k, first, last)]
        (folder / f"{number}.jsonl").write_text("\n".join(lines) + "\n")
        assert run_in(folder, "ingest", f"{number}.jsonl", "--store", "s.duckdb").code == 0
        if number == 0:
            assert run_in(folder, "decide", "--all", "--store", "s.duckdb").code == 0
    said = [{"task_id": f"better-{n}-{n}", "thumbs": "up"} for n in range(4)]
    (folder / "said.jsonl").write_text("".join(json.dumps(one) + "\n" for one in said))
    steps: list[tuple[str, ...]] = [
        ("ingest", "feedback", "said.jsonl"),
        ("baseline", "set", "tied-0"),
        ("experiment", "plan", "e1", "-w", "tried", "-a", "v0", "-b", "v1", "--cases", "200",
         "--include-existing"),
        ("experiment", "start", "e1"),
    ]  # fmt: skip
    for step in steps:
        done = run_in(folder, *step, "--store", "s.duckdb")
        assert done.code == 0, done.err
    decisions = run_in(folder, "decide", "--workflow", "better", "--store", "s.duckdb", "--json")
    moved = run_in(folder, "reject", decisions.json["decision_id"], "--store", "s.duckdb",
                   "--by", "ann", "--why", "not now")  # fmt: skip
    assert moved.code == 0, moved.err
    return folder / "s.duckdb"


def told(store: Path, copy: Path, names: list[str], **changes: Any) -> list[Any]:
    """Decide on a copy of a history; return ids and bodies, floats rounded."""
    shutil.copy(store, copy)
    loaded = load(start=Path("/"), environ={}, overrides=[f"budgets.limits={BUDGET}"])
    fields: dict[str, Any] = {
        "store": copy,
        "config": loaded.config,
        "config_sha256": loaded.sha256,
        "as_of": None,
        "now": NOW,
        "fail_fast": True,
        "lock_timeout_s": 5.0,
        "n_processes": 1,
    }
    rounds = decide_all(names, BatchJob(**(fields | changes)), actor="a")
    return [rounded(json.loads(one.text)) for stored in rounds for one in stored]


def rounded(content: Any) -> Any:
    if isinstance(content, dict):
        return {key: rounded(value) for key, value in content.items()}
    if isinstance(content, list):
        return [rounded(value) for value in content]
    return float(f"{content:.{SIGNIFICANT}g}") if isinstance(content, float) else content


@pytest.fixture(scope="module")
def one_by_one(store: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Any]:
    folder = tmp_path_factory.mktemp("single")
    return [
        decision
        for name in sorted(KINDS)
        for decision in told(store, folder / f"{name}.duckdb", [name])
    ]


def test_the_history_is_of_every_kind(one_by_one: list[Any]) -> None:
    assert [one["workflow_id"] for one in one_by_one] == sorted(KINDS)
    proposing = {
        answer["strategy"]
        for one in one_by_one
        for answer in one["answers"]
        if answer["answer"] and answer["answer"]["proposals"]
    }
    assert {"threshold_based", "reinforcement_feedback"} <= proposing


@pytest.mark.parametrize("size", [1, 7, 200])
def test_a_batch_of_any_size_decides_as_one_by_one(
    store: Path, one_by_one: list[Any], tmp_path: Path, size: int
) -> None:
    assert told(store, tmp_path / "s.duckdb", sorted(KINDS), batch=size) == one_by_one


def test_two_processes_decide_as_one_by_one(
    store: Path, one_by_one: list[Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batch, "FEW", 0)
    monkeypatch.setattr(batch, "ROUND", 2)
    found = told(store, tmp_path / "s.duckdb", sorted(KINDS), batch=1, n_processes=2)
    assert found == one_by_one
    with read_history(tmp_path / "s.duckdb", lock_timeout_s=1) as history:
        stored = queries.stored_decisions(history, [one["decision_id"] for one in found])
        unknown = history.connection.execute(
            "SELECT count(*) FROM strategy_answers "
            "WHERE isnan(elapsed_ms) OR (elapsed_ms IS NULL) != (status = 'not_asked')"
        ).fetchall()
    assert len(stored) == len(KINDS)
    assert unknown == [(0,)]


def test_the_command_prints_for_all_what_it_prints_for_one(
    store: Path, tmp_path: Path, run_in: Run
) -> None:
    for name in ("all", "each"):
        shutil.copy(store, tmp_path / f"{name}.duckdb")
    listed = run_in(tmp_path, "decide", "--all", "--store", "all.duckdb", "--json").json["items"]
    alone = [
        run_in(tmp_path, "decide", "-w", name, "--store", "each.duckdb", "--json").json
        for name in (one["workflow_id"] for one in listed)
    ]
    left_out = {"decided_at", "format_version"}
    first, second = (
        [{k: rounded(v) for k, v in one.items() if k not in left_out} for one in found]
        for found in (listed, alone)
    )
    assert first == second


def test_a_process_that_is_killed_is_an_error_and_what_was_made_is_stored(
    store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batch, "FEW", 0)
    monkeypatch.setattr(batch, "ROUND", 2)
    monkeypatch.setattr(batch, "ready_decision", _killed_at("tied", batch.ready_decision))
    with pytest.raises(OptimizerError, match="one of its processes was killed"):
        told(store, tmp_path / "s.duckdb", sorted(KINDS), batch=1, n_processes=2)
    with read_history(tmp_path / "s.duckdb", lock_timeout_s=1) as history:
        decided = history.connection.execute(
            "SELECT DISTINCT workflow_id FROM decisions WHERE decided_at = $now",
            {"now": NOW.replace(tzinfo=None)},
        ).fetchall()
    assert ("alone",) in decided
    assert ("unpriced",) not in decided


def _killed_at(name: str, ready: Callable[..., Any]) -> Callable[..., Any]:
    import os  # noqa: PLC0415 - for the process that dies
    import signal  # noqa: PLC0415

    def dying(made: Any) -> Any:
        if made.decision.workflow_id == name:
            os.kill(os.getpid(), signal.SIGKILL)
        return ready(made)

    return dying

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., Any]
Write = Callable[..., Path]


def limits(*budgets: dict[str, Any]) -> str:
    return f"budgets.limits={json.dumps(budgets)}"


ALL = limits({"name": "all", "daily_limit_usd": 1.0, "per_request_limit_usd": 0.3})


def day(write: Write, number: int, hour: int, *costs: float, tenant: str = "blue") -> Path:
    at = f"2026-03-{number:02}T{hour:02}"
    tasks = [
        {
            "task_id": f"t{number}-{hour}-{i}",
            "workflow_id": "wf",
            "task_status": "succeeded",
            "created_at": f"{at}:00:{i:02}Z",
            "execution_time": 0.5,
            "test_result": {"status": "success", "cost": cost, "execution_time": 0.5},
            "metadata": {"case_id": f"c{i}", "tenant": tenant},
        }
        for i, cost in enumerate(costs)
    ]
    return write(
        f"{number}-{hour}.json",
        run_id=f"r{number}-{hour}",
        task_results=tasks,
        started_at=f"{at}:00:00Z",
        finished_at=f"{at}:30:00Z",
    )


@pytest.fixture
def spent(optimizer: Run, run_file: Write) -> Run:
    """0.8, nothing, 1.2 and today 0.5 and 0.25 USD, the latter at 23 h by another tenant."""
    day(run_file, 1, 12, 0.4, 0.4)
    day(run_file, 3, 12, 0.6, 0.6)
    day(run_file, 4, 12, 0.25, 0.25)
    day(run_file, 4, 23, 0.25, tenant="red")
    assert optimizer("ingest", ".").code == 0
    return optimizer


def budget(run: Run, *args: str, at: str = "2026-03-04T23:30:00") -> dict[str, Any]:
    found = run("budget", "status", "--as-of", at, "--json", *args)
    assert found.code == 0, found.err
    result: dict[str, Any] = found.json
    return result


def test_spending_is_summed_by_day_and_foreseen(spent: Run) -> None:
    (state,) = budget(spent, "--set", ALL)["states"]
    assert state["spent_usd"] == pytest.approx(0.75)
    assert (state["n_days"], state["n_days_over"]) == (3, 1)
    assert state["day_mean_usd"] == pytest.approx(2 / 3)
    # 0.8, 0, 1.2: sd 0.6110, t(0.975, 2) = 4.3027; 2/3 + 4.3027 * 0.6110 * sqrt(4/3)
    assert state["next_high_usd"] == pytest.approx(3.702, abs=0.001)
    assert state["next_low_usd"] == 0
    assert state["largest_usd"] == 0.6
    assert state["resets_at"] == "2026-03-05T00:00:00Z"


def test_a_day_begins_at_the_hour_of_its_budget(spent: Run) -> None:
    late = limits({"name": "late", "daily_limit_usd": 1.0, "reset_hour": 20})
    (state,) = budget(spent, "--set", late)["states"]
    assert state["spent_usd"] == pytest.approx(0.25)
    assert state["starts_at"] == "2026-03-04T20:00:00Z"


def test_a_budget_counts_its_tenant_and_its_workflow(spent: Run) -> None:
    set_ = limits(
        {"name": "a", "daily_limit_usd": 0.2, "tenant": "red"},
        {"name": "b", "daily_limit_usd": 1.0, "workflow": "other"},
    )
    red, other = budget(spent, "--set", set_)["states"]
    assert (red["spent_usd"], other["spent_usd"]) == (0.25, 0)
    shown = spent("budget", "status", "--as-of", "2026-03-04T23:30:00", "--set", set_)
    assert shown.out.startswith("EXCEEDED: a, of 2 budgets.")


def test_nothing_after_the_moment_is_seen(spent: Run) -> None:
    (state,) = budget(spent, "--set", ALL, at="2026-03-03T13:00:00")["states"]
    assert state["spent_usd"] == pytest.approx(1.2)
    assert state["n_days"] == 2


def test_what_was_spent_is_listed_without_a_budget(spent: Run) -> None:
    found = budget(spent)
    assert found["states"] == []
    assert [(row["tenant"], row["n_requests"]) for row in found["days"]] == [
        ("blue", 2),
        ("red", 1),
        ("blue", 2),
        ("blue", 2),
    ]


def test_an_exceeded_budget_makes_a_decision_throttle(spent: Run) -> None:
    low = limits({"name": "low", "daily_limit_usd": 0.5, "workflow": "wf"})
    found = spent("decide", "--workflow", "wf", "--set", low, "--json")
    assert found.code == 0, found.err
    (answer,) = [one for one in found.json["answers"] if one["strategy"] == "rate_limiting"]
    (proposal,) = answer["answer"]["proposals"]
    new = {one["setting"]: one["new"] for one in proposal["changes"]}
    assert new["limits.cost_per_day_usd"] == 0.5
    assert "budget low is exceeded: 0.75 of 0.5 USD" in proposal["rationale"]
    kept = spent("decide", "--workflow", "wf", "--json").json
    (answer,) = [one for one in kept["answers"] if one["strategy"] == "rate_limiting"]
    assert "no budget is set" in answer["answer"]["silence"]


def test_a_decision_on_the_past_knows_no_later_spending(spent: Run) -> None:
    low = limits({"name": "low", "daily_limit_usd": 0.9})

    def said(at: str) -> str:
        found = spent("decide", "--workflow", "wf", "--set", low, "--as-of", at, "--json")
        (one,) = [one for one in found.json["answers"] if one["strategy"] == "rate_limiting"]
        return json.dumps(one["answer"])

    assert "1 budget is kept" in said("2026-03-01T13:00:00")
    assert "budget low is exceeded: 1.2 of 0.9 USD" in said("2026-03-03T13:00:00")
    assert "1 budget is kept" in said("2026-03-04T23:59:00")


@pytest.mark.parametrize("value", [-1, 0, "x"])
def test_a_budget_needs_a_sum(optimizer: Run, value: object) -> None:
    found = optimizer("config", "show", "--set", limits({"name": "a", "daily_limit_usd": value}))
    assert found.code == 2
    assert "daily_limit_usd" in found.err

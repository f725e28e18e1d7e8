from __future__ import annotations

from typing import Any

import pytest

from optimizer.experiments.planning import Demand, Pilot, plan_cases
from optimizer.models.terms import Metric


def demand(**changes: Any) -> Demand:
    fields: dict[str, Any] = {
        "metric": Metric.SUCCESS,
        "effect": 0.05,
        "alpha": 0.05,
        "power": 0.8,
        "n_guardrails": 0,
        "floor": 100,
        "default": 1000,
    }
    return Demand(**(fields | changes))


@pytest.mark.parametrize(
    ("discordance", "effect", "n"), [(0.1, 0.05, 312), (0.2, 0.05, 626), (0.2, 0.1, 155)]
)
def test_plans_as_many_cases_as_the_published_table(
    discordance: float, effect: float, n: int
) -> None:
    assert plan_cases(demand(effect=effect), discordance=discordance).n == n


def test_plans_the_default_where_no_effect_is_stated() -> None:
    planned = plan_cases(demand(effect=None))
    assert planned.n == 1000
    assert "no effect was stated" in planned.reason


def test_plans_no_fewer_than_the_floor() -> None:
    planned = plan_cases(demand(effect=0.1), discordance=0.1)
    assert planned.n == 100
    assert "100 are the least" in planned.reason


def test_takes_the_upper_limit_of_a_pilot() -> None:
    # 6 of 60 changed: Wilson's upper limit at 80 % is (.1137 + .0515) / 1.0274
    planned = plan_cases(demand(), pilot=Pilot(changed=6, n=60))
    assert planned.discordance == pytest.approx(0.1608, abs=1e-4)
    assert planned.n > plan_cases(demand(), discordance=0.1).n


def test_assumes_the_worst_where_nothing_is_known() -> None:
    assert plan_cases(demand()).discordance == 0.5


def test_guardrails_raise_the_power_that_is_planned_for() -> None:
    alone = plan_cases(demand(), discordance=0.2)
    guarded = plan_cases(demand(n_guardrails=2), discordance=0.2)
    assert guarded.n > alone.n
    assert "power 93%" in guarded.reason


def test_amounts_are_not_planned_by_their_effect() -> None:
    assert plan_cases(demand(metric=Metric.COST, effect=0.1)).n == 1000

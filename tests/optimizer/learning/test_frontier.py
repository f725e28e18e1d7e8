from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from optimizer.learning.candidates import FrontierDemand, Limits
from optimizer.learning.frontier import frontier
from optimizer.learning.gains import Measured
from optimizer.learning.objectives import Weights, objectives_of
from optimizer.models.evidence import Evidence
from optimizer.models.frontier import Frontier

Build = Callable[..., Evidence]
WEIGHTS = Weights(quality=0.5, cost=0.3, latency=0.2)
LEADERBOARD = (
    Path(__file__).parents[4] / "shared" / "data" / "model_selection"
) / "aider_polyglot_leaderboard.json"
RNG = np.random.default_rng(2)


def work_out(found: Evidence, **changes: Any) -> Frontier:
    demand = FrontierDemand(
        weights=WEIGHTS,
        limits=Limits(),
        alpha=0.05,
        level=0.95,
        min_cases=10,
        resamples=400,
        margin=0.1,
    )
    front = frontier(found, replace(demand, **changes))
    assert front is not None
    return front


def test_the_front_dominance_and_volume_of_four_variants_worked_by_hand(measured: Build) -> None:
    cases = np.ones(20)
    found = measured(
        now={"passed": [1] * 16 + [0] * 4, "cost_usd": cases * 2},
        same_but_dearer={"passed": [1] * 16 + [0] * 4, "cost_usd": cases * 3},
        better={"passed": [1] * 20, "cost_usd": cases * 2.5},
        cheap={"passed": [1] * 12 + [0] * 8, "cost_usd": cases},
    )
    front = work_out(found)
    by_name = {one.variant: one for one in front.standings}
    assert front.objectives == ("success_rate", "cost_usd")
    assert front.weights == pytest.approx((0.625, 0.375))
    assert {name: one.is_on_front for name, one in by_name.items()} == {
        "now": True,
        "same_but_dearer": False,
        "better": True,
        "cheap": True,
    }
    assert by_name["same_but_dearer"].dominated_by == ("id-now", "id-better")
    # pass rates 0.6 to 1 and prices 3 to 1 as shares: now (0.5, 0.5), better (1, 0.25),
    # cheap (0, 1); with 0.1 beyond: 0.1*1.1 + 0.5*0.6 + 0.5*0.35 = 0.585 of 1.21
    assert front.hypervolume == pytest.approx(0.585 / 1.21)


def test_a_variant_that_is_better_in_every_case_is_on_the_front_for_certain(
    measured: Build,
) -> None:
    cost = RNG.random(40) + 1
    passed = (RNG.random(40) < 0.6) * 1.0
    found = measured(
        now={"passed": passed, "cost_usd": cost}, best={"passed": np.ones(40), "cost_usd": cost / 2}
    )
    now, best = sorted(work_out(found).standings, key=lambda one: not one.is_current)
    assert (now.membership, best.membership) == (0.0, 1.0)
    assert best.gain is not None
    assert best.gain.is_paired


def test_cases_that_are_shared_are_weighted_together(measured: Build) -> None:
    # both prices vary by far more than they differ, and differ by the same share in every case
    cost = RNG.lognormal(0, 1.5, 60)
    passed = np.ones(60)
    paired = measured(
        now={"passed": passed, "cost_usd": cost}, other={"passed": passed, "cost_usd": cost * 0.95}
    )
    assert work_out(paired).standings[0].membership == 1.0
    apart = measured(
        paired=False,
        now={"passed": passed, "cost_usd": cost},
        other={"passed": passed, "cost_usd": cost * 0.95},
    )
    assert work_out(apart).standings[0].membership < 0.9


def test_variants_of_which_too_little_is_known_are_left_out_with_the_reason(
    measured: Build,
) -> None:
    found = measured(
        now={"passed": np.ones(30), "cost_usd": RNG.random(30)},
        few={"passed": np.ones(5), "cost_usd": RNG.random(5)},
        free={"passed": np.ones(30)},
    )
    assert {one.variant: one.why.split(";")[0] for one in work_out(found).left_out} == {
        "few": "not enough data: 5 of 10 tasks",
        "free": "its list price is unknown here",
    }


def test_the_gain_is_the_weighted_sum_of_the_contrasts(measured: Build) -> None:
    cost, latency = RNG.lognormal(0, 0.5, (2, 50))
    first, second = (RNG.random((2, 50)) < 0.8) * 1.0
    found = measured(
        now={"passed": first, "cost_usd": cost, "latency_ms": latency},
        other={"passed": second, "cost_usd": cost**0.9, "latency_ms": latency * 0.8},
    )
    gain = Measured(found, objectives_of(found, WEIGHTS)).gain(found.others[0], level=0.95)
    contrast = found.contrasts[0]
    parts = {
        "success_rate": 0.5 * 50 / 52,  # two pseudo-cases of no difference on the whole
        "cost_relative": -0.3,
        "latency_relative": -0.2,
    }
    effects = {name: contrast.effect(name) for name in parts}
    expected = sum(weight * effects[name].estimate for name, weight in parts.items())  # type: ignore[union-attr]
    assert gain is not None
    assert gain.estimate == pytest.approx(expected)


@pytest.mark.skipif(not LEADERBOARD.exists(), reason="the shared data are not beside the project")
def test_the_leaderboards_front_and_choice_are_those_of_brute_force(measured: Build) -> None:
    models = [one for one in json.loads(LEADERBOARD.read_text()) if one.get("total_cost")]
    columns = {}
    for place, one in enumerate(models):
        n = one["test_cases"]
        columns[f"m{place}"] = {
            "passed": np.arange(n) < one["pass_num_2"],
            "cost_usd": np.full(n, one["total_cost"] / n),
            "latency_ms": np.full(n, one["seconds_per_case"] * 1000),
        }
    front = work_out(measured(paired=False, **columns), resamples=100)
    points = {
        f"m{i}": (-one["pass_num_2"] / one["test_cases"], one["total_cost"] / one["test_cases"],
                  one["seconds_per_case"])
        for i, one in enumerate(models)
    }  # fmt: skip
    dominated = {
        b
        for (a, x), (b, y) in itertools.permutations(points.items(), 2)
        if all(p <= q for p, q in zip(x, y, strict=True)) and x != y
    }
    assert len(front.standings) == len(models) > 50
    assert {one.variant for one in front.standings if not one.is_on_front} == dominated
    now = points["m0"]
    values = {
        name: -0.5 * (x[0] - now[0]) - 0.3 * (x[1] / now[1] - 1) - 0.2 * (x[2] / now[2] - 1)
        for name, x in points.items()
    }
    assert front.standings[0].variant == max(values, key=values.__getitem__)

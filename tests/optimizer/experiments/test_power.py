from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from optimizer.experiments.pilot import pilot_of
from optimizer.experiments.power import plan
from optimizer.models.cases import LoadedArm
from optimizer.models.errors import ConfigError
from optimizer.models.power import Basis, Pilot, PlanRow, PowerPlan, PowerQuestion, VarianceParts
from optimizer.models.terms import Metric

Build = Callable[..., LoadedArm]


def question(**more: Any) -> PowerQuestion:
    facts: dict[str, Any] = {
        "metric": Metric.SUCCESS,
        "effect": None if "n" in more else 0.05,
        "n": None,
        "prove": False,
        "repeats": 1,
        "alpha": 0.05,
        "power": 0.8,
    }
    return PowerQuestion(**(facts | more))


def pilot(**more: Any) -> Pilot:
    facts: dict[str, Any] = {
        "workflow_id": "wf",
        "baseline": "old",
        "candidate": "new",
        "baseline_runs": ("r1",),
        "candidate_runs": ("r2",),
        "n": 60,
        "n_dropped": 0,
        "n_changed": 20,
        "spread": 0.2,
        "spread_limit": 0.3,
        "level": 0.8,
        "parts": VarianceParts(
            between=0.08, first=0.06, second=0.06, first_repeats=2.0, second_repeats=2.0
        ),
        "pass_rate": 0.7,
        "arm_sd": 0.4,
        "n_families": None,
        "family_size": None,
        "icc": None,
        "design_effect": 1.0,
    }
    return Pilot(**(facts | more))


def planned(found: PowerPlan) -> PlanRow:
    assert found.planned is not None
    return found.planned


# statistics of Connor (1987), the table for alpha 0.05 and power 0.8: discordance, cases that find
# 3, 5 and 10 pp, cases that prove no worse by 5 pp, what 100 and 200 cases find in pp
TABLE = [
    (0.05, 434, 155, None, 124, None, 4.4),
    (0.10, 870, 312, 77, 248, 8.8, 6.2),
    (0.15, 1306, 469, 116, 371, 10.7, 7.6),
    (0.20, 1742, 626, 155, 495, 12.4, 8.8),
    (0.30, 2614, 940, 234, 742, 15.2, 10.8),
]


@pytest.mark.parametrize("line", TABLE, ids=lambda line: str(line[0]))
def test_the_range_of_discordances_is_the_published_table(line: tuple[Any, ...]) -> None:
    discordance, *cases, n_prove, by_100, by_200 = line
    for effect, n in zip((0.03, 0.05, 0.10), cases, strict=True):
        rows = {row.spread: row for row in plan(question(effect=effect)).rows}
        assert rows[discordance].n_detect == n
    assert {row.spread: row.n_prove for row in plan(question()).rows}[discordance] == n_prove
    for n, expected in ((100, by_100), (200, by_200)):
        row = {row.spread: row for row in plan(question(n=n)).rows}[discordance]
        found = None if row.detectable is None else round(100 * row.detectable, 1)
        assert found == expected


@pytest.mark.parametrize(("sd", "n"), [(0.2, 28), (0.3, 62), (0.5, 171)])
def test_a_price_that_is_no_higher_is_proved_by_the_published_cases(sd: float, n: int) -> None:
    asked = question(metric=Metric.COST, effect=0.10, prove=True, sd=sd)
    assert planned(plan(asked)).n_prove == n


def test_unpaired_it_takes_far_more() -> None:
    assert plan(question(discordance=0.15)).n_unpaired == 906
    assert plan(question(effect=0.9)).n_unpaired is None


def test_a_range_plans_with_no_row() -> None:
    found = plan(question())
    assert found.planned is None
    assert len(found.rows) == 5


def test_repeats_of_a_stated_spread_help_between_nothing_and_all() -> None:
    found = plan(question(discordance=0.15, repeats=3))
    all_noise, no_noise = found.rows
    assert (all_noise.basis, no_noise.basis) == (Basis.ALL_NOISE, Basis.NO_NOISE)
    assert all_noise.n_detect == math.ceil(471 / 3)
    assert planned(found) is no_noise
    assert no_noise.n_detect == 471


def test_a_pilot_is_planned_with_at_its_upper_limit() -> None:
    found = plan(question(), pilot())
    shown, limit = found.rows
    assert planned(found) is limit
    assert (shown.n_detect, limit.n_detect) == (626, 940)
    assert found.n_unpaired == plan(question(pass_rate=0.7, discordance=0.1)).n_unpaired


def test_the_spread_of_a_pilot_scales_all_its_parts() -> None:
    # (1.96 + 0.8416)² = 7.8489; at the limit all is 1.5 times as large
    rows = {row.repeats: row.n for row in plan(question(), pilot()).repeats}
    for repeats in (2, 3, 10):
        variance = 1.5 * (0.08 + 0.12 / repeats)
        assert rows[repeats] == math.ceil(7.84888 * variance / 0.0025)
    assert rows[None] == math.ceil(7.84888 * 1.5 * 0.08 / 0.0025)


def test_too_few_cases_stay_too_few_with_any_repeats() -> None:
    floor = plan(question(), pilot()).repeats[-1].n
    enough = plan(question(n=floor + 60, effect=0.05), pilot())
    assert enough.out_of_reach is False
    needed = enough.repeats_needed
    assert needed is not None
    with_them = plan(question(n=floor + 60, effect=0.05, repeats=needed), pilot())
    assert planned(with_them).n_detect <= floor + 60
    too_few = plan(question(n=floor - 1, effect=0.05), pilot())
    assert too_few.out_of_reach is True
    assert too_few.repeats_needed is None


def test_without_repeats_in_the_pilot_nothing_is_said_of_them() -> None:
    parts = VarianceParts(
        between=0.2, first=None, second=None, first_repeats=1.0, second_repeats=1.0
    )
    found = plan(question(n=50, effect=0.05, case_cost=1.0, run_cost=1.0), pilot(parts=parts))
    assert found.repeats == ()
    assert (found.out_of_reach, found.repeats_needed, found.best_repeats) == (None, None, None)


def test_the_best_repeats_weigh_the_price_of_cases_against_that_of_runs() -> None:
    # √(0.12 / 0.08 · 6) = 3
    found = plan(question(case_cost=6.0, run_cost=1.0), pilot())
    assert found.best_repeats == 3
    assert plan(question(case_cost=0.01, run_cost=1.0), pilot()).best_repeats == 1


def test_families_multiply_the_cases_and_thin_out_what_there_are() -> None:
    single, double = plan(question(n=400), pilot()), plan(question(n=800), pilot(design_effect=2.0))
    assert planned(double).detectable == pytest.approx(planned(single).detectable)
    n = planned(plan(question(), pilot(design_effect=2.0))).n_detect
    assert n == pytest.approx(2 * 940, abs=1)


def test_a_pilot_without_any_flip_is_planned_with_what_it_may_have_missed() -> None:
    parts = VarianceParts(between=0.0, first=0.0, second=0.0, first_repeats=2.0, second_repeats=2.0)
    found = plan(question(n=100, repeats=2), pilot(spread=0.0, spread_limit=0.05, parts=parts))
    shown, limit = found.rows
    assert (shown.detectable, shown.provable) == (None, None)
    assert limit.provable is not None


def test_power_is_enumerated_only_for_a_difference_that_was_asked_for() -> None:
    row = planned(plan(question(n=469, effect=0.05, discordance=0.15)))
    assert row.power == pytest.approx(0.80, abs=0.02)
    assert planned(plan(question(n=469, discordance=0.15))).power is None


def test_the_difference_that_a_pilot_showed_changes_no_plan(arm: Build) -> None:
    cases = {f"c{i:03}": "+" for i in range(100)}
    flipped = {case: "-" if i < 20 else "+" for i, case in enumerate(cases)}
    worse = pilot_of(arm("a", cases), arm("b", flipped), Metric.SUCCESS)
    better = pilot_of(arm("a", flipped), arm("b", cases), Metric.SUCCESS)
    both_ways = pilot_of(
        arm("a", {c: "-" if i < 10 else "+" for i, c in enumerate(cases)}),
        arm("b", {c: "-" if 10 <= i < 20 else "+" for i, c in enumerate(cases)}),
        Metric.SUCCESS,
    )
    rows = [plan(question(), one).rows for one in (worse, better, both_ways)]
    assert rows[0] == rows[1] == rows[2]


def test_few_cases_are_reckoned_with_students_t() -> None:
    # noncentral t of n - 1 degrees of freedom: d_z = 1 takes 9.94 pairs, the normal 7.85
    assert planned(plan(question(metric=Metric.SCORE, effect=0.2, sd=0.2))).n_detect == 10


@given(
    st.floats(0.01, 0.5),
    st.floats(0.02, 0.5),
    st.integers(1, 5),
    st.booleans(),
    st.sampled_from([Metric.SCORE, Metric.COST]),
)
def test_what_so_many_cases_find_takes_so_many_cases(
    effect: float, sd: float, repeats: int, prove: bool, metric: Metric
) -> None:
    asked = question(metric=metric, effect=effect, sd=sd, repeats=repeats, prove=prove)
    row = planned(plan(asked))
    n = row.n_prove if prove else row.n_detect
    assert n is not None
    if n > 30:
        back = planned(plan(replace(asked, effect=None, n=n)))
        reached = back.provable if prove else back.detectable
        assert reached is not None
        assert reached <= effect * (1 + 1e-9)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"discordance": 0.0}, "discordance 0: must be above 0"),
        ({"discordance": 1.5}, "discordance 1.5: must be above 0 and at most 1"),
        ({"discordance": math.nan}, "discordance nan: must be above 0"),
        ({"discordance": 0.04}, "a difference of 5 pp takes at least as many"),
        ({"sd": 0.1}, "sd: the spread of a pass rate follows from its flips"),
        ({"metric": Metric.SCORE, "discordance": 0.1}, "is of the pass rate, not of score"),
        ({"metric": Metric.SCORE, "sd": 0.0}, "sd 0: must be above 0"),
        ({"metric": Metric.COST, "sd": math.inf}, "sd inf: must be above 0"),
        ({"alpha": 0.0}, "alpha 0, power 0.8: expected"),
        ({"alpha": 0.6}, "alpha 0.6, power 0.8: expected"),
        ({"power": 0.01}, "alpha 0.05, power 0.01: expected"),
        ({"power": 1.0}, "alpha 0.05, power 1: expected"),
        ({"case_cost": 1.0}, "costs: one alone says nothing"),
        ({"case_cost": -1.0, "run_cost": 1.0}, "cost -1: must be above 0"),
    ],
)
def test_a_question_that_makes_no_sense_is_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        plan(question(**changes))


def test_a_spread_both_stated_and_measured_is_refused() -> None:
    with pytest.raises(ConfigError, match="both stated and taken from a pilot"):
        plan(question(discordance=0.1), pilot())

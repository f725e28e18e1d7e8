"""The search for better prompts, and the gate behind it, in worlds whose truth is known.

WORLDS_FROM names the first world, so that they can rotate: 100-179 are those of the published
figures, and 1000 and up are left for a last look.
"""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Sequence
from functools import cache
from statistics import fmean

import pytest

from benchmarks.world.planted import (
    SEED_PROMPT,
    VARIABLE,
    Axes,
    Feedback,
    PlantedExecutor,
    World,
    stating,
)
from benchmarks.world.run import is_refused
from benchmarks.world.tables import gain_errors, held_out_errors, regret_gap
from benchmarks.world.trials import Setup, Trial, confirmed, tried
from optimizer.stats.intervals import clopper_pearson

FIRST = int(os.environ.get("WORLDS_FROM", "200"))
SKILLS, BUDGETS = (0.3, 0.6, 0.9), (200, 400)

needs_gepa = pytest.mark.skipif(
    importlib.util.find_spec("gepa") is None,
    reason="gepa is not installed: pip install 'prompt-optimizer[gepa]'",
)


def sizes(quick: int, full: int) -> pytest.MarkDecorator:
    return pytest.mark.parametrize(
        "n",
        [
            pytest.param(quick, id="quick"),
            pytest.param(full, id="full", marks=pytest.mark.calibration),
        ],
    )


@cache
def trials(engine: str, n: int, skill: float, budget: int, axes: Axes) -> tuple[Trial, ...]:
    return tuple(
        tried(
            Setup(
                engine=engine,
                world=world,
                skill=skill,
                budget=budget,
                axes=axes,
                is_confirmed=axes.is_null or budget == BUDGETS[-1],
            )
        )
        for world in range(FIRST, FIRST + n)
    )


def everywhere(engine: str, n: int, budgets: Sequence[int] = BUDGETS) -> list[Trial]:
    return [
        trial
        for skill in SKILLS
        for budget in budgets
        for trial in trials(engine, n, skill, budget, Axes())
    ]


@sizes(60, 400)
def test_where_no_edit_has_any_effect_one_in_twenty_is_promoted_at_most(n: int) -> None:
    found = trials("own", n, 0.6, 200, Axes(is_null=True))
    promoted = sum(trial.is_promotable is True for trial in found)
    assert sum(trial.is_changed for trial in found) > n / 2
    assert clopper_pearson(promoted, n, level=0.9).low <= 0.05


@sizes(60, 400)
def test_a_drifting_executor_gets_no_more_promoted_than_a_steady_one(n: int) -> None:
    found = trials("own", n, 0.6, 200, Axes(is_null=True, drift=1.0))
    promoted = sum(trial.is_promotable is True for trial in found)
    assert clopper_pearson(promoted, n, level=0.9).low <= 0.05


@sizes(20, 200)
def test_the_prompt_in_use_is_never_promoted_over_itself(n: int) -> None:
    assert all(is_refused(World(seed)) for seed in range(FIRST, FIRST + n))


@sizes(60, 400)
def test_a_champion_that_differs_by_a_line_without_effect_is_promoted_in_one_of_twenty(
    n: int,
) -> None:
    promoted = 0
    for seed in range(FIRST, FIRST + n):
        world = World(seed)
        control = stating(world.latent[:4])
        looked = confirmed(world, f"{control}# Instructions\n", control=control)
        promoted += looked.confirmation.is_better
    assert clopper_pearson(promoted, n, level=0.9).low <= 0.05


@sizes(12, 80)
def test_a_search_finds_better_prompts_and_no_variable_is_lost(n: int) -> None:
    found = everywhere("own", n)
    assert fmean(trial.gain for trial in found) > 0.2
    assert sum(trial.is_variable_lost for trial in found) == 0


@sizes(12, 80)
def test_no_budget_is_exceeded_by_a_single_test(n: int) -> None:
    assert sum(trial.n_overdrawn for trial in everywhere("own", n)) == 0


@sizes(12, 80)
def test_what_is_reported_of_the_promoted_is_true_but_for_five_points(n: int) -> None:
    found = [trial for trial in everywhere("own", n, BUDGETS[-1:]) if trial.is_promotable]
    assert len(found) > n
    assert abs(fmean(held_out_errors(found))) <= 0.05
    assert abs(fmean(gain_errors(found))) <= 0.05


@needs_gepa
@sizes(12, 80)
def test_the_search_regrets_no_more_than_gepa_does(n: int) -> None:
    gaps = [
        regret_gap(everywhere("gepa", n, [budget]), everywhere("own", n, [budget]))
        for budget in BUDGETS
    ]
    assert all(gap.high >= -0.03 for gap in gaps)
    if n > 12:
        assert all(gap.estimate >= -0.03 for gap in gaps)
        assert fmean(gap.estimate for gap in gaps) >= 0


@needs_gepa
@sizes(12, 80)
def test_gepa_keeps_to_its_budget_and_loses_no_variable_in_our_hands(n: int) -> None:
    found = everywhere("gepa", n)
    assert sum(trial.n_overdrawn for trial in found) == 0
    assert sum(trial.is_variable_lost for trial in found) == 0


def test_worlds_are_as_hard_as_the_published_ones() -> None:
    worlds = [World(seed) for seed in range(FIRST, FIRST + 40)]
    assert fmean(world.truth(SEED_PROMPT) for world in worlds) == pytest.approx(0.14, abs=0.02)
    assert fmean(world.optimum for world in worlds) == pytest.approx(0.93, abs=0.02)


def test_the_chance_of_a_case_is_the_formula_worked_by_hand() -> None:
    world = World(FIRST)
    case_id, need = next((i, one) for i, one in world.needs.items() if len(one.rules) == 2)
    first, second = sorted(need.rules)
    bare, half, whole = (stating(rules) for rules in ((), (first,), (first, second)))
    assert world.chance(bare, case_id) == pytest.approx(0.025 + 0.95 * 0.0016)
    assert world.chance(half, case_id) == pytest.approx(0.025 + 0.95 * 0.04)
    assert world.chance(whole, case_id) == pytest.approx(0.025 + 0.95)
    assert world.chance(f"{whole}Be creative.\n", case_id) == pytest.approx(0.025 + 0.95 * 0.8)
    assert world.chance(f"{whole}# Instructions\n", case_id) == world.chance(whole, case_id)
    long = whole + "".join(f"line {i}\n" for i in range(7))
    assert world.chance(long, case_id) == pytest.approx(0.025 + 0.95 * 0.96**2)
    lost = whole.replace(VARIABLE, "")
    assert world.chance(lost, case_id) == pytest.approx(0.025 + 0.95 * 0.02)
    by_heart = f"{bare}The reply to ticket {case_id} was right the last time: give it again.\n"
    assert world.chance(by_heart, case_id) == pytest.approx(0.975)
    others = [other for other in world.needs if other != case_id]
    assert all(world.chance(by_heart, o) == world.chance(bare, o) for o in others)


def test_outcomes_come_as_often_as_the_formula_says() -> None:
    world = World(FIRST)
    prompt = stating(world.latent[:4])
    executor = PlantedExecutor(world)
    (results,) = executor.run(prompt, world.unseen, replicate=7)
    rate = fmean(result.passed for result in results)
    assert rate == pytest.approx(world.truth(prompt), abs=4 * (0.25 / 400) ** 0.5)
    (again,) = PlantedExecutor(world).run(prompt, world.unseen, replicate=7)
    assert results == again


@pytest.mark.parametrize(
    "axes",
    [
        Axes(noise=0.2),
        Axes(feedback=Feedback.NONE),
        Axes(feedback=Feedback.RULE),
        Axes(n_train=8, n_validation=8),
        Axes(n_train=40, n_validation=40),
        Axes(flaky=0.3),
        Axes(drift=0.3),
        Axes(adversarial=0.5),
    ],
    ids=repr,
)
def test_no_variable_is_lost_and_no_budget_exceeded_in_any_kind_of_world(axes: Axes) -> None:
    found = trials("own", 6, 0.6, 400, axes)
    assert sum(trial.is_variable_lost for trial in found) == 0
    assert sum(trial.n_overdrawn for trial in found) == 0
    assert all(trial.n_spent <= 400 for trial in found)

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from optimizer.prompts.runner.settings import RunnerSettings
from optimizer.prompts.settings import OptimizeSettings
from optimizer.prompts.testing.planning import Phase, plan_of


def plan(budget: int = 300, *, replicates: int = 1, **more: object):
    settings = OptimizeSettings(budget=budget, replicates=replicates)
    return plan_of(20, 15, 15, settings=settings, runner=RunnerSettings(), **more)


def by_phase(plan) -> dict[str, int]:
    return {one.phase.value: one.n_tests for one in plan.phases}


def test_the_phases_share_the_budget() -> None:
    # 35 seen cases, 20 of them again, 3 canaries; 2 x 15 held out; 300 - 88 = 212 = 14 x 15 + 2
    found = plan()
    assert by_phase(found) == {
        "control": 35,
        "repeat": 20,
        "canary": 3,
        "search": 212,
        "confirmation": 30,
    }
    assert (found.n_round, found.n_rounds, found.n_needed) == (15, 14, 103)
    assert (found.n_reserved, found.n_before_confirmation, found.warnings) == (30, 270, ())


def test_repetitions_raise_what_is_reserved() -> None:
    assert plan(replicates=3).n_reserved == 90


def test_a_gate_makes_rounds_dearer() -> None:
    assert plan(n_gate=5).n_rounds == 10


def test_a_whole_suite_is_paid_for_each_call() -> None:
    found = plan(whole_suite=True)
    assert by_phase(found) == {
        "control": 50,
        "repeat": 50,
        "canary": 50,
        "search": 50,
        "confirmation": 100,
    }
    assert found.n_rounds == 1


def test_a_budget_too_small_says_how_much_would_do() -> None:
    assert plan(102).warnings == (
        "budget too small for a single round: 102 of 103 tests; 133 would do for 3 rounds",
    )
    assert plan(103).warnings == ("budget too small for 3 rounds: 103 of 133 tests, enough for 1",)
    assert plan(133).warnings == ()
    assert plan(1).n_rounds == 0


@given(
    sizes=st.tuples(*[st.integers(0, 40)] * 4),
    budget=st.integers(1, 500),
    whole=st.booleans(),
)
def test_a_plan_with_a_round_never_takes_more_than_the_budget(sizes, budget, whole) -> None:
    train, validation, holdout, gate = sizes
    settings = OptimizeSettings(budget=budget)
    runner = RunnerSettings()
    found = plan_of(
        train, validation, holdout, settings=settings, runner=runner, n_gate=gate, whole_suite=whole
    )
    total = sum(one.n_tests for one in found.phases)
    assert (found.n_rounds >= 1) == (budget >= found.n_needed)
    if found.n_rounds:
        assert total == budget
        search = next(one.n_tests for one in found.phases if one.phase is Phase.SEARCH)
        assert found.n_rounds * found.n_round <= search

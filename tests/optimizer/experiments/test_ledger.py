from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optimizer.experiments.ledger import Entitlement, entitlement
from optimizer.models.experiments import (
    Allocation,
    ExperimentArm,
    ExperimentDesign,
    Look,
    LookKey,
    Standing,
)
from optimizer.models.terms import AllocationPolicy, Looks, Metric, VerdictKind
from optimizer.stats.spending import spending_bounds

Make = Callable[..., ExperimentDesign]
MakeLook = Callable[..., Look]


def asked(
    design: ExperimentDesign, earlier: list[Look], n: int, *, final: bool = False, data: str = ""
) -> Entitlement:
    return entitlement(
        design, earlier, n=n, data_sha256=data or f"data-{n}", alpha=0.05, final=final
    )


def entered(look: MakeLook, allowed: Entitlement, seq: int, n: int) -> Look:
    return look(
        seq,
        n,
        n_max=allowed.n_max,
        fraction=allowed.fraction,
        z_bound=allowed.z_bound,
        alpha_k=allowed.alpha_k,
        alpha_spent=allowed.alpha_spent,
    )


def walked(design: ExperimentDesign, look: MakeLook, sizes: list[int]) -> list[Look]:
    looks: list[Look] = []
    for n in sizes:
        allowed = asked(design, looks, n)
        if allowed.standing is Standing.NEW:
            looks.append(entered(look, allowed, len(looks) + 1, n))
    return looks


def test_five_even_looks_have_the_published_bounds(design: Make, look: MakeLook) -> None:
    looks = walked(design(), look, [100, 200, 300, 400, 500])
    bounds = [one.z_bound for one in looks]
    assert bounds == pytest.approx([4.8769, 3.3569, 2.6803, 2.2898, 2.0310], abs=2e-4)
    assert looks[-1].alpha_spent == 0.05


def test_pocock_looks_have_the_bounds_of_their_spending_function(
    design: Make, look: MakeLook
) -> None:
    looks = walked(design(looks=Looks.POCOCK), look, [100, 250, 500])
    expected = spending_bounds([0.2, 0.5, 1.0], spending="pocock")
    assert [one.z_bound for one in looks] == pytest.approx(list(expected), abs=1e-6)


def test_a_single_look_at_the_end_is_an_ordinary_test(design: Make) -> None:
    allowed = asked(design(), [], 500)
    assert allowed.alpha_k == pytest.approx(0.05)
    assert (allowed.fraction, allowed.alpha_spent) == (1.0, 0.05)


def test_the_same_data_are_no_new_look_and_spend_nothing(design: Make, look: MakeLook) -> None:
    looks = walked(design(), look, [250])
    again = asked(design(), looks, 250)
    assert again.standing is Standing.KNOWN
    assert again.known == looks[0]
    assert again.alpha_k == 0.0


def test_data_seen_before_a_later_look_are_still_known(design: Make, look: MakeLook) -> None:
    looks = walked(design(), look, [250, 300])
    again = asked(design(), looks, 250)
    assert again.known == looks[0]


def test_other_data_of_the_same_cases_claim_nothing(design: Make, look: MakeLook) -> None:
    looks = walked(design(), look, [250])
    allowed = asked(design(), looks, 250, data="repeated")
    assert allowed.standing is Standing.WAITING
    assert "no more than at the last look" in allowed.text


def test_nothing_is_looked_at_before_the_fewest_cases(design: Make) -> None:
    allowed = asked(design(min_cases=100), [], 99)
    assert allowed.standing is Standing.WAITING
    assert "99 of 100 cases" in allowed.text


def test_a_look_much_too_early_is_not_worth_its_place(design: Make) -> None:
    allowed = asked(design(n_max=10_000), [], 50)
    assert allowed.standing is Standing.WAITING
    assert "next to nothing" in allowed.text


def test_after_the_last_look_nothing_more_is_claimed(design: Make, look: MakeLook) -> None:
    looks = walked(design(), look, [250, 500])
    allowed = asked(design(), looks, 800)
    assert allowed.standing is Standing.OVERRUN
    assert "fresh cases" in allowed.text


def test_the_look_that_passes_the_plan_spends_what_is_left_at_its_own_n(
    design: Make, look: MakeLook
) -> None:
    looks = walked(design(), look, [250])
    allowed = asked(design(), looks, 700)
    assert (allowed.standing, allowed.fraction, allowed.alpha_spent) == (Standing.NEW, 1.0, 0.05)
    as_planned = asked(design(), looks, 500)
    # the further the last look is from the first, the less they agree by chance
    assert as_planned.z_bound is not None
    assert allowed.z_bound is not None
    assert allowed.z_bound >= as_planned.z_bound


def test_the_only_look_may_come_early_if_it_is_the_last(design: Make) -> None:
    allowed = asked(design(), [], 80, final=True)
    assert allowed.alpha_k == pytest.approx(0.05)


def test_the_first_look_registers_the_plan(design: Make, look: MakeLook) -> None:
    looks = walked(design(), look, [250])
    again = asked(design(n_max=260), looks, 260)
    assert again.n_max == 500
    assert again.fraction == pytest.approx(260 / 500)


def test_without_early_stopping_there_is_one_look(design: Make) -> None:
    fixed = design(early_stopping=False)
    assert asked(fixed, [], 499).standing is Standing.WAITING
    assert asked(fixed, [], 500).alpha_k == pytest.approx(0.05)


def test_a_search_has_one_confirming_look(design: Make) -> None:
    searched = design(selected_by_search=True, development_runs=("r0",))
    assert asked(searched, [], 300).standing is Standing.WAITING


def test_an_anytime_ledger_never_ends(design: Make, look: MakeLook) -> None:
    looks = walked(design(looks=Looks.OPEN), look, [100, 600, 2000])
    assert len(looks) == 3
    assert {one.alpha_k for one in looks} == {0.05}
    assert all(one.z_bound is None and one.fraction is None for one in looks)


@pytest.mark.parametrize("first", [Looks.OBF, Looks.OPEN])
def test_a_ledger_does_not_change_its_rule(design: Make, look: MakeLook, first: Looks) -> None:
    looks = walked(design(looks=first), look, [250])
    other = Looks.OPEN if first is Looks.OBF else Looks.OBF
    assert asked(design(looks=other), looks, 300).standing is Standing.OVERRUN


def plain_design(kind: Looks, n_max: int) -> ExperimentDesign:
    return ExperimentDesign(
        experiment_id="e",
        workflow_id="wf",
        baseline=ExperimentArm(label="a", variant_id="a"),
        candidates=(ExperimentArm(label="b", variant_id="b"),),
        primary=Metric.SUCCESS,
        secondary=(),
        guardrails=(),
        alpha=0.05,
        power=0.8,
        min_effect=None,
        n_max=n_max,
        n_max_reason="",
        min_cases=2,
        max_duration_days=None,
        early_stopping=True,
        looks=kind,
        futility=0.0,
        allocation=Allocation(
            policy=AllocationPolicy.FIXED,
            weights=(1, 1),
            max_traffic=0.1,
            epsilon=0.1,
            exploration=1,
        ),
    )


def plain_look(allowed: Entitlement, n: int) -> Look:
    key = LookKey(suite_sha256="s", metric=Metric.SUCCESS, baseline_id="a", candidate_id="b")
    return Look(
        experiment_id="e",
        seq=1,
        key=key,
        candidate="b",
        looked_at=None,  # type: ignore[arg-type]
        n=n,
        n_max=allowed.n_max,
        fraction=allowed.fraction,
        z_bound=allowed.z_bound,
        alpha_k=allowed.alpha_k,
        alpha_spent=allowed.alpha_spent,
        z=None,
        p_value=None,
        verdict=VerdictKind.INCONCLUSIVE,
        estimate=None,
        low=None,
        high=None,
        broken=(),
        data_sha256=f"data-{n}",
        run_ids=(),
    )


@settings(max_examples=60)
@given(
    kind=st.sampled_from([Looks.OBF, Looks.POCOCK]),
    n_max=st.integers(10, 2000),
    sizes=st.lists(st.integers(1, 3000), min_size=1, max_size=7),
    alpha=st.sampled_from([0.01, 0.05, 0.1]),
)
def test_what_is_spent_grows_and_never_exceeds_alpha(
    kind: Looks, n_max: int, sizes: list[int], alpha: float
) -> None:
    design = plain_design(kind, n_max)
    looks: list[Look] = []
    for n in sizes:
        allowed = entitlement(design, looks, n=n, data_sha256=f"data-{n}", alpha=alpha)
        if allowed.standing is not Standing.NEW:
            assert allowed.alpha_k == 0.0
            continue
        assert 0 < allowed.alpha_k <= alpha + 1e-12
        before = looks[-1].alpha_spent if looks else 0.0
        assert before <= allowed.alpha_spent <= alpha
        looks.append(plain_look(allowed, n))
    assert len({one.data_sha256 for one in looks}) == len(looks)


def test_false_alarms_stay_below_alpha_however_often_the_ledger_is_asked(
    design: Make, look: MakeLook
) -> None:
    sizes = [60, 140, 260, 330, 620]
    looks = walked(design(), look, sizes)
    times = np.array([one.n for one in looks], dtype=float)
    bounds = np.array([one.z_bound for one in looks])
    steps = np.random.default_rng(7).standard_normal((40_000, len(looks)))
    walk = np.cumsum(steps * np.sqrt(np.diff(times, prepend=0.0)), axis=1)
    crossed = (np.abs(walk / np.sqrt(times)) >= bounds).any(axis=1).mean()
    assert crossed == pytest.approx(0.05, abs=4 * 0.0011)


def test_looks_do_not_depend_on_what_was_found(design: Make, look: MakeLook) -> None:
    looks = walked(design(), look, [250])
    shown = [replace(looks[0], z=9.0, verdict=VerdictKind.IMPROVED)]
    assert asked(design(), looks, 400).alpha_k == asked(design(), shown, 400).alpha_k

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from optimizer.experiments.allocation import next_batch, split, under_cap
from optimizer.models.experiments import Allocation, ArmProgress, ExperimentArm
from optimizer.models.terms import AllocationPolicy


def allocation(policy: AllocationPolicy = AllocationPolicy.FIXED, **changes: Any) -> Allocation:
    fields: dict[str, Any] = {
        "weights": (1.0, 1.0),
        "max_traffic": 0.1,
        "epsilon": 0.2,
        "exploration": 1.4,
    }
    return Allocation(policy=policy, **(fields | changes))


def progress(label: str, succeeded: int, n: int) -> ArmProgress:
    return ArmProgress(
        arm=ExperimentArm(label=label, variant_id=label),
        run_ids=("r",) if n else (),
        n_tasks=n,
        n_succeeded=succeeded,
        n_completed=n,
    )


ARMS = (progress("a", 40, 100), progress("b", 80, 100))


@pytest.mark.parametrize("policy", list(AllocationPolicy))
@pytest.mark.parametrize("arms", [ARMS, (progress("a", 0, 0), progress("b", 0, 0))])
def test_every_policy_shares_out_the_whole_batch(
    policy: AllocationPolicy, arms: tuple[ArmProgress, ...]
) -> None:
    shares = next_batch(allocation(policy), arms, total=101)
    assert sum(one.n for one in shares) == 101
    assert sum(one.share for one in shares) == pytest.approx(1)
    assert sum(one.traffic_share for one in shares) == pytest.approx(1)
    assert sum(one.traffic_share for one in shares[1:]) <= 0.1 + 1e-12


def test_epsilon_greedy_gives_most_to_the_best() -> None:
    first, second = next_batch(allocation(AllocationPolicy.EPSILON_GREEDY), ARMS, total=100)
    assert (first.n, second.n) == (10, 90)


def test_weights_are_planned_shares() -> None:
    first, second = next_batch(allocation(weights=(3.0, 1.0)), ARMS, total=100)
    assert (first.n, second.n) == (75, 25)


@given(weights=st.lists(st.floats(0.01, 10), min_size=2, max_size=6), cap=st.floats(0.01, 1))
def test_candidates_together_stay_below_the_cap(weights: list[float], cap: float) -> None:
    total = sum(weights)
    capped = under_cap([weight / total for weight in weights], cap)
    assert sum(capped) == pytest.approx(1)
    assert sum(capped[1:]) <= cap + 1e-9
    assert all(share >= 0 for share in capped)


def test_an_even_split_is_as_planned_and_an_uneven_one_is_not() -> None:
    even = split(allocation(), (progress("a", 1, 500), progress("b", 1, 510)), threshold=0.001)
    uneven = split(allocation(), (progress("a", 1, 500), progress("b", 1, 700)), threshold=0.001)
    assert even is not None
    assert uneven is not None
    assert not even.broken
    assert uneven.broken
    # (100^2 / 600) * 2
    assert uneven.chi2 == pytest.approx(33.333, abs=1e-3)


def test_shares_that_follow_the_results_have_no_plan() -> None:
    assert split(allocation(AllocationPolicy.THOMPSON), ARMS, threshold=0.001) is None
    assert split(allocation(), (ARMS[0], progress("b", 0, 0)), threshold=0.001) is None

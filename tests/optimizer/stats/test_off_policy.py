from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optimizer.stats.intervals import wilson
from optimizer.stats.off_policy import doubly_robust, doubly_robust_difference, ips, snips

REWARDS, LOGGED, TARGET = [1, 0, 1, 0], [0.5, 0.5, 0.25, 0.25], [1, 0, 0.5, 0.5]
LOGS = st.lists(
    st.tuples(st.floats(0, 1), st.floats(0.05, 1), st.floats(0.01, 1)), min_size=3, max_size=30
)


def test_ips_by_hand() -> None:
    found = ips(REWARDS, LOGGED, TARGET)  # weights 2, 0, 2, 2
    assert found.estimate == pytest.approx(1.0)
    assert found.n_effective == pytest.approx(3.0)
    assert (found.mean_weight, found.largest_weight, found.clipped) == (1.5, 2.0, 0.0)
    # deviations 1, -1, 1, -1: sqrt(4/3 * 4) / 4
    assert found.standard_error == pytest.approx(math.sqrt(16 / 3) / 4)


def test_snips_by_hand() -> None:
    found = snips(REWARDS, LOGGED, TARGET)
    assert found.estimate == pytest.approx(4 / 6)
    # deviations 2/3, 0, 2/3, -4/3: sum of squares 24/9
    assert found.standard_error == pytest.approx(math.sqrt(24 / 9 * 4 / 3) / 6)


def test_doubly_robust_by_hand() -> None:
    found = doubly_robust(REWARDS, LOGGED, TARGET, [0.5] * 4, [0.4] * 4)
    # .4 + 2(.5), .4, .4 + 2(.5), .4 + 2(-.5)
    assert found.estimate == pytest.approx((1.4 + 0.4 + 1.4 - 0.6) / 4)


def test_clipping_is_reported() -> None:
    found = ips(REWARDS, LOGGED, TARGET, clip=1.5)
    assert found.estimate == pytest.approx(0.75)
    assert (found.clipped, found.largest_weight) == (0.75, 1.5)


def test_the_policy_of_the_log_is_worth_its_mean() -> None:
    for kernel in (ips, snips):
        found = kernel(REWARDS, LOGGED, LOGGED)
        assert found.estimate == pytest.approx(0.5)
        assert found.n_effective == pytest.approx(4)


def test_a_single_arm_of_a_uniform_log_has_the_interval_of_its_rate() -> None:
    taken = np.arange(400) % 4 == 0
    rewards = np.where(taken, np.arange(400) % 8 == 0, 0.5)
    found = snips(rewards, np.full(400, 0.25), taken.astype(float))
    expected = wilson(50, 100)
    assert found.n_effective == pytest.approx(100)
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high), rel=0.005)


def test_no_reward_at_all_still_leaves_an_upper_bound() -> None:
    taken = (np.arange(400) % 4 == 0).astype(float)
    nothing, logged = np.zeros(400), np.full(400, 0.25)
    for found in (
        ips(nothing, logged, taken),
        snips(nothing, logged, taken),
        doubly_robust(nothing, logged, taken, nothing, nothing),
    ):
        assert found.estimate == found.low == 0
        assert 0.02 < found.high < 0.08
    assert ips(nothing, logged, taken, bounds="t").high == 0


def test_a_policy_that_was_never_followed_is_unknown() -> None:
    zero = [0.0] * 4
    for found in (
        ips(REWARDS, LOGGED, zero),
        snips(REWARDS, LOGGED, zero),
        doubly_robust(REWARDS, LOGGED, zero, zero, zero),
    ):
        assert all(math.isnan(v) for v in (found.estimate, found.low, found.high))
        assert found.n_effective == 0
    found_gain = doubly_robust_difference(REWARDS, LOGGED, TARGET, zero, zero, zero, zero)
    assert math.isnan(found_gain.estimate)


def test_rounds_of_one_unit_count_together() -> None:
    twice = [value for value in REWARDS for _ in range(2)]
    logged = [value for value in LOGGED for _ in range(2)]
    target = [value for value in TARGET for _ in range(2)]
    once = snips(REWARDS, LOGGED, TARGET)
    paired = snips(twice, logged, target, units=[0, 0, 1, 1, 2, 2, 3, 3])
    assert paired.standard_error == pytest.approx(once.standard_error)
    assert (paired.n, paired.n_units) == (8, 4)


@settings(max_examples=50)
@given(LOGS)
def test_bounds_enclose_the_value_and_stay_in_range(
    log: list[tuple[float, float, float]],
) -> None:
    rewards, logged, target = (np.array(column) for column in zip(*log, strict=True))
    found = snips(rewards, logged, target)
    assert -1e-9 <= found.low <= found.estimate + 1e-9
    assert found.estimate - 1e-9 <= found.high <= 1 + 1e-9
    scored = ips(rewards, logged, target)
    assert scored.low <= scored.estimate + 1e-9 <= scored.high + 2e-9


@settings(max_examples=50)
@given(LOGS)
def test_snips_does_not_mind_a_common_factor(log: list[tuple[float, float, float]]) -> None:
    rewards, logged, target = (np.array(column) for column in zip(*log, strict=True))
    assert snips(rewards, logged, target / 2).estimate == pytest.approx(
        snips(rewards, logged, target).estimate
    )


def test_a_perfect_model_leaves_no_error_but_that_of_the_rounds() -> None:
    rng = np.random.default_rng(0)
    arm = rng.integers(0, 2, 1000)
    means = np.array([0.2, 0.7])
    found = doubly_robust(
        means[arm], np.full(1000, 0.5), (arm == 1).astype(float), means[arm], np.full(1000, 0.7)
    )
    assert found.estimate == pytest.approx(0.7)
    plain = doubly_robust(
        means[arm],
        np.full(1000, 0.5),
        (arm == 1).astype(float),
        means[arm],
        np.full(1000, 0.7),
        bounds="t",
    )
    assert plain.standard_error == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize("kernel", [ips, snips])
def test_the_bootstrap_agrees_with_the_formula(kernel: Callable[..., Any]) -> None:
    rng = np.random.default_rng(3)
    logged = rng.uniform(0.2, 0.8, 800)
    rewards, target = rng.random(800), rng.random(800)
    formula = kernel(rewards, logged, target, bounds="t")
    drawn = kernel(rewards, logged, target, bounds="bootstrap", seed=1)
    assert drawn == kernel(rewards, logged, target, bounds="bootstrap", seed=1)
    assert (drawn.low, drawn.high) == pytest.approx((formula.low, formula.high), abs=0.01)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"logged": [0.5, 0.5, 0.25, 0]}, "logged above 0"),
        ({"target": [1, 0, 2, 0]}, "at most 1"),
        ({"rewards": [1, 0, 1]}, "equally many"),
        ({"rewards": [1, 0, 7, 0]}, "from 0 to 1"),
        ({"clip": 0}, "clip"),
        ({"units": [1, 1, 1, 1]}, "1 units"),
        ({"units": [1, 1, 1]}, "units"),
        ({"level": 1}, "level"),
    ],
)
def test_refuses_what_has_no_value(changes: dict[str, Any], message: str) -> None:
    given_ = {"rewards": REWARDS, "logged": LOGGED, "target": TARGET} | changes
    with pytest.raises(ValueError, match=message):
        snips(**given_)

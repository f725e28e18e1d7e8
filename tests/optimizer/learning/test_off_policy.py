from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from optimizer.learning.logged import Rounds
from optimizer.learning.off_policy import (
    Estimator,
    PropensitySource,
    always,
    gain,
    predicted,
    prepared,
    value,
)

Make = Callable[..., Rounds]

LOG = Path(__file__).parents[4] / "shared" / "data" / "bandit" / "obd_random_men.csv"
N_ITEMS, N_POSITIONS = 34, 3
RIDGE = 1.0

every_estimator = pytest.mark.parametrize("estimator", Estimator)


@pytest.fixture(scope="module")
def uniform() -> Any:
    """The real log: every item was shown with the same probability; contexts are positions."""
    if not LOG.exists():
        pytest.skip("the shared log is not beside this checkout")
    with LOG.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    position = np.array([int(row["position"]) for row in rows])
    return Rounds(
        n_arms=N_ITEMS,
        arm=np.array([int(row["item_id"]) for row in rows]),
        context=np.column_stack([np.ones(len(rows)), position == 2, position == 3]).astype(float),
        reward=np.array([float(row["click"]) for row in rows]),
        propensity=np.array([float(row["propensity_score"]) for row in rows]),
        unit=np.arange(len(rows)),
        segment=np.zeros(len(rows), dtype=np.int64),
    )


def some(log: Rounds, seed: int) -> Rounds:
    """Half of the rounds, by chance."""
    return log.where(np.random.default_rng(seed).permutation(len(log)) < len(log) / 2)


@every_estimator
def test_the_click_rate_of_every_item_is_within_its_interval(
    uniform: Rounds, estimator: Estimator
) -> None:
    truth = [uniform.reward[uniform.arm == item].mean() for item in range(N_ITEMS)]
    inside = []
    for seed in range(4):
        log = prepared(some(uniform, seed), ridge=RIDGE)
        for item in range(N_ITEMS):
            found = value(always(item, log), log, estimator=estimator)
            inside.append(found.low <= truth[item] <= found.high)
    assert np.mean(inside) >= 0.95


@every_estimator
def test_mixed_policies_are_within_their_intervals(uniform: Rounds, estimator: Estimator) -> None:
    clicks = np.bincount(uniform.arm, weights=uniform.reward, minlength=N_ITEMS)
    shown = np.bincount(uniform.arm, minlength=N_ITEMS)
    inside = []
    for seed in range(20):
        share = np.random.default_rng(100 + seed).dirichlet(np.full(N_ITEMS, 0.5))
        log = prepared(some(uniform, seed), ridge=RIDGE)
        policy = np.tile(share, (len(log.rounds), 1))
        found = value(policy, log, estimator=estimator)
        inside.append(found.low <= float(share @ (clicks / shown)) <= found.high)
    assert np.mean(inside) >= 0.9


def test_the_uniform_policy_is_worth_what_was_earned(uniform: Rounds) -> None:
    log = prepared(uniform, ridge=RIDGE)
    policy = np.full((len(log.rounds), N_ITEMS), 1 / N_ITEMS)
    for estimator in (Estimator.IPS, Estimator.SNIPS):
        assert value(policy, log, estimator=estimator).estimate == pytest.approx(
            uniform.reward.mean()
        )
    assert value(policy, log).estimate == pytest.approx(uniform.reward.mean(), abs=5e-4)


def test_a_policy_by_context_is_valued_as_the_rounds_that_follow_it(uniform: Rounds) -> None:
    log = prepared(uniform, ridge=RIDGE)
    wanted = uniform.context @ np.array([1, 9, 20], dtype=np.int64)
    policy = np.zeros((len(log.rounds), N_ITEMS))
    policy[np.arange(len(wanted)), wanted.astype(int)] = 1
    followed = uniform.arm == wanted
    found = value(policy, log, estimator=Estimator.SNIPS)
    assert found.estimate == pytest.approx(uniform.reward[followed].mean())
    assert found.n_effective == pytest.approx(followed.sum())


def test_propensities_are_taken_from_the_log_where_they_are_there(rounds: Make) -> None:
    log = prepared(rounds([0, 1, 0, 1], [1, 0, 1, 0], propensity=np.full(4, 0.5)), ridge=RIDGE)
    assert log.source is PropensitySource.LOGGED
    assert value(always(0, log), log, estimator=Estimator.SNIPS).estimate == 1.0


def test_estimated_propensities_are_shares_within_a_segment(rounds: Make) -> None:
    made = rounds([0, 0, 0, 1, 0, 1, 1, 1], [1] * 8, segment=np.array([0, 0, 0, 0, 1, 1, 2, 2]))
    log = prepared(made, ridge=RIDGE)
    assert log.source is PropensitySource.ESTIMATED
    assert log.propensity.tolist() == [0.75, 0.75, 0.75, 0.25, 0.5, 0.5]
    assert log.n_left_out == 2


@pytest.mark.parametrize("strange", [np.nan, 0.0, -0.1, 1.5, np.inf])
def test_one_strange_propensity_is_enough_to_estimate_all(rounds: Make, strange: float) -> None:
    propensity = np.array([0.9, strange, 0.9, 0.1])
    log = prepared(rounds([0, 1, 0, 1], [1, 0, 1, 0], propensity=propensity), ridge=RIDGE)
    assert log.source is PropensitySource.ESTIMATED


def test_rewards_are_predicted_from_other_units_only(rounds: Make) -> None:
    made = rounds([0] * 6, [1, 1, 1, 0, 0, 0], n_arms=1, unit=np.array([0, 0, 0, 1, 1, 1]))
    found = predicted(made, ridge=RIDGE)[:, 0]
    assert found.tolist() == [0, 0, 0, 1, 1, 1]


def test_an_arm_that_was_never_taken_is_expected_to_earn_the_mean(rounds: Make) -> None:
    found = predicted(rounds([0] * 8, [1, 0] * 4, n_arms=2), ridge=RIDGE)
    assert found[:, 1].tolist() == [0, 1] * 4


def test_the_gain_is_the_difference_of_the_values(rounds: Make) -> None:
    rng = np.random.default_rng(0)
    arms = rng.integers(0, 2, 400)
    rewards = (rng.random(400) < 0.3 + 0.4 * arms).astype(float)
    log = prepared(rounds(arms, rewards, propensity=np.full(400, 0.5)), ridge=RIDGE)
    zero, one = always(0, log), always(1, log)
    found = gain(zero, one, log)
    assert found.estimate == pytest.approx(value(one, log).estimate - value(zero, log).estimate)
    assert found.low < 0.4 < found.high
    back = gain(one, zero, log)
    assert back.estimate == pytest.approx(-found.estimate)
    assert back.high == pytest.approx(-found.low)


def test_a_log_of_nothing_but_single_arms_says_nothing(rounds: Make) -> None:
    log = prepared(rounds([0, 0, 1, 1], [1] * 4, segment=np.array([0, 0, 1, 1])), ridge=RIDGE)
    assert len(log.rounds) == 0
    assert log.n_left_out == 4

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import numpy as np
import pytest

from optimizer.learning.counting_bandits import EpsilonGreedy, Thompson, Ucb1
from optimizer.learning.exploration import tuned
from optimizer.learning.linear_bandits import LinUcb
from optimizer.learning.logged import Rounds, batch_shares, replayed, teach

Make = Callable[..., Rounds]


class Fixed:
    """Always the same arm."""

    def __init__(self, arm: int) -> None:
        self.arm = arm
        self.seen: list[float] = []

    def choose(self, context: Any) -> int:
        return self.arm

    def update(self, arm: int, context: Any, reward: float) -> None:
        self.seen.append(reward)

    def probabilities(self, contexts: Any) -> Any:
        return np.eye(2)[np.full(len(contexts), self.arm)]

    def forget(self, factor: float) -> None:
        self.seen.clear()


def test_counts_only_rounds_that_it_would_have_chosen(rounds: Make) -> None:
    log = rounds([0, 1, 0, 1, 1], [1, 0, 0, 1, 1], propensity=np.full(5, 0.5))
    one = Fixed(1)
    found = replayed(one, log)
    assert (found.n, found.n_matched, found.reward) == (5, 3, pytest.approx(2 / 3))
    assert one.seen == [0, 1, 1]


def test_a_log_without_propensities_is_not_replayed(rounds: Make) -> None:
    with pytest.raises(ValueError, match="propensity"):
        replayed(Fixed(0), rounds([0, 1], [1, 1]))


def test_a_skewed_log_is_thinned_to_a_uniform_one(rounds: Make) -> None:
    rng = np.random.default_rng(0)
    arms = (rng.random(20_000) < 0.2).astype(int)
    log = rounds(arms, arms * 0.5 + 0.25, propensity=np.where(arms == 1, 0.2, 0.8))
    kept = [replayed(Fixed(arm), log).n_matched for arm in (0, 1)]
    assert kept[0] == pytest.approx(kept[1], rel=0.05)


def test_replay_without_a_match_knows_nothing(rounds: Make) -> None:
    found = replayed(Fixed(1), rounds([0, 0], [1, 1], propensity=np.ones(2)))
    assert found.n_matched == 0
    assert np.isnan([found.reward, found.low, found.high]).all()


def test_replay_tells_what_a_bandit_earns_on_the_way(rounds: Make) -> None:
    rng = np.random.default_rng(1)
    arms = rng.integers(0, 2, 20_000)
    rewards = (rng.random(20_000) < np.array([0.3, 0.6])[arms]).astype(float)
    log = rounds(arms, rewards, propensity=np.full(20_000, 0.5))
    found = replayed(Thompson(2, seed=0), log)
    assert found.low > 0.55
    assert found.n_matched == pytest.approx(10_000, rel=0.05)


def test_earlier_segments_count_for_less(rounds: Make) -> None:
    log = rounds([0, 0, 0], [1, 1, 0], segment=np.array([0, 0, 1]))
    one = Thompson(2, seed=0)
    teach(one, log, discount=0.5)
    assert (one.successes[0], one.failures[0]) == (1.0, 1.0)
    whole = Thompson(2, seed=0)
    teach(whole, log)
    assert (whole.successes[0], whole.failures[0]) == (2.0, 1.0)


def test_rounds_taught_together_teach_what_they_do_one_by_one(rounds: Make) -> None:
    rng = np.random.default_rng(3)
    contexts = np.column_stack([np.ones(60), rng.normal(size=60)])
    segment = np.repeat([0, 1, 0, 2], 15)
    log = rounds(rng.integers(0, 3, 60), rng.random(60), context=contexts, segment=segment)
    together, singly = LinUcb(3, 2), LinUcb(3, 2)
    teach(together, log, discount=0.9)
    for place in range(60):
        if place in {15, 45}:
            singly.forget(0.9)
        singly.update(int(log.arm[place]), log.context[place], float(log.reward[place]))
    assert together.theta == pytest.approx(singly.theta)
    assert together.inverse == pytest.approx(singly.inverse)


def test_a_batch_of_one_context_is_shared_as_round_by_round(rounds: Make) -> None:
    rng = np.random.default_rng(4)
    one = LinUcb(3, 1)
    teach(one, rounds(rng.integers(0, 3, 90), rng.random(90), context=np.ones((90, 1))))
    scratch, n = deepcopy(one), np.zeros(3)
    for _ in range(100):
        arm = scratch.choose(np.ones(1))
        scratch.update(arm, np.ones(1), one.expected(arm, np.ones(1)))
        n[arm] += 1
    assert batch_shares(one, np.ones((100, 1))).tolist() == (n / 100).tolist()


def test_the_best_exploration_comes_first(rounds: Make) -> None:
    rng = np.random.default_rng(2)
    arms = rng.integers(0, 2, 6000)
    rewards = (rng.random(6000) < np.array([0.2, 0.8])[arms]).astype(float)
    log = rounds(arms, rewards, propensity=np.full(6000, 0.5))
    found = tuned(
        [1.0, 0.05, 0.5],
        lambda share: EpsilonGreedy(2, epsilon=share, learning_rate=0.0, seed=0),
        log,
    )
    assert [one.setting for one in found] == [0.05, 0.5, 1.0]
    assert found[0].replay.reward > found[-1].replay.reward


def test_equal_settings_keep_their_order_and_unknown_ones_come_last(rounds: Make) -> None:
    log = rounds([0, 0], [1, 1], propensity=np.ones(2))
    found = tuned([0.0, 1.0], lambda arm: Fixed(int(1 - arm)), log)
    assert [one.setting for one in found] == [1.0, 0.0]
    same = tuned([2.0, 1.0], lambda c: Ucb1(2, c=c), log)
    assert [one.setting for one in same] == [2.0, 1.0]

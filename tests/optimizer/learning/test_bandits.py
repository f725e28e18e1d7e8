from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optimizer.learning.bandits import Exploration, bandit
from optimizer.learning.counting_bandits import Boltzmann, EpsilonGreedy, Thompson, Ucb1
from optimizer.learning.linear_bandits import ContextualThompson, LinUcb
from optimizer.models.terms import BanditAlgorithm

ONE = np.ones(1)
HOW = Exploration(
    alpha=2.0,
    c=math.sqrt(2),
    epsilon=0.1,
    temperature=0.1,
    prior_variance=100.0,
    learning_rate=0.1,
)

every_algorithm = pytest.mark.parametrize("algorithm", BanditAlgorithm)


def made(algorithm: BanditAlgorithm, *, n_arms: int = 3, dimension: int = 1, seed: int = 0) -> Any:
    return bandit(algorithm, n_arms=n_arms, dimension=dimension, how=HOW, seed=seed)


def taught(one: Any, rewards: dict[int, list[float]], context: Any = ONE) -> Any:
    for arm, earned in rewards.items():
        for reward in earned:
            one.update(arm, context, reward)
    return one


@every_algorithm
def test_probabilities_are_those_of_one_choice(algorithm: BanditAlgorithm) -> None:
    one = taught(made(algorithm), {0: [1, 0, 1], 1: [0, 1], 2: [1, 1]})
    found = one.probabilities(np.ones((4, 1)))
    assert found.shape == (4, 3)
    assert found.sum(axis=1) == pytest.approx(1)
    assert (found >= 0).all()


@every_algorithm
def test_chooses_as_often_as_its_probabilities_say(algorithm: BanditAlgorithm) -> None:
    one = taught(made(algorithm), {0: [1, 0, 1], 1: [0, 1], 2: [1, 1, 0, 1]})
    (said,) = one.probabilities(np.ones((1, 1)))
    chosen = np.bincount([one.choose(ONE) for _ in range(4000)], minlength=3) / 4000
    assert chosen == pytest.approx(said, abs=0.06)


@every_algorithm
def test_the_seed_decides_everything_random(algorithm: BanditAlgorithm) -> None:
    def path(seed: int) -> list[int]:
        one, coin = made(algorithm, seed=seed), np.random.default_rng(1)
        arms = []
        for _ in range(200):
            arms.append(one.choose(ONE))
            one.update(arms[-1], ONE, float(coin.random() < 0.3 + 0.2 * arms[-1]))
        return arms

    assert path(3) == path(3)


@every_algorithm
def test_finds_the_best_of_three_arms(algorithm: BanditAlgorithm) -> None:
    one, coin = made(algorithm, seed=5), np.random.default_rng(2)
    arms = []
    for _ in range(3000):
        arms.append(one.choose(ONE))
        one.update(arms[-1], ONE, float(coin.random() < (0.2, 0.8, 0.5)[arms[-1]]))
    assert np.bincount(arms[-1000:], minlength=3).argmax() == 1


@every_algorithm
def test_forgetting_everything_is_as_new(algorithm: BanditAlgorithm) -> None:
    one = taught(made(algorithm), {0: [1.0] * 20, 1: [0.0] * 20})
    one.forget(0.0)
    fresh = made(algorithm)
    assert one.probabilities(np.ones((1, 1))) == pytest.approx(
        fresh.probabilities(np.ones((1, 1))), abs=1e-9
    )


def test_ucb1_follows_its_formula() -> None:
    one = taught(Ucb1(2), {0: [1, 1, 0, 0], 1: [1]})
    # 0.5 + sqrt(2 ln 5 / 4) = 1.397; 1 + sqrt(2 ln 5 / 1) = 2.794
    assert one._bounds() == pytest.approx([1.3970, 2.7941], abs=1e-4)
    assert Ucb1(3).choose(ONE) == 0


def test_thompson_is_beta_with_one_more_of_each() -> None:
    one = taught(Thompson(2, seed=0), {0: [1] * 3, 1: [0] * 3})
    # P(Beta(4, 1) > Beta(1, 4)) = 69 / 70
    assert one.probabilities(np.ones((1, 1)))[0, 0] == pytest.approx(69 / 70, abs=0.005)


def test_epsilon_greedy_keeps_a_part_for_every_arm() -> None:
    one = EpsilonGreedy(4, epsilon=0.2, learning_rate=0.0, seed=0)
    taught(one, {0: [0.2], 1: [0.9, 0.7], 2: [0.4], 3: [0.1]})
    assert one.mean[1] == pytest.approx(0.8)
    assert one.probabilities(np.ones((1, 1)))[0] == pytest.approx([0.05, 0.85, 0.05, 0.05])


def test_a_learning_rate_keeps_means_moving() -> None:
    one = EpsilonGreedy(1, epsilon=0.0, learning_rate=0.5, seed=0)
    taught(one, {0: [0.0, 0.0, 1.0]})
    assert one.mean[0] == pytest.approx(0.5)


def test_boltzmann_weighs_by_the_exponential() -> None:
    one = taught(Boltzmann(2, temperature=0.5, learning_rate=0.0, seed=0), {0: [1.0], 1: [0.5]})
    assert one.probabilities(np.ones((1, 1)))[0, 0] == pytest.approx(math.e / (1 + math.e))


@settings(max_examples=25)
@given(st.integers(1, 24), st.integers(0, 1000))
def test_sherman_and_morrison_agree_with_the_inverse(dimension: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    x, y = rng.normal(size=(40, dimension)), rng.random(40)
    one = LinUcb(1, dimension)
    for context, reward in zip(x, y, strict=True):
        one.update(0, context, float(reward))
    a = np.eye(dimension) + x.T @ x
    assert one.inverse[0] == pytest.approx(np.linalg.inv(a), abs=1e-9)
    assert one.theta[0] == pytest.approx(np.linalg.solve(a, x.T @ y), abs=1e-9)


def test_lin_ucb_follows_its_formula() -> None:
    one = LinUcb(2, 2, alpha=2.0)
    context = np.array([1.0, 0.0])
    one.update(0, context, 1.0)
    mean, spread = one._scores(context)
    # A = diag(2, 1): theta = 1/2 and x' inv(A) x = 1/2; the other arm 0 and 1
    assert mean == pytest.approx([0.5, 0.0])
    assert spread == pytest.approx([0.5, 1.0])
    assert one.choose(context) == 1  # 0 + 2 against .5 + 2 sqrt(.5) = 1.914


def test_choices_follow_the_context() -> None:
    for one in (LinUcb(2, 2), ContextualThompson(2, 2, seed=0)):
        rng = np.random.default_rng(0)
        for _ in range(300):
            kind = float(rng.integers(2))
            context = np.array([1.0, kind])
            for arm in (0, 1):
                one.update(arm, context, 0.9 if arm == kind else 0.1)
        found = one.probabilities(np.array([[1.0, 0.0], [1.0, 1.0]]))
        assert found == pytest.approx(np.eye(2), abs=0.01)


def test_contextual_thompson_learns_the_noise() -> None:
    rng = np.random.default_rng(0)
    one = ContextualThompson(1, 2, seed=0)
    for _ in range(3000):
        context = np.array([1.0, rng.normal()])
        one.update(0, context, float(0.5 + 0.1 * context[1] + rng.normal(0, 0.05)))
    assert one.noise_sd == pytest.approx(0.05, abs=0.02)


def test_forgetting_half_weighs_earlier_rounds_half() -> None:
    x, y = np.random.default_rng(0).normal(size=(20, 3)), np.linspace(0, 1, 20)
    one = LinUcb(1, 3)
    for context, reward in zip(x, y, strict=True):
        one.update(0, context, float(reward))
    one.forget(0.5)
    a = np.eye(3) + 0.5 * x.T @ x
    assert one.theta[0] == pytest.approx(np.linalg.solve(a, 0.5 * x.T @ y))

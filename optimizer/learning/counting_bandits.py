"""Bandits that count what each arm earned and look at no context.

Rewards are from 0 to 1. Every bandit here has `choose(context)`, `update(arm, context, reward)`,
`probabilities(contexts)` and `forget(factor)`, as `bandits.Bandit` says; contexts only tell how
many rounds are meant.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

UCB1_C = math.sqrt(2)
DRAWS = 10_000
"""Draws from the posterior behind the probabilities of Thompson sampling."""


class Ucb1:
    """The arm with the highest upper confidence bound; an untried one before all others.

    The bound is mean + c √(ln N / n), with c = √2 that of the paper: √(2 ln N / n).

    References:
        Auer, Cesa-Bianchi and Fischer (2002), Machine Learning 47, 235-256.
    """

    def __init__(self, n_arms: int, *, c: float = UCB1_C) -> None:
        self.c = c
        self.n: Floats = np.zeros(n_arms)
        self.total: Floats = np.zeros(n_arms)

    def choose(self, context: Floats) -> int:
        """Return the arm of the next round."""
        return int(self._bounds().argmax())

    def update(self, arm: int, context: Floats, reward: float) -> None:
        """Learn what an arm earned."""
        self.n[arm] += 1
        self.total[arm] += reward

    def probabilities(self, contexts: Floats) -> Floats:
        """Return the probability of each arm in each round; arms with the same bound share."""
        return np.tile(_shared(self._bounds()), (len(contexts), 1))

    def expected(self, arm: int, context: Floats) -> float:
        """Return the mean reward of an arm so far; 1 where it was not tried."""
        return float(self.total[arm] / self.n[arm]) if self.n[arm] > 0 else 1.0

    def forget(self, factor: float) -> None:
        """Let what was learned so far count for less."""
        self.n *= factor
        self.total *= factor

    def _bounds(self) -> Floats:
        tried = self.n > 0
        if not tried.all():
            return np.where(tried, -math.inf, math.inf)
        log_n = math.log(max(float(self.n.sum()), 1.0))
        return np.asarray(self.total / self.n + self.c * np.sqrt(log_n / self.n))


class Thompson:
    """An arm as often as its rate is the highest of one draw from each posterior.

    The posterior of an arm is Beta(s + 1, f + 1); a reward between 0 and 1 counts as that part of
    a success.

    References:
        Thompson (1933), Biometrika 25, 285-294; Agrawal and Goyal (2012), COLT.
    """

    def __init__(self, n_arms: int, *, seed: int) -> None:
        self.seed = seed
        self.rng = np.random.default_rng(seed)
        self.successes: Floats = np.zeros(n_arms)
        self.failures: Floats = np.zeros(n_arms)

    def choose(self, context: Floats) -> int:
        """Return the arm of the next round."""
        return int(self.rng.beta(self.successes + 1, self.failures + 1).argmax())

    def update(self, arm: int, context: Floats, reward: float) -> None:
        """Learn what an arm earned."""
        self.successes[arm] += reward
        self.failures[arm] += 1 - reward

    def probabilities(self, contexts: Floats) -> Floats:
        """Return the probability of each arm in each round, from draws of their own."""
        n_arms = len(self.successes)
        drawn = np.random.default_rng(self.seed).beta(
            self.successes + 1, self.failures + 1, (DRAWS, n_arms)
        )
        share = np.bincount(drawn.argmax(axis=1), minlength=n_arms) / DRAWS
        return np.tile(share, (len(contexts), 1))

    def forget(self, factor: float) -> None:
        """Let what was learned so far count for less."""
        self.successes *= factor
        self.failures *= factor


class _Estimates(ABC):
    """Mean rewards, each moved toward a new reward by 1/n or by the learning rate if larger."""

    def __init__(self, n_arms: int, *, learning_rate: float, seed: int) -> None:
        self.learning_rate = learning_rate
        self.rng = np.random.default_rng(seed)
        self.n: Floats = np.zeros(n_arms)
        self.mean: Floats = np.zeros(n_arms)

    def choose(self, context: Floats) -> int:
        """Return the arm of the next round."""
        cumulative = self._shares().cumsum()
        drawn = cumulative.searchsorted(self.rng.random() * cumulative[-1], side="right")
        return min(int(drawn), len(self.n) - 1)

    def update(self, arm: int, context: Floats, reward: float) -> None:
        """Learn what an arm earned."""
        self.n[arm] += 1
        step = min(max(1 / self.n[arm], self.learning_rate), 1.0)
        self.mean[arm] += step * (reward - self.mean[arm])

    def probabilities(self, contexts: Floats) -> Floats:
        """Return the probability of each arm in each round."""
        return np.tile(self._shares(), (len(contexts), 1))

    def forget(self, factor: float) -> None:
        """Let what was learned so far count for less."""
        self.n *= factor

    @abstractmethod
    def _shares(self) -> Floats:
        """Return the probability of each arm."""


class EpsilonGreedy(_Estimates):
    """The arm with the best mean so far, but any arm in a share ε of the rounds.

    References:
        Sutton and Barto (2018), Reinforcement Learning, 2.4 and 2.5.
    """

    def __init__(self, n_arms: int, *, epsilon: float, learning_rate: float, seed: int) -> None:
        super().__init__(n_arms, learning_rate=learning_rate, seed=seed)
        self.epsilon = epsilon

    def _shares(self) -> Floats:
        best = _shared(np.where(self.n > 0, self.mean, math.inf))
        return np.asarray(self.epsilon / len(best) + (1 - self.epsilon) * best)


class Boltzmann(_Estimates):
    """Each arm in proportion to exp(mean / temperature); an untried one before all others.

    References:
        Sutton and Barto (2018), Reinforcement Learning, 2.8; Cesa-Bianchi et al. (2017), NeurIPS
        30, on why a constant temperature explores too little or too much.
    """

    def __init__(self, n_arms: int, *, temperature: float, learning_rate: float, seed: int) -> None:
        super().__init__(n_arms, learning_rate=learning_rate, seed=seed)
        self.temperature = temperature

    def _shares(self) -> Floats:
        if not (self.n > 0).all():
            return _shared(np.where(self.n > 0, 0.0, 1.0))
        raised = np.exp((self.mean - self.mean.max()) / self.temperature)
        return np.asarray(raised / raised.sum())


def _shared(values: Floats) -> Floats:
    """Return 1 shared by the largest values, 0 for the others."""
    best = values == values.max()
    return np.asarray(best / best.sum())

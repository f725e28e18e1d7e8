"""Bandits whose arms earn what a linear model of the context says, each arm its own.

Both keep the full inverse of Σ xxᵀ of every arm and change it by Sherman and Morrison's formula,
so that a round costs the square of the dimension. Contexts should hold a 1 for the intercept.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

DRAWS = 1_000
"""Draws from the posterior behind the probabilities of Thompson sampling."""

PRIOR_VARIANCE = 100.0
"""Of a coefficient of contextual Thompson sampling, in units of the noise.

With 1, an arm that nobody tried is written off as soon as the noise turns out to be small.
"""

SPREAD_OF_UNIT_REWARDS = 0.25
"""Largest variance of rewards from 0 to 1: what is believed of their noise before any came."""


class _Linear:
    """Ridge regression of the rewards of every arm, one round at a time."""

    def __init__(self, n_arms: int, dimension: int, *, prior_variance: float) -> None:
        self.prior_variance = prior_variance
        self.inverse: Floats = np.repeat(prior_variance * np.eye(dimension)[np.newaxis], n_arms, 0)
        self.theta: Floats = np.zeros((n_arms, dimension))

    def update(self, arm: int, context: Floats, reward: float) -> None:
        """Learn what an arm earned in a context."""
        toward = self.inverse[arm] @ context
        scale = 1 + float(context @ toward)
        surprise = reward - float(context @ self.theta[arm])
        self.inverse[arm] -= toward[:, np.newaxis] * (toward / scale)
        self.theta[arm] += toward * (surprise / scale)
        self._learn_noise(surprise * surprise / scale)

    def forget(self, factor: float) -> None:
        """Let what was learned so far count for less: the prior keeps its weight."""
        prior = np.eye(self.theta.shape[1]) / self.prior_variance
        precision = np.linalg.inv(self.inverse)
        earned = precision @ self.theta[:, :, np.newaxis]
        self.inverse = np.asarray(
            np.linalg.inv(factor * (precision - prior) + prior), dtype=np.float64
        )
        self.theta = (self.inverse @ (factor * earned))[:, :, 0]

    def _learn_noise(self, squared: float) -> None:
        """Take note of how far a reward was from what was expected."""

    def _scores(self, context: Floats) -> tuple[Floats, Floats]:
        """Return the expected reward of every arm and xᵀA⁻¹x."""
        toward = self.inverse @ context
        return self.theta @ context, np.maximum(toward @ context, 0.0)

    def _all_scores(self, contexts: Floats) -> tuple[Floats, Floats]:
        """Return the same for many rounds, a row each."""
        spread = np.einsum("nd,kde,ne->nk", contexts, self.inverse, contexts, optimize=True)
        return contexts @ self.theta.T, np.maximum(spread, 0.0)


class LinUcb(_Linear):
    """The arm with the highest θᵀx + alpha √(xᵀA⁻¹x), A = I + Σ xxᵀ of its own rounds.

    References:
        Li, Chu, Langford and Schapire (2010), WWW, algorithm 1 (disjoint models).
    """

    def __init__(self, n_arms: int, dimension: int, *, alpha: float = 2.0) -> None:
        super().__init__(n_arms, dimension, prior_variance=1.0)
        self.alpha = alpha

    def choose(self, context: Floats) -> int:
        """Return the arm of the next round."""
        mean, spread = self._scores(context)
        return int((mean + self.alpha * np.sqrt(spread)).argmax())

    def update_all(
        self,
        arms: NDArray[np.int64],
        contexts: Floats,
        rewards: Floats,
        *,
        weights: Floats | None = None,
        kept: float = 1.0,
    ) -> None:
        """Learn what arms earned in many rounds, whose order does not matter.

        Args:
            arms: The arm of each round.
            contexts: A row of features per round.
            rewards: What each earned.
            weights: What each counts; None: 1.
            kept: What is left of the weight of all that was learned before, as in `forget`.
        """
        n_arms, dimension = self.theta.shape
        prior = np.eye(dimension)
        of_arm = arms == np.arange(n_arms)[:, np.newaxis]
        counted = of_arm if weights is None else of_arm * weights
        seen = (counted[:, :, np.newaxis] * contexts).transpose(0, 2, 1)
        precision, earned = seen @ contexts + prior, seen @ rewards[:, np.newaxis]
        if (self.inverse != prior).any():  # it has learned something
            before = np.linalg.inv(self.inverse)
            precision += kept * (before - prior)
            earned += kept * (before @ self.theta[:, :, np.newaxis])
        self.inverse = 1 / precision if dimension == 1 else np.linalg.inv(precision)
        self.theta = (self.inverse @ earned)[:, :, 0]

    def choices(self, context: Floats, n: int) -> list[int]:
        """Return the arms of so many rounds of one context, each told what was expected of it.

        What was expected changes no expectation, only the doubt about the arm.
        """
        mean, spread = self._scores(context)
        # After k rounds an arm's doubt is s / (1 + k s): bounds fall, so the n highest are taken.
        doubts = spread[:, np.newaxis] / (1 + np.outer(spread, np.arange(n)))
        bounds = mean[:, np.newaxis] + self.alpha * np.sqrt(doubts)
        chosen: list[int] = (np.argsort(-bounds, axis=None, kind="stable")[:n] // n).tolist()
        return chosen

    def expected(self, arm: int, context: Floats) -> float:
        """Return the reward that an arm is expected to earn in a context."""
        return float(self.theta[arm] @ context)

    def probabilities(self, contexts: Floats) -> Floats:
        """Return the probability of each arm in each round; arms with the same bound share."""
        mean, spread = self._all_scores(contexts)
        bounds = mean + self.alpha * np.sqrt(spread)
        best = bounds == bounds.max(axis=1, keepdims=True)
        return np.asarray(best / best.sum(axis=1, keepdims=True))


class ContextualThompson(_Linear):
    """The arm that expects most of one draw from the posterior of each arm's coefficients.

    θ given the noise σ² is normal around its ridge estimate with the full covariance σ² A⁻¹, and
    σ² is inverse gamma, learned from all arms. Of a draw only θᵀx is needed, which is normal
    with mean θᵀx and variance σ² xᵀA⁻¹x.

    References:
        Agrawal and Goyal (2013), ICML; Riquelme, Tucker and Snoek (2018), ICLR (unknown noise).
    """

    def __init__(
        self, n_arms: int, dimension: int, *, prior_variance: float = PRIOR_VARIANCE, seed: int
    ) -> None:
        super().__init__(n_arms, dimension, prior_variance=prior_variance)
        self.seed = seed
        self.rng = np.random.default_rng(seed)
        self.shape, self.rate = 1.0, SPREAD_OF_UNIT_REWARDS

    def choose(self, context: Floats) -> int:
        """Return the arm of the next round."""
        mean, spread = self._scores(context)
        noise = self.rate / self.rng.standard_gamma(self.shape)
        drawn = self.rng.standard_normal(len(mean))
        return int((mean + np.sqrt(noise * spread) * drawn).argmax())

    def probabilities(self, contexts: Floats) -> Floats:
        """Return the probability of each arm in each round, from draws of their own."""
        mean, spread = self._all_scores(contexts)
        rng = np.random.default_rng(self.seed)
        noise = self.rate / rng.standard_gamma(self.shape, DRAWS)
        normal = rng.standard_normal((DRAWS, mean.shape[1]))
        found = np.zeros_like(mean)
        for variance, row in zip(noise, normal, strict=True):
            best = (mean + np.sqrt(variance * spread) * row).argmax(axis=1)
            found[np.arange(len(best)), best] += 1
        return found / DRAWS

    def forget(self, factor: float) -> None:
        """Let what was learned so far count for less: the prior keeps its weight."""
        super().forget(factor)
        self.shape = 1 + factor * (self.shape - 1)
        self.rate = SPREAD_OF_UNIT_REWARDS + factor * (self.rate - SPREAD_OF_UNIT_REWARDS)

    def _learn_noise(self, squared: float) -> None:
        self.shape += 0.5
        self.rate += squared / 2

    @property
    def noise_sd(self) -> float:
        """Standard deviation of the rewards around their expectation, as believed now."""
        return math.sqrt(self.rate / self.shape)

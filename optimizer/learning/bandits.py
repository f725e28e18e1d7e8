"""What every bandit can do, and each of them by the name of its algorithm."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, runtime_checkable

from optimizer.models.dataclass import dataclass
from optimizer.models.terms import BanditAlgorithm

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

CONTEXTUAL = frozenset({BanditAlgorithm.LIN_UCB, BanditAlgorithm.CONTEXTUAL_THOMPSON})
"""Algorithms that look at the context of a round."""


class Bandit(Protocol):
    """Chooses one of several arms, round by round, and learns from what it earned.

    Arms are numbered from 0, rewards are from 0 to 1. Whatever is random in one comes from the
    seed it was made with.
    """

    def choose(self, context: NDArray[np.float64]) -> int:
        """Return the arm of the next round."""
        ...

    def update(self, arm: int, context: NDArray[np.float64], reward: float) -> None:
        """Learn what an arm earned in a context, whoever chose it."""
        ...

    def probabilities(self, contexts: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the probability of each arm in each of several rounds; learns nothing."""
        ...

    def forget(self, factor: float) -> None:
        """Let what was learned so far count for less, 0 (nothing) to 1 (as before)."""
        ...


@runtime_checkable
class Optimist(Protocol):
    """A bandit that takes the arm of which most may be hoped: it never mixes by chance."""

    def expected(self, arm: int, context: NDArray[np.float64]) -> float:
        """Return the reward that an arm is expected to earn in a context."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Exploration:
    """How much a bandit explores; each algorithm reads what it needs.

    Attributes:
        alpha: Width of the bound of `lin_ucb`.
        c: Width of the bound of `ucb1`.
        epsilon: Share of rounds in which `epsilon_greedy` takes any arm.
        temperature: Of `boltzmann`, in units of the reward.
        prior_variance: Of a coefficient of `contextual_thompson`, in units of the noise.
        learning_rate: Smallest step of the means of `epsilon_greedy` and `boltzmann`.
    """

    alpha: float
    c: float
    epsilon: float
    temperature: float
    prior_variance: float
    learning_rate: float


TUNED = {
    BanditAlgorithm.LIN_UCB: "alpha",
    BanditAlgorithm.UCB1: "c",
    BanditAlgorithm.EPSILON_GREEDY: "epsilon",
    BanditAlgorithm.BOLTZMANN: "temperature",
    BanditAlgorithm.CONTEXTUAL_THOMPSON: "prior_variance",
}
"""What of `Exploration` each algorithm explores by; Thompson sampling has nothing to tune."""


def bandit(
    algorithm: BanditAlgorithm, *, n_arms: int, dimension: int, how: Exploration, seed: int
) -> Bandit:
    """Return a bandit that has learned nothing yet.

    Args:
        algorithm: Which one.
        n_arms: Number of arms.
        dimension: Length of a context.
        how: How much it explores.
        seed: Decides what is random in it.
    """
    from optimizer.learning import counting_bandits, linear_bandits  # noqa: PLC0415 - loads numpy

    match algorithm:
        case BanditAlgorithm.LIN_UCB:
            return linear_bandits.LinUcb(n_arms, dimension, alpha=how.alpha)
        case BanditAlgorithm.CONTEXTUAL_THOMPSON:
            return linear_bandits.ContextualThompson(
                n_arms, dimension, prior_variance=how.prior_variance, seed=seed
            )
        case BanditAlgorithm.THOMPSON_SAMPLING:
            return counting_bandits.Thompson(n_arms, seed=seed)
        case BanditAlgorithm.UCB1:
            return counting_bandits.Ucb1(n_arms, c=how.c)
        case BanditAlgorithm.EPSILON_GREEDY:
            return counting_bandits.EpsilonGreedy(
                n_arms, epsilon=how.epsilon, learning_rate=how.learning_rate, seed=seed
            )
        case BanditAlgorithm.BOLTZMANN:
            return counting_bandits.Boltzmann(
                n_arms, temperature=how.temperature, learning_rate=how.learning_rate, seed=seed
            )

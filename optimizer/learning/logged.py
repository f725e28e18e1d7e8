"""Rounds that somebody else chose, and bandits taught by them in order of time."""

from __future__ import annotations

from copy import deepcopy
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from optimizer.learning.bandits import Optimist
from optimizer.learning.linear_bandits import LinUcb
from optimizer.models.dataclass import dataclass
from optimizer.stats.intervals import mean_interval

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from optimizer.learning.bandits import Bandit

APART = 1
"""Sets what thins a log apart from what a bandit of the same seed draws."""

FEWEST = 2
"""Rounds to have a spread."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rounds:
    """Logged rounds in order of time, one per place of every column.

    Attributes:
        n_arms: Number of arms.
        arm: The one that was chosen.
        context: A row of features per round.
        reward: From 0 to 1.
        propensity: Probability with which the arm was chosen; NaN where it was not logged.
        unit: Equal for rounds that depend on each other, as those of one case do.
        segment: Equal for rounds of one run or stretch of time.
    """

    n_arms: int
    arm: NDArray[np.int64]
    context: NDArray[np.float64]
    reward: NDArray[np.float64]
    propensity: NDArray[np.float64]
    unit: NDArray[np.int64]
    segment: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.arm)

    def where(self, chosen: NDArray[np.bool_]) -> Rounds:
        """Return some of the rounds."""
        return Rounds(
            n_arms=self.n_arms,
            arm=self.arm[chosen],
            context=self.context[chosen],
            reward=self.reward[chosen],
            propensity=self.propensity[chosen],
            unit=self.unit[chosen],
            segment=self.segment[chosen],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """How a bandit that learns on the way would have done.

    Attributes:
        n: Logged rounds.
        n_matched: Those that count: it chose what was logged.
        reward: Mean reward of those, NaN without any.
        low: Lower bound of the mean by Student's t, NaN below two; it treats rounds as
            independent, which those of a bandit that learns only nearly are.
        high: Upper bound.
        level: Confidence level, 0 to 1.
    """

    n: int
    n_matched: int
    reward: float
    low: float
    high: float
    level: float


def teach(bandit: Bandit, rounds: Rounds, *, discount: float = 1.0) -> None:
    """Teach a bandit what every round earned, oldest first.

    Args:
        bandit: Learns.
        rounds: In order of time.
        discount: What is left of the weight of earlier rounds where a new segment begins, 0 to 1.
    """
    firsts = _beginnings(rounds.segment) if discount < 1 else [0]
    edges = [*firsts, len(rounds)]
    if isinstance(bandit, LinUcb):
        ages = np.repeat(np.arange(len(firsts))[::-1], np.diff(edges))
        bandit.update_all(
            rounds.arm,
            rounds.context,
            rounds.reward,
            weights=np.power(discount, ages),
            kept=discount ** max(len(firsts) - 1, 0),
        )
        return
    for start, end in pairwise(edges):
        if start:
            bandit.forget(discount)
        rows = zip(
            rounds.context[start:end],
            rounds.arm[start:end].tolist(),
            rounds.reward[start:end].tolist(),
            strict=True,
        )
        for context, arm, reward in rows:
            bandit.update(arm, context, reward)


def _beginnings(segments: NDArray[np.int64]) -> list[int]:
    """Return where a new segment begins."""
    changes = [0, *((segments[1:] != segments[:-1]).nonzero()[0] + 1).tolist()][: len(segments)]
    first: dict[int, int] = {}
    for place, segment in zip(changes, segments[changes].tolist(), strict=True):
        first.setdefault(segment, place)
    return list(first.values())


def batch_shares(bandit: Bandit, contexts: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the share of each arm in a batch whose rewards come only after its end.

    A bandit that mixes by chance shares by its mean probabilities. An optimist would give the
    whole batch to one arm: it is told after each round that the arm earned what was expected, so
    that its doubts about the arm shrink while its expectations stay.

    Args:
        bandit: Stays as it is.
        contexts: Of the rounds of the batch.

    References:
        Desautels, Krause and Burdick (2014), JMLR 15, 4053-4103 (hallucinated rewards).
    """
    if isinstance(bandit, LinUcb) and (contexts == contexts[0]).all():
        alike = bandit.choices(contexts[0], len(contexts))
        return np.bincount(alike, minlength=len(bandit.theta)) / len(contexts)
    if not isinstance(bandit, Optimist):
        return np.asarray(bandit.probabilities(contexts).mean(axis=0))
    scratch = deepcopy(bandit)
    n = np.zeros(bandit.probabilities(contexts[:1]).shape[1])
    for context in contexts:
        arm = scratch.choose(context)
        scratch.update(arm, context, bandit.expected(arm, context))
        n[arm] += 1
    return n / len(contexts)


def replayed(bandit: Bandit, rounds: Rounds, *, seed: int = 0, level: float = 0.95) -> Replay:
    """Return how a bandit would have done that learns only from rounds it would have chosen so.

    A round counts where the bandit chooses the logged arm. Where propensities differ it is then
    kept with the probability (smallest propensity) / (its propensity), which makes the log as if
    it were uniform.

    Args:
        bandit: Chooses and learns.
        rounds: In order of time, all with a propensity.
        seed: Decides which rounds are kept where propensities differ.
        level: Confidence level of the interval, 0 to 1.

    Raises:
        ValueError: A propensity is unknown or 0: nothing is known of such a log.

    References:
        Li, Chu, Langford and Wang (2011), WSDM, algorithm 2; Dudík, Erhan, Langford and Li (2012),
        UAI (rejection sampling).
    """
    if not (rounds.propensity > 0).all():
        raise ValueError("propensity: expected above 0 in all rounds of a log that is replayed")
    kept = _kept(rounds.propensity, seed)
    earned: list[float] = []
    columns = (rounds.arm.tolist(), rounds.reward.tolist(), kept.tolist())
    for context, arm, reward, counts in zip(rounds.context, *columns, strict=True):
        if counts and bandit.choose(context) == arm:
            bandit.update(arm, context, reward)
            earned.append(reward)
    return _replay(np.array(earned), len(rounds), level)


def _kept(propensity: NDArray[np.float64], seed: int) -> NDArray[np.bool_]:
    """Return which rounds make up a uniform log."""
    share = propensity.min(initial=1.0) / propensity
    return np.asarray(np.random.default_rng((seed, APART)).random(len(share)) < share)


def _replay(earned: NDArray[np.float64], n: int, level: float) -> Replay:
    mean = float(earned.mean()) if len(earned) else np.nan
    low = high = np.nan
    if len(earned) >= FEWEST:
        found = mean_interval(mean, float(earned.std(ddof=1)), len(earned), level=level)
        low, high = found.low, found.high
    return Replay(n=n, n_matched=len(earned), reward=mean, low=low, high=high, level=level)

"""The value of a policy on logged rounds: by their propensities, a model of rewards, or both."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np

from optimizer.models.dataclass import dataclass
from optimizer.stats import off_policy as kernels

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from optimizer.learning.logged import Rounds
    from optimizer.stats.off_policy import PolicyValue
    from optimizer.stats.results import Difference

FOLDS = 2
"""Parts of the rounds; the rewards of each are predicted from the others."""


class PropensitySource(StrEnum):
    """Where the propensities come from."""

    LOGGED = "logged"
    ESTIMATED = "estimated"
    """The share of the arm among the rounds of its segment: right where chance alone decided."""


class Estimator(StrEnum):
    """How a value is estimated."""

    IPS = "ips"
    SNIPS = "snips"
    DOUBLY_ROBUST = "doubly_robust"


@dataclass(frozen=True, slots=True, kw_only=True)
class Log:
    """Rounds that policies can be valued on.

    Attributes:
        rounds: Those with a known or estimated propensity.
        propensity: Of the arm that was chosen, above 0.
        source: Where it comes from.
        predicted: Reward expected of every arm in every round, from rounds of other units.
        n_left_out: Rounds of which nothing can be said: only one arm was there to choose.
    """

    rounds: Rounds
    propensity: NDArray[np.float64]
    source: PropensitySource
    predicted: NDArray[np.float64]
    n_left_out: int


def always(arm: int, log: Log) -> NDArray[np.float64]:
    """Return the policy that takes one arm in every round: a row of probabilities per round."""
    policy = np.zeros((len(log.rounds), log.rounds.n_arms))
    policy[:, arm] = 1.0
    return policy


def prepared(rounds: Rounds, *, ridge: float) -> Log:
    """Return a log with its propensities and its model of rewards.

    Args:
        rounds: In any order. Propensities are estimated of all where one of them is unknown
            or no probability.
        ridge: Penalty on the coefficients of the model, in rounds; positive.
    """
    if len(rounds) and ((rounds.propensity > 0) & (rounds.propensity <= 1)).all():
        propensity, source = rounds.propensity, PropensitySource.LOGGED
        usable = np.ones(len(rounds), dtype=np.bool_)
    else:
        propensity, source = _shares(rounds), PropensitySource.ESTIMATED
        usable = propensity < 1
    kept = rounds.where(usable)
    return Log(
        rounds=kept,
        propensity=propensity[usable],
        source=source,
        predicted=predicted(kept, ridge=ridge),
        n_left_out=len(rounds) - len(kept),
    )


def value(
    policy: NDArray[np.float64],
    log: Log,
    *,
    estimator: Estimator = Estimator.DOUBLY_ROBUST,
    clip: float | None = None,
    bounds: kernels.Bounds = "adjusted",
    seed: int = 0,
    level: float = 0.95,
) -> PolicyValue:
    """Return the mean reward that a policy would have had.

    Args:
        policy: Probability of each arm in each round of the log.
        log: The rounds.
        estimator: How.
        clip: Largest weight of a round, or None.
        bounds: How the interval is made.
        seed: Of bootstrap bounds.
        level: Confidence level of the interval, 0 to 1.

    Raises:
        ValueError: Fewer than two independent units, or a reward outside of 0 to 1.
    """
    rounds = log.rounds
    target = policy[np.arange(len(rounds)), rounds.arm]
    columns = (rounds.reward, log.propensity, target)
    match estimator:
        case Estimator.IPS:
            return kernels.ips(
                *columns, units=rounds.unit, clip=clip, bounds=bounds, seed=seed, level=level
            )
        case Estimator.SNIPS:
            return kernels.snips(
                *columns, units=rounds.unit, clip=clip, bounds=bounds, seed=seed, level=level
            )
        case Estimator.DOUBLY_ROBUST:
            return kernels.doubly_robust(
                *columns,
                _of_the_chosen(log),
                (policy * log.predicted).sum(axis=1),
                units=rounds.unit,
                clip=clip,
                bounds=bounds,
                seed=seed,
                level=level,
            )


def gain(
    first: NDArray[np.float64],
    second: NDArray[np.float64],
    log: Log,
    *,
    clip: float | None = None,
    level: float = 0.95,
) -> Difference:
    """Return how much more a second policy would have earned than a first, doubly robust.

    Args:
        first: Probability of each arm in each round of the log.
        second: The same.
        log: The rounds.
        clip: Largest weight of a round, or None.
        level: Confidence level of the interval, 0 to 1.

    Raises:
        ValueError: As `value`.
    """
    rounds, places = log.rounds, np.arange(len(log.rounds))
    return kernels.doubly_robust_difference(
        rounds.reward,
        log.propensity,
        first[places, rounds.arm],
        second[places, rounds.arm],
        _of_the_chosen(log),
        (first * log.predicted).sum(axis=1),
        (second * log.predicted).sum(axis=1),
        units=rounds.unit,
        clip=clip,
        level=level,
    )


def predicted(rounds: Rounds, *, ridge: float, folds: int = FOLDS) -> NDArray[np.float64]:
    """Return the reward expected of every arm in every round, by ridge regression per arm.

    The rounds of a unit are predicted from those of other folds only. An arm without any there is
    predicted to earn their mean, as is every arm of a log of a single fold.

    Args:
        rounds: In any order; the first feature of a context is 1 and is not penalized.
        ridge: Penalty on the other coefficients, in rounds; positive.
        folds: Parts that the units are dealt into.
    """
    if not len(rounds):
        return np.empty((0, rounds.n_arms))
    fold = np.unique(rounds.unit, return_inverse=True)[1] % folds
    found = np.full((len(rounds), rounds.n_arms), rounds.reward.mean() if len(rounds) else np.nan)
    for held_out in range(folds):
        inside = fold == held_out
        if not inside.any() or inside.all():
            continue
        rest = rounds.where(~inside)
        found[inside] = rest.reward.mean()
        for arm in np.unique(rest.arm):
            own = rest.where(rest.arm == arm)
            theta = _ridge(own.context, own.reward, ridge)
            found[inside, arm] = rounds.context[inside] @ theta
    least, most = rounds.reward.min(initial=1.0), rounds.reward.max(initial=0.0)
    return np.asarray(np.clip(found, least, most))


def _ridge(x: NDArray[np.float64], y: NDArray[np.float64], penalty: float) -> NDArray[np.float64]:
    """Return coefficients around the mean of y, all but the first of them penalized."""
    mean = y.mean()
    penalties = np.full(x.shape[1], penalty)
    penalties[0] = 0.0
    theta = np.linalg.lstsq(x.T @ x + np.diag(penalties), x.T @ (y - mean), rcond=None)[0]
    theta[0] += mean
    return np.asarray(theta)


def _shares(rounds: Rounds) -> NDArray[np.float64]:
    """Return the share of each round's arm among the rounds of its segment."""
    if not len(rounds):
        return np.zeros(0)
    segments, segment = np.unique(rounds.segment, return_inverse=True)
    own = segment * rounds.n_arms + rounds.arm
    counts = np.bincount(own, minlength=len(segments) * rounds.n_arms)
    return np.asarray(counts[own] / np.bincount(segment)[segment])


def _of_the_chosen(log: Log) -> NDArray[np.float64]:
    return np.asarray(log.predicted[np.arange(len(log.rounds)), log.rounds.arm])

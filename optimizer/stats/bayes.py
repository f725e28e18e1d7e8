"""What Beta and Dirichlet priors say of rates once outcomes are counted; nothing is sampled."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from optimizer.models.dataclass import dataclass
from optimizer.stats.betas import Beta, difference_below, points_between, scaled_below
from optimizer.stats.bisection import turning_point
from optimizer.stats.counts import checked_pairs, checked_rate
from optimizer.stats.intervals import Interval
from optimizer.stats.student import require_level


@dataclass(frozen=True, slots=True, kw_only=True)
class Posterior:
    """What is believed of the difference of two rates, second minus first.

    Attributes:
        p_better: Probability that the second rate is above the first, 0 to 1.
        loss_second: Expected shortfall of the second, E max(first - second, 0), 0 to 1: the price
            of choosing the second.
        loss_first: Expected shortfall of the first, E max(second - first, 0), 0 to 1: the price
            of keeping the first.
        estimate: Posterior mean of the difference, -1 to 1.
        low: Lower bound of the equal-tailed credible interval of the difference.
        high: Upper bound.
        level: Probability inside the bounds, 0 to 1.
        n: Observations of both together (pairs, for paired outcomes).
    """

    p_better: float
    loss_second: float
    loss_first: float
    estimate: float
    low: float
    high: float
    level: float
    n: int


def jeffreys(
    successes: int, n: int, *, level: float = 0.95, prior: tuple[float, float] = (0.5, 0.5)
) -> Interval:
    """Return the equal-tailed credible interval of a rate under a Beta prior, Jeffreys' by default.

    Args:
        successes: How many of the observations succeeded.
        n: Number of observations; with 0 it is the prior that answers.
        level: Probability inside the bounds, 0 to 1.
        prior: The two shapes of the prior.

    Raises:
        ValueError: A count is negative or not whole, successes exceed n, a shape is not positive,
            or the level is not between 0 and 1.

    Assumes:
        Independent outcomes of one rate; a prior that is meant.

    Formula:
        The (1 - level) / 2 and (1 + level) / 2 quantiles of Beta(successes + a, n - successes +
        b), also where none or all succeed. The estimate is the posterior mean.

    Not for:
        A guaranteed coverage (`clopper_pearson`); clustered outcomes.

    References:
        Brown, Cai and DasGupta (2001), Stat Sci 16, 101-133.
    """
    from scipy.special import betaincinv

    rate = _posterior_rate(successes, n, prior)
    require_level(level)
    tail = (1 - level) / 2
    return Interval(
        estimate=rate.mean,
        low=float(betaincinv(rate.a, rate.b, tail)),
        high=1 - float(betaincinv(rate.b, rate.a, tail)),
        level=level,
        n=int(n),
        n_effective=int(n),
    )


def beta_binomial(
    first_successes: int,
    first_n: int,
    second_successes: int,
    second_n: int,
    *,
    prior: tuple[float, float] = (1, 1),
    level: float = 0.95,
) -> Posterior:
    """Return what two independent samples say of the difference of their rates.

    Args:
        first_successes: Successes of the first sample.
        first_n: Its size; 0 leaves the prior.
        second_successes: Successes of the second sample.
        second_n: Its size; 0 leaves the prior.
        prior: The two shapes of the Beta prior of either rate.
        level: Probability inside the credible interval, 0 to 1.

    Raises:
        ValueError: A count is negative or not whole, successes exceed their sample, a shape is
            not positive, or the level is not between 0 and 1.

    Assumes:
        Two independent samples of independent outcomes; the same prior for both rates.

    Formula:
        p_better = integral of P(first < x) over the posterior of the second; the losses and the
        distribution of the difference are integrals of the same kind, the bounds its quantiles.

    Not for:
        The same units under both (`paired_dirichlet`). p_better > 0.95 is no test at 5 %, and
        stopping at it is not safe.

    References:
        Berry (1996), Statistics: A Bayesian Perspective, ch. 7-8; Stucchio (2015), Bayesian A/B
        Testing at VWO (expected loss).
    """
    from scipy.special import expit

    first = _posterior_rate(first_successes, first_n, prior)
    second = _posterior_rate(second_successes, second_n, prior)
    require_level(level)
    nodes, weights = points_between(first.breaks(), second.breaks())
    density = first.density(nodes, weights)
    above, far_above = second.above(nodes), second.above(nodes, shift=1)
    below, far_below = second.below(nodes), second.below(nodes, shift=1)
    x = expit(nodes)
    low, high = _bounds(difference_below(first, second), level)
    return Posterior(
        p_better=min(float(density @ above), 1.0),
        loss_second=max(float(density @ (x * below - second.mean * far_below)), 0.0),
        loss_first=max(float(density @ (second.mean * far_above - x * above)), 0.0),
        estimate=second.mean - first.mean,
        low=low,
        high=high,
        level=level,
        n=int(first_n) + int(second_n),
    )


def paired_dirichlet(
    b: int, c: int, n: int, *, prior: float = 0.5, level: float = 0.95
) -> Posterior:
    """Return what paired outcomes say of the difference of the two rates.

    Args:
        b: Pairs where only the first succeeds.
        c: Pairs where only the second succeeds.
        n: All pairs.
        prior: Shape of the symmetric Dirichlet prior on the four outcomes of a pair.
        level: Probability inside the credible interval, 0 to 1.

    Raises:
        ValueError: A count is negative or not whole, n is 0, b + c exceed n, the prior is not
            positive, or the level is not between 0 and 1.

    Assumes:
        Independent pairs, one outcome per side.

    Formula:
        p_better = 1 - I_1/2(s, r), s = c + prior, r = b + prior; loss_second = E[T] (I_1/2(s, r) -
        2 u I_1/2(s + 1, r)), u = s / (s + r), E[T] = (s + r) / (n + 4 prior), loss_first likewise
        from the other side. The difference is T (2V - 1), T ~ Beta(s + r, rest), V ~ Beta(s, r).

    Not for:
        Repeats, scores or clusters. p_better > 0.95 is no test at 5 % (`mcnemar_midp`), and
        stopping at it is not safe.

    References:
        Altham (1971), Biometrika 58, 561-576; Stucchio (2015) (expected loss).
    """
    b, c, n = checked_pairs(b, c, n)
    _require_shapes(prior)
    require_level(level)
    side = Beta(c + prior, b + prior)
    discordant = Beta(side.a + side.b, n - b - c + 2 * prior)
    low, high = _bounds(scaled_below(discordant, side), level)
    return Posterior(
        p_better=side.above_half(),
        loss_second=discordant.mean * side.mirrored().excess_over_half(),
        loss_first=discordant.mean * side.excess_over_half(),
        estimate=(c - b) / (n + 4 * prior),
        low=low,
        high=high,
        level=level,
        n=n,
    )


def posterior_best(
    successes: Sequence[int], n: Sequence[int], *, prior: tuple[float, float] = (1, 1)
) -> list[float]:
    """Return the probability of each of several rates to be the highest; they sum to 1.

    Args:
        successes: Successes of each sample.
        n: Size of each sample; 0 leaves the prior.
        prior: The two shapes of the Beta prior of every rate.

    Raises:
        ValueError: There is no sample, the lengths differ, a count is negative or not whole,
            successes exceed their sample, or a shape is not positive.

    Assumes:
        Independent samples of independent outcomes; the same prior for every rate.

    Formula:
        Integral of the posterior density of one rate times P(rate < x) of each other.

    Not for:
        Naming a winner after many looks; it says where to look next.

    References:
        Thompson (1933), Biometrika 25, 285-294; Scott (2010), Appl Stoch Models Bus Ind 26.
    """
    if len(successes) != len(n) or len(n) == 0:
        raise ValueError(
            f"successes and n must be as many, at least one, got {len(successes)} and {len(n)}"
        )
    rates = [_posterior_rate(k, size, prior) for k, size in zip(successes, n, strict=True)]
    nodes, weights = points_between(*(rate.breaks() for rate in rates))
    below = np.array([rate.below(nodes) for rate in rates])
    shares = np.array(
        [
            rate.density(nodes, weights) @ np.delete(below, place, axis=0).prod(axis=0)
            for place, rate in enumerate(rates)
        ]
    )
    return [float(share) for share in shares / shares.sum()]


def _posterior_rate(successes: int, n: int, prior: tuple[float, float]) -> Beta:
    k, size = checked_rate(successes, n, fewest=0)
    _require_shapes(*prior)
    return Beta(k + prior[0], size - k + prior[1])


def _require_shapes(*shapes: float) -> None:
    for shape in shapes:
        if not 0 < shape < np.inf:
            raise ValueError(f"a shape of the prior must be positive, got {shape}")


def _bounds(cdf: Callable[[float], float], level: float) -> tuple[float, float]:
    """Return the two quantiles that leave (1 - level) / 2 outside, of a difference of rates."""
    tail = (1 - level) / 2
    return (
        turning_point(lambda difference: cdf(difference) < tail, -1.0, 1.0),
        turning_point(lambda difference: cdf(difference) < 1 - tail, -1.0, 1.0),
    )

"""How large a difference is, on scales that do not depend on the unit; second minus first."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from optimizer.stats.counts import checked_rate, two_sided_z
from optimizer.stats.results import Ratio

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

MANY_DF = 1e5
"""From here on the approximation of J has more digits than a difference of log gammas."""


def cohens_h(first: float, second: float) -> float:
    """Return Cohen's h, the difference of two rates on the arcsine scale, -pi to pi.

    Args:
        first: First rate, 0 to 1.
        second: Second rate, 0 to 1.

    Raises:
        ValueError: A rate is not between 0 and 1.

    Assumes:
        Nothing beyond two rates; the scale makes the variance nearly the same everywhere.

    Formula:
        2 asin sqrt(second) - 2 asin sqrt(first).

    Not for:
        Readers: rates themselves are easier to understand. It says nothing of certainty.

    References:
        Cohen (1988), Statistical Power Analysis for the Behavioral Sciences, ch. 6.
    """
    for rate in (first, second):
        if not 0 <= rate <= 1:
            raise ValueError(f"a rate must be between 0 and 1, got {rate}")
    return 2 * math.asin(math.sqrt(second)) - 2 * math.asin(math.sqrt(first))


def d_z(differences: ArrayLike) -> float:
    """Return Cohen's d_z, the mean of paired differences in their standard deviations.

    Args:
        differences: Second minus first of each pair, two at least.

    Raises:
        ValueError: There are fewer than two, or one is not finite.

    Assumes:
        Independent pairs.

    Formula:
        mean / sd, the sd with denominator n - 1; NaN where all differences are the same.

    Not for:
        Comparing with unpaired studies: it grows with the correlation of the pairs (`d_av`).

    References:
        Cohen (1988), ch. 2; Lakens (2013), Front Psychol 4:863.
    """
    values = _sample("differences", differences)
    return _over(float(values.mean()), _sd(values))


def d_av(first: ArrayLike, second: ArrayLike) -> float:
    """Return the mean paired difference in standard deviations of a single measurement.

    Args:
        first: First value of each pair, two pairs at least.
        second: Second value of each pair, in the same order.

    Raises:
        ValueError: There are fewer than two, the lengths differ, or a value is not finite.

    Assumes:
        Independent pairs; spreads that are much alike.

    Formula:
        (mean2 - mean1) / sqrt((var1 + var2) / 2), variances with denominator n - 1; NaN where
        both are 0.

    Not for:
        Power of a paired test (`d_z`).

    References:
        Cumming (2012), Understanding the New Statistics, ch. 11; Lakens (2013).
    """
    one, other = _sample("first", first), _sample("second", second)
    if len(one) != len(other):
        raise ValueError(f"pairs need equal lengths, got {len(one)} and {len(other)}")
    spread = math.sqrt((_sd(one) ** 2 + _sd(other) ** 2) / 2)
    return _over(float(other.mean() - one.mean()), spread)


def hedges_g(first: ArrayLike, second: ArrayLike) -> float:
    """Return Hedges' g, the mean difference in pooled standard deviations, without small-n bias.

    Args:
        first: First sample, two values at least.
        second: Second sample, two values at least.

    Raises:
        ValueError: A sample has fewer than two values, or a value is not finite.

    Assumes:
        Two samples of equal variance, near normal.

    Formula:
        J(df) (mean2 - mean1) / sp, sp^2 = ((n1 - 1) var1 + (n2 - 1) var2) / df, df = n1 + n2 - 2,
        J of `hedges_j`; NaN where sp is 0. With samples of equal size it is J(df) d_av.

    Not for:
        Skewed values or ordered grades (`cliffs_delta`).

    References:
        Hedges (1981), J Educ Stat 6, 107-128.
    """
    one, other = _sample("first", first), _sample("second", second)
    df = len(one) + len(other) - 2
    squares = (len(one) - 1) * _sd(one) ** 2 + (len(other) - 1) * _sd(other) ** 2
    return hedges_j(df) * _over(float(other.mean() - one.mean()), math.sqrt(squares / df))


def hedges_j(df: float) -> float:
    """Return the factor that takes the small-sample bias off a standardized difference.

    Args:
        df: Degrees of freedom of the standard deviation.

    Raises:
        ValueError: df is not above 1, where the bias has no bound.

    Assumes:
        Normal values.

    Formula:
        G(df / 2) / (sqrt(df / 2) G((df - 1) / 2)), G the gamma function; above a df of 100,000
        1 - 3 / (4 df - 1), the same to 11 digits.

    Not for:
        Differences of rates or ranks.

    References:
        Hedges (1981), J Educ Stat 6, 107-128.
    """
    if not 1 < df < math.inf:
        raise ValueError(f"df must be above 1 and finite, got {df}")
    if df > MANY_DF:
        return 1 - 3 / (4 * df - 1)
    return math.exp(math.lgamma(df / 2) - math.lgamma((df - 1) / 2)) / math.sqrt(df / 2)


def cliffs_delta(first: ArrayLike, second: ArrayLike) -> float:
    """Return Cliff's delta, how much more often the second is above than below, -1 to 1.

    Args:
        first: First sample, at least one value.
        second: Second sample, at least one value.

    Raises:
        ValueError: A sample is empty, or a value is not finite.

    Assumes:
        Two independent samples; an order of the values is enough.

    Formula:
        P(second > first) - P(second < first) over all pairs of one from each; by sorting.

    Not for:
        Pairs of the same unit (`d_z`, or the share of pairs that rise); amounts that add up.

    References:
        Cliff (1993), Psychol Bull 114, 494-509.
    """
    one = np.sort(_sample("first", first, fewest=1))
    other = _sample("second", second, fewest=1)
    lower = int(np.searchsorted(one, other, side="left").sum())
    not_higher = int(np.searchsorted(one, other, side="right").sum())
    n_pairs = len(one) * len(other)
    return (lower - (n_pairs - not_higher)) / n_pairs


def odds_ratio(
    first_successes: int,
    first_n: int,
    second_successes: int,
    second_n: int,
    *,
    level: float = 0.95,
) -> Ratio:
    """Return the ratio of the odds of success of two independent samples, second over first.

    Args:
        first_successes: Successes of the first sample.
        first_n: Its size.
        second_successes: Successes of the second sample.
        second_n: Its size.
        level: Two-sided confidence level, 0 to 1.

    Raises:
        ValueError: A count is negative or not whole, a sample is empty, successes exceed it, or
            the level is not between 0 and 1.

    Assumes:
        Two independent samples of independent outcomes.

    Formula:
        Odds o = x / (n - x); log interval log(o2 / o1) +- z SE, SE^2 the sum of 1 / count over the
        four counts; p from the same z. With a count of 0 the estimate is 0 or infinite, and the
        interval and p are those after adding 1/2 to each. Where all or none succeed it is NaN,
        0 to infinity, and p is 1. n is both samples.

    Not for:
        The same units under both (`discordant_odds_ratio`); reading as a ratio of rates.

    References:
        Woolf (1955), Ann Hum Genet 19, 251-253; Gart (1966), Biometrika 53.
    """
    x1, n1 = checked_rate(first_successes, first_n)
    x2, n2 = checked_rate(second_successes, second_n)
    z = two_sided_z(level)
    n = n1 + n2
    if x1 + x2 in (0, n):
        return Ratio(estimate=math.nan, low=0.0, high=math.inf, level=level, p_value=1.0, n=n)
    up, down = x2 * (n1 - x1), x1 * (n2 - x2)
    counts = (x1, n1 - x1, x2, n2 - x2)
    shift = 0.0 if all(counts) else 0.5
    first_yes, first_no, second_yes, second_no = (count + shift for count in counts)
    centre = math.log(second_yes) - math.log(second_no) - math.log(first_yes) + math.log(first_no)
    error = math.sqrt(sum(1 / (count + shift) for count in counts))
    return Ratio(
        estimate=up / down if down else math.inf,
        low=math.exp(centre - z * error),
        high=math.exp(centre + z * error),
        level=level,
        p_value=math.erfc(abs(centre) / error / math.sqrt(2)),
        n=n,
    )


def _sample(name: str, values: ArrayLike, *, fewest: int = 2) -> NDArray[np.float64]:
    sample = np.asarray(values, dtype=np.float64)
    if sample.ndim != 1 or len(sample) < fewest:
        raise ValueError(f"{name} must be a row of at least {fewest}, got shape {sample.shape}")
    if not np.isfinite(sample).all():
        raise ValueError(f"{name} must be finite, got NaN or infinity")
    return sample


def _sd(sample: NDArray[np.float64]) -> float:
    """Return the standard deviation, exactly 0 where all values are the same."""
    return float(sample.std(ddof=1)) if sample.min() < sample.max() else 0.0


def _over(difference: float, spread: float) -> float:
    return difference / spread if spread > 0 else math.nan

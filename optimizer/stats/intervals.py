"""Intervals for one rate, one mean, and the difference of two independent rates."""

from __future__ import annotations

import math

from optimizer.models.dataclass import dataclass
from optimizer.stats.quantiles import beta_quantile, normal_quantile, t_quantile
from optimizer.stats.student import require_level


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """An estimate and its bounds.

    Attributes:
        estimate: The point estimate, in the unit of the data.
        low: Lower bound.
        high: Upper bound.
        level: Confidence level, 0 to 1.
        n: Number of observations.
        n_effective: How many independent observations the bounds count.
    """

    estimate: float
    low: float
    high: float
    level: float
    n: int
    n_effective: float


@dataclass(frozen=True, slots=True, kw_only=True)
class RateDifference:
    """Second rate minus first.

    Attributes:
        estimate: Second rate minus first, -1 to 1.
        low: Lower bound.
        high: Upper bound.
        level: Confidence level, 0 to 1.
        n_first: Observations behind the first rate.
        n_second: Observations behind the second rate.
    """

    estimate: float
    low: float
    high: float
    level: float
    n_first: int
    n_second: int


def wilson(
    successes: float, n: int, *, level: float = 0.95, n_effective: float | None = None
) -> Interval:
    """Return the Wilson score interval of a rate.

    Args:
        successes: How many of the observations succeeded; need not be whole where an observation
            is a mean of several.
        n: Number of observations.
        level: Two-sided confidence level, 0 to 1.
        n_effective: How many independent observations would know the rate as well, where they
            are not independent; None where they are. With it the interval is that of Korn and
            Graubard (1998, Survey Methodology 24, 193-201), in Wilson's form.

    Raises:
        ValueError: n or n_effective is not positive, successes is not between 0 and n, or the
            level is not between 0 and 1.

    Assumes:
        Independent outcomes of one rate, or an `n_effective` that makes up for it.

    Formula:
        All rates p with |k/n - p| <= z sqrt(p (1 - p) / m), m = n or `n_effective`: (k/n + z^2/2m
        +- z sqrt(k/n (1 - k/n) / m + z^2/4m^2)) / (1 + z^2/m).

    Not for:
        Single bounds near 0 or 1 that an action hangs on (`clopper_pearson`).

    References:
        Wilson (1927), JASA 22, 209-212; Newcombe (1998), Stat Med 17, 857-872, method 3.
    """
    if n < 1 or not 0 <= successes <= n:
        raise ValueError(f"successes must be within 0 and n >= 1, got {successes} of {n}")
    require_level(level)
    z = normal_quantile((1 + level) / 2)
    rate = successes / n
    m = _effective(n, n_effective)
    centre = (rate + z * z / (2 * m)) / (1 + z * z / m)
    half = z * math.sqrt(rate * (1 - rate) / m + z * z / (4 * m * m)) / (1 + z * z / m)
    return Interval(
        estimate=rate,
        low=0.0 if successes == 0 else max(centre - half, 0.0),
        high=1.0 if successes == n else min(centre + half, 1.0),
        level=level,
        n=n,
        n_effective=m,
    )


def clopper_pearson(
    successes: int, n: int, *, level: float = 0.95, n_effective: float | None = None
) -> Interval:
    """Return the exact interval of a rate: it covers at least at its level, however small n.

    Wilson's is shorter, but its one-sided coverage falls below the level near 0 and 1; use this
    one where an action hangs on a single bound.

    Args:
        successes: As in `wilson`.
        n: As in `wilson`.
        level: As in `wilson`.
        n_effective: As in `wilson`.

    Raises:
        ValueError: As in `wilson`.

    Assumes:
        Independent outcomes of one rate, or an `n_effective` that makes up for it.

    Formula:
        The (1 - level) / 2 quantile of Beta(k, n - k + 1) to the (1 + level) / 2 quantile of
        Beta(k + 1, n - k); 0 where k = 0 and 1 where k = n.

    Not for:
        Display beside other rates: it is wider than its level asks (`wilson`).

    References:
        Clopper and Pearson (1934), Biometrika 26, 404-413; Korn and Graubard (1998).
    """
    if n < 1 or not 0 <= successes <= n:
        raise ValueError(f"successes must be within 0 and n >= 1, got {successes} of {n}")
    require_level(level)
    m = _effective(n, n_effective)
    k = successes * m / n
    tail = (1 - level) / 2
    return Interval(
        estimate=successes / n,
        low=0.0 if successes == 0 else beta_quantile(tail, k, m - k + 1),
        high=1.0 if successes == n else beta_quantile(1 - tail, k + 1, m - k),
        level=level,
        n=n,
        n_effective=m,
    )


def mean_interval(mean: float, sd: float, n: int, *, level: float = 0.95) -> Interval:
    """Return Student's t interval of a mean from its summary.

    Args:
        mean: Mean of the observations.
        sd: Their sample standard deviation (denominator n - 1).
        n: Number of observations, assumed independent.
        level: Two-sided confidence level, 0 to 1.

    Raises:
        ValueError: n is below 2, sd is negative, or the level is not between 0 and 1.

    Assumes:
        Independent observations, near normal or many.

    Formula:
        mean +- t sd / sqrt(n), t the (1 + level) / 2 quantile of Student's t with n - 1 df.

    Not for:
        Rates (`wilson`), or clustered observations counted one by one.

    References:
        Student (1908), Biometrika 6, 1-25.
    """
    if n < 2 or sd < 0:  # noqa: PLR2004 - one observation has no spread
        raise ValueError(f"need n >= 2 and sd >= 0, got n = {n}, sd = {sd}")
    require_level(level)
    half = t_quantile((1 + level) / 2, n - 1) * sd / math.sqrt(n)
    return Interval(
        estimate=mean, low=mean - half, high=mean + half, level=level, n=n, n_effective=n
    )


def prediction_interval(
    mean: float, sd: float, n: int, *, more: int = 1, level: float = 0.95
) -> Interval:
    """Return the interval in which the mean of further observations will lie.

    Args:
        mean: Mean of the observations so far.
        sd: Their sample standard deviation (denominator n - 1).
        n: Number of observations so far.
        more: Number of further observations.
        level: Two-sided probability, 0 to 1.

    Raises:
        ValueError: n is below 2, more below 1, sd is negative, or the level is not between 0
            and 1.

    Assumes:
        Independent observations of one normal distribution, those to come included. With one to
        come, no number of observations makes up for a distribution that is not normal.

    Formula:
        mean +- t sd sqrt(1/more + 1/n), t the (1 + level) / 2 quantile of Student's t with n - 1
        df.

    Not for:
        The mean itself (`mean_interval`), or series that rise, fall or swing with the week.

    References:
        Hahn and Meeker (1991), Statistical Intervals, section 4.7.
    """
    if n < 2 or more < 1 or sd < 0:  # noqa: PLR2004 - one observation has no spread
        raise ValueError(f"need n >= 2, more >= 1 and sd >= 0, got {n}, {more} and {sd}")
    require_level(level)
    half = t_quantile((1 + level) / 2, n - 1) * sd * math.sqrt(1 / more + 1 / n)
    return Interval(
        estimate=mean, low=mean - half, high=mean + half, level=level, n=n, n_effective=n
    )


def newcombe(first: Interval, second: Interval) -> RateDifference:
    """Return Newcombe's hybrid score interval of the difference of two independent rates.

    Args:
        first: Wilson's interval of the first rate.
        second: Wilson's interval of the second rate, at the same level.

    Raises:
        ValueError: The levels differ.

    Assumes:
        Two independent samples of independent outcomes.

    Formula:
        D - sqrt((p2 - l2)^2 + (u1 - p1)^2) to D + sqrt((u2 - p2)^2 + (p1 - l1)^2), D = p2 - p1,
        l and u the Wilson bounds of each rate.

    Not for:
        The same units under both (`tango`, `newcombe_paired`); margins (`miettinen_nurminen`).

    References:
        Newcombe (1998), Stat Med 17, 873-890, method 10.
    """
    if first.level != second.level:
        raise ValueError(f"levels must be equal, got {first.level} and {second.level}")
    estimate = second.estimate - first.estimate
    below = math.hypot(second.estimate - second.low, first.high - first.estimate)
    above = math.hypot(second.high - second.estimate, first.estimate - first.low)
    return RateDifference(
        estimate=estimate,
        low=max(estimate - below, -1.0),
        high=min(estimate + above, 1.0),
        level=first.level,
        n_first=first.n,
        n_second=second.n,
    )


def _effective(n: int, n_effective: float | None) -> float:
    if n_effective is not None and not n_effective > 0:
        raise ValueError(f"n_effective must be above 0, got {n_effective}")
    return n if n_effective is None else n_effective

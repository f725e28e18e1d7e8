"""Tests and intervals for the rates of two independent samples, and for tables of counts.

Differences are second minus first. Newcombe's interval, the usual choice, is here from counts and
in `intervals` from two intervals.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from optimizer.stats.bisection import turning_point
from optimizer.stats.counts import checked_rate, two_sided_z
from optimizer.stats.intervals import Interval, RateDifference, newcombe, wilson
from optimizer.stats.results import Difference, HypothesisTest

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

Counts = tuple[int, int, int, int]


def pooled_z(
    first_successes: int,
    first_n: int,
    second_successes: int,
    second_n: int,
    *,
    continuity: bool = False,
) -> HypothesisTest:
    """Return the z test of two independent rates with the variance of their common rate.

    Args:
        first_successes: Successes of the first sample.
        first_n: Its size.
        second_successes: Successes of the second sample.
        second_n: Its size.
        continuity: Take (1 / first_n + 1 / second_n) / 2 off the distance, never past 0 (Yates).

    Raises:
        ValueError: A count is negative or not whole, a sample is empty, or successes exceed it.

    Assumes:
        Two independent samples of independent outcomes, large enough for a normal statistic.

    Formula:
        z = (p2 - p1) / sqrt(p (1 - p) (1/n1 + 1/n2)), p the rate of both together; two-sided. z^2
        is Pearson's chi-square. Where all or none succeed z is NaN and p is 1.

    Not for:
        The same units under both (`mcnemar_midp`); fewer than 20 a sample (`boschloo`).

    References:
        Pearson (1900), Phil Mag 50, 157-175; Yates (1934), J R Stat Soc Suppl 1, 217-235.
    """
    x1, n1, x2, n2 = _checked(first_successes, first_n, second_successes, second_n)
    pooled = (x1 + x2) / (n1 + n2)
    shares = 1 / n1 + 1 / n2
    distance = x2 / n2 - x1 / n1
    if continuity:
        distance = math.copysign(max(abs(distance) - shares / 2, 0.0), distance)
    return _z_test(distance, pooled * (1 - pooled) * shares, n1 + n2)


def unpooled_z(
    first_successes: int,
    first_n: int,
    second_successes: int,
    second_n: int,
    *,
    level: float = 0.95,
) -> Difference:
    """Return the Wald difference of two independent rates with its z test.

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
        Two independent samples of independent outcomes, large and with rates away from 0 and 1.

    Formula:
        SE^2 = p1 (1 - p1) / n1 + p2 (1 - p2) / n2; p2 - p1 +- z SE, not cut at -1 and 1. Where SE
        is 0 the statistic is NaN, and so is p unless the rates are equal, where it is 1.

    Not for:
        Small samples or rates near 0 or 1: it covers too little (`newcombe`, `miettinen_nurminen`).

    References:
        Newcombe (1998), Stat Med 17, 873-890, method 1.
    """
    x1, n1, x2, n2 = _checked(first_successes, first_n, second_successes, second_n)
    z = two_sided_z(level)
    estimate = x2 / n2 - x1 / n1
    error = math.sqrt(_unpooled_variance(x1, n1, x2, n2))
    test = _z_test(estimate, error * error, n1 + n2)
    return Difference(
        estimate=estimate,
        low=estimate - z * error,
        high=estimate + z * error,
        level=level,
        standard_error=error,
        statistic=test.statistic,
        df=None,
        p_value=test.p_value,
        n=n1 + n2,
    )


def newcombe_counts(
    first_successes: int,
    first_n: int,
    second_successes: int,
    second_n: int,
    *,
    level: float = 0.95,
) -> RateDifference:
    """Return Newcombe's hybrid score interval of the difference of two independent rates.

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
        Wilson's bounds l and u of each rate, d = p2 - p1:
        d - sqrt((p2 - l2)^2 + (u1 - p1)^2) to d + sqrt((u2 - p2)^2 + (p1 - l1)^2).

    Not for:
        The same units under both (`tango`); margins, where a test must agree with the interval
        (`miettinen_nurminen`).

    References:
        Newcombe (1998), Stat Med 17, 873-890, method 10.
    """
    x1, n1, x2, n2 = _checked(first_successes, first_n, second_successes, second_n)
    return newcombe(wilson(x1, n1, level=level), wilson(x2, n2, level=level))


def agresti_caffo(
    first_successes: int,
    first_n: int,
    second_successes: int,
    second_n: int,
    *,
    level: float = 0.95,
) -> Interval:
    """Return Agresti and Caffo's interval of the difference of two independent rates.

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
        The Wald interval after adding one success and one failure to each sample, cut at -1 and
        1. The estimate is p2 - p1 without them; n is both samples.

    Not for:
        The same units under both (`tango`); margins, where a test must agree with the interval
        (`miettinen_nurminen`).

    References:
        Agresti and Caffo (2000), Am Stat 54, 280-288.
    """
    x1, n1, x2, n2 = _checked(first_successes, first_n, second_successes, second_n)
    middle = (x2 + 1) / (n2 + 2) - (x1 + 1) / (n1 + 2)
    variance = _unpooled_variance(x1 + 1, n1 + 2, x2 + 1, n2 + 2)
    half = two_sided_z(level) * math.sqrt(variance)
    return Interval(
        estimate=x2 / n2 - x1 / n1,
        low=max(middle - half, -1.0),
        high=min(middle + half, 1.0),
        level=level,
        n=n1 + n2,
        n_effective=n1 + n2,
    )


def miettinen_nurminen(
    first_successes: int,
    first_n: int,
    second_successes: int,
    second_n: int,
    *,
    level: float = 0.95,
) -> Interval:
    """Return Miettinen and Nurminen's score interval of the difference of two independent rates.

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
        Two independent samples of independent outcomes; counts of 0 are fine.

    Formula:
        All D that `miettinen_nurminen_test` does not reject at 1 - level. n is both samples.

    Not for:
        The same units under both (`tango`).

    References:
        Miettinen and Nurminen (1985), Stat Med 4, 213-226.
    """
    counts = _checked(first_successes, first_n, second_successes, second_n)
    x1, n1, x2, n2 = counts
    z = two_sided_z(level)
    return Interval(
        estimate=x2 / n2 - x1 / n1,
        low=-_score_upper((x2, n2, x1, n1), z),
        high=_score_upper(counts, z),
        level=level,
        n=n1 + n2,
        n_effective=n1 + n2,
    )


def miettinen_nurminen_test(
    first_successes: int,
    first_n: int,
    second_successes: int,
    second_n: int,
    *,
    null: float = 0.0,
) -> HypothesisTest:
    """Return Miettinen and Nurminen's score test that the rates differ by `null`, two-sided.

    Args:
        first_successes: Successes of the first sample.
        first_n: Its size.
        second_successes: Successes of the second sample.
        second_n: Its size.
        null: The difference to test, second minus first.

    Raises:
        ValueError: A count is negative or not whole, a sample is empty, successes exceed it, or
            the null is not between -1 and 1.

    Assumes:
        Two independent samples of independent outcomes, large enough for a normal statistic.

    Formula:
        z = (p2 - p1 - null) / sqrt(V N / (N - 1)), V = r1 (1 - r1) / n1 + r2 (1 - r2) / n2 at the
        likeliest rates with r2 - r1 = null, N = n1 + n2. `farrington_manning` is without the
        factor N / (N - 1). Where V is 0 z is NaN and p is 1.

    Not for:
        The same units under both (`tango_test`). One-sided questions: p = P(Z >= z).

    References:
        Miettinen and Nurminen (1985), Stat Med 4, 213-226.
    """
    counts = _checked(first_successes, first_n, second_successes, second_n)
    distance, variance = _score_parts(counts, _checked_null(null))
    n = counts[1] + counts[3]
    return _z_test(distance, variance * n / (n - 1), n)


def farrington_manning(
    first_successes: int,
    first_n: int,
    second_successes: int,
    second_n: int,
    *,
    null: float = 0.0,
) -> HypothesisTest:
    """Return Farrington and Manning's score test that the rates differ by `null`, two-sided.

    Args:
        first_successes: Successes of the first sample.
        first_n: Its size.
        second_successes: Successes of the second sample.
        second_n: Its size.
        null: The difference to test, second minus first.

    Raises:
        ValueError: A count is negative or not whole, a sample is empty, successes exceed it, or
            the null is not between -1 and 1.

    Assumes:
        Two independent samples of independent outcomes, large enough for a normal statistic.

    Formula:
        As `miettinen_nurminen_test` without the factor N / (N - 1) of the variance; at null 0 it
        is `pooled_z`.

    Not for:
        The same units under both (`tango_test`). One-sided questions: p = P(Z >= z).

    References:
        Farrington and Manning (1990), Stat Med 9, 1447-1454.
    """
    counts = _checked(first_successes, first_n, second_successes, second_n)
    distance, variance = _score_parts(counts, _checked_null(null))
    return _z_test(distance, variance, counts[1] + counts[3])


def pearson_chi2(table: ArrayLike) -> HypothesisTest:
    """Return Pearson's chi-square test of independence, without a continuity correction.

    Args:
        table: Counts, at least two rows by two columns.

    Raises:
        ValueError: The table is smaller, empty, or holds what is no count.

    Assumes:
        Independent observations; expected counts of about 5 or more.

    Formula:
        Sum of (observed - expected)^2 / expected, expected = row total x column total / n;
        (rows - 1) (columns - 1) df. Where a row or column is all 0 it is NaN and p is 1. It has
        no direction.

    Not for:
        Small counts (`boschloo`), paired outcomes (`mcnemar_midp`).

    References:
        Pearson (1900), Phil Mag 50, 157-175.
    """
    from scipy.special import chdtrc

    observed = _checked_table(table)
    n = int(observed.sum())
    rows, columns = observed.sum(axis=1), observed.sum(axis=0)
    df = float((len(rows) - 1) * (len(columns) - 1))
    if not _has_all_margins(observed):
        return HypothesisTest(statistic=math.nan, p_value=1.0, n=n, df=df)
    expected = np.outer(rows, columns) / n
    statistic = float(((observed - expected) ** 2 / expected).sum())
    return HypothesisTest(statistic=statistic, p_value=float(chdtrc(df, statistic)), n=n, df=df)


def fisher(table: ArrayLike) -> HypothesisTest:
    """Return Fisher's exact test of a two by two table, two-sided.

    Args:
        table: [[first failures, second failures], [first successes, second successes]].

    Raises:
        ValueError: The table is not two by two, empty, or holds what is no count.

    Assumes:
        Independent observations; all four margins fixed.

    Formula:
        The sum of all hypergeometric probabilities up to that of the table. The statistic is the
        sample odds ratio, second over first; NaN where a row or column is all 0.

    Not for:
        Power: with only the sample sizes fixed `boschloo` rejects wherever this does, and more.

    References:
        Fisher (1935), J R Stat Soc 98, 39-82.
    """
    from scipy import stats

    counts = _checked_table(table, is_two_by_two=True)
    return _scipy_test(stats.fisher_exact(counts), counts)


def barnard(table: ArrayLike, pooled: bool = True) -> HypothesisTest:
    """Return Barnard's exact unconditional test of a two by two table, two-sided.

    Args:
        table: [[first failures, second failures], [first successes, second successes]].
        pooled: Whether the statistic has the variance of the common rate.

    Raises:
        ValueError: The table is not two by two, empty, or holds what is no count.

    Assumes:
        Two independent samples of independent outcomes; the column totals are fixed.

    Formula:
        The largest probability, over the common rate, of tables whose z is at least as far from
        0. The statistic is z, second minus first; NaN, with p 1, where a row or column is all 0.

    Not for:
        Large samples: time grows with n1 x n2 (`pooled_z`).

    References:
        Barnard (1947), Biometrika 34, 123-138; Suissa and Shuster (1985), J R Stat Soc A 148.
    """
    from scipy import stats

    counts = _checked_table(table, is_two_by_two=True)
    if not _has_all_margins(counts):
        return HypothesisTest(statistic=math.nan, p_value=1.0, n=int(counts.sum()))
    return _scipy_test(stats.barnard_exact(counts, pooled=pooled), counts)


def boschloo(table: ArrayLike) -> HypothesisTest:
    """Return Boschloo's exact unconditional test of a two by two table, two-sided.

    Args:
        table: [[first failures, second failures], [first successes, second successes]].

    Raises:
        ValueError: The table is not two by two, empty, or holds what is no count.

    Assumes:
        Two independent samples of independent outcomes; the column totals are fixed.

    Formula:
        Twice the smaller one-sided p, at most 1; that is the largest probability, over the common
        rate, of tables with a one-sided Fisher p up to this one's. The statistic is that Fisher p,
        without direction; NaN, with p 1, where a row or column is all 0.

    Not for:
        Large samples: time grows with n1 x n2 (`pooled_z`).

    References:
        Boschloo (1970), Stat Neerl 24, 1-35.
    """
    from scipy import stats

    counts = _checked_table(table, is_two_by_two=True)
    if not _has_all_margins(counts):
        return HypothesisTest(statistic=math.nan, p_value=1.0, n=int(counts.sum()))
    return _scipy_test(stats.boschloo_exact(counts), counts)


def _checked(x1: float, n1: float, x2: float, n2: float) -> Counts:
    return (*checked_rate(x1, n1), *checked_rate(x2, n2))


def _checked_null(null: float) -> float:
    if not -1 < null < 1:
        raise ValueError(f"null must be between -1 and 1, got {null}")
    return null


def _checked_table(table: ArrayLike, *, is_two_by_two: bool = False) -> NDArray[np.int64]:
    counts = np.asarray(table, dtype=np.float64)
    if counts.ndim != 2 or min(counts.shape) < 2:  # noqa: PLR2004 - a table
        raise ValueError(f"a table must be at least two by two, got shape {counts.shape}")
    if is_two_by_two and counts.shape != (2, 2):
        raise ValueError(f"a table must be two by two, got shape {counts.shape}")
    if not np.isfinite(counts).all() or (counts < 0).any() or (counts % 1).any():
        raise ValueError("a table must hold whole numbers of at least 0, got others")
    if not counts.any():
        raise ValueError("a table must hold at least one observation, got none")
    return counts.astype(np.int64)


def _has_all_margins(counts: NDArray[np.int64]) -> bool:
    return bool(counts.sum(axis=0).all() and counts.sum(axis=1).all())


def _scipy_test(found: Any, counts: NDArray[np.int64]) -> HypothesisTest:
    return HypothesisTest(
        statistic=float(found.statistic), p_value=float(found.pvalue), n=int(counts.sum())
    )


def _unpooled_variance(x1: int, n1: int, x2: int, n2: int) -> float:
    return x1 * (n1 - x1) / n1**3 + x2 * (n2 - x2) / n2**3


def _z_test(distance: float, variance: float, n: int) -> HypothesisTest:
    """Return distance over its standard error, two-sided; undefined where the variance is 0."""
    if variance <= 0:
        p_value = 1.0 if distance == 0 else math.nan
        return HypothesisTest(statistic=math.nan, p_value=p_value, n=n)
    z = distance / math.sqrt(variance)
    return HypothesisTest(statistic=z, p_value=math.erfc(abs(z) / math.sqrt(2)), n=n)


def _score_upper(counts: Counts, z: float) -> float:
    """Return the largest difference that Miettinen and Nurminen's test does not reject."""
    x1, n1, x2, n2 = counts
    if (x1, x2) == (0, n2):
        return 1.0
    factor = (n1 + n2) / (n1 + n2 - 1)

    def is_kept(difference: float) -> bool:
        distance, variance = _score_parts(counts, difference)
        return distance >= -z * math.sqrt(variance * factor)

    return turning_point(is_kept, x2 / n2 - x1 / n1, 1.0)


def _score_parts(counts: Counts, null: float) -> tuple[float, float]:
    """Return p2 - p1 - null and its variance at the likeliest rates that differ by `null`."""
    x1, n1, x2, n2 = counts
    distance = x2 / n2 - x1 / n1 - null
    if null < 0:  # so that the unknown rate is the smaller one
        (x1, n1), (x2, n2), null = (x2, n2), (x1, n1), -null
    low = _likeliest_rate(x1, n1, x2, n2, null)
    high = min(low + null, 1.0)
    return distance, low * (1 - low) / n1 + high * (1 - high) / n2


def _likeliest_rate(x1: int, n1: int, x2: int, n2: int, apart: float) -> float:
    """Return the first rate that is likeliest where the second is `apart` >= 0 above it.

    By bisection on the slope of the log-likelihood, which only falls; the closed form of the
    cubic loses its digits where rates are small.
    """

    def is_rising(rate: float) -> bool:
        upward = _over(x1, rate) + _over(x2, rate + apart)
        downward = _over(n1 - x1, 1 - rate) + _over(n2 - x2, 1 - rate - apart)
        return upward > downward

    if x1 == 0 and not is_rising(0.0):
        return 0.0
    return turning_point(is_rising, 0.0, 1 - apart)


def _over(count: int, rate: float) -> float:
    if count == 0:
        return 0.0
    return count / rate if rate > 0 else math.inf

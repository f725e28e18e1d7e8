"""Tests and intervals for two pass rates measured on the same units.

Of n pairs, `b` are those where only the first succeeds, `c` those where only the second does; the
difference, second minus first, is (c - b) / n.
"""

from __future__ import annotations

import math
from fractions import Fraction
from typing import TYPE_CHECKING

from optimizer.stats.bisection import turning_point
from optimizer.stats.counts import checked_pairs, two_sided_z, whole_counts
from optimizer.stats.intervals import Interval, clopper_pearson, wilson
from optimizer.stats.results import HypothesisTest, Ratio
from optimizer.stats.student import require_level

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

COUNTED = 500
"""Up to so many coins the ways to fall are counted, exactly and without scipy."""


def mcnemar_midp(b: int, c: int) -> HypothesisTest:
    """Return McNemar's mid-p test: are the discordant pairs split evenly?

    Args:
        b: Pairs where only the first succeeds.
        c: Pairs where only the second succeeds.

    Raises:
        ValueError: A count is negative or not whole.

    Assumes:
        Independent pairs, one outcome per side; under the null each discordant pair is a fair coin.

    Formula:
        2 P(X <= k) - P(X = k) with k = min(b, c), X ~ Bin(b + c, 1/2); 1 - P(X = k) / 2 where
        b = c; 1 where there is no discordant pair. The statistic is c - b, n is b + c.

    Not for:
        Repeated or clustered outcomes (test the mean difference of the units). Where the error
        rate must hold without exception, take `mcnemar_exact`.

    References:
        Fagerland, Lydersen and Laake (2013), BMC Med Res Methodol 13:91.
    """
    b, c = whole_counts(b=b, c=c)
    k = min(b, c)
    if b + c == 0:
        return HypothesisTest(statistic=0.0, p_value=1.0, n=0)
    up_to, below = _heads(k, b + c), _heads(k - 1, b + c)
    p_value = 1 - (up_to - below) / 2 if b == c else up_to + below
    return HypothesisTest(statistic=float(c - b), p_value=p_value, n=b + c)


def mcnemar_exact(b: int, c: int) -> HypothesisTest:
    """Return McNemar's exact conditional test, the sign test on the discordant pairs.

    Args:
        b: Pairs where only the first succeeds.
        c: Pairs where only the second succeeds.

    Raises:
        ValueError: A count is negative or not whole.

    Assumes:
        Independent pairs, one outcome per side; under the null each discordant pair is a fair coin.

    Formula:
        min(1, 2 P(X <= min(b, c))), X ~ Bin(b + c, 1/2). The statistic is c - b, n is b + c.

    Not for:
        Daily use: its true error rate stays well below the nominal one; `mcnemar_midp` has more
        power.

    References:
        McNemar (1947), Psychometrika 12, 153-157; Fagerland, Lydersen and Laake (2013).
    """
    b, c = whole_counts(b=b, c=c)
    p_value = min(1.0, 2 * _heads(min(b, c), b + c))
    return HypothesisTest(statistic=float(c - b), p_value=p_value, n=b + c)


def mcnemar_asymptotic(b: int, c: int, *, continuity: bool = False) -> HypothesisTest:
    """Return McNemar's test by the normal approximation.

    Args:
        b: Pairs where only the first succeeds.
        c: Pairs where only the second succeeds.
        continuity: Take 1 off the distance of the counts, though never past 0.

    Raises:
        ValueError: A count is negative or not whole.

    Assumes:
        Independent pairs, one outcome per side, enough discordant pairs for a normal statistic.

    Formula:
        z = (c - b) / sqrt(b + c), two-sided; the chi-square of McNemar is z^2 (1 df). Without
        discordant pairs z is NaN and p is 1. n is b + c.

    Not for:
        Few discordant pairs: it rejects a little too often, and with the continuity correction
        too seldom. `mcnemar_midp` is better than both.

    References:
        McNemar (1947), Psychometrika 12, 153-157; Edwards (1948), Psychometrika 13, 185-187.
    """
    b, c = whole_counts(b=b, c=c)
    m = b + c
    if m == 0:
        return HypothesisTest(statistic=math.nan, p_value=1.0, n=0)
    distance = max(abs(c - b) - 1, 0) if continuity else abs(c - b)
    z = math.copysign(distance / math.sqrt(m), c - b)
    return HypothesisTest(statistic=z, p_value=math.erfc(abs(z) / math.sqrt(2)), n=m)


def tango(b: int, c: int, n: int, *, level: float = 0.95) -> Interval:
    """Return Tango's score interval of the difference of two paired rates.

    Args:
        b: Pairs where only the first succeeds.
        c: Pairs where only the second succeeds.
        n: All pairs.
        level: Two-sided confidence level, 0 to 1.

    Raises:
        ValueError: A count is negative or not whole, n is 0, b + c exceed n, or the level is not
            between 0 and 1.

    Assumes:
        Independent pairs, one outcome per side.

    Formula:
        All D with |T(D)| <= z; T(D) = (c - b - nD) / sqrt(n (2q + D (1 - D))), q the share of
        only-first pairs that is likeliest where the difference is D. Without discordant pairs
        -z^2 / (n + z^2) to z^2 / (n + z^2).

    Not for:
        Repeats, scores or clusters of units: take Student's t interval of the unit differences.

    References:
        Tango (1998), Stat Med 17, 891-908.
    """
    b, c, n = checked_pairs(b, c, n)
    z = two_sided_z(level)
    return Interval(
        estimate=(c - b) / n,
        low=-_tango_upper(c, b, n, z),
        high=_tango_upper(b, c, n, z),
        level=level,
        n=n,
        n_effective=n,
    )


def tango_test(b: int, c: int, n: int, *, margin: float = 0.0) -> HypothesisTest:
    """Return the one-sided score test that the second rate is not worse by the margin or more.

    Args:
        b: Pairs where only the first succeeds.
        c: Pairs where only the second succeeds.
        n: All pairs.
        margin: How much worse is still fine, as a difference of rates; below 0 it asks how much
            better the second must be.

    Raises:
        ValueError: A count is negative or not whole, n is 0, b + c exceed n, or the margin is not
            between -1 and 1.

    Assumes:
        Independent pairs, one outcome per side.

    Formula:
        Null: difference <= -margin. T(-margin) of `tango`, p = P(Z >= T). With neither margin
        nor discordant pairs T is 0, its limit.

    Not for:
        A two-sided question about no difference (`mcnemar_midp`); repeats, scores or clusters.

    References:
        Tango (1998), Stat Med 17, 891-908.
    """
    b, c, n = checked_pairs(b, c, n)
    if not -1 < margin < 1:
        raise ValueError(f"margin must be between -1 and 1, got {margin}")
    z = _tango_score(b, c, n, -margin)
    return HypothesisTest(statistic=z, p_value=math.erfc(z / math.sqrt(2)) / 2, n=n)


def newcombe_paired(both: int, b: int, c: int, neither: int, *, level: float = 0.95) -> Interval:
    """Return Newcombe's square-and-add interval of the difference of two paired rates.

    Args:
        both: Pairs where both succeed.
        b: Pairs where only the first succeeds.
        c: Pairs where only the second succeeds.
        neither: Pairs where neither succeeds.
        level: Two-sided confidence level, 0 to 1.

    Raises:
        ValueError: A count is negative or not whole, all are 0, or the level is not between 0
            and 1.

    Assumes:
        Independent pairs, one outcome per side.

    Formula:
        The Wilson limits of both rates, joined as sqrt(x^2 - 2 f x y + y^2) on either side of the
        estimate; f is the phi coefficient, its numerator shrunk by n/2 towards 0 from above.

    Not for:
        The interval beside `tango_test`, which it need not agree with (`tango`).

    References:
        Newcombe (1998), Stat Med 17, 2635-2650, method 10.
    """
    both, b, c, neither = whole_counts(both=both, b=b, c=c, neither=neither)
    _, _, n = checked_pairs(b, c, both + b + c + neither)
    require_level(level)
    first, second = wilson(both + b, n, level=level), wilson(both + c, n, level=level)
    phi = _shrunk_phi(both, b, c, neither)
    estimate = (c - b) / n
    below = _joined(second.estimate - second.low, first.high - first.estimate, phi)
    above = _joined(second.high - second.estimate, first.estimate - first.low, phi)
    return _clipped(estimate, estimate - below, estimate + above, level, n)


def bonett_price(b: int, c: int, n: int, *, level: float = 0.95) -> Interval:
    """Return Bonett and Price's adjusted Wald interval of the difference of two paired rates.

    Args:
        b: Pairs where only the first succeeds.
        c: Pairs where only the second succeeds.
        n: All pairs.
        level: Two-sided confidence level, 0 to 1.

    Raises:
        ValueError: A count is negative or not whole, n is 0, b + c exceed n, or the level is not
            between 0 and 1.

    Assumes:
        Independent pairs, one outcome per side.

    Formula:
        `wald_paired` after adding one pair to b, one to c and two to n, cut at -1 and 1; the
        estimate is (c - b) / n without them, not the middle of the bounds.

    Not for:
        The interval beside `tango_test`, which it need not agree with (`tango`).

    References:
        Bonett and Price (2012), J Educ Behav Stat 37, 479-488.
    """
    b, c, n = checked_pairs(b, c, n)
    shifted = wald_paired(b + 1, c + 1, n + 2, level=level)
    return _clipped((c - b) / n, shifted.low, shifted.high, level, n)


def wald_paired(b: int, c: int, n: int, *, level: float = 0.95) -> Interval:
    """Return the Wald interval of the difference of two paired rates; for reference only.

    Args:
        b: Pairs where only the first succeeds.
        c: Pairs where only the second succeeds.
        n: All pairs.
        level: Two-sided confidence level, 0 to 1.

    Raises:
        ValueError: A count is negative or not whole, n is 0, b + c exceed n, or the level is not
            between 0 and 1.

    Assumes:
        Independent pairs and very many discordant ones.

    Formula:
        D = (c - b) / n, D +- z sqrt((b + c) / n - D^2) / sqrt(n), cut at -1 and 1.

    Not for:
        Decisions: with few discordant pairs it covers far less than its level, and without any it
        is a point. Take `tango`.

    References:
        Fagerland, Lydersen and Laake (2014), Stat Med 33, 2850-2875.
    """
    b, c, n = checked_pairs(b, c, n)
    estimate = (c - b) / n
    variance = (b + c) / n - estimate * estimate
    half = two_sided_z(level) * math.sqrt(max(variance, 0.0) / n)
    return _clipped(estimate, estimate - half, estimate + half, level, n)


def discordant_odds_ratio(b: int, c: int, *, level: float = 0.95) -> Ratio:
    """Return the conditional odds ratio c / b of paired outcomes, with its exact interval.

    Args:
        b: Pairs where only the first succeeds.
        c: Pairs where only the second succeeds.
        level: Two-sided confidence level, 0 to 1.

    Raises:
        ValueError: A count is negative or not whole, or the level is not between 0 and 1.

    Assumes:
        Independent pairs, one outcome per side, the same odds ratio in every pair.

    Formula:
        c / b; Clopper and Pearson's bounds s of the share c / (b + c), as s / (1 - s). p is that
        of `mcnemar_exact`, n is b + c. Infinite where b is 0; NaN, 0 to infinity, where both are.

    Not for:
        Saying how many units change: the ratio is blind to the concordant ones (`tango`).

    References:
        Clopper and Pearson (1934), Biometrika 26, 404-413; Fagerland, Lydersen and Laake (2014).
    """
    b, c = whole_counts(b=b, c=c)
    require_level(level)
    if b + c == 0:
        return Ratio(estimate=math.nan, low=0.0, high=math.inf, level=level, p_value=1.0, n=0)
    share = clopper_pearson(c, b + c, level=level)
    return Ratio(
        estimate=c / b if b else math.inf,
        low=_odds(share.low),
        high=_odds(share.high),
        level=level,
        p_value=mcnemar_exact(b, c).p_value,
        n=b + c,
    )


def cochran_q(y: ArrayLike) -> HypothesisTest:
    """Return Cochran's Q test: do several columns of paired outcomes share one rate?

    Args:
        y: n rows (units) by K columns (what is compared) of 0 and 1.

    Raises:
        ValueError: y is not a table of at least one row and two columns of 0 and 1.

    Assumes:
        Independent rows, one outcome per cell, enough rows that are not all alike.

    Formula:
        Q = (K - 1) (K sum Cj^2 - N^2) / (K N - sum Ri^2), Cj column sums, Ri row sums, N their
        total; chi-square with K - 1 df. Where every row is constant Q is NaN and p is 1. Q has no
        direction.

    Not for:
        Two columns (`mcnemar_midp`), or saying which column differs (pairwise tests, adjusted).

    References:
        Cochran (1950), Biometrika 37, 256-266.
    """
    import numpy as np
    from scipy.special import chdtrc

    table = np.asarray(y, dtype=np.float64)
    if table.ndim != 2 or table.shape[0] < 1 or table.shape[1] < 2:  # noqa: PLR2004 - a table
        raise ValueError(f"y must have rows and at least two columns, got shape {table.shape}")
    if not np.isin(table, (0, 1)).all():
        raise ValueError("y must hold 0 and 1 only, got other values")
    n, k = table.shape
    columns, rows, total = table.sum(axis=0), table.sum(axis=1), table.sum()
    spread = float(k * total - (rows**2).sum())
    if spread == 0:
        return HypothesisTest(statistic=math.nan, p_value=1.0, n=n, df=float(k - 1))
    q = float((k - 1) * (k * (columns**2).sum() - total**2)) / spread
    return HypothesisTest(statistic=q, p_value=float(chdtrc(k - 1, q)), n=n, df=float(k - 1))


def _heads(k: int, m: int) -> float:
    """Return the probability of at most k heads when m fair coins are thrown."""
    if not 0 <= k < m:
        return 0.0 if k < 0 else 1.0
    if m <= COUNTED:
        return float(Fraction(sum(math.comb(m, i) for i in range(k + 1)), 2**m))
    from scipy.special import betainc  # keeps more digits of large counts than `bdtr`

    return float(betainc(m - k, k + 1, 0.5))


def _tango_upper(b: int, c: int, n: int, z: float) -> float:
    """Return the largest D that the score statistic does not reject."""
    if c == n:
        return 1.0
    return turning_point(
        lambda difference: _tango_score(b, c, n, difference) > -z, (c - b) / n, 1.0
    )


def _tango_score(b: int, c: int, n: int, difference: float) -> float:
    """Return T(difference); arms change places below 0, so that `b` is the smaller cell."""
    if difference < 0:
        return -_tango_score(c, b, n, -difference)
    half = ((2 * n - c + b) * difference - b - c) / 2
    product = 2 * n * b * difference * (1 - difference)
    root = math.sqrt(half * half + product)
    share = product / (half + root) / (2 * n) if half > 0 else (root - half) / (2 * n)
    variance = n * (2 * share + difference * (1 - difference))
    distance = c - b - n * difference
    return distance / math.sqrt(variance) if variance > 0 else 0.0


def _shrunk_phi(both: int, b: int, c: int, neither: int) -> float:
    product = (both + b) * (c + neither) * (both + c) * (b + neither)
    if product == 0:
        return 0.0
    numerator = float(both * neither - b * c)
    if numerator > 0:
        numerator = max(numerator - (both + b + c + neither) / 2, 0.0)
    return numerator / math.sqrt(product)


def _joined(one: float, other: float, phi: float) -> float:
    return math.sqrt(max(one * one - 2 * phi * one * other + other * other, 0.0))


def _odds(share: float) -> float:
    return share / (1 - share) if share < 1 else math.inf


def _clipped(estimate: float, low: float, high: float, level: float, n: int) -> Interval:
    return Interval(
        estimate=estimate,
        low=max(low, -1.0),
        high=min(high, 1.0),
        level=level,
        n=n,
        n_effective=n,
    )

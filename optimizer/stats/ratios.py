"""Ratios of means: Fieller's, the geometric one, the delta method, and one-sided bounds."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import partial

import numpy as np
from numpy.typing import ArrayLike, NDArray

from optimizer.models.dataclass import dataclass
from optimizer.stats.arrays import finite_pair, finite_values, require_positive
from optimizer.stats.intervals import Interval
from optimizer.stats.means import paired_t, welch_from_stats
from optimizer.stats.results import Difference, Ratio
from optimizer.stats.student import lower_tail_p, studentized, t_critical

HALF = 0.5
USUAL_LEVEL = 0.95  # of an interval nobody asked for: a p-value does not depend on it
SLACK = 1e-6  # by how much moments summed in another order may disagree


@dataclass(frozen=True, slots=True, kw_only=True)
class RatioBound:
    """A ratio, second over first, with a one-sided test against a limit.

    Attributes:
        estimate: Second over first; 1 is no change.
        upper: Upper bound; infinity where unbounded.
        level: One-sided confidence level of the bound, 0 to 1.
        limit: The ratio tested against.
        p_value: One-sided, of "the ratio is at least the limit".
        df: Degrees of freedom of the test.
        n: Number of pairs.
    """

    estimate: float
    upper: float
    level: float
    limit: float
    p_value: float
    df: int
    n: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RatioOfMeans:
    """Two independent ratios of means and how they differ.

    Attributes:
        first: Mean numerator over mean denominator of the first sample.
        second: The same of the second sample.
        difference: Second ratio minus first, with interval and test.
        relative: Second ratio over first, minus 1, with its interval.
    """

    first: float
    second: float
    difference: Difference
    relative: Interval


def fieller(
    first: ArrayLike, second: ArrayLike, *, level: float = 0.95, with_test: bool = True
) -> Ratio:
    """Return the ratio of two paired means with Fieller's interval.

    Args:
        first: One value per unit.
        second: The second value of the same units, in the same order.
        level: Two-sided confidence level, 0 to 1.
        with_test: Whether the p-value is wanted, which takes longer than the interval.

    Raises:
        ValueError: Lengths differ, fewer than 2 pairs, or a value is not finite.

    Assumes:
        Independent units; means that are about normal. Totals are what is compared.

    Formula:
        All θ with |B̄ - θĀ| ≤ t·SE(B - θA), t with n - 1 degrees of freedom; unbounded to both
        sides where Ā² ≤ t²s²_A/n. The p-value of a ratio of 1 is that of the paired t of B - A.
        The estimate is NaN where the first mean is 0.

    Not for:
        What happens to a typical unit (`geometric_ratio`); independent samples (`log_delta`).

    References:
        Fieller (1954), JRSS B 16, 175-185.
    """
    a, b = finite_pair(first, second, at_least=2)
    low, high = _fieller_bounds(a, b, t_critical(level, a.size - 1))
    return Ratio(
        estimate=_quotient(float(b.mean()), float(a.mean())),
        low=low,
        high=high,
        level=level,
        p_value=_equal_means_p(a, b) if with_test else None,
        n=a.size,
    )


def fieller_segments(
    first: NDArray[np.float64],
    second: NDArray[np.float64],
    starts: NDArray[np.intp],
    *,
    level: float = 0.95,
) -> list[list[Ratio]]:
    """Return what `fieller` does without its p-value for many samples of columns at once.

    Args:
        first: A row per measure, one value per unit in it, the units of each sample in a row.
        second: The second values of the same units.
        starts: Where the units of each sample begin.
        level: Two-sided confidence level, 0 to 1.

    Returns:
        For each sample a ratio of each measure; NaN without bounds where a value is not finite or
        the first mean is 0.

    Raises:
        ValueError: A sample of fewer than 2 pairs, or the level is not between 0 and 1.

    Assumes:
        As `fieller`.

    Formula:
        As `fieller`.

    Not for:
        As `fieller`.

    References:
        As `fieller`.
    """
    n = np.diff(starts, append=first.shape[1])
    columns = [column.T.tolist() for column in _moments_of_segments(first, second, starts, n)]
    found = []
    for size, *rows in zip(n.tolist(), *columns, strict=True):
        t, ratios = t_critical(level, size - 1), []
        for mean, around, v_aa, v_ar, v_rr in zip(*rows, strict=True):
            estimate, low, high = math.nan, -math.inf, math.inf
            if math.isfinite(around):
                estimate = around
                low, high = _fieller_roots(mean, around, v_aa, v_ar, v_rr, t)
            ratios.append(
                Ratio(estimate=estimate, low=low, high=high, level=level, p_value=None, n=size)
            )
        found.append(ratios)
    return found


def _moments_of_segments(
    first: NDArray[np.float64],
    second: NDArray[np.float64],
    starts: NDArray[np.intp],
    n: NDArray[np.intp],
) -> Sequence[NDArray[np.float64]]:
    """Return means, ratios, and the variances and covariance of the means as `_fieller_bounds`."""
    sums = partial(np.add.reduceat, indices=starts, axis=1)
    each = partial(np.repeat, repeats=n, axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = sums(first) / n
        around = sums(second) / n / mean
        of_first, rest = first - each(mean), second - each(around) * first
        rest -= each(sums(rest) / n)
        moments = [
            sums(one * other) / (n * (n - 1))
            for one, other in ((of_first, of_first), (of_first, rest), (rest, rest))
        ]
    return mean, around, *moments


def fieller_from_moments(  # noqa: PLR0917 - the moments of two
    n: int,
    mean_first: float,
    mean_second: float,
    var_first: float,
    var_second: float,
    covariance: float,
    *,
    level: float = 0.95,
) -> Ratio:
    """Return what `fieller` does, from the moments of the pairs.

    Args:
        n: Number of pairs.
        mean_first: Mean of the first values.
        mean_second: Mean of the second values.
        var_first: Sample variance of the first values (denominator n - 1).
        var_second: The same of the second values.
        covariance: Sample covariance of both (denominator n - 1).
        level: Two-sided confidence level, 0 to 1.

    Raises:
        ValueError: n is below 2, a number is not finite, a variance is negative, or the
            covariance is larger than the variances allow.

    Assumes:
        As `fieller`.

    Formula:
        As `fieller`. Variances of differences lose the digits in which both sides agree.

    Not for:
        As `fieller`.

    References:
        As `fieller`.
    """
    _require_moments(n, mean_first, mean_second, var_first, var_second, covariance)
    ratio = _quotient(mean_second, mean_first)
    v_aa, v_bb, v_ab = var_first / n, var_second / n, covariance / n
    around = 0.0 if math.isnan(ratio) else ratio
    low, high = _fieller_roots(
        mean_first,
        around,
        v_aa,
        v_ab - around * v_aa,
        max(v_bb - 2 * around * v_ab + around**2 * v_aa, 0.0),
        t_critical(level, n - 1),
    )
    test = studentized(
        mean_second - mean_first,
        math.sqrt(max(v_aa + v_bb - 2 * v_ab, 0.0)),
        n - 1,
        n=n,
        level=level,
        scale=max(abs(mean_first), abs(mean_second)),
    )
    return Ratio(estimate=ratio, low=low, high=high, level=level, p_value=test.p_value, n=n)


def fieller_test(
    first: ArrayLike, second: ArrayLike, *, limit: float, level: float = 0.95
) -> RatioBound:
    """Return the one-sided test that the ratio of paired means is below a limit.

    Args:
        first: One value per unit; their mean must be positive.
        second: The second value of the same units, in the same order.
        limit: The ratio tested against; 1.1 allows a tenth more.
        level: One-sided confidence level of the upper bound, 0.5 to 1.

    Raises:
        ValueError: As in `fieller`, or the first mean, the limit or the level is out of range.

    Assumes:
        As `fieller`.

    Formula:
        t = mean(B - limit·A)/SE, p = P(T ≤ t) with n - 1 degrees of freedom; the upper bound is
        that of `fieller` at level 2·level - 1.

    Not for:
        As `fieller`.

    References:
        Fieller (1954), JRSS B 16, 175-185.
    """
    a, b = finite_pair(first, second, at_least=2)
    _require_one_sided(limit, level)
    if not a.mean() > 0:
        raise ValueError(f"the first mean must be positive, got {a.mean()}")
    rest = b - limit * a
    return RatioBound(
        estimate=float(b.mean() / a.mean()),
        upper=_fieller_bounds(a, b, t_critical(2 * level - 1, a.size - 1))[1],
        level=level,
        limit=limit,
        p_value=lower_tail_p(
            float(rest.mean()), _standard_error(rest), a.size - 1, null=0.0, scale=_scale(a, b)
        ),
        df=a.size - 1,
        n=a.size,
    )


def geometric_ratio(first: ArrayLike, second: ArrayLike, *, level: float = 0.95) -> Ratio:
    """Return the geometric mean of the paired ratios with its t interval and test.

    Args:
        first: One positive value per unit.
        second: The second value of the same units, in the same order, positive.
        level: Two-sided confidence level, 0 to 1.

    Raises:
        ValueError: Lengths differ, fewer than 2 pairs, or a value is not positive or not finite.

    Assumes:
        Independent units; log ratios whose mean is about normal.

    Formula:
        exp of the paired t interval of log(b/a).

    Not for:
        What adds up, such as money (`fieller`); values of 0 (the difference).

    References:
        Bland and Altman (1996), BMJ 312, 1153.
    """
    a, b = _positive_pair(first, second)
    found = paired_t(np.log(b) - np.log(a), level=level)
    return _exponential(found)


def geometric_ratio_test(
    first: ArrayLike, second: ArrayLike, *, limit: float, level: float = 0.95
) -> RatioBound:
    """Return the one-sided test that the geometric mean ratio is below a limit.

    Args:
        first: One positive value per unit.
        second: The second value of the same units, in the same order, positive.
        limit: The ratio tested against; 1.1 allows a tenth more.
        level: One-sided confidence level of the upper bound, 0.5 to 1.

    Raises:
        ValueError: As in `geometric_ratio`, or the limit or the level is out of range.

    Assumes:
        As `geometric_ratio`.

    Formula:
        t = (mean log(b/a) - log limit)/SE, p = P(T ≤ t) with n - 1 degrees of freedom; the bound
        is exp(mean + t·SE).

    Not for:
        As `geometric_ratio`.

    References:
        As `geometric_ratio`.
    """
    a, b = _positive_pair(first, second)
    _require_one_sided(limit, level)
    first_logs, second_logs = np.log(a), np.log(b)
    scale = _scale(first_logs, second_logs)
    logs = second_logs - first_logs
    mean, standard_error = float(logs.mean()), _standard_error(logs)
    df = logs.size - 1
    return RatioBound(
        estimate=math.exp(mean),
        upper=math.exp(mean + t_critical(2 * level - 1, df) * standard_error),
        level=level,
        limit=limit,
        p_value=lower_tail_p(mean, standard_error, df, null=math.log(limit), scale=scale),
        df=df,
        n=logs.size,
    )


def log_delta(
    first: ArrayLike, second: ArrayLike, *, level: float = 0.95, paired: bool = True
) -> Ratio:
    """Return the ratio of two means with an interval by the delta method on its logarithm.

    Args:
        first: One value per unit.
        second: One value per unit; of the same units in the same order if `paired`.
        level: Two-sided confidence level, 0 to 1.
        paired: Whether both samples are of the same units.

    Raises:
        ValueError: Fewer than 2 values, one is not finite, a mean is not positive, or lengths
            differ though `paired`.

    Assumes:
        Independent units; enough of them that the relative errors of both means are small.

    Formula:
        log(B̄/Ā) ± t·SE; paired SE² = var(b/B̄ - a/Ā)/n, df n - 1; else SE² = s²_A/(n_A Ā²) +
        s²_B/(n_B B̄²) with Satterthwaite's df.

    Not for:
        Few skewed pairs, where it is too short (`fieller`).

    References:
        Deng, Knoblich and Lu (2018), KDD, 233-242.
    """
    a = finite_values(first, at_least=2, name="first values")
    b = finite_values(second, at_least=2, name="second values")
    if not (a.mean() > 0 and b.mean() > 0):
        raise ValueError(f"both means must be positive, got {a.mean()} and {b.mean()}")
    log_ratio = math.log(b.mean() / a.mean())
    if paired:
        a, b = finite_pair(a, b)
        error = _standard_error(b / b.mean() - a / a.mean())
        found = studentized(log_ratio, error, a.size - 1, n=a.size, level=level, scale=1.0)
    else:
        found = _log_difference(
            (0.0, float(a.std(ddof=1) / a.mean()), a.size),
            (log_ratio, float(b.std(ddof=1) / b.mean()), b.size),
            level=level,
        )
    return _exponential(found)


def log_delta_from_stats(  # noqa: PLR0917 - the moments of two
    mean_first: float,
    sd_first: float,
    n_first: int,
    mean_second: float,
    sd_second: float,
    n_second: int,
    *,
    level: float = 0.95,
) -> Interval:
    """Return the ratio of two independent means with the interval of `log_delta`, from moments.

    Args:
        mean_first: Mean of the first sample, positive.
        sd_first: Its sample standard deviation (denominator n - 1).
        n_first: Its size.
        mean_second: Mean of the second sample, positive.
        sd_second: Its sample standard deviation.
        n_second: Its size.
        level: Two-sided confidence level, 0 to 1.

    Raises:
        ValueError: A mean is not positive, a standard deviation is negative, an n is below 2, or
            `level` is out of range.

    Assumes:
        As unpaired `log_delta`.

    Formula:
        As unpaired `log_delta`: log(B̄/Ā) ± t·SE with SE² = s²_A/(n_A Ā²) + s²_B/(n_B B̄²) and
        Satterthwaite's df; a point where both standard deviations are 0.

    Not for:
        The same units under both (`fieller_from_moments`).

    References:
        As `log_delta`.
    """
    if not (mean_first > 0 and mean_second > 0):
        raise ValueError(f"both means must be positive, got {mean_first} and {mean_second}")
    if min(n_first, n_second) < 2 or min(sd_first, sd_second) < 0:  # noqa: PLR2004 - no spread
        raise ValueError(f"need n >= 2 and sd >= 0, got n = {n_first} and {n_second}")
    of_first, of_second = (
        (sd / mean) ** 2 / n
        for mean, sd, n in (
            (mean_first, sd_first, n_first),
            (mean_second, sd_second, n_second),
        )
    )
    variance = of_first + of_second
    rest = of_first**2 / (n_first - 1) + of_second**2 / (n_second - 1)
    df = variance**2 / rest if rest else n_first + n_second - 2
    factor = math.exp(t_critical(level, df) * math.sqrt(variance))
    ratio = mean_second / mean_first
    n = n_first + n_second
    return Interval(
        estimate=ratio, low=ratio / factor, high=ratio * factor, level=level, n=n, n_effective=n
    )


def ratio_of_means(
    first_numerator: ArrayLike,
    first_denominator: ArrayLike,
    second_numerator: ArrayLike,
    second_denominator: ArrayLike,
    *,
    level: float = 0.95,
) -> RatioOfMeans:
    """Return two independent ratios of means and their difference by the delta method.

    Args:
        first_numerator: One value per unit of the first sample.
        first_denominator: The denominators of the same units.
        second_numerator: One value per unit of the second sample.
        second_denominator: The denominators of the same units.
        level: Two-sided confidence level, 0 to 1.

    Raises:
        ValueError: Lengths differ within a sample, fewer than 2 units, a value is not finite, or
            a mean denominator is 0.

    Assumes:
        Independent units in both samples; denominators whose mean is well away from 0.

    Formula:
        R = N̄/D̄ with variance var(N - R·D)/(n·D̄²); Welch's interval and test of R₂ - R₁. The
        relative difference R₂/R₁ - 1 has the interval of log(R₂/R₁), each variance over R²; NaN
        where a ratio is not positive.

    Not for:
        The same units measured twice, whose pairing it would waste.

    References:
        Deng, Knoblich and Lu (2018), KDD, 233-242.
    """
    first, first_sd, first_n = _ratio_summary(first_numerator, first_denominator)
    second, second_sd, second_n = _ratio_summary(second_numerator, second_denominator)
    difference = welch_from_stats(
        first, first_sd, first_n, second, second_sd, second_n, level=level
    )
    low = high = math.nan
    if first > 0 and second > 0:
        logs = _log_difference(
            (0.0, first_sd / first, first_n),
            (math.log(second / first), second_sd / second, second_n),
            level=level,
        )
        low, high = math.expm1(logs.low), math.expm1(logs.high)
    relative = Interval(
        estimate=_quotient(second, first) - 1,
        low=low,
        high=high,
        level=level,
        n=first_n + second_n,
        n_effective=first_n + second_n,
    )
    return RatioOfMeans(first=first, second=second, difference=difference, relative=relative)


def _equal_means_p(a: NDArray[np.float64], b: NDArray[np.float64]) -> float:
    difference = float((b - a).mean())
    error, df = _standard_error(b - a), a.size - 1
    test = studentized(difference, error, df, n=a.size, level=USUAL_LEVEL, scale=_scale(a, b))
    return test.p_value


def _fieller_bounds(
    a: NDArray[np.float64], b: NDArray[np.float64], t: float
) -> tuple[float, float]:
    mean = float(a.mean())
    around = _quotient(float(b.mean()), mean)
    if math.isnan(around):
        return -math.inf, math.inf
    rest = b - around * a
    of_a, of_rest = a - mean, rest - rest.mean()
    scale = a.size * (a.size - 1)
    return _fieller_roots(
        mean,
        around,
        float(of_a @ of_a) / scale,
        float(of_a @ of_rest) / scale,
        float(of_rest @ of_rest) / scale,
        t,
    )


def _fieller_roots(  # noqa: PLR0917 - the coefficients of one quadratic
    mean: float, ratio: float, v_aa: float, v_ar: float, v_rr: float, t: float
) -> tuple[float, float]:
    """Return the bounds from the variances of the means of A and of R = B - ratio·A.

    With δ = θ - ratio, Fieller's condition is (Ā² - t²v_AA)δ² + 2t²v_AR δ - t²v_RR ≤ 0, in which
    nothing cancels.
    """
    lead = mean**2 - t**2 * v_aa
    if lead <= 0:
        return -math.inf, math.inf
    middle = t**2 * v_ar
    root = math.sqrt(middle**2 + lead * t**2 * v_rr)
    return ratio - (middle + root) / lead, ratio - (middle - root) / lead


def _log_difference(
    first: tuple[float, float, int], second: tuple[float, float, int], *, level: float
) -> Difference:
    """Return the difference of two logarithms of means from (log, relative sd, n) of both."""
    return welch_from_stats(*first, *second, level=level)


def _exponential(found: Difference) -> Ratio:
    return Ratio(
        estimate=math.exp(found.estimate),
        low=math.exp(found.low),
        high=math.exp(found.high),
        level=found.level,
        p_value=found.p_value,
        n=found.n,
    )


def _ratio_summary(numerator: ArrayLike, denominator: ArrayLike) -> tuple[float, float, int]:
    """Return the ratio of the means, the sd of its linear part and the number of units."""
    d, n = finite_pair(denominator, numerator, at_least=2)
    mean = float(d.mean())
    if mean == 0:
        raise ValueError("the mean denominator must not be 0")
    ratio = float(n.mean()) / mean
    return ratio, float((n - ratio * d).std(ddof=1)) / abs(mean), d.size


def _positive_pair(
    first: ArrayLike, second: ArrayLike
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    a, b = finite_pair(first, second, at_least=2)
    require_positive(a, name="first values")
    require_positive(b, name="second values")
    return a, b


def _standard_error(values: NDArray[np.float64]) -> float:
    return float(values.std(ddof=1)) / math.sqrt(values.size)


def _quotient(over: float, under: float) -> float:
    return over / under if under != 0 else math.nan


def _scale(first: NDArray[np.float64], second: NDArray[np.float64]) -> float:
    return float(max(np.abs(first).max(), np.abs(second).max()))


def _require_one_sided(limit: float, level: float) -> None:
    if not 0 < limit < math.inf or not HALF < level < 1:
        raise ValueError(
            f"need a positive limit and a level above 0.5 and below 1, got {limit} and {level}"
        )


def _require_moments(  # noqa: PLR0917 - all there are
    n: int, mean_first: float, mean_second: float, var_first: float, var_second: float, cov: float
) -> None:
    if n < 2 or not math.isfinite(mean_first + mean_second + var_first + var_second + cov):  # noqa: PLR2004 - a spread
        raise ValueError(f"need n >= 2 and finite moments, got n {n}")
    largest = (
        math.sqrt(var_first) * math.sqrt(var_second) if min(var_first, var_second) >= 0 else -1
    )
    if not abs(cov) <= largest * (1 + SLACK):
        raise ValueError(
            f"need variances >= 0 and a covariance they allow, got {var_first}, {var_second} "
            f"and {cov}"
        )

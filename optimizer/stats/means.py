"""Differences of means: paired, independent, trimmed, adjusted, and on a fixed set of units."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from optimizer.models.dataclass import dataclass
from optimizer.stats.arrays import finite_values
from optimizer.stats.results import Difference
from optimizer.stats.student import studentized


@dataclass(frozen=True, slots=True, kw_only=True)
class AdjustedDifference(Difference):
    """A mean difference from which the part a covariate predicts was taken out.

    Attributes:
        theta: Slope of the values on the covariate, in their units; 0 where the covariate is
            constant and nothing was taken out.
    """

    theta: float


def paired_t(differences: ArrayLike, *, level: float = 0.95, null: float = 0.0) -> Difference:
    """Return the mean of paired differences with Student's t interval and test.

    Args:
        differences: One per unit, second minus first; repeats are averaged before.
        level: Two-sided confidence level, 0 to 1.
        null: The mean difference that is tested.

    Raises:
        ValueError: Fewer than 2 differences, one is not finite, or `level` is out of range.

    Assumes:
        Independent units; a mean that is about normal, which 20 changed units usually give.

    Formula:
        t = (d̄ - null)/(s/√n), n - 1 degrees of freedom; d̄ ± t·s/√n. Without any spread p is 1
        where the mean is the null, else 0, and the statistic NaN.

    Not for:
        Few changed units (`sign_flip`), one binary outcome per unit (McNemar), units that come
        in families (`cv3`). Differences that are rounding noise should be rounded before.

    References:
        Student (1908), Biometrika 6, 1-25; Miller (2024), arXiv:2411.00640.
    """
    d = finite_values(differences, at_least=2, name="differences")
    return paired_t_from_stats(
        float(d.mean()), float(d.std(ddof=1)), d.size, level=level, null=null
    )


def paired_t_from_stats(
    mean: float, sd: float, n: int, *, level: float = 0.95, null: float = 0.0
) -> Difference:
    """Return what `paired_t` does, from the summary of the differences.

    Args:
        mean: Mean difference, second minus first.
        sd: Sample standard deviation of the differences (denominator n - 1).
        n: Number of differences.
        level: Two-sided confidence level, 0 to 1.
        null: The mean difference that is tested.

    Raises:
        ValueError: n is below 2, sd is negative, or a number is not finite.

    Assumes:
        As `paired_t`.

    Formula:
        As `paired_t`.

    Not for:
        As `paired_t`.

    References:
        As `paired_t`.
    """
    _require_summary(mean, sd, n)
    return studentized(mean, sd / math.sqrt(n), n - 1, n=n, level=level, null=null)


def welch(first: ArrayLike, second: ArrayLike, *, level: float = 0.95) -> Difference:
    """Return the difference of two independent means, with unequal variances.

    Args:
        first: One value per unit of the first sample.
        second: One value per unit of the second sample.
        level: Two-sided confidence level, 0 to 1.

    Raises:
        ValueError: A sample has fewer than 2 values, or one that is not finite.

    Assumes:
        Independent units in both samples; means that are about normal.

    Formula:
        SE² = s₁²/n₁ + s₂²/n₂; df = SE⁴/[(s₁²/n₁)²/(n₁-1) + (s₂²/n₂)²/(n₂-1)] (Satterthwaite),
        NaN where neither sample has any spread.

    Not for:
        The same units measured twice (`paired_t`), repeats of a unit as if they were units.

    References:
        Welch (1947), Biometrika 34, 28-35; Satterthwaite (1946), Biometrics Bull 2, 110-114.
    """
    a, b = _two(first, second)
    return welch_from_stats(*_summary(a), *_summary(b), level=level)


def welch_from_stats(  # noqa: PLR0917 - two summaries
    first_mean: float,
    first_sd: float,
    first_n: int,
    second_mean: float,
    second_sd: float,
    second_n: int,
    *,
    level: float = 0.95,
) -> Difference:
    """Return what `welch` does, from the summaries of both samples.

    Args:
        first_mean: Mean of the first sample.
        first_sd: Its sample standard deviation (denominator n - 1).
        first_n: Its number of values.
        second_mean: Mean of the second sample.
        second_sd: Its sample standard deviation.
        second_n: Its number of values.
        level: Two-sided confidence level, 0 to 1.

    Raises:
        ValueError: An n is below 2, an sd is negative, or a number is not finite.

    Assumes:
        As `welch`.

    Formula:
        As `welch`.

    Not for:
        As `welch`.

    References:
        As `welch`.
    """
    _require_summary(first_mean, first_sd, first_n)
    _require_summary(second_mean, second_sd, second_n)
    return _unequal(
        second_mean - first_mean,
        (first_sd**2 / first_n, first_n - 1),
        (second_sd**2 / second_n, second_n - 1),
        n=first_n + second_n,
        level=level,
        scale=max(abs(first_mean), abs(second_mean)),
    )


def student_pooled(first: ArrayLike, second: ArrayLike, *, level: float = 0.95) -> Difference:
    """Return the difference of two independent means, with one common variance.

    Args:
        first: One value per unit of the first sample.
        second: One value per unit of the second sample.
        level: Two-sided confidence level, 0 to 1.

    Raises:
        ValueError: A sample has fewer than 2 values, or one that is not finite.

    Assumes:
        Independent units, means that are about normal, and the same variance in both samples.

    Formula:
        s² = [(n₁-1)s₁² + (n₂-1)s₂²]/(n₁+n₂-2); SE² = s²(1/n₁ + 1/n₂); df = n₁ + n₂ - 2.

    Not for:
        Samples whose spread may differ (`welch`, which costs nearly nothing where it does not).

    References:
        Student (1908), Biometrika 6, 1-25.
    """
    a, b = _two(first, second)
    df = a.size + b.size - 2
    variance = ((a.size - 1) * a.var(ddof=1) + (b.size - 1) * b.var(ddof=1)) / df
    return studentized(
        float(b.mean() - a.mean()),
        math.sqrt(variance * (1 / a.size + 1 / b.size)),
        df,
        n=a.size + b.size,
        level=level,
        scale=_scale(a, b),
    )


def yuen(
    first: ArrayLike, second: ArrayLike, *, trim: float = 0.2, level: float = 0.95
) -> Difference:
    """Return the difference of two independent trimmed means.

    Args:
        first: One value per unit of the first sample.
        second: One value per unit of the second sample.
        trim: Share cut off at each end, 0 to less than 0.5; 0 gives `welch`.
        level: Two-sided confidence level, 0 to 1.

    Raises:
        ValueError: `trim` is out of range, a value is not finite, or fewer than 2 values of a
            sample are left.

    Assumes:
        Independent units; asks about the trimmed means, not the means.

    Formula:
        g = ⌊trim·n⌋, h = n - 2g, d = (n-1)s_w²/(h(h-1)) with the winsorized variance s_w²;
        SE² = d₁ + d₂; df = SE⁴/[d₁²/(h₁-1) + d₂²/(h₂-1)].

    Not for:
        Totals such as cost, where the largest values are what is paid (`fieller`).

    References:
        Yuen (1974), Biometrika 61, 165-170.
    """
    if not 0 <= trim < 0.5:  # noqa: PLR2004 - half at each end leaves nothing
        raise ValueError(f"trim must be at least 0 and below 0.5, got {trim}")
    a, b = _two(first, second)
    (first_mean, *first_part), (second_mean, *second_part) = _trimmed(a, trim), _trimmed(b, trim)
    return _unequal(
        second_mean - first_mean,
        (first_part[0], first_part[1]),
        (second_part[0], second_part[1]),
        n=a.size + b.size,
        level=level,
        scale=_scale(a, b),
    )


def cuped(
    first: ArrayLike,
    second: ArrayLike,
    first_covariate: ArrayLike,
    second_covariate: ArrayLike,
    *,
    level: float = 0.95,
) -> AdjustedDifference:
    """Return the difference of two independent means, adjusted by a covariate.

    Args:
        first: One value per unit of the first sample.
        second: One value per unit of the second sample.
        first_covariate: A number known of each first unit before it was treated.
        second_covariate: The same of each second unit.
        level: Two-sided confidence level, 0 to 1.

    Raises:
        ValueError: Lengths differ, a sample has fewer than 2 values, or one is not finite.

    Assumes:
        Units were assigned at random, so the treatment cannot have moved the covariate.

    Formula:
        θ = cov(y, x)/var(x) over both samples together; Welch on y - θ(x - x̄).

    Not for:
        Paired units: there the unit itself is the covariate (`paired_t`).

    References:
        Deng, Xu, Kohavi and Walker (2013), WSDM, 123-132.
    """
    a, b = _two(first, second)
    x = finite_values(first_covariate, at_least=2, name="first covariates")
    z = finite_values(second_covariate, at_least=2, name="second covariates")
    if (a.size, b.size) != (x.size, z.size):
        raise ValueError(
            f"need one covariate per value, got {x.size} for {a.size} and {z.size} for {b.size}"
        )
    covariate, values = np.concatenate([x, z]), np.concatenate([a, b])
    middle = covariate.mean()
    away = covariate - middle
    spread = float(away @ away)
    theta = float(away @ (values - values.mean())) / spread if spread > 0 else 0.0
    found = welch(a - theta * (x - middle), b - theta * (z - middle), level=level)
    fields = {name: getattr(found, name) for name in Difference.__dataclass_fields__}
    return AdjustedDifference(theta=theta, **fields)


def pseudo_case(differences: ArrayLike, *, level: float = 0.95) -> Difference:
    """Return the mean of differences of rates, with an interval that holds when few changed.

    Args:
        differences: One per unit, second pass rate minus first, -1 to 1.
        level: Two-sided confidence level, 0 to 1.

    Raises:
        ValueError: No difference, or one outside -1 to 1.

    Assumes:
        Independent units; binary outcomes, repeated within the unit.

    Formula:
        Student's t interval and test on the differences and two more, +1 and -1; bounds are kept
        within -1 and 1. The estimate stays the mean of the differences, so that standard error,
        statistic and degrees of freedom (n + 1) are those of the longer list.

    Not for:
        Continuous scores (`paired_t`): two whole units of change would swamp them.

    References:
        Agresti and Min (2005), Stat Med 24, 729-740; Bonett and Price (2012).
    """
    d = finite_values(differences, name="differences")
    if (np.abs(d) > 1).any():
        raise ValueError(f"differences must be within -1 and 1, got {d[np.abs(d).argmax()]}")
    found = paired_t(np.append(d, [1.0, -1.0]), level=level)
    return replace(
        found,
        estimate=float(d.mean()),
        low=max(found.low, -1.0),
        high=min(found.high, 1.0),
        n=d.size,
    )


def fixed_suite_z(
    differences: ArrayLike,
    first_variances: ArrayLike,
    first_repeats: ArrayLike,
    second_variances: ArrayLike,
    second_repeats: ArrayLike,
    *,
    level: float = 0.95,
) -> Difference:
    """Return the mean difference on exactly these units, where only repeating them is random.

    Args:
        differences: Mean of each unit's second repeats minus mean of its first.
        first_variances: Sample variance of each unit's first repeats (denominator R - 1).
        first_repeats: How many they were, at least 2 each.
        second_variances: The same of the second repeats.
        second_repeats: The same of the second repeats.
        level: Two-sided confidence level, 0 to 1.

    Raises:
        ValueError: Lengths differ, a variance is negative, or a unit has fewer than 2 repeats.

    Assumes:
        The units are all that matters; repeats are independent; enough of them for a normal.

    Formula:
        SE² = Σ(s₁²/R₁ + s₂²/R₂)/n²; z = d̄/SE.

    Not for:
        Saying what happens on other units (`paired_t`).

    References:
        Miller (2024), arXiv:2411.00640.
    """
    d = finite_values(differences, name="differences")
    variance = _repeat_variance(first_variances, first_repeats, d.size) + _repeat_variance(
        second_variances, second_repeats, d.size
    )
    standard_error = math.sqrt(variance) / d.size
    return studentized(float(d.mean()), standard_error, None, n=d.size, level=level)


def _repeat_variance(variances: ArrayLike, repeats: ArrayLike, n: int) -> float:
    s2 = finite_values(variances, name="variances")
    counts = finite_values(repeats, name="repeats")
    if (s2.size, counts.size) != (n, n):
        raise ValueError(
            f"need a variance and a number of repeats per difference, got {s2.size} and "
            f"{counts.size} for {n}"
        )
    if (s2 < 0).any() or (counts < 2).any():  # noqa: PLR2004 - one repeat has no spread
        raise ValueError(
            f"need variances >= 0 and at least 2 repeats, got {s2.min()} and {counts.min():g}"
        )
    return float((s2 / counts).sum())


def _unequal(
    estimate: float,
    first: tuple[float, float],
    second: tuple[float, float],
    *,
    n: int,
    level: float,
    scale: float,
) -> Difference:
    """Return the difference from (variance of the mean, df) of both sides."""
    (v1, df1), (v2, df2) = first, second
    total = v1 + v2
    if total == 0:
        point = studentized(estimate, 0.0, None, n=n, level=level, scale=scale)
        return replace(point, df=math.nan)
    # by shares, so that the squares of tiny variances do not vanish
    df = 1 / ((v1 / total) ** 2 / df1 + (v2 / total) ** 2 / df2)
    return studentized(estimate, math.sqrt(total), df, n=n, level=level, scale=scale)


def _trimmed(values: NDArray[np.float64], trim: float) -> tuple[float, float, int]:
    """Return the trimmed mean, its variance and its degrees of freedom."""
    cut = int(trim * values.size)
    left = values.size - 2 * cut
    if left < 2:  # noqa: PLR2004 - one value has no spread
        raise ValueError(f"trimming {trim} of {values.size} values leaves {left}, need 2")
    ordered = np.sort(values)
    kept = ordered[cut : values.size - cut]
    winsorized = np.clip(ordered, kept[0], kept[-1])
    variance = (values.size - 1) * winsorized.var(ddof=1) / (left * (left - 1))
    return float(kept.mean()), float(variance), left - 1


def _two(first: ArrayLike, second: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    return (
        finite_values(first, at_least=2, name="first values"),
        finite_values(second, at_least=2, name="second values"),
    )


def _summary(values: NDArray[np.float64]) -> tuple[float, float, int]:
    return float(values.mean()), float(values.std(ddof=1)), values.size


def _scale(first: NDArray[np.float64], second: NDArray[np.float64]) -> float:
    return float(max(np.abs(first).max(), np.abs(second).max()))


def _require_summary(mean: float, sd: float, n: int) -> None:
    if n < 2 or not sd >= 0 or not math.isfinite(mean + sd):  # noqa: PLR2004 - needs a spread
        raise ValueError(f"need n >= 2, sd >= 0 and finite, got mean {mean}, sd {sd}, n {n}")

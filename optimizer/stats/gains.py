"""Weighted gains: differences in several objectives as one number with its interval."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from optimizer.models.dataclass import dataclass
from optimizer.stats.student import p_above_zero, t_critical

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

FEWEST = 2  # one case has no spread


@dataclass(frozen=True, slots=True, kw_only=True)
class Gain:
    """A weighted sum of effects, second minus first.

    Attributes:
        estimate: The sum; above 0 the second is better.
        low: Lower bound.
        high: Upper bound.
        level: Confidence level of the bounds, 0 to 1.
        standard_error: Of the estimate.
        df: Degrees of freedom of the standard error.
        p_better: Posterior probability of a sum above 0 under a flat prior.
        n: Units behind the estimate.
    """

    estimate: float
    low: float
    high: float
    level: float
    standard_error: float
    df: float
    p_better: float
    n: int


def weighted_gain(
    before: Sequence[ArrayLike],
    after: Sequence[ArrayLike],
    *,
    weights: Sequence[float],
    relative: Sequence[int],
    level: float = 0.95,
) -> Gain:
    """Return a weighted sum of paired effects with the interval of the delta method.

    Args:
        before: For each objective the first value of every case; NaN where unknown.
        after: The second values of the same cases in the same order.
        weights: What one unit of each effect is worth; below 0 where less is better.
        relative: 1 for each objective that counts as a share of its first mean, else 0.
        level: Two-sided confidence level, 0 to 1.

    Raises:
        ValueError: Lengths differ, an objective has fewer than 2 cases with both values or, where
            relative, no positive first mean, or `level` is out of range.

    Assumes:
        Independent cases; enough of them that ratios are about linear in the means.

    Formula:
        G = Σ w_k e_k with e = mean(b - a), or mean(b)/mean(a) - 1 where relative. The variance is
        n/(n-1) Σ_i (Σ_k w_k u_ik / n_k)², u = b - a - e, or (b - r·a)/mean(a) with r the ratio: a
        case carries what it says of all objectives together. G ± t·SE with n - 1 degrees of
        freedom.

    Not for:
        Variants that share no case (`weighted_gain_from_stats`).

    References:
        Oehlert (1992), Am Stat 46, 27-29; Keeney and Raiffa (1976), Decisions with Multiple
        Objectives, 3.6 (additive value).
    """
    a, b = _tables(before, after)
    counted, shares = _of_objectives(weights, relative, a.shape[0])
    estimate, influence = 0.0, np.zeros(a.shape[1])
    known = ~(np.isnan(a) | np.isnan(b))
    for x, y, w, is_relative, both in zip(a, b, counted, shares, known, strict=True):
        effect, parts = _effect(x[both], y[both], is_relative)
        estimate += w * effect
        influence[both] += w * parts / parts.size
    n = int(known.any(axis=0).sum())
    error = math.sqrt(n / (n - 1) * float(influence @ influence))
    return _gain(estimate, error, n - 1, n, level)


def weighted_gain_from_stats(  # noqa: PLR0917 - the moments of two
    first_means: Sequence[float],
    first_sds: Sequence[float],
    first_n: Sequence[float],
    second_means: Sequence[float],
    second_sds: Sequence[float],
    second_n: Sequence[float],
    *,
    weights: Sequence[float],
    relative: Sequence[int],
    level: float = 0.95,
) -> Gain:
    """Return a weighted sum of effects between independent samples, from their moments.

    Args:
        first_means: Mean of each objective in the first sample.
        first_sds: Standard deviations of the same.
        first_n: Independent units behind each.
        second_means: The same of the second sample.
        second_sds: As the standard deviations of the first sample.
        second_n: As of the first sample.
        weights: As in `weighted_gain`.
        relative: As in `weighted_gain`.
        level: Two-sided confidence level, 0 to 1.

    Raises:
        ValueError: Lengths differ, a number is not finite, an n is below 2, a standard deviation
            is negative, a first mean of a relative objective is not positive, or `level` is out
            of range.

    Assumes:
        Independent samples. Nothing of how the objectives hang together inside a sample: the
        standard errors are added up, which is the most that they can come to.

    Formula:
        G = Σ w_k e_k as in `weighted_gain`; SE = Σ |w_k| SE_k with SE² = s²_a/n_a + s²_b/n_b, or
        r²(s²_a/(n_a·ā²) + s²_b/(n_b·b̄²)) where relative; G ± t·SE with the least n less 1 degrees
        of freedom.

    Not for:
        Variants that ran the same cases: it takes the cases' own spread for noise
        (`weighted_gain`).

    References:
        Oehlert (1992), Am Stat 46, 27-29.
    """
    moments = np.array(
        [first_means, first_sds, first_n, second_means, second_sds, second_n], dtype=np.float64
    )
    if moments.ndim != FEWEST or not np.isfinite(moments).all():
        raise ValueError("moments: expected finite numbers, as many of each")
    counted, shares = _of_objectives(weights, relative, moments.shape[1])
    estimate = error = 0.0
    for column, w, is_relative in zip(moments.T, counted, shares, strict=True):
        effect, one_error = _independent(column, is_relative)
        estimate += w * effect
        error += abs(w) * one_error
    least = float(min(moments[2].min(), moments[5].min()))
    return _gain(
        estimate, error, least - 1, round(float(moments[2].max() + moments[5].max())), level
    )


def _tables(
    before: Sequence[ArrayLike], after: Sequence[ArrayLike]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    a, b = np.asarray(before, dtype=np.float64), np.asarray(after, dtype=np.float64)
    if a.ndim != FEWEST or a.shape != b.shape:
        raise ValueError(f"found tables of {a.shape} and {b.shape}, expected objectives x cases")
    if np.isinf(a).any() or np.isinf(b).any():
        raise ValueError("found infinity, expected finite numbers or NaN")
    return a, b


def _of_objectives(
    weights: Sequence[float], relative: Sequence[int], n: int
) -> tuple[tuple[float, ...], tuple[bool, ...]]:
    if len(weights) != n or len(relative) != n or not all(map(math.isfinite, weights)):
        raise ValueError(f"found {len(weights)} weights and {len(relative)} marks, expected {n}")
    return tuple(map(float, weights)), tuple(map(bool, relative))


def _effect(
    x: NDArray[np.float64], y: NDArray[np.float64], is_relative: bool
) -> tuple[float, NDArray[np.float64]]:
    """Return an effect and what each case adds to it beyond the mean."""
    if x.size < FEWEST:
        raise ValueError(f"found n = {x.size} cases with both values, expected at least {FEWEST}")
    if not is_relative:
        d = y - x
        return float(d.mean()), d - d.mean()
    base = float(x.mean())
    if not base > 0:
        raise ValueError(f"first mean: found {base:g}, expected a positive one")
    ratio = float(y.mean()) / base
    return ratio - 1, (y - ratio * x) / base


def _independent(column: NDArray[np.float64], is_relative: bool) -> tuple[float, float]:
    """Return an effect and its standard error from the moments of two samples."""
    a, sd_a, n_a, b, sd_b, n_b = column.tolist()
    if min(n_a, n_b) < FEWEST or min(sd_a, sd_b) < 0:
        raise ValueError(f"need n >= 2 and sd >= 0, got n = {n_a:g}, {n_b:g}, sd = {sd_a}, {sd_b}")
    if not is_relative:
        return b - a, math.hypot(sd_a / math.sqrt(n_a), sd_b / math.sqrt(n_b))
    if not a > 0:
        raise ValueError(f"first mean: found {a:g}, expected a positive one")
    ratio = b / a
    error = math.hypot(ratio * sd_a / math.sqrt(n_a), sd_b / math.sqrt(n_b)) / a
    return ratio - 1, error


def _gain(estimate: float, error: float, df: float, n: int, level: float) -> Gain:
    half = t_critical(level, df) * error
    return Gain(
        estimate=estimate,
        low=estimate - half,
        high=estimate + half,
        level=level,
        standard_error=error,
        df=df,
        p_better=p_above_zero(estimate, error, df),
        n=n,
    )

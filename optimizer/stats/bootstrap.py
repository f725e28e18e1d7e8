"""Intervals of a paired difference by resampling the pairs."""

from __future__ import annotations

from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from optimizer.stats.arrays import finite_pair
from optimizer.stats.intervals import Interval
from optimizer.stats.quantiles import normal_quantile
from optimizer.stats.student import require_level, t_cdf

Statistic: TypeAlias = Literal["mean", "median"]

CHUNK = 1 << 20  # resampled values held at once: 8 MB


def bootstrap_percentile(
    first: ArrayLike,
    second: ArrayLike,
    *,
    statistic: Statistic = "mean",
    seed: int = 0,
    resamples: int = 9999,
    level: float = 0.95,
) -> Interval:
    """Return the percentile bootstrap interval of the mean or median paired difference.

    Args:
        first: One value per unit.
        second: The second value of the same units, in the same order.
        statistic: `mean` or `median` of the differences, second minus first.
        seed: Of the random resamples.
        resamples: How many of them.
        level: Two-sided confidence level, 0 to 1.

    Raises:
        ValueError: Lengths differ, fewer than 2 pairs, a value is not finite, an unknown
            statistic, no resamples, or `level` is out of range.

    Assumes:
        Independent units, enough of them that the sample looks like where it came from.

    Formula:
        The (1 - level)/2 and (1 + level)/2 quantiles of the statistic over resamples of whole
        pairs, at rank p(B + 1).

    Not for:
        Fewer than about 20 units, where it is too short (`paired_t`, `sign_flip`).

    References:
        Efron and Tibshirani (1993), An Introduction to the Bootstrap, chapter 13.
    """
    d, found = _resampled(first, second, statistic, seed, resamples)
    require_level(level)
    return _interval(d, found, statistic, (1 - level) / 2, (1 + level) / 2, level)


def bootstrap_bca(
    first: ArrayLike,
    second: ArrayLike,
    *,
    statistic: Statistic = "mean",
    seed: int = 0,
    resamples: int = 9999,
    level: float = 0.95,
) -> Interval:
    """Return the bias-corrected and accelerated bootstrap interval of a paired difference.

    Args:
        first: As in `bootstrap_percentile`.
        second: As in `bootstrap_percentile`.
        statistic: As in `bootstrap_percentile`.
        seed: As in `bootstrap_percentile`.
        resamples: As in `bootstrap_percentile`.
        level: As in `bootstrap_percentile`.

    Raises:
        ValueError: As in `bootstrap_percentile`.

    Assumes:
        Independent units; a statistic whose bias and skewness some transformation would remove.

    Formula:
        Quantiles at Φ(z₀ + (z₀ + z)/(1 - a(z₀ + z))), z₀ = Φ⁻¹(share of resamples below the
        estimate, ties by half), a = Σ(θ̄ - θᵢ)³/[6(Σ(θ̄ - θᵢ)²)^1.5] over leave-one-out values.

    Not for:
        A median of few distinct values, whose leave-one-out values tell nothing of its skewness.

    References:
        Efron (1987), JASA 82, 171-185.
    """
    d, found = _resampled(first, second, statistic, seed, resamples)
    require_level(level)
    estimate = _statistic(d[None, :], statistic)[0]
    share = (np.mean(found < estimate) + np.mean(found <= estimate)) / 2
    if not 0 < share < 1:
        raise ValueError(f"the estimate is outside all {resamples} resamples, take more of them")
    bias = normal_quantile(float(share))
    acceleration = _acceleration(_left_out(d, statistic))
    low, high = (
        _shifted(normal_quantile(p), bias, acceleration) for p in ((1 - level) / 2, (1 + level) / 2)
    )
    return _interval(d, found, statistic, low, high, level)


def _resampled(
    first: ArrayLike, second: ArrayLike, statistic: Statistic, seed: int, resamples: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the differences and the statistic of each resample of them."""
    a, b = finite_pair(first, second, at_least=2)
    if statistic not in {"mean", "median"}:
        raise ValueError(f"statistic must be mean or median, got {statistic!r}")
    if resamples < 1:
        raise ValueError(f"resamples must be at least 1, got {resamples}")
    d = b - a
    rng = np.random.default_rng(seed)
    rows = max(1, CHUNK // d.size)
    parts = [
        _statistic(d[rng.integers(0, d.size, (min(rows, resamples - done), d.size))], statistic)
        for done in range(0, resamples, rows)
    ]
    return d, np.concatenate(parts)


def _statistic(rows: NDArray[np.float64], statistic: Statistic) -> NDArray[np.float64]:
    found: NDArray[np.float64] = (
        rows.mean(axis=1) if statistic == "mean" else np.median(rows, axis=1)
    )
    return found


def _left_out(d: NDArray[np.float64], statistic: Statistic) -> NDArray[np.float64]:
    """Return the statistic without each of the differences in turn."""
    if statistic == "mean":
        means: NDArray[np.float64] = (d.sum() - d) / (d.size - 1)
        return means
    ordered = np.sort(d)
    places = np.arange(d.size)
    lower, upper = (d.size - 2) // 2, (d.size - 1) // 2  # middle places among the others
    medians: NDArray[np.float64] = (
        ordered[lower + (places <= lower)] + ordered[upper + (places <= upper)]
    ) / 2
    return medians


def _acceleration(left_out: NDArray[np.float64]) -> float:
    away = left_out.mean() - left_out
    squares = float(away @ away)
    return float((away**3).sum()) / (6 * squares**1.5) if squares > 0 else 0.0


def _shifted(z: float, bias: float, acceleration: float) -> float:
    return t_cdf(bias + (bias + z) / (1 - acceleration * (bias + z)), None)


def _interval(  # noqa: PLR0917 - where the bounds are among what was resampled
    d: NDArray[np.float64],
    found: NDArray[np.float64],
    statistic: Statistic,
    low: float,
    high: float,
    level: float,
) -> Interval:
    bounds = np.quantile(found, [low, high], method="weibull")
    return Interval(
        estimate=float(_statistic(d[None, :], statistic)[0]),
        low=float(bounds[0]),
        high=float(bounds[1]),
        level=level,
        n=d.size,
        n_effective=d.size,
    )

"""The mean of bounded observations at every n, by betting against each value it might have."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from optimizer.stats.running import RunningInterval, plug_in_bets, require_alpha, unit_scaled

TRUNCATION = 0.5
TINY = 1e-300


def betting_sequence(
    differences: ArrayLike,
    *,
    alpha: float = 0.05,
    low: float = -1.0,
    high: float = 1.0,
    population: int | None = None,
    grid: int = 1000,
    intersect: bool | None = None,
) -> RunningInterval:
    """Return the hedged-capital betting confidence sequence of a mean, for every n.

    Args:
        differences: Observations in the order they came, `low` to `high`.
        alpha: Probability that the mean is ever outside, 0 to 1.
        low: Least possible observation.
        high: Greatest possible observation.
        population: How many observations there are in all, where they are drawn from a finite
            set without replacement: the interval is of that set's mean. None where they are not.
        grid: Number of steps from low to high; bounds are rounded outwards to a step.
        intersect: Whether a bound once shown stays. By default only with a population, whose
            mean cannot drift.

    Raises:
        ValueError: An observation is outside low and high, there are more of them than the
            population has, or alpha or grid is out of range.

    Assumes:
        Observations in random order with one conditional mean, bounded by low and high; nothing
        else about their distribution.

    Formula:
        x = (d-low)/(high-low); K±(m) = Π(1 ± λ±(x_t-m_t)), λ as in `plug_in_bets`, at most
        1/(2m_t) and 1/(2(1-m_t)); the sequence is {m: max(K+, K-)/2 <= 1/alpha}.
        m_t = m, or (Nm-S_{t-1})/(N-t+1) without replacement.

    Not for:
        Unbounded measurements (`asymptotic_sequence`); single 0/1 outcomes, where
        `rate_sequence` needs no grid.

    References:
        Waudby-Smith and Ramdas (2024), JRSS B 86, 1-27, theorem 3, section 5 and equation 26.
    """
    require_alpha(alpha)
    if grid < 1:
        raise ValueError(f"grid must be at least 1, got {grid}")
    x = unit_scaled(differences, low=low, high=high)
    if population is not None and population < x.size:
        raise ValueError(f"population is {population}, fewer than the {x.size} observations")
    lower, upper = _accepted(x, alpha=alpha, population=population, grid=grid)
    n = np.arange(1, x.size + 1)
    total = np.cumsum(x)
    if population is not None:
        lower = np.maximum(lower, total / population)
        upper = np.minimum(upper, 1 - (n - total) / population)
    if intersect if intersect is not None else population is not None:
        lower = np.maximum.accumulate(lower)
        upper = np.minimum.accumulate(upper)
    span = high - low
    return RunningInterval(
        estimate=low + span * total / n,
        low=low + span * lower,
        high=low + span * upper,
        level=1 - alpha,
    )


def _accepted(
    x: NDArray[np.float64], *, alpha: float, population: int | None, grid: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the least and the greatest mean not yet bet out, one grid step outwards."""
    means = np.linspace(0.0, 1.0, grid + 1)
    threshold = math.log(2 / alpha)
    rising, falling = np.zeros(grid + 1), np.zeros(grid + 1)
    lower, upper = np.zeros(x.size), np.ones(x.size)
    total = 0.0
    for t, (value, bet) in enumerate(zip(x, plug_in_bets(x, alpha=alpha), strict=True)):
        null = means
        possible = np.ones(grid + 1, dtype=np.bool_)
        if population is not None:
            left = (population * means - total) / (population - t)
            possible = (left >= 0) & (left <= 1)
            null = np.clip(left, 0.0, 1.0)
        gain = value - null
        rising += np.log1p(np.minimum(bet, TRUNCATION / np.maximum(null, TINY)) * gain)
        falling += np.log1p(-np.minimum(bet, TRUNCATION / np.maximum(1 - null, TINY)) * gain)
        kept = np.flatnonzero(possible & (np.maximum(rising, falling) <= threshold))
        if kept.size:
            lower[t] = max(means[kept[0]] - 1 / grid, 0.0)
            upper[t] = min(means[kept[-1]] + 1 / grid, 1.0)
        total += value
    return lower, upper

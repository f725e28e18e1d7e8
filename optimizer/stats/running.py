"""Intervals that hold at every n at once, and the bets two of their kernels place.

`betting` and `sequences` both watch a mean of bounded observations: what they share is here.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from optimizer.models.dataclass import dataclass
from optimizer.stats.intervals import Interval

PRIOR_MEAN = 0.5
PRIOR_VARIANCE = 0.25


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RunningInterval:
    """The interval after 1, 2, ... n observations; all of them hold at once.

    Attributes:
        estimate: Mean of the first t observations at index t - 1, in the unit of the data.
        low: Lower bounds.
        high: Upper bounds; below the lower one where the data contradict a constant mean.
        level: Probability that the mean is inside at every n, 0 to 1.
    """

    estimate: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    level: float

    def at(self, n: int) -> Interval:
        """Return the interval after `n` observations.

        Raises:
            ValueError: There are fewer than n observations, or n is below 1.
        """
        if not 1 <= n <= self.low.size:
            raise ValueError(f"n must be within 1 and {self.low.size}, got {n}")
        return Interval(
            estimate=float(self.estimate[n - 1]),
            low=float(self.low[n - 1]),
            high=float(self.high[n - 1]),
            level=self.level,
            n=n,
            n_effective=n,
        )


def unit_scaled(values: ArrayLike, *, low: float, high: float) -> NDArray[np.float64]:
    """Return the values on a scale where `low` is 0 and `high` is 1.

    Raises:
        ValueError: The values are none, not in one row, not finite or outside low and high.
    """
    if not (math.isfinite(low) and math.isfinite(high) and low < high):
        raise ValueError(f"low must be below high and both finite, got {low} and {high}")
    array = np.asarray(values, dtype=np.float64)
    if array.ndim != 1 or array.size == 0:
        raise ValueError(f"one row of values is needed, got the shape {array.shape}")
    if not bool(np.all((array >= low) & (array <= high))):
        raise ValueError(
            f"values must be within {low} and {high}, got {array.min()} to {array.max()}"
        )
    return np.asarray((array - low) / (high - low), dtype=np.float64)


def plug_in_bets(x: NDArray[np.float64], *, alpha: float) -> NDArray[np.float64]:
    """Return how much to bet on each observation, knowing only those before it.

    Args:
        x: Observations, 0 to 1.
        alpha: Share of wrong sequences, both sides together.

    Formula:
        λ_t = √(2 ln(2/alpha) / (t ln(1+t) s²_{t-1})), s² the variance of the past with one
        observation of mean 1/2 and variance 1/4 added.

    References:
        Waudby-Smith and Ramdas (2024), JRSS B 86, 1-27, equation 26.
    """
    t = np.arange(1, x.size + 1)
    mean = (PRIOR_MEAN + np.cumsum(x)) / (t + 1)
    variance = (PRIOR_VARIANCE + np.cumsum((x - mean) ** 2)) / (t + 1)
    before = np.concatenate(([PRIOR_VARIANCE], variance[:-1]))
    return np.asarray(np.sqrt(2 * math.log(2 / alpha) / (t * np.log1p(t) * before)))


def require_alpha(alpha: float) -> None:
    """Refuse a share of errors that is none.

    Raises:
        ValueError: alpha is not between 0 and 1.
    """
    if not 0 < alpha < 1:
        raise ValueError(f"alpha must be between 0 and 1, got {alpha}")

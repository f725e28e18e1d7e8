"""How far each value of a series lies from those before it."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Literal

import numpy as np

from optimizer.stats.arrays import finite_values
from optimizer.stats.outliers import MAD_TO_SD
from optimizer.stats.quantiles import normal_quantile, t_quantile, t_upper_tail

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

Measure = Literal["mad", "iqr", "z"]
MEASURES = ("mad", "iqr", "z")
FEWEST = 5
SAFE_TAIL = 1e-12
EFFICIENCY = {"mad": 0.37, "iqr": 0.37, "z": 1.0}
"""What an observation tells of the spread, as a share of what it tells the standard deviation."""

QUARTILE_IN_SD = 0.6745
BLOCK = 2000
"""Values that are held against their history at a time, to bound the memory."""


def history_distances(
    values: ArrayLike, *, measure: Measure = "mad", window: int = 200, least: int = 20
) -> NDArray[np.float64]:
    """Return how far each value lies from those before it, never from itself.

    Args:
        values: Values in order of time.
        measure: `mad` in robust standard deviations from the median, `z` in standard deviations
            from the mean, `iqr` in interquartile ranges beyond the nearer quartile (0 between
            the quartiles).
        window: Newest earlier values that count.
        least: Fewest earlier values; 5 or more.

    Raises:
        ValueError: The values are empty or not finite, or an option is outside its range.

    Assumes:
        Earlier values of one level and roughly normal, but for a few where the measure is not
        `z`.

    Formula:
        0.6745 (x - median)/MAD; (x - mean)/sd; (x - Q3)/IQR above and (x - Q1)/IQR below. NaN
        where there are too few earlier values or they have no spread.

    Not for:
        Skewed quantities as they are (give their logarithms), and lasting changes (`steps`).

    References:
        Iglewicz and Hoaglin (1993), How to Detect and Handle Outliers; Tukey (1977),
        Exploratory Data Analysis, 2D.
    """
    series = finite_values(values, name="values")
    if measure not in MEASURES:
        raise ValueError(f"measure must be one of {', '.join(MEASURES)}, got {measure!r}")
    if not FEWEST <= least <= window:
        raise ValueError(f"need {FEWEST} <= least <= window, got {least} and {window}")
    found = np.full(series.size, np.nan)
    for i in range(least, min(window, series.size)):
        found[i] = _distances(series[i : i + 1], series[None, :i], measure)[0]
    if series.size > window:
        before = np.lib.stride_tricks.sliding_window_view(series, window)[:-1]
        for start in range(0, len(before), BLOCK):
            rows = before[start : start + BLOCK]
            place = slice(window + start, window + start + len(rows))
            found[place] = _distances(series[place], rows, measure)
    return found


def history_factor(n: int, *, measure: Measure = "mad", threshold: float = 3.5) -> float:
    """Return by how much a threshold must be wider because the spread comes from n values.

    Args:
        n: Earlier values, 5 or more.
        measure: As in `history_distances`.
        threshold: What it would be of a known spread, in the unit of the measure, positive.

    Raises:
        ValueError: An argument is outside its range.

    Assumes:
        Normal values.

    Formula:
        t_df(p)/z(p) √(1 + 1/(en)), p the normal tail beyond the threshold, e the efficiency of
        the measure (.37 for MAD and IQR), df = e(n - 1)

    Not for:
        Values that depend on each other: fewer of them are worth n.

    References:
        Student (1908), Biometrika 6, 1-25; Rousseeuw and Croux (1993), JASA 88, 1273-1283.
    """
    if n < FEWEST or measure not in MEASURES or not threshold > 0:
        raise ValueError(
            f"need n >= {FEWEST}, a measure and a threshold above 0, "
            f"got {n}, {measure!r} and {threshold}"
        )
    return _factor(n, measure, threshold)


@lru_cache(maxsize=1024)
def _factor(n: int, measure: str, threshold: float) -> float:
    sds = threshold
    if measure == "iqr":
        sds = QUARTILE_IN_SD * (1 + 2 * threshold)
    tail = max(t_upper_tail(sds, 1e9), SAFE_TAIL)
    useful = EFFICIENCY[measure] * n
    wide = t_quantile(1 - tail, max(EFFICIENCY[measure] * (n - 1), 1.0))
    return float(wide / -normal_quantile(tail) * (1 + 1 / useful) ** 0.5)


def _distances(
    values: NDArray[np.float64], before: NDArray[np.float64], measure: str
) -> NDArray[np.float64]:
    """Return the distance of each value from its row of earlier values."""
    if measure == "z":
        flat = np.ptp(before, axis=1) == 0
        return _over(values - before.mean(axis=1), np.where(flat, 0, before.std(axis=1, ddof=1)))
    if measure == "mad":
        median = np.median(before, axis=1)
        mad = np.median(np.abs(before - median[:, None]), axis=1)
        return _over(MAD_TO_SD * (values - median), mad)
    first, third = np.quantile(before, [0.25, 0.75], axis=1)
    beyond = np.maximum(values - third, 0) + np.minimum(values - first, 0)
    return _over(beyond, third - first)


def _over(distance: NDArray[np.float64], spread: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(
        np.divide(distance, spread, out=np.full(len(spread), np.nan), where=spread > 0)
    )

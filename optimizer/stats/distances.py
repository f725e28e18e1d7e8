"""How far two distributions are apart: shares of categories, and samples of a number."""

from __future__ import annotations

import math
import warnings
from typing import TYPE_CHECKING

import numpy as np

from optimizer.stats.arrays import finite_values
from optimizer.stats.quantiles import chi2_quantile, chi2_upper_tail
from optimizer.stats.results import HypothesisTest

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

FEWEST_CATEGORIES = 2
TABLE_DIMENSIONS = 2
USUAL_PSI = 0.2
EXACT_PAIRS = 10_000  # the exact distribution takes as many steps as there are pairs


def psi(reference: ArrayLike, current: ArrayLike, *, floor: float = 1e-4) -> float:
    """Return the population stability index of two distributions over the same categories.

    Args:
        reference: Counts or shares of each category before.
        current: Counts or shares of each category now.
        floor: Shares below this count as this much, so that an empty category is no infinity.

    Raises:
        ValueError: Fewer than two categories, unequal lengths, a negative value, nothing in a
            distribution, or a floor that is not positive.

    Assumes:
        Categories chosen without looking at the current data (quantiles of the reference, say).

    Formula:
        Σ (q - p) ln(q / p), p and q the shares: KL(q, p) + KL(p, q)

    Not for:
        A fixed threshold on small samples, where chance alone goes beyond it (`psi_threshold`).

    References:
        Siddiqi (2006), Credit Risk Scorecards; Yurdakul and Naranjo (2020), J Risk Model
        Validation 14(4).
    """
    if not 0 < floor < 1:
        raise ValueError(f"floor must be between 0 and 1, got {floor}")
    p, q = (np.maximum(share, floor) for share in _shares(reference, current))
    return float(((q - p) * np.log(q / p)).sum())


def psi_threshold(
    n: int, m: int, bins: int, level: float = 0.99, *, minimum: float = USUAL_PSI
) -> float:
    """Return the index that samples of these sizes stay below where nothing changed.

    Args:
        n: Observations behind the reference.
        m: Observations behind the current distribution.
        bins: Number of categories, 2 or more.
        level: Share of unchanged pairs that stay below, 0 to 1.
        minimum: Smallest index worth a word however large the samples; 0 for none.

    Raises:
        ValueError: An argument is outside the ranges above, or a size is below 1.

    Assumes:
        Independent observations, five or more expected in every category.

    Formula:
        max(minimum, χ²_(bins-1, level) (1/n + 1/m))

    Not for:
        Categories that hold next to nothing: merge them first.

    References:
        Yurdakul and Naranjo (2020), J Risk Model Validation 14(4).
    """
    if min(n, m) < 1 or bins < FEWEST_CATEGORIES or not 0 < level < 1:
        raise ValueError(
            f"need n, m >= 1, bins >= 2 and 0 < level < 1, got {n}, {m}, {bins}, {level}"
        )
    return max(minimum, chi2_quantile(level, bins - 1) * (1 / n + 1 / m))


def jensen_shannon(p: ArrayLike, q: ArrayLike, *, base: float = 2) -> float:
    """Return the Jensen-Shannon distance of two distributions over the same categories.

    Args:
        p: Counts or shares of each category of the one.
        q: Counts or shares of each category of the other.
        base: Of the logarithm; with 2 the distance is 0 to 1.

    Raises:
        ValueError: As in `psi`, or base is not above 1.

    Assumes:
        Nothing; empty categories are fine, and the order of the two does not matter.

    Formula:
        √{[KL(p, m) + KL(q, m)] / 2}, m = (p + q) / 2: the root of the divergence, a metric

    Not for:
        Telling change from chance: it is above 0 for any two samples (`chi2_homogeneity`).

    References:
        Lin (1991), IEEE Trans Inf Theory 37, 145-151; Endres and Schindelin (2003), ibid. 49.
    """
    from scipy.special import rel_entr

    if not base > 1:
        raise ValueError(f"base must be above 1, got {base}")
    first, second = _shares(p, q)
    middle = (first + second) / 2
    divergence = (rel_entr(first, middle) + rel_entr(second, middle)).sum() / 2
    return math.sqrt(max(float(divergence), 0.0) / math.log(base))


def chi2_homogeneity(table: ArrayLike) -> HypothesisTest:
    """Return Pearson's test that the rows of a table of counts share one distribution.

    Args:
        table: Counts, a row per sample, a column per category, two of each or more.

    Raises:
        ValueError: The table is smaller, holds anything but counts, or has an empty row or column.

    Assumes:
        Independent observations; most expected counts five or more, none below one.

    Formula:
        χ² = Σ (observed - expected)² / expected, df = (rows - 1)(columns - 1), uncorrected

    Not for:
        The same cases in both rows, which are pairs.

    References:
        Pearson (1900), Phil Mag 50, 157-175; Agresti (2013), Categorical Data Analysis, 3.2.
    """
    observed = np.asarray(table, dtype=np.float64)
    if observed.ndim != TABLE_DIMENSIONS or min(observed.shape) < FEWEST_CATEGORIES:
        raise ValueError(f"table: found shape {observed.shape}, expected 2 x 2 or larger")
    whole = np.isfinite(observed).all() and (observed == np.floor(observed)).all()
    if not whole or (observed < 0).any():
        raise ValueError("table: expected whole numbers of 0 or more")
    rows, columns, n = observed.sum(axis=1), observed.sum(axis=0), observed.sum()
    if not (rows.all() and columns.all()):
        raise ValueError("table: found an empty row or column, expected none")
    expected = np.outer(rows, columns) / n
    chi2 = float(((observed - expected) ** 2 / expected).sum())
    df = (rows.size - 1) * (columns.size - 1)
    return HypothesisTest(statistic=chi2, p_value=chi2_upper_tail(chi2, df), n=int(n), df=df)


def kolmogorov_smirnov(first: ArrayLike, second: ArrayLike) -> HypothesisTest:
    """Return the two-sided Kolmogorov-Smirnov test that two samples share one distribution.

    Args:
        first: Observations of the one.
        second: Observations of the other.

    Raises:
        ValueError: A sample is empty or holds NaN or infinity.

    Assumes:
        Independent observations of a continuous quantity; ties make the p-value too large.

    Formula:
        D = max |F_first(x) - F_second(x)|, 0 to 1; the p-value exact up to 10,000 pairs of
        observations, from the limiting distribution beyond, and next to 1

    Not for:
        A handful of distinct values (`chi2_homogeneity`), or the same cases in both samples.

    References:
        Smirnov (1939); Hodges (1958), Arkiv för Matematik 3, 469-486.
    """
    from scipy.stats import ks_2samp

    a, b = finite_values(first, name="first"), finite_values(second, name="second")
    exact = a.size * b.size <= EXACT_PAIRS
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        found = ks_2samp(a, b, method="exact" if exact else "asymp")
    return HypothesisTest(
        statistic=float(found.statistic), p_value=float(found.pvalue), n=a.size + b.size
    )


def _shares(first: ArrayLike, second: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    a = finite_values(first, name="first distribution", at_least=FEWEST_CATEGORIES)
    b = finite_values(second, name="second distribution", at_least=FEWEST_CATEGORIES)
    if a.size != b.size:
        raise ValueError(f"found {a.size} and {b.size} categories, expected equally many")
    if (a < 0).any() or (b < 0).any() or not (a.any() and b.any()):
        raise ValueError("shares must be 0 or more and not all 0")
    return a / a.sum(), b / b.sum()

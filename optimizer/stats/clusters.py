"""Means of units that come in families, and how alike the units of a family are."""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from optimizer.models.dataclass import dataclass
from optimizer.stats.arrays import finite_values
from optimizer.stats.results import Difference, HypothesisTest
from optimizer.stats.student import studentized

Labels: TypeAlias = Sequence[Hashable] | NDArray[Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class IntraclassCorrelation:
    """How much of the spread lies between families, from one-way analysis of variance.

    Attributes:
        icc: Correlation of two units of one family, at most 1; NaN where no family has a second
            unit, or nothing varies.
        msb: Mean square between families.
        msw: Mean square within families; NaN where no family has a second unit.
        n0: Average family size of the unbalanced analysis.
        n: Number of units.
        n_families: Number of families.
    """

    icc: float
    msb: float
    msw: float
    n0: float
    n: int
    n_families: int


def cr1(values: ArrayLike, families: Labels, *, level: float = 0.95) -> Difference:
    """Return the mean with the cluster-robust standard error; n is the number of families.

    Args:
        values: One per unit, usually differences second minus first.
        families: Label of each unit's family, text, numbers or any other hashable.
        level: Two-sided confidence level, 0 to 1.

    Raises:
        ValueError: Lengths differ, a value is not finite, a label is missing, or there are fewer
            than 2 families.

    Assumes:
        Independent families of about equal size.

    Formula:
        SE² = G/(G-1)·Σ_g(Σ_{i∈g}(xᵢ - x̄))²/n²; Student's t with G - 1 degrees of freedom.

    Not for:
        Families of very unequal size, where it errs on the bold side (`cv3`).

    References:
        Liang and Zeger (1986), Biometrika 73, 13-22; Miller (2024), arXiv:2411.00640.
    """
    x, group, sizes = _grouped(values, families)
    g = sizes.size
    mean = float(x.mean())
    residual = np.bincount(group, weights=x - mean)
    standard_error = math.sqrt(g / (g - 1) * float(residual @ residual)) / x.size
    return studentized(mean, standard_error, g - 1, n=g, level=level, scale=_scale(x))


def cv3(values: ArrayLike, families: Labels, *, level: float = 0.95) -> Difference:
    """Return the mean with the delete-one-family jackknife; n is the number of families.

    Args:
        values: One per unit, usually differences second minus first.
        families: Label of each unit's family, text, numbers or any other hashable.
        level: Two-sided confidence level, 0 to 1.

    Raises:
        ValueError: As in `cr1`.

    Assumes:
        Independent families; sizes may differ widely.

    Formula:
        SE² = (G-1)/G·Σ_g(x̄₍₋g₎ - x̄)²; Student's t with n_eff - 1 degrees of freedom,
        n_eff = (Σm_g)²/Σm_g². Families of one size give `cr1` exactly.

    Not for:
        Fewer than 5 families: no formula replaces those that were not seen.

    References:
        MacKinnon, Nielsen and Webb (2023), J Appl Econometrics 38, 671-694; Kish (1965).
    """
    x, group, sizes = _grouped(values, families)
    g = sizes.size
    mean = float(x.mean())
    # leaving family g out moves the mean by -Σ_{i∈g}(xᵢ - x̄)/(n - m_g)
    moved = np.bincount(group, weights=x - mean) / (x.size - sizes)
    standard_error = math.sqrt((g - 1) / g * float(moved @ moved))
    df = kish(sizes) - 1
    return studentized(mean, standard_error, df, n=g, level=level, scale=_scale(x))


def clustered_mcnemar(differences: ArrayLike) -> HypothesisTest:
    """Return McNemar's test for units with repeated binary outcomes; the statistic is χ².

    Args:
        differences: One per unit: passes of the second minus passes of the first, as counts
            where all have as many repeats, else as rates.

    Raises:
        ValueError: No difference, or one is not finite.

    Assumes:
        Independent units; about 20 or more of them with a difference.

    Formula:
        χ² = (Σdᵢ)²/Σdᵢ² with 1 degree of freedom; McNemar's without correction where every unit
        ran once. Without any difference the statistic is NaN and p 1.

    Not for:
        Few changed units (`sign_flip`).

    References:
        Obuchowski (1998), Stat Med 17, 1495-1507; Durkalski et al. (2003), Stat Med 22, 2417-2428.
    """
    from scipy import special

    d = finite_values(differences, name="differences")
    size = float(np.abs(d).max())
    if size == 0:
        return HypothesisTest(statistic=math.nan, p_value=1.0, n=d.size, df=1)
    scaled = d / size
    statistic = float(scaled.sum() ** 2 / (scaled @ scaled))
    p_value = float(special.chdtrc(1, statistic))
    return HypothesisTest(statistic=statistic, p_value=p_value, n=d.size, df=1)


def intraclass_correlation(values: ArrayLike, families: Labels) -> IntraclassCorrelation:
    """Return the analysis-of-variance estimate of the intraclass correlation.

    Args:
        values: One per unit.
        families: Label of each unit's family, text, numbers or any other hashable.

    Raises:
        ValueError: As in `cr1`.

    Assumes:
        One additive effect per family, the same spread within each.

    Formula:
        (MSB - MSW)/(MSB + (n₀-1)·MSW), n₀ = (n - Σm_g²/n)/(G-1). May be negative.

    Not for:
        A test whether families matter; it is an estimate without an interval.

    References:
        Donner and Koval (1980), Biometrics 36, 19-25.
    """
    x, group, sizes = _grouped(values, families)
    g, n = sizes.size, x.size
    centred = x - x.mean()
    means = np.bincount(group, weights=centred) / sizes
    within = centred - means[group]
    msb = float(sizes @ means**2) / (g - 1)
    msw = float(within @ within) / (n - g) if n > g else math.nan
    n0 = (n - float(sizes @ sizes) / n) / (g - 1)
    total = msb + (n0 - 1) * msw
    icc = (msb - msw) / total if total > 0 else math.nan
    return IntraclassCorrelation(icc=icc, msb=msb, msw=msw, n0=n0, n=n, n_families=g)


def design_effect(size: float, icc: float) -> float:
    """Return by how much families inflate the variance of a mean.

    n units in families are worth n divided by it.

    Args:
        size: Units per family, at least 1.
        icc: Intraclass correlation, -1 to 1.

    Raises:
        ValueError: A number is out of range.

    Assumes:
        Families of about equal size.

    Formula:
        1 + (m - 1)·icc.

    Not for:
        Weights or sizes that differ widely (`kish`).

    References:
        Kish (1965), Survey Sampling, section 5.4.
    """
    if not size >= 1 or not -1 <= icc <= 1:
        raise ValueError(f"need size >= 1 and icc within -1 and 1, got {size} and {icc}")
    return 1 + (size - 1) * icc


def kish(weights: ArrayLike) -> float:
    """Return how many equal weights are worth as much as these.

    Args:
        weights: Not negative, at least one positive; their scale does not matter.

    Raises:
        ValueError: There are none, one is negative or not finite, or all are 0.

    Assumes:
        Weights that have nothing to do with the values.

    Formula:
        (Σw)²/Σw².

    Not for:
        Correlated units of equal weight (`design_effect`).

    References:
        Kish (1965), Survey Sampling, section 11.7.
    """
    w = finite_values(weights, name="weights")
    if (w < 0).any() or not w.any():
        raise ValueError(f"weights must not be negative, nor all 0, got {w.min()} to {w.max()}")
    scaled = w / w.max()
    return float(scaled.sum() ** 2 / (scaled @ scaled))


def _grouped(
    values: ArrayLike, families: Labels
) -> tuple[NDArray[np.float64], NDArray[np.intp], NDArray[np.int64]]:
    """Return the values, each one's family as a number from 0, and the family sizes."""
    x = finite_values(values, name="values", at_least=2)
    group = _numbered(families)
    if group.shape != x.shape:
        raise ValueError(f"need one family per value, got {group.size} for {x.size}")
    sizes = np.bincount(group)
    if sizes.size < 2:  # noqa: PLR2004 - one family says nothing of others
        raise ValueError(f"need at least 2 families, got {sizes.size}")
    return x, group, sizes


def _numbered(families: Labels) -> NDArray[np.intp]:
    """Return a number from 0 for each label; other than arrays by equality, without an order."""
    if isinstance(families, np.ndarray) and families.dtype.kind != "O":
        if families.dtype.kind == "f" and np.isnan(families).any():
            raise ValueError("every value needs a family, got a missing label")
        return np.unique(families, return_inverse=True)[1]
    labels = list(families)
    if any(label is None or label != label for label in labels):  # noqa: PLR0124 - NaN
        raise ValueError("every value needs a family, got a missing label")
    numbers: dict[Hashable, int] = {}
    return np.array([numbers.setdefault(label, len(numbers)) for label in labels], dtype=np.intp)


def _scale(values: NDArray[np.float64]) -> float:
    return float(np.abs(values).max())

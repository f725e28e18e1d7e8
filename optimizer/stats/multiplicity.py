"""Several comparisons at once: adjusted p-values, e-values, simultaneous intervals."""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from optimizer.stats.arrays import finite_values
from optimizer.stats.largest_t import DRAWS, largest_t
from optimizer.stats.results import Difference
from optimizer.stats.student import studentized


def bonferroni(p_values: Sequence[float]) -> tuple[float, ...]:
    """Return p-values adjusted by Bonferroni: each times their number.

    Args:
        p_values: One per comparison, in any order.

    Raises:
        ValueError: A p-value is not between 0 and 1.

    Assumes:
        Nothing about how the comparisons depend on each other.

    Formula:
        min(1, m·p).

    Not for:
        Anything `holm` can do: it is never weaker.

    References:
        Dunn (1961), JASA 56, 52-64.
    """
    p = _p_values(p_values)
    return _plain(np.minimum(p.size * p, 1.0))


def holm(p_values: Sequence[float]) -> tuple[float, ...]:
    """Return p-values adjusted by Holm's step-down rule (family-wise error).

    Args:
        p_values: As in `bonferroni`.

    Raises:
        ValueError: A p-value is not between 0 and 1.

    Assumes:
        Nothing about how the comparisons depend on each other.

    Formula:
        Of p sorted upwards: max over j ≤ i of min(1, (m - j + 1)·p₍j₎).

    Not for:
        Screening many comparisons, where some false calls are fine (`benjamini_hochberg`).

    References:
        Holm (1979), Scand J Stat 6, 65-70.
    """
    p, order = _sorted(p_values)
    scaled = (p.size - np.arange(p.size)) * p
    return _restored(np.maximum.accumulate(scaled), order)


def hochberg(p_values: Sequence[float]) -> tuple[float, ...]:
    """Return p-values adjusted by Hochberg's step-up rule (family-wise error).

    Args:
        p_values: As in `bonferroni`.

    Raises:
        ValueError: A p-value is not between 0 and 1.

    Assumes:
        Independent or positively dependent comparisons.

    Formula:
        Of p sorted upwards: min over j ≥ i of (m - j + 1)·p₍j₎.

    Not for:
        Comparisons that may work against each other (`holm`).

    References:
        Hochberg (1988), Biometrika 75, 800-802.
    """
    p, order = _sorted(p_values)
    return _restored(_step_up((p.size - np.arange(p.size)) * p), order)


def benjamini_hochberg(p_values: Sequence[float]) -> tuple[float, ...]:
    """Return p-values adjusted by Benjamini and Hochberg (false discovery rate).

    Args:
        p_values: As in `bonferroni`.

    Raises:
        ValueError: A p-value is not between 0 and 1.

    Assumes:
        Independent or positively dependent comparisons.

    Formula:
        Of p sorted upwards: min over j ≥ i of m·p₍j₎/j.

    Not for:
        One decision that must not be wrong (`holm`).

    References:
        Benjamini and Hochberg (1995), JRSS B 57, 289-300.
    """
    p, order = _sorted(p_values)
    return _restored(_step_up(p.size * p / np.arange(1, p.size + 1)), order)


def benjamini_yekutieli(p_values: Sequence[float]) -> tuple[float, ...]:
    """Return p-values adjusted by Benjamini and Yekutieli (false discovery rate).

    Args:
        p_values: As in `bonferroni`.

    Raises:
        ValueError: A p-value is not between 0 and 1.

    Assumes:
        Nothing about how the comparisons depend on each other.

    Formula:
        As `benjamini_hochberg`, times 1 + 1/2 + ... + 1/m.

    Not for:
        Comparisons known to be positively dependent (`benjamini_hochberg`).

    References:
        Benjamini and Yekutieli (2001), Ann Stat 29, 1165-1188.
    """
    p, order = _sorted(p_values)
    ranks = np.arange(1, p.size + 1)
    return _restored(_step_up(p.size * (1 / ranks).sum() * p / ranks), order)


def e_bh(e_values: Sequence[float], *, alpha: float = 0.05) -> tuple[bool, ...]:
    """Return which hypotheses e-BH rejects, in the order given.

    Args:
        e_values: One per hypothesis, 0 or more; infinity is allowed.
        alpha: False discovery rate, 0 to 1.

    Raises:
        ValueError: An e-value is negative or NaN, or alpha is out of range.

    Assumes:
        Valid e-values; nothing about how they depend on each other.

    Formula:
        The k largest, for the largest k whose k-th e-value is at least m/(k·alpha).

    Not for:
        p-values (`benjamini_yekutieli`).

    References:
        Wang and Ramdas (2022), JRSS B 84, 822-852.
    """
    e = np.asarray(e_values, dtype=np.float64)
    if not 0 < alpha < 1:
        raise ValueError(f"alpha must be between 0 and 1, got {alpha}")
    if not (e >= 0).all():
        raise ValueError(f"e-values must be 0 or more, got {e.tolist()}")
    needed = e.size / (np.arange(1, e.size + 1) * alpha)
    enough = np.flatnonzero(np.sort(e)[::-1] >= needed)
    if enough.size == 0:
        return (False,) * e.size
    return tuple(bool(value >= needed[enough[-1]]) for value in e)


def max_t_critical(
    correlation: ArrayLike,
    df: float,
    *,
    alpha: float = 0.05,
    seed: int = 0,
    draws: int = DRAWS,
) -> float:
    """Return the two-sided critical value for the largest of several correlated t statistics.

    Args:
        correlation: Correlation matrix of the statistics, K by K.
        df: Degrees of freedom of their common standard deviation; infinity for normals.
        alpha: Family-wise error rate, 0 to 1.
        seed: Of the random normals.
        draws: How many vectors of them; the default is good to about 0.01.

    Raises:
        ValueError: The matrix is not a correlation matrix, or a number is out of range.

    Assumes:
        Statistics that are jointly normal with this correlation over a common s.

    Formula:
        The 1 - alpha quantile of max|N(0, R)|/√(χ²_df/df): the normals drawn, χ² integrated over
        equally likely values. Kept within its bounds: one comparison, and Bonferroni.

    Not for:
        Statistics whose correlation is not known (`holm`).

    References:
        Dunnett (1955), JASA 50, 1096-1121; Hothorn, Bretz and Westfall (2008), Biom J 50, 346-363.
    """
    if not 0 < alpha < 1:
        raise ValueError(f"alpha must be between 0 and 1, got {alpha}")
    return largest_t(correlation, df, seed=seed, draws=draws).critical(alpha)


def simultaneous(
    differences: ArrayLike, *, level: float = 0.95, seed: int = 0, draws: int = DRAWS
) -> tuple[Difference, ...]:
    """Return the mean of each column of paired differences; all intervals hold together.

    Args:
        differences: One row per unit, one column per comparison with the same baseline.
        level: Two-sided confidence level of all intervals together, 0 to 1.
        seed: Of the random normals.
        draws: How many vectors of them.

    Raises:
        ValueError: Not a table, fewer than 2 rows or no column, or a value is not finite.

    Assumes:
        Independent rows; columns whose means are about jointly normal.

    Formula:
        Each column's mean ± c·SE and p-value as `max_t_critical`, with the correlation of the
        columns and n - 1 degrees of freedom (paired Dunnett). A p-value is kept between that of
        one comparison and Bonferroni's. Columns without spread count as uncorrelated.

    Not for:
        Independent groups (`dunnett`); comparisons of all pairs (`holm`).

    References:
        Dunnett (1955), JASA 50, 1096-1121.
    """
    table = np.asarray(differences, dtype=np.float64)
    if table.ndim != 2 or table.shape[1] == 0:  # noqa: PLR2004 - rows and columns
        raise ValueError(f"need a table of rows and columns, got shape {table.shape}")
    columns = [finite_values(column, at_least=2, name="differences") for column in table.T]
    n = table.shape[0]
    plain = [_column(column, level) for column in columns]
    reference = largest_t(_correlation(table, plain), n - 1, seed=seed, draws=draws)
    critical = reference.critical(1 - level)
    return tuple(
        replace(
            found,
            low=found.estimate - critical * found.standard_error,
            high=found.estimate + critical * found.standard_error,
            p_value=reference.adjusted_p(found.statistic, found.p_value),
        )
        for found in plain
    )


def dunnett(control: ArrayLike, groups: Sequence[ArrayLike], *, seed: int = 0) -> tuple[float, ...]:
    """Return Dunnett's two-sided p-values of independent groups against one control.

    Args:
        control: One value per unit of the control.
        groups: The same of each group.
        seed: Of the integration, whose error is about 0.001.

    Raises:
        ValueError: No group, a sample of fewer than 2 values, one that is not finite, or no
            spread anywhere.

    Assumes:
        Independent units, means that are about normal, one variance in all groups.

    Formula:
        P(max|T| ≥ |tᵢ|), T multivariate t with correlation √(nᵢnⱼ/((n₀+nᵢ)(n₀+nⱼ))).

    Not for:
        The same units under each group (`simultaneous`).

    References:
        Dunnett (1955), JASA 50, 1096-1121.
    """
    from scipy import stats

    base = finite_values(control, at_least=2, name="control values")
    others = [finite_values(group, at_least=2, name="group values") for group in groups]
    if not others:
        raise ValueError("need at least one group")
    if all(np.ptp(values) == 0 for values in (base, *others)):
        raise ValueError("need some spread within the groups, got constant values")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # of a group without spread
        found = stats.dunnett(*others, control=base, random_state=np.random.default_rng(seed))
    return tuple(float(p) for p in found.pvalue)


def _column(values: NDArray[np.float64], level: float) -> Difference:
    error = float(values.std(ddof=1)) / math.sqrt(values.size)
    return studentized(float(values.mean()), error, values.size - 1, n=values.size, level=level)


def _correlation(table: NDArray[np.float64], columns: Sequence[Difference]) -> NDArray[np.float64]:
    centred = table - table.mean(axis=0)
    flat = np.array([column.standard_error == 0 for column in columns])
    centred[:, flat] = 0.0
    lengths = np.where(flat, 1.0, np.sqrt((centred**2).sum(axis=0)))
    unit = centred / lengths
    correlation: NDArray[np.float64] = unit.T @ unit
    np.fill_diagonal(correlation, 1.0)
    return correlation


def _p_values(p_values: Sequence[float]) -> NDArray[np.float64]:
    p = np.asarray(p_values, dtype=np.float64)
    if p.ndim != 1 or not ((p >= 0) & (p <= 1)).all():
        raise ValueError(f"p-values must be between 0 and 1, got {p.tolist()}")
    return p


def _sorted(p_values: Sequence[float]) -> tuple[NDArray[np.float64], NDArray[np.intp]]:
    p = _p_values(p_values)
    order = np.argsort(p, kind="stable")
    return p[order], order


def _step_up(scaled: NDArray[np.float64]) -> NDArray[np.float64]:
    stepped: NDArray[np.float64] = np.minimum.accumulate(scaled[::-1])[::-1]
    return stepped


def _restored(adjusted: NDArray[np.float64], order: NDArray[np.intp]) -> tuple[float, ...]:
    placed = np.empty(order.size)
    placed[order] = np.minimum(adjusted, 1.0)
    return _plain(placed)


def _plain(values: NDArray[np.float64]) -> tuple[float, ...]:
    return tuple(float(value) for value in values)

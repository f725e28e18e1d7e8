"""Quantiles of a measured quantity: an interval of one, a ratio of two."""

from __future__ import annotations

import bisect
import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from optimizer.models.dataclass import dataclass
from optimizer.stats.arrays import finite_values
from optimizer.stats.intervals import Interval
from optimizer.stats.results import Ratio
from optimizer.stats.student import ROUNDING, require_level

BAND = 10  # standard deviations around the quantile that nearly every resample's stays in

Counts = NDArray[np.float64]
Index = NDArray[np.intp]


def quantile_ratio(
    first_values: ArrayLike,
    first_case_index: ArrayLike,
    second_values: ArrayLike,
    second_case_index: ArrayLike,
    *,
    q: float = 0.95,
    seed: int = 0,
    resamples: int = 999,
    level: float = 0.95,
) -> Ratio:
    """Return the ratio of two quantiles with an interval by resampling whole cases.

    Args:
        first_values: Every measurement of the first arm, 0 or more; repeats side by side.
        first_case_index: The case of each, 0 to n - 1.
        second_values: Every measurement of the second arm, 0 or more.
        second_case_index: The case of each, in the same numbering.
        q: Which quantile, 0 to 1; 0.95 is p95.
        seed: Of the random resamples.
        resamples: How many of them.
        level: Two-sided confidence level, 0 to 1.

    Raises:
        ValueError: Lengths differ, a value is negative or not finite, a case has no value at all,
            an arm has fewer than 2 cases, or an option is out of range.

    Assumes:
        Independent cases; enough of them above the quantile (at least 72 cases for p95, see
        `quantile_interval`).

    Formula:
        The quantile is the smallest value with at least q of all measurements at or below it
        (inverted distribution function), for the estimate and each resample. A resample draws as
        many cases with replacement and takes both arms with all repeats of each; cases that only
        one arm has are drawn among themselves, so arms without a common case are independent. The
        bounds are the ratios at rank (1 - level)/2·(B + 1) from either end; 0/0 counts as
        anything, and as NaN in the estimate.

    Not for:
        The ratio of means (`fieller`), a typical case (`geometric_ratio`).

    References:
        Efron and Tibshirani (1993), An Introduction to the Bootstrap, chapters 8 and 13.
    """
    (found,) = quantile_ratios(
        first_values,
        first_case_index,
        second_values,
        second_case_index,
        q=q,
        seed=seed,
        resamples=resamples,
        levels=(level,),
    )
    return found


def quantile_ratios(
    first_values: ArrayLike,
    first_case_index: ArrayLike,
    second_values: ArrayLike,
    second_case_index: ArrayLike,
    *,
    q: float = 0.95,
    seed: int = 0,
    resamples: int = 999,
    levels: Sequence[float],
) -> tuple[Ratio, ...]:
    """Return `quantile_ratio` at several levels, of the same resamples."""
    for level in levels:
        require_level(level)
    if not 0 < q < 1 or resamples < 1:
        raise ValueError(f"need q between 0 and 1 and resamples >= 1, got {q} and {resamples}")
    n = 1 + max(_largest(first_case_index), _largest(second_case_index))
    if n > np.size(first_case_index) + np.size(second_case_index):
        raise ValueError(f"case indices must leave none out, got {n - 1} as the largest")
    arms = (
        _arm(first_values, first_case_index, n, q, name="first"),
        _arm(second_values, second_case_index, n, q, name="second"),
    )
    first, second = _resampled(arms, seed, resamples).T
    with np.errstate(divide="ignore", invalid="ignore"):
        ratios = second / first
    lowest = np.sort(np.nan_to_num(ratios, nan=0.0, posinf=math.inf))
    highest = np.sort(np.nan_to_num(ratios, nan=math.inf, posinf=math.inf))
    ranks = [max(math.floor((1 - level) / 2 * (resamples + 1) + ROUNDING), 1) for level in levels]
    return tuple(
        Ratio(
            estimate=arms[1].estimate / arms[0].estimate if arms[0].estimate > 0 else math.nan,
            low=float(lowest[rank - 1]),
            high=float(highest[-rank]),
            level=level,
            p_value=None,
            n=n,
        )
        for level, rank in zip(levels, ranks, strict=True)
    )


def quantile_interval(values: ArrayLike, q: float, *, level: float = 0.95) -> Interval:
    """Return a quantile with its interval by order statistics, free of any distribution.

    Args:
        values: One per case.
        q: Which quantile, 0 to 1.
        level: Two-sided confidence level, 0 to 1; a one-sided bound has (1 + level)/2.

    Raises:
        ValueError: No value, one is not finite, or an option is out of range.

    Assumes:
        Independent cases.

    Formula:
        [x₍l₎, x₍u₎] with the largest l for which P(X < l) ≤ (1 - level)/2 and the smallest u for
        which P(X ≥ u) ≤ (1 - level)/2, X ~ Bin(n, q). Where there is no such place the bound is
        infinite: p95 has a finite upper bound from 72 cases on, one-sided at 95 % from 59. The
        estimate is the smallest value with at least q of all at or below it.

    Not for:
        Repeats of a case as if they were cases.

    References:
        Conover (1999), Practical Nonparametric Statistics, section 3.2.
    """
    from scipy import special

    require_level(level)
    if not 0 < q < 1:
        raise ValueError(f"q must be between 0 and 1, got {q}")
    x = np.sort(finite_values(values, name="values"))
    n, tail = x.size, (1 - level) / 2
    places = range(n + 1)
    below = bisect.bisect_right(places, tail, key=lambda k: float(special.bdtr(k, n, q)))
    above = 1 + bisect.bisect_left(places, -tail, key=lambda k: -float(special.bdtrc(k, n, q)))
    return Interval(
        estimate=float(x[_place(q, n) - 1]),
        low=float(x[below - 1]) if below > 0 else -math.inf,
        high=float(x[above - 1]) if above <= n else math.inf,
        level=level,
        n=n,
        n_effective=n,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Arm:
    """One arm in order of value, and the band of values around its quantile.

    A resample's quantile is looked for in the band only: what its cases have below is one sum.
    """

    q: float
    values: NDArray[np.float64]
    cases: Index
    repeats: Counts
    start: int
    stop: int
    below: Counts

    @property
    def estimate(self) -> float:
        return float(self.values[_place(self.q, self.values.size) - 1])

    def quantile(self, counts: Counts, total: float, below: float) -> float:
        """Return the quantile if each case is there as often as `counts` says."""
        place = _place(self.q, total)
        if place > below:
            upto = np.cumsum(counts[self.cases[self.start : self.stop]])
            if upto[-1] >= place - below:
                return float(self.values[self.start + np.searchsorted(upto, place - below)])
        upto = np.cumsum(counts[self.cases])
        return float(self.values[np.searchsorted(upto, place)])


def _arm(values: ArrayLike, case_index: ArrayLike, n: int, q: float, *, name: str) -> _Arm:
    x = finite_values(values, name=f"{name} values")
    if (x < 0).any():
        raise ValueError(f"{name} values: found {x.min():g}, expected 0 or more")
    case = np.asarray(case_index, dtype=np.intp)
    if case.shape != x.shape:
        raise ValueError(f"{name} values: found {case.size} cases for n = {x.size}")
    repeats = np.bincount(case, minlength=n)
    if np.count_nonzero(repeats) < 2:  # noqa: PLR2004 - one case has no spread
        raise ValueError(f"{name} values: found 1 case, expected at least 2")
    order = np.argsort(x, kind="stable")
    cases = case[order]
    place = _place(q, x.size)
    spread = np.bincount(cases[:place], minlength=n) - q * repeats
    half = math.ceil(BAND * math.sqrt(float(spread @ spread) + 1))
    start, stop = max(place - half, 0), min(place + half, x.size)
    return _Arm(
        q=q,
        values=x[order],
        cases=cases,
        repeats=repeats.astype(np.float64),
        start=start,
        stop=stop,
        below=np.bincount(cases[:start], minlength=n).astype(np.float64),
    )


def _resampled(arms: tuple[_Arm, _Arm], seed: int, resamples: int) -> NDArray[np.float64]:
    """Return the quantile of both arms in each resample, one row per resample."""
    rng = np.random.default_rng(seed)
    groups = _drawn_together(*arms)
    # a case's row: what it adds to an arm's number of measurements, and to those below its band
    rows = np.stack([column for arm in arms for column in (arm.repeats, arm.below)], axis=1)
    counts = np.zeros(len(rows))
    found = np.empty((resamples, len(arms)))
    for resample in found:
        for group in groups:
            drawn = rng.integers(0, group.size, group.size)
            counts[group] = np.bincount(drawn, minlength=group.size)
        sums = counts @ rows
        for side, arm in enumerate(arms):
            resample[side] = arm.quantile(counts, sums[2 * side], sums[2 * side + 1])
    return found


def _drawn_together(first: _Arm, second: _Arm) -> list[Index]:
    """Return the cases of both arms, of the first alone and of the second alone, where any."""
    one, other = first.repeats > 0, second.repeats > 0
    if not (one | other).all():
        raise ValueError(f"case index {int(np.argmin(one | other))}: found no value in either arm")
    groups = [np.flatnonzero(which) for which in (one & other, one & ~other, other & ~one)]
    return [group for group in groups if group.size]


def _place(q: float, total: float) -> int:
    """Return the rank, from 1, of the smallest value with q of the total at or below it."""
    return max(math.ceil(q * total - ROUNDING * total), 1)


def _largest(case_index: ArrayLike) -> int:
    index = np.asarray(case_index)
    if index.size == 0 or index.dtype.kind not in "iu" or index.min() < 0:
        raise ValueError("case indices must be whole numbers from 0, at least one in each arm")
    return int(index.max())

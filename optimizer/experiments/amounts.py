"""The ratio of an amount between two arms that ran the same cases: money, tokens, time."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from optimizer.experiments.pairing import (
    PairedValues,
    Pairs,
    paired_values,
    too_few,
    too_few_families,
)
from optimizer.experiments.settings import ComparisonSettings
from optimizer.models.cases import LoadedArm
from optimizer.models.terms import Metric, VerdictKind
from optimizer.models.verdicts import Companion, MetricVerdict
from optimizer.stats.ranks import sign_flip
from optimizer.stats.ratios import fieller, geometric_ratio
from optimizer.stats.results import Ratio
from optimizer.stats.tails import quantile_ratios

if TYPE_CHECKING:
    from numpy.typing import NDArray

QUANTILES = {Metric.LATENCY_P50: 0.50, Metric.LATENCY_P95: 0.95}
"""Metrics that are a quantile of the latency."""

RATIO_NOISE = 1e-9
"""Intervals of ratios narrower than this have no width."""

NOUNS = {Metric.LATENCY: "latency", Metric.COST: "cost", Metric.TOKENS: "token count"}


def paired_amount(
    pairs: Pairs,
    metric: Metric,
    *,
    settings: ComparisonSettings,
    alpha: float,
    families: bool,
) -> MetricVerdict:
    """Measure the ratio of the means of an amount over the shared cases; no verdict yet."""
    found = paired_values(pairs, metric, families=families)
    first, second = totals(found)
    plain = _described(found, metric, alpha, n=len(first))
    if len(first) < 2:  # noqa: PLR2004 - one case has no spread
        return replace(plain, reason=too_few(len(first), f"a known {NOUNS[metric]}"))
    if float(first.sum()) <= 0:
        return replace(plain, reason=f"the baseline's {NOUNS[metric]} is 0: a ratio has no meaning")
    if found.family is not None and len(first) < settings.min_families:
        return replace(
            plain,
            reason=too_few_families(len(first), settings.min_families),
        )
    wide, narrow = (fieller(first, second, level=level) for level in (1 - alpha, 1 - 2 * alpha))
    if is_a_point(wide) and len(first) < settings.min_cases_for_t:
        return _without_bounds(plain, first, second, settings)
    return replace(
        _with_bounds(plain, wide, narrow),
        p_value=wide.p_value,
        reason=None if math.isfinite(wide.high) else _unbounded(metric),
        method="paired t, Fieller interval of the ratio of means",
        why="amounts add up, so their means are compared, within the same cases",
        companions=_typical(first, second, level=1 - alpha),
    )


def paired_quantile(
    pairs: Pairs,
    metric: Metric,
    arms: tuple[LoadedArm, LoadedArm],
    *,
    settings: ComparisonSettings,
    alpha: float,
    families: bool,
) -> MetricVerdict:
    """Measure the ratio of a quantile of the latency over the shared cases; no verdict yet."""
    found = paired_values(pairs, Metric.LATENCY, families=families)
    units = np.arange(len(found.baseline)) if found.family is None else found.family
    n = int(units.max()) + 1 if len(units) else 0
    chosen = [
        _times_of(arm, rows[found.kept], units)
        for arm, rows in zip(arms, (pairs.at_baseline, pairs.at_candidate), strict=True)
    ]
    plain = MetricVerdict(
        metric=metric,
        kind=VerdictKind.INCONCLUSIVE,
        level=1 - alpha,
        alpha=alpha,
        n=n,
        unit="family" if n < len(units) else "case",
        n_dropped=found.n_dropped,
        method="bootstrap of the cases, percentile interval of the log ratio",
        why="a quantile of times: cases are resampled with both arms and all their repeats",
    )
    return quantile_of(plain, chosen, q=QUANTILES[metric], settings=settings, alpha=alpha)


def quantile_of(
    plain: MetricVerdict,
    times: list[tuple[NDArray[np.float64], NDArray[np.int64]]],
    *,
    q: float,
    settings: ComparisonSettings,
    alpha: float,
) -> MetricVerdict:
    """Fill in the ratio of a quantile, or why there is none.

    Args:
        plain: What is known without it; its n are the units that are resampled.
        times: For either arm its times and, for each, the number of its unit.
        q: Which quantile, 0 to 1.
        settings: Of the comparison.
        alpha: Two-sided false-alarm rate.
    """
    (first, first_unit), (second, second_unit) = times
    needed = cases_for_quantile(q, alpha)
    if len(first) == 0 or len(second) == 0:
        return replace(plain, reason="no latency is known in both arms")
    plain = replace(
        plain,
        baseline=float(np.quantile(first, q, method="inverted_cdf")),
        candidate=float(np.quantile(second, q, method="inverted_cdf")),
    )
    if plain.n < needed:
        return replace(
            plain,
            reason=f"{plain.n} of the {needed} cases that the {_ordinal(q)} needs for an "
            "upper bound",
        )
    wide, narrow = quantile_ratios(
        first,
        first_unit,
        second,
        second_unit,
        q=q,
        seed=settings.seed,
        resamples=settings.resamples,
        levels=(1 - alpha, 1 - 2 * alpha),
    )
    return _with_bounds(plain, wide, narrow)


def cases_for_quantile(q: float, alpha: float) -> int:
    """Return the fewest observations that bound a quantile from above at level 1 - alpha."""
    return math.ceil(math.log(alpha) / math.log(q))


def _unbounded(metric: Metric) -> str:
    return f"the baseline's {NOUNS[metric]} cannot be told from 0: the ratio has no bounds"


def is_a_point(ratio: Ratio) -> bool:
    """Say whether an interval has no width: the values are without any spread."""
    return math.isclose(ratio.low, ratio.high, rel_tol=RATIO_NOISE, abs_tol=RATIO_NOISE)


def _ordinal(q: float) -> str:
    return "median" if q == 0.5 else f"{100 * q:g}th percentile"  # noqa: PLR2004


def totals(found: PairedValues) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the amounts of each unit: a case, or the cases of a family together."""
    if found.family is None:
        return found.baseline, found.candidate
    return (
        np.bincount(found.family, weights=found.baseline).astype(np.float64),
        np.bincount(found.family, weights=found.candidate).astype(np.float64),
    )


def _described(found: PairedValues, metric: Metric, alpha: float, *, n: int) -> MetricVerdict:
    changed = found.differences
    first = float(found.baseline.mean()) if n else None
    second = float(found.candidate.mean()) if n else None
    return MetricVerdict(
        metric=metric,
        kind=VerdictKind.INCONCLUSIVE,
        baseline=first,
        candidate=second,
        estimate=second / first - 1 if first and second is not None else None,
        level=1 - alpha,
        alpha=alpha,
        n=n,
        unit="case" if found.family is None else "family",
        n_changed=int(np.count_nonzero(changed)),
        n_fixed=int((changed < 0).sum()),
        n_broken=int((changed > 0).sum()),
        n_dropped=found.n_dropped,
    )


def _without_bounds(
    plain: MetricVerdict,
    first: NDArray[np.float64],
    second: NDArray[np.float64],
    settings: ComparisonSettings,
) -> MetricVerdict:
    """Measure few amounts that all have the same ratio: they tell nothing of the spread."""
    return replace(
        plain,
        low=-math.inf,
        high=math.inf,
        low_one_sided=-math.inf,
        high_one_sided=math.inf,
        p_value=sign_flip(second - first, seed=settings.seed).p_value,
        reason=f"all {plain.n} {'families' if plain.unit == 'family' else 'cases'} have the same "
        "ratio, and so few tell nothing of others",
        method="sign-flip permutation",
        why="amounts without any spread, so the ratio of their means has no bounds",
    )


def _with_bounds(plain: MetricVerdict, wide: Ratio, narrow: Ratio) -> MetricVerdict:
    return replace(
        plain,
        estimate=wide.estimate - 1,
        low=wide.low - 1,
        high=wide.high - 1,
        low_one_sided=narrow.low - 1,
        high_one_sided=narrow.high - 1,
    )


def _typical(
    first: NDArray[np.float64], second: NDArray[np.float64], *, level: float
) -> tuple[Companion, ...]:
    """Return the ratio of the typical case, where all amounts are positive."""
    if bool((first <= 0).any()) or bool((second <= 0).any()):
        return ()
    ratio = geometric_ratio(first, second, level=level)
    return (
        Companion(
            name="geometric_ratio",
            value=ratio.estimate,
            low=ratio.low,
            high=ratio.high,
            text="candidate over baseline in the typical case",
        ),
    )


def times_of(arm: LoadedArm) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return every time of an arm, and the row of its case in the arm's columns."""
    if arm.latencies is None:
        raise ValueError("the single times are not loaded, expected them for a quantile")
    return arm.latencies, np.repeat(np.arange(len(arm.cases.n)), arm.cases.n_latency)


def _times_of(
    arm: LoadedArm, rows: NDArray[np.int64], units: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return the times of some cases, given by their rows, and the unit of each time."""
    times, row = times_of(arm)
    unit_of_row = np.full(len(arm.cases.n), -1)
    unit_of_row[rows] = units
    unit = unit_of_row[row]
    return times[unit >= 0], unit[unit >= 0]

"""Several candidates against one baseline: Holm's p-values, simultaneous intervals."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from optimizer.experiments.pairing import Pairs, values
from optimizer.experiments.settings import ComparisonSettings
from optimizer.models.terms import RATES, Metric
from optimizer.models.verdicts import MetricVerdict
from optimizer.stats.multiplicity import bonferroni, holm, max_t_critical
from optimizer.stats.paired_rates import cochran_q
from optimizer.stats.student import t_cdf

CORRECTIONS = {"holm": holm, "bonferroni": bonferroni}


def simultaneous_alpha(
    pairs: Sequence[Pairs | None], metric: Metric, *, settings: ComparisonSettings, alpha: float
) -> tuple[float, str]:
    """Return the alpha of each interval so that all of them hold at once, and how it was found.

    By the largest of correlated t statistics (a paired Dunnett) over the cases that all arms
    share; by Bonferroni where they share too few.
    """
    matrix = _differences(pairs, metric)
    if matrix is None or matrix.shape[0] <= 2 * matrix.shape[1]:
        return alpha / len(pairs), "Bonferroni intervals"
    spread = matrix.std(axis=0)
    moving = matrix[:, spread > 0]
    if moving.shape[1] < 2:  # noqa: PLR2004 - one candidate needs no correction
        return alpha / len(pairs), "Bonferroni intervals"
    df = matrix.shape[0] - 1
    critical = max_t_critical(
        np.corrcoef(moving, rowvar=False), df, alpha=alpha, seed=settings.seed
    )
    return 2 * t_cdf(-critical, df), "max-t intervals"


def adjusted(
    measured: Sequence[MetricVerdict], *, alpha: float, correction: str
) -> list[MetricVerdict]:
    """Return the measurements of one metric with p-values corrected over the candidates."""
    known = [i for i, one in enumerate(measured) if one.p_value is not None]
    corrected = CORRECTIONS[correction]([measured[i].p_value or 0.0 for i in known])
    p_of = dict(zip(known, corrected, strict=True))
    return [replace(one, p_adjusted=p_of.get(i), alpha=alpha) for i, one in enumerate(measured)]


def omnibus(pairs: Sequence[Pairs | None]) -> tuple[float | None, int]:
    """Return Cochran's Q over all arms and its cases; None where a case was repeated."""
    if any(one is None for one in pairs):
        return None, 0
    known = [one for one in pairs if one is not None]
    if len(known) < 2:  # noqa: PLR2004 - two arms have McNemar
        return None, 0
    shared = _shared_cases(known)
    once = all(
        bool((columns.n[columns.n > 0] == 1).all())
        for one in known
        for columns in (one.baseline, one.candidate)
    )
    if not once or not shared:
        return None, 0
    arms = [known[0].baseline, *(one.candidate for one in known)]
    columns = []
    for arm in arms:
        passed = dict(zip(arm.case_id, arm.n_passed, strict=True))
        columns.append([int(passed[case]) for case in shared])
    table = np.array(columns).T
    if bool((table == table[:, :1]).all()):
        return None, len(shared)
    p = cochran_q(table).p_value
    return (None if math.isnan(p) else p), len(shared)


def _shared_cases(pairs: Sequence[Pairs]) -> list[str]:
    shared = set(pairs[0].case_id)
    for one in pairs[1:]:
        shared &= set(one.case_id)
    return sorted(shared)


def _differences(
    pairs: Sequence[Pairs | None], metric: Metric
) -> np.ndarray[tuple[int, int], np.dtype[np.float64]] | None:
    """Return candidate minus baseline over the cases that all arms share; log ratios of amounts."""
    known = [one for one in pairs if one is not None]
    if len(known) < len(pairs) or metric in (Metric.LATENCY_P50, Metric.LATENCY_P95):
        return None
    columns = []
    for one in known:
        first = values(one.baseline, metric)[one.at_baseline]
        second = values(one.candidate, metric)[one.at_candidate]
        if metric in RATES:
            d = second - first
        else:
            positive = (first > 0) & (second > 0)
            d = np.full(len(first), np.nan)
            d[positive] = np.log(second[positive] / first[positive])
        columns.append(dict(zip(one.case_id, d, strict=True)))
    shared = _shared_cases(known)
    matrix = np.array([[column[case] for column in columns] for case in shared], dtype=np.float64)
    if matrix.size == 0:
        return None
    return matrix[np.isfinite(matrix).all(axis=1)]

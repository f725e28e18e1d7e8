"""Where the variance of the differences between two arms comes from: cases, or noise."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from optimizer.experiments.pairing import PairedValues, Pairs
from optimizer.models.power import VarianceParts
from optimizer.models.terms import RATES, Metric
from optimizer.stats.flakiness import within_variance
from optimizer.stats.mean_power import variance_beyond_noise, variance_limit
from optimizer.stats.power import discordance_limit

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]


LEVEL = 0.8
"""Two-sided level of the interval whose upper limit a pilot is planned with."""


def spread_and_limit(found: PairedValues, metric: Metric) -> tuple[float, float]:
    """Return the spread of the differences and its upper limit.

    Of a pass rate it is the share of outcomes that flip, of anything else a standard deviation.
    """
    n = len(found.baseline)
    if metric is Metric.SUCCESS:
        first, second = found.baseline, found.candidate
        flips = float((first * (1 - second) + second * (1 - first)).sum())
        return flips / n, discordance_limit(flips, n, LEVEL)
    variance = float(np.var(found.differences, ddof=1))
    return math.sqrt(variance), math.sqrt(variance_limit(variance, n, LEVEL))


def variance_parts(pairs: Pairs, metric: Metric, found: PairedValues) -> VarianceParts:
    """Return the parts of the variance of the differences; at least two cases are needed.

    Noise is known where both arms repeated cases; of amounts it never is, since the columns keep
    no spread between their repeats.
    """
    total = float(np.var(found.differences, ddof=1))
    first_n, second_n = _repeats(pairs, metric, found)
    first, second = _noise(pairs, metric, found)
    if first is None or second is None:
        return VarianceParts(
            between=total, first=None, second=None, first_repeats=first_n, second_repeats=second_n
        )
    between = variance_beyond_noise(
        total, first, second, first_repeats=first_n, second_repeats=second_n
    )
    return VarianceParts(
        between=between, first=first, second=second, first_repeats=first_n, second_repeats=second_n
    )


COUNTS = {
    Metric.SUCCESS: "n",
    Metric.SCORE: "n_scored",
    Metric.COST: "n_cost",
    Metric.TOKENS: "n_tokens",
}
"""Columns that count the runs behind a metric; all others are of latency."""


def _repeats(pairs: Pairs, metric: Metric, found: PairedValues) -> tuple[float, float]:
    """Return the harmonic means of the runs of a case in both arms."""
    first, second = pairs.of(COUNTS.get(metric, "n_latency"))
    return (
        float(1 / np.mean(1 / first[found.kept])),
        float(1 / np.mean(1 / second[found.kept])),
    )


def _noise(pairs: Pairs, metric: Metric, found: PairedValues) -> tuple[float | None, float | None]:
    """Return the variances between runs of a case; None where no case was repeated."""
    if metric not in RATES:
        return None, None
    if metric is Metric.SCORE:
        first, second = pairs.of("score_variance")
        return _mean(first[found.kept]), _mean(second[found.kept])
    n, passed = pairs.of("n"), pairs.of("n_passed")
    variances = [
        within_variance(k[found.kept], r[found.kept]).estimate
        for k, r in zip(passed, n, strict=True)
    ]
    return _known(variances[0]), _known(variances[1])


def _mean(variances: Floats) -> float | None:
    finite = variances[np.isfinite(variances)]
    return float(finite.mean()) if len(finite) else None


def _known(variance: float) -> float | None:
    return variance if math.isfinite(variance) else None

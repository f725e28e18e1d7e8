"""What would settle an inconclusive verdict: more cases, more repeats, or neither."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from optimizer.experiments.amounts import totals
from optimizer.experiments.pairing import PairedValues, Pairs, is_once, paired_values
from optimizer.experiments.settings import ComparisonSettings
from optimizer.experiments.spread import spread_and_limit, variance_parts
from optimizer.models.power import VarianceParts
from optimizer.models.terms import RATES, Metric
from optimizer.models.verdicts import MetricVerdict, Need
from optimizer.stats.mean_power import cost_ratio_n, repeats_n, variance_limit
from optimizer.stats.power import discordance_limit, paired_noninferiority_n, paired_rates_n

MOST_REPEATS = 50
"""Repeats beyond which nobody wants to be told of repeats."""

MOST_CASES = 10_000_000
"""Numbers of cases beyond this are no advice."""


def need_of(
    measured: MetricVerdict, pairs: Pairs, *, settings: ComparisonSettings, families: bool
) -> Need | None:
    """Return what would settle a paired measurement, planned with its margin.

    Planned are the cases that find a true difference of one margin, or that show a candidate of
    equal worth to be no worse, whichever takes more; with the careful upper limit of the spread
    that was seen, and never with the observed difference.
    """
    if measured.margin is None or measured.metric in (Metric.LATENCY_P50, Metric.LATENCY_P95):
        return None
    found = paired_values(pairs, measured.metric, families=families)
    if len(found.baseline) < 2:  # noqa: PLR2004 - one case tells nothing of the spread
        return None
    if measured.metric not in RATES:
        wanted = max(_amount_cases(found, measured.margin, settings), settings.min_cases_for_t)
        return _cases(wanted, measured)
    if found.family is not None:
        return _cases(_family_count(found, measured.margin, settings), measured)
    if measured.metric is Metric.SUCCESS and is_once(pairs):
        return _cases(_flip_cases(measured, settings), measured)
    parts = _at_their_limit(variance_parts(pairs, measured.metric, found), found, measured.metric)
    wanted = max(_mean_cases(parts, measured.margin, settings), settings.min_cases_for_t)
    repeated = max(parts.first_repeats, parts.second_repeats) > 1
    repeats = _repeats(parts, measured, settings) if repeated else None
    return _cases(wanted, measured, repeats, knows_noise=repeated)


def _at_their_limit(parts: VarianceParts, found: PairedValues, metric: Metric) -> VarianceParts:
    """Return the parts of a variance, all of them scaled to its careful upper limit."""
    spread, limit = spread_and_limit(found, metric)
    if spread == 0:
        return parts
    factor = limit / spread if metric is Metric.SUCCESS else (limit / spread) ** 2
    return replace(
        parts,
        between=factor * parts.between,
        first=None if parts.first is None else factor * parts.first,
        second=None if parts.second is None else factor * parts.second,
    )


def _flip_cases(measured: MetricVerdict, settings: ComparisonSettings) -> float:
    margin = measured.margin or 0.0
    discordance = discordance_limit(measured.n_changed or 0, measured.n)
    harmless = paired_noninferiority_n(
        discordance, margin, alpha=settings.alpha, power=settings.power
    )
    if discordance <= margin:
        return harmless
    found = paired_rates_n(discordance, margin, alpha=settings.alpha, power=settings.power)
    return max(found, harmless)


def _family_count(found: PairedValues, margin: float, settings: ComparisonSettings) -> float:
    means = found.family_means(found.differences)
    between = variance_limit(float(np.var(means, ddof=1)), len(means))
    parts = VarianceParts(
        between=between, first=None, second=None, first_repeats=1, second_repeats=1
    )
    return max(_mean_cases(parts, margin, settings), settings.min_cases_for_t)


def _mean_cases(parts: VarianceParts, margin: float, settings: ComparisonSettings) -> float:
    return float(
        repeats_n(
            parts.between,
            parts.first or 0.0,
            parts.second or 0.0,
            margin,
            first_repeats=parts.first_repeats,
            second_repeats=parts.second_repeats,
            alpha=settings.alpha,
            power=settings.power,
        )
    )


def _amount_cases(found: PairedValues, margin: float, settings: ComparisonSettings) -> float:
    first, second = totals(found)
    positive = (first > 0) & (second > 0)
    if int(positive.sum()) < 2:  # noqa: PLR2004 - one case tells nothing of the spread
        return math.inf
    logs = np.log(second[positive] / first[positive])
    spread = math.sqrt(variance_limit(float(np.var(logs, ddof=1)), len(logs)))
    if spread == 0:
        return 0.0
    return float(cost_ratio_n(spread, limit=1 + margin, alpha=settings.alpha, power=settings.power))


def _repeats(
    parts: VarianceParts, measured: MetricVerdict, settings: ComparisonSettings
) -> int | None:
    """Return the repeats of the same cases that would do; None where none would, or unknown."""
    noise = parts.noise
    margin = measured.margin or 0.0
    one = repeats_n(
        0.0,
        1.0,
        0.0,
        margin,
        first_repeats=1,
        second_repeats=1,
        alpha=settings.alpha,
        power=settings.power,
    )
    room = measured.n / one - parts.between
    if not noise or room <= 0:
        return None
    repeats = math.ceil(noise / room)
    least = max(parts.first_repeats, parts.second_repeats)
    return repeats if least < repeats <= MOST_REPEATS else None


def _cases(
    wanted: float, measured: MetricVerdict, repeats: int | None = None, *, knows_noise: bool = False
) -> Need:
    """Put numbers of cases and repeats into words; what repeats do is said only where known."""
    if not math.isfinite(wanted) or wanted > MOST_CASES:
        text = "no number of cases would settle it"
        return Need(n_cases=None, more_cases=None, n_repeats=None, text=text)
    n_cases = math.ceil(wanted)
    more = n_cases - measured.n
    if more <= 0:
        text = _enough(measured)
        return Need(n_cases=n_cases, more_cases=0, n_repeats=None, text=text)
    said = f"needs {more:,} more {measured.unit if more == 1 else _many(measured.unit)}"
    if knows_noise:
        said += " (repeats cannot help)" if repeats is None else f" (or {repeats} repeats of each)"
    return Need(n_cases=n_cases, more_cases=more, n_repeats=repeats, text=said)


def _enough(measured: MetricVerdict) -> str:
    """Say why nothing is settled although there are as many cases as were to be planned."""
    if abs(measured.estimate or 0.0) >= (measured.margin or 0.0) and measured.n_changed is not None:
        return f"only {measured.n_changed:,} cases changed"
    return (
        f"{measured.n} {_many(measured.unit)} would have shown a difference of "
        "the margin: the true one seems to lie between none and it, which only many more settle"
    )


def _many(unit: str) -> str:
    return "families" if unit == "family" else f"{unit}s"

"""What another setting of the parameters gains over the one in use, case by case.

A gain is a weighted sum: the difference in quality, 0 to 1, less the relative changes of cost and
latency. The unit is the case, and both settings must have run it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from optimizer.models.contrasts import CaseTable
from optimizer.models.proposals import Effect
from optimizer.models.summaries import WindowSummary
from optimizer.stats.intervals import mean_interval
from optimizer.stats.quantiles import t_upper_tail

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

COLUMNS = {"quality": "passed", "score": "score", "cost": "cost_usd", "latency": "latency_ms"}
"""What each aim is worked out from."""

EFFECTS = {
    "quality": "success_rate",
    "score": "score",
    "cost": "cost_relative",
    "latency": "latency_relative",
}
"""What a change of each is called in a proposal."""

QUALITY = ("quality", "score")
"""Aims of which more is better, from 0 to 1; of the others less is, as a share."""

FEWEST_CASES = 2
"""One case has no spread."""

ROUNDING = 1e-9
"""Spread, as a share of the mean, below which figures are taken to be the same."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gain:
    """What a setting gains over the one in use.

    Attributes:
        mean: The gain.
        sd: Standard deviation of what the units add to it.
        n: Cases that both ran.
        n_units: Those that its intervals are over: where quality counts, two more that cancel
            out, so that cases which all agree do not pass for certainty.
    """

    mean: float
    sd: float
    n: int
    n_units: int

    @property
    def centre(self) -> float:
        """Return the middle of its intervals."""
        return self.mean * self.n / self.n_units

    @property
    def variance(self) -> float:
        """Return the variance of the mean."""
        return self.sd**2 / self.n_units

    def low(self, level: float) -> float:
        """Return the lower end of the two-sided interval at a level."""
        return mean_interval(self.centre, self.sd, self.n_units, level=level).low

    def high(self, level: float) -> float:
        """Return the upper end of the two-sided interval at a level."""
        return mean_interval(self.centre, self.sd, self.n_units, level=level).high

    @property
    def p_better(self) -> float:
        """Return the posterior probability, under a flat prior, that the gain is above 0."""
        if not self.variance:
            return 0.5 if not self.centre else float(self.centre > 0)
        t = self.centre / math.sqrt(self.variance)
        tail = t_upper_tail(abs(t), self.n_units - 1)
        return 1 - tail if t > 0 else tail


def measurable(window: WindowSummary, weights: Mapping[str, float]) -> dict[str, float]:
    """Return the weights of the aims that a variant's tests measure, made to add up to 1.

    Quality is the share of passed tests, or the mean score where nobody told pass from fail. Cost
    and latency that are the same for every test, or 0, are not measured: a total was spread over
    the tests, or nothing was paid.

    Args:
        window: The figures of the variant.
        weights: How much `quality`, `cost` and `latency` count, 0 or more.
    """
    is_judged = window.n_completed > 0 and not window.n_unjudged
    quality = "quality" if is_judged else "score" if window.n_scored else None
    tells = {
        quality: True,
        "cost": _spreads(window.cost_mean_usd, window.cost_sd_usd),
        "latency": _spreads(window.latency_mean_ms, window.latency_sd_ms),
    }
    named = ((quality if aim == "quality" else aim, weight) for aim, weight in weights.items())
    found = {aim: weight for aim, weight in named if aim and weight > 0 and tells[aim]}
    total = math.fsum(found.values())
    return {aim: weight / total for aim, weight in found.items()}


def gain(
    cases: CaseTable, variant_id: str, other_id: str, weights: Mapping[str, float]
) -> Gain | None:
    """Return what another variant gains, or None where the two share too few cases to tell.

    Args:
        cases: What each case gave under each variant.
        variant_id: The variant in use.
        other_id: The other.
        weights: As `measurable` returns them, one or more.
    """
    import numpy as np  # noqa: PLC0415 - a workflow without settings to compare needs none

    from optimizer.stats.tradeoffs import weighted_contributions  # noqa: PLC0415 - as above

    if other_id not in cases.variants:
        return None
    first, second = _rows(cases, variant_id), _rows(cases, other_id)
    _, left, right = np.intersect1d(
        cases.case[first], cases.case[second], assume_unique=True, return_indices=True
    )
    aims = sorted(weights, key=lambda aim: aim not in QUALITY)
    before = np.column_stack([getattr(cases, COLUMNS[aim])[first[left]] for aim in aims])
    after = np.column_stack([getattr(cases, COLUMNS[aim])[second[right]] for aim in aims])
    known = np.isfinite(before).all(1) & np.isfinite(after).all(1)
    n = int(known.sum())
    columns = zip(aims, before[known].T, after[known].T, strict=True)
    if n < FEWEST_CASES or not all(_tells(b, aim) and _tells(a, aim) for aim, b, a in columns):
        return None
    signed = [weights[aim] if aim in QUALITY else -weights[aim] for aim in aims]
    n_quality = sum(aim in QUALITY for aim in aims)
    added = weighted_contributions(
        before[known], after[known], weights=signed, n_differences=n_quality
    )
    bound = math.fsum(signed[:n_quality])
    units = [*added, bound, -bound] if bound else list(added)
    mean = math.fsum(added) / n
    middle = math.fsum(units) / len(units)
    squares = math.fsum((unit - middle) ** 2 for unit in units)
    return Gain(mean=mean, sd=math.sqrt(squares / (len(units) - 1)), n=n, n_units=len(units))


def effects(
    cases: CaseTable, variant_id: str, other_id: str, *, level: float
) -> tuple[Effect, ...]:
    """Return what another variant changes, as far as the cases that both ran measure it.

    Args:
        cases: What each case gave under each variant.
        variant_id: The variant in use.
        other_id: The other.
        level: Confidence level of the intervals, 0 to 1.
    """
    found = []
    for aim, metric in EFFECTS.items():
        one = gain(cases, variant_id, other_id, {aim: 1.0})
        if one is None:
            continue
        ends = (one.low(level), one.high(level))
        low, high = ends if aim in QUALITY else (-ends[1], -ends[0])
        found.append(
            Effect(
                metric=metric,
                estimate=one.mean if aim in QUALITY else -one.mean,
                low=low,
                high=high,
                level=level,
                n=one.n,
                estimator="paired t, pseudo-cases" if aim in QUALITY else "paired t, linearized",
            )
        )
    return tuple(found)


def _tells(values: NDArray[np.float64], aim: str) -> bool:
    """Return whether the values of some cases measure an aim."""
    return aim in QUALITY or _spreads(float(values.mean()), float(values.std()))


def _spreads(mean: float | None, sd: float | None) -> bool:
    return mean is not None and sd is not None and mean > 0 and sd > ROUNDING * mean


def _rows(cases: CaseTable, variant_id: str) -> NDArray[np.intp]:
    import numpy as np  # noqa: PLC0415 - as above

    return np.flatnonzero(cases.variant == cases.variants.index(variant_id))

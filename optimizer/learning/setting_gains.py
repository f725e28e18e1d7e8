"""What another setting of the parameters gains over the one in use, case by case.

A gain is a weighted sum: the difference in quality, 0 to 1, less the relative changes of cost and
latency. The unit is the case, and both settings must have run it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING

from optimizer.models.contrasts import CaseTable
from optimizer.models.dataclass import dataclass
from optimizer.models.proposals import Effect
from optimizer.models.summaries import WindowSummary
from optimizer.stats.student import t_critical

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

    Its intervals are over two cases more where quality counts, one won and one lost, so that cases
    which all agree do not pass for certainty.

    Attributes:
        mean: The gain.
        centre: The middle of its intervals.
        standard_error: Of the centre.
        df: Degrees of freedom of the standard error.
        p_better: Posterior probability, under a flat prior, that the gain is above 0.
        n: Cases that both ran.
    """

    mean: float
    centre: float
    standard_error: float
    df: float
    p_better: float
    n: int

    @property
    def sd(self) -> float:
        """Return the standard deviation of what the cases add to it."""
        return self.standard_error * math.sqrt(self.df + 1)

    def low(self, level: float) -> float:
        """Return the lower end of the two-sided interval at a level."""
        return self.centre - t_critical(level, self.df) * self.standard_error

    def high(self, level: float) -> float:
        """Return the upper end of the two-sided interval at a level."""
        return self.centre + t_critical(level, self.df) * self.standard_error


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

    from optimizer.stats.gains import weighted_gain  # noqa: PLC0415 - as above

    if other_id not in cases.variants:
        return None
    first, second = _rows(cases, variant_id), _rows(cases, other_id)
    _, left, right = np.intersect1d(
        cases.case[first], cases.case[second], assume_unique=True, return_indices=True
    )
    before = np.array([getattr(cases, COLUMNS[aim])[first[left]] for aim in weights])
    after = np.array([getattr(cases, COLUMNS[aim])[second[right]] for aim in weights])
    known = np.isfinite(before).all(axis=0) & np.isfinite(after).all(axis=0)
    before, after, n = before[:, known], after[:, known], int(known.sum())
    columns = zip(weights, before, after, strict=True)
    if n < FEWEST_CASES or not all(_tells(b, aim) and _tells(a, aim) for aim, b, a in columns):
        return None
    gain_of = partial(
        weighted_gain,
        weights=[one if aim in QUALITY else -one for aim, one in weights.items()],
        relative=[int(aim not in QUALITY) for aim in weights],
    )
    whole = gain_of(_with_pair(before, weights, (1.0, 0.0)), _with_pair(after, weights, (0.0, 1.0)))
    return Gain(
        mean=gain_of(list(before), list(after)).estimate,
        centre=whole.estimate,
        standard_error=whole.standard_error,
        df=whole.df,
        p_better=whole.p_better,
        n=n,
    )


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


def _with_pair(
    values: NDArray[np.float64], weights: Mapping[str, float], pair: tuple[float, float]
) -> list[NDArray[np.float64]]:
    """Return the values of each aim with two cases more, which tell of quality alone."""
    import numpy as np  # noqa: PLC0415 - as above

    if not any(aim in QUALITY for aim in weights):
        return list(values)
    return [
        np.append(column, pair if aim in QUALITY else (math.nan, math.nan))
        for aim, column in zip(weights, values, strict=True)
    ]


def _tells(values: NDArray[np.float64], aim: str) -> bool:
    """Return whether the values of some cases measure an aim."""
    return aim in QUALITY or _spreads(float(values.mean()), float(values.std()))


def _spreads(mean: float | None, sd: float | None) -> bool:
    return mean is not None and sd is not None and mean > 0 and sd > ROUNDING * mean


def _rows(cases: CaseTable, variant_id: str) -> NDArray[np.intp]:
    import numpy as np  # noqa: PLC0415 - as above

    return np.flatnonzero(cases.variant == cases.variants.index(variant_id))

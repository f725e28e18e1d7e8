"""What a variant is worth beyond the one in use, in all objectives together.

On the cases that both ran, where there are any: a case carries what it says of quality, price and
time together, so that the interval allows for what these have in common. Else from the figures of
both, as independent samples.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from optimizer.learning.objectives import Objective, costs_against_free, token_price
from optimizer.models.dataclass import dataclass
from optimizer.models.evidence import Evidence
from optimizer.models.frontier import WeightedGain
from optimizer.models.summaries import WindowSummary
from optimizer.stats.gains import Gain, weighted_gain, weighted_gain_from_stats

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

FEWEST = 2
"""One case has no spread."""

PRIOR = 0.5
"""Shape of the beta prior on a pass rate, Jeffreys's."""

FIGURES = {
    "score": ("score_mean", "score_sd", "n_scored"),
    "cost_usd": ("cost_mean_usd", "cost_sd_usd", "n_cost"),
    "latency_ms": ("latency_mean_ms", "latency_sd_ms", "n_latency"),
}
"""Objective -> mean, spread and number in the figures of a variant."""

Moments = tuple[float, float, float]
"""Mean, standard deviation and the number of independent cases behind them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseValues:
    """One variant case by case.

    Attributes:
        case: Codes of its cases, rising.
        values: Objectives x cases, NaN where unknown.
    """

    case: NDArray[np.int64]
    values: NDArray[np.float64]


class Measured:
    """The variants of a workflow in some objectives, case by case and by their figures."""

    def __init__(self, evidence: Evidence, objectives: Sequence[Objective]) -> None:
        self.evidence = evidence
        self.objectives = tuple(objectives)
        self.signed = [one.sign * one.weight for one in objectives]
        self.relative = [int(one.is_relative) for one in objectives]

    def gain(self, other: WindowSummary, *, level: float) -> WeightedGain | None:
        """Return what another variant is worth; None where that cannot be told."""
        current = self.evidence.current
        if current is None or costs_against_free(current, other):
            return None
        pairs = self._pairs(current, other)
        if pairs is not None:
            found = self._paired(*pairs, level)
            return _weighted(found, pairs[0].shape[1], is_paired=True) if found else None
        unpaired = self._unpaired(current, other, level)
        return _weighted(unpaired, unpaired.n, is_paired=False) if unpaired else None

    def cases(self, window: WindowSummary) -> CaseValues | None:
        """Return a variant case by case, or None where its cases are not comparable."""
        rows, table = self._rows.get(window.variant_id), self.evidence.cases
        if rows is None or table is None:
            return None
        return CaseValues(case=table.case[rows], values=self._values(window, rows))

    def means(self, window: WindowSummary) -> tuple[float, ...] | None:
        """Return the mean of each objective of a variant, None where one is not known."""
        import numpy as np  # noqa: PLC0415 - as below

        found = self.cases(window)
        if found is None:
            moments = self.moments(window)
            return None if moments is None else tuple(mean for mean, _, _ in moments)
        known = ~np.isnan(found.values)
        n = known.sum(axis=1)
        if not n.all():
            return None
        return tuple((np.where(known, found.values, 0.0).sum(axis=1) / n).tolist())

    def moments(self, window: WindowSummary) -> tuple[Moments, ...] | None:
        """Return the moments of each objective of a variant, None where one is not known."""
        found = tuple(_moments(window, one.name) for one in self.objectives)
        return found if all(n >= FEWEST for _, _, n in found) else None

    @cached_property
    def _rows(self) -> dict[str, NDArray[np.intp]]:
        """Return the rows of each variant in the table of cases, in the order of the cases."""
        import numpy as np  # noqa: PLC0415 - a workflow where nothing is comparable needs none

        table = self.evidence.cases
        if table is None:
            return {}
        order = np.lexsort((table.case, table.variant))
        edges = np.searchsorted(table.variant[order], np.arange(len(table.variants) + 1))
        return {
            name: order[start:end]
            for name, start, end in zip(table.variants, edges[:-1], edges[1:], strict=True)
        }

    def _values(self, window: WindowSummary, rows: NDArray[np.intp]) -> NDArray[np.float64]:
        import numpy as np  # noqa: PLC0415 - as above

        table, price = self.evidence.cases, token_price(self.evidence, window)
        found = []
        for one in self.objectives:
            if one.column == "cost_usd" and price is not None:
                found.append(price * getattr(table, "tokens")[rows])  # noqa: B009 - as below
            else:
                found.append(getattr(table, one.column)[rows])
        return np.array(found)

    def _pairs(
        self, current: WindowSummary, other: WindowSummary
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]] | None:
        """Return objectives x shared cases of both, or None where they share none."""
        import numpy as np  # noqa: PLC0415 - as above

        table = self.evidence.cases
        before, after = (self._rows.get(one.variant_id) for one in (current, other))
        if table is None or before is None or after is None:
            return None
        if not np.array_equal(table.case[before], table.case[after]):
            _, left, right = np.intersect1d(
                table.case[before], table.case[after], assume_unique=True, return_indices=True
            )
            before, after = before[left], after[right]
        if len(before) < FEWEST:
            return None
        return self._values(current, before), self._values(other, after)

    def _paired(
        self, before: NDArray[np.float64], after: NDArray[np.float64], level: float
    ) -> Gain | None:
        """Return the gain on shared cases; two pseudo-cases keep a pass rate from certainty."""
        import numpy as np  # noqa: PLC0415 - as above

        known = ~(np.isnan(before) | np.isnan(after))
        if known.sum(axis=1).min() < FEWEST or not self._has_bases(before, known):
            return None
        if self.objectives[0].name == "success_rate":
            pseudo = np.full((len(self.objectives), 2), math.nan)
            lost, won = pseudo.copy(), pseudo
            lost[0], won[0] = (1.0, 0.0), (0.0, 1.0)
            before, after = np.hstack([before, lost]), np.hstack([after, won])
        return weighted_gain(
            list(before), list(after), weights=self.signed, relative=self.relative, level=level
        )

    def _has_bases(self, before: NDArray[np.float64], known: NDArray[np.bool_]) -> bool:
        """Return whether every amount of the current variant is above 0, to be a share of."""
        return all(
            not one.is_relative or bool(values[marks].sum() > 0)
            for one, values, marks in zip(self.objectives, before, known, strict=True)
        )

    def _unpaired(self, current: WindowSummary, other: WindowSummary, level: float) -> Gain | None:
        before, after = self.moments(current), self.moments(other)
        if before is None or after is None:
            return None
        return weighted_gain_from_stats(
            *zip(*before, strict=True),
            *zip(*after, strict=True),
            weights=self.signed,
            relative=self.relative,
            level=level,
        )


def _weighted(gain: Gain, n: int, *, is_paired: bool) -> WeightedGain:
    return WeightedGain(
        estimate=gain.estimate,
        low=gain.low,
        high=gain.high,
        level=gain.level,
        p_better=gain.p_better,
        n=n,
        is_paired=is_paired,
    )


def _moments(window: WindowSummary, name: str) -> Moments:
    """Return the moments of one objective, with n = 0 where it is not known."""
    if name == "success_rate":
        return _rate_moments(window)
    mean, sd, n = (getattr(window, field) for field in FIGURES[name])
    if mean is None or sd is None:
        return 0.0, 0.0, 0.0
    return mean, sd, float(min(n, window.n_cases))


def _rate_moments(window: WindowSummary) -> Moments:
    """Return the moments of a pass rate, its spread with half a test more each way."""
    if window.success_rate is None:
        return 0.0, 0.0, 0.0
    n = window.n_effective or float(window.n_completed)
    rate = (window.success_rate * n + PRIOR) / (n + 2 * PRIOR)
    return window.success_rate, math.sqrt(rate * (1 - rate)), n

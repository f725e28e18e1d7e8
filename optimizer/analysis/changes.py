"""A configuration against the one before it: paired on the cases that both ran, else unpaired.

Only runs decide which side a task is on, so that a change that leaves the variant as it is, such
as a cache, is measured too.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from optimizer.analysis.contrasts import AMOUNTS, contrasts
from optimizer.history.queries.cases import case_columns
from optimizer.history.queries.lifecycle import RunOfVariant
from optimizer.history.store import History
from optimizer.models.contrasts import CaseTable
from optimizer.models.dataclass import dataclass
from optimizer.models.proposals import Effect
from optimizer.stats.intervals import clopper_pearson, newcombe
from optimizer.stats.means import welch
from optimizer.stats.ratios import ratio_of_means

if TYPE_CHECKING:
    from typing import Any

    import numpy as np
    from numpy.typing import NDArray

    from optimizer.models.cases import CaseColumns

BEFORE, AFTER = "before", "after"

FEWEST = 2
"""One case has no spread."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """The runs of one configuration.

    Attributes:
        variant_id: What it is called in them; None where it never ran.
        runs: The runs, oldest first.
    """

    variant_id: str | None
    runs: Sequence[RunOfVariant]

    @property
    def n(self) -> int:
        """Completed tasks."""
        return sum(one.n for one in self.runs)


def change_effects(
    history: History, before: Side, after: Side, *, level: float, min_shared: int
) -> tuple[Effect, ...]:
    """Return what a configuration did against the one before it, after minus before.

    Args:
        history: An open history.
        before: The runs of the configuration before.
        after: The runs of the configuration.
        level: Confidence level of the intervals, 0 to 1.
        min_shared: Shared cases from which on they alone are looked at.
    """
    if before.variant_id is None or after.variant_id is None or not before.n or not after.n:
        return ()
    first, second = _cases(history, before), _cases(history, after)
    if first is not None and second is not None:
        found = contrasts(_table(first, second), BEFORE, level=level)
        if found and found[0].n_shared >= min(min_shared, len(second.case_id)):
            return found[0].effects
    return tuple(
        _unpaired(
            _columns(history, before.runs, before), _columns(history, after.runs, after), level
        )
    )


def _cases(history: History, side: Side) -> CaseColumns | None:
    """Return the cases of those runs of a side whose cases are those of other runs."""
    pairable = [one for one in side.runs if one.pairable]
    return _columns(history, pairable, side) if pairable else None


def _columns(history: History, runs: Sequence[RunOfVariant], side: Side) -> CaseColumns:
    variant_id = side.variant_id or ""
    runs_of = {variant_id: [one.run_id for one in runs]}
    return case_columns(history, runs_of)[variant_id]


def _table(first: CaseColumns, second: CaseColumns) -> CaseTable:
    """Return both sides as two variants."""
    import numpy as np  # noqa: PLC0415 - most histories have no rollout

    codes: dict[str, int] = {}
    sides = (first, second)
    ids = [name for side in sides for name in side.case_id.tolist()]
    done = np.concatenate([side.n > 0 for side in sides])
    values: dict[str, NDArray[Any]] = {
        name: np.concatenate([getattr(side, name) for side in sides])[done]
        for name in ("n", "score", "latency_ms", "cost_usd", "tokens")
    }
    passed = np.concatenate([side.n_passed for side in sides])[done]
    return CaseTable(
        variants=(BEFORE, AFTER),
        variant=np.repeat([0, 1], [len(side.n) for side in sides])[done],
        case=np.array([codes.setdefault(name, len(codes)) for name in ids])[done],
        passed=passed / values["n"],
        **values,
    )


def _unpaired(first: CaseColumns, second: CaseColumns, level: float) -> Iterator[Effect]:
    """Yield the effects between different cases; a repeated case counts once."""
    sides = (first, second)
    rates = [
        clopper_pearson(
            int(side.n_passed.sum()), int(side.n.sum()), level=level, n_effective=_n_effective(side)
        )
        for side in sides
    ]
    rate = newcombe(*rates)
    n = rate.n_first + rate.n_second
    yield _effect(
        "success_rate", (rate.estimate, rate.low, rate.high), level, n, "newcombe, exact, unpaired"
    )
    scores = [side.score[side.score == side.score] for side in sides]
    if min(map(len, scores)) >= FEWEST:
        found = welch(*scores, level=level)
        bounds = (found.estimate, found.low, found.high)
        yield _effect("score", bounds, level, sum(map(len, scores)), "welch, unpaired")
    for metric, column in AMOUNTS.items():
        effect = _relative(metric, getattr(first, column), getattr(second, column), level)
        if effect is not None:
            yield effect


def _relative(
    metric: str, first: NDArray[np.float64], second: NDArray[np.float64], level: float
) -> Effect | None:
    import numpy as np  # noqa: PLC0415 - as above

    a, b = (values[~np.isnan(values)] for values in (first, second))
    if min(len(a), len(b)) < FEWEST or a.mean() <= 0 or b.mean() <= 0:
        return None
    found = ratio_of_means(a, np.ones(len(a)), b, np.ones(len(b)), level=level).relative
    if not math.isfinite(found.high - found.low):
        return None
    bounds = (found.estimate, found.low, found.high)
    return _effect(metric, bounds, level, len(a) + len(b), "log delta, unpaired")


def _n_effective(side: CaseColumns) -> float:
    """Return the tests that count: cases, as repeats of one tell the same."""
    return float((side.n > 0).sum())


def _effect(
    metric: str, bounds: tuple[float, float, float], level: float, n: int, estimator: str
) -> Effect:
    estimate, low, high = bounds
    return Effect(
        metric=metric, estimate=estimate, low=low, high=high, level=level, n=n, estimator=estimator
    )

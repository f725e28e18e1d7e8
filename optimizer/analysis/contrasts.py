"""Every other variant against the one in use, on the cases that both ran.

The unit is the case: repeats are averaged first, differences are taken inside the case. Nothing
here is a test: a strategy that claims that one of several is better allows for their number.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

from optimizer.models.contrasts import CaseTable, Contrast
from optimizer.models.proposals import Effect
from optimizer.stats.intervals import mean_interval
from optimizer.stats.paired_rates import tango
from optimizer.stats.quantiles import incomplete_beta
from optimizer.stats.ratios import fieller
from optimizer.stats.student import p_above_zero

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

FEWEST_CASES = 2
"""One case has no spread."""

PRIOR = 0.5
"""Shape of the Dirichlet prior on the four outcomes of a pair, as in `bayes.paired_dirichlet`."""

AMOUNTS = {
    "latency_relative": "latency_ms",
    "cost_relative": "cost_usd",
    "tokens_relative": "tokens",
}
"""Relative effects, and the column each is worked out from."""


def contrasts(table: CaseTable, current_id: str, *, level: float) -> tuple[Contrast, ...]:
    """Return each other variant against the current one, as far as they share cases.

    Args:
        table: What each case gave under each variant.
        current_id: The variant in use.
        level: Confidence level of the intervals, 0 to 1.
    """
    if current_id not in table.variants:
        return ()
    current = _rows_of(table, current_id)
    found = (
        _contrast(table, current, _rows_of(table, other), other, level)
        for other in table.variants
        if other != current_id
    )
    return tuple(one for one in found if one is not None)


def _rows_of(table: CaseTable, variant_id: str) -> NDArray[np.intp]:
    import numpy as np  # noqa: PLC0415 - a workflow where nothing ran needs none

    rows = np.flatnonzero(table.variant == table.variants.index(variant_id))
    return rows[np.argsort(table.case[rows], kind="stable")]


def _contrast(
    table: CaseTable,
    current: NDArray[np.intp],
    other: NDArray[np.intp],
    other_id: str,
    level: float,
) -> Contrast | None:
    import numpy as np  # noqa: PLC0415 - as above

    a, b = current, other
    if not np.array_equal(table.case[a], table.case[b]):
        _, left, right = np.intersect1d(
            table.case[a], table.case[b], assume_unique=True, return_indices=True
        )
        a, b = current[left], other[right]
    n = len(a)
    if n < FEWEST_CASES:
        return None
    return Contrast(
        variant_id=other_id,
        n_shared=n,
        effects=tuple(_effects(table, a, b, level)),
        p_better=_p_better(table, a, b),
    )


def _effects(
    table: CaseTable, a: NDArray[np.intp], b: NDArray[np.intp], level: float
) -> Iterator[Effect]:
    """Yield the effects that both variants measured and that have bounds."""
    yield _success(table, a, b, level)
    score = _mean_difference(table.score[a], table.score[b], level)
    if score is not None:
        yield score
    for metric, column in AMOUNTS.items():
        values = getattr(table, column)
        effect = _relative(metric, values[a], values[b], level)
        if effect is not None:
            yield effect


def _success(table: CaseTable, a: NDArray[np.intp], b: NDArray[np.intp], level: float) -> Effect:
    """Return the difference in pass rate: Tango's interval for single runs, else Student's t."""
    before, after = table.passed[a], table.passed[b]
    if _is_single(table, a, b):
        lost, won = int((before > after).sum()), int((after > before).sum())
        found = tango(lost, won, len(a), level=level)
        return _effect(
            "success_rate", found.estimate, found.low, found.high, len(a), level, "tango"
        )
    d = [*(after - before).tolist(), 1.0, -1.0]
    mean, sd = _moments(d)
    interval = mean_interval(mean, sd, len(d), level=level)
    estimate = float((after - before).mean())
    low, high = max(interval.low, -1.0), min(interval.high, 1.0)
    return _effect("success_rate", estimate, low, high, len(a), level, "paired t, pseudo-cases")


def _mean_difference(
    before: NDArray[np.float64], after: NDArray[np.float64], level: float
) -> Effect | None:
    d = after - before
    d = d[d == d]  # noqa: PLR0124 - NaN is unequal to itself
    if len(d) < FEWEST_CASES:
        return None
    mean, sd = _moments(d.tolist())
    found = mean_interval(mean, sd, len(d), level=level)
    return _effect("score", mean, found.low, found.high, len(d), level, "paired t")


def _relative(
    metric: str, before: NDArray[np.float64], after: NDArray[np.float64], level: float
) -> Effect | None:
    """Return the ratio of the means less 1, or None where it is unknown or has no bounds."""
    known = (before == before) & (after == after)  # noqa: PLR0124 - NaN is unequal to itself
    n = int(known.sum())
    if n < FEWEST_CASES or not before[known].any():
        return None
    found = fieller(before[known], after[known], level=level, with_test=False)
    if not math.isfinite(found.high - found.low):
        return None
    return _effect(metric, found.estimate - 1, found.low - 1, found.high - 1, n, level, "fieller")


def _p_better(table: CaseTable, a: NDArray[np.intp], b: NDArray[np.intp]) -> float | None:
    """Return the posterior probability that the second passes more of the cases.

    Single runs: Dirichlet(1/2) on the four outcomes of a pair. Repeats: Student's t around the
    mean difference, two pseudo-cases included, which is the posterior under a flat prior.
    """
    d = table.passed[b] - table.passed[a]
    if _is_single(table, a, b):
        won, lost = int((d > 0).sum()), int((d < 0).sum())
        return incomplete_beta(lost + PRIOR, won + PRIOR, 0.5)
    padded = [*d.tolist(), 1.0, -1.0]
    mean, sd = _moments(padded)
    return p_above_zero(mean, sd / math.sqrt(len(padded)), len(padded) - 1)


def _is_single(table: CaseTable, a: NDArray[np.intp], b: NDArray[np.intp]) -> bool:
    return bool((table.n[a] == 1).all() and (table.n[b] == 1).all())


def _moments(values: list[float]) -> tuple[float, float]:
    mean = math.fsum(values) / len(values)
    squares = math.fsum((value - mean) ** 2 for value in values)
    return mean, math.sqrt(squares / (len(values) - 1))


def _effect(  # noqa: PLR0917 - the fields of a record
    metric: str, estimate: float, low: float, high: float, n: int, level: float, estimator: str
) -> Effect:
    return Effect(
        metric=metric, estimate=estimate, low=low, high=high, level=level, n=n, estimator=estimator
    )

"""What became of each case that two arms share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from optimizer.experiments.pairing import match, values
from optimizer.models.case_changes import CaseArm, CaseChange, CaseOutcome
from optimizer.models.cases import CaseColumns
from optimizer.models.terms import Metric

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

CHANGES = tuple(CaseChange)
PLACES = {change: place for place, change in enumerate(CHANGES)}


def changed_cases(baseline: CaseColumns, candidate: CaseColumns) -> tuple[CaseOutcome, ...]:
    """Return what became of each case that both arms completed, the most telling first."""
    pairs = match(baseline, candidate)
    first = values(baseline, Metric.SUCCESS)[pairs.at_baseline]
    second = values(candidate, Metric.SUCCESS)[pairs.at_candidate]
    change = _changes(first, second)
    order = np.lexsort((-np.abs(second - first), change))
    both = zip(
        case_arms(baseline, pairs.at_baseline[order]),
        case_arms(candidate, pairs.at_candidate[order]),
        strict=True,
    )
    ids = pairs.case_id[order].tolist()
    return tuple(
        CaseOutcome(case_id=str(case_id), change=CHANGES[place], arms=arms)
        for case_id, place, arms in zip(ids, change[order].tolist(), both, strict=True)
    )


def case_arms(columns: CaseColumns, rows: NDArray[np.int64]) -> list[CaseArm]:
    """Return what each of some cases gave under an arm."""
    known = (columns.score, columns.latency_ms, columns.cost_usd, columns.tokens)
    means = zip(*(_known(column[rows]) for column in known), strict=True)
    counts = zip(columns.n[rows].tolist(), columns.n_passed[rows].tolist(), strict=True)
    return [
        CaseArm(
            n=n, n_passed=n_passed, score=score, latency_ms=latency, cost_usd=cost, tokens=tokens
        )
        for (n, n_passed), (score, latency, cost, tokens) in zip(counts, means, strict=True)
    ]


def _changes(first: Floats, second: Floats) -> NDArray[np.int64]:
    """Return the place in `CHANGES` of what became of each case."""
    return np.select(
        [second < first, second > first, second == 0, second < 1],
        [
            PLACES[CaseChange.BROKEN],
            PLACES[CaseChange.FIXED],
            PLACES[CaseChange.FAILING],
            PLACES[CaseChange.FLAKY],
        ],
        PLACES[CaseChange.PASSING],
    )


def _known(column: Floats) -> list[float | None]:
    """Return means, None for those over no known value."""
    return [None if value != value else value for value in column.tolist()]  # noqa: PLR0124 - NaN

"""Every other variant against the one in use, on the cases that both ran.

The unit is the case: repeats are averaged first, differences are taken inside the case. Nothing
here is a test: a strategy that claims that one of several is better allows for their number.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING

from optimizer.models.contrasts import CaseTable, Contrast
from optimizer.models.proposals import Effect
from optimizer.stats.intervals import mean_interval
from optimizer.stats.paired_rates import tango
from optimizer.stats.quantiles import incomplete_beta
from optimizer.stats.ratios import fieller, fieller_rows
from optimizer.stats.student import p_above_zero

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from optimizer.stats.results import Ratio

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

DIFFERENCES = ("passed", "score")
COLUMNS = (*DIFFERENCES, *AMOUNTS.values(), "n")
"""What is compared, and how many tasks each case completed."""

N_DIFFERENCES = len(DIFFERENCES)


def contrasts(table: CaseTable, current_id: str, *, level: float) -> tuple[Contrast, ...]:
    """Return each other variant against the current one, as far as they share cases.

    Args:
        table: What each case gave under each variant.
        current_id: The variant in use.
        level: Confidence level of the intervals, 0 to 1.
    """
    if current_id not in table.variants:
        return ()
    rows = _rows_by_variant(table)
    current = rows[current_id]
    pairs = [
        (other, *_shared(table, current, rows[other]))
        for other in table.variants
        if other != current_id
    ]
    alike: dict[int, list[tuple[str, NDArray[np.intp]]]] = {}
    shared = {id(a): a for _, a, _ in pairs if len(a) >= FEWEST_CASES}
    for other, a, b in pairs:
        if id(a) in shared:
            alike.setdefault(id(a), []).append((other, b))
    found = {
        one.variant_id: one
        for same, others in alike.items()
        for one in _contrasts(table, shared[same], others, level)
    }
    return tuple(found[other] for other in table.variants if other in found)


def _rows_by_variant(table: CaseTable) -> dict[str, NDArray[np.intp]]:
    """Return the rows of each variant, sorted by case."""
    import numpy as np  # noqa: PLC0415 - a workflow where nothing ran needs none

    order = np.lexsort((table.case, table.variant))
    edges = np.searchsorted(table.variant[order], range(len(table.variants) + 1)).tolist()
    return {
        name: order[start:end]
        for name, (start, end) in zip(table.variants, pairwise(edges), strict=True)
    }


def _shared(
    table: CaseTable, current: NDArray[np.intp], other: NDArray[np.intp]
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return the rows of both where they have the same case; all of `current` is itself."""
    import numpy as np  # noqa: PLC0415 - as above

    cases, others = table.case[current], table.case[other]
    if np.array_equal(cases, others):
        return current, other
    _, left, right = np.intersect1d(cases, others, assume_unique=True, return_indices=True)
    return current[left], other[right]


def _contrasts(
    table: CaseTable,
    a: NDArray[np.intp],
    others: Sequence[tuple[str, NDArray[np.intp]]],
    level: float,
) -> Iterator[Contrast]:
    """Yield the contrasts of variants on the same cases, whose figures are summed together."""
    import numpy as np  # noqa: PLC0415 - as above

    values = np.array([getattr(table, column) for column in COLUMNS])
    before = values[:, a]
    after = values[:, np.array([b for _, b in others])].swapaxes(0, 1)
    change = after[:, :N_DIFFERENCES] - before[:N_DIFFERENCES]
    ratios = fieller_rows(before[N_DIFFERENCES:-1], after[:, N_DIFFERENCES:-1], level=level)
    is_single = (before[-1] == 1).all() & (after[:, -1] == 1).all(axis=-1)
    won, lost = ((side(change[:, 0], 0)).sum(axis=-1) for side in (np.greater, np.less))
    n, by = len(a), zip(is_single.tolist(), won.tolist(), lost.tolist(), strict=True)
    for place, ((other, _), (single, n_won, n_lost)) in enumerate(zip(others, by, strict=True)):
        success, p_better = (
            (_success_of_counts(n_lost, n_won, n, level), _p_won(n_lost, n_won))
            if single
            else _success_of_means(change[place, 0], level)
        )
        score = _mean_difference(change[place, 1], level)
        own = ratios[place * len(AMOUNTS) : (place + 1) * len(AMOUNTS)]
        amounts = _amounts(own, before[N_DIFFERENCES:-1], after[place, N_DIFFERENCES:-1], level)
        yield Contrast(
            variant_id=other,
            n_shared=n,
            effects=(success, *(() if score is None else (score,)), *amounts),
            p_better=p_better,
        )


@lru_cache(maxsize=4096)
def _success_of_counts(lost: int, won: int, n: int, level: float) -> Effect:
    """Return the difference in pass rate of single runs: Tango's interval."""
    found = tango(lost, won, n, level=level)
    return _effect("success_rate", found.estimate, found.low, found.high, n, level, "tango")


@lru_cache(maxsize=4096)
def _p_won(lost: int, won: int) -> float:
    """Return the probability that the second passes more: Dirichlet(1/2) on pairs' outcomes."""
    return incomplete_beta(lost + PRIOR, won + PRIOR, 0.5)


def _success_of_means(change: NDArray[np.float64], level: float) -> tuple[Effect, float]:
    """Return the difference in pass rate of repeated runs, and the probability that it is a gain.

    Both by Student's t around the mean difference, two pseudo-cases included: the posterior under
    a flat prior.
    """
    n, total = len(change) + 2, float(change.sum())
    mean = total / n
    rest = change - mean
    squares = float(rest @ rest) + (1.0 - mean) ** 2 + (1.0 + mean) ** 2
    sd = math.sqrt(squares / (n - 1))
    interval = mean_interval(mean, sd, n, level=level)
    estimate, low, high = total / len(change), max(interval.low, -1.0), min(interval.high, 1.0)
    of = len(change)
    effect = _effect("success_rate", estimate, low, high, of, level, "paired t, pseudo-cases")
    return effect, p_above_zero(mean, sd / math.sqrt(n), n - 1)


def _mean_difference(change: NDArray[np.float64], level: float) -> Effect | None:
    mean = float(change.sum()) / len(change)
    if math.isnan(mean):
        change = change[change == change]  # noqa: PLR0124 - NaN is unequal to itself
        if len(change) < FEWEST_CASES:
            return None
        mean = float(change.sum()) / len(change)
    rest, n = change - mean, len(change)
    sd = math.sqrt(float(rest @ rest) / (n - 1))
    found = mean_interval(mean, sd, n, level=level)
    return _effect("score", mean, found.low, found.high, n, level, "paired t")


def _amounts(
    ratios: Sequence[Ratio],
    before: NDArray[np.float64],
    after: NDArray[np.float64],
    level: float,
) -> Iterator[Effect]:
    """Yield the relative effects that have bounds, of what both measured."""
    for row, (metric, whole) in enumerate(zip(AMOUNTS, ratios, strict=True)):
        is_whole = not math.isnan(whole.estimate)
        ratio = whole if is_whole else _of_known(before[row], after[row], level)
        if ratio is not None and math.isfinite(ratio.high - ratio.low):
            estimate, low, high = ratio.estimate - 1, ratio.low - 1, ratio.high - 1
            yield _effect(metric, estimate, low, high, ratio.n, level, "fieller")


def _of_known(
    before: NDArray[np.float64], after: NDArray[np.float64], level: float
) -> Ratio | None:
    """Return the ratio of the means where both are known, None where there is none."""
    known = (before == before) & (after == after)  # noqa: PLR0124 - NaN is unequal to itself
    if known.sum() < FEWEST_CASES or not before[known].any():
        return None
    return fieller(before[known], after[known], level=level, with_test=False)


def _effect(  # noqa: PLR0917 - the fields of a record
    metric: str, estimate: float, low: float, high: float, n: int, level: float, estimator: str
) -> Effect:
    return Effect(
        metric=metric, estimate=estimate, low=low, high=high, level=level, n=n, estimator=estimator
    )

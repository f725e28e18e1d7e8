"""Every other variant against the one in use, on the cases that both ran.

The unit is the case: repeats are averaged first, differences are taken inside the case. Nothing
here is a test: a strategy that claims that one of several is better allows for their number.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING

from optimizer.models.contrasts import CaseTable, Contrast
from optimizer.models.dataclass import dataclass
from optimizer.models.proposals import Effect
from optimizer.stats.intervals import mean_interval
from optimizer.stats.paired_rates import tango
from optimizer.stats.quantiles import incomplete_beta
from optimizer.stats.ratios import fieller, fieller_segments
from optimizer.stats.student import p_above_zero

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from optimizer.stats.results import Ratio

FEWEST_CASES = 2
"""One case has no spread."""

PSEUDO_CASES = 2
"""Added where pass rates are compared, one that each variant wins, so that none is certain."""

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
    return contrasts_of_each([(table, current_id)], level=level)[0]


def contrasts_of_each(
    tables: Sequence[tuple[CaseTable, str]], *, level: float
) -> list[tuple[Contrast, ...]]:
    """Return what `contrasts` does for each of several tables, whose figures are summed together.

    Args:
        tables: Each with its variant in use.
        level: Confidence level of the intervals, 0 to 1.
    """
    if not tables:
        return []
    pairs = _pairs(tables)
    found: list[list[Contrast]] = [[] for _ in tables]
    if pairs.names:
        for place, one in zip(pairs.table.tolist(), _contrasts(tables, pairs, level), strict=True):
            found[place].append(one)
    return list(map(tuple, found))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Pairs:
    """Variants that are held against those in use, the cases of each pair in a row.

    Attributes:
        names: Of the variants that are not in use.
        table: The table of each.
        starts: Where the cases of each begin.
        before: Places of the cases under the variant in use, in the columns of all tables.
        after: The same under the other.
    """

    names: list[str]
    table: NDArray[np.intp]
    starts: NDArray[np.intp]
    before: NDArray[np.intp]
    after: NDArray[np.intp]


def _pairs(tables: Sequence[tuple[CaseTable, str]]) -> _Pairs:
    """Return the variants that share cases enough with the one in use."""
    import numpy as np  # noqa: PLC0415 - a workflow where nothing ran needs none

    case = np.concatenate([table.case for table, _ in tables])
    rows = iter(_rows_by_variant([table for table, _ in tables], case))
    found: list[tuple[str, int, NDArray[np.intp], NDArray[np.intp]]] = []
    for place, (table, current_id) in enumerate(tables):
        own = dict(zip(table.variants, rows, strict=False))
        for other in table.variants if current_id in own else ():
            if other != current_id:
                a, b = _shared(case, own[current_id], own[other])
                found += [(other, place, a, b)] if len(a) >= FEWEST_CASES else []
    names, places, before, after = zip(*found, strict=True) if found else ((), (), (), ())
    lengths = [len(a) for a in before]
    nothing = np.zeros(0, dtype=np.intp)
    return _Pairs(
        names=list(names),
        table=np.array(places, dtype=np.intp),
        starts=np.cumsum(lengths, dtype=np.intp) - lengths if lengths else nothing,
        before=np.concatenate([nothing, *before]),
        after=np.concatenate([nothing, *after]),
    )


def _rows_by_variant(
    tables: Sequence[CaseTable], case: NDArray[np.int64]
) -> Iterator[NDArray[np.intp]]:
    """Yield the places of each variant of each table, sorted by case."""
    import numpy as np  # noqa: PLC0415 - as above

    n_before = accumulate((len(table.variants) for table in tables), initial=0)
    variant = np.concatenate([table.variant + n for table, n in zip(tables, n_before)])  # noqa: B905 - one more is counted
    order = np.lexsort((case, variant))
    n_variants = sum(len(table.variants) for table in tables)
    edges = np.searchsorted(variant[order], np.arange(n_variants + 1)).tolist()
    return (order[start:end] for start, end in pairwise(edges))


def _shared(
    case: NDArray[np.int64], current: NDArray[np.intp], other: NDArray[np.intp]
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return the places of both where they have the same case."""
    import numpy as np  # noqa: PLC0415 - as above

    cases, others = case[current], case[other]
    if len(cases) == len(others) and (cases == others).all():
        return current, other
    _, left, right = np.intersect1d(cases, others, assume_unique=True, return_indices=True)
    return current[left], other[right]


def _contrasts(
    tables: Sequence[tuple[CaseTable, str]], pairs: _Pairs, level: float
) -> Iterator[Contrast]:
    """Yield the contrast of each pair."""
    import numpy as np  # noqa: PLC0415 - as above

    values = np.array(
        [np.concatenate([getattr(table, column) for table, _ in tables]) for column in COLUMNS]
    )
    before, after, starts = values[:, pairs.before], values[:, pairs.after], pairs.starts
    edges = [*starts.tolist(), before.shape[1]]
    change = after[:N_DIFFERENCES] - before[:N_DIFFERENCES]
    amounts = slice(N_DIFFERENCES, -1)
    ratios = fieller_segments(before[amounts], after[amounts], starts, level=level)
    columns = (
        np.logical_and.reduceat((before[-1] == 1) & (after[-1] == 1), starts),
        np.add.reduceat(change[0] > 0, starts, dtype=np.int64),
        np.add.reduceat(change[0] < 0, starts, dtype=np.int64),
        *_spreads(change, starts),
    )
    rows = zip(*(column.tolist() for column in columns), strict=True)
    for name, own, (start, end), (is_single, won, lost, success, score) in zip(
        pairs.names, ratios, pairwise(edges), rows, strict=True
    ):
        n = end - start
        passed, p_better = (
            (_success_of_counts(lost, won, n, level), _p_won(lost, won))
            if is_single
            else _success_of_means(success, n, level)
        )
        scored = _mean_difference(score, change[1, start:end], level)
        measured = _amounts(own, before[amounts, start:end], after[amounts, start:end], level)
        yield Contrast(
            variant_id=name,
            n_shared=n,
            effects=(passed, *(() if scored is None else (scored,)), *measured),
            p_better=p_better,
        )


def _spreads(
    change: NDArray[np.float64], starts: NDArray[np.intp]
) -> Iterator[NDArray[np.float64]]:
    """Yield total and sum of squares of each pair: of pass rates, and of scores.

    The squares of pass rates are taken around the mean with two pseudo-cases.
    """
    import numpy as np  # noqa: PLC0415 - as above

    n = np.diff(starts, append=change.shape[1])
    for differences, n_pseudo in zip(change, (PSEUDO_CASES, 0), strict=True):
        total = np.add.reduceat(differences, starts)
        rest = differences - np.repeat(total / (n + n_pseudo), n)
        yield np.array([total, np.add.reduceat(rest * rest, starts)]).T


@lru_cache(maxsize=4096)
def _success_of_counts(lost: int, won: int, n: int, level: float) -> Effect:
    """Return the difference in pass rate of single runs: Tango's interval."""
    found = tango(lost, won, n, level=level)
    return _effect("success_rate", found.estimate, found.low, found.high, n, level, "tango")


@lru_cache(maxsize=4096)
def _p_won(lost: int, won: int) -> float:
    """Return the probability that the second passes more: Dirichlet(1/2) on pairs' outcomes."""
    return incomplete_beta(lost + PRIOR, won + PRIOR, 0.5)


def _success_of_means(sums: Sequence[float], of: int, level: float) -> tuple[Effect, float]:
    """Return the difference in pass rate of repeated runs, and the probability that it is a gain.

    Both by Student's t around the mean difference, two pseudo-cases included: the posterior under
    a flat prior.
    """
    total, squares = sums
    n = of + PSEUDO_CASES
    mean = total / n
    sd = math.sqrt((squares + (1.0 - mean) ** 2 + (1.0 + mean) ** 2) / (n - 1))
    interval = mean_interval(mean, sd, n, level=level)
    estimate, low, high = total / of, max(interval.low, -1.0), min(interval.high, 1.0)
    effect = _effect("success_rate", estimate, low, high, of, level, "paired t, pseudo-cases")
    return effect, p_above_zero(mean, sd / math.sqrt(n), n - 1)


def _mean_difference(
    sums: Sequence[float], change: NDArray[np.float64], level: float
) -> Effect | None:
    """Return the mean difference, from its total and squares where all are known."""
    (total, squares), n = sums, len(change)
    if math.isnan(total):
        change = change[change == change]  # noqa: PLR0124 - NaN is unequal to itself
        n = len(change)
        if n < FEWEST_CASES:
            return None
        total = float(change.sum())
        rest = change - total / n
        squares = float(rest @ rest)
    mean, sd = total / n, math.sqrt(squares / (n - 1))
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
    """Return the ratio of the means where both can be measured, None where there is none."""
    import numpy as np  # noqa: PLC0415 - as above

    known = np.isfinite(before) & np.isfinite(after)
    if known.sum() < FEWEST_CASES or not before[known].any():
        return None
    return fieller(before[known], after[known], level=level, with_test=False)


def _effect(  # noqa: PLR0917 - the fields of a record
    metric: str, estimate: float, low: float, high: float, n: int, level: float, estimator: str
) -> Effect:
    return Effect(
        metric=metric, estimate=estimate, low=low, high=high, level=level, n=n, estimator=estimator
    )

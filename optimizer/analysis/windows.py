"""Two windows of a variant: its newest run against its earlier runs."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from optimizer.analysis.columns import RATES, comparable
from optimizer.analysis.settings import DriftSettings
from optimizer.analysis.window_cases import Cases, Side
from optimizer.models.dataclass import dataclass
from optimizer.models.drift import DriftFinding, DriftMethod
from optimizer.stats.quantiles import chi2_upper_tail, t_upper_tail

if TYPE_CHECKING:
    from datetime import datetime

    import numpy as np
    from numpy.typing import NDArray

    from optimizer.analysis.columns import Columns
    from optimizer.models.summaries import RunPoint

FEWEST_EXPECTED = 5
"""Counts that a category should hold for a test of shares."""

FEWEST_PAIRS = 10
WORTH_EXACTNESS = 0.05
"""P-values below it are worked out exactly, which takes scipy."""

PSEUDO_COUNT = 0.5
"""Added to every bin, so that an empty one is no infinity."""

PAIR = 2

MOST_TERMS = 100
NEGLIGIBLE = 45.0
"""Exponent from which a term of a series is below what a sum near 1 holds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """A finding whose p-value does not yet allow for the other looks.

    Attributes:
        finding: As it will be, but for `is_drifting`.
        is_large: Whether the change is worth a word if it is one.
    """

    finding: DriftFinding
    is_large: bool


def looks_at_tasks(columns: Columns, settings: DriftSettings) -> Iterator[Look]:
    """Yield the looks at every metric that both windows have values enough of."""
    import numpy as np  # noqa: PLC0415 - a workflow that ran once needs none

    now = np.flatnonzero(columns.segment == columns.newest)
    before = np.flatnonzero(columns.segment != columns.newest)
    if not now.size:
        return
    changed_at = columns.at(int(now[0]))
    if min(before.size, now.size) < settings.min_values:
        return
    yield from _outcomes(columns, _newest_of_case(columns, before), now, settings, changed_at)
    cases = Cases(columns)
    for metric, values in columns.metrics().items():
        known = ~np.isnan(values)
        earlier, current = before[known[before]], now[known[now]]
        if min(earlier.size, current.size) < settings.min_values:
            continue
        sides = cases.of(earlier), cases.of(current)
        yield from _paired(metric, values, sides, cases.shared(*sides), settings, changed_at)
        once, once_now = (side.once for side in sides)
        if metric != "success" and min(once.size, once_now.size) >= settings.min_values:
            yield from _distributions(metric, values[once], values[once_now], settings, changed_at)


def looks_at_runs(points: Sequence[RunPoint], settings: DriftSettings) -> Iterator[Look]:
    """Yield the looks that the figures of runs allow, where tasks are too many to be read."""
    *earlier, newest = points
    yield from _counted_outcomes(earlier, newest, settings)
    for metric, mean, sd in (
        ("score", "score_mean", "score_sd"),
        ("latency", "latency_mean_ms", "latency_sd_ms"),
        ("cost", "cost_mean_usd", "cost_sd_usd"),
    ):
        before = _pooled([(p.n, getattr(p, mean), getattr(p, sd)) for p in earlier])
        now = _pooled([(newest.n, getattr(newest, mean), getattr(newest, sd))])
        if before and now and min(before[0], now[0]) >= settings.min_values:
            yield _welch(metric, before, now, settings, newest.started_at)


def _newest_of_case(columns: Columns, rows: NDArray[np.intp]) -> NDArray[np.intp]:
    """Return the newest task of each case: the case is the unit, not its repeats."""
    import numpy as np  # noqa: PLC0415 - as above

    backwards = rows[::-1]
    return np.sort(backwards[np.unique(columns.case[backwards], return_index=True)[1]])


def _distributions(
    metric: str,
    before: NDArray[np.float64],
    now: NDArray[np.float64],
    settings: DriftSettings,
    changed_at: datetime | None,
) -> Iterator[Look]:
    distance, p = _kolmogorov_smirnov(before, now)
    facts = (metric, before, now, changed_at)
    yield _look(DriftMethod.KS, distance, None, p, facts, distance >= settings.min_distance)
    found = _stability(before, now, settings)
    if found is not None:
        index, threshold, p = found
        yield _look(DriftMethod.PSI, index, threshold, p, facts, index > threshold)


def _kolmogorov_smirnov(
    before: NDArray[np.float64], now: NDArray[np.float64]
) -> tuple[float, float]:
    """Return the distance and its p-value (Stephens 1970), exact where it is small."""
    import numpy as np  # noqa: PLC0415 - as above

    first, second = np.sort(before), np.sort(now)
    both = np.concatenate([first, second])
    shares = (np.searchsorted(one, both, "right") / one.size for one in (first, second))
    distance = float(np.abs(next(shares) - next(shares)).max())
    root = math.sqrt(first.size * second.size / (first.size + second.size))
    reach = (root + 0.12 + 0.11 / root) * distance
    p = min(max(_kolmogorov_tail(reach), 0.0), 1.0) if reach > WORTH_EXACTNESS else 1.0
    if p < WORTH_EXACTNESS:
        from optimizer.stats.distances import kolmogorov_smirnov  # noqa: PLC0415 - scipy

        p = kolmogorov_smirnov(first, second).p_value
    return distance, p


def _kolmogorov_tail(reach: float) -> float:
    """Return the series of Kolmogorov's distribution, to terms that no longer count."""
    n_terms = min(MOST_TERMS, math.ceil(math.sqrt(NEGLIGIBLE / 2) / reach))
    terms = (math.exp(-2 * (k * reach) ** 2) for k in range(1, n_terms + 1))
    return 2 * sum(-term if place % 2 else term for place, term in enumerate(terms))


def _stability(
    before: NDArray[np.float64], now: NDArray[np.float64], settings: DriftSettings
) -> tuple[float, float, float] | None:
    """Return index, threshold and p-value over bins of equal shares before; None of one bin."""
    import numpy as np  # noqa: PLC0415 - as above

    from optimizer.stats.distances import psi, psi_threshold  # noqa: PLC0415 - numpy

    n, m = before.size, now.size
    bins = min(settings.psi_bins, n // FEWEST_EXPECTED, m // FEWEST_EXPECTED)
    if bins < PAIR:
        return None
    edges = np.unique(np.quantile(before, np.arange(1, bins) / bins))
    counts = [np.bincount(np.searchsorted(edges, x), minlength=bins) for x in (before, now)]
    kept = counts[0] >= FEWEST_EXPECTED
    if kept.sum() < PAIR:
        return None
    first, second = (
        np.array([*c[kept], *([c[~kept].sum()] if (counts[0] + counts[1])[~kept].any() else [])])
        for c in counts
    )
    index = psi(first + PSEUDO_COUNT, second + PSEUDO_COUNT)
    threshold = psi_threshold(n, m, first.size, 1 - settings.alpha, minimum=settings.psi_threshold)
    return index, threshold, chi2_upper_tail(index / (1 / n + 1 / m), first.size - 1)


def _paired(  # noqa: PLR0917 - one metric in two windows
    metric: str,
    values: NDArray[np.float64],
    sides: tuple[Side, Side],
    shared: tuple[NDArray[np.intp], NDArray[np.intp]],
    settings: DriftSettings,
    changed_at: datetime | None,
) -> Iterator[Look]:
    """Yield the look at shared cases where most are shared, or at the two means where not."""
    earlier, current = sides
    left, right = shared
    scaled = comparable(metric, values)
    before, now = (_case_means(scaled, side) for side in sides)
    facts = (metric, values[earlier.rows], values[current.rows], changed_at)
    sd = float(before.std())
    least = settings.min_share_change if metric in RATES else settings.min_shift * sd
    if left.size >= max(FEWEST_PAIRS, settings.min_shared * current.names.size):
        change = now[right] - before[left]
        t, p = _student(change, is_rate=metric in RATES)
        yield _look(DriftMethod.PAIRED, t, None, p, facts, abs(float(change.mean())) >= least)
    elif metric != "success" and min(before.size, now.size) >= PAIR:
        one, two = ((x.size, float(x.mean()), float(x.std(ddof=1))) for x in (before, now))
        t, p = _two_means(one, two)
        yield _look(DriftMethod.WELCH, t, None, p, facts, abs(two[1] - one[1]) >= least)


def _case_means(values: NDArray[np.float64], side: Side) -> NDArray[np.float64]:
    import numpy as np  # noqa: PLC0415 - as above

    return np.bincount(side.code, weights=values[side.rows]) / side.n


def _student(change: NDArray[np.float64], *, is_rate: bool) -> tuple[float, float]:
    """Return t and its p-value; of rates with a case each way added, so that none is certain."""
    padded = [*change.tolist(), 1.0, -1.0] if is_rate else change.tolist()
    n = len(padded)
    mean = math.fsum(padded) / n
    sd = math.sqrt(math.fsum((one - mean) ** 2 for one in padded) / (n - 1))
    if sd == 0:
        return (math.copysign(math.inf, mean), 0.0) if mean else (0.0, 1.0)
    t = mean / (sd / math.sqrt(n))
    return t, 2 * t_upper_tail(abs(t), n - 1)


def _two_means(
    before: tuple[int, float, float], now: tuple[int, float, float]
) -> tuple[float, float]:
    """Return Welch's t and its p-value from n, mean and standard deviation."""
    (n, mean, sd), (m, mean_now, sd_now) = before, now
    a, b = sd**2 / n, sd_now**2 / m
    gap = mean_now - mean
    if a + b == 0:
        return (math.copysign(math.inf, gap), 0.0) if gap else (0.0, 1.0)
    t = gap / math.sqrt(a + b)
    df = (a + b) ** 2 / (a**2 / max(n - 1, 1) + b**2 / max(m - 1, 1))
    return t, 2 * t_upper_tail(abs(t), df)


def _outcomes(
    columns: Columns,
    before: NDArray[np.intp],
    now: NDArray[np.intp],
    settings: DriftSettings,
    changed_at: datetime | None,
) -> Iterator[Look]:
    import numpy as np  # noqa: PLC0415 - as above

    now = _newest_of_case(columns, now)
    outcome = columns.outcome()
    n_kinds = int(outcome.max()) + 1
    table = [np.bincount(outcome[rows], minlength=n_kinds) for rows in (before, now)]
    yield from _shares([one.tolist() for one in table], settings, changed_at)


def _counted_outcomes(
    earlier: Sequence[RunPoint], newest: RunPoint, settings: DriftSettings
) -> Iterator[Look]:
    table = [
        [
            sum(p.n_succeeded for p in points),
            sum(p.n - p.n_succeeded - p.n_bad for p in points),
            sum(p.n_bad for p in points),
        ]
        for points in (earlier, [newest])
    ]
    yield from _shares(table, settings, newest.started_at)


def _shares(
    table: Sequence[Sequence[int]], settings: DriftSettings, changed_at: datetime | None
) -> Iterator[Look]:
    """Yield the look at the shares of outcomes, the first of them a pass."""
    n, m = (sum(row) for row in table)
    if min(n, m) < settings.min_values:
        return
    change = max(abs(y / m - x / n) for x, y in zip(*table, strict=True))
    statistic, p = _homogeneity(table)
    finding = DriftFinding(
        metric="success",
        method=DriftMethod.CHI2,
        is_drifting=False,
        statistic=statistic,
        threshold=None,
        p_value=p,
        before=table[0][0] / n,
        after=table[1][0] / m,
        n_before=n,
        n_after=m,
        changed_at=changed_at,
    )
    yield Look(finding=finding, is_large=change >= settings.min_share_change)


def _homogeneity(table: Sequence[Sequence[int]]) -> tuple[float, float]:
    """Return χ² and its p-value; of rare outcomes taken together, by Fisher's test."""
    n, m = (sum(row) for row in table)
    columns = [pair for pair in zip(*table, strict=True) if sum(pair)]
    if len(columns) < PAIR:
        return 0.0, 1.0
    smallest = min(n, m) / (n + m)
    if min(map(sum, columns)) * smallest < FEWEST_EXPECTED:
        passed = [table[0][0], table[1][0]]
        columns = [tuple(passed), (n - passed[0], m - passed[1])]
        if not all(map(sum, columns)):
            columns = [(a, b) for a, b in zip(*table, strict=True) if a + b]
            columns = [columns[0], tuple(map(sum, zip(*columns[1:], strict=True)))]
    expected = [(n * sum(pair) / (n + m), m * sum(pair) / (n + m)) for pair in columns]
    chi2 = sum(
        (seen - due) ** 2 / due
        for pair, dues in zip(columns, expected, strict=True)
        for seen, due in zip(pair, dues, strict=True)
    )
    p = chi2_upper_tail(chi2, len(columns) - 1)
    if p < WORTH_EXACTNESS and min(map(min, expected)) < FEWEST_EXPECTED:
        from optimizer.stats.two_rates import fisher  # noqa: PLC0415 - scipy

        p = fisher(columns).p_value
    return chi2, p


def _pooled(
    parts: Sequence[tuple[int, float | None, float | None]],
) -> tuple[int, float, float] | None:
    """Return n, mean and standard deviation of several sets; None where one is not known."""
    known = [(n, mean, sd or 0.0) for n, mean, sd in parts if mean is not None and n]
    total = sum(n for n, _, _ in known)
    if len(known) < len(parts) or total < PAIR:
        return None
    mean = sum(n * one for n, one, _ in known) / total
    squares = sum((n - 1) * sd**2 + n * (one - mean) ** 2 for n, one, sd in known)
    return total, mean, math.sqrt(squares / (total - 1))


def _welch(
    metric: str,
    before: tuple[int, float, float],
    now: tuple[int, float, float],
    settings: DriftSettings,
    changed_at: datetime | None,
) -> Look:
    t, p = _two_means(before, now)
    least = settings.min_share_change if metric in RATES else settings.min_shift * before[2]
    finding = DriftFinding(
        metric=metric,
        method=DriftMethod.WELCH,
        is_drifting=False,
        statistic=t,
        threshold=None,
        p_value=p,
        before=before[1],
        after=now[1],
        n_before=before[0],
        n_after=now[0],
        changed_at=changed_at,
    )
    return Look(finding=finding, is_large=abs(now[1] - before[1]) >= least)


def _look(  # noqa: PLR0917 - the fields of a record
    method: DriftMethod,
    statistic: float,
    threshold: float | None,
    p: float,
    facts: tuple[str, NDArray[np.float64], NDArray[np.float64], datetime | None],
    is_large: bool,
) -> Look:
    metric, before, now, changed_at = facts
    finding = DriftFinding(
        metric=metric,
        method=method,
        is_drifting=False,
        statistic=statistic,
        threshold=threshold,
        p_value=p,
        before=float(before.mean()),
        after=float(now.mean()),
        n_before=before.size,
        n_after=now.size,
        changed_at=changed_at,
    )
    return Look(finding=finding, is_large=is_large)

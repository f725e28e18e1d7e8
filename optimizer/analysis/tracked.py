"""The metrics of a variant as series: over its runs, and over its tasks.

A task is held against the mean of its case, so that hard cases are no move; repeats of a case in
one run are one value.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

from optimizer.analysis.columns import Columns, comparable
from optimizer.analysis.settings import DriftSettings
from optimizer.models.drift import DriftMethod

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from optimizer.models.summaries import RunPoint

SERIES_METHODS = (DriftMethod.ADWIN, DriftMethod.PAGE_HINKLEY, DriftMethod.CUSUM)
LEVELS = 2
"""References that a series must be long for."""

FEWEST_OF_CASE = 3
"""Runs of a case before its tasks are held against their mean."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tracked:
    """A metric as a series.

    Attributes:
        metric: What it is.
        values: What the detectors see.
        shown: What the means are taken of.
        at: Tells when the value of a place was measured, or None where that is not known.
        reference: Values that the others are held against.
        methods: The detectors that look at it.
    """

    metric: str
    values: NDArray[np.float64]
    shown: NDArray[np.float64]
    at: Callable[[int], datetime | None]
    reference: int
    methods: tuple[DriftMethod, ...]


def run_series(own: Sequence[RunPoint], settings: DriftSettings) -> Iterator[Tracked]:
    """Yield the metrics of the runs as series, where there are runs enough."""
    if len(own) < LEVELS * settings.reference_runs:
        return
    import numpy as np  # noqa: PLC0415 - as above

    amounts: dict[str, list[float | None]] = {
        "success": [point.n_succeeded / point.n for point in own],
        "score": [point.score_mean for point in own],
        "latency": [point.latency_mean_ms for point in own],
        "cost": [point.cost_mean_usd for point in own],
        "tokens": [point.tokens_mean for point in own],
    }
    for metric, column in amounts.items():
        known = [(v, p.started_at) for v, p in zip(column, own, strict=True) if v is not None]
        if len(known) < LEVELS * settings.reference_runs:
            continue
        values = np.array([value for value, _ in known])
        yield Tracked(
            metric=metric,
            values=values,
            shown=values,
            at=[at for _, at in known].__getitem__,
            reference=settings.reference_runs,
            methods=(DriftMethod.PAGE_HINKLEY, DriftMethod.CUSUM),
        )


def task_series(
    tasks: Columns | None, settings: DriftSettings, *, window_size: int
) -> Iterator[Tracked]:
    """Yield the metrics of the tasks as series, less what is usual for their cases."""
    if tasks is None:
        return
    import numpy as np  # noqa: PLC0415 - as above

    for metric, column in tasks.metrics.items():
        known = np.flatnonzero(~np.isnan(column))[-window_size:]
        rows, means = _once_a_run(known, comparable(metric, column)[known], tasks)
        values, kept = _without_cases(means, tasks.case[rows])
        if values.size < LEVELS * settings.reference_tasks:
            continue
        rows = rows[kept]
        yield Tracked(
            metric=metric,
            values=values,
            shown=column[rows],
            at=partial(_time_of, tasks, rows),
            reference=settings.reference_tasks,
            methods=SERIES_METHODS,
        )


def _once_a_run(
    known: NDArray[np.intp], values: NDArray[np.float64], tasks: Columns
) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """Return the first task of each case in each run, with the mean over its repeats there."""
    import numpy as np  # noqa: PLC0415 - as above

    pairs = np.stack([tasks.segment[known], tasks.case[known]], axis=1)
    _, first, code, n = np.unique(
        pairs, axis=0, return_index=True, return_inverse=True, return_counts=True
    )
    if first.size == known.size:
        return known, values
    means = np.bincount(code.ravel(), weights=values) / n
    order = np.argsort(first, kind="stable")
    return known[first[order]], means[order]


def _without_cases(
    values: NDArray[np.float64], case: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.intp]]:
    """Return values less the mean of their case, and which; all as they are if most ran once.

    A residual of r tasks of a case is √(1 - 1/r) times as wide as the value, which is undone.
    Those of two mirror each other: they are left to the paired test.
    """
    import numpy as np  # noqa: PLC0415 - as above

    _, code, n = np.unique(case, return_inverse=True, return_counts=True)
    repeats = n[code]
    if LEVELS * int((repeats > 1).sum()) < values.size:
        return values, np.arange(values.size)
    kept = np.flatnonzero(repeats >= FEWEST_OF_CASE)
    means = np.bincount(code, weights=values) / n
    residuals = (values - means[code])[kept] * np.sqrt(repeats[kept] / (repeats[kept] - 1))
    return residuals, kept


def _time_of(tasks: Columns, rows: NDArray[np.intp], place: int) -> datetime | None:
    return tasks.at(int(rows[place]))

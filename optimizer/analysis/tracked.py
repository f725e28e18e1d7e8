"""The metrics of a variant as series: over its runs, and over its tasks.

A task is held against the mean of its case, so that hard cases are no move; repeats of a case in
one run are one value.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

from optimizer.analysis.columns import Columns, comparable
from optimizer.analysis.settings import DriftSettings
from optimizer.models.dataclass import dataclass
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
    if tasks is None or len(tasks.rows) < LEVELS * settings.reference_tasks:
        return
    import numpy as np  # noqa: PLC0415 - as above

    shapes: dict[bytes, _Shape] = {}
    for metric, column in tasks.metrics().items():
        known = np.flatnonzero(~np.isnan(column))[-window_size:]
        if known.size < LEVELS * settings.reference_tasks:
            continue
        key = known.tobytes()
        if key not in shapes:
            shapes[key] = _shape(known, tasks)
        shape = shapes[key]
        if shape.kept.size < LEVELS * settings.reference_tasks:
            continue
        rows = shape.rows[shape.kept]
        yield Tracked(
            metric=metric,
            values=_without_cases(comparable(metric, column)[known], shape),
            shown=column[rows],
            at=partial(_time_of, tasks, rows),
            reference=settings.reference_tasks,
            methods=SERIES_METHODS,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shape:
    """Which tasks repeat each other, and which values of their cases make a series.

    Attributes:
        rows: The first task of each case in each run, oldest first.
        repeat: The place among those of the task that each known one repeats, itself included;
            None where no case was repeated in a run.
        case: Code of the case of each of the rows.
        kept: Places of the rows that make the series.
        is_centred: Whether the mean of its case is taken from each value.
    """

    rows: NDArray[np.intp]
    repeat: NDArray[np.intp] | None
    case: NDArray[np.intp]
    kept: NDArray[np.intp]
    is_centred: bool


def _shape(known: NDArray[np.intp], tasks: Columns) -> _Shape:
    """Return how tasks repeat each other; no case has a mean of its own if most ran once.

    Residuals of two values mirror each other: they are left to the paired test.
    """
    import numpy as np  # noqa: PLC0415 - as above

    case, n_cases = _codes(tasks.case[known])
    group = tasks.segment[known] * max(n_cases, 1) + case
    _, first, repeat = np.unique(group, return_index=True, return_inverse=True)
    is_single = first.size == known.size
    if not is_single:
        order = np.argsort(first, kind="stable")
        place = np.empty_like(order)
        place[order] = np.arange(order.size)
        known, case, repeat = known[first[order]], case[first[order]], place[repeat]
    repeats = np.bincount(case)[case]
    is_centred = LEVELS * int((repeats > 1).sum()) >= known.size
    return _Shape(
        rows=known,
        repeat=None if is_single else repeat,
        case=case,
        kept=np.flatnonzero(repeats >= (FEWEST_OF_CASE if is_centred else 1)),
        is_centred=is_centred,
    )


def _codes(values: NDArray[np.int64]) -> tuple[NDArray[np.intp], int]:
    """Return values as codes from 0, and how many different ones there are."""
    import numpy as np  # noqa: PLC0415 - as above

    known, codes = np.unique(values, return_inverse=True)
    return codes, known.size


def _without_cases(values: NDArray[np.float64], shape: _Shape) -> NDArray[np.float64]:
    """Return values once a case and run, less the mean of their case where it has one.

    A residual of r tasks of a case is √(1 - 1/r) times as wide as the value, which is undone.
    """
    import numpy as np  # noqa: PLC0415 - as above

    if shape.repeat is not None:
        values = np.bincount(shape.repeat, weights=values) / np.bincount(shape.repeat)
    if not shape.is_centred:
        return values
    n = np.bincount(shape.case)
    means = np.bincount(shape.case, weights=values) / n
    repeats = n[shape.case][shape.kept]
    residuals: NDArray[np.float64] = (values - means[shape.case])[shape.kept]
    return residuals * np.sqrt(repeats / (repeats - 1))


def _time_of(tasks: Columns, rows: NDArray[np.intp], place: int) -> datetime | None:
    return tasks.at(int(rows[place]))

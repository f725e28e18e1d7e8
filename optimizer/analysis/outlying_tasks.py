"""The tasks of the newest run that are out of the ordinary among the tasks of earlier runs."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from optimizer.analysis.columns import Columns
from optimizer.analysis.settings import AnomalySettings
from optimizer.analysis.standing import anomaly, limit_of, out
from optimizer.models.drift import Anomaly, AnomalySeverity, AnomalyType

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from optimizer.models.summaries import RunPoint

TOGETHER = ("latency", "cost", "tokens")
FEWEST_COLUMNS = 2


def outlying_tasks(
    tasks: Columns, newest: RunPoint, settings: AnomalySettings, seed: int
) -> Iterator[Anomaly]:
    """Yield the tasks of the newest run that are out among the tasks of earlier runs."""
    import numpy as np  # noqa: PLC0415 - as above

    now = tasks.segment == tasks.newest
    known = {}
    metrics = tasks.metrics()
    for metric in TOGETHER:
        values = metrics[metric]
        known[metric] = ~np.isnan(values) & (values > 0)
        earlier = values[known[metric] & ~now]
        if earlier.size < settings.min_tasks:
            continue
        rows = np.flatnonzero(known[metric] & now)
        for row in _suspects(rows, values, earlier, settings):
            for one in out(
                metric,
                float(values[row]),
                earlier,
                0.0,
                _at(tasks, row, newest),
                newest.run_id,
                settings,
            ):
                yield _of_task(one, tasks, row)
    yield from _together(tasks, now, newest, settings, seed)


def _suspects(
    rows: NDArray[np.intp],
    values: NDArray[np.float64],
    earlier: NDArray[np.float64],
    settings: AnomalySettings,
) -> list[int]:
    """Return the rows that may be out: beyond the nearest of the limits."""
    import numpy as np  # noqa: PLC0415 - as above

    logs, now = np.log(earlier), np.log(values[rows])
    median, third = np.quantile(logs, [0.5, 0.75]).tolist()
    mad = float(np.median(np.abs(logs - median)))
    limits = [
        median + limit_of(logs.size, "mad", settings) * mad,
        third + settings.iqr_factor * (third - float(np.quantile(logs, 0.25))),
        float(logs.mean()) + settings.z_threshold * float(logs.std()),
    ]
    return [int(row) for row in rows[now > min(limits)]]


def _together(
    tasks: Columns, now: NDArray[np.bool_], newest: RunPoint, settings: AnomalySettings, seed: int
) -> Iterator[Anomaly]:
    """Yield the tasks whose latency, cost and tokens together are out of the ordinary."""
    import numpy as np  # noqa: PLC0415 - as above

    from optimizer.stats.quantiles import chi2_quantile  # noqa: PLC0415 - few need it
    from optimizer.stats.robust_covariance import mcd_distances  # noqa: PLC0415 - numpy

    columns = _independent(tasks, now, settings)
    if len(columns) < FEWEST_COLUMNS:
        return
    table = np.column_stack(list(columns.values()))
    whole = np.isfinite(table).all(axis=1)
    rows = np.flatnonzero(whole & now)
    if not rows.size:
        return
    found = mcd_distances(table[rows], reference=table[whole & ~now], seed=seed)
    threshold = math.sqrt(chi2_quantile(settings.mahalanobis_level, found.df))
    for place in np.flatnonzero(found.p_values < 1 - settings.mahalanobis_level).tolist():
        distance, row = float(found.distances[place]), int(rows[place])
        one = anomaly(
            "tokens",
            "mahalanobis",
            distance,
            math.sqrt(chi2_quantile(0.5, found.df)),
            distance,
            threshold,
            found.n,
            _at(tasks, row, newest),
            settings,
            newest.run_id,
        )
        yield replace(_of_task(one, tasks, row), metric=", ".join(columns))


def _independent(
    tasks: Columns, now: NDArray[np.bool_], settings: AnomalySettings
) -> dict[str, NDArray[np.float64]]:
    """Return logarithms of the metrics that vary and do not follow from each other."""
    import numpy as np  # noqa: PLC0415 - as above

    kept: dict[str, NDArray[np.float64]] = {}
    whole, metrics = ~now, tasks.metrics()
    for metric in TOGETHER:
        values = metrics[metric]
        column = np.log(np.where(values > 0, values, np.nan))
        rows = whole & np.isfinite(column)
        if rows.sum() < settings.min_tasks or not _varies(column[rows]):
            continue
        trial = np.column_stack([*kept.values(), column])[rows]
        if np.linalg.matrix_rank(trial - trial.mean(axis=0), tol=None) == len(kept) + 1:
            kept, whole = {**kept, metric: column}, rows
    return kept


def _varies(column: NDArray[np.float64]) -> bool:
    """Tell whether no value is that of most rows, which leaves the bulk without spread."""
    import numpy as np  # noqa: PLC0415 - as above

    most = int(np.unique(column, return_counts=True)[1].max())
    return 2 * most < column.size


def _at(tasks: Columns, row: int, newest: RunPoint) -> datetime:
    return tasks.at(row) or newest.started_at


def _of_task(one: Anomaly, tasks: Columns, row: int) -> Anomaly:
    """Return an anomaly as that of one task: grave ones are for runs, which tell more."""
    mild = {AnomalySeverity.LOW: AnomalySeverity.LOW}
    place = row if tasks.position is None else int(tasks.position[row])
    kind = AnomalyType.OUTLYING_TASK if one.method == "mahalanobis" else one.type
    return replace(
        one,
        type=kind,
        task_id=str(place),
        severity=mild.get(one.severity, AnomalySeverity.MEDIUM),
    )

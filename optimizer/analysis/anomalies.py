"""What is out of the ordinary in the newest run of a variant, held against its earlier runs only.

A run is held against earlier runs, a task of it against tasks of earlier runs: by the median
(MAD), the quartiles (IQR), the mean (z), and for latency, cost and tokens together by a robust
covariance. Of amounts the logarithms are looked at. Nothing is left out for being an outlier.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from optimizer.analysis.columns import AMOUNTS, Columns, columns
from optimizer.analysis.settings import AnomalySettings
from optimizer.models.drift import Anomaly, AnomalyReport, AnomalySeverity, AnomalyType

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from optimizer.models.requests import Requests
    from optimizer.models.summaries import RunPoint
    from optimizer.stats.spikes import Measure

TYPES = {
    "success": AnomalyType.QUALITY_DROP,
    "score": AnomalyType.QUALITY_DROP,
    "errors": AnomalyType.ERROR_RATE_INCREASE,
    "latency": AnomalyType.LATENCY_SPIKE,
    "cost": AnomalyType.COST_SPIKE,
    "throughput": AnomalyType.THROUGHPUT_DROP,
    "tokens": AnomalyType.OUTLYING_TASK,
    "value": AnomalyType.OUTLYING_TASK,
}
FALLS = frozenset({"success", "score", "throughput"})
"""Metrics of which only a fall is out of the ordinary; of the others only a rise."""

SHARES = frozenset({"success", "errors"})
MEASURES: tuple[Measure, ...] = ("mad", "iqr", "z")
TOGETHER = ("latency", "cost", "tokens")
FEWEST_COLUMNS = 2


def anomalies(
    workflow_id: str,
    variant_id: str,
    points: Sequence[RunPoint],
    trace: Requests | None,
    settings: AnomalySettings,
    *,
    seed: int,
    with_tasks: bool = True,
) -> AnomalyReport:
    """Return what is out of the ordinary in the newest run of a variant.

    Args:
        workflow_id: The workflow.
        variant_id: The variant.
        points: Runs of the workflow, oldest first; those of other variants are left out.
        trace: The newest tasks of the workflow, or None.
        settings: What is out.
        seed: Decides where the search for the robust covariance begins.
        with_tasks: Whether single tasks are looked at as well as the run.
    """
    own = [point for point in points if point.variant_id == variant_id and point.n]
    found: list[Anomaly] = []
    missing: list[str] = []
    n = 0
    if len(own) <= settings.min_runs:
        n_earlier = max(len(own) - 1, 0)
        missing.append(f"run: not enough data: {n_earlier} of {settings.min_runs} earlier runs")
    else:
        found += _of_run(own, settings)
        n += 1
    tasks = columns(trace, variant_id, own[-1].run_id) if own and with_tasks else None
    if with_tasks:
        n_earlier = 0 if tasks is None else int((tasks.segment != tasks.newest).sum())
        if tasks is None or n_earlier < settings.min_tasks:
            missing.append(
                f"tasks: not enough data: {n_earlier} of {settings.min_tasks} tasks of earlier runs"
            )
        else:
            found += _of_tasks(tasks, own[-1], settings, seed)
            n += int((tasks.segment == tasks.newest).sum())
    return AnomalyReport(
        workflow_id=workflow_id,
        variant_id=variant_id,
        anomalies=tuple(sorted(found, key=_gravest_first)),
        n_looked_at=n,
        not_looked_at=tuple(missing),
    )


def anomalies_of_series(
    values: Sequence[float], times: Sequence[datetime], settings: AnomalySettings, *, name: str
) -> AnomalyReport:
    """Return every value of a series that is out, up or down, held against those before it.

    Args:
        values: In order of time.
        times: When each was measured.
        settings: What is out.
        name: What the series is called.
    """
    import numpy as np  # noqa: PLC0415 - most workflows ran once

    array = np.asarray(values, dtype=np.float64)
    n = max(array.size - settings.min_tasks, 0)
    found = []
    if n:
        ratios, at = _ratios(_scaled(array, settings), settings)
        for place in np.flatnonzero(np.abs(ratios).max(axis=0) > 1).tolist():
            before = array[max(0, place - settings.history) : place]
            measure = MEASURES[int(np.abs(ratios[:, place]).argmax())]
            side = float(np.sign(ratios[:, place].sum()))
            if not _is_rare(side * float(array[place]), side * before, settings):
                continue
            found.append(
                _anomaly(
                    "value",
                    measure,
                    float(array[place]),
                    float(np.median(before)),
                    abs(float(at[measure][place])),
                    abs(float(at[measure][place] / ratios[MEASURES.index(measure), place])),
                    before.size,
                    times[place],
                    settings,
                )
            )
    missing = () if n else (f"not enough data: {array.size} of {settings.min_tasks + 1} values",)
    return AnomalyReport(
        workflow_id=name,
        variant_id="",
        anomalies=tuple(sorted(found, key=_gravest_first)),
        n_looked_at=n,
        not_looked_at=missing,
    )


def _scaled(values: NDArray[np.float64], settings: AnomalySettings) -> NDArray[np.float64]:
    """Return the logarithms where the first values are above 0 and their logarithms less skewed."""
    import numpy as np  # noqa: PLC0415 - as above

    if not (values > 0).all():
        return values
    first = values[: settings.history]
    logarithms = np.log(values)
    if _skewness(np.log(first)) < _skewness(first):
        return logarithms
    return values


def _skewness(values: NDArray[np.float64]) -> float:
    """Return Bowley's coefficient, its sign left out: 0 of symmetric quartiles, 1 at most."""
    import numpy as np  # noqa: PLC0415 - as above

    first, median, third = np.quantile(values, [0.25, 0.5, 0.75]).tolist()
    if third == first:
        return 0.0
    return abs((third + first - 2 * median) / (third - first))


def _ratios(
    values: NDArray[np.float64], settings: AnomalySettings
) -> tuple[NDArray[np.float64], dict[Measure, NDArray[np.float64]]]:
    """Return each distance over its threshold, a row per measure, and the distances."""
    import numpy as np  # noqa: PLC0415 - as above

    from optimizer.stats.spikes import history_distances  # noqa: PLC0415 - numpy

    window = max(settings.history, settings.min_tasks)
    at = {
        measure: history_distances(
            values, measure=measure, window=window, least=settings.min_tasks
        )
        for measure in MEASURES
    }
    n_before = np.minimum(np.arange(values.size), window)
    rows = []
    for measure in MEASURES:
        by_n = {
            n: _threshold(n, measure, settings)
            for n in set(n_before[settings.min_tasks :].tolist())
        }
        limits = np.array([by_n.get(n, math.inf) for n in n_before.tolist()])
        rows.append(np.nan_to_num(at[measure] / limits, nan=0.0))
    return np.array(rows), at


def _threshold(n: int, measure: Measure, settings: AnomalySettings) -> float:
    """Return from where on a value is out, whose history has n values."""
    from optimizer.stats.spikes import history_factor  # noqa: PLC0415 - numpy

    plain = {
        "mad": settings.mad_threshold,
        "iqr": settings.iqr_factor,
        "z": settings.z_threshold,
    }[measure]
    return plain * history_factor(n, measure=measure, threshold=plain)


def _of_run(own: Sequence[RunPoint], settings: AnomalySettings) -> Iterator[Anomaly]:
    """Yield what is out in the newest run as a whole."""
    import numpy as np  # noqa: PLC0415 - as above

    newest = own[-1]
    for metric, values in _run_metrics(own).items():
        now = values[-1]
        before = np.array([value for value in values[:-1] if value is not None])
        if now is None or before.size < settings.min_runs:
            continue
        least = _sampling_sd(metric, own, float(before.mean()))
        yield from _out(metric, now, before, least, newest.finished_at, newest.run_id, settings)


def _run_metrics(own: Sequence[RunPoint]) -> dict[str, list[float | None]]:
    return {
        "errors": [point.n_bad / point.n for point in own],
        "success": [point.n_succeeded / point.n for point in own],
        "score": [point.score_mean for point in own],
        "latency": [point.latency_mean_ms for point in own],
        "cost": [point.cost_mean_usd for point in own],
        "throughput": [
            point.n / seconds
            if (seconds := (point.finished_at - point.started_at).total_seconds()) > 0
            else None
            for point in own
        ],
    }


def _sampling_sd(metric: str, own: Sequence[RunPoint], mean: float) -> float:
    """Return by how much a share varies by chance alone, a pass and a failure added; else 0."""
    if metric not in SHARES:
        return 0.0
    n = sum(point.n for point in own[:-1])
    share = (mean * n + 1) / (n + 2)
    return math.sqrt(share * (1 - share) / own[-1].n)


def _out(  # noqa: PLR0913, PLR0917 - one value and its history
    metric: str,
    now: float,
    before: NDArray[np.float64],
    least_sd: float,
    at: datetime,
    run_id: str,
    settings: AnomalySettings,
) -> Iterator[Anomaly]:
    """Yield a value that is out on its bad side, by the measure that it is furthest out by."""
    import numpy as np  # noqa: PLC0415 - as above

    amount = metric in AMOUNTS | {"throughput"} and now > 0 and bool((before > 0).all())
    value, known = (math.log(now), np.log(before)) if amount else (now, before)
    worse = -1.0 if metric in FALLS else 1.0
    if not _is_rare(worse * value, worse * known, settings):
        return
    found = []
    for measure in MEASURES:
        distance = worse * _distance(value, known, measure, least_sd)
        threshold = _threshold(before.size, measure, settings)
        if distance > threshold:
            found.append((distance / threshold, measure, distance, threshold))
    if found:
        _, measure, distance, threshold = max(found)
        expected = float(np.median(before))
        yield _anomaly(
            metric, measure, now, expected, distance, threshold, before.size, at, settings, run_id
        )


def _is_rare(value: float, known: NDArray[np.float64], settings: AnomalySettings) -> bool:
    """Tell whether next to no earlier value is as high: whatever their shape, few values are."""
    return int((known >= value).sum()) <= settings.max_share * known.size


def _distance(
    value: float, known: NDArray[np.float64], measure: Measure, least_sd: float
) -> float:
    """Return how far a value lies from its history; 0 where that has no spread at all."""
    import numpy as np  # noqa: PLC0415 - as above

    from optimizer.stats.outliers import MAD_TO_SD  # noqa: PLC0415 - numpy

    if measure == "z":
        center, spread = float(known.mean()), float(known.std(ddof=1))
        gap = value - center
    elif measure == "mad":
        center = float(np.median(known))
        spread = float(np.median(np.abs(known - center))) / MAD_TO_SD
        gap = value - center
    else:
        first, third = np.quantile(known, [0.25, 0.75]).tolist()
        spread = third - first
        gap = max(value - third, 0.0) + min(value - first, 0.0)
        least_sd *= 2 * MAD_TO_SD
    spread = max(spread, least_sd)
    exact = spread <= np.finfo(np.float64).eps * float(np.abs(known).max())
    return 0.0 if exact else gap / spread


def _of_tasks(
    tasks: Columns, newest: RunPoint, settings: AnomalySettings, seed: int
) -> Iterator[Anomaly]:
    """Yield the tasks of the newest run that are out among the tasks of earlier runs."""
    import numpy as np  # noqa: PLC0415 - as above

    now = tasks.segment == tasks.newest
    known = {}
    for metric in TOGETHER:
        values = tasks.metrics[metric]
        known[metric] = ~np.isnan(values) & (values > 0)
        earlier = values[known[metric] & ~now]
        if earlier.size < settings.min_tasks:
            continue
        rows = np.flatnonzero(known[metric] & now)
        for row in _suspects(rows, values, earlier, settings):
            for one in _out(
                metric, float(values[row]), earlier, 0.0, _at(tasks, row, newest), newest.run_id,
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
        median + _threshold(logs.size, "mad", settings) * mad,
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

    table = _independent(tasks, now, settings)
    if table is None:
        return
    whole = np.isfinite(table).all(axis=1)
    rows = np.flatnonzero(whole & now)
    if not rows.size:
        return
    found = mcd_distances(table[rows], reference=table[whole & ~now], seed=seed)
    threshold = math.sqrt(chi2_quantile(settings.mahalanobis_level, found.df))
    for place in np.flatnonzero(found.p_values < 1 - settings.mahalanobis_level).tolist():
        distance, row = float(found.distances[place]), int(rows[place])
        one = _anomaly(
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
        yield _of_task(one, tasks, row)


def _independent(
    tasks: Columns, now: NDArray[np.bool_], settings: AnomalySettings
) -> NDArray[np.float64] | None:
    """Return logarithms of the columns that vary and do not follow from each other; None of one."""
    import numpy as np  # noqa: PLC0415 - as above

    kept: list[NDArray[np.float64]] = []
    whole = ~now
    for metric in TOGETHER:
        values = tasks.metrics[metric]
        column = np.log(np.where(values > 0, values, np.nan))
        rows = whole & np.isfinite(column)
        if rows.sum() < settings.min_tasks or not _varies(column[rows]):
            continue
        trial = np.column_stack([*kept, column])[rows]
        if np.linalg.matrix_rank(trial - trial.mean(axis=0), tol=None) == len(kept) + 1:
            kept, whole = [*kept, column], rows
    return np.column_stack(kept) if len(kept) >= FEWEST_COLUMNS else None


def _varies(column: NDArray[np.float64]) -> bool:
    """Tell whether no value is that of most rows, which leaves the bulk without spread."""
    import numpy as np  # noqa: PLC0415 - as above

    most = int(np.unique(column, return_counts=True)[1].max())
    return 2 * most < column.size


def _at(tasks: Columns, row: int, newest: RunPoint) -> datetime:
    return tasks.at(row) or newest.started_at


def _of_task(one: Anomaly, tasks: Columns, row: int) -> Anomaly:
    """Return an anomaly as that of one task: grave ones are for runs, which tell more."""
    from dataclasses import replace  # noqa: PLC0415 - few need it

    mild = {AnomalySeverity.LOW: AnomalySeverity.LOW}
    place = row if tasks.position is None else int(tasks.position[row])
    kind = AnomalyType.OUTLYING_TASK if one.method == "mahalanobis" else one.type
    return replace(
        one,
        type=kind,
        metric="latency, cost, tokens" if one.method == "mahalanobis" else one.metric,
        task_id=str(place),
        severity=mild.get(one.severity, AnomalySeverity.MEDIUM),
    )


def _anomaly(  # noqa: PLR0913, PLR0917 - the fields of a record
    metric: str,
    method: str,
    value: float,
    expected: float,
    distance: float,
    threshold: float,
    n: int,
    at: datetime,
    settings: AnomalySettings,
    run_id: str | None = None,
) -> Anomaly:
    return Anomaly(
        type=TYPES[metric],
        severity=_severity(distance / threshold, settings),
        metric=metric,
        method=method,
        value=value,
        expected=expected,
        distance=distance,
        threshold=threshold,
        n_reference=n,
        at=at,
        run_id=run_id,
        task_id=None,
    )


def _severity(ratio: float, settings: AnomalySettings) -> AnomalySeverity:
    if ratio >= settings.critical_from:
        return AnomalySeverity.CRITICAL
    if ratio >= settings.high_from:
        return AnomalySeverity.HIGH
    return AnomalySeverity.MEDIUM if ratio >= settings.medium_from else AnomalySeverity.LOW


def _gravest_first(one: Anomaly) -> tuple[int, bool, float, str, str]:
    rank = list(AnomalySeverity).index(one.severity)
    return (-rank, one.task_id is not None, -one.distance / one.threshold, one.metric, str(one.at))

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

from optimizer.analysis.columns import columns
from optimizer.analysis.outlying_tasks import outlying_tasks
from optimizer.analysis.settings import AnomalySettings
from optimizer.analysis.standing import MEASURES, anomaly, is_rare, limit_of, out
from optimizer.models.drift import Anomaly, AnomalyReport, AnomalySeverity

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from optimizer.models.requests import Requests
    from optimizer.models.summaries import RunPoint
    from optimizer.stats.spikes import Measure

SHARES = frozenset({"success", "errors"})


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
            found += outlying_tasks(tasks, own[-1], settings, seed)
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
            remembered = array[max(0, place - settings.memory) : place]
            if not is_rare(side * float(array[place]), side * remembered, settings):
                continue
            found.append(
                anomaly(
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
    return float(abs((third + first - 2 * median) / (third - first)))


def _ratios(
    values: NDArray[np.float64], settings: AnomalySettings
) -> tuple[NDArray[np.float64], dict[Measure, NDArray[np.float64]]]:
    """Return each distance over its threshold, a row per measure, and the distances."""
    import numpy as np  # noqa: PLC0415 - as above

    from optimizer.stats.spikes import history_distances  # noqa: PLC0415 - numpy

    window = max(settings.history, settings.min_tasks)
    at = {
        measure: history_distances(values, measure=measure, window=window, least=settings.min_tasks)
        for measure in MEASURES
    }
    n_before = np.minimum(np.arange(values.size), window)
    rows = []
    for measure in MEASURES:
        by_n = {
            n: limit_of(n, measure, settings) for n in set(n_before[settings.min_tasks :].tolist())
        }
        limits = np.array([by_n.get(n, math.inf) for n in n_before.tolist()])
        rows.append(np.nan_to_num(at[measure] / limits, nan=0.0))
    return np.array(rows), at


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
        yield from out(metric, now, before, least, newest.finished_at, newest.run_id, settings)


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


def _gravest_first(one: Anomaly) -> tuple[int, bool, float, str, str]:
    rank = list(AnomalySeverity).index(one.severity)
    return (-rank, one.task_id is not None, -one.distance / one.threshold, one.metric, str(one.at))

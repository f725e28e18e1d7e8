"""Where a value stands among those before it: the measures, their thresholds, the severity."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING

from optimizer.analysis.columns import AMOUNTS
from optimizer.analysis.settings import AnomalySettings
from optimizer.models.drift import Anomaly, AnomalySeverity, AnomalyType

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

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

MEASURES: tuple[Measure, ...] = ("mad", "iqr", "z")


def out(  # noqa: PLR0917 - one value and its history
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
    if not is_rare(worse * value, worse * known, settings):
        return
    found = []
    for measure in MEASURES:
        distance = worse * _distance(value, known, measure, least_sd)
        threshold = limit_of(before.size, measure, settings)
        if distance > threshold:
            found.append((distance / threshold, measure, distance, threshold))
    if found:
        _, measure, distance, threshold = max(found)
        expected = float(np.median(before))
        yield anomaly(
            metric, measure, now, expected, distance, threshold, before.size, at, settings, run_id
        )


def limit_of(n: int, measure: Measure, settings: AnomalySettings) -> float:
    """Return from where on a value is out, whose history has n values."""
    from optimizer.stats.spikes import history_factor  # noqa: PLC0415 - numpy

    plain = {
        "mad": settings.mad_threshold,
        "iqr": settings.iqr_factor,
        "z": settings.z_threshold,
    }[measure]
    return plain * history_factor(n, measure=measure, threshold=plain)


def is_rare(value: float, known: NDArray[np.float64], settings: AnomalySettings) -> bool:
    """Tell whether next to no earlier value is as high: whatever their shape, few values are."""
    return int((known >= value).sum()) <= settings.max_share * known.size


def _distance(value: float, known: NDArray[np.float64], measure: Measure, least_sd: float) -> float:
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


def anomaly(  # noqa: PLR0917 - the fields of a record
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
    """Return the record of one value that is out, its severity told by how far out it is."""
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

"""What moved and what stands out, as rows."""

from __future__ import annotations

from optimizer.models.data_tables import DataColumn, DataTable, flag, number, text, time, whole
from optimizer.models.drift import AnomalyReport, DriftReport
from optimizer.models.series import Aggregate, Series, SeriesMetric, SeriesWindow

UNITS = {
    SeriesMetric.SUCCESS: "rate",
    SeriesMetric.SCORE: "score",
    SeriesMetric.LATENCY: "ms",
    SeriesMetric.COST: "usd",
    SeriesMetric.TOKENS: "tokens",
}
"""The unit of a metric's values."""

LOOK: tuple[DataColumn, ...] = (
    text("metric"),
    text("method"),
    flag("is_drifting"),
    number("statistic"),
    number("threshold"),
    number("p_value"),
    number("before"),
    number("after"),
    whole("n_before"),
    whole("n_after"),
    time("changed_at"),
)
ANOMALY: tuple[DataColumn, ...] = (
    text("type"),
    text("severity"),
    text("metric"),
    text("method"),
    number("value"),
    number("expected"),
    number("distance"),
    number("threshold"),
    whole("n_reference"),
    time("at"),
    text("run_id"),
    text("task_id"),
)


def drift_tables(found: DriftReport) -> tuple[DataTable, ...]:
    """Return every look at a metric."""
    return (DataTable("looks", LOOK, found.findings),)


def anomaly_tables(found: AnomalyReport) -> tuple[DataTable, ...]:
    """Return what stands out, the gravest first."""
    return (DataTable("anomalies", ANOMALY, found.anomalies),)


def window_tables(found: Series) -> tuple[DataTable, ...]:
    """Return the windows of a series, oldest first."""
    columns = (
        time("starts_at"),
        time("ends_at"),
        text("metric", lambda _: found.metric),
        text("unit", lambda _: UNITS[found.metric]),
        text("variant", lambda _: found.variant),
        whole("n_tasks"),
        whole("n"),
        *(_aggregate(one) for one in Aggregate),
        flag("is_filled", "filled"),
        flag("is_open", "open"),
    )
    return (DataTable("windows", columns, found.windows),)


def _aggregate(aggregate: Aggregate) -> DataColumn:
    def value(window: SeriesWindow) -> float | None:
        return window.values.get(aggregate.value)

    return number(aggregate.value, value)

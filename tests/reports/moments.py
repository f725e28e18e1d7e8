"""A metric over time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from optimizer.models.series import (
    Aggregate,
    Fill,
    Series,
    SeriesMetric,
    SeriesWindow,
    Windowing,
)
from reports.gallery.windows import windows

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
HOURLY = Windowing(size_s=3600, slide_s=3600)


def window(hour: int, n: int, *values: float | None, **more: Any) -> SeriesWindow:
    facts: dict[str, Any] = {
        "starts_at": NOON + hour * HOUR,
        "ends_at": NOON + (hour + 1) * HOUR,
        "n_tasks": n,
        "n": n,
        "values": dict(zip(("avg", "p95", "stddev"), values, strict=False)),
        "filled": False,
        "open": False,
    }
    return SeriesWindow(**(facts | more))


def series(*found: SeriesWindow, **more: Any) -> Series:
    facts: dict[str, Any] = {
        "workflow_id": "support",
        "variant": None,
        "metric": SeriesMetric.LATENCY,
        "aggregates": (Aggregate.AVG, Aggregate.P95),
        "windowing": HOURLY,
        "fill": Fill.NONE,
        "watermark_at": NOON + 4 * HOUR,
        "windows": found,
    }
    return Series(**(facts | more))


ALL = partial(windows, limit=50)
CASES = {
    "windows": (
        ALL,
        (
            series(
                window(0, 118, 231.4, 301.1),
                window(1, 0, 239.0, 320.4, filled=True),
                window(2, 121, 246.6, 339.8),
                window(3, 0, None, None, n_tasks=7),
                window(4, 12, 512.0, 1290.0, open=True),
                fill=Fill.LINEAR,
            ),
        ),
    ),
    "windows-empty": (ALL, (series(watermark_at=None),)),
    "windows-sessions": (
        partial(windows, limit=2),
        (
            series(
                window(0, 3, 1.0, None, 0.0),
                window(1, 30, 0.9, None, 0.305, ends_at=NOON + HOUR + timedelta(seconds=71)),
                window(2, 1, 0.0, None, None, open=True),
                metric=SeriesMetric.SUCCESS,
                variant="few_shot",
                aggregates=(Aggregate.AVG, Aggregate.STDDEV),
                windowing=Windowing(gap_s=600),
            ),
        ),
    ),
    "windows-unmeasured": (
        ALL,
        (series(window(0, 0, None, None, n_tasks=7), metric=SeriesMetric.COST),),
    ),
}

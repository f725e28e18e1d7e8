"""A metric over time: windows from the history, holes filled as asked, open windows named.

Windows are asked for anew each time, so that a task that comes late is in its window from then on.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from optimizer.history import queries
from optimizer.history.store import History
from optimizer.models.errors import ConfigError
from optimizer.models.series import (
    Aggregate,
    Fill,
    Series,
    SeriesMetric,
    SeriesWindow,
    Windowing,
    WindowRow,
)

MOST_WINDOWS = 100_000
"""Windows of one series; more are refused rather than waited for."""

MOST_OVERLAP = 1000
"""Windows that one moment may be in."""

US_PER_S = 1_000_000


def series(
    history: History,
    workflow_id: str,
    metric: SeriesMetric,
    windowing: Windowing,
    *,
    aggregates: Sequence[Aggregate],
    variant: str | None = None,
    fill: Fill = Fill.NONE,
) -> Series:
    """Return a metric of a workflow over time.

    Args:
        history: An open history.
        workflow_id: The workflow.
        metric: What is looked at.
        windowing: How time is cut.
        aggregates: What is said of each window.
        variant: Label or id of the only variant that is wanted; None: all.
        fill: What stands for windows in which nothing was measured.

    Raises:
        ConfigError: Time cannot be cut so, or into too many windows.
    """
    _check(windowing, fill)
    rows = _rows(history, workflow_id, metric, windowing, variant)
    last_at = max((row.last_at for row in rows), default=None)
    watermark_at = last_at and last_at - timedelta(seconds=windowing.lateness_s)
    windows = [_window(row, aggregates, windowing, watermark_at) for row in rows]
    if fill is not Fill.NONE:
        windows = _filled(_without_holes(windows, windowing, aggregates), aggregates, fill)
    return Series(
        workflow_id=workflow_id,
        variant=variant,
        metric=metric,
        aggregates=tuple(aggregates),
        windowing=windowing,
        fill=fill,
        watermark_at=watermark_at,
        windows=tuple(windows),
    )


def _check(windowing: Windowing, fill: Fill) -> None:
    """Refuse ways to cut time that are none.

    Raises:
        ConfigError: This is one.
    """
    size, slide = windowing.size_s, windowing.slide_s
    if windowing.gap_s is not None:
        if fill is not Fill.NONE:
            raise ConfigError(f"fill {fill}: sessions have no holes, expected none")
        return
    if size is None or slide is None:
        raise ConfigError("windows: no length is given, expected one, or the gap between sessions")
    if slide > size:
        raise ConfigError(f"slide: {slide:g} s, must not be longer than the window of {size:g} s")
    if size / slide > MOST_OVERLAP:
        raise ConfigError(
            f"slide: {slide:g} s, must be at least {size / MOST_OVERLAP:g} s "
            f"for windows of {size:g} s"
        )


def _rows(
    history: History,
    workflow_id: str,
    metric: SeriesMetric,
    windowing: Windowing,
    variant: str | None,
) -> list[WindowRow]:
    if windowing.gap_s is not None:
        gap_us = _us(windowing.gap_s)
        return queries.session_series(
            history, workflow_id, variant=variant, metric=str(metric), gap_us=gap_us
        )
    return queries.window_series(
        history,
        workflow_id,
        variant=variant,
        metric=str(metric),
        size_us=_us(windowing.size_s),
        slide_us=_us(windowing.slide_s),
    )


def _us(seconds: float | None) -> int:
    return round((seconds or 0.0) * US_PER_S)


def _window(
    row: WindowRow,
    aggregates: Sequence[Aggregate],
    windowing: Windowing,
    watermark_at: datetime | None,
) -> SeriesWindow:
    closes_at = row.ends_at + timedelta(seconds=windowing.gap_s or 0.0)
    return SeriesWindow(
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        n_tasks=row.n_tasks,
        n=row.n,
        values={str(aggregate): _value(row, aggregate) for aggregate in aggregates},
        filled=False,
        open=watermark_at is None or closes_at > watermark_at,
    )


def _value(row: WindowRow, aggregate: Aggregate) -> float | None:
    if aggregate is Aggregate.COUNT:
        return float(row.n)
    if aggregate is Aggregate.SUM:
        return row.total
    value: float | None = getattr(row, aggregate)
    return value


def _without_holes(
    windows: Sequence[SeriesWindow], windowing: Windowing, aggregates: Sequence[Aggregate]
) -> list[SeriesWindow]:
    """Return the windows with those between them that have no task.

    Raises:
        ConfigError: They would be too many.
    """
    if not windows:
        return []
    step = timedelta(microseconds=_us(windowing.slide_s))
    first, last = windows[0].starts_at, windows[-1].starts_at
    n = (last - first) // step + 1
    if n > MOST_WINDOWS:
        raise ConfigError(
            f"windows: {n:,} from {first:%Y-%m-%d} to {last:%Y-%m-%d}, "
            f"expected at most {MOST_WINDOWS:,}",
            hint="Choose longer windows, or leave holes with --fill none.",
        )
    known = {window.starts_at: window for window in windows}
    hole = replace(
        windows[0],
        n_tasks=0,
        n=0,
        values={str(aggregate): None for aggregate in aggregates},
        open=False,
    )
    size = windows[0].ends_at - windows[0].starts_at
    starts = (first + i * step for i in range(n))
    return [
        known.get(start) or replace(hole, starts_at=start, ends_at=start + size) for start in starts
    ]


def _filled(
    windows: Sequence[SeriesWindow], aggregates: Sequence[Aggregate], fill: Fill
) -> list[SeriesWindow]:
    """Return the windows, those in which nothing was measured with values made up as asked."""
    columns = {
        str(aggregate): list(
            _made_up([w.values[aggregate] if w.n else None for w in windows], fill)
        )
        for aggregate in aggregates
    }
    return [
        window if window.n else _with(window, {name: column[i] for name, column in columns.items()})
        for i, window in enumerate(windows)
    ]


def _with(window: SeriesWindow, values: Mapping[str, float | None]) -> SeriesWindow:
    """Return a window with values that were not measured, as far as there are any."""
    is_filled = any(value is not None for value in values.values())
    return replace(window, values=values, filled=is_filled)


def _made_up(values: Sequence[float | None], fill: Fill) -> Iterator[float | None]:
    """Yield for each place what stands there, or what is made up where nothing does."""
    known = [place for place, value in enumerate(values) if value is not None]
    before: int | None = None
    waiting = iter(known)
    after = next(waiting, None)
    for place, value in enumerate(values):
        if place == after:
            before, after = place, next(waiting, None)
        if value is not None or fill is Fill.ZERO:
            yield value or 0.0
        elif fill is Fill.PREVIOUS:
            yield None if before is None else values[before]
        else:
            yield _between(values, before, place, after)


def _between(
    values: Sequence[float | None], before: int | None, place: int, after: int | None
) -> float | None:
    """Return what lies on the straight line at a place; None where it has no two ends."""
    if before is None or after is None:
        return None
    low, high = values[before], values[after]
    if low is None or high is None:
        return None
    return low + (high - low) * (place - before) / (after - before)

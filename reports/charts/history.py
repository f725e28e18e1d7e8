"""Values over time: a line for each series, a bar for each interval, a rule for each event."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

from optimizer.models.rules import Unit
from reports.charts.bars import sparkline
from reports.charts.base import (
    SHAPES,
    WIDTH,
    Palette,
    Spec,
    axis_numbers,
    drawable,
    hover,
    known,
    labels_of,
    layer,
    told,
    width_of,
)
from reports.charts.events import event_layers, n_unwritten
from reports.document import Table, left, right
from reports.drawings import History, Point, Series
from reports.formatting import count, plural
from reports.text import line

HEIGHT = 190
AXIS_ROOM = 60
"""Pixels left of the area, for the numbers of the axis."""

MOST_SERIES = 8
"""Series that are drawn; of more, the first, and the rest is said."""

MOST_MARKS = 400
"""Points that are drawn in all; of more, neighbours are drawn as one."""

MANY_POINTS = 60
"""Positions from which on marks are smaller."""

APART = 0.09
"""Distance of two series at one position, where there is room."""

DASHES = ([1, 0], [6, 3], [2, 2])
SPARK_CHARS = 30
"""Points of a row of characters; of more, the last are shown."""

CLOSE = 0.5
"""An axis of values whose lowest is beyond that share of the highest does not begin at 0."""


def history_spec(chart: History, palette: Palette) -> Spec:
    """Return the specification of a chart of values over time."""
    shown = [_thinned(series, _step(chart), chart.per) for series in chart.series[:MOST_SERIES]]
    labels = labels_of(series.label for series in shown)
    points = [
        {
            "series": label,
            "position": point.position + apart,
            "value": point.value,
            "low": drawable(point.low),
            "high": drawable(point.high),
            "text": hover(f"{series.label}: {point.text}"),
        }
        for series, label, apart in zip(shown, labels, _apart(chart), strict=True)
        for point in series.points
        if known(point.value)
    ]
    return {
        "width": WIDTH - AXIS_ROOM,
        "height": HEIGHT,
        "layer": _layers(chart, points, labels, palette),
    }


def history_table(chart: History) -> Table:
    """Return a chart of values over time as a table with a row of bars for each series."""
    base_value, top_value = _ends(chart)
    ends = f"{told(chart.unit, base_value) if base_value else '0'} to {told(chart.unit, top_value)}"
    caption = (f"{chart.first} to {chart.last}; bars from {ends}", *_happened(chart))
    return Table(
        columns=(
            left(chart.of),
            left(chart.title),
            right("first"),
            right("last"),
            right(f"{chart.per}s"),
        ),
        rows=tuple(_row(chart, one) for one in chart.series[:MOST_SERIES] if one.points),
        caption="; ".join(filter(None, (*caption, _left_out(chart)))),
        empty="Nothing to draw.",
    )


def history_note(chart: History) -> str:
    """Say what is not drawn one by one."""
    step = _step(chart)
    merged = f"each mark is the mean of up to {plural(step, chart.per)}, its bar their range"
    unwritten = n_unwritten(chart.events, _domain(chart), WIDTH - AXIS_ROOM)
    events = f"{plural(unwritten, 'event')} of {count(len(chart.events))} not named here"
    parts = (merged if step > 1 else "", _left_out(chart), events if unwritten else "")
    return "; ".join(filter(None, parts))


def _layers(
    chart: History, points: list[Spec], labels: Sequence[str], palette: Palette
) -> list[Spec]:
    domain, (base_value, top_value) = _domain(chart), _ends(chart)
    x: Spec = {
        "type": "quantitative",
        "scale": {"domain": domain, "nice": False},
        "axis": {"labels": False, "ticks": False, "grid": False, "title": None},
    }
    y: Spec = {
        "type": "quantitative",
        "scale": {"domain": [base_value, top_value], "zero": False},
        "axis": {
            "tickCount": 4,
            "title": None,
            "minExtent": AXIS_ROOM - 12,
            **axis_numbers(chart.unit, top_value),
        },
    }
    color, shape, dash = _told_apart(labels, palette)
    position = {"field": "position", **x}
    is_dense = domain[1] > MANY_POINTS
    values: dict[str, Any] = {"x": position, "y": {"field": "value", **y}, "color": color}
    bounded = [row for row in points if row["low"] is not None and row["high"] is not None]
    bars = layer(
        {"type": "rule", "opacity": 0.3 if is_dense else 0.55},
        bounded,
        x=position,
        y={"field": "low", **y},
        y2={"field": "high"},
        color=color,
    )
    lines = layer({"type": "line", "strokeWidth": 1.5}, points, **values, strokeDash=dash)
    marks = layer(
        {"type": "point", "filled": True, "size": 22 if is_dense else 45, "opacity": 1},
        points,
        is_told=True,
        **values,
        shape=shape,
    )
    return [
        *event_layers(chart.events, domain, WIDTH - AXIS_ROOM, HEIGHT, palette),
        bars,
        *([lines] if chart.is_joined else []),
        marks,
        *_time_labels(chart, palette),
    ]


def _told_apart(labels: Sequence[str], palette: Palette) -> tuple[Spec, Spec, Spec]:
    """Return colour, shape and dashes of series; no two have all the same."""
    n_colors = len(palette.series)
    colors = [palette.series[i % n_colors] for i in range(len(labels))]
    shapes = [SHAPES[(i + i // n_colors) % len(SHAPES)] for i in range(len(labels))]
    dashes = [DASHES[i // n_colors % len(DASHES)] for i in range(len(labels))]
    columns = max(1, int(WIDTH // (width_of(labels) + 40)))
    legend = {
        "title": None,
        "orient": "bottom",
        "columns": columns,
        "labelLimit": WIDTH // 2,
        "offset": 26,
    }
    field: Spec = {"field": "series", "type": "nominal", "legend": legend}
    return (
        {**field, "scale": {"domain": list(labels), "range": colors}},
        {**field, "scale": {"domain": list(labels), "range": shapes}},
        {**field, "scale": {"domain": list(labels), "range": dashes}, "legend": None},
    )


def _apart(chart: History) -> list[float]:
    """Return how far the marks of each series stand aside, so that intervals can be told apart."""
    n = len(chart.series[:MOST_SERIES])
    is_dense = _domain(chart)[1] > MANY_POINTS / n if n else True
    return [0.0 if is_dense else APART * (i - (n - 1) / 2) for i in range(n)]


def _time_labels(chart: History, palette: Palette) -> list[Spec]:
    """Write the first and the last position below the ends of the axis."""
    ends = [("left", 0, chart.first)]
    if _domain(chart)[1] > 1:
        ends.append(("right", WIDTH - AXIS_ROOM, chart.last))
    return [
        layer(
            {"type": "text", "align": align, "baseline": "top", "color": palette.soft},
            [{"label": line(text)}],
            x={"value": place},
            y={"value": HEIGHT + 7},
            text={"field": "label", "type": "nominal"},
        )
        for align, place, text in ends
    ]


def _thinned(series: Series, step: int, noun: str) -> Series:
    """Return a series whose neighbours are drawn as one, where there are too many to tell."""
    if step == 1:
        return series
    buckets: dict[int, list[Point]] = {}
    for point in series.points:
        if known(point.value):
            buckets.setdefault(int(point.position // step), []).append(point)
    return Series(series.label, tuple(_merged(points, noun) for points in buckets.values()))


def _merged(points: Sequence[Point], noun: str) -> Point:
    if len(points) == 1:
        return points[0]
    values = [point.value for point in points if point.value is not None]
    return Point(
        position=sum(point.position for point in points) / len(points),
        value=sum(value / len(values) for value in values),
        text=f"mean of {plural(len(points), noun)}: {points[0].text} to {points[-1].text}",
        low=min(values),
        high=max(values),
    )


def _step(chart: History) -> int:
    """Return how many positions are drawn as one."""
    shown = chart.series[:MOST_SERIES]
    n = sum(len(series.points) for series in shown)
    if n <= MOST_MARKS:
        return 1
    return math.ceil((_domain(chart)[1] + 0.5) * len(shown) / MOST_MARKS)


def _domain(chart: History) -> tuple[float, float]:
    last = max((p.position for series in chart.series for p in series.points), default=0)
    return -0.5, last + 0.5


def _ends(chart: History) -> tuple[float, float]:
    """Return from where to where the axis of values goes."""
    if chart.unit is Unit.RATE:
        return 0.0, 1.0
    numbers = list(_numbers(chart.series))
    low, high = min(numbers, default=0.0), max(numbers, default=0.0)
    if low < 0:
        return low, max(high, 0.0)
    if CLOSE * high < low < high:
        return low - (high - low) / 4, high
    return 0.0, high or 1.0


def _numbers(several: Iterable[Series]) -> Iterable[float]:
    for series in several:
        for point in series.points:
            yield from filter(known, (point.value, point.low, point.high))


def _row(chart: History, series: Series) -> tuple[str, ...]:
    base_value, top_value = _ends(chart)
    values = [point.value for point in series.points]
    return (
        series.label,
        sparkline(values[-SPARK_CHARS:], top_value, base_value),
        told(chart.unit, values[0] if values else None),
        told(chart.unit, values[-1] if values else None),
        count(len(values)),
    )


def _happened(chart: History) -> tuple[str, ...]:
    """Say the last events, where there are any."""
    shown = chart.events[-MOST_SERIES:]
    more = len(chart.events) - len(shown)
    earlier = f"{plural(more, 'earlier event')} not listed" if more else ""
    return (*(event.text for event in shown), earlier)


def _left_out(chart: History) -> str:
    n = len(chart.series)
    return f"{count(MOST_SERIES)} of {count(n)} {chart.of}s shown" if n > MOST_SERIES else ""

"""Values over time: a line for each series, a bar for each interval, a rule for each event."""

from __future__ import annotations

from json import dumps

from optimizer.models.rules import Unit
from reports.charts.bars import sparkline
from reports.charts.base import FORMATS, SHAPES, WIDTH, Palette, Spec, known
from reports.document import Table, left, right
from reports.drawings import History, Series
from reports.formatting import UNKNOWN, count, value
from reports.text import line

HEIGHT = 180
SPARK_CHARS = 30
"""Points of a row of characters; of more, the last are shown."""


def history_spec(chart: History, palette: Palette) -> Spec:
    """Return the specification of a chart of values over time."""
    points = [
        {
            "series": line(series.label),
            "position": point.position,
            "value": point.value,
            "low": point.low if known(point.low) else None,
            "high": point.high if known(point.high) else None,
            "text": line(point.text),
        }
        for series in chart.series
        for point in series.points
        if known(point.value)
    ]
    return {
        "width": WIDTH,
        "height": HEIGHT,
        "data": {"values": points},
        "layer": _layers(chart, palette),
    }


def history_table(chart: History) -> Table:
    """Return a chart of values over time as a table with a row of bars for each series."""
    top_value = _top(chart)
    return Table(
        columns=(left("variant"), left(chart.title), right("first"), right("last"), right("runs")),
        rows=tuple(_row(chart.unit, series, top_value) for series in chart.series),
        caption=f"{chart.first} to {chart.last}; bars from 0 to {value(chart.unit, top_value)}",
        empty="Nothing to draw.",
    )


def _layers(chart: History, palette: Palette) -> list[Spec]:
    last = max((p.position for series in chart.series for p in series.points), default=0)
    x = {
        "field": "position",
        "type": "quantitative",
        "scale": {"domain": [-0.5, last + 0.5], "nice": False},
        "axis": {
            "values": [0, last] if last else [0],
            "labelExpr": f"datum.value == 0 ? {dumps(chart.first)} : {dumps(chart.last)}",
            "labelAlign": "center",
            "grid": False,
            "title": None,
        },
    }
    y = {
        "type": "quantitative",
        "scale": {"domain": [0, _top(chart)]},
        "axis": {"format": FORMATS[chart.unit], "tickCount": 4, "title": None},
    }
    labels = [line(series.label) for series in chart.series]
    colors = [palette.series[i % len(palette.series)] for i in range(len(labels))]
    shapes = [SHAPES[i % len(SHAPES)] for i in range(len(labels))]
    told = {"field": "series", "type": "nominal", "legend": {"title": None, "orient": "bottom"}}
    color = {**told, "scale": {"domain": labels, "range": colors}}
    shape = {**told, "scale": {"domain": labels, "range": shapes}}
    return [
        {
            "mark": {"type": "rule", "opacity": 0.6},
            "encoding": {
                "x": x,
                "y": {"field": "low", **y},
                "y2": {"field": "high"},
                "color": color,
            },
        },
        {
            "mark": {"type": "line", "strokeWidth": 1.5},
            "encoding": {"x": x, "y": {"field": "value", **y}, "color": color},
        },
        {
            "mark": {"type": "point", "filled": True, "size": 45, "opacity": 1},
            "encoding": {
                "x": x,
                "y": {"field": "value", **y},
                "color": color,
                "shape": shape,
                "description": {"field": "text"},
            },
        },
    ]


def _row(unit: Unit, series: Series, top_value: float) -> tuple[str, ...]:
    values = [point.value for point in series.points]
    return (
        series.label,
        sparkline(values[-SPARK_CHARS:], top_value),
        value(unit, values[0]) if values else UNKNOWN,
        value(unit, values[-1]) if values else UNKNOWN,
        count(len(values)),
    )


def _top(chart: History) -> float:
    if chart.unit is Unit.RATE:
        return 1.0
    numbers = [
        number
        for series in chart.series
        for point in series.points
        for number in (point.value, point.high)
        if known(number)
    ]
    return max(numbers, default=0.0) or 1.0

"""Where the marks of a chart go: on a drawing, or in a row of characters."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeGuard

from optimizer.models.rules import Unit
from reports.document import Chart, Point, Series, Table, left, right
from reports.formatting import UNKNOWN, count, value

BARS = "▁▂▃▄▅▆▇█"
SPARK_CHARS = 30
"""Points of a row of characters; of more, the last are shown."""

WIDTH, HEIGHT = 640.0, 220.0
LEFT, RIGHT, TOP, BOTTOM = 66.0, 12.0, 12.0, 26.0
GRID_LINES = 4
MARKS = ("circle", "square", "diamond", "triangle")


@dataclass(frozen=True, slots=True)
class Mark:
    """One point on the drawing; the bar is its interval, from `y_low` up to `y_high`."""

    x: float
    y: float
    y_low: float | None
    y_high: float | None
    text: str


@dataclass(frozen=True, slots=True)
class Line:
    """One series on the drawing."""

    label: str
    mark: str
    style: int
    path: str
    marks: tuple[Mark, ...]


@dataclass(frozen=True, slots=True)
class Tick:
    """A horizontal line of the grid and its label."""

    y: float
    label: str


@dataclass(frozen=True, slots=True)
class Plot:
    """A chart with every coordinate known."""

    width: float
    height: float
    left: float
    right: float
    bottom: float
    ticks: tuple[Tick, ...]
    lines: tuple[Line, ...]


def plot(chart: Chart) -> Plot:
    """Place the marks of a chart on a drawing."""
    top_value = _top(chart)
    last = max((p.position for series in chart.series for p in series.points), default=0)
    steps = [top_value * i / GRID_LINES for i in range(GRID_LINES + 1)]
    return Plot(
        width=WIDTH,
        height=HEIGHT,
        left=LEFT,
        right=WIDTH - RIGHT,
        bottom=HEIGHT - BOTTOM,
        ticks=tuple(Tick(_y(step, top_value), value(chart.unit, step)) for step in steps),
        lines=tuple(_line(i, one, last, top_value) for i, one in enumerate(chart.series)),
    )


def sparkline(values: Sequence[float | None], top_value: float) -> str:
    """Draw values as a row of bars from 0 to a top; an unknown value is a space."""
    highest = len(BARS) - 1
    return "".join(
        BARS[min(highest, max(0, round(highest * number / top_value)))] if known(number) else " "
        for number in values
    )


def chart_table(chart: Chart) -> Table:
    """Lay out a chart as a table with a row of bars for each series."""
    top_value = _top(chart)
    return Table(
        columns=(left("variant"), left(chart.title), right("first"), right("last"), right("runs")),
        rows=tuple(_row(chart.unit, series, top_value) for series in chart.series),
        caption=f"{chart.first} to {chart.last}; bars from 0 to {value(chart.unit, top_value)}",
        empty="Nothing to draw.",
    )


def known(number: float | None) -> TypeGuard[float]:
    """Tell whether a number can be drawn."""
    return number is not None and math.isfinite(number)


def _row(unit: Unit, series: Series, top_value: float) -> tuple[str, ...]:
    values = [point.value for point in series.points]
    return (
        series.label,
        sparkline(values[-SPARK_CHARS:], top_value),
        value(unit, values[0]) if values else UNKNOWN,
        value(unit, values[-1]) if values else UNKNOWN,
        count(len(values)),
    )


def _top(chart: Chart) -> float:
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


def _line(index: int, series: Series, last: int, top_value: float) -> Line:
    marks = tuple(_mark(point, last, top_value) for point in series.points if known(point.value))
    path = " ".join(f"{mark.x:.1f},{mark.y:.1f}" for mark in marks)
    return Line(series.label, MARKS[index % len(MARKS)], index % len(MARKS), path, marks)


def _mark(point: Point, last: int, top_value: float) -> Mark:
    span = WIDTH - LEFT - RIGHT
    share = (point.position + 0.5) / (last + 1)
    bar = known(point.low) and known(point.high)
    return Mark(
        x=LEFT + span * share,
        y=_y(point.value or 0.0, top_value),
        y_low=_y(point.low or 0.0, top_value) if bar else None,
        y_high=_y(point.high or 0.0, top_value) if bar else None,
        text=point.text,
    )


def _y(number: float, top_value: float) -> float:
    share = min(1.0, max(0.0, number / top_value))
    return TOP + (HEIGHT - TOP - BOTTOM) * (1.0 - share)

"""Effects with their intervals and margins, one a line."""

from __future__ import annotations

from collections.abc import Sequence

from reports.charts.base import WIDTH, Palette, Spec, known
from reports.document import Cell, Table, left, right
from reports.drawings import Forest, Interval
from reports.text import line

STEP = 26
"""Height of a line, in pixels."""


def forest_spec(chart: Forest, palette: Palette) -> Spec:
    """Return the specification of a forest plot, an axis for each unit."""
    groups = dict.fromkeys(interval.group for interval in chart.intervals)
    panels = [
        _panel([one for one in chart.intervals if one.group == group], group, palette)
        for group in groups
    ]
    return {"vconcat": panels, "spacing": 12}


def forest_table(chart: Forest) -> Table:
    """Return a forest plot as a table."""
    return Table(
        columns=(left("of"), right("effect"), left("in")),
        rows=tuple((one.label, Cell(one.text, one.tone), one.group) for one in chart.intervals),
        caption=chart.title,
        empty="No effect was measured.",
    )


def _panel(intervals: Sequence[Interval], group: str, palette: Palette) -> Spec:
    rows = [
        {
            "label": line(one.label),
            "estimate": one.estimate if known(one.estimate) else None,
            "low": one.low if known(one.low) else None,
            "high": one.high if known(one.high) else None,
            "margin": one.margin if known(one.margin) else None,
            "text": line(f"{one.label}: {one.text}"),
            "color": palette.of(one.tone),
        }
        for one in intervals
    ]
    y = {"field": "label", "type": "nominal", "sort": None, "axis": {"title": None, "grid": False}}
    x = {"type": "quantitative", "axis": {"title": line(group)}}
    color = {"field": "color", "type": "nominal", "scale": None}
    return {
        "width": WIDTH,
        "height": {"step": STEP},
        "data": {"values": rows},
        "layer": [
            {
                "mark": {"type": "rule", "color": palette.soft},
                "encoding": {"x": {"datum": 0, **x}},
            },
            {
                "mark": {
                    "type": "tick",
                    "color": palette.bad,
                    "thickness": 2,
                    "strokeDash": [2, 2],
                },
                "encoding": {"y": y, "x": {"field": "margin", **x}},
            },
            {
                "mark": {"type": "rule", "strokeWidth": 2},
                "encoding": {
                    "y": y,
                    "x": {"field": "low", **x},
                    "x2": {"field": "high"},
                    "color": color,
                },
            },
            {
                "mark": {"type": "point", "filled": True, "size": 70, "opacity": 1},
                "encoding": {
                    "y": y,
                    "x": {"field": "estimate", **x},
                    "color": color,
                    "description": {"field": "text"},
                },
            },
        ],
    }

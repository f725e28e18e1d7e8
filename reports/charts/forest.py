"""Effects with their intervals and margins, one a line."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import median
from typing import NamedTuple

from reports.charts.base import (
    LONGEST_LABEL,
    WIDTH,
    Palette,
    Spec,
    drawable,
    effect_numbers,
    hover,
    known,
    labels_of,
    layer,
    width_of,
)
from reports.document import Cell, Table, left
from reports.drawings import Forest, Interval
from reports.formatting import count, shorten
from reports.text import line

STEP = 26
"""Height of a line, in pixels."""

MOST_LINES = 20
"""Effects that are drawn; of more, the first, and the rest is said."""

FARTHEST = 4
"""Bounds that reach so many times as far as the others end in an arrow."""

PAD = 0.06
LABEL_ROOM, TEXT_ROOM = 190, 200
LABEL_CHARS = 28
"""Characters of a label that there is room for."""

CHARS = 25
"""Characters of a line of the table."""

AXES = {True: "better \u2192", False: "\u2190 better"}
DIRECTIONS = {True: "more", False: "less"}
CAPTION = "\u2502 is no effect"
ZONE = "shaded: no worse by the margin"


class Reach(NamedTuple):
    """From where to where an axis goes."""

    low: float
    high: float


def forest_spec(chart: Forest, palette: Palette) -> Spec:
    """Return the specification of a forest plot, an axis for each scale and direction."""
    drawn = chart.intervals[:MOST_LINES]
    groups = list(dict.fromkeys((one.scale, one.more_is_better) for one in drawn))
    labels = labels_of((one.label for one in drawn), LABEL_CHARS)
    label_room = width_of(labels, most=LABEL_ROOM) + 12
    text_room = (
        width_of((shorten(line(one.text), LONGEST_LABEL) for one in drawn), most=TEXT_ROOM) + 16
    )
    rooms = (label_room, text_room)
    panels = [
        _panel([one for one in drawn if (one.scale, one.more_is_better) == group], rooms, palette)
        for group in groups
    ]
    return {"vconcat": panels, "spacing": 14}


def forest_table(chart: Forest) -> Table:
    """Return a forest plot as a table of characters; the figures stand in the table beside it."""
    drawn = chart.intervals[:MOST_LINES]
    return Table(
        columns=(left("of"), left(CAPTION), left("better")),
        rows=tuple(
            (
                one.label,
                Cell("".join(_line(one, drawn)), one.tone),
                DIRECTIONS[one.more_is_better],
            )
            for one in drawn
        ),
        caption="; ".join(filter(None, (chart.title, forest_note(chart)))),
        empty="No effect was measured.",
    )


def forest_note(chart: Forest) -> str:
    """Say what is not drawn."""
    n = len(chart.intervals)
    if n <= MOST_LINES:
        return ""
    return f"{count(MOST_LINES)} of {count(n)} drawn"


def _panel(intervals: Sequence[Interval], rooms: tuple[float, float], palette: Palette) -> Spec:
    reach = _reach(intervals)
    label_room, text_room = rooms
    width = WIDTH - label_room - text_room
    labels = labels_of((one.label for one in intervals), LABEL_CHARS)
    rows = [_row(one, label, reach, palette) for one, label in zip(intervals, labels, strict=True)]
    y: Spec = {
        "field": "label",
        "type": "nominal",
        "scale": {"domain": labels},
        "axis": {
            "title": None,
            "grid": False,
            "ticks": False,
            "domain": False,
            "minExtent": label_room,
            "maxExtent": label_room,
            "labelLimit": label_room - 8,
        },
    }
    x: Spec = {
        "type": "quantitative",
        "scale": {"domain": list(reach), "nice": False, "zero": False},
        "axis": {
            "title": _axis_title(intervals),
            "tickCount": 5,
            **effect_numbers(intervals[0].scale),
        },
    }
    color = {"field": "color", "type": "nominal", "scale": None}
    bounded = [row for row in rows if row["low"] is not None and row["high"] is not None]
    ends = [*_arrows(rows, "low", reach.low), *_arrows(rows, "high", reach.high)]
    margins = [row for row in rows if row["margin"] is not None]
    estimates = [row for row in rows if row["estimate"] is not None]
    return {
        "width": width,
        "height": {"step": STEP},
        "layer": [
            layer(
                {"type": "bar", "color": palette.line, "opacity": 0.5, "height": STEP},
                margins,
                y=y,
                x={"field": "margin", **x},
                x2={"datum": 0},
            ),
            layer({"type": "rule", "color": palette.soft}, [{}], x={"datum": 0, **x}),
            layer(
                {"type": "tick", "color": palette.soft, "thickness": 1, "size": STEP},
                margins,
                y=y,
                x={"field": "margin", **x},
            ),
            layer(
                {"type": "rule", "strokeWidth": 2},
                bounded,
                is_told=True,
                y=y,
                x={"field": "low", **x},
                x2={"field": "high"},
                color=color,
            ),
            layer(
                {"type": "point", "filled": True, "size": 60, "opacity": 1},
                ends,
                y=y,
                x={"field": "end", **x},
                color=color,
                shape={"field": "shape", "type": "nominal", "scale": None},
            ),
            layer(
                {"type": "point", "filled": True, "size": 70, "opacity": 1},
                estimates,
                is_told=True,
                y=y,
                x={"field": "estimate", **x},
                color=color,
            ),
            layer(
                {"type": "text", "align": "left", "limit": text_room - 12},
                rows,
                y=y,
                x={"value": width + 12},
                text={"field": "told", "type": "nominal"},
            ),
        ],
    }


def _row(one: Interval, label: str, reach: Reach, palette: Palette) -> Spec:
    margin = drawable(one.margin)
    return {
        "label": label,
        "estimate": drawable(one.estimate),
        "low": _end(one.low, reach),
        "high": _end(one.high, reach),
        "beyond": {"low": _is_beyond(one.low, reach), "high": _is_beyond(one.high, reach)},
        "margin": None if margin is None else _within(margin, reach),
        "told": shorten(line(one.text), LONGEST_LABEL),
        "text": hover(f"{one.label}: {one.text}"),
        "color": palette.of(one.tone),
    }


def _arrows(rows: Sequence[Spec], side: str, end: float) -> list[Spec]:
    shape = "triangle-left" if side == "low" else "triangle-right"
    return [
        {"label": row["label"], "color": row["color"], "end": end, "shape": shape}
        for row in rows
        if row["beyond"][side] and row[side] is not None
    ]


def _axis_title(intervals: Sequence[Interval]) -> str:
    parts = ["candidate minus baseline", AXES[intervals[0].more_is_better]]
    if any(known(one.margin) for one in intervals):
        parts.append(ZONE)
    return "; ".join(parts if intervals[0].more_is_better else [parts[1], parts[0], *parts[2:]])


def _reach(intervals: Sequence[Interval]) -> Reach:
    """Return from where to where an axis goes, not so far that most would be dots."""
    sizes = [
        max(abs(number) for number in numbers)
        for one in intervals
        if (numbers := [n for n in (one.estimate, one.low, one.high, one.margin) if known(n)])
    ]
    farthest = FARTHEST * median(sizes) if sizes else 0.0
    numbers = [
        *(one.estimate for one in intervals if known(one.estimate)),
        *(
            max(-farthest, min(farthest, number))
            for one in intervals
            for number in (one.low, one.high, one.margin)
            if known(number)
        ),
    ]
    low, high = min([0.0, *numbers]), max([0.0, *numbers])
    pad = PAD * (high - low) or 0.01
    return Reach(low - pad, high + pad)


def _alike(intervals: Sequence[Interval], one: Interval) -> list[Interval]:
    key = (one.scale, one.more_is_better)
    return [other for other in intervals if (other.scale, other.more_is_better) == key]


def _is_beyond(bound: float | None, reach: Reach) -> bool:
    return bound is not None and not math.isnan(bound) and not reach.low <= bound <= reach.high


def _end(bound: float | None, reach: Reach) -> float | None:
    return None if bound is None or math.isnan(bound) else _within(bound, reach)


def _within(number: float, reach: Reach) -> float:
    return max(reach.low, min(reach.high, number))


def _line(one: Interval, others: Sequence[Interval]) -> list[str]:
    return characters(one.estimate, one.low, one.high, _reach(_alike(others, one)))


def characters(
    estimate: float | None, low: float | None, high: float | None, reach: Reach
) -> list[str]:
    """Draw an interval as a row of characters: the line of no effect, the bar, the estimate."""
    row = ["\u2508"] * CHARS
    first, last = _end(low, reach), _end(high, reach)
    if first is not None and last is not None:
        for i in range(place_of(first, reach), place_of(last, reach) + 1):
            row[i] = "\u2501"
    zero = place_of(0.0, reach)
    row[zero] = "\u253f" if row[zero] == "\u2501" else "\u2502"
    if first is not None and _is_beyond(low, reach):
        row[0] = "<"
    if last is not None and _is_beyond(high, reach):
        row[-1] = ">"
    if known(estimate):
        row[place_of(estimate, reach)] = "\u254b"
    return row


def place_of(number: float, reach: Reach) -> int:
    """Return which character of a row stands for a number."""
    return round((CHARS - 1) * ((number - reach.low) / (reach.high - reach.low)))

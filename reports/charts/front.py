"""Trade-offs between two values: the best for each price joined, the others beside it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from reports.charts.bars import bar
from reports.charts.base import (
    CHAR_WIDTH,
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
from reports.document import Cell, Table, left, right
from reports.drawings import Front, Spot
from reports.formatting import count
from reports.text import line
from reports.tones import Tone

HEIGHT = 260
AXIS_ROOM = 70
MOST_SPOTS = 250
"""Things that are drawn; of more, those on the front before the others, and the rest is said."""

MOST_ROWS = 20
MOST_NAMES = 12
"""Things whose names are written beside them, where there is room."""

IN_USE, ON_FRONT, BEATEN = "in use", "on the front", "beaten by another"
SHAPES = {IN_USE: "diamond", ON_FRONT: "circle", BEATEN: "cross"}
SIDES = (("left", 9, 0), ("right", -9, 0), ("left", 5, -13), ("left", 5, 13), ("right", -5, -13))
"""Where the name of a mark may stand: how aligned, and how many pixels aside and below."""

PAD = 0.08
LINE_HEIGHT = 15
CHARS = 10


class _Box(NamedTuple):
    """A part of the area, in pixels."""

    left: float
    top: float
    right: float
    bottom: float

    def meets(self, other: _Box) -> bool:
        return (
            self.left < other.right
            and other.left < self.right
            and self.top < other.bottom
            and other.top < self.bottom
        )


def front_spec(chart: Front, palette: Palette) -> Spec:
    """Return the specification of a chart of trade-offs."""
    shown = _shown(chart)
    width = WIDTH - AXIS_ROOM
    x_domain = _domain([spot.x for spot in shown], starts_at_zero=True)
    y_domain = _domain([n for s in shown for n in (s.y, s.y_low, s.y_high)], starts_at_zero=False)
    rows = [_row(spot) for spot in shown]
    x: Spec = {
        "type": "quantitative",
        "scale": {"domain": list(x_domain), "nice": False, "zero": False},
        "axis": {
            "title": f"\u2190 better; {line(chart.x_title)}",
            "tickCount": 6,
            **axis_numbers(chart.x_unit, x_domain[1]),
        },
    }
    y: Spec = {
        "type": "quantitative",
        "scale": {"domain": list(y_domain), "nice": False, "zero": False},
        "axis": {
            "title": f"{line(chart.y_title)}; better \u2192",
            "tickCount": 5,
            **axis_numbers(chart.y_unit, y_domain[1]),
        },
    }
    standings = [name for name in (IN_USE, ON_FRONT, BEATEN) if name in map(_standing, shown)]
    colors = {IN_USE: palette.series[1], ON_FRONT: palette.series[0], BEATEN: palette.soft}
    told_apart = {
        "field": "place",
        "type": "nominal",
        "legend": {"title": None, "orient": "bottom"},
    }
    color = {
        **told_apart,
        "scale": {"domain": standings, "range": [colors[name] for name in standings]},
    }
    shape = {
        **told_apart,
        "scale": {"domain": standings, "range": [SHAPES[name] for name in standings]},
    }
    bounded = [row for row in rows if row["low"] is not None and row["high"] is not None]
    at = {"x": {"field": "x", **x}, "y": {"field": "y", **y}}
    corners = [{"x": spot.x, "y": spot.y} for spot in _corners(shown)]
    return {
        "width": width,
        "height": HEIGHT,
        "layer": [
            layer(
                {
                    "type": "line",
                    "interpolate": "step-after",
                    "strokeWidth": 1.5,
                    "color": palette.series[0],
                },
                corners,
                x={"field": "x", **x},
                y={"field": "y", **y},
                order={"field": "x", "type": "quantitative"},
            ),
            layer(
                {"type": "rule", "opacity": 0.35},
                bounded,
                x={"field": "x", **x},
                y={"field": "low", **y},
                y2={"field": "high"},
                color=color,
            ),
            layer(
                {"type": "point", "filled": True, "size": 75, "opacity": 1},
                rows,
                is_told=True,
                **at,
                color=color,
                shape=shape,
            ),
            *_names(shown, (x_domain, y_domain), width, palette),
        ],
    }


def front_table(chart: Front) -> Table:
    """Return trade-offs as a table, with a bar of characters for what less of is better."""
    shown = _shown(chart)[:MOST_ROWS]
    top = max((spot.x for spot in shown if known(spot.x)), default=0.0)
    more = len(chart.spots) - len(shown)
    return Table(
        columns=(
            left("variant"),
            right(chart.y_title),
            right(chart.x_title),
            left(chart.x_title),
            left("front"),
        ),
        rows=tuple(
            (
                spot.label,
                told(chart.y_unit, spot.y),
                told(chart.x_unit, spot.x),
                bar(spot.x, top, CHARS),
                Cell("on", Tone.GOOD) if spot.on_front else "off",
            )
            for spot in shown
        ),
        caption=chart.title + (f"; {count(more)} more not listed" if more > 0 else ""),
        empty="No two values of one thing are known.",
    )


def front_note(chart: Front) -> str:
    """Say what is not drawn."""
    n = sum(known(spot.x) and known(spot.y) for spot in chart.spots)
    unknown = len(chart.spots) - n
    parts = (
        f"{count(MOST_SPOTS)} of {count(n)} drawn" if n > MOST_SPOTS else "",
        f"{count(unknown)} not drawn for want of a value" if unknown else "",
    )
    return "; ".join(filter(None, parts))


def _shown(chart: Front) -> list[Spot]:
    """Return what is drawn: what is in use and on the front before the others."""
    spots = [spot for spot in chart.spots if known(spot.x) and known(spot.y)]
    if len(spots) <= MOST_SPOTS:
        return spots
    return sorted(spots, key=lambda spot: (not spot.is_current, not spot.on_front))[:MOST_SPOTS]


def _standing(spot: Spot) -> str:
    if spot.is_current:
        return IN_USE
    return ON_FRONT if spot.on_front else BEATEN


def _row(spot: Spot) -> Spec:
    return {
        "x": spot.x,
        "y": spot.y,
        "low": drawable(spot.y_low),
        "high": drawable(spot.y_high),
        "text": hover(f"{spot.label}: {spot.text}"),
        "place": _standing(spot),
    }


def _corners(spots: Sequence[Spot]) -> Iterator[Spot]:
    """Yield the spots that no other drawn one beats in both values, from left to right."""
    best: float | None = None
    for spot in sorted(spots, key=lambda spot: (spot.x or 0.0, -(spot.y or 0.0))):
        if spot.y is not None and (best is None or spot.y > best):
            best = spot.y
            yield spot


def _steps(places: Sequence[tuple[float, float]]) -> Iterator[_Box]:
    """Yield where the line runs that joins the best."""
    for (x, y), (next_x, next_y) in pairwise(places):
        yield _Box(x, y - 1, next_x, y + 1)
        yield _Box(next_x - 1, min(y, next_y), next_x + 1, max(y, next_y))


def _names(
    spots: Sequence[Spot],
    domains: tuple[tuple[float, float], tuple[float, float]],
    width: float,
    palette: Palette,
) -> Iterator[Spec]:
    """Yield the names of the most telling spots, where they meet neither marks nor each other."""
    places = [_place(spot, domains, width) for spot in spots]
    taken = [
        *(_Box(x - 6, y - 6, x + 6, y + 6) for x, y in places),
        *_steps([_place(spot, domains, width) for spot in _corners(spots)]),
    ]
    labels = labels_of(spot.label for spot in spots)
    telling = sorted(
        range(len(spots)), key=lambda i: (not spots[i].is_current, not spots[i].on_front)
    )
    written: dict[str, list[Spec]] = {"left": [], "right": []}
    for i in telling[:MOST_NAMES]:
        (x, y), size = places[i], width_of([labels[i]]) + CHAR_WIDTH
        for align, aside, below in SIDES:
            start = x + aside if align == "left" else x + aside - size
            top = y + below - LINE_HEIGHT / 2
            box = _Box(start, top, start + size, top + LINE_HEIGHT)
            if box.left >= 0 and box.right <= width and not any(map(box.meets, taken)):
                taken.append(box)
                written[align].append({"at": x + aside, "top": y + below, "name": labels[i]})
                break
    for align, rows in written.items():
        yield layer(
            {"type": "text", "align": align, "color": palette.ink},
            rows,
            x={"field": "at", "type": "quantitative", "scale": None, "axis": None},
            y={"field": "top", "type": "quantitative", "scale": None, "axis": None},
            text={"field": "name", "type": "nominal"},
        )


def _place(
    spot: Spot, domains: tuple[tuple[float, float], tuple[float, float]], width: float
) -> tuple[float, float]:
    (x_low, x_high), (y_low, y_high) = domains
    x_share = ((spot.x or 0.0) - x_low) / (x_high - x_low)
    y_share = ((spot.y or 0.0) - y_low) / (y_high - y_low)
    return width * x_share, HEIGHT * (1 - y_share)


def _domain(numbers: Sequence[float | None], *, starts_at_zero: bool) -> tuple[float, float]:
    """Return from where to where an axis goes, with a little room at its ends."""
    found = [number for number in numbers if known(number)]
    low, high = min(found, default=0.0), max(found, default=1.0)
    pad = PAD * (high - low) or abs(high) * PAD or 1.0
    if starts_at_zero and low >= 0 and low < high / 2:
        return 0.0, high + pad
    return low - pad, high + pad

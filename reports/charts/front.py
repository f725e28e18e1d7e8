"""Trade-offs between two values: the best for each price joined, the others beside it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from reports.charts.base import (
    WIDTH,
    Palette,
    Spec,
    axis_numbers,
    drawable,
    hover,
    known,
    layer,
)
from reports.charts.names import Box, names
from reports.document import Cell, Table, left
from reports.drawings import Front, Spot
from reports.formatting import count
from reports.text import line
from reports.tones import Tone

HEIGHT = 260
AXIS_ROOM = 70
MOST_SPOTS = 250
"""Things that are drawn; of more, those on the front before the others, and the rest is said."""

MOST_ROWS = 20
IN_USE, ON_FRONT, BEATEN = "in use", "on the front", "beaten by another"
SHAPES = {IN_USE: "diamond", ON_FRONT: "circle", BEATEN: "cross"}
PAD = 0.08
CHARS = 20
DOTS = {True: "\u25cf", False: "\u25cb"}


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
    """Return trade-offs as places between the worst and the best; the figures stand beside it."""
    shown = _shown(chart)[:MOST_ROWS]
    xs, ys = [spot.x for spot in shown], [spot.y for spot in shown]
    more = len(chart.spots) - len(shown)
    return Table(
        columns=(
            left("variant"),
            left(f"{chart.y_title}, better \u2192"),
            left(f"{chart.x_title}, \u2190 better"),
        ),
        rows=tuple(
            (
                spot.label,
                _placed(spot, spot.y, ys),
                _placed(spot, spot.x, xs),
            )
            for spot in shown
        ),
        caption=f"{chart.title}; {DOTS[True]} on the front, {DOTS[False]} beaten by another"
        + (f"; {count(more)} more not listed" if more > 0 else ""),
        empty="No two values of one thing are known.",
    )


def _placed(spot: Spot, number: float | None, others: Sequence[float | None]) -> Cell:
    """Mark where a value lies from the least to the greatest."""
    found = [other for other in others if known(other)]
    low, high = min(found), max(found)
    share = ((number or 0.0) - low) / (high - low) if high > low else 0.5
    row = ["\u2508"] * CHARS
    row[round((CHARS - 1) * share)] = DOTS[spot.on_front]
    return Cell("".join(row), Tone.GOOD if spot.on_front else Tone.NEUTRAL)


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


def _steps(places: Sequence[tuple[float, float]]) -> Iterator[Box]:
    """Yield where the line runs that joins the best."""
    for (x, y), (next_x, next_y) in pairwise(places):
        yield Box(x, y - 1, next_x, y + 1)
        yield Box(next_x - 1, min(y, next_y), next_x + 1, max(y, next_y))


def _names(
    spots: Sequence[Spot],
    domains: tuple[tuple[float, float], tuple[float, float]],
    width: float,
    palette: Palette,
) -> list[Spec]:
    """Return the names of the most telling spots: what is in use and on the front first."""
    places = [_place(spot, domains, width) for spot in spots]
    steps = _steps([_place(spot, domains, width) for spot in _corners(spots)])
    telling = sorted(
        range(len(spots)), key=lambda i: (not spots[i].is_current, not spots[i].on_front)
    )
    return names([spot.label for spot in spots], places, telling, (width, list(steps)), palette)


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

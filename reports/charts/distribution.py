"""How values spread: a panel of bars for each series, on one axis."""

from __future__ import annotations

import math

from reports.charts.bars import sparkline
from reports.charts.base import (
    LONGEST_LABEL,
    WIDTH,
    Palette,
    Spec,
    axis_numbers,
    effect_numbers,
    hover,
    layer,
    told,
)
from reports.document import Table, left, right
from reports.drawings import Counts, Distribution, Scale
from reports.formatting import count, percentage_points, plural, relative_change, shorten
from reports.text import line

MOST_SERIES = 6
"""Series that are drawn; of more, the first, and the rest is said."""

HEIGHT, LOW_HEIGHT = 120, 70
"""Height of the area of one series, and of each of several."""

AXIS_ROOM = 60
N_TICKS = 6
FEWEST_TICKS = 3
"""Of fewer powers of ten and their like within the range, the axis has others."""

MOST_POWERS = 4
"""Powers of ten up to which there are three ticks to each."""


def distribution_spec(chart: Distribution, palette: Palette) -> Spec:
    """Return the specification of a histogram, a panel for each series."""
    shown = chart.series[:MOST_SERIES]
    panels = [_panel(chart, one, one is shown[-1], palette) for one in shown]
    return {"vconcat": panels, "spacing": 10}


def distribution_table(chart: Distribution) -> Table:
    """Return a histogram as a table with a row of bars for each series."""
    shown = chart.series[:MOST_SERIES]
    spread = f"{_value(chart, chart.edges[0])} to {_value(chart, chart.edges[-1])}" if shown else ""
    return Table(
        columns=(left("variant"), left(spread or "spread"), right(chart.noun)),
        rows=tuple(
            (
                one.label,
                sparkline(one.counts, max(one.counts, default=0) or 1),
                count(sum(one.counts)),
            )
            for one in shown
        ),
        caption="; ".join(filter(None, (chart.title, distribution_note(chart)))),
        empty="Nothing to draw.",
    )


def distribution_note(chart: Distribution) -> str:
    """Say what is not drawn."""
    n = len(chart.series)
    return f"{count(MOST_SERIES)} of {count(n)} drawn" if n > MOST_SERIES else ""


def _panel(chart: Distribution, one: Counts, is_last: bool, palette: Palette) -> Spec:
    edges = chart.edges
    rows = [
        {
            "low": low,
            "high": high,
            "n": n,
            "text": hover(
                f"{one.label}: {plural(n, chart.noun.removesuffix('s'))} "
                f"from {_value(chart, low)} to {_value(chart, high)}"
            ),
        }
        for low, high, n in zip(edges, edges[1:], one.counts, strict=False)
        if n
    ]
    scale: Spec = {"domain": [edges[0], edges[-1]], "nice": False, "zero": False}
    smallest = edges[0] if chart.is_log else None
    numbers = (
        effect_numbers(chart.scale)
        if chart.scale
        else axis_numbers(chart.unit, edges[-1], smallest)
    )
    x: Spec = {
        "type": "quantitative",
        "scale": {**scale, "type": "log"} if chart.is_log else scale,
        "axis": {
            "title": None,
            "grid": False,
            "labels": is_last,
            **({"values": _ticks(edges)} if chart.is_log else {"tickCount": N_TICKS}),
            **numbers,
        },
    }
    y: Spec = {
        "field": "n",
        "type": "quantitative",
        "scale": {"domain": [0, max([1, *one.counts])], "nice": False},
        "axis": {
            "title": line(chart.noun) if is_last else None,
            "tickCount": 2,
            "format": ",d",
            "tickMinStep": 1,
            "minExtent": AXIS_ROOM - 12,
        },
    }
    bars = layer(
        {"type": "bar", "color": palette.series[0], "stroke": palette.page or "var(--page)"},
        rows,
        is_told=True,
        x={"field": "low", **x},
        x2={"field": "high"},
        y=y,
        y2={"datum": 0},
    )
    whose = {
        "text": f"{shorten(line(one.label), LONGEST_LABEL)}, {plural(sum(one.counts), 'value')}",
        "fontSize": 12,
        "fontWeight": "normal",
        "color": palette.soft,
        "offset": 4,
    }
    return {
        "title": whose,
        "width": WIDTH - AXIS_ROOM,
        "height": HEIGHT if len(chart.series) == 1 else LOW_HEIGHT,
        "layer": [bars],
    }


def _ticks(edges: tuple[float, ...]) -> list[float]:
    """Return round numbers within the edges, few enough to be read.

    They are 1, 2 and 5 times the powers of ten; of a narrow range, multiples of one of those.
    """
    exponents = range(math.floor(math.log10(edges[0])), math.ceil(math.log10(edges[-1])) + 1)
    digits = (1, 2, 5) if len(exponents) <= MOST_POWERS else (1,)
    ticks = [digit * 10.0**exponent for exponent in exponents for digit in digits]
    within = [tick for tick in ticks if edges[0] <= tick <= edges[-1]]
    return within if len(within) >= FEWEST_TICKS else _multiples(edges[0], edges[-1])


def _multiples(low: float, high: float) -> list[float]:
    """Return the multiples of a round step between two numbers, about as many as are readable."""
    power = 10.0 ** math.floor(math.log10((high - low) / N_TICKS))
    step = next(digit * power for digit in (1, 2, 5, 10) if digit * power * N_TICKS >= high - low)
    first, last = math.ceil(low / step), math.floor(high / step)
    return [multiple * step for multiple in range(first, last + 1)]


def _value(chart: Distribution, amount: float) -> str:
    if chart.scale is None:
        return told(chart.unit, amount)
    return percentage_points(amount) if chart.scale is Scale.POINTS else relative_change(amount)

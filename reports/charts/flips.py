"""Cases in pairs: what got worse to the left, what got better to the right."""

from __future__ import annotations

from reports.charts.bars import bar
from reports.charts.base import WIDTH, Palette, Spec, hover, labels_of, layer, width_of
from reports.document import Cell, Table, left, right
from reports.drawings import Flip, Flips
from reports.formatting import count
from reports.text import line
from reports.tones import Tone

STEP = 28
MOST_LINES = 20
"""Candidates that are drawn; of more, the first, and the rest is said."""

LABEL_ROOM, TEXT_ROOM = 190, 130
NUMBER_ROOM = 46
"""Pixels beyond a bar, for its number."""

CHARS = 12


def flips_spec(chart: Flips, palette: Palette) -> Spec:
    """Return the specification of a chart of cases in pairs."""
    shown = chart.flips[:MOST_LINES]
    labels = labels_of(one.label for one in shown)
    label_room = width_of(labels, most=LABEL_ROOM) + 12
    width = WIDTH - label_room - TEXT_ROOM
    top = _top(chart) * width / max(1.0, width - 2 * NUMBER_ROOM)
    rows = [_row(one, label, chart.noun) for one, label in zip(shown, labels, strict=True)]
    y: Spec = {
        "field": "label",
        "type": "nominal",
        "scale": {"domain": labels, "paddingInner": 0.3},
        "axis": {
            "title": None,
            "ticks": False,
            "domain": False,
            "minExtent": label_room,
            "maxExtent": label_room,
            "labelLimit": label_room - 8,
        },
    }
    x: Spec = {
        "type": "quantitative",
        "scale": {"domain": [-top, top], "nice": False},
        "axis": {
            "labels": False,
            "ticks": False,
            "grid": False,
            "domain": False,
            "title": f"\u2190 worse \u00b7 {line(chart.noun)} \u00b7 better \u2192",
        },
    }
    sides = [("minus", palette.bad, "right", -5), ("fixed", palette.good, "left", 5)]
    bars = [
        layer(
            {"type": "bar", "color": color},
            [row for row in rows if row[field]],
            is_told=True,
            y=y,
            x={"field": field, **x},
            x2={"datum": 0},
        )
        for field, color, _, _ in sides
    ]
    numbers = [
        layer(
            {"type": "text", "align": align, "dx": dx},
            rows,
            y=y,
            x={"field": field, **x},
            text={"field": f"{field}_told", "type": "nominal"},
        )
        for field, _, align, dx in sides
    ]
    rest = layer(
        {"type": "text", "align": "left", "color": palette.soft, "limit": TEXT_ROOM - 14},
        rows,
        y=y,
        x={"value": width + 12},
        text={"field": "same", "type": "nominal"},
    )
    zero = layer({"type": "rule", "color": palette.soft}, [{}], x={"datum": 0, **x})
    return {
        "width": width,
        "height": {"step": STEP},
        "layer": [*bars, zero, *numbers, rest],
    }


def flips_table(chart: Flips) -> Table:
    """Return cases in pairs as a table, with a bar of characters to each side."""
    top = _top(chart)
    return Table(
        columns=(
            left("candidate"),
            right("worse"),
            left("worse | better"),
            right("better"),
            right("the same"),
        ),
        rows=tuple(
            (
                one.label,
                Cell(count(one.n_broken), Tone.BAD if one.n_broken else Tone.NEUTRAL),
                _bars(one, top),
                Cell(count(one.n_fixed), Tone.GOOD if one.n_fixed else Tone.NEUTRAL),
                count(one.n_same),
            )
            for one in chart.flips[:MOST_LINES]
        ),
        caption="; ".join(filter(None, (chart.title, flips_note(chart)))),
        empty="No case was compared in pairs.",
    )


def flips_note(chart: Flips) -> str:
    """Say what is not drawn."""
    n = len(chart.flips)
    return f"{count(MOST_LINES)} of {count(n)} drawn" if n > MOST_LINES else ""


def _row(one: Flip, label: str, noun: str) -> Spec:
    told = f"{count(one.n_broken)} worse, {count(one.n_fixed)} better, {count(one.n_same)} the same"
    return {
        "label": label,
        "minus": -one.n_broken,
        "fixed": one.n_fixed,
        "minus_told": count(one.n_broken),
        "fixed_told": count(one.n_fixed),
        "same": f"{count(one.n_same)} the same",
        "text": hover(f"{one.label}: of the {noun}, {told}"),
    }


def _bars(one: Flip, top: float) -> str:
    worse, better = bar(one.n_broken, top, CHARS), bar(one.n_fixed, top, CHARS)
    return f"{worse.rjust(CHARS, chr(0x2508))}\u2502{better.ljust(CHARS, chr(0x2508))}"


def _top(chart: Flips) -> float:
    return max([1, *(n for one in chart.flips for n in (one.n_broken, one.n_fixed))])

"""What was predicted, from left to right, against what was measured."""

from __future__ import annotations

from collections.abc import Sequence

from reports.charts.base import WIDTH, Palette, Spec, drawable, effect_numbers, hover, known, layer
from reports.charts.forest import Reach, characters, place_of
from reports.charts.names import Box, names
from reports.document import Cell, Table, left, right
from reports.drawings import Calibration, Prediction, Scale
from reports.formatting import count, percentage_points, relative_change

SIZE = 300
AXIS_ROOM = 80
"""Pixels left of the area, for the numbers of its axis."""

MOST_SPOTS = 200
"""Predictions that are drawn; of more, the last, and the rest is said."""

MOST_ROWS = 20
PAD = 0.08
PREDICTED = "o"
CAPTION = "\u2502 is no effect, o predicted"


def calibration_spec(chart: Calibration, palette: Palette) -> Spec:
    """Return the specification of a chart of predictions and what came of them."""
    shown = _shown(chart)
    reach = _reach(shown)
    axis = {"tickCount": 5, **effect_numbers(chart.scale)}
    scale = {"domain": list(reach), "nice": False, "zero": False}
    x: Spec = {
        "type": "quantitative",
        "scale": scale,
        "axis": {"title": "predicted", **axis},
    }
    y: Spec = {"type": "quantitative", "scale": scale, "axis": {"title": "measured", **axis}}
    rows = [_row(one, palette, reach) for one in shown]
    color = {"field": "color", "type": "nominal", "scale": None}
    low, high = reach
    at = {"x": {"field": "predicted", **x}, "y": {"field": "measured", **y}}
    bars = [
        layer(
            {"type": "rule", "opacity": 0.55},
            [row for row in rows if row["low"] is not None and row["high"] is not None],
            x=at["x"],
            y={"field": "low", **y},
            y2={"field": "high"},
            color=color,
        ),
        layer(
            {"type": "rule", "opacity": 0.55},
            [row for row in rows if row["left"] is not None and row["right"] is not None],
            x={"field": "left", **x},
            x2={"field": "right"},
            y=at["y"],
            color=color,
        ),
    ]
    return {
        "width": WIDTH / 2,
        "height": SIZE,
        "layer": [
            layer({"type": "rule", "color": palette.line}, [{}], x={"datum": 0, **x}),
            layer({"type": "rule", "color": palette.line}, [{}], y={"datum": 0, **y}),
            layer(
                {"type": "line", "color": palette.soft, "strokeDash": [4, 3], "strokeWidth": 1},
                [{"x": low, "y": low}, {"x": high, "y": high}],
                x={"field": "x", **x},
                y={"field": "y", **y},
            ),
            *bars,
            layer(
                {"type": "point", "filled": True, "size": 75, "opacity": 1},
                rows,
                is_told=True,
                **at,
                color=color,
            ),
            *_names(shown, reach, palette),
        ],
    }


def calibration_table(chart: Calibration) -> Table:
    """Return predictions and what came of them as a table."""
    shown = chart.predictions[-MOST_ROWS:]
    reach = Reach(*_reach([one for one in shown if _is_whole(one)]))
    more = len(chart.predictions) - len(shown)
    return Table(
        columns=(left("effect on"), left(CAPTION), right("predicted"), right("measured")),
        rows=tuple(
            (
                one.label,
                Cell(_characters(one, reach), one.tone),
                _told(chart.scale, one.predicted),
                Cell(_told(chart.scale, one.measured), one.tone),
            )
            for one in shown
        ),
        caption=chart.title + (f"; {count(more)} earlier not listed" if more > 0 else ""),
        empty="Nothing that was predicted has been measured yet.",
    )


def calibration_note(chart: Calibration) -> str:
    """Say what is not drawn."""
    found = [one for one in chart.predictions if _is_whole(one)]
    unknown = len(chart.predictions) - len(found)
    parts = (
        f"{count(MOST_SPOTS)} of {count(len(found))} drawn" if len(found) > MOST_SPOTS else "",
        f"{count(unknown)} not measured" if unknown else "",
    )
    return "; ".join(filter(None, parts))


def _names(shown: Sequence[Prediction], reach: tuple[float, float], palette: Palette) -> list[Spec]:
    """Return the names of predictions, which may reach beyond the right side of the area."""

    def across(number: float | None) -> float:
        return WIDTH / 2 * ((number or 0.0) - reach[0]) / (reach[1] - reach[0])

    def down(number: float | None) -> float:
        return SIZE * (1 - ((number or 0.0) - reach[0]) / (reach[1] - reach[0]))

    places = [(across(one.predicted), down(one.measured)) for one in shown]
    bars = [
        Box(x - 1, down(one.high), x + 1, down(one.low))
        for one, (x, _) in zip(shown, places, strict=True)
        if known(one.low) and known(one.high)
    ]
    bars += [
        Box(across(one.predicted_low), y - 1, across(one.predicted_high), y + 1)
        for one, (_, y) in zip(shown, places, strict=True)
        if known(one.predicted_low) and known(one.predicted_high)
    ]
    labels = [one.label for one in shown]
    return names(labels, places, range(len(shown)), (WIDTH - AXIS_ROOM, bars), palette)


def _shown(chart: Calibration) -> list[Prediction]:
    return [one for one in chart.predictions if _is_whole(one)][-MOST_SPOTS:]


def _is_whole(one: Prediction) -> bool:
    return known(one.predicted) and known(one.measured)


def _row(one: Prediction, palette: Palette, reach: tuple[float, float]) -> Spec:
    return {
        "predicted": one.predicted,
        "measured": one.measured,
        "low": _within(one.low, reach),
        "high": _within(one.high, reach),
        "left": _within(one.predicted_low, reach),
        "right": _within(one.predicted_high, reach),
        "text": hover(f"{one.label}: {one.text}"),
        "color": palette.of(one.tone),
    }


def _reach(shown: Sequence[Prediction]) -> tuple[float, float]:
    """Return from where to where both axes go."""
    numbers = [
        number
        for one in shown
        for number in (
            one.predicted,
            one.measured,
            one.low,
            one.high,
            one.predicted_low,
            one.predicted_high,
        )
        if known(number)
    ]
    low, high = min([0.0, *numbers]), max([0.0, *numbers])
    pad = PAD * (high - low) or 0.01
    return low - pad, high + pad


def _within(number: float | None, reach: tuple[float, float]) -> float | None:
    found = drawable(number)
    return None if found is None else max(reach[0], min(reach[1], found))


def _characters(one: Prediction, reach: Reach) -> str:
    """Draw what was measured as a row of characters, and what was predicted on it."""
    if not _is_whole(one):
        return ""
    row = characters(one.measured, one.low, one.high, reach)
    row[place_of(one.predicted, reach)] = PREDICTED
    return "".join(row)


def _told(scale: Scale, share: float | None) -> str:
    return percentage_points(share) if scale is Scale.POINTS else relative_change(share)

"""Events over time: a rule for each, and its name where there is room."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from reports.charts.base import Palette, Spec, hover, labels_of, layer, width_of
from reports.drawings import Event
from reports.formatting import shorten
from reports.tones import Tone

MOST_RULES = 60
"""Events that are drawn; of more, the last."""

TIERS = 3
TIER_HEIGHT = 15
RAISED = 11
"""Pixels of the lowest names above the plot: marks at its upper edge reach into them."""

GAP = 4
LONGEST_NAME = 24
REACH = 9
"""Pixels around a rule that tell what it is."""


class _Place(NamedTuple):
    """Where the name of an event is written; no tier where there is no room for it."""

    tier: int | None
    at: float
    low: float
    high: float
    is_left: bool


def event_layers(
    events: Sequence[Event],
    domain: tuple[float, float],
    width: float,
    height: float,
    palette: Palette,
) -> list[Spec]:
    """Return the rules of events from the top to the bottom of an area, and their names."""
    shown = events[-MOST_RULES:]
    if not shown:
        return []
    places = _places(shown, domain, width)
    rows = [
        {
            "at": _x(event, domain, width),
            "top": -RAISED - TIER_HEIGHT * (place.tier or 0) if place.tier is not None else 0,
            "name": _name(event),
            "align": None if place.tier is None else "right" if place.is_left else "left",
            "text": hover(event.text),
            "color": palette.soft if event.tone is Tone.NEUTRAL else palette.of(event.tone),
        }
        for event, place in zip(shown, places, strict=True)
    ]
    x = {"field": "at", "type": "quantitative", "scale": None, "axis": None}
    y = {"field": "top", "type": "quantitative", "scale": None, "axis": None}
    color = {"field": "color", "type": "nominal", "scale": None}
    rule: dict[str, Any] = {"x": x, "y": y, "y2": {"value": height}}
    return [
        layer({"type": "rule", "strokeDash": [4, 3]}, rows, **rule, color=color),
        layer(
            {"type": "rule", "strokeWidth": REACH, "opacity": 0},
            rows,
            is_told=True,
            **rule,
            color=color,
        ),
        *(
            layer(
                {"type": "text", "align": align, "dx": aside},
                [row for row in rows if row["align"] == align],
                is_told=True,
                x=x,
                y=y,
                text={"field": "name", "type": "nominal"},
                color=color,
            )
            for align, aside in (("left", 3), ("right", -3))
        ),
    ]


def n_unwritten(events: Sequence[Event], domain: tuple[float, float], width: float) -> int:
    """Count the events whose names there is no room for."""
    shown = events[-MOST_RULES:]
    written = sum(place.tier is not None for place in _places(shown, domain, width))
    return len(events) - written


def _places(events: Sequence[Event], domain: tuple[float, float], width: float) -> list[_Place]:
    """Find a place for each name where it meets no other name and no rule, the last come first."""
    found: list[_Place] = []
    for event in reversed(events):
        at, size = _x(event, domain, width), width_of([_name(event)]) + GAP
        is_left = at + size > width
        low, high = (at - size, at - 1) if is_left else (at + 1, at + size)
        tier = next((i for i in range(TIERS) if _is_free(i, (at, low, high), found)), None)
        found.append(_Place(tier, at, low, high, is_left))
    return found[::-1]


def _is_free(tier: int, wanted: tuple[float, float, float], others: Sequence[_Place]) -> bool:
    at, low, high = wanted
    for other in others:
        if other.tier is None:
            continue
        if other.tier == tier and low < other.high and other.low < high:
            return False
        if other.tier >= tier and low <= other.at <= high:
            return False
        if other.tier <= tier and other.low <= at <= other.high:
            return False
    return True


def _x(event: Event, domain: tuple[float, float], width: float) -> float:
    share = (event.position - domain[0]) / (domain[1] - domain[0])
    return width * min(1.0, max(0.0, share))


def _name(event: Event) -> str:
    return shorten(labels_of([event.label])[0], LONGEST_NAME)

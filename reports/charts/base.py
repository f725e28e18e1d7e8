"""What all charts share: colours, sizes, axes, texts."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeGuard
from unicodedata import east_asian_width

from optimizer.models.dataclass import dataclass
from optimizer.models.rules import Unit
from reports.drawings import Scale
from reports.formatting import figure, shorten, value
from reports.text import line
from reports.tones import Tone

Spec = dict[str, Any]
"""A specification, or a part of one, as Vega-Lite reads it."""

WIDTH = 720
"""Width of a chart with its axes and texts, in pixels of a drawing that is scaled to the page."""

FONT = "Liberation Sans"
"""Comes with vl-convert, so that texts are as wide on every machine; as wide as Arial."""

FONT_SIZE = 12
CHAR_WIDTH = 6.7
"""Mean width of a character at that size, in pixels; a wide one takes twice as much."""

LONGEST_LABEL = 40
"""Characters of a label that are drawn; pointing at its mark tells all."""

LONGEST_TEXT = 240
"""Characters that pointing at a mark shows."""

LARGEST = 1e300
"""Beyond it nothing was measured, and no axis reaches."""

MS_PER_S = 1000

FORMATS: Mapping[Unit | None, str] = {
    Unit.RATE: ".1~%",
    Unit.USD: "$,~g",
    Unit.POINTS: ",~r",
    Unit.COUNT: ",~r",
    Unit.TOKENS: ",~r",
    None: ",~g",
}
"""How the numbers of an axis are written, in the notation of d3-format."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Palette:
    """Colours by meaning, as CSS writes them.

    Attributes:
        ink: Texts.
        soft: Texts of lesser weight.
        line: Lines of the grid.
        tint: Areas behind marks.
        good: What is better.
        bad: What is worse.
        warn: What needs a look.
        series: Things that are told apart, in the order of the legend.
        page: Behind all; None where it shows through.
    """

    ink: str
    soft: str
    line: str
    tint: str
    good: str
    bad: str
    warn: str
    series: tuple[str, ...]
    page: str | None = None

    def of(self, tone: Tone) -> str:
        """Return the colour of a meaning."""
        return {
            Tone.GOOD: self.good,
            Tone.BAD: self.bad,
            Tone.WARN: self.warn,
            Tone.NEUTRAL: self.series[0],
        }[tone]


PAGE = Palette(
    ink="var(--ink)",
    soft="var(--soft)",
    line="var(--line)",
    tint="var(--tint)",
    good="var(--good)",
    bad="var(--bad)",
    warn="var(--warn)",
    series=("var(--s0)", "var(--s1)", "var(--s2)", "var(--s3)"),
)
"""Of a page, whose style sheet has a light and a dark value for each."""

LIGHT = Palette(
    ink="#1c1e21",
    soft="#5c636b",
    line="#d9dce0",
    tint="#f5f6f7",
    good="#1a6b36",
    bad="#b3261e",
    warn="#8a5a00",
    series=("#1f5fa8", "#b3541e", "#1a6b36", "#7a3fa0"),
    page="#ffffff",
)
"""Of a picture that stands alone."""

SHAPES = ("circle", "square", "diamond", "triangle-up")
"""Tell series apart where colours do not."""


def known(number: float | None) -> TypeGuard[float]:
    """Tell whether a number can be drawn."""
    return number is not None and abs(number) < LARGEST


def drawable(number: float | None) -> float | None:
    """Return a number, None where it cannot be drawn."""
    return number if known(number) else None


def layer(
    mark: Mapping[str, Any],
    rows: Sequence[Spec] | None = None,
    *,
    is_told: bool = False,
    **encoding: Any,
) -> Spec:
    """Return marks of one kind, each with the text of its row where they are told.

    Args:
        mark: What is drawn.
        rows: What it is drawn of; None where the chart has the rows.
        is_told: Whether pointing at a mark shows the `text` of its row.
        encoding: Where and how.
    """
    told = {"description": {"field": "text"}} if is_told else {}
    spec: Spec = {"mark": {**mark, "aria": is_told}, "encoding": {**encoding, **told}}
    return spec if rows is None else {"data": {"values": list(rows)}, **spec}


def axis_numbers(unit: Unit | None, top: float, smallest: float | None = None) -> Spec:
    """Return how the numbers of an axis are written.

    Args:
        unit: Unit of the numbers.
        top: The highest.
        smallest: The lowest of an axis that goes by ratios.
    """
    if unit is Unit.MS:
        in_ms, in_s = (
            "format(datum.value, ',~r') + ' ms'",
            "format(datum.value / 1000, ',~r') + ' s'",
        )
        if smallest is not None and smallest < MS_PER_S <= top:
            return {"labelExpr": f"datum.value < {MS_PER_S} ? {in_ms} : {in_s}"}
        return {"labelExpr": in_s if top >= MS_PER_S else in_ms}
    if unit is Unit.COUNT:
        return {"format": FORMATS[unit], "tickMinStep": 1}
    return {"format": FORMATS[unit]}


def effect_numbers(scale: Scale) -> Spec:
    """Return how the effects of an axis are written."""
    number = "format(100 * datum.value, '+,.3~r')"
    return {"labelExpr": f"datum.value == 0 ? '0' : {number} + ' {scale.value}'"}


def told(unit: Unit | None, amount: float | None) -> str:
    """Format a value by its unit, which it may not have."""
    return figure(amount) if unit is None else value(unit, amount)


def hover(text: str) -> str:
    """Return what pointing at a mark shows: harmless, on one line, and not at any length."""
    return shorten(line(text), LONGEST_TEXT)


def labels_of(texts: Iterable[str], longest: int = LONGEST_LABEL) -> list[str]:
    """Return texts as labels: short, harmless, and no two the same; both ends of long ones stay."""
    found: dict[str, None] = {}
    for text in texts:
        label = short = _both_ends(line(text), longest) or "-"
        n = 1
        while label in found:
            n += 1
            label = f"{short} ({n})"
        found[label] = None
    return list(found)


def _both_ends(text: str, n: int) -> str:
    """Return a text of at most `n` characters, without its middle where it is longer."""
    if len(text) <= n:
        return text
    tail = (n - 1) // 2
    return f"{text[: n - 1 - tail].rstrip()}\u2026{text[-tail:].lstrip()}"


def width_of(texts: Iterable[str], *, most: float = math.inf) -> float:
    """Return about how many pixels the widest of some texts takes."""
    return min(most, max((CHAR_WIDTH * _n_cells(text) for text in texts), default=0.0))


def _n_cells(text: str) -> int:
    return sum(2 if east_asian_width(char) in "WF" else 1 for char in text)

"""What all charts share: colours, sizes, axes."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeGuard

from optimizer.models.rules import Unit
from reports.tones import Tone

Spec = dict[str, Any]
"""A specification, or a part of one, as Vega-Lite reads it."""

WIDTH = 560
"""Width of the area of a chart, in pixels of a drawing that is scaled to the page."""

FONT = "Liberation Sans"
"""Comes with vl-convert, so that texts are as wide on every machine; as wide as Arial."""

FORMATS: Mapping[Unit, str] = {
    Unit.RATE: ".0%",
    Unit.USD: "$~g",
    Unit.MS: ",~r",
    Unit.POINTS: ",~r",
    Unit.COUNT: ",~r",
    Unit.TOKENS: ",~r",
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
    return number is not None and math.isfinite(number)

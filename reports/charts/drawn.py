"""Drawings as SVG, PNG or tables; drawn by Vega-Lite where `optimizer[charts]` is installed."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

from optimizer.models.errors import ConfigError
from reports.charts.base import FONT, LIGHT, PAGE, Palette, Spec
from reports.charts.forest import forest_spec, forest_table
from reports.charts.history import history_spec, history_table
from reports.document import Table
from reports.drawings import Drawing, Forest, History
from reports.text import line

SCHEMA = "https://vega.github.io/schema/vega-lite/v5.json"
PNG_SCALE = 2.0
_OPENING = re.compile(r"<svg [^>]*>")
_VIEW = re.compile(r'viewBox="([^"]*)"')


@dataclass(frozen=True, slots=True)
class Kind:
    """What one kind of chart is drawn as."""

    spec: Callable[[Any, Palette], Spec]
    table: Callable[[Any], Table]


KINDS: Mapping[type, Kind] = {
    History: Kind(history_spec, history_table),
    Forest: Kind(forest_spec, forest_table),
}


def can_draw() -> bool:
    """Tell whether what draws charts is installed."""
    return find_spec("vl_convert") is not None


def drawing_table(drawing: Drawing) -> Table:
    """Return a drawing as a table, for formats of characters only."""
    return KINDS[type(drawing)].table(drawing)


def page_svg(drawing: Drawing) -> str:
    """Draw as an SVG element of a page: in its colours, at its width.

    The page says what it shows; texts of the drawing are escaped.
    """
    return _OPENING.sub(_bare, _svg([drawing], PAGE), count=1).replace(f' font-family="{FONT}"', "")


def svg(drawings: Sequence[Drawing]) -> str:
    """Draw as an SVG file, one below the other.

    Raises:
        ConfigError: What draws charts is not installed, or there is no chart.
    """
    _require(drawings)
    return _svg(drawings, LIGHT).replace(FONT, f"{FONT}, Arial, sans-serif") + "\n"


def png(drawings: Sequence[Drawing]) -> bytes:
    """Draw as a PNG file, one below the other.

    Raises:
        ConfigError: What draws charts is not installed, or there is no chart.
    """
    import vl_convert

    _require(drawings)
    return vl_convert.vegalite_to_png(_spec(drawings, LIGHT), scale=PNG_SCALE, allowed_base_urls=[])


def _require(drawings: Sequence[Drawing]) -> None:
    if not drawings:
        raise ConfigError("output: .svg and .png hold the charts of a report, this one has none")
    if not can_draw():
        raise ConfigError(
            "output: charts need vl-convert-python, which is not installed",
            hint="Install it: pip install 'prompt-optimizer[charts]'",
        )


def _svg(drawings: Sequence[Drawing], palette: Palette) -> str:
    import vl_convert

    return vl_convert.vegalite_to_svg(_spec(drawings, palette), allowed_base_urls=[])


def _bare(opening: re.Match[str]) -> str:
    view = _VIEW.search(opening[0])
    return f'<svg viewBox="{view[1] if view else ""}">'


def _spec(drawings: Sequence[Drawing], palette: Palette) -> Spec:
    specs = [KINDS[type(drawing)].spec(drawing, palette) for drawing in drawings]
    titled = len(specs) > 1 or palette.page is not None
    panels = [
        {**spec, "title": line(drawing.title)} if titled else spec
        for spec, drawing in zip(specs, drawings, strict=True)
    ]
    whole = panels[0] if len(panels) == 1 else {"vconcat": panels, "spacing": 28}
    return {"$schema": SCHEMA, "config": _config(palette), "background": palette.page, **whole}


def _config(palette: Palette) -> Spec:
    return {
        "font": FONT,
        "view": {"stroke": None},
        "title": {"color": palette.ink, "anchor": "start", "fontSize": 13, "offset": 10},
        "axis": {
            "labelColor": palette.soft,
            "titleColor": palette.soft,
            "titleFontWeight": "normal",
            "labelFontSize": 11,
            "titleFontSize": 11,
            "labelLimit": 220,
            "gridColor": palette.line,
            "domainColor": palette.line,
            "tickColor": palette.line,
        },
        "legend": {"labelColor": palette.ink, "labelFontSize": 11, "symbolSize": 60},
        "text": {"color": palette.ink, "fontSize": 11},
    }

"""Drawings as SVG, PNG or tables; drawn by Vega-Lite where `optimizer[charts]` is installed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from importlib.util import find_spec
from typing import Any

from optimizer.models.dataclass import dataclass
from optimizer.models.errors import ConfigError
from reports.charts.base import FONT, FONT_SIZE, LIGHT, PAGE, Palette, Spec
from reports.charts.calibration import calibration_note, calibration_spec, calibration_table
from reports.charts.distribution import distribution_note, distribution_spec, distribution_table
from reports.charts.flips import flips_note, flips_spec, flips_table
from reports.charts.forest import forest_note, forest_spec, forest_table
from reports.charts.front import front_note, front_spec, front_table
from reports.charts.history import history_note, history_spec, history_table
from reports.document import Table
from reports.drawings import (
    Calibration,
    Distribution,
    Drawing,
    Flips,
    Forest,
    Front,
    History,
)
from reports.text import line

SCHEMA = "https://vega.github.io/schema/vega-lite/v5.json"
PNG_SCALE = 2.0


@dataclass(frozen=True, slots=True)
class Kind:
    """What one kind of chart is drawn as.

    Attributes:
        spec: Its specification, in some colours.
        table: What formats of characters show.
        note: What is not drawn; empty where all is.
    """

    spec: Callable[[Any, Palette], Spec]
    table: Callable[[Any], Table]
    note: Callable[[Any], str]


KINDS: Mapping[type, Kind] = {
    History: Kind(history_spec, history_table, history_note),
    Forest: Kind(forest_spec, forest_table, forest_note),
    Flips: Kind(flips_spec, flips_table, flips_note),
    Front: Kind(front_spec, front_table, front_note),
    Distribution: Kind(distribution_spec, distribution_table, distribution_note),
    Calibration: Kind(calibration_spec, calibration_table, calibration_note),
}


def can_draw() -> bool:
    """Tell whether what draws charts is installed."""
    return find_spec("vl_convert") is not None


def drawing_table(drawing: Drawing) -> Table:
    """Return a drawing as a table, for formats of characters only."""
    return KINDS[type(drawing)].table(drawing)


def page_svg(drawing: Drawing) -> str | None:
    """Draw as an SVG element of a page, in its colours; None where there is nothing to draw.

    The page says what it shows; pointing at a mark tells what it is. Texts are escaped.
    """
    from reports.charts.vector import page_element

    return page_element(_svg(drawing, PAGE)) if _is_drawable(drawing) else None


def svg(drawings: Sequence[Drawing]) -> str:
    """Draw as an SVG file, one below the other.

    Raises:
        ConfigError: What draws charts is not installed, or there is no chart.
    """
    return _stacked(drawings).replace(f'"{FONT}"', f'"{FONT}, Arial, sans-serif"') + "\n"


def png(drawings: Sequence[Drawing]) -> bytes:
    """Draw as a PNG file, one below the other.

    Raises:
        ConfigError: What draws charts is not installed, or there is no chart.
    """
    stacked = _stacked(drawings)
    import vl_convert

    return vl_convert.svg_to_png(stacked, scale=PNG_SCALE)


def _stacked(drawings: Sequence[Drawing]) -> str:
    from reports.charts.vector import file_text

    found = _require(drawings)
    titles = "; ".join(line(f"{one.title}: {one.description}") for one in found)
    return file_text([_svg(one, LIGHT) for one in found], titles, str(LIGHT.page))


def _require(drawings: Sequence[Drawing]) -> list[Drawing]:
    found = [drawing for drawing in drawings if _is_drawable(drawing)]
    if not found:
        raise ConfigError("output: .svg and .png hold the charts of a report, this one has none")
    if not can_draw():
        raise ConfigError(
            "output: charts need vl-convert-python, which is not installed",
            hint="Install it: pip install 'prompt-optimizer[charts]'",
        )
    return found


def _is_drawable(drawing: Drawing) -> bool:
    """Tell whether there is anything to draw; what there is not is said by its table."""
    return bool(drawing_table(drawing).rows)


def _svg(drawing: Drawing, palette: Palette) -> str:
    import vl_convert

    whole = {"$schema": SCHEMA, "config": _config(palette), "background": None}
    return vl_convert.vegalite_to_svg({**whole, **_titled(drawing, palette)}, allowed_base_urls=[])


def _titled(drawing: Drawing, palette: Palette) -> Spec:
    """Return a chart under its title, which a page writes itself, and what it leaves out."""
    kind = KINDS[type(drawing)]
    spec, note = kind.spec(drawing, palette), line(kind.note(drawing))
    if palette.page is None and not note:
        return spec
    heading: Spec = {"text": note, "fontWeight": "normal", "color": palette.soft}
    if palette.page is not None:
        heading = {"text": line(drawing.title), **({"subtitle": note} if note else {})}
    return {**({"vconcat": [spec]} if "title" in spec else spec), "title": heading}


def _config(palette: Palette) -> Spec:
    return {
        "font": FONT,
        "view": {"stroke": None},
        "title": {
            "aria": False,
            "color": palette.ink,
            "subtitleColor": palette.soft,
            "anchor": "start",
            "fontSize": FONT_SIZE + 1,
            "subtitleFontSize": FONT_SIZE,
            "offset": 10,
        },
        "axis": {
            "aria": False,
            "labelColor": palette.soft,
            "titleColor": palette.soft,
            "titleFontWeight": "normal",
            "labelFontSize": FONT_SIZE,
            "titleFontSize": FONT_SIZE,
            "labelLimit": 220,
            "gridColor": palette.line,
            "domainColor": palette.line,
            "tickColor": palette.line,
        },
        "legend": {
            "aria": False,
            "labelColor": palette.ink,
            "labelFontSize": FONT_SIZE,
            "symbolSize": 60,
            "symbolOpacity": 1,
            "symbolStrokeWidth": 0,
        },
        "text": {"color": palette.ink, "fontSize": FONT_SIZE},
    }

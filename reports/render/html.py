"""HTML: one file that needs nothing else, neither a network nor scripts."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from reports.charts.drawn import can_draw, drawing_table, page_svg
from reports.document import Block, Cell, Document, cell
from reports.drawings import Drawing
from reports.text import glue, plain

if TYPE_CHECKING:
    from jinja2 import Environment
    from markupsafe import Markup


def html(document: Document) -> str:
    """Render a document as one self-contained page."""
    return _environment().get_template("page.html.j2").render(document=document)


@cache
def _environment() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("reports"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_harmless,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters.update(
        cell=cell, code=_code, drawn=_drawn, kind=_kind, tone=_tone, values=drawing_table
    )
    return environment


def _harmless(content: Any) -> Any:
    """Make every text that enters a page harmless; what is already HTML passes."""
    if isinstance(content, str) and not hasattr(content, "__html__"):
        return glue(plain(content))
    return content


def _code(text: str) -> Markup:
    """Return a text whose spaces must stay as they are."""
    from markupsafe import escape

    return escape(plain(text))


def _drawn(drawing: Drawing) -> Markup | None:
    """Return a drawing as SVG, None where it is empty or what could draw it is not installed."""
    from markupsafe import Markup

    found = page_svg(drawing) if can_draw() else None
    return None if found is None else Markup(found)


def _kind(block: Block) -> str:
    return "Drawing" if isinstance(block, Drawing) else type(block).__name__


def _tone(content: Cell | str) -> str:
    return cell(content).tone.value

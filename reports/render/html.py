"""HTML: one file that needs nothing else, no network, and no script to be read."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from functools import cache
from hashlib import sha256
from importlib.resources import files
from types import UnionType
from typing import TYPE_CHECKING, Any

from optimizer import __version__
from reports.charts.drawn import can_draw, drawing_table, page_svg
from reports.document import Align, Block, Cell, Details, Document, Section, cell
from reports.drawings import Drawing
from reports.formatting import count
from reports.render.page_cases import n_blocks, page_cases
from reports.render.passages import headed
from reports.text import glue, plain
from reports.tones import Tone

if TYPE_CHECKING:
    from jinja2 import Environment
    from markupsafe import Markup


STYLES = ("page.css", "cases.css")
"""Style sheets of a page, in order."""

SCRIPTS = ("page.js", "tables.js", "copying.js", "cases.js")
"""What a page can do beyond being read: files that become its one script, in order."""

LEAST_CONTENTS = 4
"""Parts of a page that are worth a table of contents."""

MOST_CONTENTS = 15
"""Parts beyond which a table of contents leaves out what is folded."""

LONG_TABLE = 200
"""Rows of a table that are laid out at once; with a script, those beyond wait to be asked for."""

SHORT_TEXT = 24
"""Characters of a cell that stay on one line: a date, a name."""

WORDS: Mapping[str, str] = {
    Tone.GOOD: "Good:",
    Tone.BAD: "Bad:",
    Tone.WARN: "Needs a look:",
    Tone.NEUTRAL: "For information:",
}
"""What the sign beside a verdict says to those who do not see it."""


def html(document: Document) -> str:
    """Render a document as one self-contained page."""
    style, script = _joined(STYLES), _joined(SCRIPTS)
    return (
        _environment()
        .get_template("page.html.j2")
        .render(
            document=document,
            style=style,
            script=script,
            n_sharing=n_blocks(document.blocks),
            policy=_policy(style, script),
            version=__version__,
        )
    )


@cache
def _joined(names: tuple[str, ...]) -> Markup:
    """Return files of the templates as they are, one after the other."""
    from markupsafe import Markup

    folder = files("reports") / "templates"
    return Markup("\n" + "".join((folder / name).read_text(encoding="utf-8") for name in names))


def _policy(style: str, script: str) -> str:
    """Return what a page may do: wear its own style, run its own script, and nothing else."""
    return (
        f"default-src 'none'; script-src {_source(script)}; style-src {_source(style)}; "
        "base-uri 'none'; form-action 'none'"
    )


def _source(text: str) -> str:
    digest = sha256(text.encode()).digest()
    return f"'sha256-{b64encode(digest).decode()}'"


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
    environment.globals["LONG_TABLE"] = LONG_TABLE
    environment.filters.update(
        cell=cell,
        code=_code,
        contents=_contents,
        headed=headed,
        page_cases=page_cases,
        drawn=_drawn,
        grouped=count,
        kind=_kind,
        leaning=_leaning,
        toned=_toned,
        values=drawing_table,
        word=WORDS.__getitem__,
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


def _contents(document: Document) -> list[tuple[str, str]]:
    """Return the anchors and titles of a page's parts, where there are enough to choose from."""
    found = _parts(document, Section | Details)
    if len(found) > MOST_CONTENTS:
        found = _parts(document, Section)
    return found if len(found) >= LEAST_CONTENTS else []


def _parts(document: Document, kinds: type[Section] | UnionType) -> list[tuple[str, str]]:
    return [
        (f"part-{i}", block.title)
        for i, block in enumerate(document.blocks, 1)
        if isinstance(block, kinds)
    ]


def _leaning(align: Align, content: Cell | str = "") -> Markup:
    """Return the attribute of a cell for what differs from most: its side, its length, its tone."""
    text = cell(content).text
    if align == Align.RIGHT:
        return _classes(align, _tone(content))
    return _classes("text" if len(text) > SHORT_TEXT or "\n" in text else "", _tone(content))


def _toned(content: Cell | str) -> Markup:
    return _classes(_tone(content))


def _tone(content: Cell | str) -> str:
    tone = cell(content).tone
    return "" if tone is Tone.NEUTRAL else tone


@cache
def _classes(*names: str) -> Markup:
    from markupsafe import Markup

    joined = " ".join(filter(None, names))
    return Markup(f' class="{joined}"' if joined else "")

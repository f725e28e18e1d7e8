"""The format of a file by its name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from optimizer.models.errors import ConfigError
from reports.document import Document
from reports.formatting import listing
from reports.render.gate_sarif import gate_sarif
from reports.render.html import html
from reports.render.junit import junit
from reports.render.markdown import markdown
from reports.render.pictures import document_png, document_svg
from reports.render.terminal import terminal

MARKDOWN = ".md"

RENDERERS: Mapping[str, Callable[[Document], str | bytes]] = {
    ".html": html,
    MARKDOWN: markdown,
    ".txt": partial(terminal, color=False),
    ".junit.xml": junit,
    ".sarif": gate_sarif,
    ".sarif.json": gate_sarif,
    ".svg": document_svg,
    ".png": document_png,
}


def render(document: Document, suffix: str, *, picture: str | None = None) -> str | bytes:
    """Render a document in the format of a file's suffix; a picture that is no text as bytes.

    Args:
        document: What to render.
        suffix: Of the file.
        picture: The charts of it in a file of their own, which Markdown refers to.

    Raises:
        ConfigError: No format has this suffix, or it cannot hold this document.
    """
    renderer = RENDERERS.get(suffix.lower())
    if renderer is None:
        raise ConfigError(f"output: suffix {suffix!r}, must be {listing(list(RENDERERS), 'or')}")
    return markdown(document, picture=picture) if suffix.lower() == MARKDOWN else renderer(document)

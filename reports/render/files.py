"""The format of a file by its name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from optimizer.models.errors import ConfigError
from reports.document import Document
from reports.formatting import listing
from reports.render.html import html
from reports.render.junit import junit
from reports.render.markdown import markdown
from reports.render.pictures import document_png, document_svg
from reports.render.terminal import terminal

RENDERERS: Mapping[str, Callable[[Document], str | bytes]] = {
    ".html": html,
    ".md": markdown,
    ".txt": partial(terminal, color=False),
    ".junit.xml": junit,
    ".svg": document_svg,
    ".png": document_png,
}


def render(document: Document, suffix: str) -> str | bytes:
    """Render a document in the format of a file's suffix; a picture that is no text as bytes.

    Raises:
        ConfigError: No format has this suffix, or it cannot hold this document.
    """
    renderer = RENDERERS.get(suffix.lower())
    if renderer is None:
        raise ConfigError(f"output: suffix {suffix!r}, must be {listing(list(RENDERERS), 'or')}")
    return renderer(document)

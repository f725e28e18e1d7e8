"""SVG and PNG: the charts of a report in one picture."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from reports.charts.drawn import png, svg
from reports.document import Block, Details, Document, Section
from reports.drawings import Drawing


def document_svg(document: Document) -> str:
    """Render the charts of a document, one below the other, as SVG.

    Raises:
        ConfigError: It has none, or nothing that could draw them is installed.
    """
    return svg(list(_drawings(document.blocks)))


def document_png(document: Document) -> bytes:
    """Render the charts of a document, one below the other, as PNG.

    Raises:
        ConfigError: It has none, or nothing that could draw them is installed.
    """
    return png(list(_drawings(document.blocks)))


def _drawings(blocks: Sequence[Block]) -> Iterator[Drawing]:
    for block in blocks:
        if isinstance(block, Drawing):
            yield block
        elif isinstance(block, Section | Details):
            yield from _drawings(block.blocks)

"""Markdown as GitHub and GitLab read it: for pull requests, summaries of steps and chat."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from urllib.parse import quote

from reports.charts.drawn import drawing_table
from reports.document import (
    Align,
    Block,
    Code,
    Details,
    Document,
    Facts,
    Items,
    Mark,
    Marked,
    Prose,
    Section,
    Table,
    cell,
)
from reports.drawings import Drawing
from reports.render.limit import limited
from reports.text import glue, line, plain

LARGEST_BYTES = 60_000
"""What a comment of GitHub holds, 65,536 characters, less some for what is put around it."""

DEEPEST_HEADING = 6

LIST_END = "<!-- -->"
"""Keeps two lists in a row apart."""

TAGS = {Mark.REMOVED: "del", Mark.ADDED: "ins"}
"""How HTML names what was removed and added."""

_ANYWHERE = re.compile(
    r"[\\`*|~]"  # escapes, code, emphasis, columns, strike-through
    r"|(?<![^\W_])_|_(?![^\W_])"  # emphasis by underscores, which within a word are none
    r"|(?<=\])[\[(]"  # links, references
    r"|\$(?!\d)"  # formulas, which no price opens or ends
    r"|&(?=[#\w])"  # entities
    r"|:(?=//)|(?<=www)\."  # addresses that would become links
)
_AT_START = re.compile(r"^(?=[#>+=\[-])|^(\d+)(?=[.)])")
_REFERENCES = re.compile(r"@(?=\w)|#(?=\d)")


def markdown(
    document: Document, *, picture: str | None = None, max_bytes: int = LARGEST_BYTES
) -> str:
    """Render a document as GitHub-flavoured Markdown of at most so many bytes.

    What is left out for that is said in its place.

    Args:
        document: What to render.
        picture: A file beside the text that holds the charts, to be shown in it.
        max_bytes: The length allowed.
    """
    without_drawings = replace(document, blocks=tuple(_drawn(document.blocks, picture)))
    return limited(without_drawings, partial(_whole, picture=picture), max_bytes=max_bytes)


def _whole(document: Document, *, picture: str | None) -> str:
    said = [] if document.verdict is None else [f"**{_inline(document.verdict.text)}**"]
    shown = [] if picture is None else [f"![Charts of this report](<{quote(picture)}>)"]
    parts = [
        *said,
        f"# {_inline(document.title)}",
        *shown,
        *_blocks(document.blocks, depth=2),
        *map(_paragraph, document.hints),
    ]
    return "\n\n".join(parts) + "\n"


def _drawn(blocks: Sequence[Block], picture: str | None) -> Iterator[Block]:
    """Yield blocks with each drawing as a table, folded where a picture shows it."""
    for block in blocks:
        if isinstance(block, Drawing):
            table = drawing_table(block)
            yield table if picture is None else Details(f"{block.title}: figures", (table,))
        elif isinstance(block, Section | Details):
            yield type(block)(block.title, tuple(_drawn(block.blocks, picture)))
        else:
            yield block


def _blocks(blocks: Sequence[Block], depth: int) -> Iterable[str]:
    for before, block in zip((None, *blocks), blocks, strict=False):
        if isinstance(before, Facts | Items) and isinstance(block, Facts | Items):
            yield LIST_END
        yield _block(block, depth)


def _block(block: Block, depth: int) -> str:
    match block:
        case Prose():
            return _paragraph(block.text)
        case Code() | Marked():
            return _code(plain(block.text)) if isinstance(block, Code) else _marked(block)
        case Items():
            return "\n".join(f"- {_paragraph(text)}" for text in block.texts or (block.empty,))
        case Facts():
            return "\n".join(
                f"- {_paragraph(name)}: {_inline(cell(content).text)}"
                for name, content in block.pairs
            )
        case Table():
            return _table(block)
        case Section() | Details():
            return _titled(block, depth)
        case _:
            raise TypeError(f"{type(block).__name__} was to be laid out before")


def _titled(block: Section | Details, depth: int) -> str:
    inner = "\n\n".join(_blocks(block.blocks, depth + 1))
    if isinstance(block, Section):
        return f"{'#' * min(depth, DEEPEST_HEADING)} {_inline(block.title)}\n\n{inner}"
    summary = html.escape(line(block.title))
    return f"<details><summary>{summary}</summary>\n\n{inner}\n\n</details>"


def _table(table: Table) -> str:
    if not table.rows:
        return _paragraph(table.empty)
    rules = ("---:" if column.align is Align.RIGHT else "---" for column in table.columns)
    lines = [
        _row(column.title for column in table.columns),
        f"| {' | '.join(rules)} |",
        *(_row(cell(content).text for content in row) for row in table.rows),
    ]
    caption = [_paragraph(table.caption)] if table.caption else []
    return "\n\n".join([*caption, "\n".join(lines)])


def _row(texts: Iterable[str]) -> str:
    return f"| {' | '.join(map(_cell, texts))} |"


def _cell(text: str) -> str:
    return "<br>".join(_escaped(glue(line(part))) for part in plain(text).split("\n"))


def _paragraph(text: str) -> str:
    return _AT_START.sub(lambda match: f"{match[0]}\\", _inline(text))


def _inline(text: str) -> str:
    """Return a text on one line that Markdown shows as it is."""
    return _escaped(line(text))


def _escaped(text: str) -> str:
    escaped = _ANYWHERE.sub(lambda match: f"\\{match[0]}", text).replace("<", "&lt;")
    return _REFERENCES.sub(lambda match: f"{match[0]}&#8203;", escaped)


def _marked(marked: Marked) -> str:
    """Return marked text as HTML, which Markdown leaves alone up to the end of `pre`."""
    return f"<pre>{''.join(_piece(mark, plain(text)) for mark, text in marked.pieces)}</pre>"


def _piece(mark: Mark, text: str) -> str:
    tag = TAGS.get(mark)
    escaped = html.escape(text)
    return f"<{tag}>{escaped}</{tag}>" if tag else escaped


def _code(text: str) -> str:
    longest = max((len(ticks) for ticks in re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}\n{text}\n{fence}"

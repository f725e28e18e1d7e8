"""The terminal: lines that fit its width, colour by meaning only."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from io import StringIO
from typing import TYPE_CHECKING

from reports.charts import chart_table
from reports.document import (
    Align,
    Block,
    Chart,
    Code,
    Details,
    Document,
    Facts,
    Items,
    Prose,
    Section,
    Table,
    Tone,
    cell,
)
from reports.render.columns import cells, fit, fold
from reports.text import glue, line, plain

if TYPE_CHECKING:
    from rich.text import Text

STYLES: Mapping[Tone, str] = {
    Tone.GOOD: "green",
    Tone.BAD: "red",
    Tone.WARN: "yellow",
    Tone.NEUTRAL: "",
}
HEADING, QUIET = "bold", "dim"
INDENT = 2
LONGEST_NAME = 24
"""Cells up to which the names of facts stand in a column of their own."""


def terminal(document: Document, *, width: int = 80, color: bool) -> str:
    """Render a document as lines of text.

    Args:
        document: What to render.
        width: Cells of a line.
        color: Whether to colour by ANSI escapes; without, there is none in the text.
    """
    from rich.console import Console

    out = StringIO()
    console = Console(
        file=out,
        width=width,
        color_system="standard" if color else None,
        force_terminal=color,
        legacy_windows=False,
        _environ={},
    )
    for text in _lines(document, width):
        text.rstrip()
        console.print(text, soft_wrap=True, highlight=False)
    return out.getvalue()


def _lines(document: Document, width: int) -> Iterator[Text]:
    if document.verdict is None:
        yield from _folded(document.title, width, HEADING)
    else:
        style = f"bold {STYLES[document.verdict.tone]}".strip()
        yield from _folded(document.verdict.text, width, style)
    yield from _blocks(document.blocks, width)
    if document.hints:
        yield _text("")
    for hint in document.hints:
        yield from _folded(hint, width, QUIET)


def _blocks(blocks: Sequence[Block], width: int) -> Iterator[Text]:
    for block in blocks:
        yield _text("")
        yield from _block(block, width)


def _block(block: Block, width: int) -> Iterator[Text]:
    if isinstance(block, Chart):
        block = chart_table(block)
    match block:
        case Prose():
            yield from _folded(block.text, width)
        case Code():
            yield from _code(block.text, width)
        case Items():
            yield from _items(block, width)
        case Facts():
            yield from _facts(block, width)
        case Table():
            yield from _table(block, width)
        case Section() | Details():
            yield from _titled(block, width)


def _titled(block: Section | Details, width: int) -> Iterator[Text]:
    yield from _folded(block.title, width, HEADING)
    for i, inner in enumerate(block.blocks):
        if i:
            yield _text("")
        for text in _block(inner, max(width - INDENT, 1)):
            yield _joined((" " * INDENT, ""), text)


def _items(items: Items, width: int) -> Iterator[Text]:
    for text in items.texts:
        for i, part in enumerate(_prepared(line(text), width - INDENT)):
            yield _text(("  " if i else "- ") + part)
    if not items.texts:
        yield from _folded(items.empty, width)


def _code(text: str, width: int) -> Iterator[Text]:
    from rich.cells import chop_cells

    for row in plain(text).split("\n"):
        yield from map(_text, chop_cells(row, max(width, 2)) or [""])


def _facts(facts: Facts, width: int) -> Iterator[Text]:
    names = [line(name) for name, _ in facts.pairs]
    column = max((cells(name) for name in names if cells(name) <= LONGEST_NAME), default=0) + 2
    if column > width // 2:
        column = INDENT
    for name, (_, content) in zip(names, facts.pairs, strict=True):
        shown = cell(content)
        texts = _prepared(shown.text, width - column)
        if cells(name) + 2 <= column:
            yield _joined((_padded(name, column), QUIET), (texts[0], STYLES[shown.tone]))
            texts = texts[1:]
        else:
            yield from _folded(name, width, QUIET)
        for text in texts:
            yield _joined((" " * column, ""), (text, STYLES[shown.tone]))


def _table(table: Table, width: int) -> Iterator[Text]:
    if not table.rows:
        yield from _folded(table.empty, width)
        return
    if table.caption:
        yield from _folded(table.caption, width, QUIET)
    titles = [column.title for column in table.columns]
    rows = [titles, *([cell(c).text for c in row] for row in table.rows)]
    prepared = [[glue(plain(text)) for text in row] for row in rows]
    fixed = [column.align is Align.RIGHT for column in table.columns]
    fitting = fit(prepared, fixed, width)
    if fitting is None:
        yield from _records(table, width)
    else:
        yield from _rows(table, prepared, *fitting)


def _rows(table: Table, rows: list[list[str]], found: list[int], gap: int) -> Iterator[Text]:
    styles = [[QUIET] * len(found), *([STYLES[cell(c).tone] for c in row] for row in table.rows)]
    for row, tones in zip(rows, styles, strict=True):
        folded = [fold(text, room) for text, room in zip(row, found, strict=True)]
        for i in range(max(map(len, folded))):
            parts: list[tuple[str, str] | Text] = []
            for lines, room, column, style in zip(folded, found, table.columns, tones, strict=True):
                text = lines[i] if i < len(lines) else ""
                parts.append((_padded(text, room, column.align) + " " * gap, style))
            yield _joined(*parts)


def _records(table: Table, width: int) -> Iterator[Text]:
    """Show each row as facts, where the columns do not fit side by side."""
    for i, row in enumerate(table.rows):
        if i:
            yield _text("")
        titles = [column.title for column in table.columns]
        yield from _facts(Facts(tuple(zip(titles, row, strict=True))), width)


def _folded(text: str, width: int, style: str = "") -> Iterator[Text]:
    for part in fold(glue(line(text)), width):
        yield _text(part, style)


def _prepared(text: str, width: int) -> list[str]:
    return fold(glue(plain(text)), width)


def _padded(text: str, width: int, align: Align = Align.LEFT) -> str:
    space = " " * (width - cells(text))
    return space + text if align is Align.RIGHT else text + space


def _text(text: str, style: str = "") -> Text:
    from rich.text import Text

    return Text(text, style=style)


def _joined(*parts: tuple[str, str] | Text) -> Text:
    from rich.text import Text

    return Text.assemble(*parts)

"""The terminal: lines that fit its width, colour by meaning only."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from reports.document import (
    Align,
    Block,
    Case,
    Cases,
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
from reports.formatting import plural
from reports.render.columns import cells, fit, fold
from reports.text import glue, line, plain
from reports.tones import Tone

Line = tuple[tuple[str, str], ...]
"""Pieces of one line, each with its style: parameters of an ANSI SGR sequence, or nothing."""

PLAIN, HEADING, QUIET = "", "1", "2"
STYLES: Mapping[Tone, str] = {
    Tone.GOOD: "32",
    Tone.BAD: "31",
    Tone.WARN: "33",
    Tone.NEUTRAL: PLAIN,
}
MARKS: Mapping[Mark, tuple[str, str, str]] = {
    Mark.KEPT: ("", "", PLAIN),
    Mark.REMOVED: ("[-", "-]", STYLES[Tone.BAD]),
    Mark.ADDED: ("{+", "+}", STYLES[Tone.GOOD]),
}
"""What stands before and behind a stretch of text, and its style."""

LOOKS_MARKED = re.compile(r"\[-|-\]|\{\+|\+\}")
LINE_END = "\u21b5"
"""Shows that the end of a line was removed or added."""

CASES_SHOWN = 20
"""Cases that are listed; of more, the number is said."""
CASES_READ = 10
"""The same of cases with texts, which take more lines."""

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
    return "".join(_drawn(pieces, color=color) + "\n" for pieces in _lines(document, width))


def _drawn(pieces: Line, *, color: bool) -> str:
    """Return a line as text, without spaces at its end."""
    last = max((i for i, (text, _) in enumerate(pieces) if text.strip()), default=-1)
    shown = [*pieces[:last], *((text.rstrip(), style) for text, style in pieces[last : last + 1])]
    if last < 0:
        return ""
    if not color:
        return "".join(text for text, _ in shown)
    return "".join(
        f"\x1b[{style}m{text}\x1b[0m" if style and text else text for text, style in shown
    )


def _lines(document: Document, width: int) -> Iterator[Line]:
    if document.verdict is None:
        yield from _folded(document.title, width, HEADING)
    else:
        tone = STYLES[document.verdict.tone]
        style = f"{HEADING};{tone}" if tone else HEADING
        yield from _folded(document.verdict.text, width, style)
    yield from _blocks(document.blocks, width)
    if document.hints:
        yield _text("")
    for hint in document.hints:
        yield from _folded(hint, width, QUIET)


def _blocks(blocks: Sequence[Block], width: int) -> Iterator[Line]:
    for block in blocks:
        yield _text("")
        yield from _block(block, width)


def _block(block: Block, width: int) -> Iterator[Line]:
    if isinstance(block, Drawing):
        from reports.charts.drawn import drawing_table

        block = drawing_table(block)
    match block:
        case Cases():
            yield from _cases(block, width)
        case Prose():
            yield from _folded(block.text, width)
        case Code():
            yield from _code(block.text, width)
        case Marked():
            yield from _marked(block, width)
        case Items():
            yield from _items(block, width)
        case Facts():
            yield from _facts(block, width)
        case Table():
            yield from _table(block, width)
        case Section() | Details():
            yield from _titled(block, width)


def _titled(block: Section | Details, width: int) -> Iterator[Line]:
    yield from _folded(block.title, width, HEADING)
    for i, inner in enumerate(block.blocks):
        if i:
            yield _text("")
        for text in _block(inner, max(width - INDENT, 1)):
            yield ((" " * INDENT, PLAIN), *text)


def _items(items: Items, width: int) -> Iterator[Line]:
    for text in items.texts:
        for i, part in enumerate(_prepared(line(text), width - INDENT)):
            yield _text(("  " if i else "- ") + part)
    if not items.texts:
        yield from _folded(items.empty, width)


def _code(text: str, width: int) -> Iterator[Line]:
    from rich.cells import chop_cells

    for row in plain(text).split("\n"):
        yield from map(_text, chop_cells(row, max(width, 2)) or [""])


def _marked(marked: Marked, width: int) -> Iterator[Line]:
    """Show what was removed as [-this-] and what was added as {+this+}, line by line."""
    lines: list[list[tuple[str, str]]] = [[]]
    for mark, text in marked.pieces:
        opening, closing, style = MARKS[mark]
        for i, row in enumerate(plain(text).split("\n")):
            if i:
                lines.append([])
            if row:
                lines[-1].append((f"{opening}{_unmarked(row)}{closing}", style))
            elif mark is not Mark.KEPT and i == 0 and "\n" in text:
                lines[-1].append((f"{opening}{LINE_END}{closing}", style))
    for pieces in lines if lines[-1] else lines[:-1]:
        yield from _wrapped(pieces, width)


def _unmarked(text: str) -> str:
    """Return a text in which nothing looks like a mark of ours."""
    return LOOKS_MARKED.sub(lambda found: "\\".join(found[0]), text)


def _wrapped(pieces: Sequence[tuple[str, str]], width: int) -> Iterator[Line]:
    """Cut one line of styled pieces where the width ends."""
    from rich.cells import chop_cells

    room, row = max(width, 2), list[tuple[str, str]]()
    for text, style in pieces:
        rest = text
        while rest:
            free = room - sum(cells(part) for part, _ in row)
            head = chop_cells(rest[: 2 * room], free)[0] if free > 1 else ""
            if head and cells(head) <= free:
                row.append((head, style))
                rest = rest[len(head) :]
            if rest:
                yield tuple(row)
                row = []
    yield tuple(row) or ((("", PLAIN)),)


def _facts(facts: Facts, width: int) -> Iterator[Line]:
    names = [line(name) for name, _ in facts.pairs]
    column = max((cells(name) for name in names if cells(name) <= LONGEST_NAME), default=0) + 2
    if column > width // 2:
        column = INDENT
    for name, (_, content) in zip(names, facts.pairs, strict=True):
        shown = cell(content)
        texts = _prepared(shown.text, width - column)
        if cells(name) + 2 <= column:
            yield ((_padded(name, column), QUIET), (texts[0], STYLES[shown.tone]))
            texts = texts[1:]
        else:
            yield from _folded(name, width, QUIET)
        for text in texts:
            yield ((" " * column, PLAIN), (text, STYLES[shown.tone]))


def _table(table: Table, width: int, below: Sequence[Sequence[Line]] = ()) -> Iterator[Line]:
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
        yield from _records(table, width, below)
    else:
        yield from _rows(table, prepared, *fitting, below=below)


def _cases(cases: Cases, width: int) -> Iterator[Line]:
    """Show the first cases, and below each how its texts begin."""
    with_texts = any(case.texts for case in cases.cases[:CASES_READ])
    first = cases.cases[: CASES_READ if with_texts else CASES_SHOWN]
    table = Table(cases.columns, tuple(case.cells for case in first), cases.caption, cases.empty)
    below = [[*_beginnings(case, width)] for case in first]
    yield from _table(table, width, below)
    more = len(cases.cases) - len(first)
    if more > 0:
        yield from _folded(f"and {plural(more, 'case')} more; -o x.html has them", width, QUIET)


def _beginnings(case: Case, width: int) -> Iterator[Line]:
    """Show how each text of a case begins, on a line of its own."""
    room = max(width - INDENT, 1)
    for passage in case.texts:
        text = f"{line(passage.heading)}: {line(passage.text[: 2 * width])}"
        yield ((" " * INDENT, PLAIN), (_clipped(text, room), QUIET))


def _clipped(text: str, room: int) -> str:
    """Return the beginning of a text that fits."""
    from rich.cells import chop_cells

    return text if cells(text) <= room else chop_cells(text, max(room - 1, 2))[0].rstrip() + "…"


def _rows(
    table: Table,
    rows: list[list[str]],
    found: list[int],
    gap: int,
    *,
    below: Sequence[Sequence[Line]],
) -> Iterator[Line]:
    styles = [[QUIET] * len(found), *([STYLES[cell(c).tone] for c in row] for row in table.rows)]
    after = ((), *below) if below else ((),) * len(rows)
    for row, tones, lines_below in zip(rows, styles, after, strict=True):
        folded = [fold(text, room) for text, room in zip(row, found, strict=True)]
        for i in range(max(map(len, folded))):
            parts: list[tuple[str, str]] = []
            for lines, room, column, style in zip(folded, found, table.columns, tones, strict=True):
                text = lines[i] if i < len(lines) else ""
                parts.append((_padded(text, room, column.align) + " " * gap, style))
            yield tuple(parts)
        yield from lines_below


def _records(table: Table, width: int, below: Sequence[Sequence[Line]]) -> Iterator[Line]:
    """Show each row as facts, where the columns do not fit side by side."""
    for i, row in enumerate(table.rows):
        if i:
            yield _text("")
        titles = [column.title for column in table.columns]
        yield from _facts(Facts(tuple(zip(titles, row, strict=True))), width)
        yield from below[i] if below else ()


def _folded(text: str, width: int, style: str = PLAIN) -> Iterator[Line]:
    for part in fold(glue(line(text)), width):
        yield _text(part, style)


def _prepared(text: str, width: int) -> list[str]:
    return fold(glue(plain(text)), width)


def _padded(text: str, width: int, align: Align = Align.LEFT) -> str:
    space = " " * (width - cells(text))
    return space + text if align is Align.RIGHT else text + space


def _text(text: str, style: str = PLAIN) -> Line:
    return ((text, style),)

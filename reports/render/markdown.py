"""Markdown as GitHub reads it: for pull requests and chat."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

from reports.charts.drawn import drawing_table
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
    Passage,
    Prose,
    Section,
    Table,
    cell,
)
from reports.drawings import Drawing
from reports.formatting import count, plural
from reports.render.passages import cut, headed, left_out
from reports.text import line, plain

DEEPEST_HEADING = 6

LIST_END = "<!-- -->"
"""Keeps two lists in a row apart."""

MOST_CASES = 50
"""Cases that are listed; of more, the number is said."""
MOST_OPENED = 20
"""Cases of them whose texts are shown."""
MOST_CHARS = 500
"""Characters of a text."""
ELSEWHERE = "'-o x.html' has more of them, '-o x.json' all."

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


def markdown(document: Document) -> str:
    """Render a document as GitHub-flavoured Markdown."""
    parts = [f"# {_inline(document.title)}", *_blocks(document.blocks, depth=2)]
    if document.verdict is not None:
        parts.insert(0, f"**{_inline(document.verdict.text)}**")
    parts.extend(_paragraph(hint) for hint in document.hints)
    return "\n\n".join(parts) + "\n"


def _blocks(blocks: Sequence[Block], depth: int) -> Iterable[str]:
    for before, block in zip((None, *blocks), blocks, strict=False):
        if isinstance(before, Facts | Items) and isinstance(block, Facts | Items):
            yield LIST_END
        yield _block(block, depth)


def _block(block: Block, depth: int) -> str:  # noqa: PLR0911 - one for each kind of block
    if isinstance(block, Drawing):
        block = drawing_table(block)
    match block:
        case Cases():
            return _cases(block)
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


def _titled(block: Section | Details, depth: int) -> str:
    inner = "\n\n".join(_blocks(block.blocks, depth + 1))
    if isinstance(block, Section):
        return f"{'#' * min(depth, DEEPEST_HEADING)} {_inline(block.title)}\n\n{inner}"
    return _details(block.title, inner)


def _details(title: str, inner: str) -> str:
    return f"<details><summary>{html.escape(line(title))}</summary>\n\n{inner}\n\n</details>"


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


def _cases(cases: Cases) -> str:
    """Return the first cases as a table, and the texts of the first of them folded."""
    first = cases.cases[:MOST_CASES]
    rows = tuple(case.cells for case in first)
    opened = [replace(case, texts=_short(case)) for case in first[:MOST_OPENED] if case.texts]
    table = _table(Table(cases.columns, rows, empty=cases.empty))
    if not rows:
        return table
    said = left_out(cases, [case.texts for case in opened], n_rows=len(rows), where=ELSEWHERE)
    parts = [_paragraph(cases.caption)] if cases.caption else []
    parts += [_details(f"{count(len(rows))} of {plural(len(cases.cases), 'case')}", table)]
    return "\n\n".join([*parts, *map(_opened, opened), *([_paragraph(said)] if said else [])])


def _short(case: Case) -> tuple[Passage, ...]:
    return tuple(cut(passage, MOST_CHARS) for passage in case.texts)


def _opened(case: Case) -> str:
    """Return the texts of a case, folded below what became of it."""
    change, name, *_ = (cell(content).text for content in case.cells)
    texts = (f"{_paragraph(headed(one))}:\n\n{_code(one.text)}" for one in case.texts)
    return _details(f"{change}: {name}", "\n\n".join(texts))


def _row(texts: Iterable[str]) -> str:
    return f"| {' | '.join(map(_cell, texts))} |"


def _cell(text: str) -> str:
    return "<br>".join(_inline(part) for part in plain(text).split("\n"))


def _paragraph(text: str) -> str:
    return _AT_START.sub(lambda match: f"{match[0]}\\", _inline(text))


def _inline(text: str) -> str:
    """Return a text on one line that Markdown shows as it is."""
    escaped = _ANYWHERE.sub(lambda match: f"\\{match[0]}", line(text)).replace("<", "&lt;")
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

"""A text of no more than so many bytes: rows give way first, then what is folded, then the end.

The verdict never does, nor do the first blocks of a document before all others have gone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from reports.document import Document, Verdict
from reports.render.room import Room, fitted, most_rows, n_blocks, n_folded

LEAST_ROW_BYTES = 8
"""No row of a table is shorter; more rows than that allows need not be tried."""

FULL = Room(opened=5, case_chars=2_000)
SHORT_TEXTS = Room(opened=5, case_chars=2_000, chars=8_000)
FEW_ROWS = Room(opened=3, case_chars=500, chars=2_000, rows=20)
FEWEST_ROWS = Room(opened=0, case_chars=0, chars=300, rows=10)

VERDICT_CHARS = 2_000
CUT = "*Cut here for its length; -o FILE.html has the rest.*"

Write = Callable[[Document], str]


def limited(document: Document, write: Write, *, max_bytes: int) -> str:
    """Write a document with as much of it as there is room for.

    Args:
        document: The document; cases in it become a table, and the first of them folded parts.
        write: What makes a text of it.
        max_bytes: The length allowed.
    """
    document = _with_short_verdict(document)

    def fits(room: Room) -> bool:
        return _size(write(fitted(document, room))) <= max_bytes

    room = _room(document, fits, max_rows=max_bytes // LEAST_ROW_BYTES)
    text = write(fitted(document, room))
    return text if _size(text) <= max_bytes else _cut(text, max_bytes)


def _room(document: Document, fits: Callable[[Room], bool], *, max_rows: int) -> Room:
    """Return the largest room that fits, or the smallest there is."""
    rows = most_rows(document.blocks)
    may_be_whole = rows <= max_rows
    for whole in (FULL, SHORT_TEXTS) if may_be_whole else ():
        if fits(whole):
            return whole
    if rows > (few := FEW_ROWS.rows or 0) and fits(replace(SHORT_TEXTS, rows=few)):
        most = min(rows, max_rows)
        n = _largest(few, most, lambda n: fits(replace(SHORT_TEXTS, rows=n)))
        return replace(SHORT_TEXTS, rows=n)
    folded = n_folded(document.blocks)
    for small in (FEW_ROWS, FEWEST_ROWS):
        if fits(replace(small, folded=0)):
            n = _largest(0, folded, lambda n, small=small: fits(replace(small, folded=n)))  # type: ignore[misc]
            return replace(small, folded=n)
    small = replace(FEWEST_ROWS, folded=0)
    n = _largest(0, n_blocks(document.blocks), lambda n: fits(replace(small, blocks=n)))
    return replace(small, blocks=n)


def _largest(low: int, high: int, fits: Callable[[int], bool]) -> int:
    """Return the largest number that fits; `low` is taken to."""
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if fits(middle) else (low, middle - 1)
    return low


def _with_short_verdict(document: Document) -> Document:
    verdict = document.verdict
    if verdict is None or len(verdict.text) <= VERDICT_CHARS:
        return document
    return replace(document, verdict=Verdict(verdict.tone, f"{verdict.text[:VERDICT_CHARS]} …"))


def _size(text: str) -> int:
    return len(text.encode("utf-8"))


def _cut(text: str, max_bytes: int) -> str:
    room = max(0, max_bytes - _size(CUT) - 3)
    head = text.encode("utf-8")[:room].decode("utf-8", "ignore")
    whole_lines = head.rpartition("\n")[0] or head
    return f"{whole_lines.rstrip()}\n\n{CUT}\n"

"""The cases of a page: the first as HTML, the others as data that its script shows when asked.

Texts share the room there is: short ones are whole, of long ones the beginning is kept. What was
cut is said at each text, what was left out below the cases.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import accumulate
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from optimizer.models.dataclass import dataclass
from reports.document import Align, Block, Case, Cases, Cell, Details, Passage, Section, cell
from reports.render.passages import cut, left_out
from reports.text import line

if TYPE_CHECKING:
    from markupsafe import Markup

STATIC_CASES = 20
"""Cases that are there without a script."""

STATIC_BYTES = 300_000
"""Room for the texts of the first cases."""

DATA_BYTES = 2_450_000
ROW_BYTES = 1_200_000
"""Room for the other cases, and how much of it their rows may take; the rest is for texts."""

ROW_MARKS = 8
TEXT_MARKS = 12
"""Bytes of what stands around a row, and around a text."""

QUOTES = {"'": 4, '"': 3}
"""How many more bytes these take in HTML than in JSON."""

NEAR_CASES = 500
NEAR_SHARE = 0.6
"""Cases whose texts come first, and the share of the room for texts that they may take."""

MOST_CHARS = 20_000
"""Of one text no more is kept, be there room or not."""

LEAST_BYTES = 200
"""Rather than less of a text, none is kept of the last cases."""

ELSEWHERE = "'-o x.json' has all of them, whole."

UNSAFE = tuple((sign, f"\\u{ord(sign):04x}") for sign in "<>&\u2028\u2029")
"""What could end a script, or be read as more than text, by another name for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PageCases:
    """What a page holds of some cases.

    Attributes:
        first: Cases that are laid out, with texts that fit.
        data: The others as JSON, None where there are none.
        note: What was cut or left out, None where nothing was.
    """

    first: tuple[Case, ...]
    data: Markup | None
    note: str | None


class _Coded(NamedTuple):
    """A harmless text, as JSON too, and the bytes that this takes in a page."""

    passage: Passage
    json: str
    size: int


def n_blocks(blocks: Iterable[Block]) -> int:
    """Count the blocks of cases in a document: they share the room of a page."""
    return sum(
        1 if isinstance(block, Cases) else n_blocks(block.blocks)
        for block in blocks
        if isinstance(block, Cases | Section | Details)
    )


def page_cases(cases: Cases, n_sharing: int = 1) -> PageCases:
    """Return what a page holds of some cases.

    Args:
        cases: The cases.
        n_sharing: Blocks of cases that share the room of the page.
    """
    n_static = max(STATIC_CASES // n_sharing, 1)
    static, others = cases.cases[:n_static], cases.cases[n_static:]
    fitting = _fitting(static, STATIC_BYTES // n_sharing, quotes=True)
    first = [
        Case(case.cells, tuple(one.passage for one in texts))
        for case, texts in zip(static, fitting, strict=True)
    ]
    rows = [_row(case) for case in others]
    sizes = [len(row.encode()) + ROW_MARKS for row in rows]
    listed = _n_fitting(sizes, ROW_BYTES // n_sharing)
    kept = _shared(others[:listed], DATA_BYTES // n_sharing - sum(sizes[:listed]))
    opened = [[one.passage for one in texts] for texts in kept] + [case.texts for case in first]
    said = left_out(cases, list(filter(None, opened)), n_rows=len(first) + listed, where=ELSEWHERE)
    data = _data(cases, others, kept, rows) if kept else None
    return PageCases(first=tuple(first), data=data, note=said)


def _shared(cases: Sequence[Case], room: int) -> list[list[_Coded]]:
    """Return the texts of cases that fit; those of the first ones have more room each."""
    near = _fitting(cases[:NEAR_CASES], int(room * NEAR_SHARE))
    used = sum(one.size for texts in near for one in texts)
    return near + _fitting(cases[NEAR_CASES:], room - used)


def _fitting(cases: Sequence[Case], room: int, *, quotes: bool = False) -> list[list[_Coded]]:
    """Return texts of cases that fit into as many bytes, as much of each as of the others.

    `quotes`: they are laid out as HTML, where quotes take more.
    """
    texts = [[_coded(cut(one, MOST_CHARS), quotes) for one in case.texts] for case in cases]
    least = (sum(min(one.size, LEAST_BYTES) for one in of_case) for of_case in texts)
    n = _n_fitting(least, room)
    most = _level([one.size for of_case in texts[:n] for one in of_case], room)
    return [
        [_within(one, most, quotes) for one in of_case] if i < n else []
        for i, of_case in enumerate(texts)
    ]


def _n_fitting(sizes: Iterable[int], room: int) -> int:
    """Return how many of some sizes, in their order, fit."""
    return sum(1 for total in accumulate(sizes) if total <= room)


def _level(sizes: Sequence[int], room: int) -> int:
    """Return the size to which larger ones are cut so that all fit."""
    left = len(sizes)
    for size in sorted(sizes):
        if size * left > room:
            return room // left
        room -= size
        left -= 1
    return max(sizes, default=0)


def _coded(passage: Passage, quotes: bool) -> _Coded:
    json = _json(passage.text)
    size = len(json) if json.isascii() else len(json.encode())
    if quotes:
        size += sum(more * passage.text.count(sign) for sign, more in QUOTES.items())
    return _Coded(passage, json, size + TEXT_MARKS)


def _within(one: _Coded, most: int, quotes: bool) -> _Coded:
    """Return a text cut to as many bytes."""
    while one.size > most and one.passage.text:
        n = len(one.passage.text)
        one = _coded(cut(one.passage, min(n - 1, n * most // one.size)), quotes)
    return one


def _row(case: Case) -> str:
    """Return what stands in the row of a case, but what became of it, as JSON."""
    return _json([line(cell(content).text) for content in case.cells[1:]])


def _data(
    cases: Cases, others: Sequence[Case], kept: Sequence[Sequence[_Coded]], rows: Sequence[str]
) -> Markup:
    """Return cases as a script reads them.

    Changes and headings are told once; a case is its change, its row, and for each text its
    heading, the text, and how many characters the whole has, 0 where this is the whole.
    """
    from markupsafe import Markup

    changes: dict[Cell, int] = {}
    headings: dict[str, int] = {}
    told = []
    for case, texts, row in zip(others, kept, rows, strict=False):
        change = changes.setdefault(cell(case.cells[0]), len(changes))
        parts = (
            f"{headings.setdefault(one.passage.heading, len(headings))},{one.json},"
            f"{one.passage.n_chars or 0}"
            for one in texts
        )
        told.append(f"[{change},{row},[{','.join(parts)}]]")
    head = {
        "columns": [line(column.title) for column in cases.columns],
        "right": [column.align is Align.RIGHT for column in cases.columns],
        "changes": [line(change.text) for change in changes],
        "tones": [change.tone.value for change in changes],
        "headings": list(map(line, headings)),
    }
    return Markup(f'{_json(head)[:-1]},"cases":[{",".join(told)}]}}')


def _json(content: object) -> str:
    """Return content as JSON in which nothing could end a script."""
    text = msgspec.json.encode(content).decode()
    for sign, escape in UNSAFE:
        text = text.replace(sign, escape)
    return text

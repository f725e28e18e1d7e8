"""The cases of a page: the first as HTML, the others as data that its script shows when asked.

Texts share the room there is: short ones are whole, of long ones the beginning is kept. What was
cut is said at each text, what was left out below the cases.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, repeat
from typing import TYPE_CHECKING

from reports.document import Align, Block, Case, Cases, Details, Passage, Section, cell
from reports.render.passages import cut, left_out
from reports.text import line

if TYPE_CHECKING:
    from markupsafe import Markup

STATIC_CASES = 20
"""Cases that are there without a script."""

STATIC_BYTES = 300_000
ROW_BYTES = 1_100_000
TEXT_BYTES = 1_300_000
"""Room for the texts of the first cases, for the rows of the others, and for their texts."""

NEAR_CASES = 500
NEAR_SHARE = 0.6
"""Cases whose texts come first, and the share of the room for texts that they may take."""

LEAST_BYTES = 60
"""Rather than less of a text, none is kept of the last cases."""

ELSEWHERE = "'-o x.json' has all of them, whole."

UNSAFE = {ord(sign): f"\\u{ord(sign):04x}" for sign in "<>&\u2028\u2029"}
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
    first = _fitting(static, STATIC_BYTES // n_sharing)
    rows = [_row(case) for case in others]
    listed = _n_fitting((len(row.encode()) for row in rows), ROW_BYTES // n_sharing)
    kept = _shared(others[:listed], TEXT_BYTES // n_sharing)
    said = left_out(
        cases,
        [case for case in (*first, *kept) if case.texts],
        n_rows=len(static) + listed,
        where=ELSEWHERE,
    )
    data = _data(cases, kept, rows) if kept else None
    return PageCases(first=first, data=data, note=said)


def _shared(cases: Sequence[Case], room: int) -> list[Case]:
    """Return cases with texts that fit; those of the first ones have more room each."""
    near = _fitting(cases[:NEAR_CASES], int(room * NEAR_SHARE))
    used = sum(_size(passage.text) for case in near for passage in case.texts)
    return [*near, *_fitting(cases[NEAR_CASES:], room - used)]


def _fitting(cases: Sequence[Case], room: int) -> tuple[Case, ...]:
    """Return cases with texts that fit into as many bytes, as much of each as of the others."""
    texts = [tuple(map(cut, case.texts)) for case in cases]
    sizes = [[_size(one.text) for one in of_case] for of_case in texts]
    least = (sum(min(size, LEAST_BYTES) for size in of_case) for of_case in sizes)
    n = _n_fitting(least, room)
    most = _level([size for of_case in sizes[:n] for size in of_case], room)
    fitting = (
        replace(case, texts=tuple(map(_within, of_case, of_sizes, repeat(most))))
        for case, of_case, of_sizes in zip(cases[:n], texts, sizes, strict=False)
    )
    return (*fitting, *(replace(case, texts=()) for case in cases[n:]))


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


def _within(passage: Passage, size: int, most: int) -> Passage:
    """Return a text cut to as many bytes."""
    text = passage.text
    n = len(text)
    while size > most:
        n = min(n - 1, n * most // size)
        size = _size(text[:n])
    if n == len(text):
        return passage
    return Passage(passage.heading, text[:n], passage.n_chars or len(text))


def _size(text: str) -> int:
    """Return how many bytes a text takes in a page."""
    return len(_json(text).encode())


def _row(case: Case) -> str:
    """Return what stands in the row of a case, but what became of it, as JSON."""
    return _json([line(cell(content).text) for content in case.cells[1:]])


def _data(cases: Cases, kept: Sequence[Case], rows: Sequence[str]) -> Markup:
    """Return cases as a script reads them.

    Changes and headings are told once; a case is its change, its row, and for each text its
    heading, the text, and how many characters the whole has, 0 where this is the whole.
    """
    from markupsafe import Markup

    changes: dict[str, int] = {}
    tones: list[str] = []
    headings: dict[str, int] = {}
    told = []
    for case, row in zip(kept, rows, strict=False):
        change = cell(case.cells[0])
        if change.text not in changes:
            changes[change.text] = len(changes)
            tones.append(change.tone.value)
        texts = [
            part
            for one in case.texts
            for part in (
                headings.setdefault(line(one.heading), len(headings)),
                one.text,
                (one.n_chars or 0) if one.is_cut else 0,
            )
        ]
        told.append(f"[{changes[change.text]},{row},{_json(texts)}]")
    head = {
        "columns": [line(column.title) for column in cases.columns],
        "right": [column.align is Align.RIGHT for column in cases.columns],
        "changes": list(map(line, changes)),
        "tones": tones,
        "headings": list(headings),
    }
    return Markup(f'{_json(head)[:-1]},"cases":[{",".join(told)}]}}')


def _json(content: object) -> str:
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    return text.translate(UNSAFE)

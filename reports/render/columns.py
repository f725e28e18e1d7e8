"""How texts share the width of a terminal: where lines break, how wide columns are."""

from __future__ import annotations

import re
from collections.abc import Sequence

ATTEMPTS = ((2, 40), (2, 20), (2, 14), (1, 14), (2, 10), (1, 10), (1, 6))
"""Gap between two columns, and cells up to which words are kept whole; the first that fits."""

_PIECES = re.compile(r"[^\-_/,:;=&?]*[\-_/,:;=&?]+|[^\-_/,:;=&?]+")


def fold(text: str, width: int) -> list[str]:
    """Break a text into lines no wider than `width` cells.

    Lines break at spaces; a word that is too wide breaks after a hyphen, a slash or the like,
    and only then anywhere. No-break spaces hold, and come out as spaces.
    """
    lines = [part for row in text.split("\n") for part in _fold_row(row, max(1, width))]
    return [line.replace("\u00a0", " ") for line in lines]


def cells(text: str) -> int:
    """Return how many cells of a terminal a text takes."""
    from rich.cells import cell_len

    return cell_len(text)


def fit(
    rows: Sequence[Sequence[str]], fixed: Sequence[bool], room: int
) -> tuple[list[int], int] | None:
    """Return the width of each column and the gap between them, None where they do not fit.

    Words are kept whole where there is room; then the longest give way, and at last the gap.

    Args:
        rows: The texts, the headings first.
        fixed: For each column, whether its texts, though not its heading, must not be broken.
        room: Cells there are for all columns.
    """
    columns = list(zip(*rows, strict=True))
    natural = [max(map(_widest_line, column)) for column in columns]
    word = [max(map(_widest_word, column)) for column in columns]
    whole = [max(_widest_word(head), *map(_widest_line, body), 0) for head, *body in columns]
    for gap, longest in ATTEMPTS:
        floor = [
            whole[i] if keep else min(natural[i], word[i], longest) for i, keep in enumerate(fixed)
        ]
        left = room - gap * (len(natural) - 1)
        if sum(floor) <= left:
            return _shrink(natural, floor, left), gap
    return None


def _shrink(natural: list[int], floor: list[int], room: int) -> list[int]:
    """Take from the widest column that may still give, until all fit."""
    found = list(natural)
    while sum(found) > room:
        giving = [i for i, width in enumerate(found) if width > floor[i]]
        widest = max(giving, key=lambda i: found[i])
        found[widest] -= 1
    return found


def _fold_row(row: str, width: int) -> list[str]:
    lines: list[str] = []
    current = ""
    for word in row.split(" "):
        pieces = [word] if cells(word) <= width else _pieces(word, width)
        for i, piece in enumerate(pieces):
            joint = " " if current and i == 0 else ""
            if cells(current + joint + piece) <= width:
                current += joint + piece
            else:
                lines.append(current)
                current = piece
    return [line for line in (*lines, current) if line] or [""]


def _pieces(word: str, width: int) -> list[str]:
    from rich.cells import chop_cells

    return [part for piece in _PIECES.findall(word) for part in chop_cells(piece, width)]


def _widest_line(text: str) -> int:
    return max(map(cells, text.split("\n")))


def _widest_word(text: str) -> int:
    return max(map(cells, re.split(r"[ \n]", text)))

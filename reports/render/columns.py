"""How texts share the width of a terminal: where lines break, how wide columns are."""

from __future__ import annotations

import re
from collections.abc import Sequence

ATTEMPTS = ((2, 40, 0), (2, 20, 0), (2, 14, 0), (1, 14, 0), (1, 6, 14), (1, 10, 0), (1, 6, 0))
"""Gap between two columns, and cells up to which words and their parts are kept whole."""

WIDEST_GAP = 2

_WHOLE = re.compile(r"\d{4}-\d\d-\d\d|(?:[<>o\u25cb\u25cf]?[\u2500-\u259f])+[<>o\u25cb\u25cf]?")
"""What loses its meaning when broken: a date, a bar drawn in characters."""

_PIECES = re.compile(rf"{_WHOLE.pattern}|[^\-_/,:;=&?]*[\-_/,:;=&?]+|[^\-_/,:;=&?]+")


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

    A narrow gap comes before broken lines. Words are kept whole where there is room; then the
    longest give way, first between their parts. Dates and bars of characters are never broken.

    Args:
        rows: The texts, the headings first.
        fixed: For each column, whether its texts, though not its heading, must not be broken.
        room: Cells there are for all columns.
    """
    columns = list(zip(*rows, strict=True))
    natural = [max(map(_widest_line, column)) for column in columns]
    word = [max(map(_widest_word, column)) for column in columns]
    whole = [max(_widest_word(head), *map(_widest_line, body), 0) for head, *body in columns]
    kept = [max(map(_widest_whole, column)) for column in columns]
    part = [max(map(_widest_part, column)) for column in columns]
    n_gaps = len(natural) - 1
    if sum(natural) + n_gaps <= room < sum(natural) + WIDEST_GAP * n_gaps:
        return natural, 1
    for gap, longest, longest_part in ATTEMPTS:
        floor = [
            whole[i]
            if keep
            else max(kept[i], min(word[i], max(longest, min(part[i], longest_part))))
            for i, keep in enumerate(fixed)
        ]
        left = room - gap * n_gaps
        if sum(floor) <= left:
            return _shrink(natural, floor, left), gap
    return None


def _shrink(natural: list[int], floor: list[int], room: int) -> list[int]:
    """Take from the widest column that may still give, the last of several, until all fit."""
    found = list(natural)
    while sum(found) > room:
        giving = [i for i, width in enumerate(found) if width > floor[i]]
        widest = max(giving, key=lambda i: (found[i], i))
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


def _widest_whole(text: str) -> int:
    return max((cells(found[0]) for found in _WHOLE.finditer(text)), default=0)


def _widest_part(text: str) -> int:
    return max(
        (cells(part) for word in re.split(r"[ \n]", text) for part in _PIECES.findall(word)),
        default=0,
    )


def _widest_word(text: str) -> int:
    return max(map(cells, re.split(r"[ \n]", text)))

"""Edits of a text whose line ends and byte order mark stay as they are.

A reading counts offsets in a text with LF line ends and without a byte order mark. Here its
edits are made to the text itself, so that everything they do not touch stays byte for byte.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Sequence

from optimizer.models.linting import Edit
from optimizer.promptcheck.reading import BYTE_ORDER_MARK

_LINE_END = re.compile(r"\r\n|\r|\n")


def edited(text: str, edits: Sequence[Edit]) -> str:
    """Return a text with edits whose offsets count in the text of its reading."""
    place = places_in(text)
    line_end = usual_line_end(text)
    pieces, position = [], 0
    for edit in edits:
        start, end = place(edit.start), place(edit.end)
        pieces += [text[position:start], edit.text.replace("\n", line_end)]
        position = end
    return "".join([*pieces, text[position:]])


def places_in(text: str) -> Callable[[int], int]:
    """Return what leads from offsets in the text of its reading to those in a text."""
    shift = len(text) - len(text.lstrip(BYTE_ORDER_MARK))
    if not shift and "\r" not in text:
        return lambda offset: offset
    ends: list[int] = []
    position = text.find("\r\n")
    while position >= 0:
        ends.append(position - shift - len(ends))
        position = text.find("\r\n", position + 2)
    return lambda offset: offset + shift + bisect_left(ends, offset)


def usual_line_end(text: str) -> str:
    """Return the line end that a text uses most; LF where it has none."""
    if "\r" not in text:
        return "\n"
    counted = Counter(line_ends(text))
    return counted.most_common(1)[0][0]


def line_ends(text: str) -> list[str]:
    """Return the line ends of a text in order."""
    return _LINE_END.findall(text)

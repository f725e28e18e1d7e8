"""Edits of a text whose line ends and byte order mark stay as they are.

A reading counts offsets in a text with LF line ends and without a byte order mark. Here its
edits are made to the text itself, so that everything they do not touch stays byte for byte.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence

from optimizer.models.linting import Edit
from optimizer.promptcheck.reading import BYTE_ORDER_MARK

_LINE_END = re.compile(r"\r\n|\r|\n")


def edited(text: str, edits: Sequence[Edit]) -> str:
    """Return a text with edits whose offsets count in the text of its reading."""
    n_marks = len(text) - len(text.lstrip(BYTE_ORDER_MARK))
    windows = _windows_line_ends(text, n_marks)
    line_end = usual_line_end(text)
    pieces, position = [], 0
    for edit in edits:
        start, end = (
            offset + n_marks + bisect_left(windows, offset) for offset in (edit.start, edit.end)
        )
        pieces += [text[position:start], edit.text.replace("\n", line_end)]
        position = end
    return "".join([*pieces, text[position:]])


def usual_line_end(text: str) -> str:
    """Return the line end that a text uses most; LF where it has none."""
    counted = Counter(line_ends(text))
    return counted.most_common(1)[0][0] if counted else "\n"


def line_ends(text: str) -> list[str]:
    """Return the line ends of a text in order."""
    return _LINE_END.findall(text)


def _windows_line_ends(text: str, n_marks: int) -> list[int]:
    """Return where, in the text of its reading, line ends stand for two characters."""
    if "\r\n" not in text:
        return []
    return [
        match.start() - n_marks - number for number, match in enumerate(re.finditer("\r\n", text))
    ]

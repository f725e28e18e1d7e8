r"""Line ends of a text: CRLF throughout belongs to the file, a mixture to the text.

A prompt of a file with CRLF throughout has LF line ends, and is written back with CRLF.
"""

from __future__ import annotations

import re

LF, CRLF = "\n", "\r\n"
_ENDS = re.compile(r"\r*\n")


def line_end(text: str) -> str:
    """Return the line end of a text that has one kind of them, or LF where it has several."""
    return CRLF if set(_ENDS.findall(text)) == {CRLF} else LF


def first_line_end(text: str) -> str:
    """Return the first line end of a text, LF where there is none."""
    found = _ENDS.search(text)
    return CRLF if found and found[0].endswith(CRLF) else LF


def with_lf(text: str) -> str:
    """Return a text with LF in place of CRLF throughout; a mixture stays."""
    return text.replace(CRLF, LF) if line_end(text) == CRLF else text


def as_in(original: str, text: str) -> str:
    """Return a text with the line ends of the original, where it has one kind of them."""
    return text.replace(CRLF, LF).replace(LF, CRLF) if line_end(original) == CRLF else text

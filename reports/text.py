"""Text from outside, made harmless: nothing in it may steer a terminal or hide from the eye."""

from __future__ import annotations

import re

_STEERING = re.compile(
    "["
    "\x00-\x09\x0b-\x1f\x7f-\x9f"  # C0 without the line feed, DEL, C1
    "\u00ad\u061c\u180e\u200b\u200e\u200f"  # invisible, and marks of direction
    "\u2028-\u202e\u2060-\u206f"  # separators, overrides and isolates of direction
    "\ud800-\udfff"  # halves of characters, which no file can hold
    "\ufeff\ufff9-\uffff"
    "\U000e0000-\U000e0fff"  # tags: a second, invisible alphabet
    "]"
)

_FIGURE_SPACE = re.compile(
    r"(?<=[\d\]]) (?=(?:%|pp|ms|s|min|h|UTC)(?!\w))"  # between a number and its unit
    r"|(?<=\d %) (?=CI\b)"
    r"|(?<=[\d%],) (?=(?:[-+]?[<>$]?\d[\d.,]*|unbounded)\])"  # inside an interval
    r"|(?<=\b[np]) (?=[=<>] \d)|(?<=\b[np] [=<>]) (?=\d)"
)


def plain(text: str) -> str:
    r"""Return a text with every steering or invisible character spelled out: ESC as `\x1b`.

    Line feeds stay, tabs become spaces, and the line ends of other systems line feeds.
    """
    if text.isascii() and text.isprintable():
        return text
    text = text.replace("\r\n", "\n").replace("\t", "    ")
    return _STEERING.sub(lambda match: _spelled(ord(match[0])), text)


def line(text: str) -> str:
    """Return a harmless text on one line."""
    return " ".join(plain(text).split())


def glue(text: str) -> str:
    """Return a text whose figures keep their units: no line breaks inside '87.5 %'."""
    return _FIGURE_SPACE.sub("\u00a0", text)


def _spelled(code: int) -> str:
    if code <= 0xFF:  # noqa: PLR2004
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"  # noqa: PLR2004

"""Text for those who cannot show every character: what is missing is told in ASCII."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from enum import Enum
from typing import Any, TypeVar

from reports.charts.bars import BARS

ASCII_BARS = "_.-:=+*#"

T = TypeVar("T")

READABLE: Mapping[str, str] = {
    **dict(zip(BARS, ASCII_BARS, strict=True)),
    "\u00a0": " ",
    "\u00ab": '"',
    "\u00b0": " deg",
    "\u00b1": "+/-",
    "\u00b5": "u",
    "\u00b7": "*",
    "\u00bb": '"',
    "\u00d7": "x",
    "\u00f7": "/",
    "\u2010": "-",
    "\u2011": "-",
    "\u2012": "-",
    "\u2013": "-",
    "\u2014": "--",
    "\u2018": "'",
    "\u2019": "'",
    "\u201c": '"',
    "\u201d": '"',
    "\u201e": '"',
    "\u2020": "+",
    "\u2022": "*",
    "\u2026": "...",
    "\u2190": "<-",
    "\u2191": "^",
    "\u2192": "->",
    "\u2193": "v",
    "\u21b5": "\\n",
    "\u2208": "in",
    "\u2211": "sum",
    "\u2212": "-",
    "\u221a": "sqrt",
    "\u221e": "inf",
    "\u2248": "~",
    "\u2260": "!=",
    "\u2264": "<=",
    "\u2265": ">=",
    "\u2308": "ceil(",
    "\u2309": ")",
    "\u230a": "floor(",
    "\u230b": ")",
    "\u2588": "#",
    "\u2713": "ok",
    "\u2714": "ok",
    "\u2717": "x",
    "\u2718": "x",
    "\u00df": "ss",
    "\u00e6": "ae",
    "\u00f8": "o",
    "\u0142": "l",
    "\u20ac": "EUR",
    "\u00a3": "GBP",
}
"""How a character is told where it cannot be shown; letters lose their accents."""


def can_carry(text: str, encoding: str) -> bool:
    """Tell whether an encoding has every character of a text."""
    if text.isascii():
        return True
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True


def carried(text: str, encoding: str) -> str:
    """Return a text in which every character that an encoding lacks is told by others."""
    if can_carry(text, encoding):
        return text
    return "".join(one if can_carry(one, encoding) else _told(one, encoding) for one in text)


def carried_parts(part: T, encoding: str) -> T:
    """Return a document, or a part of it, with its texts told so; they may be longer then."""
    return _carried(part, encoding)  # type: ignore[no-any-return]


def _carried(part: Any, encoding: str) -> Any:
    if isinstance(part, Enum):
        return part
    if isinstance(part, str):
        return carried(part, encoding)
    if isinstance(part, tuple):
        return tuple(_carried(one, encoding) for one in part)
    if is_dataclass(part) and not isinstance(part, type):
        said = {one.name: getattr(part, one.name) for one in fields(part) if one.init}
        told = {name: _carried(value, encoding) for name, value in said.items()}
        changes = {name: value for name, value in told.items() if value is not said[name]}
        return replace(part, **changes) if changes else part
    return part


def _told(one: str, encoding: str) -> str:
    if one in READABLE:
        return READABLE[one]
    if unicodedata.combining(one):
        return ""
    plainer = unicodedata.normalize("NFKD", one)
    kept = "".join(letter for letter in plainer if can_carry(letter, encoding))
    if kept:
        return kept
    return one.encode("ascii", "backslashreplace").decode()

"""JSON text, read slowly: the value, and what is wrong with the text in plain words."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from optimizer.models.dataclass import dataclass
from optimizer.models.errors import Fault

SHOWN_CHARS = 60
MAX_DIGITS = 4000
EXPECTED = {
    "Expecting value": "a value",
    "Expecting property name enclosed in double quotes": "a field name in double quotes",
    "Expecting ':' delimiter": "a colon",
    "Expecting ',' delimiter": "a comma or a closing bracket",
    "Illegal trailing comma before end of object": "no comma before a closing bracket",
    "Illegal trailing comma before end of array": "no comma before a closing bracket",
    "Extra data": "nothing after the end of the JSON value",
    "Invalid control character at": "control characters written as escapes",
    "Invalid \\escape": "a legal escape after a backslash",
    "Invalid \\uXXXX escape": "four hexadecimal digits after \\u",
    "Unterminated string starting at": "the closing quote of a text",
}
SURROGATE = re.compile("[\ud800-\udfff]")
ESCAPE = re.compile(
    r"\\(?:u[dD][89abAB]..\\u[dD][c-fC-F]..|(?P<lone>u[dD][89a-fA-F]..)|.)", re.DOTALL
)


@dataclass(frozen=True, slots=True)
class NotANumber:
    """What stands for NaN or Infinity, which JSON does not have, and for endless digits."""

    text: str


class Doubled(dict[str, Any]):
    """An object that gives fields twice; the last of each counts.

    Attributes:
        twice: Names of those fields.
    """

    twice: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Parsed:
    """A JSON text as it was read.

    Attributes:
        value: The value, or None where there is none.
        is_complete: Whether it is one.
        faults: What is wrong with the text.
    """

    value: Any
    is_complete: bool
    faults: tuple[Fault, ...]


def parse(text: bytes, *, first_byte: int = 0, first_line: int = 1) -> Parsed:
    """Read a JSON text and list what is wrong with it, places counted in the whole file.

    Args:
        text: The text.
        first_byte: Where in the file it begins, counted from 0.
        first_line: The line of the file it begins in, counted from 1.
    """
    faults = []
    try:
        decoded = text.decode()
    except UnicodeDecodeError as error:
        found = f"0x{text[error.start]:02x}"
        place = f"byte {first_byte + error.start}"
        faults.append(Fault(place=place, found=found, expected="text in UTF-8"))
        decoded = text.decode(errors="replace")
    try:
        value = json.loads(
            decoded, parse_constant=NotANumber, parse_int=_whole, object_pairs_hook=_object
        )
    except json.JSONDecodeError as error:
        faults.append(_syntax_fault(error, first_line))
    except RecursionError:
        place = f"line {first_line}"
        expected = "at most some hundred levels"
        faults.append(
            Fault(place=place, found="objects or lists nested too deep", expected=expected)
        )
    else:
        return Parsed(value=value, is_complete=True, faults=tuple(faults))
    return Parsed(value=None, is_complete=False, faults=tuple(faults))


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) == len(pairs):
        return found
    names = [name for name, _ in pairs]
    doubled = Doubled(found)
    doubled.twice = tuple(name for name in found if names.count(name) > 1)
    return doubled


def _whole(digits: str) -> int | NotANumber:
    return int(digits) if len(digits) <= MAX_DIGITS else NotANumber(digits)


def _syntax_fault(error: json.JSONDecodeError, first_line: int) -> Fault:
    """Return where a text stops being JSON, and whether that is because it ends."""
    text, position = error.doc, error.pos
    if error.msg.startswith("Unterminated string") or not text[position:].strip():
        position = len(text.rstrip())
        found = "the end of the text"
    else:
        found = shown(text[position : position + SHOWN_CHARS].split("\n")[0])
    line = text.count("\n", 0, position) + first_line
    column = position - text.rfind("\n", 0, position)
    expected = EXPECTED.get(error.msg, error.msg)
    return Fault(place=f"line {line}, column {column}", found=found, expected=expected)


def payload_faults(value: Any, place: str) -> Iterator[Fault]:
    """Yield what no JSON text may hold, wherever it stands in a value."""
    waiting = [(place, value)]
    while waiting:
        where, one = waiting.pop()
        if isinstance(one, NotANumber):
            yield Fault(place=where, found=shown(one), expected="a finite number")
        elif isinstance(one, str) and SURROGATE.search(one):
            expected = "text without half a surrogate pair"
            yield Fault(place=where, found=shown(one), expected=expected)
        elif isinstance(one, dict):
            inner = [(f"{where}.{key}" if where else key, item) for key, item in one.items()]
            waiting += reversed(inner)
            waiting += [(f"{where}: a field name", key) for key in one if SURROGATE.search(key)]
        elif isinstance(one, list):
            waiting += [(f"{where}[{n}]", item) for n, item in reversed(list(enumerate(one)))]


def shown(value: Any) -> str:
    """Return a value as it may be quoted in a message: short, on one line."""
    if isinstance(value, NotANumber):
        text = value.text
    elif isinstance(value, dict):
        return "an object"
    elif isinstance(value, list):
        return "a list"
    else:
        text = json.dumps(value, ensure_ascii=bool(SURROGATE.search(str(value))))
    return text if len(text) <= SHOWN_CHARS else f"{text[: SHOWN_CHARS - 3]}..."


def has_lone_surrogate(text: str) -> bool:
    r"""Tell whether JSON text has half a surrogate pair, such as `\ud800`."""
    if "\\ud" not in text and "\\uD" not in text:
        return False
    return any(match["lone"] for match in ESCAPE.finditer(text))

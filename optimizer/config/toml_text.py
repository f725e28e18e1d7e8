"""TOML settings, with the line of each key."""

from __future__ import annotations

import re
from typing import Any

from optimizer.config.layers import KeyPath, Layer
from optimizer.models.errors import ConfigError

_NAME = r"""(?:[\w-]+|"[^"\\]*"|'[^']*')"""
_NAMES = rf"{_NAME}(?:\s*\.\s*{_NAME})*"
_HEADER = re.compile(rf"\s*(\[\[?)\s*({_NAMES})\s*\]\]?\s*(?:#.*)?$")
_KEY = re.compile(rf"\s*({_NAMES})\s*=")
_PLACE = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)$")


def parse(text: str, *, origin: str, label: str) -> Layer:
    """Return the settings in a TOML text.

    Raises:
        ConfigError: The text is not TOML.
    """
    return Layer(origin=origin, label=label, values=_values(text, label), lines=_lines(text))


def _values(text: str, label: str) -> dict[str, Any]:
    import tomllib  # noqa: PLC0415

    try:
        return tomllib.loads(text)
    except ValueError as error:
        raise ConfigError(_fault(text, label, str(error))) from error


def _fault(text: str, label: str, message: str) -> str:
    place = _PLACE.search(message)
    what = message[: place.start()] if place else message
    what = what[:1].lower() + what[1:]
    if place is None:
        return f"{label}: {what}"
    last = text.rstrip("\n")
    line = place[1] or last.count("\n") + 1
    column = place[2] or len(last) - last.rfind("\n")
    return f"{label}:{line}:{column}: {what}"


def _lines(text: str) -> dict[KeyPath, int]:
    if '"""' in text or "'''" in text:  # what looks like a key may be inside a string
        return {}
    lines: dict[KeyPath, int] = {}
    table: KeyPath = ()
    for number, line in enumerate(text.splitlines(), start=1):
        if header := _HEADER.match(line):
            table = _names(header[2])
            lines.setdefault(table, number)
            if header[1] == "[[":
                table = (*table, _n_items(lines, table))
                lines[table] = number
        elif key := _KEY.match(line):
            lines.setdefault((*table, *_names(key[1])), number)
    return lines


def _names(text: str) -> KeyPath:
    return tuple(name.strip("\"'") for name in re.findall(_NAME, text))


def _n_items(lines: dict[KeyPath, int], table: KeyPath) -> int:
    return sum(path[:-1] == table and isinstance(path[-1], int) for path in lines)

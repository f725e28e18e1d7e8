"""Values on the command line: NAME=VALUE, a bare VALUE, @FILE:COLUMN, or a JSON object."""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from optimizer.models.dataclass import dataclass
from optimizer.models.errors import ConfigError

NAMED = re.compile(r"([A-Za-z_]\w*)=(.*)", re.DOTALL)
SEPARATORS = {".csv": ",", ".tsv": "\t"}
JSON_SUFFIXES = (".json", ".jsonl")
TRUTH = {"true": True, "false": False}


@dataclass(frozen=True, slots=True, kw_only=True)
class Values:
    """Values as JSON holds them.

    Attributes:
        positional: Those without a name, in order.
        named: Those with one.
    """

    positional: tuple[object, ...]
    named: dict[str, object]


def read_values(words: Sequence[str], source: str | None = None) -> Values:
    """Read the values that words name, and those of a JSON object; the words come first.

    Args:
        words: Each NAME=VALUE or VALUE; a value is JSON, a text, or @FILE:COLUMN.
        source: File that holds an object of values by name, or - for standard input.

    Raises:
        ConfigError: One cannot be read, or a name is given twice.
    """
    positional: list[object] = []
    named: dict[str, object] = {}
    for word in words:
        found = NAMED.fullmatch(word)
        if found is None:
            positional.append(_value(word))
        elif found[1] in named:
            raise ConfigError(f"{found[1]}: given twice, expected one value")
        else:
            named[found[1]] = _value(found[2])
    given = {} if source is None else _object(source)
    return Values(positional=tuple(positional), named=given | named)


def _value(text: str) -> object:
    """Return what a text says: a file's column, JSON, numbers with commas, or itself."""
    if text.startswith("@"):
        return _of_file(text[1:])
    for written in (text, f"[{text}]" if "," in text else text):
        found = _json(written)
        if found is not None or written == "null":
            return found
    return _number(text)


def _json(text: str) -> object:
    import json

    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _number(text: str) -> object:
    """Return a number that JSON has no word for, as inf or .5, or the text."""
    try:
        return float(text)
    except ValueError:
        return TRUTH.get(text.lower(), text)


def _object(source: str) -> dict[str, object]:
    found = _parsed(source, _text(source))
    if not isinstance(found, dict):
        raise ConfigError(
            f'{source}: found {_named(found)}, expected an object as {{"b": 6, "c": 16, "n": 161}}'
        )
    return found


def _of_file(place: str) -> object:
    """Return the column of a table, or what a JSON file holds at a key."""
    file, _, key = place.rpartition(":") if ":" in place else (place, "", "")
    suffix = Path(file).suffix.lower()
    if suffix in SEPARATORS:
        return _column(file, key, SEPARATORS[suffix])
    if suffix in JSON_SUFFIXES:
        return _at(file, key)
    known = ", ".join((*SEPARATORS, *JSON_SUFFIXES))
    raise ConfigError(f"@{place}: found a file named {file!r}, expected one that ends in {known}")


def _column(file: str, name: str, separator: str) -> list[object]:
    import csv

    rows = csv.DictReader(_text(file).splitlines(keepends=True), delimiter=separator)
    try:
        if name not in (rows.fieldnames or ()):
            columns = ", ".join(rows.fieldnames or ()) or "no columns"
            raise ConfigError(f"{file}: column {name!r}: not there, expected one of {columns}")
        texts = [row[name] for row in rows]
    except csv.Error as error:
        raise ConfigError(f"{file}:{rows.line_num}: {error}, expected a table") from error
    return _cells(texts)


def _cells(texts: Sequence[str | None]) -> list[object]:
    """Return a column as numbers and truth values, or as its texts where most are neither.

    What is no number among numbers, and None for a cell without text, is for the reader of the
    column to refuse.
    """
    found = [None if text is None or not text.strip() else _number(text.strip()) for text in texts]
    n_texts = sum(isinstance(value, str) for value in found)
    if 2 * n_texts <= len(found):
        return list(found)
    return [None if value is None else text for value, text in zip(found, texts, strict=True)]


def _at(file: str, key: str) -> object:
    """Return what a JSON file holds at a key; of a list of objects, the key of each."""
    text = _text(file)
    if Path(file).suffix.lower() == ".jsonl":
        lines = [line for line in text.splitlines() if line.strip()]
        found: object = [_parsed(f"{file}:{n}", line) for n, line in enumerate(lines, start=1)]
    else:
        found = _parsed(file, text)
    for part in filter(None, key.split(".")):
        found = _inside(file, found, part)
    return found


def _inside(file: str, content: object, key: str) -> object:
    if isinstance(content, list) and content and all(isinstance(item, dict) for item in content):
        return [_inside(file, item, key) for item in content]
    if not isinstance(content, dict) or key not in content:
        keys = ", ".join(content) if isinstance(content, dict) else _named(content)
        raise ConfigError(f"{file}: key {key!r}: not there, found {keys}")
    found: object = content[key]
    return found


def _parsed(source: str, text: str) -> Any:
    import json

    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise ConfigError(f"{source}: {place}: {error.msg}, expected JSON") from error
    except RecursionError as error:
        raise ConfigError(f"{source}: nested too deeply, expected values or lists") from error


def _text(source: str) -> str:
    try:
        if source == "-":
            if sys.stdin is None:
                raise ConfigError("-: there is no standard input to read")
            return sys.stdin.buffer.read().decode("utf-8-sig")
        return Path(source).read_text(encoding="utf-8-sig")
    except OSError as error:
        raise ConfigError(f"{source}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{source}: byte {error.start} is not UTF-8") from error


def _named(content: object) -> str:
    names = {list: "a list", dict: "an object", str: "a text", type(None): "null"}
    return names.get(type(content), "a number")

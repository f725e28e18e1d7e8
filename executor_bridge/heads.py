"""What a file shows of itself at first sight, for bridges to recognize it by."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator

import msgspec

from executor_bridge.base import Head, Shape
from executor_bridge.files.source import PARQUET_MAGIC, ZIP_MAGIC, is_yaml
from executor_bridge.files.texts import documents
from optimizer.models.errors import FormatError
from optimizer.models.tasks import Content, Source

GLANCE_BYTES = 1_024
HEAD_BYTES = 16_384
TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*+"|[{}\[\],:]', re.DOTALL)
YAML_INNER = re.compile(rb"^  ([A-Za-z_][\w.-]*):(?=\s|$)|^([A-Za-z_][\w.-]*):", re.MULTILINE)
XML_NAME = re.compile(rb"<([A-Za-z_][\w.:-]*)")
XML_NAMES = 8
SEPARATORS = ",;\t"
OUTER, INNER = 1, 2
"""How deep a field lies in an object."""

Fields = Iterator[tuple[int, str]]


def heads(source: Source) -> Iterator[Head]:
    """Yield what a file shows, looking at more of it each time."""
    yield _head(source, GLANCE_BYTES)
    head = _head(source, HEAD_BYTES)
    yield head
    if len(source.content) > HEAD_BYTES:
        yield _whole(source, head)


def _head(source: Source, n_bytes: int) -> Head:
    """Return what the beginning of a file shows."""
    start = bytes(source.content[:n_bytes])
    shape = _shape(start)
    keys: list[str] = []
    inner: set[str] = set()
    match shape:
        case Shape.OBJECT | Shape.LIST:
            base = OUTER + (shape is Shape.LIST)
            for depth, name in _named(_fields(start, last=base + 1), base):
                keys.append(name) if depth == base else inner.add(name)
        case Shape.YAML:
            keys, inner = _yaml_names(start)
        case Shape.TABLE:
            keys = columns(start)
        case Shape.XML:
            keys = [name.decode() for name in XML_NAME.findall(start)[:XML_NAMES]]
        case Shape.ZIP:
            keys = _members(source.content)
        case Shape.PARQUET:
            keys = _parquet_columns(source)
        case _:
            pass
    unique = tuple(dict.fromkeys(keys))
    return Head(path=source.path, start=start, shape=shape, keys=unique, inner=frozenset(inner))


def _shape(start: bytes) -> Shape:
    """Return what a file is that begins so."""
    if start.startswith(ZIP_MAGIC):
        return Shape.ZIP
    if start.startswith(PARQUET_MAGIC):
        return Shape.PARQUET
    text = start.lstrip()
    by_letter = {b"{": Shape.OBJECT, b"[": Shape.LIST, b"<": Shape.XML}
    if text[:1] in by_letter:
        return by_letter[text[:1]]
    if b"\0" in start:
        return Shape.TEXT
    if is_yaml(text):
        return Shape.YAML
    return Shape.TABLE if columns(start) else Shape.TEXT


def columns(start: bytes) -> list[str]:
    """Return the names of the columns that a table begins with, none where it is no table."""
    text = start.decode("utf-8", "replace").lstrip()
    separator = separator_of(text)
    if separator is None:
        return []
    try:
        row = next(csv.reader(text.splitlines(keepends=True), delimiter=separator), [])
    except csv.Error:
        return []
    return [name.strip() for name in row]


def separator_of(text: str) -> str | None:
    """Return what separates the columns of a table, None where nothing does."""
    line = text.partition("\n")[0]
    counts = {line.count(separator): separator for separator in reversed(SEPARATORS)}
    most = max(counts)
    return counts[most] if most else None


def _named(fields: Fields, base: int) -> Fields:
    """Yield fields on a level by their name, those below as `field.name`."""
    parent = ""
    for depth, name in fields:
        if depth == base:
            parent = name
            yield depth, name
        elif depth == base + 1:
            yield depth, f"{parent}.{name}"


def _fields(start: bytes, *, last: int) -> Fields:
    """Yield the names of the fields in the first object of a JSON text with their depth."""
    depth = 0
    text = b""
    floor = last - INNER
    for match in TOKEN.finditer(start):
        token = match.group()
        if token in b"{[":
            depth += 1
        elif token in b"}]":
            depth -= 1
            if depth <= floor:
                return
        elif token == b":" and depth <= last:
            yield depth, text[1:-1].decode("utf-8", "replace")
        text = token


def _yaml_names(start: bytes) -> tuple[list[str], set[str]]:
    """Return the outermost names of a YAML text, and those below them."""
    keys = []
    inner = set()
    parent = ""
    for below, name in YAML_INNER.findall(start):
        if name:
            parent = name.decode()
            keys.append(parent)
        else:
            inner.add(f"{parent}.{below.decode()}")
    return keys, inner


def _members(content: Content) -> list[str]:
    """Return the names of the members of an archive, none where it is damaged."""
    from executor_bridge.files.archive import names_in  # noqa: PLC0415 - only for archives

    return names_in(content)


def _parquet_columns(source: Source) -> list[str]:
    """Return the names of the columns of a Parquet file, none where it is damaged."""
    from executor_bridge.tables.parquet import parquet_columns  # noqa: PLC0415 - only for Parquet

    try:
        return list(parquet_columns(source))
    except FormatError:
        return []


def _whole(source: Source, head: Head) -> Head:
    """Return what all of a file shows, or its first line, where its beginning was too little."""
    keys, inner = head.keys, head.inner
    if head.shape is Shape.YAML:
        names, below = _yaml_names(bytes(source.content))
        keys, inner = tuple(dict.fromkeys(names)), frozenset(below)
    elif head.shape is Shape.OBJECT:
        first = next(documents(source.content, source.sha256)).text
        try:
            fields = msgspec.json.decode(first, type=dict[str, msgspec.Raw])
            inner = inner | frozenset(_inner(fields))
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return head
        keys = tuple(fields)
    return Head(path=head.path, start=head.start, shape=head.shape, keys=keys, inner=inner)


def _inner(fields: dict[str, msgspec.Raw]) -> Iterator[str]:
    """Yield the fields right below those of an object."""
    for parent, raw in fields.items():
        if bytes(memoryview(raw)[:1]) == b"{":
            for name in msgspec.json.decode(raw, type=dict[str, msgspec.Raw]):
                yield f"{parent}.{name}"

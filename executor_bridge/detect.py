"""Which bridge reads a file: the first that recognizes it."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator

import msgspec

from executor_bridge.base import Bridge, Head, Shape
from executor_bridge.formats.native import Native
from executor_bridge.json_text import parse
from executor_bridge.texts import documents
from optimizer.models.errors import ConfigError, Fault, FormatError
from optimizer.models.tasks import Source

BRIDGES: tuple[Bridge, ...] = (Native(),)

GLANCE_BYTES = 1_024
HEAD_BYTES = 16_384
SHOWN_KEYS = 8
TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*+"|[{}\[\],:]', re.DOTALL)


def named(name: str) -> Bridge:
    """Return the bridge of that name.

    Raises:
        ConfigError: There is none.
    """
    names = [bridge.name for bridge in BRIDGES]
    if name in names:
        return BRIDGES[names.index(name)]
    close = difflib.get_close_matches(name, names, n=1)
    raise ConfigError(
        f"--from {name}: unknown format, expected one of {', '.join(names)}",
        hint=f"Did you mean `{close[0]}`?" if close else None,
    )


def detect(source: Source) -> Bridge:
    """Return the bridge that recognizes a file.

    Raises:
        FormatError: None does; the error says what each bridge missed.
    """
    for head in _looks(source):
        for bridge in BRIDGES:
            if bridge.recognizes(head):
                return bridge
    raise _unknown(source, head)


def _looks(source: Source) -> Iterator[Head]:
    """Yield what a file shows, looking at more of it each time."""
    yield _head(source, GLANCE_BYTES)
    head = _head(source, HEAD_BYTES)
    yield head
    yield _whole(source, head)


def _head(source: Source, n_bytes: int) -> Head:
    """Return what the beginning of a file shows."""
    start = source.content[:n_bytes]
    first = start.lstrip()[:1]
    shape = {b"{": Shape.OBJECT, b"[": Shape.LIST}.get(first, Shape.TEXT)
    keys = tuple(dict.fromkeys(_outer_keys(start))) if shape is Shape.OBJECT else ()
    return Head(path=source.path, start=start, shape=shape, keys=keys)


def _whole(source: Source, head: Head) -> Head:
    """Return what the whole file shows, where the beginning did not show everything."""
    if head.shape is not Shape.OBJECT or len(source.content) <= HEAD_BYTES:
        return head
    try:
        keys = tuple(msgspec.json.decode(source.content, type=dict[str, msgspec.Raw]))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return head
    return Head(path=head.path, start=head.start, shape=head.shape, keys=keys)


def _outer_keys(start: bytes) -> Iterator[str]:
    """Yield the field names on the outermost level of the first object in a text."""
    depth = 0
    text = b""
    for match in TOKEN.finditer(start):
        token = match.group()
        if token in b"{[":
            depth += 1
        elif token in b"}]":
            depth -= 1
            if depth == 0:
                return
        elif token == b":" and depth == 1:
            yield text[1:-1].decode("utf-8", "replace")
        text = token


def _unknown(source: Source, head: Head) -> FormatError:
    """Return the error for a file that no bridge recognizes."""
    found = {
        Shape.LIST: "a JSON list",
        Shape.TEXT: "a text that is not JSON",
        Shape.OBJECT: ", ".join(head.keys[:SHOWN_KEYS]) or "an object without fields",
    }[head.shape]
    names = ", ".join(bridge.name for bridge in BRIDGES)
    faults: list[Fault] = []
    if head.shape is not Shape.TEXT:
        first = next(documents(source.content, source.sha256))
        faults += parse(bytes(first.text), first_line=first.place).faults
    faults.append(Fault(place="format", found="none that is known", expected=f"one of: {names}"))
    faults += [Fault(place=bridge.name, found=found, expected=bridge.wants) for bridge in BRIDGES]
    return FormatError(source.path, tuple(faults), hint="Name its format with --from.")

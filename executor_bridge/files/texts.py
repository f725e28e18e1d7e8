"""A file of JSON as documents: one, or one to a line; and what is wrong with its text."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from executor_bridge.files.spool import PASSED_BYTES, let_go
from optimizer.models.dataclass import dataclass
from optimizer.models.tasks import Content

UNFINISHED = b":,[{"
"""How a line may end within a JSON text that goes on below."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """One JSON text of a file.

    Attributes:
        place: Where it stands among the lines of the file, counted from 1.
        line: The same, or None where the file is one document.
        text: Its bytes.
        sha256: Their hash.
    """

    place: int
    line: int | None
    text: memoryview
    sha256: str


def documents(content: Content, sha256: str) -> Iterator[Document]:
    """Yield the JSON texts of a file.

    Args:
        content: The file.
        sha256: Hash of the file, which is the hash of its only document.
    """
    if not _one_to_a_line(content):
        yield Document(place=1, line=None, text=memoryview(content), sha256=sha256)
        return
    for number, line in lines(content):
        digest = hashlib.sha256(line).hexdigest()
        yield Document(place=number, line=number, text=line, sha256=digest)


def _one_to_a_line(content: Content) -> bool:
    """Tell whether a file holds an object to a line, rather than one object."""
    found = lines(content)
    first, second = next(found, None), next(found, None)
    if first is None or second is None:
        return False
    starts = bytes(first[1][:1]) == bytes(second[1][:1]) == b"{"
    return starts and bytes(first[1][-1:]) not in UNFINISHED


def lines(content: Content) -> Iterator[tuple[int, memoryview]]:
    """Yield the lines that are not blank, with their numbers from 1, white space stripped."""
    view = memoryview(content)
    for number, first, last in spans(content):
        yield number, view[first:last]


def spans(content: Content) -> Iterator[tuple[int, int, int]]:
    """Yield the lines that are not blank: number from 1, start and end without white space."""
    start = number = passed = 0
    while start < len(content):
        number += 1
        end = _line_end(content, start)
        first, last = start, _stripped_end(content, start, end)
        while first < last and content[first] in b" \t\r":
            first += 1
        if first < last:
            yield number, first, last
        start = end + 1
        if start - passed > PASSED_BYTES:
            let_go(content, passed, start)
            passed = start


def span_end(content: Content, start: int) -> int:
    """Return where a line that begins there ends, without white space."""
    return _stripped_end(content, start, _line_end(content, start))


def _stripped_end(content: Content, start: int, end: int) -> int:
    while end > start and content[end - 1] in b" \t\r":
        end -= 1
    return end


def _line_end(content: Content, start: int) -> int:
    """Return where the line that begins there ends; of a long one, memory behind is let go."""
    at = start
    while at < len(content):
        end = content.find(b"\n", at, at + PASSED_BYTES)
        if end >= 0:
            return end
        let_go(content, at, min(at + PASSED_BYTES, len(content)))
        at += PASSED_BYTES
    return len(content)

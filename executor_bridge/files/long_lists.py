"""A long list in a JSON object, cut into stretches of whole elements.

What is cut off is never too much: text that is complete as a list of elements ends where one of
them does, for no element begins like another that is longer. So the last likely place before the
end of a window is tried, and only where the likely places fail is every bracket counted.
"""

from __future__ import annotations

import mmap
import re
from array import array
from collections.abc import Iterator

import msgspec
from msgspec import Raw

from executor_bridge.files.spool import PASSED_BYTES, let_go
from optimizer.models.dataclass import dataclass

WINDOW_BYTES = 2**20
"""Text of elements that is decoded together, about; a longer element is decoded alone."""

TRIES = 4
"""Likely places that are tried before brackets are counted."""

NAME_BYTES = 100
"""How far before its list a name is looked for."""

STRIDE = re.compile(rb'(?:[^"{}\[\]]++|"(?:[^"\\]++|\\.)*+")*+', re.DOTALL)
"""JSON text up to the next bracket that is not in a text."""

BORDER = re.compile(rb"\}\s*,\s*\{")
COMMA = re.compile(rb"\s*,")
FIRST_NAME = re.compile(rb'\s*\{\s*("(?:[^"\\]|\\.)*+")')
OPENING, QUOTE = b"{[", ord('"')
MAX_SPACE = 1_000
"""White space between two elements, at most."""

_is_list = msgspec.json.Decoder(list[Raw]).decode


@dataclass(frozen=True, slots=True, kw_only=True)
class LongList:
    """Where the elements of a list are.

    Attributes:
        text: The object that the list is in.
        first: Where the list begins, behind its bracket.
        last: Where its closing bracket is.
        starts: Where each stretch of elements begins.
        ends: Where it ends, before the comma.
    """

    text: memoryview
    first: int
    last: int
    starts: array[int]
    ends: array[int]

    def stretches(self) -> Iterator[bytes]:
        """Yield the elements in stretches, each a list in JSON; memory behind is let go."""
        passed = 0
        for start, end in zip(self.starts, self.ends, strict=True):
            yield b"".join((b"[", self.text[start:end], b"]"))
            if end - passed > PASSED_BYTES:
                forget(self.text)
                passed = end

    def without(self) -> bytes:
        """Return the object with an empty object as the only element of the list."""
        return b"".join((self.text[: self.first], b"{}", self.text[self.last :]))


def long_list(text: memoryview, name: str) -> LongList | None:
    """Return where the elements of a list are, None where that cannot be told.

    That it is JSON, but for its brackets and what is between stretches, shows only when it is
    decoded.

    Args:
        text: An object.
        name: The name of the list in it, which holds objects.
    """
    found = _beginning(text, name)
    if found is None:
        return None
    starts, ends = array("q"), array("q")
    hint = FIRST_NAME.match(bytes(text[found : found + WINDOW_BYTES]))
    border = re.compile(BORDER.pattern + rb"\s*" + re.escape(hint[1])) if hint else BORDER
    at, passed = found, 0
    while True:
        end = _likely_end(text, at, border)
        last = None
        if end is None:
            end, last = _counted_end(text, at)
            if end is None:
                return None
        starts.append(at)
        ends.append(end)
        if last is not None:
            return LongList(text=text, first=found, last=last, starts=starts, ends=ends)
        comma = COMMA.match(bytes(text[end : end + MAX_SPACE]))
        if comma is None:
            return None
        at = end + comma.end()
        if at - passed > PASSED_BYTES:
            forget(text)
            passed = at


def forget(text: memoryview) -> None:
    """Let the memory go that the file behind a text takes up; it is read again when needed."""
    if isinstance(text.obj, mmap.mmap):
        let_go(text.obj, 0, len(text.obj))


def _beginning(text: memoryview, name: str) -> int | None:
    """Return where the elements of the only list of that name begin, None where there is none."""
    label = re.compile(rb'[{,\s]"%b"\s*:\s*$' % re.escape(name.encode()))
    depth = 0
    for at, bracket in _brackets(text, 0):
        if bracket in OPENING:
            if depth == 1 and label.search(bytes(text[max(0, at - NAME_BYTES) : at])):
                return at + 1 if bracket == ord("[") else None
            depth += 1
        else:
            depth -= 1
            if depth <= 0:
                return None
    return None


def _likely_end(text: memoryview, at: int, border: re.Pattern[bytes]) -> int | None:
    """Return the end of the last whole element in a window, None where it was not found."""
    window = bytes(text[at : at + WINDOW_BYTES])
    if len(window) < WINDOW_BYTES:
        return None
    tries = 0
    end = window.rfind(b"}")
    while end >= 0 and tries < TRIES:
        if border.match(window, end):
            tries += 1
            try:
                _is_list(b"[%b]" % window[: end + 1])
            except (msgspec.DecodeError, RecursionError):
                pass
            else:
                return at + end + 1
        end = window.rfind(b"}", 0, end)
    return None


def _counted_end(text: memoryview, at: int) -> tuple[int | None, int | None]:
    """Return the end of the last whole element in a window, by counting brackets.

    And where the closing bracket of the list is, if that follows; None where the text breaks off.
    """
    depth, end = 0, None
    for place, bracket in _brackets(text, at):
        if bracket in OPENING:
            if depth == 0 and end is not None and place - at > WINDOW_BYTES:
                return end, None
            depth += 1
            continue
        depth -= 1
        if depth < 0:
            if end is None or bytes(text[end:place]).strip() or bracket != ord("]"):
                return None, None
            return end, place
        if depth == 0:
            end = place + 1
    return None, None


def _brackets(text: memoryview, at: int) -> Iterator[tuple[int, int]]:
    """Yield the brackets that are not in texts, with their places."""
    size = WINDOW_BYTES
    while at < len(text):
        piece = bytes(text[at : at + size])
        here = 0
        while True:
            stride = STRIDE.match(piece, here)
            here = stride.end() if stride else here
            if here == len(piece) or piece[here] == QUOTE:
                break
            yield at + here, piece[here]
            here += 1
        if here == 0 and at + size >= len(text):
            return
        size = size if here else 2 * size
        at += here

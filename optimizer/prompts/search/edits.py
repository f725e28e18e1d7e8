"""Small edits of a prompt: its numbered sections, and what to do with them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum
from itertools import pairwise
from typing import NamedTuple

from optimizer.models.dataclass import dataclass
from optimizer.promptcheck.spans import split
from optimizer.promptcheck.templates import SpanKind
from optimizer.prompts.search.useless import Useless

BLOCK_START = re.compile(
    r"""^[ \t]*+ (?: \#{1,6}[ ] | [-*+•][ \t] | \d{1,3}[.)][ \t] )""", re.MULTILINE | re.VERBOSE
)
BLANK_LINES = re.compile(r"\n(?:[ \t]*\r?\n)+")
BLOCK_ITEM = re.compile(r"[ \t]*+(?:[-*+•]|\d{1,3}[.)])[ \t]")
LINE_END = re.compile(r"\r\n|\r|\n")


class Operation(StrEnum):
    """What an edit does."""

    ADD = "ADD"
    """Put a text behind a section; behind section 0: at the top."""

    REPLACE = "REPLACE"
    """Put a text in the place of a section."""

    DELETE = "DELETE"
    """Leave a section out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SectionEdit:
    """One edit.

    Attributes:
        operation: What it does.
        section: Number of the section, from 1; 0 only to add at the top.
        text: What to put there; empty where something is left out.
    """

    operation: Operation
    section: int
    text: str = ""


class _Block(NamedTuple):
    """A stretch of the new text, and whether it is an added one."""

    text: str
    added: bool = False


def sections(text: str) -> tuple[str, ...]:
    """Return the sections of a text: together they are the whole of it.

    A section is a paragraph, a heading or a list item, with the blank lines behind it; none ends
    inside code, a tag or a literal.
    """
    protected = [span for span in split(text) if span.kind is not SpanKind.FREE]
    inside = {at for span in protected for at in range(span.start + 1, span.end)}
    starts = {match.end() for match in BLANK_LINES.finditer(text)}
    starts |= {match.start() for match in BLOCK_START.finditer(text)}
    cuts = [0, *sorted(starts - inside - {0, len(text)}), len(text)]
    pieces = (text[start:end] for start, end in pairwise(cuts))
    return tuple(piece for piece in pieces if piece)


def apply(parts: Sequence[str], edits: Sequence[SectionEdit]) -> str:
    """Return the text that edits make of sections; what they do not name stays to the letter.

    Raises:
        Useless: An edit names no section of it, two change the same one, or one has no text.
    """
    newline = _newline(parts)
    changed = {edit.section for edit in edits if edit.operation is not Operation.ADD}
    for edit in edits:
        _require_place(edit, len(parts))
    if len(changed) < sum(edit.operation is not Operation.ADD for edit in edits):
        raise Useless("two edits of the answer change the same section")
    text = "".join(_joined(_blocks(parts, edits, newline), newline)).rstrip()
    return text + _end("".join(parts[-1:]))


def rewritten(text: str, parts: Sequence[str]) -> str:
    """Return a text in the place of all sections, with their line ends and their end."""
    return _lines(text, _newline(parts)) + _end("".join(parts[-1:]))


def _newline(parts: Sequence[str]) -> str:
    return "\r\n" if any("\r\n" in part for part in parts) else "\n"


def _require_place(edit: SectionEdit, n_sections: int) -> None:
    first = 0 if edit.operation is Operation.ADD else 1
    if not first <= edit.section <= n_sections:
        raise Useless(
            f"the answer edits section {edit.section}, the prompt has {first} to {n_sections}"
        )
    if edit.operation is not Operation.DELETE and not edit.text.strip():
        raise Useless(f"{edit.operation} of section {edit.section} has no text")


def _blocks(parts: Sequence[str], edits: Sequence[SectionEdit], newline: str) -> Iterator[_Block]:
    """Yield what the text is made of; a section that is replaced keeps what is behind it."""
    changes = {edit.section: edit for edit in edits if edit.operation is not Operation.ADD}
    for number in range(len(parts) + 1):
        part = parts[number - 1] if number else ""
        change = changes.get(number)
        if change is None and part:
            yield _Block(text=part)
        elif change is not None and change.operation is Operation.REPLACE:
            yield _Block(text=_lines(change.text, newline) + _end(part))
        for edit in edits:
            if edit.operation is Operation.ADD and edit.section == number:
                yield _Block(text=_lines(edit.text, newline), added=True)


def _joined(blocks: Iterable[_Block], newline: str) -> Iterator[str]:
    """Yield blocks with what is missing between them: a line end in lists, else a blank line."""
    before = None
    for block in blocks:
        if before is not None and (before.added or block.added):
            in_list = BLOCK_ITEM.match(before.text) and BLOCK_ITEM.match(block.text)
            yield newline * max(0, (1 if in_list else 2) - _end(before.text).count("\n"))
        yield block.text
        before = block


def _end(text: str) -> str:
    """Return the white space that a text ends with."""
    return text[len(text.rstrip()) :]


def _lines(text: str, newline: str) -> str:
    """Return a text without blank lines around it, with the line ends of the prompt."""
    return newline.join(LINE_END.split(text.strip("\r\n").rstrip()))

"""R01: white space that nobody reads."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import ClassVar

from optimizer.models.transform_settings import TransformSettings
from optimizer.promptcheck.reading import BULLET, HEADING, NUMBERED
from optimizer.promptcheck.templates import SpanKind
from optimizer.promptcheck.transforms.base import (
    NOTHING,
    AppliedBy,
    Evidence,
    Permit,
    Plan,
    Step,
    TransformKind,
    TransformPage,
    step,
)
from optimizer.promptcheck.transforms.layout import Layout, Line

HARD_BREAK = "  "
"""At the end of a line of Markdown, at least these two spaces break it."""

_RUN = re.compile(r"(?<=[^ \t\n]) {2,}(?=[^ \t\n])")
_TRAILING = re.compile(r"[ \t]+\Z")
_ITEM = re.compile(r"[ \t]*(?:[-*+•]|\d+[.)])[ \t]+")
_EMPHASIS = re.compile(r"\*\*\S")


class Whitespace:
    """Take out white space that nobody reads."""

    page: ClassVar[TransformPage] = TransformPage(
        transform_id="R01",
        name="whitespace",
        kind=TransformKind.S0,
        default=AppliedBy.DEFAULT,
        what=(
            "Takes out spaces at the end of lines, runs of spaces between words and more than "
            "one blank line. Fences, indentation, tables, aligned columns, examples, hard line "
            "breaks of Markdown and the very end of the prompt stay as they are."
        ),
        evidence="None expected; it saves tokens only.",
        before="Classify  the review.\n\n\n\nAnswer with the label.\n",
        after="Classify the review.\n\nAnswer with the label.\n",
    )
    permit: ClassVar[Permit] = NOTHING

    def __init__(self, settings: TransformSettings) -> None:
        self.settings = settings

    def plan(self, layout: Layout, evidence: Evidence) -> Plan:
        """Plan to take out white space."""
        steps = [*_blank_lines(layout), *_within_lines(layout)]
        return Plan(steps=tuple(sorted(steps, key=lambda one: one.edit.start)))


def _blank_lines(layout: Layout) -> Iterator[Step]:
    """Yield a step for each stretch of blank lines that is too long; the end is left alone."""
    first: Line | None = None
    n = 0
    for line in layout.lines:
        if line.start >= layout.end:
            return
        if _is_blank(line):
            first, n = first or line, n + 1
            continue
        if first and n > (first.start > 0):
            kept = "\n" if first.start > 0 else ""
            yield step(first.start, line.start, kept, f"takes out {n - len(kept)} blank lines")
        first, n = None, 0


def _within_lines(layout: Layout) -> Iterator[Step]:
    is_markdown = _is_markdown(layout)
    aligned = _aligned(layout)
    for number, line in enumerate(layout.lines):
        if _is_blank(line) or line.verbatim:
            continue
        if number not in aligned:
            yield from _runs(line)
        trailing = _TRAILING.search(line.free)
        if trailing is None or line.end >= layout.end:
            continue
        if not (is_markdown and trailing.group().endswith(HARD_BREAK)):
            start = line.start + trailing.start()
            yield step(start, line.end, "", "takes out spaces at the end of a line")


def _runs(line: Line) -> Iterator[Step]:
    item = _ITEM.match(line.free)
    for run in _RUN.finditer(line.free, item.end() if item else 0):
        start, end = line.start + run.start(), line.start + run.end()
        yield step(start, end, " ", "takes out spaces between words")


def _aligned(layout: Layout) -> set[int]:
    """Return the numbers of lines whose runs of spaces end where those of a neighbour do."""
    columns = [{run.end() for run in _RUN.finditer(line.free)} for line in layout.lines]
    found: set[int] = set()
    for number in range(1, len(columns)):
        if columns[number] & columns[number - 1]:
            found |= {number - 1, number}
    return found


def _is_blank(line: Line) -> bool:
    return not line.verbatim and not line.text.strip(" \t")


def _is_markdown(layout: Layout) -> bool:
    reading = layout.reading
    marks = (HEADING, BULLET, NUMBERED, _EMPHASIS)
    return any(mark.search(reading.free) for mark in marks) or any(
        span.kind is SpanKind.FENCE for span in reading.spans
    )

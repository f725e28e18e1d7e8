"""White space that nobody reads, and what takes it out (R01)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from optimizer.promptcheck.edits.steps import Step, step
from optimizer.promptcheck.layout import Layout, Line
from optimizer.promptcheck.reading import BULLET, HEADING, NUMBERED
from optimizer.promptcheck.templates import SpanKind

HARD_BREAK = "  "
"""At the end of a line of Markdown, at least these two spaces break it."""

_RUN = re.compile(r"(?<=[^ \t\n]) {2,}(?=[^ \t\n])")
_TRAILING = re.compile(r"[ \t]+\Z")
_ITEM = re.compile(r"[ \t]*(?:[-*+•]|\d+[.)])[ \t]+")
_EMPHASIS = re.compile(r"\*\*\S")


def spare_lines(layout: Layout) -> Iterator[Step]:
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


def spaces_between_words(layout: Layout) -> Iterator[Step]:
    """Yield a step for each run of spaces between words that aligns nothing."""
    aligned = _aligned(layout)
    for number, line in enumerate(layout.lines):
        if not line.verbatim and number not in aligned:
            yield from _runs(line)


def trailing_spaces(layout: Layout) -> Iterator[Step]:
    """Yield a step for the spaces at the end of each line but the last, hard breaks left alone."""
    is_markdown = _is_markdown(layout)
    for line in layout.lines:
        trailing = None if line.verbatim or _is_blank(line) else _TRAILING.search(line.free)
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

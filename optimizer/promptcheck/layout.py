"""A prompt as edits see it: lines, paragraphs, and where its prose may be edited."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from functools import lru_cache

from optimizer.models.dataclass import dataclass
from optimizer.promptcheck.reading import HEADING, Reading, read
from optimizer.promptcheck.templates import MASK, Span, SpanKind
from optimizer.promptcheck.words import listed

VARIABLES = (SpanKind.EXPRESSION, SpanKind.DIFY, SpanKind.DOLLAR, SpanKind.BRACE)
"""Spans that are filled with a value."""

MAX_LABEL_WORDS = 3
"""Words that a line with a variable may have besides to be a label and its value."""

VERBATIM_TAGS = frozenset(
    listed(
        """pre code example examples input output sample samples document documents data text
        query question answer"""
    )
)
"""Tags around what is to be read as it stands: no prose to edit."""

# A line that announces an example, or one side of one: what follows it is data.
_EXAMPLE_LINE = re.compile(
    r"""^[ \t#>*_\-]*+(?:examples?|for[ ]example|e\.g\.|sample|beispiele?|exemples?
        |ejemplos?|input|output|question|answer|q|a|user|assistant|text|\u4f8b|\u793a\u4f8b)
        \b[^.\n]{0,40}[:\uff1a]""",
    re.IGNORECASE | re.VERBOSE,
)
_TAG = re.compile(r"<(?P<close>/?)(?P<name>[^\W\d][\w.:\-]*)(?P<rest>[^>]*)>")
_SECTION = re.compile(r"\{\{[#/^]")
_BLANK_LINES = re.compile(r"\n(?:[ \t]*\n)+")
_LINE = re.compile(r"[^\n]*\n|[^\n]+\Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line.

    Attributes:
        start: Offset of its first character.
        end: Offset behind its last one, without the line end.
        text: Its characters.
        free: The same with everything protected masked.
        verbatim: Whether it is to stay as it is: in a fence, an example, a table, quoted data.
    """

    start: int
    end: int
    text: str
    free: str
    verbatim: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Paragraph:
    """Lines without a blank one between them; a protected stretch is not parted.

    Attributes:
        start: Offset of its first character.
        end: Offset behind its last one, without the line end.
        text: Its characters.
        free: The same with everything protected masked.
        spans: What is protected in it.
    """

    start: int
    end: int
    text: str
    free: str
    spans: tuple[Span, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """A prompt, laid out once."""

    reading: Reading
    lines: tuple[Line, ...]
    paragraphs: tuple[Paragraph, ...]

    def line_at(self, offset: int) -> Line:
        """Return the line an offset is on."""
        return self.lines[bisect_right(self.lines, offset, key=lambda line: line.start) - 1]

    def protected(self) -> Iterator[Span]:
        """Yield what is protected."""
        return (span for span in self.reading.spans if span.kind is not SpanKind.FREE)

    @property
    def end(self) -> int:
        """Offset behind the last character that is not white space."""
        return len(self.reading.text.rstrip())

    @property
    def has_headings(self) -> bool:
        """Whether it is parted by headings already."""
        return bool(HEADING.search(self.reading.free))


def lay_out(text: str) -> Layout:
    """Return a prompt as edits see it."""
    return laid_out(_read(text))


@lru_cache(maxsize=4)
def laid_out(reading: Reading) -> Layout:
    """Return the same of a prompt that was read."""
    return Layout(
        reading=reading, lines=tuple(_lines(reading)), paragraphs=tuple(_paragraphs(reading))
    )


@lru_cache(maxsize=4)
def _read(text: str) -> Reading:
    return read(text)


def holds_data(layout: Layout, paragraph: Paragraph) -> bool:
    """Tell whether a variable is all, or all but a label, that is on a line of a paragraph."""
    lines = (layout.line_at(span.start) for span in paragraph.spans if span.kind in VARIABLES)
    return any(len(line.free.replace(MASK, "").split()) <= MAX_LABEL_WORDS for line in lines)


def is_block(span: Span) -> bool:
    """Tell whether a template engine may leave out or repeat what stands behind a span."""
    return span.kind is SpanKind.STATEMENT or (
        span.kind is SpanKind.EXPRESSION and bool(_SECTION.match(span.text))
    )


def tag_of(span: Span) -> tuple[str, int]:
    """Return the name of a tag and what it adds to the depth: 1, -1, or 0."""
    found = _TAG.fullmatch(span.text) if span.kind is SpanKind.TAG else None
    if not found or found["rest"].endswith("/"):
        return "", 0
    return found["name"].lower(), -1 if found["close"] else 1


def _lines(reading: Reading) -> Iterator[Line]:
    verbatim = _verbatim_lines(reading)
    in_example = False
    for number, match in enumerate(_LINE.finditer(reading.text)):
        text = match.group().removesuffix("\n")
        if _EXAMPLE_LINE.match(text):
            in_example = True
        elif in_example:
            in_example = bool(text.strip()) and not HEADING.match(text)
        end = match.start() + len(text)
        yield Line(
            start=match.start(),
            end=end,
            text=text,
            free=reading.free[match.start() : end],
            verbatim=number in verbatim
            or in_example
            or "|" in text
            or (bool(text.strip()) and text.startswith(("\t", ">", "    "))),
        )


def _verbatim_lines(reading: Reading) -> set[int]:
    """Return the numbers of the lines inside spans of several lines and inside verbatim tags."""
    found: set[int] = set()
    opened: list[tuple[str, int]] = []
    for span in reading.spans:
        first = bisect_right(reading.line_starts, span.start) - 1
        if span.kind is not SpanKind.FREE and "\n" in span.text:
            found.update(range(first, first + span.text.count("\n") + 1))
        name, step = tag_of(span)
        if step > 0 and name in VERBATIM_TAGS:
            opened.append((name, first))
        elif step < 0 and opened and opened[-1][0] == name:
            found.update(range(opened.pop()[1], first + 1))
    return found


def _paragraphs(reading: Reading) -> Iterator[Paragraph]:
    """Yield the paragraphs; a blank line within a protected span parts nothing."""
    protected = [span for span in reading.spans if span.kind is not SpanKind.FREE]
    starts = [span.start for span in protected]
    position = 0
    for end, following in _breaks(reading, protected):
        stretch = reading.text[position:end]
        if stretch.strip():
            start = position + len(stretch) - len(stretch.lstrip("\n"))
            yield Paragraph(
                start=start,
                end=end,
                text=reading.text[start:end],
                free=reading.free[start:end],
                spans=tuple(protected[bisect_left(starts, start) : bisect_left(starts, end)]),
            )
        position = following


def _breaks(reading: Reading, protected: Sequence[Span]) -> Iterator[tuple[int, int]]:
    """Yield the ends of paragraphs, each with where the next one may start; the last is the end."""
    starts = [span.start for span in protected]
    for match in _BLANK_LINES.finditer(reading.text):
        index = bisect_right(starts, match.start()) - 1
        if index < 0 or protected[index].end <= match.start():
            yield match.start(), match.end()
    yield len(reading.text.rstrip("\n")), len(reading.text)

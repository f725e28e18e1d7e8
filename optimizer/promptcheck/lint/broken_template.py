"""Critical: a template construct that no engine can fill, or fills wrongly.

Code fences, inline code and raw blocks may show broken templates; they are left out.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from typing import NamedTuple

from optimizer.models.contract import IssueSeverity
from optimizer.models.linting import FixSafety, LintRulePage
from optimizer.promptcheck.findings import quoted
from optimizer.promptcheck.lint.base import Found, LintRule
from optimizer.promptcheck.reading import Reading
from optimizer.promptcheck.spans import CODE
from optimizer.promptcheck.templates import Span, SpanKind, hide
from optimizer.promptcheck.words import listed

BLOCK_TAGS = frozenset(
    listed("if for macro call filter with autoescape block raw trans unless case capture")
)
"""Statements that need an end of their own: `if` needs `endif`."""

# What is left of a construct that was not recognized as one: an opening and the start of a name.
_OPENING = re.compile(r"\{\{[ \t#]{0,3}\w[\w.]*|\{%[-+]?[ \t]{0,3}[^\W\d]\w*|\$\{[^\W\d]\w*")
_TAG = re.compile(r"\{%[-+]?\s*+(?P<tag>\w+)\s*+(?P<body>[^%]*)")
_SECTION_END = re.compile(r"\{\{/([\w.\-]+)\}\}")
_HASH_OPEN = re.compile(r"\{\{#(?P<name>[\w\-]+(?:\.[\w\-]+)+)\}\}")


class _Break(NamedTuple):
    """Where a template is broken, and how."""

    start: int
    end: int
    what: str


def broken_templates(reading: Reading) -> Iterator[Found]:
    """Yield what is opened and never closed, or closed and never opened."""
    if "{" not in reading.text:
        return
    code = [span for span in reading.spans if span.kind in CODE]
    starts = [span.start for span in code]
    outside = [
        span
        for span in reading.templates.spans
        if (index := bisect_right(starts, span.start)) == 0 or code[index - 1].end <= span.start
    ]
    breaks = [
        *_unclosed_openings(reading, hide(reading.templates.masked, code)),
        *_unclosed_dify(reading, outside),
        *_unbalanced_blocks(outside),
    ]
    for broken in sorted(breaks):
        yield Found(
            message=broken.what,
            suggestion="Repair the template; as it stands it fails or shows its own source.",
            start=broken.start,
            end=broken.end,
        )


RULE = LintRule(
    page=LintRulePage(
        rule_id="P003",
        name="broken-template",
        severity=IssueSeverity.CRITICAL,
        what="A variable, a statement or a block of a template that is never closed or opened.",
        why="The engine stops, or the model is shown the source of the template.",
        bad="Summarize this ticket in one line: {{ ticket",
        good="Summarize this ticket in one line: {{ ticket }}",
        fix=FixSafety.NONE,
        evidence="A fact of the template engines; no measurement is needed.",
    ),
    check=lambda subject: broken_templates(subject.reading),
)


def _unclosed_openings(reading: Reading, masked: str) -> Iterator[_Break]:
    closing = reading.templates.closing
    for match in _OPENING.finditer(masked):
        if match.group().startswith("{{") and match.start() in closing:
            continue
        yield _Break(match.start(), match.end(), f"{quoted(match.group())} is never closed.")


def _unclosed_dify(reading: Reading, spans: list[Span]) -> Iterator[_Break]:
    sections = set(_SECTION_END.findall(reading.text))
    for span in spans:
        opened = _HASH_OPEN.fullmatch(span.text) if span.kind is SpanKind.EXPRESSION else None
        if opened and opened["name"] not in sections:
            yield _Break(span.start, span.end, f'{quoted(span.text)} lacks the closing "#".')


def _unbalanced_blocks(spans: list[Span]) -> Iterator[_Break]:
    opened: list[tuple[str, Span]] = []
    for span in spans:
        found = _TAG.match(span.text) if span.kind is SpanKind.STATEMENT else None
        tag = found["tag"] if found else ""
        if tag in BLOCK_TAGS or (found and tag == "set" and "=" not in found["body"]):
            opened.append((tag, span))
        elif tag.startswith("end"):
            if opened and opened[-1][0] == tag.removeprefix("end"):
                opened.pop()
            elif tag.removeprefix("end") in BLOCK_TAGS:
                yield _Break(span.start, span.end, f"{quoted(span.text)} closes no open block.")
    for tag, span in opened:
        yield _Break(span.start, span.end, f'{quoted(span.text)} has no "end{tag}".')

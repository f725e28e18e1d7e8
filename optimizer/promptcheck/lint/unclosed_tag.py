"""Warning: a tag without its other half."""

from __future__ import annotations

import re
from collections.abc import Iterator

from optimizer.models.contract import IssueSeverity
from optimizer.models.linting import FixSafety, LintRulePage
from optimizer.promptcheck.findings import quoted
from optimizer.promptcheck.lint.base import Found, LintRule, Subject
from optimizer.promptcheck.templates import Span, SpanKind

_TAG = re.compile(r"<(?P<slash>/?)(?P<name>[^\W\d][\w.:\-]*)[^>]*?(?P<empty>/?)>")
_STAND_ALONE = frozenset({"area", "base", "br", "col", "hr", "img", "input", "link", "meta", "wbr"})
"""HTML tags without an end."""


def _unclosed(subject: Subject) -> Iterator[Found]:
    tags = [
        (match, span)
        for span in subject.reading.spans
        if span.kind is SpanKind.TAG and (match := _TAG.fullmatch(span.text))
    ]
    opened = {match["name"] for match, _ in tags if not match["slash"]}
    closed = {match["name"] for match, _ in tags if match["slash"]}
    reported: set[str] = set()
    for match, span in tags:
        other_half = opened if match["slash"] else closed
        name = match["name"]
        if name in other_half | reported | _STAND_ALONE or match["empty"]:
            continue
        if match["slash"] or _opens_a_section(subject.reading.text, span):
            reported.add(name)
            yield _found(span, f"</{name}>" if not match["slash"] else f"<{name}>")


def _opens_a_section(text: str, span: Span) -> bool:
    """Tell whether a tag is alone on its line, and text follows that it could hold."""
    line_before = text[: span.start].rpartition("\n")[2]
    line_after, _, rest = text[span.end :].partition("\n")
    return not line_before.strip() and not line_after.strip() and bool(rest.strip())


def _found(span: Span, missing: str) -> Found:
    return Found(
        message=f"{quoted(span.text)} has no {quoted(missing)}.",
        suggestion="Add the other half where the section begins or ends.",
        start=span.start,
        end=span.end,
    )


RULE = LintRule(
    page=LintRulePage(
        rule_id="P008",
        name="unclosed-tag",
        severity=IssueSeverity.WARNING,
        what="A tag that begins a section and none ends, or one that ends what none began.",
        why="Where the data ends is left to guess, and instructions inside the data are obeyed.",
        bad="Summarize the letter in one line.\n<letter>\nText: {letter}\nName the sender too.",
        good=(
            "Summarize the letter in one line.\n"
            "<letter>\n"
            "Text: {letter}\n"
            "</letter>\n"
            "Name the sender too."
        ),
        fix=FixSafety.NONE,
        evidence=(
            "Vendors advise to close tags; nothing is known of the effect of one that is open."
        ),
    ),
    check=_unclosed,
)

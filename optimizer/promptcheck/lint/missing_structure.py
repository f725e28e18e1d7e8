"""Info: a long prompt without a heading, a list or a tag (published)."""

from __future__ import annotations

from collections.abc import Iterator

from optimizer.models.contract import IssueSeverity
from optimizer.models.linting import FixSafety, LintRulePage
from optimizer.promptcheck.lint.base import Found, LintRule, Subject
from optimizer.promptcheck.reading import BULLET, HEADING, NUMBERED
from optimizer.promptcheck.templates import SpanKind


def _missing(subject: Subject) -> Iterator[Found]:
    reading = subject.reading
    n = len(reading.text.strip())
    if n <= subject.settings.structure_from_chars:
        return
    if any(span.kind is SpanKind.TAG for span in reading.spans):
        return
    if not any(mark.search(reading.free) for mark in (HEADING, BULLET, NUMBERED)):
        yield Found(
            message=f"{n} characters without a heading, a bullet or a numbered item.",
            suggestion="Part the prompt by headings, and write separate demands as a list.",
        )


RULE = LintRule(
    page=LintRulePage(
        rule_id="P012",
        name="missing-structure",
        severity=IssueSeverity.INFO,
        what="More than `structure_from_chars` characters without a heading, a list or a tag.",
        why="Demands that stand apart are found, and counted, by people and by models.",
        bad=(
            "Read the letter and find out who wrote it, when it was sent and what its author "
            "asks for.\n"
            "Give the answer as three lines: the name, the date as year, month and day, and "
            "the request in at\n"
            "most ten words. Put a dash where the letter does not tell."
        ),
        good=(
            "Read the letter and find out who wrote it, when it was sent and what its author "
            "asks for.\n"
            "Give the answer as three lines:\n"
            "- the name\n"
            "- the date as year, month and day\n"
            "- the request in at most ten words\n"
            "Put a dash where the letter does not tell."
        ),
        fix=FixSafety.NONE,
        evidence=(
            "Layout moves answers by up to 40 % on GPT-3.5 and less on GPT-4 (arXiv "
            "2411.10541), by up to 76 points on LLaMA-2-13B, with little agreement between "
            "models (arXiv 2310.11324): something to test, never better by itself."
        ),
    ),
    check=_missing,
)

"""Warning: a line that stands in the prompt twice (R02)."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator

from optimizer.models.contract import IssueSeverity
from optimizer.models.linting import FixSafety, LintRulePage
from optimizer.promptcheck.edits.duplicates import repeated_lines
from optimizer.promptcheck.findings import quoted
from optimizer.promptcheck.layout import laid_out
from optimizer.promptcheck.lint.base import Found, LintRule, Subject, removal


def _duplicates(subject: Subject) -> Iterator[Found]:
    reading, settings = subject.reading, subject.settings
    keys = [line.rstrip() for line in reading.lines]
    if len({*keys}) == len(keys) - max(keys.count("") - 1, 0):
        return
    for line, first in repeated_lines(laid_out(reading), min_words=settings.min_duplicate_words):
        number = bisect_right(reading.line_starts, first.start)
        yield Found(
            message=f"{quoted(line.text)} stands in line {number} already.",
            suggestion="Remove it, unless the repetition is meant to stress it.",
            start=line.start,
            end=line.end,
            edits=removal(line.start, line.end + 1),
        )


RULE = LintRule(
    page=LintRulePage(
        rule_id="P025",
        name="duplicate-line",
        severity=IssueSeverity.WARNING,
        what=(
            "A sentence on a line of its own, or a bullet, of `min_duplicate_words` words or more, "
            "without variables or code, that occurs again in the same section; not at the very "
            "end, where it is often a reminder."
        ),
        why="It costs tokens, and who changes one of the two later makes a contradiction.",
        bad=(
            "Summarize the letter:\n"
            "- Keep all names.\n"
            "- Write in past tense.\n"
            "- Write in past tense.\n"
            "- Leave every name as it stands.\n"
        ),
        good=(
            "Summarize the letter:\n"
            "- Keep all names.\n"
            "- Write in past tense.\n"
            "- Leave every name as it stands.\n"
        ),
        fix=FixSafety.SAFE,
        evidence=(
            "Tokens. A repetition that is meant can help (arXiv 2512.14982): ignore the "
            "finding there."
        ),
    ),
    check=_duplicates,
)

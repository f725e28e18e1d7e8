"""Info: more blank lines than part two paragraphs (R01)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from optimizer.models.contract import IssueSeverity
from optimizer.models.linting import Edit, FixSafety, LintRulePage
from optimizer.promptcheck.lint.base import Found, LintRule, Subject, free_spans

_LINES = re.compile(r"\n[ \t]*+\n(?:[ \t]*+\n)+")
_KEPT = 2
"""Newlines of a blank line."""


def _blank(subject: Subject) -> Iterator[Found]:
    text = subject.reading.text
    if not _LINES.search(text):
        return
    for span in free_spans(subject.reading):
        for match in _LINES.finditer(text, span.start, span.end):
            yield Found(
                message=f"{match.group().count(chr(10)) - 1} blank lines in a row.",
                suggestion="Leave one.",
                start=match.start(),
                end=match.end(),
                edits=(Edit(start=match.start(), end=match.end(), text="\n" * _KEPT),),
            )


RULE = LintRule(
    page=LintRulePage(
        rule_id="P031",
        name="blank-lines",
        severity=IssueSeverity.INFO,
        what="More than one blank line in a row, outside code.",
        why="They cost tokens, and make two prompts that look alike different ones.",
        bad="Summarize the letter in one sentence.\n\n\n\nKeep all names.",
        good="Summarize the letter in one sentence.\n\nKeep all names.",
        fix=FixSafety.SAFE,
        evidence="None expected: tokens only.",
    ),
    check=_blank,
)

"""Info: more blank lines than part two paragraphs (R01)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from optimizer.models.contract import IssueSeverity
from optimizer.models.linting import FixSafety, LintRulePage
from optimizer.promptcheck.edits.whitespace import spare_lines
from optimizer.promptcheck.layout import laid_out
from optimizer.promptcheck.lint.base import Found, LintRule, Subject

_LINES = re.compile(r"(?:\A|\n[ \t]*+)\n[ \t]*+\n|\A[ \t]*+\n")


def _blank(subject: Subject) -> Iterator[Found]:
    text = subject.reading.text
    if not _LINES.search(text):
        return
    for step in spare_lines(laid_out(subject.reading)):
        n = text.count("\n", step.edit.start, step.edit.end)
        yield Found(
            message=f"{n} blank lines in a row." if step.edit.text else "Blank lines at the start.",
            suggestion="Leave one." if step.edit.text else "Remove them.",
            start=step.edit.start,
            end=step.edit.end,
            edits=(step.edit,),
        )


RULE = LintRule(
    page=LintRulePage(
        rule_id="P031",
        name="blank-lines",
        severity=IssueSeverity.INFO,
        what=(
            "More than one blank line in a row, or any at the start; not in code and examples, "
            "not at the very end."
        ),
        why="They cost tokens, and make two prompts that look alike different ones.",
        bad="Summarize the letter in one sentence.\n\n\n\nKeep all names.",
        good="Summarize the letter in one sentence.\n\nKeep all names.",
        fix=FixSafety.SAFE,
        evidence="None expected: tokens only.",
    ),
    check=_blank,
)

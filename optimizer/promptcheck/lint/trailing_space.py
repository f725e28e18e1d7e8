"""Info: spaces at the end of a line (R01)."""

from __future__ import annotations

from collections.abc import Iterator

from optimizer.models.contract import IssueSeverity
from optimizer.models.linting import FixSafety, LintRulePage
from optimizer.promptcheck.edits.whitespace import trailing_spaces
from optimizer.promptcheck.layout import laid_out
from optimizer.promptcheck.lint.base import Found, LintRule, Subject

_SIGNS = (" \n", "\t\n")


def _trailing(subject: Subject) -> Iterator[Found]:
    if not any(sign in subject.reading.text for sign in _SIGNS):
        return
    for step in trailing_spaces(laid_out(subject.reading)):
        yield Found(
            message="Spaces at the end of the line.",
            suggestion="Remove them.",
            start=step.edit.start,
            end=step.edit.end,
            edits=(step.edit,),
        )


RULE = LintRule(
    page=LintRulePage(
        rule_id="P030",
        name="trailing-space",
        severity=IssueSeverity.INFO,
        what=(
            "Spaces or tabs at the end of a line that nobody reads: not in code, examples and "
            "tables, not as a line break of Markdown, not at the very end."
        ),
        why="They cost tokens, and make two prompts that look alike different ones.",
        bad="Summarize the letter in one sentence.  \nKeep all names.",
        good="Summarize the letter in one sentence.\nKeep all names.",
        fix=FixSafety.SAFE,
        evidence=(
            "None expected: tokens only. A single space at the very end can change how a "
            "completion model goes on."
        ),
    ),
    check=_trailing,
)

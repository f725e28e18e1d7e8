"""Warning: a byte order mark before the prompt."""

from __future__ import annotations

from collections.abc import Iterator

from optimizer.models.contract import IssueSeverity
from optimizer.models.linting import FixSafety, LintRulePage
from optimizer.promptcheck.lint.base import Found, LintRule, Subject, removal
from optimizer.promptcheck.reading import BYTE_ORDER_MARK


def _mark(subject: Subject) -> Iterator[Found]:
    n = len(subject.raw) - len(subject.raw.lstrip(BYTE_ORDER_MARK))
    if n:
        yield Found(
            message="The prompt begins with a byte order mark.",
            suggestion="Save the file as UTF-8 without it.",
            start=0,
            end=n,
            edits=removal(0, n),
        )


RULE = LintRule(
    page=LintRulePage(
        rule_id="P033",
        name="byte-order-mark",
        severity=IssueSeverity.WARNING,
        what="An invisible mark that some editors put before a text.",
        why="It is sent to the model, and no file with it equals one without.",
        bad="\ufeffSummarize the letter in one sentence.",
        good="Summarize the letter in one sentence.",
        fix=FixSafety.SAFE,
        evidence="Nothing is known of its effect on answers.",
    ),
    check=_mark,
    counts_in_raw=True,
)

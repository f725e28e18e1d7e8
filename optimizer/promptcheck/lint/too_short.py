"""Warning: a prompt that is too short (published)."""

from __future__ import annotations

from collections.abc import Iterator

from optimizer.models.contract import IssueSeverity
from optimizer.models.linting import FixSafety, LintRulePage
from optimizer.promptcheck.lint.base import Found, LintRule, Subject


def _too_short(subject: Subject) -> Iterator[Found]:
    n, least = len(subject.reading.text.strip()), subject.settings.min_chars
    if n < least:
        yield Found(
            message=f"The prompt has {n} characters, fewer than {least}.",
            suggestion="Say what is given, what to do with it and what to answer.",
        )


RULE = LintRule(
    page=LintRulePage(
        rule_id="P011",
        name="too-short",
        severity=IssueSeverity.WARNING,
        what="A prompt of fewer than `min_chars` characters.",
        why="What it leaves out, the model guesses.",
        bad="Summarize {{ x }}.",
        good="Summarize {{ letter }} in one sentence.",
        fix=FixSafety.NONE,
        evidence=(
            "The bound is the published one. Models guess 41 % of unstated requirements right, "
            "and such prompts regress twice as often (arXiv 2505.13360)."
        ),
    ),
    check=_too_short,
)

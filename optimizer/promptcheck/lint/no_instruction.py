"""Warning: a prompt without a verb that says what to do (published)."""

from __future__ import annotations

from collections.abc import Iterator

from optimizer.models.contract import IssueSeverity
from optimizer.models.linting import FixSafety, LintRulePage
from optimizer.promptcheck import words
from optimizer.promptcheck.lint.base import Found, LintRule, Subject

_VERBS = words.Terms((*words.ACTION_VERBS, *words.SPELLINGS, *words.OTHER_INSTRUCTION_VERBS))


def _no_instruction(subject: Subject) -> Iterator[Found]:
    if subject.reading.language.is_english and not _VERBS.occur(subject.reading):
        yield Found(
            message="No verb says what to do.",
            suggestion="Start with the task as a command: classify, extract, summarize.",
        )


RULE = LintRule(
    page=LintRulePage(
        rule_id="P014",
        name="no-instruction",
        severity=IssueSeverity.WARNING,
        what="An English prompt with none of about 130 verbs that instruct.",
        why="The model answers the text instead of working on it.",
        bad="You are a friendly expert for old letters. The letter: {{ letter }}",
        good="You are a friendly expert for old letters. Summarize this letter: {{ letter }}",
        fix=FixSafety.NONE,
        evidence="Nothing is known of its effect on answers.",
    ),
    check=_no_instruction,
)

"""Warning: a word that leaves the model to guess (published, R08)."""

from __future__ import annotations

from collections.abc import Iterator

from optimizer.models.contract import IssueSeverity
from optimizer.models.linting import FixSafety, LintRulePage
from optimizer.promptcheck import words
from optimizer.promptcheck.findings import times
from optimizer.promptcheck.lint.base import Found, LintRule, Subject


def _vague(subject: Subject) -> Iterator[Found]:
    if not subject.reading.language.is_english:
        return
    for term, matches in words.VAGUE.places(subject.reading).items():
        yield Found(
            message=f'"{term}" is vague; it occurs {times(len(matches))}.',
            suggestion=f'Say what "{term}" stands for here: which, how many, or when.',
            start=matches[0].start,
            end=matches[0].end,
        )


RULE = LintRule(
    page=LintRulePage(
        rule_id="P020",
        name="vague-term",
        severity=IssueSeverity.WARNING,
        what=(
            "A word of an English prompt that says less than it seems to: etc, appropriate, as "
            "needed, maybe."
        ),
        why="What it leaves open, the model guesses.",
        bad="Extract the names, dates, etc. from this letter: {{ letter }}",
        good="Extract the names, dates and cities from this letter: {{ letter }}",
        fix=FixSafety.NONE,
        evidence=(
            "Models guess 41 % of unstated requirements; such prompts regress twice as "
            "often. Stating all of them does not help either (arXiv 2505.13360): let tests say "
            "which."
        ),
    ),
    check=_vague,
)

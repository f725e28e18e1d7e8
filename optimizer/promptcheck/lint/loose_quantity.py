"""Info: a quantity that is none (R08)."""

from __future__ import annotations

from collections.abc import Iterator

from optimizer.models.contract import IssueSeverity
from optimizer.models.linting import FixSafety, LintRulePage
from optimizer.promptcheck import words
from optimizer.promptcheck.findings import times
from optimizer.promptcheck.lint.base import Found, LintRule, Subject

_LOOSE = words.Terms(
    ("a few", "some", "several", "a couple of", "a lot of", "a number of", "a handful of")
)


def _loose(subject: Subject) -> Iterator[Found]:
    if not subject.reading.language.is_english:
        return
    for term, matches in _LOOSE.places(subject.reading).items():
        yield Found(
            message=f'"{term}" names no number; it occurs {times(len(matches))}.',
            suggestion="Name the number, or the bounds, where it matters.",
            start=matches[0].start,
            end=matches[0].end,
        )


RULE = LintRule(
    page=LintRulePage(
        rule_id="P021",
        name="loose-quantity",
        severity=IssueSeverity.INFO,
        what="A word for a number in an English prompt that is no number: some, a few, several.",
        why="Each call may take it for another number. Where no number is meant, leave it.",
        bad="Give me some titles for this letter: {{ letter }}",
        good="Give me three titles for this letter: {{ letter }}",
        fix=FixSafety.NONE,
        evidence="As of vague-term.",
    ),
    check=_loose,
)

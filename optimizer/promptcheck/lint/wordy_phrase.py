"""Info: a phrase that a shorter one says as well (R03)."""

from __future__ import annotations

from collections.abc import Iterator

from optimizer.models.contract import IssueSeverity
from optimizer.models.linting import Edit, FixSafety, LintRulePage
from optimizer.promptcheck.findings import quoted
from optimizer.promptcheck.lint.base import Found, LintRule, Subject
from optimizer.promptcheck.phrases import VERBOSE
from optimizer.promptcheck.words import Terms

_PHRASES = Terms(VERBOSE)


def _wordy(subject: Subject) -> Iterator[Found]:
    reading = subject.reading
    if not reading.language.is_english:
        return
    for match in _PHRASES.matches(reading):
        shorter = VERBOSE[match.term]
        if reading.text[match.start].isupper():
            shorter = shorter[0].upper() + shorter[1:]
        yield Found(
            message=f"{quoted(reading.text[match.start : match.end])} says no more than "
            f"{quoted(shorter)}.",
            suggestion=f"Write {quoted(shorter)}.",
            start=match.start,
            end=match.end,
            edits=(Edit(start=match.start, end=match.end, text=shorter),),
        )


RULE = LintRule(
    page=LintRulePage(
        rule_id="P023",
        name="wordy-phrase",
        severity=IssueSeverity.INFO,
        what=(
            "One of about forty phrases of an English prompt that fewer words say as well: in "
            "order to, due to the fact that."
        ),
        why="It costs tokens with every call.",
        bad="Read the letter in order to find its author, and give the name only.",
        good="Read the letter to find its author, and give the name only.",
        fix=FixSafety.SAFE,
        evidence=(
            "Tokens only: about 2 % at a similarity of .96 of the answers. No effect on their "
            "quality is known either way."
        ),
    ),
    check=_wordy,
)

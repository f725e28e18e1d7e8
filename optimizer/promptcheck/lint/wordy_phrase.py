"""Info: a phrase that a shorter one says as well (R03)."""

from __future__ import annotations

from collections.abc import Iterator

from optimizer.models.contract import IssueSeverity
from optimizer.models.linting import FixSafety, LintRulePage
from optimizer.promptcheck.edits.wording import WORDY_TERMS, wordy_phrases
from optimizer.promptcheck.findings import quoted
from optimizer.promptcheck.layout import laid_out
from optimizer.promptcheck.lint.base import Found, LintRule, Subject


def _wordy(subject: Subject) -> Iterator[Found]:
    if not WORDY_TERMS.occur(subject.reading):
        return
    for phrase in wordy_phrases(laid_out(subject.reading)):
        yield Found(
            message=f"{quoted(phrase.text)} says no more than {quoted(phrase.short)}.",
            suggestion=f"Write {quoted(phrase.short)}.",
            start=phrase.start,
            end=phrase.end,
            edits=(phrase.edit,),
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

"""Info: a phrase that says nothing (R04)."""

from __future__ import annotations

from collections.abc import Iterator

from optimizer.models.contract import IssueSeverity
from optimizer.models.linting import FixSafety, LintRulePage
from optimizer.promptcheck.edits.wording import FILLER_TERMS, filler_phrases
from optimizer.promptcheck.findings import quoted
from optimizer.promptcheck.layout import laid_out
from optimizer.promptcheck.lint.base import Found, LintRule, Subject


def _filler(subject: Subject) -> Iterator[Found]:
    if not FILLER_TERMS.occur(subject.reading):
        return
    for phrase in filler_phrases(laid_out(subject.reading)):
        yield Found(
            message=f"{quoted(phrase.text)} says nothing.",
            suggestion="Leave it out.",
            start=phrase.start,
            end=phrase.end,
            edits=(phrase.edit,),
        )


RULE = LintRule(
    page=LintRulePage(
        rule_id="P024",
        name="filler-phrase",
        severity=IssueSeverity.INFO,
        what=(
            "A phrase of an English prompt that could go: basically, I would like you to. "
            "Never just, only, some, very, actually, simply or must."
        ),
        why="It costs tokens with every call.",
        bad="I would like you to summarize the letter in one sentence.",
        good="Summarize the letter in one sentence.",
        fix=FixSafety.SAFE,
        evidence="No evidence on quality either way: tokens only.",
    ),
    check=_filler,
)

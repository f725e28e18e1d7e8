"""Warning: a rule that another one has said in other words."""

from __future__ import annotations

from collections.abc import Iterator

from optimizer.models.contract import IssueSeverity
from optimizer.models.linting import FixSafety, LintRulePage
from optimizer.promptcheck.findings import quoted
from optimizer.promptcheck.lint.base import Found, LintRule, Subject
from optimizer.promptcheck.lint.instructions import Demand, demands


def _duplicates(subject: Subject) -> Iterator[Found]:
    first: dict[tuple[str, ...], Demand] = {}
    for demand in demands(subject.reading):
        earlier = first.setdefault(demand.what, demand)
        if earlier is demand or not (demand.is_explicit or earlier.is_explicit):
            continue
        said_otherwise = demand.text.casefold() != earlier.text.casefold()
        if earlier.is_wanted is demand.is_wanted and said_otherwise:
            place = subject.reading.location(earlier.start)
            yield Found(
                message=f"{quoted(demand.text)} says what {quoted(earlier.text)} says ({place}).",
                suggestion="Keep one of them.",
                start=demand.start,
                end=demand.start + len(demand.text),
            )


RULE = LintRule(
    page=LintRulePage(
        rule_id="P019",
        name="duplicate-rule",
        severity=IssueSeverity.WARNING,
        what=(
            "A rule in an English prompt that repeats the words of another one, with or "
            "without always, must or never."
        ),
        why="Who changes one of them later makes a contradiction.",
        bad=(
            "Summarize the offer in two sentences. Always mention the price. You must mention "
            "the price."
        ),
        good="Summarize the offer in two sentences. Always mention the price.",
        fix=FixSafety.NONE,
        evidence=(
            "Repeating a whole prompt helped in 47 of 70 pairs of model and task and hurt in "
            "none (arXiv 2512.14982): a repetition that is meant may stay."
        ),
    ),
    check=_duplicates,
)

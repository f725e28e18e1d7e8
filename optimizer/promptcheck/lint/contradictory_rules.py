"""Warning: one rule asks for what another refuses."""

from __future__ import annotations

from collections.abc import Iterator

from optimizer.models.contract import IssueSeverity
from optimizer.models.linting import FixSafety, LintRulePage
from optimizer.promptcheck.findings import quoted
from optimizer.promptcheck.lint.base import Found, LintRule, Subject
from optimizer.promptcheck.lint.instructions import Demand, demands

_REFUSALS = frozenset({"never", "not", "don", "don\u2019t"})


def _contradictions(subject: Subject) -> Iterator[Found]:
    if subject.reading.lexicon.isdisjoint(_REFUSALS):
        return
    first: dict[tuple[str, ...], Demand] = {}
    for demand in demands(subject.reading):
        earlier = first.setdefault(demand.what, demand)
        if earlier.is_wanted is not demand.is_wanted:
            place = subject.reading.location(earlier.start)
            yield Found(
                message=f"{quoted(demand.text)} contradicts {quoted(earlier.text)} ({place}).",
                suggestion="Keep one of them, or say when each holds.",
                start=demand.start,
                end=demand.start + len(demand.text),
            )


RULE = LintRule(
    page=LintRulePage(
        rule_id="P018",
        name="contradictory-rules",
        severity=IssueSeverity.WARNING,
        what=(
            "A rule in an English prompt whose words another one repeats with never or do not "
            "before them."
        ),
        why="Whichever the model obeys, it breaks the other.",
        bad=(
            "Summarize the offer in two sentences. Always mention the price. Never mention the "
            "price."
        ),
        good="Summarize the offer in two sentences. Always mention the price.",
        fix=FixSafety.NONE,
        evidence="Logic. How often models go wrong is not measured here.",
    ),
    check=_contradictions,
)

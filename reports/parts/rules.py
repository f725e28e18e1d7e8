"""How rules came out: the table, and the sentences drawn from it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from optimizer.models.rules import Explanation, Outcome, RuleCheck
from reports.document import Block, Cell, Facts, Items, Prose, Section, Table, left, right
from reports.formatting import (
    UNKNOWN,
    count,
    interval,
    level,
    listing,
    magnitude,
    margin,
    value,
)
from reports.tones import Tone

METHOD = (
    "A rule fires when its value lies beyond the threshold. "
    "'Not enough data' means that the interval reaches across the threshold. "
    "The margin is the distance to the threshold, positive on the good side."
)


def rule_blocks(checks: Sequence[RuleCheck]) -> tuple[Block, ...]:
    """Lay out the rules that were judged, then those that were not and why."""
    judged = [c for c in checks if c.outcome is not Outcome.NOT_EVALUATED]
    table = rule_table(judged, "outcome", [outcome_cell(c) for c in judged])
    return (table, *not_evaluated(checks))


def rule_table(checks: Sequence[RuleCheck], heading: str, outcomes: Sequence[Cell]) -> Table:
    """Lay out judged rules, with the outcomes under a heading."""
    common = common_level(checks)
    return Table(
        columns=(
            left("rule"),
            right("value"),
            right(interval_title(common)),
            right("threshold"),
            right("margin"),
            right("n"),
            left(heading),
        ),
        rows=tuple(
            (
                check.rule,
                value(check.unit, check.value),
                interval_of(check, common),
                required(check),
                margin(check.unit, check.margin),
                count(check.n),
                outcome,
            )
            for check, outcome in zip(checks, outcomes, strict=True)
        ),
        empty="No rule was judged.",
    )


def not_evaluated(checks: Iterable[RuleCheck]) -> tuple[Block, ...]:
    """Lay out the rules that were not judged and what was noted on the others."""
    missing = [c for c in checks if c.outcome is Outcome.NOT_EVALUATED]
    noted = [c for c in checks if c.outcome is not Outcome.NOT_EVALUATED and c.note]
    blocks: list[Block] = []
    if missing:
        rows = tuple((c.rule, c.note or "no reason given") for c in missing)
        blocks.append(Table((left("not evaluated"), left("why")), rows))
    notes = tuple(f"{c.rule}: {c.note}" for c in noted if c.settled is not False)
    if notes:
        blocks.append(Items(notes))
    return tuple(blocks)


def choice_blocks(explanation: Explanation) -> tuple[Block, ...]:
    """Lay out which way to rewrite the prompt, what else would fit, and further advice."""
    pairs: list[tuple[str, str]] = []
    choice = explanation.choice
    if choice is not None and explanation.should_optimize:
        pairs.append(("rewrite by", f"{choice.strategy}: {choice.reason}"))
        if choice.runner_up is not None:
            why = f": {choice.runner_up_reason}" if choice.runner_up_reason else ""
            pairs.append(("would also fit", f"{choice.runner_up}{why}"))
        if choice.rival_causes:
            pairs.append(("other causes", "; ".join(choice.rival_causes)))
    pairs.extend(("advice", advice) for advice in explanation.advice)
    return (Facts(tuple(pairs)),) if pairs else ()


def explanation_section(title: str, explanation: Explanation) -> Section:
    """Lay out all that is known of why a prompt should or should not be optimized."""
    blocks = (*rule_blocks(explanation.checks), *choice_blocks(explanation))
    return Section(title, blocks or (Prose("No rule was judged."),))


def outcome_cell(check: RuleCheck) -> Cell:
    """Say how a rule came out."""
    if check.outcome is Outcome.NOT_EVALUATED:
        return Cell(f"not evaluated: {check.note or 'no reason given'}")
    if check.outcome is Outcome.FIRED:
        unsure = check.settled is False
        return Cell("fired, not enough data", Tone.WARN) if unsure else Cell("fired", Tone.BAD)
    if check.settled is False:
        return Cell("quiet, not enough data", Tone.WARN)
    return Cell("quiet", Tone.GOOD)


def fired(checks: Iterable[RuleCheck]) -> list[RuleCheck]:
    """Return the rules that fired: first the settled, and of these first the measured."""
    found = [c for c in checks if c.outcome is Outcome.FIRED]
    return sorted(found, key=lambda c: (c.settled is False, c.n is None))


def unsettled(checks: Iterable[RuleCheck]) -> list[RuleCheck]:
    """Return the rules that did not fire, though the data do not exclude it."""
    return [c for c in checks if c.outcome is Outcome.QUIET and c.settled is False]


def beyond(check: RuleCheck) -> str:
    """Say how far a rule is beyond its threshold: 'success_rate is 80.0 pp below ...'."""
    if check.margin == 0:
        return f"{check.rule} is at its threshold of {value(check.unit, check.threshold)}"
    side = "below" if check.fires_below else "above"
    return f"{check.rule} is {magnitude(check.unit, check.margin)} {side} its threshold"


def beyond_all(checks: Sequence[RuleCheck]) -> str:
    """Say the same of several rules in one clause."""
    return listing([beyond(check) for check in checks])


def required(check: RuleCheck) -> str:
    """Format what a rule asks for: '≥ 80.0 %'; a count fires at its threshold: '< 1'."""
    most = "<" if check.fires_at_threshold else "≤"
    return f"{'≥' if check.fires_below else most} {value(check.unit, check.threshold)}"


def interval_of(check: RuleCheck, common: float | None = None) -> str:
    """Format the interval of a rule's value, with its level where it is not the common one."""
    shown = interval(check.unit, check.low, check.high)
    if shown == UNKNOWN or check.level is None or check.level == common:
        return shown
    return f"{shown} at {level(check.level)}"


def with_interval(check: RuleCheck) -> str:
    """Format a rule's value in a sentence: '0.0 %, 95 % CI [0.0, 3.1] %'."""
    shown = interval(check.unit, check.low, check.high)
    measured = value(check.unit, check.value)
    return measured if shown == UNKNOWN else f"{measured}, {interval_title(check.level)} {shown}"


def common_level(checks: Iterable[RuleCheck]) -> float | None:
    """Return the confidence level all intervals share, or None where they differ."""
    levels = {c.level for c in checks if c.level is not None}
    return levels.pop() if len(levels) == 1 else None


def interval_title(common: float | None) -> str:
    """Return the heading of a column of intervals: '95 % CI'."""
    return "interval" if common is None else f"{level(common)} CI"


def worst(checks: Iterable[RuleCheck]) -> RuleCheck | None:
    """Return the rule that is most surely, and then furthest, beyond its threshold.

    Margins of different units are compared as shares of their thresholds.
    """
    judged = [c for c in checks if c.margin is not None]
    return min(judged, key=_urgency, default=None)


def _urgency(check: RuleCheck) -> tuple[bool, bool, float]:
    fires, unsure = check.outcome is Outcome.FIRED, check.settled is False
    scale = abs(check.threshold) or 1.0
    return not fires, unsure is fires, (check.margin or 0.0) / scale

"""A proposal: what would change, what is expected of it, and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from difflib import unified_diff
from typing import Any

from optimizer.models.proposals import Change, Effect, Fact, Proposal
from optimizer.models.reviews import Fate, Objection, Review
from optimizer.models.rules import Unit
from reports.document import (
    Block,
    Cell,
    Code,
    Column,
    Details,
    Facts,
    Items,
    Prose,
    Section,
    Table,
    left,
    right,
)
from reports.formatting import (
    UNKNOWN,
    count,
    effect_interval,
    figure,
    figure_interval,
    interval,
    level,
    margin,
    rate,
    relative_change,
    relative_interval,
    setting,
    shorten,
    unit_of,
    value,
)
from reports.parts.wording import FATE_TONES, FATES, RISKS, SEVERITIES, SHORT_FATES, TYPES
from reports.tones import Tone

VERSUS_CURRENT = "Candidate minus the variant in use"

RELATIVE = "_relative"
"""How a metric ends whose effect is a share of what is in use."""

MOST_FACTS = 6
"""Figures up to which they are shown without being asked for."""

LONG_VALUE = 60
"""Characters beyond which a changed value is shown as a difference of texts."""


def headline(proposal: Proposal) -> str:
    """Say what is proposed: 'switch the prompt variant: variant vague -> few_shot'."""
    changes = "; ".join(_in_short(change) for change in proposal.changes)
    return TYPES[proposal.type] + (f": {changes}" if changes else "")


def proposal_section(
    proposal: Proposal, place: str, review: Review | None = None, *, folded: bool = False
) -> Section | Details:
    """Lay out one proposal, and what became of it where that is known."""
    long = [change for change in proposal.changes if _is_long(change)]
    blocks: list[Block] = [Facts((*_facts(proposal), *fate_facts(review)))]
    if proposal.effects:
        blocks.append(effect_table(proposal.effects))
    if proposal.effects_note or not proposal.effects:
        blocks.append(Prose(proposal.effects_note or "No effect was measured."))
    if proposal.facts:
        blocks.append(_facts_block(proposal.facts))
    if proposal.notes:
        blocks.append(Items(proposal.notes))
    if review is not None and review.objections:
        blocks.append(objection_table(review.objections))
    blocks.extend(_long_block(change) for change in long)
    is_taken = review is None or review.fate is Fate.ACCEPTED
    fate = "" if review is None or is_taken else f", {SHORT_FATES[review.fate]}"
    title = f"{place}{fate}: {TYPES[proposal.type]}"
    return Details(title, tuple(blocks)) if folded else Section(title, tuple(blocks))


def effect_table(effects: Sequence[Effect], caption: str = VERSUS_CURRENT) -> Table:
    """Lay out measured differences."""
    levels = {effect.level for effect in effects}
    common = levels.pop() if len(levels) == 1 else None
    return Table(
        columns=(
            left("effect on"),
            right("estimate"),
            right("interval" if common is None else f"{level(common)} CI"),
            right("n"),
            left("estimator"),
        ),
        rows=tuple(
            (
                effect.metric,
                estimate(effect),
                bounds(effect) + ("" if common else f" at {level(effect.level)}"),
                count(effect.n),
                effect.estimator,
            )
            for effect in effects
        ),
        caption=caption,
        empty="No effect was measured.",
    )


def _facts_block(facts: Sequence[Fact]) -> Block:
    """Lay out figures; many of them may be left folded."""
    if len(facts) <= MOST_FACTS:
        return fact_table(facts, "What it rests on")
    return Details(f"What it rests on: {len(facts)} figures", (fact_table(facts),))


def fact_table(facts: Sequence[Fact], caption: str | None = None) -> Table:
    """Lay out the figures that a proposal rests on."""
    return Table(
        columns=(
            left("figure"),
            right("value"),
            right("interval"),
            right("n"),
            right("held against"),
        ),
        rows=tuple(
            (
                fact.name,
                _figure(fact, fact.estimate),
                _figure_bounds(fact),
                count(fact.n),
                _figure(fact, fact.threshold),
            )
            for fact in facts
        ),
        caption=caption,
    )


def objection_table(objections: Sequence[Objection]) -> Table:
    """Lay out what is held against a proposal, the gravest first."""
    ranked = sorted(objections, key=lambda one: -one.severity)
    return Table(
        columns=(left("checked"), left("severity"), left("found")),
        rows=tuple(
            (
                one.check,
                Cell(SEVERITIES[one.severity], Tone.BAD if one.blocks else Tone.WARN),
                one.text + (" (can be overridden)" if one.can_override else ""),
            )
            for one in ranked
        ),
        caption="What is held against it",
    )


def fate_facts(review: Review | None) -> tuple[tuple[str, Cell | str], ...]:
    """Say what became of a proposal, and its risk."""
    if review is None:
        return ()
    fate = Cell(FATES[review.fate], FATE_TONES[review.fate])
    approval = ", it needs somebody's approval" if review.needs_approval else ""
    risk = (("risk", RISKS[review.risk] + approval),) if review.risk else ()
    lost = (("lost to", review.lost_to),) if review.lost_to else ()
    return (("fate", fate), *lost, *risk)


def _facts(proposal: Proposal) -> tuple[tuple[str, str], ...]:
    confidence = (
        f"{rate(proposal.confidence)} posterior probability that it is better"
        if proposal.confidence is not None
        else f"{UNKNOWN} (no test compares the two)"
    )
    changes = [("change", _in_short(change)) for change in proposal.changes]
    return (
        *(changes or [("change", "none")]),
        ("why", proposal.rationale),
        ("would not have been proposed if", proposal.unless),
        ("confidence", confidence),
        ("proposed by", proposal.strategy),
    )


def _in_short(change: Change) -> str:
    if _is_long(change):
        return f"{change.setting} (below)"
    if change.old is None:
        return f"{change.setting}: {_worded(change.new)}"
    return f"{change.setting} {_worded(change.old)} -> {_worded(change.new)}"


def _is_long(change: Change) -> bool:
    shown = [_worded(change.old), _worded(change.new)]
    return any("\n" in text or len(text) > LONG_VALUE for text in shown)


def _worded(content: Any) -> str:
    """Say a value: 'clear 0.35, few_shot 0.65'; a text stays as it is."""
    if isinstance(content, Mapping):
        return ", ".join(f"{name} {_worded(one)}" for name, one in content.items())
    if isinstance(content, list | tuple):
        return ", ".join(map(_worded, content))
    return setting(content)


def _long_block(change: Change) -> Block:
    """Lay out a change that is too long for a line: a table, or what differs in a text."""
    if change.old is None and isinstance(change.new, Mapping):
        rows = tuple((str(name), _worded(one)) for name, one in change.new.items())
        return Table(columns=(left("name"), right("value")), rows=rows, caption=change.setting)
    if change.old is None and _is_table(change.new):
        names = list(dict.fromkeys(name for row in change.new for name in row))
        cells = tuple(tuple(_worded(row.get(name)) for name in names) for row in change.new)
        columns = tuple(_column(name, change.new) for name in names)
        return Table(columns=columns, rows=cells, caption=change.setting)
    return _difference(change)


def _column(name: str, rows: Sequence[Mapping[str, Any]]) -> Column:
    are_numbers = all(isinstance(row.get(name), int | float) for row in rows)
    return right(name) if are_numbers else left(name)


def _is_table(content: Any) -> bool:
    is_list = isinstance(content, list | tuple) and bool(content)
    return is_list and all(isinstance(row, Mapping) for row in content)


def _difference(change: Change) -> Details:
    lines = unified_diff(
        setting(change.old).splitlines(),
        setting(change.new).splitlines(),
        fromfile="now",
        tofile="proposed",
        lineterm="",
        n=1000,
    )
    return Details(
        f"{shorten(change.setting, LONG_VALUE)}: now and proposed", (Code("\n".join(lines)),)
    )


def estimate(effect: Effect) -> str:
    """Format the estimate of an effect in the unit of its metric."""
    if effect.metric.endswith(RELATIVE):
        return relative_change(effect.estimate)
    unit = _unit(effect)
    return margin(unit, effect.estimate) if unit else figure(effect.estimate)


def bounds(effect: Effect) -> str:
    """Format the interval of an effect in the unit of its metric."""
    if effect.metric.endswith(RELATIVE):
        return relative_interval(effect.low, effect.high)
    unit = _unit(effect)
    if unit:
        return effect_interval(unit, effect.low, effect.high)
    return figure_interval(effect.low, effect.high)


def _figure(fact: Fact, amount: float | None) -> str:
    unit = _unit_of_fact(fact)
    return value(unit, amount) if unit else figure(amount)


def _figure_bounds(fact: Fact) -> str:
    if fact.low is None or fact.high is None:
        return UNKNOWN
    unit = _unit_of_fact(fact)
    shown = interval(unit, fact.low, fact.high) if unit else figure_interval(fact.low, fact.high)
    return shown + (f" at {level(fact.level)}" if fact.level else "")


def _unit_of_fact(fact: Fact) -> Unit | None:
    """Return the unit that the first word of a figure's name ends in."""
    unit = unit_of(fact.name.partition(" ")[0])
    return None if unit is Unit.POINTS else unit


def _unit(effect: Effect) -> Unit | None:
    """Return the unit of an effect; scores of tests are from 0 to 1, not points of 100."""
    unit = unit_of(effect.metric)
    return None if unit is Unit.POINTS else unit

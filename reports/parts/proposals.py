"""A proposal: what would change, what is expected of it, and why."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import unified_diff

from optimizer.models.proposals import Change, Effect, Fact, Proposal
from optimizer.models.reviews import Objection, Review
from reports.document import (
    Block,
    Cell,
    Code,
    Details,
    Facts,
    Items,
    Prose,
    Section,
    Table,
    Tone,
    left,
    right,
)
from reports.formatting import (
    UNKNOWN,
    count,
    effect_interval,
    figure,
    figure_interval,
    level,
    margin,
    rate,
    relative_change,
    relative_interval,
    setting,
    shorten,
    unit_of,
)
from reports.parts.wording import FATE_TONES, FATES, RISKS, SEVERITIES, TYPES

VERSUS_CURRENT = "Candidate minus the variant in use"

RELATIVE = "_relative"
"""How a metric ends whose effect is a share of what is in use."""

LONG_VALUE = 60
"""Characters beyond which a changed value is shown as a difference of texts."""


def headline(proposal: Proposal) -> str:
    """Say what is proposed: 'switch the prompt variant: variant vague -> few_shot'."""
    changes = "; ".join(_in_short(change) for change in proposal.changes)
    return TYPES[proposal.type] + (f": {changes}" if changes else "")


def proposal_section(proposal: Proposal, place: str, review: Review | None = None) -> Section:
    """Lay out one proposal, and what became of it where that is known."""
    long = [change for change in proposal.changes if _is_long(change)]
    blocks: list[Block] = [Facts((*_facts(proposal), *fate_facts(review)))]
    if proposal.effects:
        blocks.append(effect_table(proposal.effects))
    if proposal.effects_note or not proposal.effects:
        blocks.append(Prose(proposal.effects_note or "No effect was measured."))
    if proposal.facts:
        blocks.append(fact_table(proposal.facts))
    if proposal.notes:
        blocks.append(Items(proposal.notes))
    if review is not None and review.objections:
        blocks.append(objection_table(review.objections))
    blocks.extend(_difference(change) for change in long)
    return Section(f"{place}: {TYPES[proposal.type]}", tuple(blocks))


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


def fact_table(facts: Sequence[Fact]) -> Table:
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
                figure(fact.estimate),
                UNKNOWN
                if fact.low is None or fact.high is None
                else figure_interval(fact.low, fact.high)
                + (f" at {level(fact.level)}" if fact.level else ""),
                count(fact.n),
                figure(fact.threshold),
            )
            for fact in facts
        ),
        caption="What it rests on",
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
        return f"{change.setting} (text below)"
    if change.old is None:
        return f"{change.setting}: {setting(change.new)}"
    return f"{change.setting} {setting(change.old)} -> {setting(change.new)}"


def _is_long(change: Change) -> bool:
    shown = [setting(change.old), setting(change.new)]
    return any("\n" in text or len(text) > LONG_VALUE for text in shown)


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
    unit = unit_of(effect.metric)
    return margin(unit, effect.estimate) if unit else setting(effect.estimate)


def bounds(effect: Effect) -> str:
    """Format the interval of an effect in the unit of its metric."""
    if effect.metric.endswith(RELATIVE):
        return relative_interval(effect.low, effect.high)
    unit = unit_of(effect.metric)
    if unit:
        return effect_interval(unit, effect.low, effect.high)
    return f"[{setting(effect.low)}, {setting(effect.high)}]"

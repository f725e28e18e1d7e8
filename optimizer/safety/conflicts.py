"""Which proposals cannot stand side by side, and which of them is preferred.

Three kinds: both change the same setting, or one a part of what the other changes; the types
exclude each other; both want the same traffic. The proposal is preferred whose strategy has the
higher priority, then the safer kind, then the one that promises more, then by name. What conflicts
with nothing that is preferred always stays.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from optimizer.models.dataclass import dataclass
from optimizer.models.proposals import DecisionType, Proposal
from optimizer.safety.guards import COST, LATENCY, QUALITY
from optimizer.safety.reach import (
    PARTS,
    RESCUES,
    TRAFFIC,
    VARIANT,
    in_force,
    replaces_variant,
)
from optimizer.safety.settings import Objectives
from optimizer.safety.validity import gain

BESIDE_A_BREAK = frozenset({DecisionType.ALERT, DecisionType.ROLLBACK, DecisionType.CIRCUIT_BREAK})


@dataclass(frozen=True, slots=True, kw_only=True)
class Contender:
    """A proposal that no guard holds back.

    Attributes:
        place: Which of the decision's proposals, counted from 0.
        priority: That of its strategy.
        proposal: The proposal.
    """

    place: int
    priority: int
    proposal: Proposal


def settle(contenders: Sequence[Contender], objectives: Objectives) -> dict[int, str]:
    """Return what each proposal that loses lost to and why, by its place."""
    ranked = sorted(contenders, key=lambda one: _rank(one, objectives))
    kept: list[Contender] = []
    lost: dict[int, str] = {}
    for one in ranked:
        against = _first_conflict(one, kept)
        if against is None:
            kept.append(one)
        else:
            winner, why = against
            lost[one.place] = _told(one, winner, why, objectives)
    return lost


def conflict(one: Proposal, other: Proposal) -> str | None:
    """Say why two proposals cannot stand side by side; None where they can."""
    return _same_target(one, other) or _incompatible(one, other) or _contention(one, other)


def utility(proposal: Proposal, objectives: Objectives) -> float:
    """Return what the measured effects promise, weighted; what nobody measured counts for 0."""
    effects = {effect.metric: gain(effect) for effect in proposal.effects}
    quality = next((effects[metric] for metric in QUALITY if metric in effects), 0.0)
    return (
        objectives.quality_weight * quality
        + objectives.cost_weight * effects.get(COST, 0.0)
        + objectives.latency_weight * effects.get(LATENCY, 0.0)
    )


def _rank(one: Contender, objectives: Objectives) -> tuple[Any, ...]:
    promised = utility(one.proposal, objectives)
    return (-one.priority, _safety(one.proposal), -promised, one.proposal.strategy, one.place)


def _safety(proposal: Proposal) -> int:
    """Return the place of a kind: what puts out a fire, what only asks, what changes."""
    if proposal.type in RESCUES:
        return 0
    return 2 if in_force(proposal) else 1


def _first_conflict(one: Contender, kept: Sequence[Contender]) -> tuple[Contender, str] | None:
    found = ((winner, conflict(one.proposal, winner.proposal)) for winner in kept)
    return next(((winner, why) for winner, why in found if why is not None), None)


def _same_target(one: Proposal, other: Proposal) -> str | None:
    if in_force(one) != in_force(other):
        return None  # what is tried, or written anew, stands beside what is in force
    for mine in one.changes:
        for theirs in other.changes:
            if mine.setting == theirs.setting:
                same = " to the same value" if mine.new == theirs.new else ""
                return f"both change {mine.setting}{same}"
            if _part_of(mine.setting, theirs.setting):
                return f"{mine.setting} is part of {theirs.setting}"
            if _part_of(theirs.setting, mine.setting):
                return f"{theirs.setting} is part of {mine.setting}"
    return None


def _part_of(inner: str, outer: str) -> bool:
    if outer == VARIANT:
        return inner.partition(".")[0] in PARTS
    return inner.startswith(f"{outer}.")


def _incompatible(one: Proposal, other: Proposal) -> str | None:
    for a, b in ((one, other), (other, one)):
        if a.type is DecisionType.CIRCUIT_BREAK and b.type not in BESIDE_A_BREAK:
            return "nothing else is changed while the circuit is open"
        if a.type is DecisionType.ROLLBACK and (replaces_variant(b) or b.type in TRAFFIC):
            return "a rollback comes before switches and experiments"
        if replaces_variant(a) and b.type in TRAFFIC:
            return "the variant that the tests are held against would change under them"
    return None


def _contention(one: Proposal, other: Proposal) -> str | None:
    if one.type in TRAFFIC and other.type in TRAFFIC:
        return "both share out the same traffic"
    return None


def _told(loser: Contender, winner: Contender, why: str, objectives: Objectives) -> str:
    """Say what a proposal lost to, why they conflict and why the other is preferred."""
    name = f"{winner.proposal.strategy} ({winner.proposal.type.replace('_', ' ')})"
    return f"{name}: {why}; {_preferred(loser, winner, objectives)}"


def _preferred(loser: Contender, winner: Contender, objectives: Objectives) -> str:
    if winner.priority != loser.priority:
        return f"it has priority {winner.priority} over {loser.priority}"
    if _safety(winner.proposal) != _safety(loser.proposal):
        return "of equal priority, it is the safer kind"
    mine, theirs = utility(loser.proposal, objectives), utility(winner.proposal, objectives)
    if mine != theirs:
        return f"of equal priority, it promises {theirs:.3g} against {mine:.3g} by the objectives"
    return "of equal priority and promise, its name comes first"

"""What becomes of the proposals of a decision: every check is made, then conflicts are settled."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import field

from optimizer.config.tree import Config
from optimizer.models.dataclass import dataclass
from optimizer.models.decisions import DecisionState
from optimizer.models.evidence import Evidence
from optimizer.models.proposals import Proposal, StrategyAnswer
from optimizer.models.reviews import Fate, Objection, Review
from optimizer.safety.breaker import Circuit
from optimizer.safety.conflicts import Contender, settle
from optimizer.safety.constraints import Constraint, breaches
from optimizer.safety.guards import broken_circuit, losses, pace, unmeasured
from optimizer.safety.policies import Policy, violations
from optimizer.safety.risk import Risk, risk_of
from optimizer.safety.settings import DecisionCriteria, SafetySettings, ValidationSettings
from optimizer.safety.validity import weaknesses


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What proposals are held against."""

    safety: SafetySettings = field(default_factory=SafetySettings)
    validation: ValidationSettings = field(default_factory=ValidationSettings)
    criteria: DecisionCriteria = field(default_factory=DecisionCriteria)
    policies: tuple[Policy, ...] = ()
    constraints: tuple[Constraint, ...] = ()

    @classmethod
    def of(cls, config: Config) -> Rules:
        """Return the rules that the settings give."""
        return cls(
            safety=config.safety,
            validation=config.validation,
            criteria=config.decision.criteria,
            policies=config.policies,
            constraints=config.constraints,
        )


def review(
    answers: Sequence[StrategyAnswer], found: Evidence, rules: Rules, changes: Circuit | None
) -> tuple[Review, ...]:
    """Return what becomes of each proposal, in their order.

    Args:
        answers: What the strategies said.
        found: What they saw.
        rules: What the proposals are held against.
        changes: The circuit breaker of the workflow's changes; None where nothing has run.
    """
    contenders = _contenders(answers)
    judged = {one.place: _judged(one.proposal, found, rules, changes) for one in contenders}
    passed = [one for one in contenders if not judged[one.place].blocked]
    lost = settle(passed, rules.criteria.objectives)
    return tuple(
        Review(
            place=one.place,
            fate=_fate(judged[one.place], is_lost=one.place in lost),
            objections=judged[one.place].objections,
            risk=judged[one.place].risk.level,
            needs_approval=judged[one.place].risk.needs_approval,
            lost_to=lost.get(one.place),
        )
        for one in contenders
    )


def state_of(answers: Sequence[StrategyAnswer], reviews: Sequence[Review]) -> DecisionState:
    """Return where a new decision stands: it waits where it changes something."""
    changes = [bool(one.proposal.changes) for one in _contenders(answers)]
    if not any(changes):
        return DecisionState.COMPLETED
    is_kept = any(changes[one.place] for one in reviews if one.fate is Fate.ACCEPTED)
    return DecisionState.PENDING if is_kept else DecisionState.REJECTED


@dataclass(frozen=True, slots=True, kw_only=True)
class _Judged:
    """What is held against a proposal, and its risk."""

    objections: tuple[Objection, ...]
    risk: Risk

    @property
    def blocked(self) -> bool:
        """Whether it is held back."""
        return any(objection.blocks for objection in self.objections)


def _contenders(answers: Sequence[StrategyAnswer]) -> list[Contender]:
    found = [
        (answer.priority, proposal)
        for answer in answers
        if answer.answer is not None
        for proposal in answer.answer.proposals
    ]
    return [
        Contender(place=place, priority=priority, proposal=proposal)
        for place, (priority, proposal) in enumerate(found)
    ]


def _judged(proposal: Proposal, found: Evidence, rules: Rules, changes: Circuit | None) -> _Judged:
    """Make every check that is switched on; none stops the others."""
    on = rules.validation
    objections: list[Objection] = []
    if on.enable_constraint_checking:
        objections += losses(proposal, rules.safety)
        objections += pace(proposal, found, rules.safety)
        level = 1 - rules.criteria.significance_level
        objections += breaches(proposal, found, rules.constraints, level=level)
    if on.enable_statistical_validation:
        least = rules.safety.min_confidence
        objections += weaknesses(proposal, rules.criteria, min_confidence=least)
    if on.enable_impact_prediction:
        objections += unmeasured(proposal)
    risk = risk_of(proposal, rules.safety) if on.enable_risk_assessment else Risk(level=None)
    objections += risk.objections
    objections += violations(proposal, found, rules.policies)
    objections += broken_circuit(proposal, changes)
    return _Judged(objections=tuple(objections), risk=risk)


def _fate(judged: _Judged, *, is_lost: bool) -> Fate:
    if judged.blocked:
        return Fate.HELD_BACK
    return Fate.LOST if is_lost else Fate.ACCEPTED

"""Rules of a house, written as data: what an effect, or the variant in use, must look like.

A policy is one comparison. On an effect it is made with the pessimistic end of the interval; what
nobody measured is reported and does not block.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Annotated, Final

from optimizer.models.amounts import amount
from optimizer.models.evidence import Evidence
from optimizer.models.proposals import DecisionType, Effect, Proposal
from optimizer.models.reviews import Objection, ViolationSeverity
from optimizer.models.settings import Field, Settings
from optimizer.models.summaries import WindowSummary
from optimizer.safety.settings import Severity


class Scope(StrEnum):
    """What a policy looks at."""

    EFFECT = "effect"
    """The measured effects of a proposal."""

    CURRENT = "current"
    """The figures of the variant in use."""

    PROPOSAL = "proposal"
    """The proposal itself: `confidence`, or the number of `changes`."""


class Comparison(StrEnum):
    """How a policy compares."""

    AT_LEAST = ">="
    ABOVE = ">"
    AT_MOST = "<="
    BELOW = "<"


COMPARE: Final[Mapping[Comparison, Callable[[float, float], bool]]] = {
    Comparison.AT_LEAST: operator.ge,
    Comparison.ABOVE: operator.gt,
    Comparison.AT_MOST: operator.le,
    Comparison.BELOW: operator.lt,
}
FLOORS = frozenset({Comparison.AT_LEAST, Comparison.ABOVE})


class Policy(Settings):
    """One rule that a proposal is held against."""

    name: Annotated[str, Field(min_length=1)]
    """What it is called in the report, and by who overrides it."""

    severity: Severity = "error"
    """How grave it is not to meet it; `error` and `critical` hold the proposal back."""

    scope: Scope = Scope.EFFECT
    """What is looked at: an `effect`, the `current` variant, or the `proposal`."""

    metric: Annotated[str, Field(min_length=1)]
    """What is compared: `cost_relative`, a figure as `latency_p95_ms`, `confidence`, `changes`."""

    op: Comparison
    """How: `>=`, `>`, `<=` or `<`."""

    value: float
    """With what."""

    types: tuple[DecisionType, ...] = ()
    """Kinds of proposals it is for; none named: all that change something."""

    can_override: bool = False
    """Whether a person may set it aside by name."""

    @property
    def grave(self) -> ViolationSeverity:
        """The severity as a number."""
        return ViolationSeverity[self.severity.upper()]


def violations(
    proposal: Proposal, evidence: Evidence, policies: tuple[Policy, ...]
) -> tuple[Objection, ...]:
    """Return an objection for each policy that a proposal does not meet, or nobody can tell."""
    found = (_held(policy, proposal, evidence) for policy in policies if _is_for(policy, proposal))
    return tuple(one for one in found if one is not None)


def _is_for(policy: Policy, proposal: Proposal) -> bool:
    return proposal.type in policy.types if policy.types else bool(proposal.changes)


def _held(policy: Policy, proposal: Proposal, evidence: Evidence) -> Objection | None:
    found = _value(policy, proposal, evidence)
    due = f"{policy.metric} {policy.op} {policy.value:g} is due"
    if found is None:
        return Objection(
            check=policy.name,
            severity=min(policy.grave, ViolationSeverity.WARNING),
            text=f"{policy.metric} is not known, {due}",
            can_override=policy.can_override,
        )
    if COMPARE[policy.op](found, policy.value):
        return None
    verb = "may be" if policy.scope is Scope.EFFECT else "is"
    return Objection(
        check=policy.name,
        severity=policy.grave,
        text=f"{policy.metric} {verb} {amount(found)}, {due}",
        can_override=policy.can_override,
    )


def _value(policy: Policy, proposal: Proposal, evidence: Evidence) -> float | None:
    match policy.scope:
        case Scope.EFFECT:
            effects = (one for one in proposal.effects if one.metric == policy.metric)
            return next((_pessimistic(policy, one) for one in effects), None)
        case Scope.CURRENT:
            return _figure(evidence.current, policy.metric)
        case Scope.PROPOSAL:
            return {"confidence": proposal.confidence, "changes": float(len(proposal.changes))}.get(
                policy.metric
            )


def _pessimistic(policy: Policy, effect: Effect) -> float:
    return effect.low if policy.op in FLOORS else effect.high


def _figure(window: WindowSummary | None, metric: str) -> float | None:
    found = getattr(window, metric, None)
    return float(found) if isinstance(found, int | float) else None

"""How much harm a change may do, and whether a person must say yes to it."""

from __future__ import annotations

import math

from optimizer.models.dataclass import dataclass
from optimizer.models.proposals import Effect, Proposal
from optimizer.models.reviews import Objection, RiskLevel, ViolationSeverity
from optimizer.safety.guards import QUALITY, allowed, loss
from optimizer.safety.reach import RESCUES, in_force, replaces_variant
from optimizer.safety.settings import RiskBands, SafetySettings


@dataclass(frozen=True, slots=True, kw_only=True)
class Risk:
    """The risk of a proposal.

    Attributes:
        level: How high; None where it changes nothing in force.
        needs_approval: Whether a person must approve it.
        objections: What follows from it.
    """

    level: RiskLevel | None
    needs_approval: bool = False
    objections: tuple[Objection, ...] = ()


def risk_of(proposal: Proposal, settings: SafetySettings) -> Risk:
    """Judge a change by the worst end of its intervals, as shares of what may be lost.

    A rollback and an open circuit are judged by quality alone: it is what they are to save.
    """
    if not in_force(proposal):
        return Risk(level=None)
    level, why = _worst(proposal, settings)
    if level is RiskLevel.CRITICAL:
        return _objecting(level, f"critical, it is never applied: {why}", ViolationSeverity.ERROR)
    if not settings.reaches_limit(level):
        return Risk(level=level)
    if proposal.type in RESCUES or (
        level is RiskLevel.HIGH and settings.require_approval_for_high_risk
    ):
        return _objecting(level, f"{level}, it needs approval: {why}", ViolationSeverity.WARNING)
    text = f"{level}, at most {settings.max_risk_level} is allowed: {why}"
    return _objecting(level, text, ViolationSeverity.ERROR)


def _objecting(level: RiskLevel, text: str, severity: ViolationSeverity) -> Risk:
    objection = Objection(check="risk", severity=severity, text=text)
    return Risk(level=level, needs_approval=True, objections=(objection,))


def _worst(proposal: Proposal, settings: SafetySettings) -> tuple[RiskLevel, str]:
    metrics = [effect for effect in proposal.effects if allowed(effect.metric, settings)[0]]
    judged = [one for one in metrics if one.metric in QUALITY or proposal.type not in RESCUES]
    levels = list(RiskLevel)
    found = [
        (_band(_share(loss(one), allowed(one.metric, settings)[1]), settings.risk), _said(one))
        for one in judged
    ]
    if replaces_variant(proposal) and not any(one.metric in QUALITY for one in judged):
        found.append((settings.risk.unmeasured, "its quality was not compared"))
    return max(
        found,
        key=lambda pair: levels.index(pair[0]),
        default=(RiskLevel.LOW, "nothing that it may lose is known"),
    )


def _said(effect: Effect) -> str:
    return f"{effect.metric} may be worse by {loss(effect):.1%}"


def _share(lost: float, most: float) -> float:
    if lost <= 0:
        return 0.0
    return lost / most if most else math.inf


def _band(share: float, bands: RiskBands) -> RiskLevel:
    for level, least in (
        (RiskLevel.CRITICAL, bands.critical),
        (RiskLevel.HIGH, bands.high),
        (RiskLevel.MEDIUM, bands.medium),
    ):
        if share >= least > 0:
            return level
    return RiskLevel.LOW

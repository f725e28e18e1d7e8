"""What a change may cost: every guard looks at the pessimistic end of an interval.

A guard returns its objections and never raises; all of them are asked, none stops the others.
A rollback and an open circuit are warned of where another change would be held back: what they
end is worse.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from optimizer.models.evidence import Evidence
from optimizer.models.proposals import DecisionType, Effect, Proposal
from optimizer.models.reviews import Objection, ViolationSeverity
from optimizer.models.terms import ExperimentStatus
from optimizer.safety.breaker import Circuit, CircuitState
from optimizer.safety.reach import RESCUES, in_force, replaces_variant
from optimizer.safety.settings import SafetySettings

QUALITY = ("success_rate", "score")
COST = "cost_relative"
LATENCY = "latency_relative"

OPEN = frozenset({ExperimentStatus.RUNNING, ExperimentStatus.PAUSED})


def losses(proposal: Proposal, settings: SafetySettings) -> tuple[Objection, ...]:
    """Hold the measured effects against what a change may cost."""
    if not in_force(proposal):
        return ()
    found = []
    for effect in proposal.effects:
        name, most = allowed(effect.metric, settings)
        if name is not None and loss(effect) > most:
            found.append(_objection(proposal, name, _beyond(effect, most)))
    return tuple(found)


def unmeasured(proposal: Proposal) -> tuple[Objection, ...]:
    """Point out what nobody measured of a change."""
    if not in_force(proposal):
        return ()
    known = {effect.metric for effect in proposal.effects}
    missing = [
        name
        for name, metrics in (("quality", set(QUALITY)), ("cost", {COST}), ("latency", {LATENCY}))
        if not known & metrics and (name != "quality" or replaces_variant(proposal))
    ]
    why = f": {proposal.effects_note}" if proposal.effects_note else ""
    return tuple(
        Objection(check=name, severity=ViolationSeverity.WARNING, text=f"not measured{why}")
        for name in missing
    )


def pace(proposal: Proposal, evidence: Evidence, settings: SafetySettings) -> tuple[Objection, ...]:
    """Object to one experiment too many, and to a change that follows another too soon."""
    return (*_experiments(proposal, evidence, settings), *_too_soon(proposal, evidence, settings))


def broken_circuit(proposal: Proposal, changes: Circuit | None) -> tuple[Objection, ...]:
    """Object to a change while the circuit breaker of the workflow's changes is open."""
    if changes is None or changes.state is not CircuitState.OPEN or not in_force(proposal):
        return ()
    text = (
        f"open until {changes.until:%Y-%m-%d %H:%M:%S} UTC on the clock of the runs, after "
        f"{changes.n_failures} changes in a row that failed or were rolled back"
    )
    return (_objection(proposal, "circuit breaker", text),)


def allowed(metric: str, settings: SafetySettings) -> tuple[str | None, float]:
    """Return what a metric tells of, and the loss that is allowed; None: it has no limit."""
    if metric in QUALITY:
        return "quality", settings.max_quality_degradation
    if metric == COST:
        return "cost", settings.max_cost_increase
    if metric == LATENCY:
        return "latency", settings.max_latency_increase
    return None, 0.0


def loss(effect: Effect) -> float:
    """Return the loss at the pessimistic end of an interval; a gain is negative."""
    return -effect.low if effect.metric in QUALITY else effect.high


def run_time(evidence: Evidence) -> datetime | None:
    """Return when the newest run began: the clock that everything here goes by."""
    windows = (evidence.current, *evidence.others)
    return max((one.last_started_at for one in windows if one is not None), default=None)


def _experiments(
    proposal: Proposal, evidence: Evidence, settings: SafetySettings
) -> Iterator[Objection]:
    n = sum(one.experiment.status in OPEN for one in evidence.experiments)
    most = settings.max_concurrent_experiments
    if proposal.type is DecisionType.START_EXPERIMENT and n >= most:
        yield _objection(proposal, "experiments", f"{n} are open, at most {most} are allowed")


def _too_soon(
    proposal: Proposal, evidence: Evidence, settings: SafetySettings
) -> Iterator[Objection]:
    applied = [one.applied_at for one in evidence.decisions if one.applied_at is not None]
    seen = run_time(evidence)
    if not (in_force(proposal) and applied and seen):
        return
    since_s = (seen - max(applied)).total_seconds()
    if since_s < settings.min_time_between_changes_s:
        when = f"{since_s:.0f} s after" if since_s >= 0 else "before"
        yield _objection(
            proposal,
            "time between changes",
            f"the newest run began {when} the last change was applied, at least "
            f"{settings.min_time_between_changes_s:g} s are due",
        )


def _beyond(effect: Effect, most: float) -> str:
    return (
        f"{effect.metric} may be worse by {loss(effect):.1%} (the pessimistic end at "
        f"{effect.level:.0%} confidence, n = {effect.n}), at most {most:.0%} is allowed"
    )


def _objection(proposal: Proposal, check: str, text: str) -> Objection:
    rescue = proposal.type in RESCUES
    severity = ViolationSeverity.WARNING if rescue else ViolationSeverity.ERROR
    return Objection(check=check, severity=severity, text=text)

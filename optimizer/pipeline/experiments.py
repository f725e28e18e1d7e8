"""Experiments from their start to the archive: looked at, moved on, concluded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from optimizer.config.tree import Config
from optimizer.experiments.states import Step, advance
from optimizer.experiments.stopping import harm, winner
from optimizer.history import queries
from optimizer.history.audit import AuditLine
from optimizer.history.experimenting import record_looks, record_step
from optimizer.history.store import History
from optimizer.models.errors import SelectionError, TransitionError
from optimizer.models.experiments import (
    CandidateReport,
    Experiment,
    ExperimentDesign,
    ExperimentReport,
    Outcome,
    Standing,
)
from optimizer.models.names import legible
from optimizer.models.terms import ExperimentStatus
from optimizer.pipeline.looking import evaluate
from optimizer.pipeline.moments import moment


def status(
    history: History, experiment_id: str, *, config: Config, now: datetime
) -> ExperimentReport:
    """Return where an experiment stands, without a look at its results.

    Raises:
        SelectionError: There is none of that name.
    """
    experiment = find(history, experiment_id)
    at = moment(history, experiment, config=config, now=now)
    return evaluate(replace(at, look=False))


def report(
    history: History, experiment_id: str, *, config: Config, actor: str, now: datetime
) -> ExperimentReport:
    """Look at an experiment; where the data are new, that is entered in the ledger.

    Raises:
        SelectionError: There is none of that name.
        TransitionError: It has not been started.
    """
    experiment = find(history, experiment_id)
    if experiment.status is ExperimentStatus.DRAFT:
        raise TransitionError(
            f"experiment {experiment_id} is draft, there is nothing to report",
            hint=f"Start it with 'optimizer experiment start {experiment_id}'.",
        )
    found = evaluate(moment(history, experiment, config=config, now=now))
    _keep_looks(history, found, actor)
    return found


def conclude(
    history: History, experiment_id: str, *, config: Config, actor: str, now: datetime
) -> ExperimentReport:
    """End an experiment with a winner or without, by its last look.

    Where nobody has looked before, this is the only look, at however many cases there are.

    Raises:
        SelectionError: There is none of that name.
        TransitionError: It cannot be concluded.
    """
    experiment = find(history, experiment_id)
    advance(experiment, ExperimentStatus.COMPLETED, actor=actor, reason="", at=now)
    at = moment(history, experiment, config=config, now=now)
    found = evaluate(at, final=not at.looks)
    _keep_looks(history, found, actor)
    outcome = _outcome(experiment.design, found)
    moved, step = advance(
        experiment,
        ExperimentStatus.COMPLETED,
        actor=actor,
        reason=outcome.reason,
        at=now,
        outcome=outcome,
    )
    record_step(history, moved, _line(step, outcome))
    return replace(found, experiment=moved, stop=None, next_batch=())


def move(
    history: History,
    experiment_id: str,
    to: ExperimentStatus,
    *,
    actor: str,
    reason: str,
    now: datetime,
) -> Experiment:
    """Take an experiment one step on: start, pause, resume, cancel, archive.

    Raises:
        SelectionError: There is none of that name.
        TransitionError: It cannot take that step.
    """
    found = find(history, experiment_id)
    moved, step = advance(found, to, actor=actor, reason=legible(reason), at=now)
    record_step(history, moved, _line(step, moved.outcome))
    return moved


def find(history: History, experiment_id: str) -> Experiment:
    """Return the experiment of a name.

    Raises:
        SelectionError: There is none.
    """
    found = queries.experiments(history, experiment_id=experiment_id)
    if found:
        return found[0]
    known = [one.design.experiment_id for one in queries.experiments(history)]
    names = ", ".join(known) if known else "none: there are no experiments"
    raise SelectionError(
        f"experiment {experiment_id!r}: not in this history, expected one of {names}",
        hint="'optimizer experiment plan --help' tells how to plan one.",
    )


def _keep_looks(history: History, found: ExperimentReport, actor: str) -> None:
    made = [
        one.look
        for one in found.candidates
        if one.standing is Standing.NEW and one.look is not None
    ]
    record_looks(history, made, actor=actor)


def _outcome(design: ExperimentDesign, found: ExperimentReport) -> Outcome:
    """Return how an experiment ends: with its winner, or with none and why."""
    best = winner(found.candidates)
    if best is None:
        return _no_winner(design, found.candidates)
    look = best.look
    if look is None:
        raise ValueError("a winner has been looked at")
    unconfirmed = design.selected_by_search and not design.development_runs
    text = f"{best.arm.label} improved {design.primary} against {design.baseline.label}"
    if unconfirmed:
        text = (
            f"{best.arm.label} is ahead, but was chosen by a search, and which cases that has "
            "seen was not named: unconfirmed"
        )
    return Outcome(
        winner=None if unconfirmed else best.arm.label,
        reason=f"{text}, on {look.n} cases",
        metric=design.primary,
        estimate=look.estimate,
        low=look.low,
        high=look.high,
        level=1 - look.alpha_k,
        n=look.n,
        confirmed=not unconfirmed if design.selected_by_search else None,
    )


def _no_winner(design: ExperimentDesign, candidates: Sequence[CandidateReport]) -> Outcome:
    reasons = "; ".join(_why_not(one) for one in candidates)
    sound = [one for one in candidates if one.standing is not Standing.INVALID]
    alone = sound[0].look if len(candidates) == len(sound) == 1 else None
    outcome = Outcome(
        winner=None,
        reason=reasons,
        metric=design.primary,
        confirmed=False if design.selected_by_search else None,
    )
    if alone is None:
        return outcome
    return replace(
        outcome,
        estimate=alone.estimate,
        low=alone.low,
        high=alone.high,
        level=1 - alone.alpha_k,
        n=alone.n,
    )


def _why_not(candidate: CandidateReport) -> str:
    label, look = candidate.arm.label, candidate.look
    if look is None or candidate.standing is Standing.INVALID:
        return f"{label}: {candidate.text}"
    if look.broken:
        return harm(candidate)
    return f"{label} is {look.verdict} after {look.n} of {look.n_max} cases"


def _line(step: Step, outcome: Outcome | None) -> AuditLine:
    detail: dict[str, object] = {"from": str(step.before), "to": str(step.after)}
    if step.reason:
        detail["reason"] = step.reason
    if outcome is not None:
        detail["winner"] = outcome.winner
    return AuditLine(
        logged_at=step.at,
        actor=step.actor,
        action="experiment.moved",
        subject=step.experiment_id,
        detail=detail,
    )

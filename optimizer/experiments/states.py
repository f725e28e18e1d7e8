"""Which steps an experiment can take.

draft -> running <-> paused; running, paused -> completed; draft, running, paused -> cancelled;
completed, cancelled -> archived
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from optimizer.models.dataclass import dataclass
from optimizer.models.errors import TransitionError
from optimizer.models.experiments import Experiment, Outcome
from optimizer.models.terms import ExperimentStatus

NEXT: Mapping[ExperimentStatus, frozenset[ExperimentStatus]] = {
    ExperimentStatus.DRAFT: frozenset({ExperimentStatus.RUNNING, ExperimentStatus.CANCELLED}),
    ExperimentStatus.RUNNING: frozenset(
        {ExperimentStatus.PAUSED, ExperimentStatus.COMPLETED, ExperimentStatus.CANCELLED}
    ),
    ExperimentStatus.PAUSED: frozenset(
        {ExperimentStatus.RUNNING, ExperimentStatus.COMPLETED, ExperimentStatus.CANCELLED}
    ),
    ExperimentStatus.COMPLETED: frozenset({ExperimentStatus.ARCHIVED}),
    ExperimentStatus.CANCELLED: frozenset({ExperimentStatus.ARCHIVED}),
    ExperimentStatus.ARCHIVED: frozenset(),
}

ENDED = frozenset(
    {ExperimentStatus.COMPLETED, ExperimentStatus.CANCELLED, ExperimentStatus.ARCHIVED}
)
"""States in which nothing more is looked at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step of one experiment.

    Attributes:
        experiment_id: The experiment.
        before: The state it left.
        after: The state it entered.
        actor: Who made it.
        reason: Why; empty where nobody said.
        at: When, UTC.
    """

    experiment_id: str
    before: ExperimentStatus
    after: ExperimentStatus
    actor: str
    reason: str
    at: datetime


def advance(
    experiment: Experiment,
    to: ExperimentStatus,
    *,
    actor: str,
    reason: str,
    at: datetime,
    outcome: Outcome | None = None,
) -> tuple[Experiment, Step]:
    """Take an experiment one step on and return it with the step, for the audit log.

    Raises:
        TransitionError: There is no such step.
    """
    name = experiment.design.experiment_id
    if to not in NEXT[experiment.status]:
        allowed = ", ".join(sorted(NEXT[experiment.status])) or "none, this state is final"
        raise TransitionError(
            f"experiment {name} is {experiment.status}, it cannot become {to}",
            hint=f"Steps from here: {allowed}.",
        )
    step = Step(
        experiment_id=name,
        before=experiment.status,
        after=to,
        actor=actor,
        reason=reason,
        at=at,
    )
    moved = replace(
        experiment,
        status=to,
        started_at=experiment.started_at or (at if to is ExperimentStatus.RUNNING else None),
        ended_at=experiment.ended_at or (at if to in ENDED else None),
        outcome=experiment.outcome or outcome,
    )
    return moved, step

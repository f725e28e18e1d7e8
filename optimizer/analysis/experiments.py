"""The experiments of a workflow as they stood at one moment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from optimizer.history import queries
from optimizer.history.store import History
from optimizer.models.terms import ExperimentStatus

if TYPE_CHECKING:
    from optimizer.models.experiments import Experiment, ExperimentSummary, Look


def experiment_summaries(
    history: History, *, workflow_ids: Sequence[str] | None, as_of: datetime | None = None
) -> list[ExperimentSummary]:
    """Return the experiments with the newest look at each candidate, newest first.

    Args:
        history: An open history.
        workflow_ids: Of these workflows; None: of all.
        as_of: What was planned, started, looked at or ended later is not seen; None: all is.
    """
    only = workflow_ids[0] if workflow_ids and len(workflow_ids) == 1 else None
    found = queries.experiments(history, workflow_id=only)
    if workflow_ids is not None:
        found = [one for one in found if one.design.workflow_id in workflow_ids]
    if not found:
        return []
    from optimizer.models.experiments import ExperimentSummary  # noqa: PLC0415 - few have any

    newest: dict[str, dict[str, Look]] = {}
    for look in queries.looks(history, workflow_id=only):
        if as_of is None or look.looked_at <= as_of:
            newest.setdefault(look.experiment_id, {})[look.key.candidate_id] = look
    return [
        ExperimentSummary(
            experiment=_as_of(one, as_of),
            looks=tuple(newest.get(one.design.experiment_id, {}).values()),
        )
        for one in found
        if as_of is None or one.created_at <= as_of
    ]


def _as_of(experiment: Experiment, as_of: datetime | None) -> Experiment:
    """Return an experiment without what happened to it later."""
    if as_of is None:
        return experiment
    if experiment.started_at is not None and experiment.started_at > as_of:
        return replace(
            experiment,
            status=ExperimentStatus.DRAFT,
            started_at=None,
            ended_at=None,
            outcome=None,
        )
    if experiment.ended_at is not None and experiment.ended_at > as_of:
        started = experiment.started_at is not None
        status = ExperimentStatus.RUNNING if started else ExperimentStatus.DRAFT
        return replace(experiment, status=status, ended_at=None, outcome=None)
    return experiment

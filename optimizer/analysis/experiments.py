"""The experiments of a workflow as they stood at one moment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

import msgspec

from optimizer.history import queries
from optimizer.history.store import History
from optimizer.models.terms import ExperimentStatus

if TYPE_CHECKING:
    from optimizer.models.experiments import Experiment, ExperimentSummary, Look

MOVED = "experiment.moved"
"""What the audit log calls a step of an experiment."""


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
            experiment=one if as_of is None else _as_of(history, one, as_of),
            looks=tuple(newest.get(one.design.experiment_id, {}).values()),
        )
        for one in found
        if as_of is None or one.created_at <= as_of
    ]


def _as_of(history: History, experiment: Experiment, as_of: datetime) -> Experiment:
    """Return an experiment without what happened to it later, as the audit log tells it."""
    started_at, ended_at = experiment.started_at, experiment.ended_at
    is_started = started_at is not None and started_at <= as_of
    is_ended = ended_at is not None and ended_at <= as_of
    return replace(
        experiment,
        status=_status(history, experiment, as_of),
        started_at=started_at if is_started else None,
        ended_at=ended_at if is_ended else None,
        outcome=experiment.outcome if is_ended else None,
    )


def _status(history: History, experiment: Experiment, as_of: datetime) -> ExperimentStatus:
    """Return where an experiment stood: where its first later step set out from."""
    log = queries.audit(history, subject=experiment.design.experiment_id)
    later = [one for one in log if one.action == MOVED and one.logged_at > as_of]
    if not later:
        return experiment.status
    return ExperimentStatus(msgspec.json.decode(later[0].detail)["from"])

"""All experiments side by side, without a look at the results of those that go on."""

from __future__ import annotations

from datetime import datetime

from optimizer.analysis.experiments import experiment_summaries
from optimizer.config.tree import Config
from optimizer.history.store import History
from optimizer.models.experiment_page import ExperimentPage
from optimizer.models.terms import ExperimentStatus
from optimizer.pipeline.experiments import status

ORDER = (ExperimentStatus.RUNNING, ExperimentStatus.PAUSED, ExperimentStatus.DRAFT)
"""Experiments that go on, in the order shown."""


def experiment_page(
    history: History, config: Config, *, workflow_id: str | None, now: datetime, limit: int
) -> ExperimentPage:
    """Return all experiments, or those of a workflow, at most `limit` of each kind in full."""
    every = experiment_summaries(
        history, workflow_ids=None if workflow_id is None else [workflow_id]
    )
    active = [one for state in ORDER for one in every if one.experiment.status is state]
    ended = [one for one in every if one.experiment.status not in ORDER]
    return ExperimentPage(
        workflow_id=workflow_id,
        active=tuple(
            status(history, one.experiment.design.experiment_id, config=config, now=now)
            for one in active[:limit]
        ),
        ended=tuple(ended[:limit]),
        n_running=sum(one.experiment.status is ExperimentStatus.RUNNING for one in active),
        n_active=len(active),
        n_ended=len(ended),
    )

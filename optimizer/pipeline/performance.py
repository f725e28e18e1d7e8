"""What a workflow took, run by run, and whether its newest run takes more than its earlier ones."""

from __future__ import annotations

from optimizer.analysis.shifts import shifts
from optimizer.config.tree import Config
from optimizer.history.queries import overview
from optimizer.history.store import History
from optimizer.models.performance import WorkflowPerformance
from optimizer.pipeline.workflow import require_workflow


def performance(
    history: History, workflow_id: str, config: Config, *, limit: int
) -> WorkflowPerformance:
    """Return what the newest runs of a workflow took, at most `limit` of them.

    Raises:
        SelectionError: There is no such workflow.
    """
    summary, settings = require_workflow(history, workflow_id), config.overview
    cases = overview.newest_cases(
        history, workflow_id=workflow_id, as_of=None, earlier_runs=settings.earlier_runs
    )
    found = shifts(cases, settings)
    runs = overview.performance(history, workflow_id, limit=limit)
    return WorkflowPerformance(
        workflow_id=workflow_id,
        n_runs=summary.n_runs,
        runs=tuple(runs),
        variant=runs[-1].variant if runs else None,
        earlier_runs=settings.earlier_runs,
        shift=found.of.get(workflow_id),
        level=1 - settings.alpha,
        level_each=found.level_each,
    )

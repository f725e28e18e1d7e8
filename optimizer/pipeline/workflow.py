"""One workflow over time."""

from __future__ import annotations

from dataclasses import dataclass

from optimizer.analysis.settings import EvidenceSettings
from optimizer.history import queries
from optimizer.history.store import History
from optimizer.models.decisions import Decision
from optimizer.models.errors import SelectionError
from optimizer.models.nearest import meant
from optimizer.models.summaries import RunSummary, WindowSummary, WorkflowSummary


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkflowView:
    """What is known of a workflow.

    Attributes:
        summary: What is stored of it.
        runs: Its newest runs.
        windows: Its variants over their newest runs, most recently run first.
        decision: The newest decision on it, or None.
    """

    summary: WorkflowSummary
    runs: tuple[RunSummary, ...]
    windows: tuple[WindowSummary, ...]
    decision: Decision | None


def workflow_view(
    history: History, workflow_id: str, settings: EvidenceSettings, *, limit: int
) -> WorkflowView:
    """Return the view of one workflow, with at most `limit` runs.

    Raises:
        SelectionError: There is no such workflow.
    """
    summary = require_workflow(history, workflow_id)
    windows = queries.windows(
        history,
        workflow_ids=[workflow_id],
        as_of=None,
        max_runs=settings.max_runs,
        slow_ms=None,
    )
    newest = queries.decisions(history, workflow_id=workflow_id, limit=1)
    return WorkflowView(
        summary=summary,
        runs=tuple(queries.runs(history, workflow_id=workflow_id, limit=limit)),
        windows=tuple(windows),
        decision=newest[0] if newest else None,
    )


def require_workflow(history: History, workflow_id: str) -> WorkflowSummary:
    """Return what is stored of a workflow.

    Raises:
        SelectionError: There is no such workflow.
    """
    known = {workflow.workflow_id: workflow for workflow in queries.workflows(history)}
    if workflow_id not in known:
        names = ", ".join(known) if known else "none: it is empty"
        raise SelectionError(
            f"workflow {workflow_id!r}: not in this history, expected one of {names}",
            hint=meant(workflow_id, known, "See 'optimizer status'."),
        )
    return known[workflow_id]

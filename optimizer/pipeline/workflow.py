"""One workflow over time."""

from __future__ import annotations

from optimizer.config.tree import Config
from optimizer.history import queries
from optimizer.history.queries.evidence import past_decisions
from optimizer.history.store import History
from optimizer.models.dataclass import dataclass
from optimizer.models.decisions import Decision
from optimizer.models.drift import DriftFinding
from optimizer.models.errors import SelectionError
from optimizer.models.lifecycle import PastDecision
from optimizer.models.nearest import meant, some_of
from optimizer.models.summaries import RunSummary, WindowSummary, WorkflowSummary
from optimizer.pipeline.moving import drift_of


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkflowView:
    """What is known of a workflow.

    Attributes:
        summary: What is stored of it.
        runs: Its newest runs.
        windows: Its variants over their newest runs, most recently run first.
        decision: The newest decision on it, or None.
        past: Its newest decisions and what became of them, newest first.
        moves: Where metrics of the variant in use are thought to have moved.
    """

    summary: WorkflowSummary
    runs: tuple[RunSummary, ...]
    windows: tuple[WindowSummary, ...]
    decision: Decision | None
    past: tuple[PastDecision, ...]
    moves: tuple[DriftFinding, ...]


def workflow_view(
    history: History, workflow_id: str, config: Config, *, limit: int
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
        max_runs=config.evidence.max_runs,
        slow_ms=None,
    )
    newest = queries.decisions(history, workflow_id=workflow_id, limit=1)
    past = past_decisions(
        history,
        workflow_ids=[workflow_id],
        as_of=None,
        max_decisions=config.evidence.max_decisions,
    )
    return WorkflowView(
        summary=summary,
        runs=tuple(queries.runs(history, workflow_id=workflow_id, limit=limit)),
        windows=tuple(windows),
        decision=newest[0] if newest else None,
        past=tuple(past.get(workflow_id, ())),
        moves=_moves(history, workflow_id, config) if windows else (),
    )


def _moves(history: History, workflow_id: str, config: Config) -> tuple[DriftFinding, ...]:
    found = drift_of(history, workflow_id, variant=None, as_of=None, config=config)
    return tuple(one for one in found.drifting if one.changed_at is not None)


def require_workflow(history: History, workflow_id: str) -> WorkflowSummary:
    """Return what is stored of a workflow.

    Raises:
        SelectionError: There is no such workflow.
    """
    found = queries.workflows(history, workflow_id=workflow_id)
    if found:
        return found[0]
    known = [workflow.workflow_id for workflow in queries.workflows(history)]
    names = some_of(known) if known else "none: it is empty"
    raise SelectionError(
        f"workflow {workflow_id!r}: not in this history, expected one of {names}",
        hint=meant(workflow_id, known, "See 'optimizer status'."),
    )

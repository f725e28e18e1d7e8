"""All experiments side by side."""

from __future__ import annotations

from optimizer.models.dataclass import dataclass
from optimizer.models.experiments import ExperimentReport, ExperimentSummary


@dataclass(frozen=True, slots=True, kw_only=True)
class ExperimentPage:
    """All experiments, those that go on in full.

    Attributes:
        workflow_id: The only workflow whose experiments were asked for; None: of all.
        active: Running, paused or planned, newest first; told without a look at their results.
        ended: Concluded, cancelled or archived, newest first.
        n_running: How many run.
        n_active: How many go on; more than are in `active` where they are too many.
        n_ended: How many have ended, likewise.
    """

    workflow_id: str | None
    active: tuple[ExperimentReport, ...]
    ended: tuple[ExperimentSummary, ...]
    n_running: int
    n_active: int
    n_ended: int

"""All that a strategy may see."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from optimizer.models.dataclass import dataclass
from optimizer.models.rules import Explanation
from optimizer.models.summaries import RunPoint, Stability, WindowSummary

if TYPE_CHECKING:
    from optimizer.models.budgets import BudgetState
    from optimizer.models.contract import PromptAnalysis
    from optimizer.models.contrasts import CaseTable, Contrast
    from optimizer.models.drift import AnomalyReport, DriftReport
    from optimizer.models.experiments import ExperimentSummary
    from optimizer.models.lifecycle import PastDecision
    from optimizer.models.requests import Requests
    from optimizer.models.traffic import TrafficShape


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """One workflow as the history knew it at one moment.

    Attributes:
        workflow_id: The workflow.
        as_of: Nothing later than this was looked at, UTC; None where all was.
        seed: Decides everything random.
        current: The variant in use, over its newest runs; None where nothing has run.
        others: Every other variant, most recently run first.
        analysis: Static analysis of the current prompt; None where its text is unknown.
        explanation: How the scoring rules come out for the current variant; None where nothing
            of it completed and its prompt is unknown.
        slow_ms: The limit that `WindowSummary.n_slow` counts beyond, in ms.
        experiments: Its experiments, each with the newest look at its candidates, newest first.
        runs: The newest runs of every variant, a point each, oldest first.
        contrasts: Each other variant against the current one: on the cases they share, or where
            they share none by the figures of both; one that completed too little is left out.
        cases: What each case gave under each variant; None where nothing completed.
        requests: The newest tasks as a trace; None where nothing has run.
        traffic: How those arrive; None likewise.
        stability: How settled the current variant is; None where it has too few runs to tell.
        drift: Whether metrics of the current variant have moved; None where it was not looked at.
        anomalies: What is out of the ordinary in its newest run; None likewise.
        decisions: Earlier decisions on this workflow, newest first.
        calibration: For each strategy the share of a predicted effect that its outcomes so far
            came to; a strategy without a measured outcome is not in it.
        budgets: The budgets that count its requests; empty where none is set.
        studies: By strategy, what took long to measure: see `StudiedStrategy`.
    """

    workflow_id: str
    as_of: datetime | None
    seed: int
    current: WindowSummary | None
    others: tuple[WindowSummary, ...]
    analysis: PromptAnalysis | None = None
    explanation: Explanation | None = None
    slow_ms: float | None = None
    experiments: tuple[ExperimentSummary, ...] = ()
    runs: tuple[RunPoint, ...] = ()
    contrasts: tuple[Contrast, ...] = ()
    cases: CaseTable | None = None
    requests: Requests | None = None
    traffic: TrafficShape | None = None
    stability: Stability | None = None
    drift: DriftReport | None = None
    anomalies: AnomalyReport | None = None
    decisions: tuple[PastDecision, ...] = ()
    calibration: Mapping[str, float] = field(default_factory=dict)
    budgets: tuple[BudgetState, ...] = ()
    studies: Mapping[str, Any] = field(default_factory=dict)

    def contrast(self, variant_id: str) -> Contrast | None:
        """Return a variant against the current one, or None where too little ran."""
        return next((one for one in self.contrasts if one.variant_id == variant_id), None)

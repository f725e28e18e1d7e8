"""All that a strategy may see."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from optimizer.models.rules import Explanation
from optimizer.models.summaries import WindowSummary

if TYPE_CHECKING:
    from optimizer.models.contract import PromptAnalysis
    from optimizer.models.experiments import ExperimentSummary


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

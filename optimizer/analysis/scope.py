"""What of a history the evidence on workflows is made of, and what is asked for it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from optimizer.history import queries
from optimizer.history.queries import evidence as asking
from optimizer.models.dataclass import dataclass

if TYPE_CHECKING:
    from optimizer.analysis.drift import Watch
    from optimizer.analysis.settings import AnomalySettings, EvidenceSettings
    from optimizer.history.store import History
    from optimizer.models.budgets import BudgetsSettings, BudgetState
    from optimizer.scoring_rules import ScoringRules


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What of a history the evidence is made of, whatever the workflow.

    Attributes:
        settings: How far to look back.
        rules: Judge the current variant.
        slow_ms: Tasks that took longer are counted, in ms.
        watch: How moves of metrics are looked for; None: not at all.
        anomaly: What of the newest run is out of the ordinary; None: it is not looked at.
        budgets: What may be spent; None: no limit.
        spending: Where the budgets stand, if that is known already.
        with_texts: Whether inputs, answers and metadata of tasks are read; moves need none.
    """

    settings: EvidenceSettings
    rules: ScoringRules
    slow_ms: float
    watch: Watch | None = None
    anomaly: AnomalySettings | None = None
    budgets: BudgetsSettings | None = None
    spending: tuple[BudgetState, ...] | None = None
    with_texts: bool = True


def questions(
    scope: Scope, *, workflow_ids: Sequence[str], as_of: datetime | None
) -> list[Callable[[History], object]]:
    """Return who asks for the evidence on workflows, in its order, and for what goes with it."""
    settings = scope.settings
    seen: dict[str, Any] = {"workflow_ids": workflow_ids, "as_of": as_of}
    max_texts = settings.max_texts if scope.with_texts else None
    only = workflow_ids[0] if len(workflow_ids) == 1 else None
    return [
        lambda h: queries.windows(h, max_runs=settings.max_runs, slow_ms=scope.slow_ms, **seen),
        lambda h: queries.experiments(h, workflow_id=only),
        lambda h: asking.run_points(h, max_runs=settings.max_points, **seen),
        lambda h: asking.case_tables(h, max_runs=settings.max_runs, **seen),
        lambda h: asking.requests(h, max_tasks=settings.max_requests, max_texts=max_texts, **seen),
        lambda h: asking.past_decisions(h, max_decisions=settings.max_decisions, **seen),
        lambda h: asking.studies(h, workflow_ids=workflow_ids),
        lambda h: asking.breaker_events(h, **seen),
    ]
